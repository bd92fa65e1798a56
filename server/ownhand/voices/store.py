"""The adapters of one voice on disk, and which of them serves.

    adapters/1/, adapters/2/ ...   adapter_model.safetensors, adapter_config.json, adapter.gguf, card.json
    active.json                    for each base model the champion, and those before it

An adapter's folder appears whole, under its number, and is never changed. The champion is changed by one rename.
"""

import contextlib
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ownhand.engines.protocol import Adapter
from ownhand.errors import WriterError
from ownhand.home import check_format, make_private_folder, write_json
from ownhand.voices.card import Card
from ownhand.voices.peft_folder import CONFIG, WEIGHTS

FORMAT = 1
ADAPTERS, ACTIVE, GGUF = "adapters", "active.json", "adapter.gguf"
KEPT = 5
"""Adapters kept for each base beside those that serve or served last."""
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
_BEFORE = 20
_UNFINISHED, _LONG_AGO = ".new-", 3600.0
"""An adapter's folder before it has its number. Keeping one takes seconds."""


@dataclass(frozen=True)
class StoredAdapter:
    """One adapter. `id` is its folder's name; `active`: the champion of its base."""

    id: str
    folder: Path
    card: Card
    active: bool

    @property
    def gguf(self) -> Path:
        return self.folder / GGUF

    @property
    def size(self) -> int:
        """Bytes of what an engine loads."""
        return self.gguf.stat().st_size if self.gguf.is_file() else 0

    def for_engine(self) -> Adapter:
        """Named so that no other voice's adapter has the same name."""
        alone = self.card.context == "document"
        return Adapter(f"{self.folder.parents[1].name}-{self.id}", self.gguf, alone=alone)


def id_in(name: str) -> str:
    """The adapter's id, of the name that `for_engine` gave it."""
    return name.rpartition("-")[2]


@dataclass(frozen=True)
class Active:
    """`champions`: base digest to adapter id; `before`: base digest to the champions before it, latest last."""

    champions: Mapping[str, str]
    before: Mapping[str, list[str]]
    since: Mapping[str, str]


