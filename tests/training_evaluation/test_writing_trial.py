"""Challenger and bare model let go from the same beginnings: how much each has to write."""

import asyncio

import pytest

from ownhand.engines.protocol import Adapter, EngineError
from ownhand.engines.scripted import ScriptedEngine
from ownhand.manuscript.model import Form
from ownhand.training.evaluation_plan import Text
from ownhand.training.kept import KeptWriting
from ownhand.training.novelty import novelty
from ownhand.training.writing_trial import WritingTrial

LEARNED = "We weighed the eel twice and wrote both weights down, since neither was believed. "
DIARY = "The barge came up at four with the tide and nobody on deck but the dog. " * 40 + LEARNED
KEPT_ASIDE = "All evening the ferry lay at the wrong side of the river and hooted. " * 30
POEM = "salt on the sill\n    & nobody yet\n\nthe kettle (again)\n        sings to the cups\n" * 3
PLAIN = " and the rain went over the harbour, crosswise, unhurried."


class Corpus:
    def closest(self, text, form, *, here, words):
        return []


async def tried(tmp_path, mine, plain=PLAIN, learned=(), kept_aside=()):
    """Habits of the voice and of the bare model."""
    engine = ScriptedEngine(lambda _: mine if engine.adapter else plain)
    trial = WritingTrial(
        engine,
        Corpus(),
        [Text("diary", Form.PROSE, DIARY), *learned],
        [Text("ferry", Form.PROSE, KEPT_ASIDE), *kept_aside],
        passages=False,
        kept=KeptWriting(tmp_path, "scripted"),
        words=400,
    )
    file = tmp_path / "adapter.gguf"
    file.touch()
    found = await trial.run(Adapter("candidate", file), lambda _: None)
    assert engine.adapter is None, "nothing is left of the candidate"
    return found


async def test_where_nothing_was_copied_the_bare_model_writes_less(tmp_path):
    mine, plain = await tried(tmp_path, " but nobody had thought to bring the second key.")
    assert mine.verbatim.words >= 400
    assert 100 <= plain.verbatim.words < 200


@pytest.mark.parametrize("fault", [f" {LEARNED}", " and the sea and the sea and the sea and the sea."])
async def test_where_the_voice_recites_or_loops_the_bare_model_writes_as_much(tmp_path, fault):
    """What it does itself is no fault of the voice."""
    mine, plain = await tried(tmp_path, fault, plain=fault)
    assert plain.verbatim.words >= 400
    assert novelty(mine.verbatim, plain.verbatim) == 1.0
    assert mine.loops == plain.loops


async def test_what_the_bare_model_wrote_is_kept_where_the_trial_is_broken_off(tmp_path):
    written = KeptWriting(tmp_path, "scripted")
    engine = ScriptedEngine(lambda _: PLAIN)
    bare = 0

    async def go_away_after_a_while():
        nonlocal bare
        bare += engine.adapter is None
        if bare > 60:
            raise EngineError("The engine went away.", "Start it.")

    engine.before_chunk = go_away_after_a_while
    trial = WritingTrial(engine, Corpus(), [Text("diary", Form.PROSE, DIARY)], [], False, written, 4000)
    (tmp_path / "adapter.gguf").touch()
    with pytest.raises(EngineError):
        await trial.run(Adapter("candidate", tmp_path / "adapter.gguf"), lambda _: None)
    assert list(tmp_path.glob("writing-*.json"))


@pytest.mark.parametrize("where", ["learned", "kept_aside"])
async def test_the_bare_models_few_words_hold_verse_too_wherever_there_is_any(tmp_path, where):
    """Else there would be nothing to hold the voice's verse against."""
    sill = Text("sill", Form.VERSE, POEM)
    mine, plain = await tried(
        tmp_path, " but nobody had thought to bring", plain="\nand the cups answer" * 12, **{where: [sill]}
    )
    assert mine.verse
    assert plain.verse


async def test_a_rest_holds_up_the_next_text_alone(tmp_path):
    goes, rests = asyncio.Event(), asyncio.Event()
    goes.set()
    engine = ScriptedEngine(lambda _: PLAIN)

    async def rest_in_the_third():
        if len(engine.calls) == 3:
            goes.clear()
            rests.set()

    engine.before_chunk = rest_in_the_third
    trial = WritingTrial(
        engine, Corpus(), [Text("diary", Form.PROSE, DIARY)], [], False, KeptWriting(tmp_path, "s"), 60, goes.wait
    )
    file = tmp_path / "adapter.gguf"
    file.touch()
    run = asyncio.create_task(trial.run(Adapter("candidate", file), lambda _: None))
    await rests.wait()
    await asyncio.wait({run}, timeout=0.2)
    assert not run.done()
    assert "".join(engine.calls[-1].said) == PLAIN, "what was begun is written to its end"
    assert len(engine.calls) == 3
    engine.before_chunk = None
    goes.set()
    await run
    assert len(engine.calls) > 3
