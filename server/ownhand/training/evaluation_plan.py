"""What the evaluation scores and what stands before it, in token ids: the one thing that the child has to read.

Five arms, but four kinds of prompt: *cold* (the start of a page) or *warm* (what the writer wrote before, as the
product would send it), each with or without the writer's own passages in front, which the product's own prompt builder
chooses and measures out. Ids come from the tokenizer of the engine that serves.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from ownhand.engines.protocol import Engine
from ownhand.engines.special import Bounds, bounds, page_start
from ownhand.manuscript.model import Form, Here, Passage
from ownhand.suggestions.composer import MATTER, PASSAGE_WORDS
from ownhand.suggestions.prompt import PromptBuilder
from ownhand.suggestions.sampling import longest_answer
from ownhand.training.blocks import Cut, cuts, cuts_within
from ownhand.training.other_hands import ControlText
from ownhand.training.writers_own import OwnTokens, own_tokens, own_words, touched, within

FORMAT = 1
HELD_OUT, CONTROL, TRAINED = "held out", "control", "trained"
COLD, WARM = "cold", "warm"
DOCUMENT, PASSAGES = "document", "passages"
MOST_BLOCKS = 16
"""Blocks of each form that are scored, spread over all held-out pieces: about 3,000 words of prose."""
_TRAINED_BLOCKS = 4
"""Of each form that was trained on: enough to see whether it was learned by heart."""
_FEWEST_OTHERS = 4
"""Of other people's blocks as many are scored as of the writer's own, but no fewer of a form than these."""
_WARM_EACH, _FEWEST_WARM = 3, 4
"""Of so many blocks of a form one is scored warm too: what stands before a block is several times as long as it, and
reading it would take the greater part of the evaluation. But so few are scored warm if they can be had: on one block
no decision may hang."""

Encode = Callable[[str], Awaitable[list[int]]]
TokenPieces = Callable[[str], Awaitable[list[tuple[int, bytes]]]]
"""(id, bytes) of each token."""


class OwnPassages(Protocol):
    """The part of the corpus that is needed here."""

    def closest(self, text: str, form: Form, *, here: Here | None, words: int) -> list[Passage]: ...


@dataclass(frozen=True)
class Text:
    """A text to score. `path` is its file's; `learned` are the stretches that a training learns, None for all of it;
    `by_model` those that a model wrote and nobody edited."""

    piece: str
    form: Form
    text: str
    path: str = ""
    language: str = "en"
    title: str = ""
    learned: tuple[tuple[int, int], ...] | None = None
    by_model: tuple[tuple[int, int], ...] = ()

    @property
    def own_words(self) -> int:
        """Words that the writer wrote."""
        return own_words(self.text, self.by_model)

    @property
    def blocks(self) -> list[Cut]:
        """What can be asked about: of a text that is learned in part only what lies in that part."""
        return cuts(self.text, self.form) if self.learned is None else cuts_within(self.text, self.form, self.learned)

    @property
    def here(self) -> Here | None:
        """The place whose own passages may not stand in front of it; None outside of the manuscript."""
        return Here(self.path, self.text) if self.path else None


@dataclass(frozen=True)
class Scored:
    """One block under one kind of prompt: bits are counted for `ids`, `size` bytes of UTF-8, after `context`; of `ids`
    not for those with a number in the ranges `left_out`, which are read only."""

    group: str
    piece: str
    form: str
    language: str
    block: int
    heat: str
    prompt: str
    size: int
    context: tuple[int, ...]
    ids: tuple[int, ...]
    left_out: tuple[tuple[int, int], ...] = ()

    @property
    def name(self) -> str:
        """Says which block of which piece under which prompt this is."""
        return "/".join((self.group, self.piece, str(self.block), self.heat, self.prompt))


@dataclass(frozen=True)
class Plan:
    """All that is scored, in an order in which neighbours begin alike."""

    scored: tuple[Scored, ...]

    def to_json(self) -> dict[str, Any]:
        return {"format": FORMAT, "scored": [asdict(item) for item in self.scored]}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Plan":
        items = (item | {"context": tuple(item["context"]), "ids": tuple(item["ids"])} for item in value["scored"])
        left_out = (tuple((first, stop) for first, stop in item.get("left_out", ())) for item in value["scored"])
        return cls(tuple(Scored(**item | {"left_out": out}) for item, out in zip(items, left_out, strict=True)))


async def make_plan(
    engine: Engine,
    encode: Encode,
    corpus: OwnPassages,
    held_out: Sequence[Text],
    trained: Sequence[Text],
    control: Iterable[ControlText],
    *,
    most_blocks: int = MOST_BLOCKS,
    token_pieces: TokenPieces | None = None,
) -> Plan:
    """Raises EngineError when the engine can't count or encode.

    `token_pieces` is needed where a model wrote some of what is held out. `trained` are texts that the challenger saw,
    `control` other people's: of these, those in a form and language that was held out are scored, cold and without
    passages.
    """
    special = await engine.special_tokens()
    planner = _Planner(engine, encode, corpus, bounds(special), page_start(special), token_pieces)
    wanted = {(text.form, text.language) for text in held_out}
    others = [
        Text(other.name, other.form, other.text, language=other.language)
        for other in control
        if (other.form, other.language) in wanted
    ]
    scored = []
    for form in Form:
        own = _chosen(held_out, form, most_blocks)
        warm_each = _warm_each(len(own))
        for number, chosen in enumerate(own):
            scored += await planner.both(*chosen, warm=number % warm_each == 0)
        scored += [await planner.cold(TRAINED, *chosen) for chosen in _chosen(trained, form, _TRAINED_BLOCKS)]
        scored += [
            await planner.cold(CONTROL, *chosen) for chosen in _chosen(others, form, max(len(own), _FEWEST_OTHERS))
        ]
    return Plan(tuple(sorted(scored, key=lambda item: (item.group, item.heat, item.prompt, item.context))))


def _warm_each(blocks: int) -> int:
    """Of so many blocks one is scored warm."""
    return min(_WARM_EACH, max(1, blocks // _FEWEST_WARM))


def _chosen(texts: Sequence[Text], form: Form, most: int) -> list[tuple[Text, Cut, int]]:
    """At most `most` blocks of a form, spread evenly over all of them in the order of pieces."""
    every = [
        (text, cut, number)
        for text in texts
        if text.form is form
        for number, cut in enumerate(text.blocks)
        if _has_own_words(text, cut)
    ]
    count = min(most, len(every))
    return [every[index * len(every) // count] for index in range(count)]


def _has_own_words(text: Text, cut: Cut) -> bool:
    """Is there anything to score in it?"""
    return not touched(text.by_model, cut.start, cut.end) or own_words(*_part(text, cut.start, cut.end)) > 0


def _part(text: Text, start: int, end: int) -> tuple[str, tuple[tuple[int, int], ...]]:
    """A part of a text, and what of it a model wrote."""
    return text.text[start:end], within(text.by_model, start, end)


@dataclass
class _Planner:
    engine: Engine
    encode: Encode
    corpus: OwnPassages
    bounds: Bounds
    blank: str
    """What the prompt builder writes for a page on which nothing stands."""
    token_pieces: TokenPieces | None

    async def both(self, text: Text, cut: Cut, number: int, *, warm: bool = True) -> list[Scored]:
        """A held-out block with passages and without: cold, and warm where that is wanted; each if any of it is own."""
        passages = await self._passages_before(text, "")
        cold = await self.cold(HELD_OUT, text, cut, number)
        found = [cold, await self._scored(text, cut, number, COLD, PASSAGES, passages)]
        if warm:
            near = await self._passages_before(text, text.text[: cuts(text.text, text.form)[0].warm])
            for prompt, own in ((DOCUMENT, []), (PASSAGES, near)):
                found.append(await self._scored(text, cut, number, WARM, prompt, own))
        return [item for item in found if item.size]

    async def cold(self, group: str, text: Text, cut: Cut, number: int) -> Scored:
        """A block as the start of a page, with nothing before it but what begins a page."""
        tokens = await self._tokens(*_part(text, cut.start, cut.end))
        return self._item(group, text, number, COLD, DOCUMENT, self.bounds.start, tokens)

    async def _scored(self, text: Text, cut: Cut, number: int, heat: str, prompt: str, passages: list[str]) -> Scored:
        before, start = (text.text[: cut.warm], cut.warm) if heat == WARM else ("", cut.start)
        builder = PromptBuilder(self.engine)
        answer = longest_answer(text.form, "paragraph")
        verse = text.form is Form.VERSE
        built = await builder.build(text.piece, before, passages, title="", verse=verse, answer_tokens=answer)
        context = (*self.bounds.always, *await self.encode(built.text))
        if built.text in ("", self.blank):
            context = self.bounds.start
        # What was held back from the prompt's end so that the next token is no odd one belongs to what is scored.
        tokens = await self._tokens(*_part(text, start - len(built.held_back), cut.end))
        return self._item(HELD_OUT, text, number, heat, prompt, context, tokens)

    async def _passages_before(self, text: Text, before: str) -> list[str]:
        found = self.corpus.closest(before[-MATTER:], text.form, here=text.here, words=PASSAGE_WORDS)
        return [passage.text for passage in found]

    async def _tokens(self, scored: str, by_model: tuple[tuple[int, int], ...]) -> OwnTokens:
        if not by_model:
            return OwnTokens(tuple(await self.encode(scored)), (), len(scored.encode()))
        if self.token_pieces is None:
            raise ValueError("nobody tells which tokens a model wrote")
        return own_tokens(scored, await self.token_pieces(scored), by_model)

    @staticmethod
    def _item(
        group: str, text: Text, number: int, heat: str, prompt: str, context: Iterable[int], tokens: OwnTokens
    ) -> Scored:
        form, before = text.form.value, tuple(context)
        return Scored(
            group, text.piece, form, text.language, number, heat, prompt, tokens.size, before, tokens.ids,
            tokens.left_out,
        )  # fmt: skip
