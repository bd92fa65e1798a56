"""Prompts: golden files on real pages, and a head that does not move from keystroke to keystroke."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ownhand.engines.protocol import SpecialTokens
from ownhand.suggestions.composer import Composer
from ownhand.suggestions.moment import Moment
from ownhand.suggestions.place import Place, read_place
from ownhand.suggestions.prompt import (
    SCENE_MARK,
    Budget,
    PromptBuilder,
    TokenCounter,
    blocks,
    cut_for_tokens,
    split_paragraphs,
)
from ownhand.suggestions.trace import Stats

HERE = Path(__file__).parent
MANUSCRIPT = HERE.parents[1] / "examples" / "manuscript"
CONTROL = HERE.parents[1] / "examples" / "control"


def page(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def check_golden(name: str, text: str) -> None:
    """`OWNHAND_GOLDEN=write` writes the file anew, to be read before it is committed."""
    path = HERE / "golden" / f"{name}.txt"
    if os.environ.get("OWNHAND_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


async def prompt_of(engine, clock, corpus, before: str, language: str = "md", path: str | None = None) -> str:
    moment = Moment("d", 1, before, "\n", language, path, invoked=True)
    place = read_place(moment)
    assert isinstance(place, Place)
    return (await Composer(engine, corpus, clock, Stats()).prompt(moment, place)).text


async def test_golden_prose_with_passages(engine, clock, corpus_of) -> None:
    own = corpus_of([page(CONTROL / "prose-04-sea-tale.md")[:700], page(CONTROL / "prose-08-detective.md")[:500]])
    before = page(CONTROL / "prose-05-letter-home.md")[:900].rsplit(" ", 1)[0] + " "
    check_golden("prose_with_passages", await prompt_of(engine, clock, own, before))


async def test_golden_verse_ends_with_its_indent(engine, clock) -> None:
    text = page(MANUSCRIPT / "verse" / "tare.md")
    line = next(n for n, one in enumerate(text.split("\n")) if n > 8 and one.startswith("    "))
    lines = text.split("\n")[: line + 1]
    lines[-1] = lines[-1][: len(lines[-1]) - len(lines[-1].lstrip())]
    check_golden("verse_at_an_indent", await prompt_of(engine, clock, None, "\n".join(lines)))


async def test_golden_japanese_and_front_matter(engine, clock) -> None:
    walk = "彼は毎朝、港まで歩いた。風の強い日には帽子を手に持って、だれにも会わずに戻ってきた。その日"
    before = f"---\ntitle: 潮\n---\n\n{walk}"
    check_golden("japanese_after_front_matter", await prompt_of(engine, clock, None, before))


async def test_a_blank_page_has_something_to_go_on(engine, clock) -> None:
    assert await prompt_of(engine, clock, None, "", path="poems/low-water.md") == "Low water\n\n"
    assert await prompt_of(engine, clock, None, "---\ntitle: Tare\n---\n") == "Tare\n\n"
    engine.special = SpecialTokens(bos=1, eos=2, add_bos=False, bos_text="<s>", eos_text="</s>")
    assert await prompt_of(engine, clock, None, "") == "</s>"
    engine.special = SpecialTokens(bos=1, eos=2, add_bos=True, bos_text="<s>", eos_text="</s>")
    assert await prompt_of(engine, clock, None, "") == "\n"


@pytest.mark.parametrize(
    ("before", "verse", "kept", "held"),
    [
        ("the sea ", False, "the sea", " "),
        ("the sea\t ", False, "the sea", "\t "),
        ("the sea\n\n", False, "the sea\n\n", ""),
        ("the sea\n\n   ", False, "the sea\n\n", "   "),
        ("the sea\n      ", True, "the sea\n     ", " "),
        ("the sea   ", True, "the sea", "   "),
        ("海は", False, "海は", ""),
        ("", False, "", ""),
    ],
)
def test_white_space_is_held_back(before: str, verse: bool, kept: str, held: str) -> None:
    assert cut_for_tokens(before, verse=verse) == (kept, held)


@given(st.text(alphabet="ab \n\t海", max_size=300))
def test_blocks_lose_nothing(text: str) -> None:
    assert "".join(blocks(text)) == text
    assert "".join(split_paragraphs(text)) == text


@given(st.text(alphabet="ab \n", max_size=1500), st.text(alphabet="ab", max_size=5))
def test_adding_text_moves_no_earlier_cut(text: str, more: str) -> None:
    assert blocks(text + more)[: max(0, len(blocks(text)) - 1)] == blocks(text)[:-1]


def novel(paragraphs: int) -> str:
    return "".join(
        f"{n}. He walked {n} miles out along the Edge, and {n + 1} back in the rain.\n\n" for n in range(paragraphs)
    )


async def test_the_head_stands_still_and_moves_in_quarter_steps(engine) -> None:
    engine._context = 512
    budget, builder, edges, moved = Budget.of(512, 56), PromptBuilder(engine), [], 0
    text = novel(20)
    for number in range(60):
        for word in f"{number}. She held the torch for him, and he said it wanted greasing again.\n\n".split(" "):
            text += word + " "
            prompt = await builder.build("d", text, [], title="", verse=False, answer_tokens=56)
            assert prompt.tokens <= budget.document + budget.passages
            assert await engine.count_tokens(prompt.text) <= prompt.tokens
            head = prompt.text[:40]
            if edges and edges[-1] != head:
                moved += 1
                assert text.rfind("\n\n" + head) >= 0
            edges.append(head)
    assert 0 < moved <= 60 * 20 // (budget.document // 4) + 2


async def test_a_keystroke_costs_at_most_one_short_count(engine) -> None:
    builder, text = PromptBuilder(engine), novel(30)
    await builder.build("d", text, [], title="", verse=False, answer_tokens=56)
    for letter in "She held the torch for him while he took the cover off.":
        engine.counted.clear()
        text += letter
        await builder.build("d", text, [], title="", verse=False, answer_tokens=56)
        assert len(engine.counted) <= 1
        assert sum(map(len, engine.counted)) <= 700


async def test_a_long_paragraph_without_breaks_is_cut_inside(engine) -> None:
    engine._context = 300
    prompt = await PromptBuilder(engine).build("d", "海を見た。" * 2000, [], title="", verse=False, answer_tokens=56)
    assert 50 < prompt.tokens <= 244


async def test_an_edit_above_the_window_changes_nothing_and_one_inside_is_taken_up(engine) -> None:
    engine._context = 512
    builder, text = PromptBuilder(engine), novel(60)
    first = await builder.build("d", text, [], title="", verse=False, answer_tokens=56)
    again = await builder.build("d", "A new first line.\n\n" + text, [], title="", verse=False, answer_tokens=56)
    assert again.text == first.text
    edited = text.replace("59. He walked", "59. He ran")
    assert "59. He ran" in (await builder.build("d", edited, [], title="", verse=False, answer_tokens=56)).text


async def test_passages_are_chosen_once_and_stay_in_front(engine, clock, corpus_of) -> None:
    own = corpus_of(["A passage of mine.", "x" * 20_000, "Another one."])
    composer, text = Composer(engine, own, clock, Stats()), "The sea was"
    for word in [" grey", " and", " flat"]:
        text += word
        moment = Moment("d", 1, text, "", "md", invoked=True)
        place = read_place(moment)
        assert isinstance(place, Place)
        prompt = await composer.prompt(moment, place)
        assert prompt.text == f"Another one.{SCENE_MARK}A passage of mine.{SCENE_MARK}{text}"
    assert own.asked == 1


async def test_passages_are_chosen_anew_when_the_writer_comes_to_where_one_stands(engine, clock, corpus_of) -> None:
    own = corpus_of(["A passage of mine.", "Another one."])
    composer = Composer(engine, own, clock, Stats())
    for before, asked in (("The sea was", 1), ("The sea was grey. Another", 1), ("Another one. The sea", 2)):
        moment = Moment("d", 1, before, "", "md", path="novel.md", invoked=True)
        place = read_place(moment)
        assert isinstance(place, Place)
        await composer.prompt(moment, place)
        assert own.asked == asked


async def test_a_passage_that_may_no_longer_serve_leaves_the_prompt(engine, clock, corpus_of) -> None:
    own = corpus_of(["A passage of mine.", "Another one."])
    composer, moment = Composer(engine, own, clock, Stats()), Moment("d", 1, "The sea was", "", "md", invoked=True)
    place = read_place(moment)
    assert isinstance(place, Place)
    assert "Another one." in (await composer.prompt(moment, place)).text
    own.changes += 1
    assert "Another one." in (await composer.prompt(moment, place)).text
    assert own.asked == 1, "a change elsewhere costs the engine its prefix"
    own.texts.remove("Another one.")
    own.changes += 1
    assert (await composer.prompt(moment, place)).text == f"A passage of mine.{SCENE_MARK}The sea was"


async def test_counts_are_remembered_by_block(engine) -> None:
    counter = TokenCounter(engine)
    assert await counter.count("One.\n\nTwo.") == await counter.count("One.\n\nTwo.")
    assert len(engine.counted) == 2