class VoiceStore:
    """The adapters of the voice in `folder`. Every call reads the disk: several servers may serve one voice."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def stamp(self) -> tuple[int, int]:
        """Another value whenever another adapter became champion. Cheap."""
        try:
            facts = (self.folder / ACTIVE).stat()
        except OSError:
            return 0, 0
        return facts.st_mtime_ns, facts.st_ino

    @property
    def was_used(self) -> bool:
        """Was any adapter ever activated?"""
        return self.stamp != (0, 0)

    def adapters(self) -> list[StoredAdapter]:
        """All that can be read, oldest first."""
        champions = self._active().champions
        found = []
        for number in self._numbers():
            try:
                card = Card.read(self._place(number))
            except WriterError:
                continue
            active = champions.get(card.base.digest) == str(number)
            found.append(StoredAdapter(str(number), self._place(number), card, active))
        return found

    def adapter(self, adapter_id: str) -> StoredAdapter:
        """Raises WriterError when there is none of that id."""
        found = next((adapter for adapter in self.adapters() if adapter.id == adapter_id), None)
        if found is None:
            raise WriterError(f"There is no voice {adapter_id}.", "See `ownhand voices DIR list`.")
        return found

    def champion(self, base_digest: str) -> StoredAdapter | None:
        """The adapter that serves with this base, if there is one."""
        wanted = self._active().champions.get(base_digest)
        return next((adapter for adapter in self.adapters() if adapter.active and adapter.id == wanted), None)

    def serving(self, base_digest: str) -> StoredAdapter | None:
        """As `champion`. Raises WriterError where one was chosen that can't be read: it should not fall silent."""
        champion, wanted = self.champion(base_digest), self._active().champions.get(base_digest)
        if champion is None and wanted is not None:
            Card.read(self.folder / ADAPTERS / wanted)
        return champion

    @property
    def bases(self) -> set[str]:
        """Digests of the models that adapters are kept for."""
        return {adapter.card.base.digest for adapter in self.adapters()}

    @property
    def latest_base(self) -> str | None:
        """The base whose champion was changed last."""
        since = self._active().since
        return max(since, key=lambda digest: since[digest], default=None)

    def since(self, base_digest: str) -> str:
        """When the champion of that base began to serve (ISO 8601, UTC); "" when none ever did."""
        return self._active().since.get(base_digest, "")

    def add(self, made: Path, card: Card) -> StoredAdapter:
        """Take over a LoRA folder with its `adapter.gguf` as the next adapter; `made` stays as it is.

        Raises WriterError when the disk refuses; nothing is left behind then.
        """
        make_private_folder(self.folder / ADAPTERS)
        temporary = self.folder / ADAPTERS / f"{_UNFINISHED}{secrets.token_hex(4)}"
        try:
            temporary.mkdir(mode=0o700)
            for name in (WEIGHTS, CONFIG, GGUF):
                _copy(made / name, temporary / name)
            card.write(temporary)
            number = self._settle(temporary)
        except OSError as error:
            raise WriterError(
                f"The new voice can't be kept: {error.strerror or type(error).__name__}.",
                "Free some space, then train again.",
            ) from error
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        return self.adapter(str(number))

    def activate(self, adapter_id: str) -> StoredAdapter:
        """Make it the champion of its base. Raises WriterError."""
        adapter = self.adapter(adapter_id)
        if not adapter.gguf.is_file():
            raise WriterError(f"Voice {adapter_id} has no file that an engine can load.", "Train again.")
        active, digest = self._active(), adapter.card.base.digest
        if active.champions.get(digest) != adapter_id:
            former = active.champions.get(digest, "")
            before = [*active.before.get(digest, []), former][-_BEFORE:]
            self._write(active, digest, adapter_id, before)
        return self.adapter(adapter_id)

    def rollback(self, base_digest: str) -> StoredAdapter | None:
        """Back to the champion before; None: to the bare model. Raises WriterError when there was none."""
        active = self._active()
        before = list(active.before.get(base_digest, []))
        there = {adapter.id for adapter in self.adapters()}
        while before and before[-1] and before[-1] not in there:
            before.pop()
        if not before:
            raise WriterError("There is no voice before this one.", "See `ownhand voices DIR list`.")
        former = before.pop()
        self._write(active, base_digest, former, before)
        return self.adapter(former) if former else None

    def remove(self, adapter_id: str) -> None:
        """One that must not serve. Raises WriterError when it does."""
        adapter = self.adapter(adapter_id)
        if adapter.active:
            raise WriterError(f"Voice {adapter_id} writes at present.", "See `ownhand voices DIR rollback`.")
        shutil.rmtree(adapter.folder, ignore_errors=True)

    def prune(self, keep: int = KEPT) -> list[str]:
        """Remove the oldest adapters of each base but `keep`; the champion and the one before it stay. Their ids."""
        self._forget_broken_off()
        active, removed = self._active(), []
        by_base: dict[str, list[StoredAdapter]] = {}
        for adapter in self.adapters():
            by_base.setdefault(adapter.card.base.digest, []).append(adapter)
        for digest, adapters in by_base.items():
            needed = {active.champions.get(digest), *active.before.get(digest, [])[-1:]}
            for adapter in adapters[:-keep]:
                if adapter.id not in needed:
                    shutil.rmtree(adapter.folder, ignore_errors=True)
                    removed.append(adapter.id)
        return removed

    def _forget_broken_off(self) -> None:
        """What a program that was killed while it kept an adapter left behind."""
        for place in (self.folder / ADAPTERS).glob(f"{_UNFINISHED}*"):
            with contextlib.suppress(OSError):
                if time.time() - place.stat().st_mtime > _LONG_AGO:
                    shutil.rmtree(place, ignore_errors=True)

    def best_kept(self, base_digest: str, held_out_digest: str) -> StoredAdapter | None:
        """Of the adapters that do not serve, the one that was measured best on these held-out pieces."""
        measured = [
            (float(adapter.card.metrics["challenger_bpb"]), adapter)
            for adapter in self.adapters()
            if not adapter.active
            and (adapter.card.base.digest, adapter.card.held_out_digest) == (base_digest, held_out_digest)
            and adapter.card.decision == "passed"
            and isinstance(adapter.card.metrics.get("challenger_bpb"), int | float)
        ]
        return min(measured, key=lambda pair: pair[0], default=(0.0, None))[1]

    def _numbers(self) -> list[int]:
        folder = self.folder / ADAPTERS
        names = [place.name for place in folder.iterdir() if place.is_dir()] if folder.is_dir() else []
        return sorted(int(name) for name in names if _NUMBER.fullmatch(name))

    def _place(self, number: int) -> Path:
        return self.folder / ADAPTERS / str(number)

    def _settle(self, temporary: Path) -> int:
        """Give the folder the next number. Another server may take it first: then the one after."""
        number = max(self._numbers(), default=0)
        while True:
            number += 1
            if not self._place(number).exists():
                temporary.rename(self._place(number))
                return number

    def _active(self) -> Active:
        path = self.folder / ACTIVE
        try:
            values = json.loads(path.read_bytes())
            check_format(values["format"], FORMAT, path)
            bases: dict[str, Any] = values["bases"]
            return Active(
                {digest: str(of["champion"]) for digest, of in bases.items() if of["champion"]},
                {digest: [str(each) for each in of["before"]] for digest, of in bases.items()},
                {digest: str(of["since"]) for digest, of in bases.items()},
            )
        except FileNotFoundError:
            return Active({}, {}, {})
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise WriterError(
                f"{path} can't be read, so it is not known which voice writes.",
                "Remove that file, then activate one.",
            ) from error

    def _write(self, active: Active, digest: str, champion: str, before: list[str]) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        champions = {**active.champions, digest: champion}
        befores = {**active.before, digest: before}
        since = {**active.since, digest: now}
        bases = {
            key: {"champion": champions.get(key, ""), "before": befores.get(key, []), "since": since.get(key, "")}
            for key in {**befores, **champions}
        }
        write_json(self.folder / ACTIVE, {"format": FORMAT, "bases": bases})


def _copy(source: Path, target: Path) -> None:
    """Private, and on the disk before it counts."""
    with (
        source.open("rb") as reading,
        os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out,
    ):
        shutil.copyfileobj(reading, out, 1 << 20)
        out.flush()
        os.fsync(out.fileno())
