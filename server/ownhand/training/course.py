"""A whole training, from the manuscript to a judged adapter: what the terminal and the server both do.

Stopped at any point it can be begun again: a job that learns the same text in the same way goes on where it was.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ownhand.engines.choice import choose_engine
from ownhand.engines.embedded import EmbeddedEngine
from ownhand.engines.weights import PACKAGED_FILE, PACKAGED_LICENCE, PACKAGED_NAME
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import Consent, VoiceFolder
from ownhand.manuscript.corpus import Corpus
from ownhand.settings import Settings
from ownhand.training import judging, model_written
from ownhand.training.architecture import shape_of
from ownhand.training.base import Base, check_disk, described, is_ready
from ownhand.training.dataset import CharacterSpan
from ownhand.training.evaluation_plan import MOST_BLOCKS, Text
from ownhand.training.find_base import find_base
from ownhand.training.forecast import Forecast, forecast, inventory, likely_devices, placement, rate_before
from ownhand.training.job import Job, State, forget_broken, jobs
from ownhand.training.judging import Judgement
from ownhand.training.prepare import job_for, material, prepare
from ownhand.training.recipe import Recipe, recipe_for
from ownhand.training.runner import Training, check_installed
from ownhand.training.samples import WORDS
from ownhand.training.serving_base import base_digest
from ownhand.training.still_taught import still_taught
from ownhand.training.texts import held_out_pieces, learned_texts, taught_words, texts_of
from ownhand.training.to_the_end import to_the_end
from ownhand.training.unfinished import can_go_on
from ownhand.voices.card import Base as CardBase
from ownhand.voices.learning_lock import learning
from ownhand.voices.reveal import can_be_shown, note_that_it_waits
from ownhand.voices.store import VoiceStore

OnState = Callable[[State], None]
DEVICES, TRAINERS = ("auto", "cpu", "cuda", "xpu", "mps"), ("auto", "unsloth", "peft")
_LOOK_FOR_ROOM = 10.0
"""Seconds between two looks."""
ByModel = Mapping[str, Sequence[CharacterSpan]]


@dataclass(frozen=True)
class Wishes:
    """What may be asked for. `base` is a Hugging Face folder to take the weights from, `recipe` replaces the usual one.

    Raises WriterError for a device or a trainer that there is not.
    """

    base: Path | None = None
    recipe: Recipe | None = None
    device: str = "auto"
    trainer: str = "auto"
    threads: int = 0
    seed: int = 0
    sample_words: int = WORDS
    """Words that the adapter writes before it is judged."""
    most_blocks: int = MOST_BLOCKS
    """Blocks of each form that it is measured on."""
    most_samples: int | None = None
    """Samples that are learned; all, if not said."""

    def quickly(self) -> "Wishes":
        """For somebody who wants to see that it works, and learn little by it: tests and trials."""
        return replace(self, recipe=Recipe(epochs=1, rank=4), sample_words=100, most_blocks=1, most_samples=8)

    def __post_init__(self) -> None:
        for what, chosen, known in (("device", self.device, DEVICES), ("trainer", self.trainer, TRAINERS)):
            if chosen not in known:
                raise WriterError(f"There is no {what} {chosen}.", f"Choose one of: {', '.join(known)}.")


@dataclass
class Course:
    """A training that is planned. `training` is there while the child runs: it can be paused and resumed."""

    home: Home
    voice: VoiceFolder
    settings: Settings
    corpus: Corpus
    wishes: Wishes
    base: Base
    forecast: Forecast
    engine_on_card: bool = False
    held_out: Sequence[Text] = ()
    """What it is tested on, as it was when this was planned, and what a model wrote of it."""
    training: Training | None = None
    _goes: asyncio.Event = field(default_factory=asyncio.Event)
    """Set unless the writer writes."""
    _tests: bool = False
    """The trainer's child measures what it learned."""

    def __post_init__(self) -> None:
        self._goes.set()

    @classmethod
    async def plan(
        cls,
        home: Home,
        voice: VoiceFolder,
        settings: Settings,
        corpus: Corpus,
        wishes: Wishes | None = None,
        by_model: ByModel | None = None,
    ) -> "Course":
        """Everything that can be known before any work. Raises WriterError and EngineError with what is in the way.

        `by_model`: stretches of pieces that a model wrote; without it, what the ledger knows of them.
        """
        wishes = wishes or Wishes()
        if voice.consent is not Consent.LEARN:
            raise WriterError(
                "You told Ownhand not to learn from this folder.",
                "Answer again in your editor if you changed your mind.",
            )
        found = await asyncio.to_thread(material, corpus)
        kept_aside = held_out_pieces(await asyncio.to_thread(corpus.pieces, with_text=True))
        if by_model is None:
            asked = [*found.teaching, *kept_aside]
            by_model = await asyncio.to_thread(model_written.by_model, voice.ledger_path, asked)
        base, engine_on_card = await find_base(settings, home, wishes.base)
        model = await asyncio.to_thread(described, base, home)
        if not is_ready(model):
            await asyncio.to_thread(check_disk, base, home)
        recipe = wishes.recipe or recipe_for(shape_of(base.header).parameters, seed=wishes.seed)
        engine = EmbeddedEngine(base.header)
        try:
            prepared = await prepare(found, engine, model, recipe, by_model)
            if wishes.most_samples is not None:
                prepared = replace(prepared, dataset=prepared.dataset.at_most(wishes.most_samples))
        finally:
            await engine.close()
        machine = await inventory(base, engine_on_card=engine_on_card)
        how = placement(prepared, base, machine, wishes.device)
        rate = rate_before(VoiceStore(voice.path), prepared.base.digest, likely_devices(wishes.device, how))
        planned = forecast(prepared, base, how, rate)
        held_out = await asyncio.to_thread(texts_of, kept_aside, by_model)
        return cls(home, voice, settings, corpus, wishes, base, planned, engine_on_card, held_out)

    @property
    def goes_on(self) -> bool:
        """Is there an unfinished job that `run` will go on with?"""
        return self._unfinished() is not None

    def _unfinished(self) -> Job | None:
        return next((job for job in jobs(self.voice.path) if can_go_on(job, self.forecast.prepared, self.corpus)), None)

    @property
    def yields(self) -> bool:
        """Does it rest while the writer types?"""
        return self.forecast.beside.mode == "yields"

    def rest(self) -> None:
        """The writer writes: stand still until `go_on`, between two batches or two texts, and keep the memory. The exam
        always does, learning where it yields."""
        self._goes.clear()
        self._pause_if_it_rests()

    def _pause_if_it_rests(self) -> None:
        if self.training is not None and not self._goes.is_set() and (self.yields or self._tests):
            self.training.pause()

    def go_on(self) -> None:
        self._goes.set()
        if self.training is not None:
            self.training.resume()

    async def run(self, on_state: OnState) -> Judgement:
        """Train, measure, judge. Raises WriterError and EngineError; cancelled, it leaves a job that goes on later."""
        await asyncio.to_thread(check_installed)
        with learning(self.voice.path):
            job = await asyncio.to_thread(self._job)
            learned = await asyncio.to_thread(learned_texts, job)
            await self._measurements(job, learned)
            job = await self._room(job, on_state)
            await self._train(job, on_state)
            self._check_still_teaching(learned)
            judgement = await self._judge(job, learned, on_state)
            return await to_the_end(asyncio.to_thread(self._concluded, job, judgement, learned))

    def _concluded(self, job: Job, judgement: Judgement, learned: Sequence[Text]) -> Judgement:
        """The job goes last: killed before that, it is judged once more, and no voice that passed lies idle."""
        try:
            return self._settled(judgement, learned)
        finally:
            job.remove()

    def _settled(self, judgement: Judgement, learned: Sequence[Text]) -> Judgement:
        """The first adapter of a base is the writer's own choice; one that takes another's place does so by itself, if
        it was measured against that one."""
        store, adapter = VoiceStore(self.voice.path), judgement.adapter
        try:
            self._check_still_teaching(learned)
        except WriterError:
            store.remove(adapter.id)
            raise
        present, beaten = store.champion(adapter.card.base.digest), judgement.against.champion
        if judgement.decision.decision == "passed" and present and beaten and present.id == beaten.id:
            judgement = replace(judgement, adapter=store.activate(adapter.id))
        if can_be_shown(judgement.adapter):
            with contextlib.suppress(WriterError):  # it is kept, and in the list of voices
                note_that_it_waits(self.voice.path, judgement.adapter)
        store.prune()
        return judgement

    def _job(self) -> Job:
        """An unfinished job that is worth while to end, done as is wished now, else a new one; others are given up."""
        prepared = self.forecast.prepared
        forget_broken(self.voice.path)
        goes_on = self._unfinished()
        for job in list(jobs(self.voice.path)):
            if job != goes_on:
                job.remove()
        how: dict[str, Any] = {
            **self._place,
            "trainer": self.wishes.trainer,
            "threads": self.wishes.threads or self.forecast.threads,
        }
        if goes_on is None:
            return job_for(prepared, self.voice.path, **how)
        goes_on = replace(goes_on, base=prepared.base, **how)
        goes_on.write()
        return goes_on

    @property
    def _place(self) -> dict[str, Any]:
        """What the job says of where the child learns."""
        how = self.forecast.beside
        return {"device": "cpu" if how.instead else self.wishes.device, "card": how.card}

    async def _measurements(self, job: Job, learned: Sequence[Text]) -> None:
        """Say what has to be measured; the engine is gone before the training needs its memory."""
        engine = EmbeddedEngine(self.base.header)
        try:
            store = VoiceStore(self.voice.path)
            most = self.wishes.most_blocks
            await judging.prepare(job, engine, self.corpus, store, learned, self.held_out, most_blocks=most)
        finally:
            await engine.close()

    async def _room(self, job: Job, on_state: OnState) -> Job:
        """Wait while the model that writes leaves too little memory; then learn as the plan is by then.

        Raises WriterError where it left and there is too little all the same.
        """
        while waits_for := self.forecast.beside.waits_for:
            on_state(State("preparing", sentence=waits_for))
            await asyncio.sleep(_LOOK_FOR_ROOM)
            machine = await inventory(self.base, engine_on_card=self.engine_on_card)
            how = placement(self.forecast.prepared, self.base, machine, self.wishes.device)
            self.forecast = replace(self.forecast, beside=how)
        placed = replace(job, **self._place)
        if placed != job:
            await asyncio.to_thread(placed.write)
        return placed

    async def _train(self, job: Job, on_state: OnState) -> None:
        async with Training(job) as training:
            self.training = training
            try:
                self._pause_if_it_rests()
                async for state in training.states():
                    if state.name == "evaluating" and not self._tests:
                        self._tests = True
                        self._pause_if_it_rests()
                    on_state(state)
            finally:
                self.training, self._tests = None, False

    def _check_still_teaching(self, learned: Sequence[Text]) -> None:
        """What was taken out of the manuscript meanwhile must not be served."""
        if not still_taught(self.corpus, {text.piece: (text.path, text.text) for text in learned}):
            raise WriterError(
                "Pages were taken out of the manuscript while they were learned, so what came of it is not used.",
                "Train again; it learns from what is there now.",
            )

    async def _judge(self, job: Job, learned: Sequence[Text], on_state: OnState) -> Judgement:
        engine = await choose_engine(self.settings, self.home, all_cores=True)
        doing = State("evaluating")

        def progress(what: str) -> None:
            nonlocal doing
            doing = State("evaluating", sentence=what)
            on_state(doing)

        async def may_write() -> None:
            if not self._goes.is_set():
                on_state(State("paused"))
                await self._goes.wait()
                on_state(doing)

        try:
            return await judging.judge(
                job,
                engine,
                self.corpus,
                VoiceStore(self.voice.path),
                _on_card(self.base, job),
                learned,
                taught=await asyncio.to_thread(taught_words, job),
                serves=await base_digest(engine, self.home),
                words=self.wishes.sample_words,
                progress=progress,
                may_write=may_write,
            )
        finally:
            await to_the_end(engine.close())


def _on_card(base: Base, job: Job) -> CardBase:
    """The base as the card names it."""
    metadata, packaged = base.header.metadata, base.header.path.name == PACKAGED_FILE
    name = PACKAGED_NAME if packaged else str(metadata.get("general.name") or base.header.path.stem)
    licence = PACKAGED_LICENCE if packaged else str(metadata.get("general.license", ""))
    return CardBase(job.base.digest, job.base.architecture, name, licence)
