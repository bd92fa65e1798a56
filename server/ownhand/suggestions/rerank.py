"""Which of several candidates to offer: the one more in the writer's hand, with fewer stock phrases, and with fewer of
those that the writer rejected."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from ownhand.manuscript.model import Form
from ownhand.suggestions.clock import Clock
from ownhand.suggestions.ngram import NgramModel
from ownhand.suggestions.own_text import OwnText
from ownhand.suggestions.phrasing import Gram, Phrasing, grams
from ownhand.suggestions.stock_phrases import count_stock_phrases

_WORDS = 60_000
_FEWEST_TOKENS = 2_000
_REBUILD = 300.0
_STOCK_PENALTY = 2.0
"""In nats per token: more than any two fluent candidates differ by, so that a stock phrase loses to plain words."""
_PAGE = 4_000
"""Characters before the cursor that count as the writer's own text beside the models."""


@dataclass
class OwnHand:
    """The writer's n-gram models, one for each form, built in a thread and again when the manuscript changed."""

    corpus: OwnText | None
    clock: Clock
    phrasing: Phrasing = field(default_factory=Phrasing)
    _models: dict[Form, tuple[NgramModel, int, float]] = field(default_factory=dict)
    _building: dict[Form, asyncio.Task[None]] = field(default_factory=dict)

    def best(self, candidates: Sequence[str], before: str, form: Form) -> str:
        """The best of at least one candidate; of equals the first. Never waits for a model that is being built."""
        if len(candidates) == 1:
            return candidates[0]
        own = _Own(self._model(form), before)
        return max(candidates, key=lambda text: self._score(text, before, own))

    def is_poor(self, text: str, before: str, form: Form) -> bool:
        """Does `text` lean on a stock phrase, or on one that the writer rejected?"""
        own = _Own(self._model(form), before)
        return count_stock_phrases(text) > 0 or self.phrasing.uses_rejected(text, own.holds)

    def prepare(self, form: Form) -> None:
        """See to it that the form's model is built, or built anew, in the background."""
        if self.corpus is None or form in self._building or not self._is_due(form):
            return
        task = asyncio.create_task(self._build(form, self.corpus))
        self._building[form] = task
        task.add_done_callback(lambda _: self._building.pop(form, None))

    async def ready(self) -> None:
        """Wait for the models that are being built."""
        await asyncio.gather(*self._building.values())

    def close(self) -> None:
        for task in list(self._building.values()):
            task.cancel()

    def _is_due(self, form: Form) -> bool:
        if form not in self._models:
            return True
        return self.clock.now() - self._models[form][2] > _REBUILD

    async def _build(self, form: Form, corpus: OwnText) -> None:
        generation = await asyncio.to_thread(corpus.generation)
        model, known, _ = self._models.get(form, (None, -1, 0.0))
        if model is None or known != generation:
            model = await asyncio.to_thread(lambda: NgramModel.of(corpus.sample_texts(form, _WORDS)))
        self._models[form] = (model, generation, self.clock.now())

    def _model(self, form: Form) -> NgramModel | None:
        return self._models[form][0] if form in self._models else None

    def _score(self, text: str, before: str, own: "_Own") -> float:
        """With too little of the writer's text the model would judge by chance: then phrases alone count."""
        model = own.model
        likely = model.log_probability(text, before) if model and model.size >= _FEWEST_TOKENS else 0.0
        return likely - _STOCK_PENALTY * count_stock_phrases(text) + self.phrasing.score(text, own.holds)


class _Own:
    """The writer's own word runs: those of the model's texts, and of the page that is being written."""

    def __init__(self, model: NgramModel | None, before: str) -> None:
        self.model, self._before = model, before
        self._page: set[Gram] | None = None

    def holds(self, run: Gram) -> bool:
        if self._page is None:
            self._page = set(grams(self._before[-_PAGE:]))
        return run in self._page or (self.model is not None and self.model.holds(run))
