"""Makes packs (`packs.py`): by the product's own dataset, plan and prompts, through the tokenizer of the engine."""

import asyncio
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.voice.authors import AUTHORS, SAMPLE
from bench.voice.packs import Pack, Start
from bench.voice.selections import scanned, selected
from ownhand.engines.embedded import EmbeddedEngine
from ownhand.engines.weights import packaged_weights
from ownhand.home import Home
from ownhand.manuscript import passages
from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.model import Form
from ownhand.training import dataset, texts
from ownhand.training.base import checked_base, described
from ownhand.training.evaluation_plan import make_plan
from ownhand.training.job import BaseModel
from ownhand.training.other_hands import control_texts
from ownhand.training.prepare import material, prepare
from ownhand.training.recipe import Recipe
from ownhand.training.samples import Beginning, beginnings, by_turns, prompt_for, sampling

BLOCKS = 32
"""Blocks of each form that are scored, twice the product's: the figures are to be surer than one writer needs them."""
_BEGINNINGS = 12
CUTS = {
    "passages": passages.PASSAGE_WORDS,
    "short": {Form.PROSE: (60, 160), Form.VERSE: (60, 160)},
    "long": {Form.PROSE: (480, 620), Form.VERSE: (240, 620)},
}
"""Fewest and most words of a passage: as the product cuts, and otherwise. The long ones fill 1,024 tokens."""


def make_packs(names: Iterable[str], folder: Path) -> None:
    """Make those that are not there. Raises WriterError: the fetched texts or the packaged model are missing."""
    missing = [name for name in names if not (folder / f"{name}.json.gz").is_file()]
    with tempfile.TemporaryDirectory(prefix="ownhand-lab-") as scratch:
        asyncio.run(_make(missing, folder, Path(scratch)))


async def _make(names: Sequence[str], folder: Path, scratch: Path) -> None:
    gguf = packaged_weights(Home.default())
    base = checked_base(gguf)
    model = described(base, Home(scratch / "home"))
    engine = EmbeddedEngine(base.header)
    indices: dict[str, Path] = {}
    try:
        for name in names:
            author, samples, cut = _parts(name)
            if author not in indices:
                indices[author] = scanned(AUTHORS[author], scratch)
            words = 0 if author == "kalve" and samples == 50 else samples * SAMPLE
            corpus = selected(AUTHORS[author], indices[author], words, scratch / f"{name}.sqlite3")
            made = await _pack(name, engine, model, corpus, cut)
            made.save(folder)
            print(f"{name}: {made.words} words in {len(made.train)} samples, kept aside {made.held_out}", flush=True)
    finally:
        await engine.close()


def _parts(name: str) -> tuple[str, int, str]:
    author = max((author for author in AUTHORS if name.startswith(author)), key=len)
    samples, _, cut = name.removeprefix(f"{author}-").partition("-")
    return author, int(samples), cut or "passages"


async def _pack(name: str, engine: EmbeddedEngine, model: BaseModel, corpus: Corpus, cut: str) -> Pack:
    found = material(corpus)
    before = passages.PASSAGE_WORDS
    passages.PASSAGE_WORDS = dataset.PASSAGE_WORDS = CUTS[cut]
    try:
        prepared = await prepare(found, engine, model, Recipe())
    finally:
        passages.PASSAGE_WORDS = dataset.PASSAGE_WORDS = before
    held_out, trained = texts.held_out_texts(corpus), texts.texts_of(found.teaching)
    plan = await make_plan(engine, engine.token_ids, corpus, held_out, trained, control_texts(), most_blocks=BLOCKS)
    begun = by_turns(beginnings(trained, _BEGINNINGS), beginnings(held_out, _BEGINNINGS))
    starts = [await _starts(engine, corpus, start) for start in begun]
    kept = {form.value: sum(text.words for text in found.held_out if text.form is form) for form in Form}
    return Pack(
        name,
        found.words,
        [_sample(sample) for sample in prepared.dataset.train],
        [_sample(sample) for sample in prepared.dataset.validation],
        [text.text for text in trained],
        {form: words for form, words in kept.items() if words},
        plan,
        [start for both in starts for start in both],
    )


def _sample(sample: dataset.Sample) -> dict[str, Any]:
    return {"input_ids": sample.input_ids, "labels": sample.labels, "form": sample.form.value, "words": sample.words}


async def _starts(engine: EmbeddedEngine, corpus: Corpus, start: Beginning) -> list[Start]:
    """Once greedy and once drawn, as the product lets it write."""
    prompt = await prompt_for(engine, corpus, start, passages=False)
    special = await engine.special_tokens()
    always = (special.bos,) if special.add_bos and special.bos is not None else ()
    ids = (*always, *await engine.token_ids(prompt))
    found = []
    for greedy in (True, False):
        drawn = replace(sampling(start.whole.form, 0, greedy=greedy), stop=())
        draw = {key: float(getattr(drawn, key)) for key in ("temperature", "top_p", "top_k", "min_p", "repeat_penalty")}
        found.append(Start(start.whole.form.value, greedy, prompt, ids, draw | {"tokens": float(drawn.max_tokens)}))
    return found
