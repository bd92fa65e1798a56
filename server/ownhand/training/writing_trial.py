"""Lets the engine that will serve write, with the challenger and bare, and tells what their habits are.

The bare model's writing is there to be taken off the challenger's: what a model recites or repeats anyway is no fault
of the adapter. Where the challenger does neither, nothing is to be taken off, and the bare model writes a quarter as
much, enough for the form of its verse.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ownhand.engines.protocol import Adapter, Engine
from ownhand.manuscript.model import Form
from ownhand.training.evaluation_plan import OwnPassages, Text
from ownhand.training.kept import KeptWriting
from ownhand.training.novelty import TrainingText
from ownhand.training.samples import (
    WORDS,
    Beginning,
    Continuation,
    Habits,
    MayWrite,
    at_once,
    beginnings,
    by_turns,
    habits,
    write_on,
)
from ownhand.training.to_the_end import to_the_end
from ownhand.voices.gate import MOST_LOOPING

_BEGINNINGS = 4
"""Of what was learned, and as many of what was held out."""
_LESS = 4


@dataclass(frozen=True)
class WritingTrial:
    """`passages`: whether the writer's own stand in front, as the challenger would be served. `kept` is what the bare
    model wrote in earlier trials."""

    engine: Engine
    corpus: OwnPassages
    trained: Sequence[Text]
    held_out: Sequence[Text]
    passages: bool
    kept: KeptWriting
    words: int = WORDS
    may_write: MayWrite = at_once

    async def run(self, candidate: Adapter, progress: Callable[[str], None]) -> tuple[Habits, Habits]:
        """Habits of the challenger and of the bare model, from the same beginnings. Raises EngineError."""
        known = TrainingText(text.text for text in self.trained)
        starts = self._starts()
        try:
            mine = habits(await self._written(candidate, starts, self.words, progress), known)
            words = self.words if _counts_against(mine) else -(-self.words // _LESS)
            plain = habits(await self._written(None, starts, words, progress), known)
        finally:
            await to_the_end(asyncio.to_thread(self.kept.save))
            await self.engine.use_adapter(None)
        return mine, plain

    def _starts(self) -> list[Beginning]:
        """In pairs of what was learned and what was not, of either form, so that even the first goes on from all."""
        kept_aside = _of_both_forms(self.held_out, Form.VERSE)
        is_verse = bool(kept_aside) and kept_aside[0].whole.form is Form.VERSE
        learned = _of_both_forms(self.trained, Form.PROSE if is_verse else Form.VERSE)
        return by_turns(learned, kept_aside)

    async def _written(
        self, adapter: Adapter | None, starts: Sequence[Beginning], words: int, progress: Callable[[str], None]
    ) -> list[Continuation]:
        who = "the voice" if adapter else "the bare model"
        return await write_on(
            self.engine,
            adapter,
            self.corpus,
            starts,
            passages=self.passages,
            words=words,
            kept=None if adapter else self.kept,
            may_write=self.may_write,
            told=lambda count: progress(f"letting {who} write, {min(count, words):,} of {words:,} words"),
        )


def _of_both_forms(texts: Sequence[Text], first: Form) -> list[Beginning]:
    """Beginnings, half of them prose and half verse where there are both, by turns."""
    one, other = [text for text in texts if text.form is first], [text for text in texts if text.form is not first]
    most = _BEGINNINGS // 2 if one and other else _BEGINNINGS
    return by_turns(beginnings(one, most), beginnings(other, most))


def _counts_against(mine: Habits) -> bool:
    """Is there anything that the bare model's own habits would excuse, or make less of?"""
    return mine.verbatim.copied > 0 or mine.loops > MOST_LOOPING
