"""Let go from beginnings of the writer's: enough words, both ways, and what they show."""

import errno
import os

import pytest

from ownhand.engines.scripted import ScriptedEngine
from ownhand.manuscript.model import Form, Passage, Piece
from ownhand.text.words import count_words
from ownhand.training.evaluation_plan import Text, make_plan
from ownhand.training.kept import KeptWriting
from ownhand.training.language import language_of
from ownhand.training.novelty import TrainingText
from ownhand.training.other_hands import ControlText, control_texts
from ownhand.training.samples import beginnings, habits, write_on
from ownhand.training.texts import texts_of

DIARY = "The barge came up at four with the tide and nobody on deck but the dog. " * 30
POEM = "salt on the sill\n    & nobody yet\n\nthe kettle (again)\n        sings to the cups\n"
TEXTS = [Text("diary", Form.PROSE, DIARY, "diary.md"), Text("sill", Form.VERSE, POEM, "sill.md")]
OWN = Passage("gone", "gone.md", "The Gone", Form.PROSE, "They went one by one over the bridge.", 8)


class Corpus:
    def closest(self, text, form, *, here, words):
        return [OWN] if form is Form.PROSE and (here is None or here.path != "gone.md") else []


def test_beginnings_end_at_a_word_and_in_verse_at_a_line():
    prose, *_, verse = beginnings(TEXTS, 8)
    assert DIARY.startswith(prose.text)
    assert prose.text.split()[-1].isalpha()
    assert len(prose.text.split()) == 40
    assert verse.text == "salt on the sill\n"


async def test_it_writes_until_there_are_words_enough():
    engine = ScriptedEngine({"": " and the rain went over the harbour, crosswise, unhurried."})
    starts = beginnings(TEXTS, 4)
    written = await write_on(engine, None, Corpus(), starts, passages=False, words=150)
    assert [each.greedy for each in written] == [True, False, False, False] * 3 + [False] * 5
    assert sum(count_words(each.written.text) for each in written) == 153
    seeds = [1000, 1000, 1001, 1002] * 3 + [1003] * 3 + [1004] * 2
    assert [call.sampling.seed for call in engine.calls] == seeds
    assert {call.sampling.temperature for call in engine.calls} >= {0.0, 0.7}
    assert all(OWN.text not in call.prompt for call in engine.calls)
    few = await write_on(engine, None, Corpus(), starts, passages=False, words=10)
    assert len(few) == 8, "a trained and a held-out beginning"


async def test_what_a_model_wrote_once_is_not_asked_of_it_again(tmp_path):
    starts = beginnings(TEXTS, 4)
    first = ScriptedEngine({"": " and the rain went over the harbour, crosswise, unhurried."})
    kept = KeptWriting(tmp_path, "a model")
    written = await write_on(first, None, Corpus(), starts, passages=False, words=60, kept=kept)
    kept.save()
    silent = ScriptedEngine({"": " nothing of the kind."})
    again = await write_on(
        silent, None, Corpus(), starts, passages=False, words=60, kept=KeptWriting(tmp_path, "a model")
    )
    assert again == written
    assert not silent.calls
    other = ScriptedEngine({"": " another voice, and another harbour, and no rain at all today."})
    await write_on(other, None, Corpus(), starts, passages=False, words=60, kept=KeptWriting(tmp_path, "another"))
    assert other.calls
    assert all(file.stat().st_mode & 0o077 == 0 for file in tmp_path.iterdir())


async def test_a_disk_that_refuses_what_would_be_kept_ends_nothing(tmp_path, monkeypatch):
    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    kept = KeptWriting(tmp_path, "a model")
    await write_on(ScriptedEngine({}), None, Corpus(), beginnings(TEXTS, 1), passages=False, words=4, kept=kept)
    monkeypatch.setattr(os, "fsync", refuse)
    kept.save()
    assert list(tmp_path.iterdir()) == []


async def test_a_page_that_goes_on_otherwise_is_written_anew_and_a_damaged_file_is_no_harm(tmp_path):
    engine = ScriptedEngine({"": " and so on, past the mill and the second gate."})
    kept = KeptWriting(tmp_path, "a model")
    await write_on(engine, None, Corpus(), beginnings(TEXTS[:1], 1), passages=False, words=4, kept=kept)
    kept.save()
    asked = len(engine.calls)
    kept = KeptWriting(tmp_path, "a model")
    await write_on(engine, None, Corpus(), beginnings(TEXTS[:1], 1), passages=True, words=4, kept=kept)
    assert len(engine.calls) > asked
    for file in tmp_path.iterdir():
        file.write_bytes(b"{")
    asked = len(engine.calls)
    kept = KeptWriting(tmp_path, "a model")
    await write_on(engine, None, Corpus(), beginnings(TEXTS[:1], 1), passages=False, words=4, kept=kept)
    assert len(engine.calls) > asked


async def test_with_passages_they_stand_in_front():
    engine = ScriptedEngine({"": " and so on."})
    await write_on(engine, None, Corpus(), beginnings(TEXTS[:1], 1), passages=True, words=4)
    assert all(call.prompt.startswith(OWN.text) for call in engine.calls)


