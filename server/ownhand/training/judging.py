"""From a trained adapter to a decision: what has to be measured, what came of it, and the card that says so.

`prepare` runs before the trainer's child and leaves it its `evaluation.json`; `judge` runs after it, asks the engine
that will serve, lets the gate decide and keeps the adapter with its card.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from ownhand import __version__
from ownhand.engines.embedded import EmbeddedEngine
from ownhand.engines.protocol import Adapter, Engine, NoProbabilitiesError
from ownhand.engines.special import bounds
from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.model import Form
from ownhand.text.words import count_words, word_spans
from ownhand.training.evaluation_files import HeldOut, read_bits, read_plan, write_plan
from ownhand.training.evaluation_plan import MOST_BLOCKS, PASSAGES, Text, make_plan
from ownhand.training.form_distance import form_distance
from ownhand.training.job import Job
from ownhand.training.kept import KeptWriting, kept_folder
from ownhand.training.metrics import BEST_KEPT, CHALLENGER, CHAMPION, Metrics, metrics
from ownhand.training.novelty import novelty
from ownhand.training.other_hands import control_texts
from ownhand.training.samples import WORDS, Habits, MayWrite, at_once
from ownhand.training.texts import digest_of_texts, held_out_texts
from ownhand.training.to_the_end import to_the_end
from ownhand.training.writing_trial import WritingTrial
from ownhand.voices.card import Base, Card, LearnedFrom
from ownhand.voices.gate import Decision, Evidence, decide
from ownhand.voices.probe import SERVING_LIMITS, Place, Told, agreement, complaint, divergence, engine_tells, shifts
from ownhand.voices.store import GGUF, StoredAdapter, VoiceStore
from ownhand.voices.witness import Witness, witness

_PLACES, _PROBED_TEXTS = 40, 4
_PROBED_WORDS = 150
_PUBLIC_WORDS, _PUBLIC_EACH = 16, 2
"""Words of other people's texts, of one text in so many, after which the engine is asked again at each start."""
_VERSIONS = ("torch", "transformers", "peft", "unsloth", "gguf", "xllamacpp")


@dataclass(frozen=True)
class Rivals:
    """What a challenger is measured against, beside the base."""

    champion: StoredAdapter | None
    best_kept: StoredAdapter | None

    @property
    def folders(self) -> dict[str, Path]:
        named = {CHAMPION: self.champion, BEST_KEPT: self.best_kept}
        return {name: adapter.folder for name, adapter in named.items() if adapter is not None}

    @classmethod
    def today(cls, store: VoiceStore, base_digest: str, held_out_digest: str) -> "Rivals":
        return cls(store.champion(base_digest), store.best_kept(base_digest, held_out_digest))

    @classmethod
    def measured(cls, store: VoiceStore, adapters: Mapping[str, Path]) -> "Rivals":
        """Those that the child measured, whatever serves by now. Raises WriterError when one is gone."""
        champion, best_kept = (
            store.adapter(adapters[name].name) if name in adapters else None for name in (CHAMPION, BEST_KEPT)
        )
        return cls(champion, best_kept)


@dataclass(frozen=True)
class Judgement:
    """What became of a training."""

    adapter: StoredAdapter
    decision: Decision
    metrics: Metrics
    facts: dict[str, Any]
    """The metrics as `train --json` gives them, generations included."""
    against: Rivals = Rivals(None, None)


async def prepare(
    job: Job,
    engine: EmbeddedEngine,
    corpus: Corpus,
    store: VoiceStore,
    trained: Sequence[Text],
    held_out: Sequence[Text],
    *,
    most_blocks: int = MOST_BLOCKS,
) -> None:
    """Write what the child has to measure, on at most so many blocks of each form. Raises WriterError and EngineError.

    `engine` serves the base's own GGUF: its tokenizer counts, whichever engine will serve in the end. `trained` is what
    the job learns, `held_out` what it is tested on, with what a model wrote of it.
    """
    digest = await asyncio.to_thread(digest_of_texts, held_out)
    against = Rivals.today(store, job.base.digest, digest)
    plan = await make_plan(
        engine,
        engine.token_ids,
        corpus,
        held_out,
        trained,
        control_texts(),
        most_blocks=most_blocks,
        token_pieces=engine.token_pieces,
    )
    adapters = {CHALLENGER: job.adapter} | against.folders
    places = await probe_places(engine, held_out, trained)
    write_plan(job.folder, plan, adapters, job.base.source, places, HeldOut.of(held_out, digest))


