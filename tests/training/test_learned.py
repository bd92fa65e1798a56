"""What an exam is told of what was learned, where a manuscript is larger than the budget."""

import shutil
from pathlib import Path

import pytest

from ownhand.engines.protocol import SpecialTokens
from ownhand.engines.scripted import ScriptedEngine
from ownhand.home import Home
from ownhand.manuscript.consent import find_voice
from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.scanner import refresh
from ownhand.settings import Settings
from ownhand.training import dataset
from ownhand.training.blocks import cuts
from ownhand.training.evaluation_plan import TRAINED, make_plan
from ownhand.training.job import BaseModel
from ownhand.training.learned import learned_of
from ownhand.training.prepare import job_for, material, prepare
from ownhand.training.recipe import Recipe
from ownhand.training.samples import beginnings
from ownhand.training.texts import learned_texts, taught_words, texts_of
from plain_tokenizer import PlainTokenizer

MANUSCRIPT = Path(__file__).parents[2] / "examples" / "manuscript"


@pytest.fixture
def corpus(tmp_path):
    home, folder = Home(tmp_path / "home"), shutil.copytree(MANUSCRIPT, tmp_path / "pages")
    refresh(home, folder, Settings(), lambda *_: None)
    return Corpus.open(find_voice(home, folder).index_path)


async def job_of(corpus, root):
    base = BaseModel(root / "m.gguf", "sha256:aa", "llama", root, SpecialTokens(1, 2, False))
    prepared = await prepare(material(corpus), PlainTokenizer(), base, Recipe())
    return job_for(prepared, root, device="cpu", trainer="auto", threads=1)


async def trained_blocks(corpus, texts):
    async def letters(text):
        return [ord(letter) for letter in text]

    plan = await make_plan(ScriptedEngine({}), letters, corpus, [], texts, [])
    blocks = [item for item in plan.scored if item.group == TRAINED]
    assert len({block.name for block in blocks}) == len(blocks)
    return [(block.piece, "".join(map(chr, block.ids))) for block in blocks]


async def test_of_a_manuscript_that_is_learned_whole_all_is_as_if_nobody_had_asked(corpus, tmp_path):
    learned = learned_texts(await job_of(corpus, tmp_path))
    whole = texts_of(piece for piece in corpus.pieces(with_text=True) if piece.teaches)
    assert [(each.piece, each.text, each.language) for each in learned] == [
        (each.piece, each.text, each.language) for each in whole
    ]
    assert [each.blocks for each in learned] == [cuts(each.text, each.form) for each in whole]
    assert await trained_blocks(corpus, learned) == await trained_blocks(corpus, whole)
    assert [each.text for each in beginnings(learned, 9)] == [each.text for each in beginnings(whole, 9)]


async def test_beyond_the_budget_only_what_was_learned_is_asked_about(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(dataset, "TOKEN_BUDGET", 6_000)
    job = await job_of(corpus, tmp_path)
    stretches = {each.piece: [each.text[a:b] for a, b in each.stretches] for each in learned_of(job)}
    texts = learned_texts(job)
    assert {text.piece for text in texts} == {piece for piece, some in stretches.items() if some} < stretches.keys()
    assert any(len(some) > 1 for some in stretches.values())
    blocks = await trained_blocks(corpus, texts)
    assert len(blocks) == 8
    starts = [(each.whole.piece, each.text) for each in beginnings(texts, 20)]
    assert len(starts) == 20
    for piece, text in (*blocks, *starts):
        assert any(text in stretch for stretch in stretches[piece])


async def test_new_text_is_counted_from_all_that_taught(corpus, tmp_path, monkeypatch):
    """Or what a large manuscript has beyond the budget would be new text for ever, and be learned again and again."""
    monkeypatch.setattr(dataset, "TOKEN_BUDGET", 6_000)
    taught = sum(piece.words for piece in corpus.pieces() if piece.teaches)
    assert taught_words(await job_of(corpus, tmp_path)) == taught