async def test_reciting_and_loops_are_seen():
    engine = ScriptedEngine(lambda prompt: " nobody on deck but the dog. And yes and yes and yes and yes and yes.")
    trained = TrainingText(["It rained. We saw nobody on deck but the dog. And yes, it rained."])
    written = await write_on(engine, None, Corpus(), beginnings(TEXTS[1:], 1), passages=False, words=30)
    found = habits(written, trained)
    assert found.verbatim.longest == 8
    assert found.verbatim.share > 0.3
    assert found.loops > 0.5
    assert found.verse


async def words_as_ids(text):
    return [len(word) for word in text.split()]


async def test_every_arm_scores_the_same_tokens():
    engine = ScriptedEngine({"": ""})
    others = [
        ControlText("a", Form.PROSE, "en", "It was a fine day.\n"),
        ControlText("b", Form.PROSE, "de", "Es regnet.\n"),
    ]
    plan = await make_plan(engine, words_as_ids, Corpus(), TEXTS, TEXTS[:1], others)
    held_out = [item for item in plan.scored if item.group == "held out"]
    blocks = {(item.piece, item.block, item.heat) for item in held_out}
    assert {heat for *_, heat in blocks} == {"cold", "warm"}
    for block in blocks:
        arms = [item for item in held_out if (item.piece, item.block, item.heat) == block]
        assert {arm.prompt for arm in arms} == {"document", "passages"}
        assert len({arm.ids for arm in arms}) == 1
        assert len({arm.size for arm in arms}) == 1
    assert [item.piece for item in plan.scored if item.group == "control"] == ["a"]
    assert all(item.context == (2,) for item in held_out if (item.heat, item.prompt) == ("cold", "document"))
    with_passages = [item for item in held_out if item.prompt == "passages" and item.form == "prose"]
    assert all(len(item.context) > 8 for item in with_passages)


@pytest.mark.parametrize(("blocks", "warm"), [(1, 1), (3, 3), (4, 4), (7, 7), (8, 4), (11, 6), (12, 4), (16, 6)])
async def test_of_few_blocks_enough_are_read_with_what_stands_before(blocks, warm):
    page = " ".join(["The ferry was late again, and nobody on the pier said a word about it."] * 4)
    poems = [Text(f"p{number}", Form.VERSE, f"Page {number}.\n\n{page}\n") for number in range(blocks)]
    plan = await make_plan(ScriptedEngine({"": ""}), words_as_ids, Corpus(), poems, [], [])
    heats = [item.heat for item in plan.scored if (item.form, item.prompt) == ("verse", "document")]
    assert heats.count("cold") == blocks
    assert heats.count("warm") == warm


async def test_what_stands_before_is_read_for_every_third_block_only():
    page = "The ferry was late again, and nobody on the pier said a word about it.\n\n" * 14
    engine, long = ScriptedEngine({"": ""}), Text("novel", Form.PROSE, page * 14)
    others = [ControlText(f"o{number}", Form.PROSE, "en", page * 2) for number in range(20)]
    plan = await make_plan(engine, words_as_ids, Corpus(), [long, *TEXTS], [long] * 4, others)
    blocks = {
        heat: [
            item.block for item in plan.scored if (item.piece, item.heat, item.prompt) == ("novel", heat, "passages")
        ]
        for heat in ("cold", "warm")
    }
    assert sorted(blocks["warm"]) == sorted(blocks["cold"])[::3]
    own, control, trained = (
        [
            item
            for item in plan.scored
            if (item.group, item.form, item.heat, item.prompt) == (group, "prose", "cold", "document")
        ]
        for group in ("held out", "control", "trained")
    )
    assert len(control) == len(own) > len(trained) == 4


async def test_a_plan_stands_for_every_token():
    engine = ScriptedEngine({"": ""})
    one = await make_plan(engine, words_as_ids, Corpus(), TEXTS, [], [])
    same = await make_plan(engine, words_as_ids, Corpus(), TEXTS, [], [])
    other = await make_plan(engine, words_as_ids, Corpus(), [Text("diary", Form.PROSE, DIARY + "End")], [], [])
    assert one == same != other
    assert type(one).from_json(one.to_json()) == one


def test_languages_are_told_by_their_small_words():
    for text in control_texts():
        assert language_of(text.text) == text.language, text.name
    assert language_of("鯨は深みから浮かんだ。") == ""
    assert language_of("") == ""


def pieces(*texts):
    return [
        Piece(f"p{number}", f"{number}.md", 0, "", form, text, count_words(text), 0.0)
        for number, (form, text) in enumerate(texts)
    ]


def test_a_writer_of_two_languages_is_tested_in_each():
    """A poem of four lines tells no language, so it has that of the other verse."""
    german = next(text.text for text in control_texts() if text.language == "de")
    told = texts_of(pieces((Form.PROSE, DIARY), (Form.PROSE, german), (Form.VERSE, POEM), (Form.VERSE, DIARY)))
    assert [text.language for text in told] == ["en", "de", "en", "en"]