async def probe_places(engine: EmbeddedEngine, texts: Sequence[Text], others: Sequence[Text] = ()) -> list[Place]:
    """Places in the middle of texts, at ends of words, where a writer might stop; in `others` where the texts are too
    short for so many."""
    places = await _places_in(engine, texts, _PLACES)
    return places + await _places_in(engine, others, _PLACES - len(places))


async def _places_in(engine: EmbeddedEngine, texts: Sequence[Text], count: int) -> list[Place]:
    always = bounds(await engine.special_tokens()).always
    longest = sorted(texts, key=lambda text: -len(text.text))[:_PROBED_TEXTS]
    places: list[Place] = []
    for text in longest if count > 0 else ():
        ends = [end for _, end in word_spans(text.text)][:_PROBED_WORDS]
        wanted = -(-count // len(longest))
        step = max(1, len(ends) // (wanted + 1))
        for end in ends[step::step][:wanted]:
            ids = await engine.token_ids(text.text[:end])
            places.append(Place(text.text[:end], (*always, *ids)))
    return places


async def judge(
    job: Job,
    engine: Engine,
    corpus: Corpus,
    store: VoiceStore,
    base: Base,
    trained: Sequence[Text],
    *,
    taught: int | None = None,
    serves: str = "",
    words: int = WORDS,
    progress: Callable[[str], None] = lambda _: None,
    may_write: MayWrite = at_once,
) -> Judgement:
    """Decide on the adapter of a finished job and keep it. `engine` is the one that will serve.

    `trained` is what the job learned, `taught` the words of all that it chose from if that was more, `serves` the
    digest of the model that the engine has now, "" where it does not tell. `progress` hears what is done now, in a few
    words; `may_write` is awaited before each text that is written. Raises WriterError and EngineError.
    """
    held_out = await asyncio.to_thread(held_out_texts, corpus)
    planned = read_plan(job.folder)
    # The writer may have gone on writing there: figures belong to the text that was measured.
    kept_aside = planned.held_out or HeldOut.of(held_out, digest_of_texts(held_out))
    against = Rivals.measured(store, planned.adapters)
    measured = read_bits(job.folder)
    found = metrics(
        planned.plan,
        measured.bits,
        champion_context=against.champion.card.context if against.champion else "document",
        best_kept_context=against.best_kept.card.context if against.best_kept else "document",
    )
    # With the voice's own name in it, or nothing would find what Ollama made of it after a judging that was killed.
    candidate = Adapter(f"candidate-{store.folder.name}-{job.folder.name}", job.adapter / GGUF)
    progress("checking that the engine applies it")
    shown = await _shown(engine, candidate, planned.places, measured.shifts)
    kept = KeptWriting(kept_folder(job.folder), f"{engine.name} {engine.model} {base.digest}")
    passages = found.context == PASSAGES
    trial = WritingTrial(engine, corpus, trained, held_out, passages, kept, words, may_write)
    mine, plain = await trial.run(candidate, progress)
    same_base = serves in ("", job.base.digest)
    decision = decide(_evidence(found, shown, mine, plain, kept_aside, against, same_base=same_base, words=words))
    facts = found.to_json() | _written_facts(mine, plain, held_out)
    taught = sum(count_words(text.text) for text in trained) if taught is None else taught
    card = _card(job, base, trained, taught, kept_aside.digest, decision, facts, found.context, shown)
    adapter = await to_the_end(asyncio.to_thread(store.add, job.adapter, card))
    return Judgement(adapter, decision, found, facts, against)


@dataclass(frozen=True)
class _Shown:
    """What the engine shows of the adapter, for the card; `complaint` says what is wrong, "" for nothing."""

    facts: dict[str, Any]
    complaint: str
    witness: Witness = ()


async def _shown(engine: Engine, candidate: Adapter, places: Sequence[Place], trainer: Sequence[Any]) -> _Shown:
    """An engine that tells no log-probabilities is put to a weaker test."""
    prompts, public = [place.prompt for place in places], public_prompts()
    try:
        told = await _told(engine, candidate, prompts, public)
        found = agreement([shifts(*each) for each in told[: len(prompts)]], trainer)
    except NoProbabilitiesError:
        weaker = await divergence(engine, candidate, places)
        return _Shown(weaker.to_json(), weaker.complaint)
    except ValueError:
        return _Shown({}, "The engine told too little to see whether it applies the adapter.")
    return _Shown(found.to_json(), complaint(found, SERVING_LIMITS), witness(public, told[len(prompts) :]))


async def _told(engine: Engine, candidate: Adapter, places: Sequence[str], public: Sequence[str]) -> list[Told]:
    """At the places, and at the public ones if it can be had there too: the real test does not hang on them."""
    try:
        return await engine_tells(engine, candidate, [*places, *public])
    except NoProbabilitiesError:
        return await engine_tells(engine, candidate, places)


def public_prompts() -> list[str]:
    """Beginnings of other people's texts that come with Ownhand."""
    found = []
    for text in control_texts()[::_PUBLIC_EACH]:
        ends = [end for _, end in word_spans(text.text)]
        found.append(text.text[: ends[min(_PUBLIC_WORDS, len(ends)) - 1]])
    return found


def _evidence(
    found: Metrics,
    shown: _Shown,
    mine: Habits,
    plain: Habits,
    held_out: HeldOut,
    against: Rivals,
    *,
    same_base: bool,
    words: int,
) -> Evidence:
    return Evidence(
        same_base=same_base,
        engine_complaint=shown.complaint,
        held_out_words=held_out.words,
        held_out_pieces=held_out.pieces,
        gain=found.gain.value,
        gain_low=found.gain.low,
        over_today=found.over_today,
        specific_gain=found.specific_gain.value if found.specific_gain else None,
        novelty=novelty(mine.verbatim, plain.verbatim),
        loops=mine.loops,
        base_loops=plain.loops,
        written=mine.verbatim.words / words if words else 1.0,
        train_gap=found.train_gap,
        over_best_kept=found.over_best_kept,
        champion=against.champion is not None,
    )


def _written_facts(mine: Habits, plain: Habits, held_out: Sequence[Text]) -> dict[str, Any]:
    own_verse = [text.text for text in held_out if text.form is Form.VERSE]
    return {
        "novelty": round(novelty(mine.verbatim, plain.verbatim), 4),
        "longest_verbatim": mine.verbatim.longest,
        "loops": round(mine.loops, 4),
        "base_loops": round(plain.loops, 4),
        "greedy_loops": round(mine.greedy_loops, 4),
        "base_greedy_loops": round(plain.greedy_loops, 4),
        "written_words": mine.verbatim.words,
        "form_distance": {trait: round(far, 4) for trait, far in form_distance(mine.verse, own_verse).items()},
        "base_form_distance": {trait: round(far, 4) for trait, far in form_distance(plain.verse, own_verse).items()},
    }


def _card(
    job: Job,
    base: Base,
    trained: Sequence[Text],
    taught: int,
    held_out_digest: str,
    decision: Decision,
    facts: dict[str, Any],
    context: str,
    shown: _Shown,
) -> Card:
    state = job.state
    return Card(
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        base=base,
        recipe=job.recipe.to_json(),
        pieces=tuple(LearnedFrom(text.piece, text.title) for text in trained),
        held_out_digest=held_out_digest,
        metrics=facts,
        decision=decision.decision,
        why=decision.why,
        rule=decision.rule,
        context="passages" if context == PASSAGES else "document",
        trainer=state.trainer or job.trainer,
        device=state.device,
        seconds=round(state.seconds, 1),
        tokens_per_second=round(state.tokens_per_second or 0.0, 1),
        probe=shown.facts,
        witness=shown.witness,
        versions={"ownhand": __version__, **_versions()},
        words=taught,
    )


def _versions() -> dict[str, str]:
    found = {}
    for name in _VERSIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
