"""An adapter's card: what it is, what it learned from, how it was proved. `card.json` beside the weights."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from ownhand.errors import WriterError
from ownhand.home import check_format, write_json

FORMAT = 1
CARD = "card.json"
_LARGEST = 4 << 20

DecisionName = Literal["passed", "declined", "undecided"]
Context = Literal["document", "passages"]


@dataclass(frozen=True)
class Base:
    """The model that an adapter belongs to. `digest` is that of its GGUF ("sha256:..."); `licence` is a name."""

    digest: str
    architecture: str
    name: str = ""
    licence: str = ""

    def to_json(self) -> dict[str, str]:
        """With what the licence asks, for whoever opens the file without Ownhand."""
        return {**asdict(self), "licence_in_words": licence_in_words(self.licence)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Base":
        return cls(**{item.name: str(value[item.name]) for item in fields(cls) if item.name in value})


@dataclass(frozen=True)
class LearnedFrom:
    """One piece that an adapter was trained on."""

    id: str
    title: str


@dataclass(frozen=True)
class Card:
    """`made` is a date with time (ISO 8601, UTC). `context` says with which prompt the adapter serves best.

    `probe` is what the engine that serves showed (`probe.Agreement`), `versions` of the programs that made it.
    """

    made: str
    base: Base
    recipe: Mapping[str, Any]
    pieces: tuple[LearnedFrom, ...]
    held_out_digest: str
    metrics: Mapping[str, Any]
    decision: DecisionName
    why: str
    rule: str = ""
    context: Context = "document"
    trainer: str = ""
    device: str = ""
    """Where it was learned ("cpu", "cuda", "xpu", "mps"); "" on cards of an older Ownhand."""
    seconds: float = 0.0
    tokens_per_second: float = 0.0
    probe: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    words: int = 0
    """Words of all pieces that taught, as they were, those beyond the budget too: what is new is counted from there."""
    witness: tuple[Mapping[str, Any], ...] = ()
    """What the engine said with the adapter in places that are nobody's secret (`witness.Witness`)."""

    def write(self, folder: Path) -> None:
        """Raises WriterError when the disk refuses."""
        write_json(folder / CARD, {"format": FORMAT, **asdict(self), "base": self.base.to_json()})

    @classmethod
    def read(cls, folder: Path) -> "Card":
        """Raises WriterError when there is no card, a damaged one or one of a newer Ownhand."""
        path = folder / CARD
        try:
            with path.open("rb") as stream:
                values = json.loads(stream.read(_LARGEST))
            check_format(values.pop("format"), FORMAT, path)
            return cls._of(values)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise WriterError(
                f"The card of voice {folder.name} can't be read.", "Go back to the voice before it."
            ) from error

    @classmethod
    def _of(cls, values: dict[str, Any]) -> "Card":
        known = {key: values[key] for key in cls.__dataclass_fields__ if key in values}
        if not all(isinstance(known[key], kind) for key, kind in _KINDS.items() if key in known):
            raise TypeError("a field of another kind")
        datetime.fromisoformat(known["made"])
        known["base"] = Base.from_json(known["base"])
        known["witness"] = tuple(dict(each) for each in known.get("witness") or ())
        known["pieces"] = tuple(LearnedFrom(str(piece["id"]), str(piece["title"])) for piece in known["pieces"])
        if known["decision"] not in ("passed", "declined", "undecided") or known.get("context", "document") not in (
            "document",
            "passages",
        ):
            raise ValueError("unknown words")
        return cls(**known)


_KINDS: Mapping[str, Any] = {
    **dict.fromkeys(("made", "held_out_digest", "why", "rule", "trainer", "device"), str),
    **dict.fromkeys(("recipe", "metrics", "probe", "versions"), dict),
    **dict.fromkeys(("seconds", "tokens_per_second"), (int, float)),
    "words": int,
}
"""What stands in a card from elsewhere need not be what this program writes."""


def licence_in_words(licence: str) -> str:
    """What the base's licence asks of somebody who keeps or passes on the adapter."""
    name = licence.strip() or "unknown"
    lower = name.lower()
    if "apache" in lower or "mit" in lower.split() or lower == "mit" or "bsd" in lower:
        return f"The model's licence ({name}) lets you use and pass on what you make with it, texts and adapter alike."
    if "gemma" in lower or "llama" in lower:
        return (
            f"The model's licence ({name}) lets you use it on its terms. Your texts are yours; who gets the adapter "
            "from you must get the licence too and keep to its rules."
        )
    if lower == "unknown":
        return "The model does not say under which licence it stands. Look it up before you pass the adapter on."
    return f"The model stands under {name}. Read it before you pass the adapter on; your texts are yours."
