"""From code points to the editor's lines and columns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ownhand.editor.mirror import Mirror
from ownhand.editor.positions import Encoding, column_to_index
from ownhand.editor.spans import index_to_column, run_ranges
from ownhand.verdicts.whose.words import Kind, Run

ENCODINGS: tuple[Encoding, ...] = ("utf-8", "utf-16", "utf-32")
POEM = "The fèrry 👵🏻 left\nat six,\n\nand nobody waved"
lines = st.text(alphabet="ab é海😀\u0301\u2028\x0b", max_size=12)


def run(start: int, end: int) -> Run:
    return Run(start, end, Kind.FROM_OWNHAND, "s1")


def places(text: str, *runs: Run, encoding: Encoding = "utf-16") -> list[tuple[tuple[int, int], tuple[int, int]]]:
    return [(start, end) for start, end, _ in run_ranges(Mirror(text, encoding), runs, encoding)]


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 20), ("utf-16", 15), ("utf-32", 13)])
def test_columns_are_counted_as_the_editor_does(encoding: Encoding, column: int) -> None:
    start = POEM.index("left")
    assert places(POEM, run(start, start + 4), encoding=encoding) == [((0, column), (0, column + 4))]


def test_a_run_over_several_lines() -> None:
    start, end = POEM.index("six"), POEM.index("nobody")
    assert places(POEM, run(start, end)) == [((1, 3), (3, 4))]


def test_a_run_that_ends_with_its_line_stays_on_it() -> None:
    assert places("one\ntwo", run(0, 3), run(3, 4), run(4, 7)) == [
        ((0, 0), (0, 3)),
        ((0, 3), (1, 0)),
        ((1, 0), (1, 3)),
    ]


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_each_line_end_is_one_character(end: str) -> None:
    assert places(f"one{end}two{end}three", run(8, 13)) == [((2, 0), (2, 5))]


def test_beyond_the_text_is_its_end() -> None:
    assert places("the sea", run(4, 40)) == [((0, 4), (0, 7))]


def test_empty_runs_have_no_place() -> None:
    assert places("the sea", run(3, 3)) == []
    assert places("", run(0, 0)) == []


@given(lines, st.sampled_from(ENCODINGS), st.data())
def test_columns_there_and_back(line: str, encoding: Encoding, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(line)))
    assert column_to_index(line, index_to_column(line, index, encoding), encoding) == index


@given(st.lists(lines, min_size=1, max_size=6), st.sampled_from(["\n", "\r\n"]), st.data())
def test_ranges_hold_the_run_s_text(parts: list[str], end: str, data: st.DataObject) -> None:
    plain = "\n".join(parts)
    start = data.draw(st.integers(0, len(plain)))
    stop = data.draw(st.integers(start, len(plain)))
    for (line, column), (last, last_column), _ in run_ranges(
        Mirror(end.join(parts), "utf-32"), [run(start, stop)], "utf-32"
    ):
        held = [*parts[line : last + 1]]
        held[-1] = held[-1][:last_column]
        held[0] = held[0][column:]
        assert "\n".join(held) == plain[start:stop]
