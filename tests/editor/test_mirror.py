"""The mirror against a naive reference that keeps one string and splits it anew for every question."""

import re
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ownhand.editor.mirror import Mirror
from ownhand.editor.positions import Encoding, choose_encoding, column_to_index

ENCODINGS: tuple[Encoding, ...] = ("utf-8", "utf-16", "utf-32")
# Every character that some library takes for a line end, and every width in UTF-8 and UTF-16.
ALPHABET = "ab \n\r\u2028\u2029\x85\x0b\x0c\x1c\x00é海😀\u0301"

texts = st.text(alphabet=ALPHABET, max_size=24)
pieces = st.lists(st.sampled_from(["\r", "\n", "\r\n", "tide", "é😀", "\u2028", "\x0b", ""]), max_size=8).map("".join)
places = st.tuples(st.integers(0, 12), st.integers(0, 16))


@dataclass
class Reference:
    """The document as one string. Written from the protocol's text, with nothing shared with the mirror."""

    text: str
    encoding: Encoding

    def line_starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\r\n|\n|\r", self.text))]

    def line(self, number: int) -> str:
        starts = [*self.line_starts(), len(self.text)]
        content = self.text[starts[number] : starts[number + 1]]
        return re.sub("(\r\n|\n|\r)$", "", content) if number < len(starts) - 2 else content

    def offset(self, place: tuple[int, int]) -> int:
        line, column = place
        starts = self.line_starts()
        if line >= len(starts):
            return len(self.text)
        seen = 0
        for index, character in enumerate(self.line(line)):
            seen += {"utf-8": len(character.encode()), "utf-16": 1 + (ord(character) > 0xFFFF), "utf-32": 1}[
                self.encoding
            ]
            if seen > column:
                return starts[line] + index
        return starts[line] + len(self.line(line))

    def replace(self, start: tuple[int, int], end: tuple[int, int], text: str) -> None:
        first, last = sorted((self.offset(start), self.offset(end)))
        self.text = self.text[:first] + text + self.text[last:]


def normal(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize("encoding", ENCODINGS)
@settings(max_examples=400)
@given(start=texts | pieces, edits=st.lists(st.tuples(places, places, texts | pieces), max_size=8), cursor=places)
def test_edits_agree_with_the_reference(
    encoding: Encoding,
    start: str,
    edits: list[tuple[tuple[int, int], tuple[int, int], str]],
    cursor: tuple[int, int],
) -> None:
    mirror, reference = Mirror(start, encoding), Reference(start, encoding)
    for first, last, text in edits:
        plain = mirror.plain
        edit = mirror.replace(first, last, text)
        reference.replace(first, last, text)
        assert mirror.text == reference.text
        assert plain[edit.offset :].startswith(edit.removed)
        assert mirror.plain == plain[: edit.offset] + edit.inserted + plain[edit.offset + len(edit.removed) :]
        assert mirror.plain == normal(reference.text)
        assert mirror.size == len(reference.text.encode())
        assert [mirror.line(i) for i in range(mirror.line_count)] == [
            reference.line(i) for i in range(len(reference.line_starts()))
        ]
        window = mirror.window(cursor, left=10, right=5, step=3)
        offset = reference.offset(cursor)
        before, after = normal(reference.text[:offset]), normal(reference.text[offset:])
        assert before[window.before_offset :] == window.before
        assert after.startswith(window.after)
        assert len(window.before) >= min(10, len(before))
        assert len(window.after) >= min(5, len(after))
        assert window.before_offset == 0 or before[window.before_offset - 1] == "\n"


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(line=st.text(alphabet=ALPHABET.replace("\n", "").replace("\r", "")), column=st.integers(0, 60))
def test_columns_round_trip(encoding: Encoding, line: str, column: int) -> None:
    index = column_to_index(line, column, encoding)
    assert 0 <= index <= len(line)
    assert units(line[:index], encoding) <= column
    if index < len(line):
        assert units(line[: index + 1], encoding) > column


def units(text: str, encoding: Encoding) -> int:
    """The definition, by Python's own codecs."""
    return len(text.encode(f"{encoding}-le" if encoding != "utf-8" else encoding)) // (int(encoding[4:]) // 8)


def test_a_chapter_keeps_its_separators_inside_the_line() -> None:
    mirror = Mirror("The tide\u2028went out.\x0c\r\n  Nobody\x85 saw it.\rNot even she.\n")
    assert mirror.line_count == 4
    assert mirror.line(0) == "The tide\u2028went out.\x0c"
    assert mirror.window((2, 3)).before == "The tide\u2028went out.\x0c\n  Nobody\x85 saw it.\nNot"


def test_a_pair_typed_one_half_at_a_time_becomes_one_line_end() -> None:
    mirror = Mirror("salt\rwater")
    assert mirror.line_count == 2
    mirror.replace((1, 0), (1, 0), "\n")
    assert (mirror.line_count, mirror.text) == (2, "salt\r\nwater")
    mirror.replace((0, 4), (1, 0), "")
    assert (mirror.line_count, mirror.text) == (1, "saltwater")


def test_lone_surrogates_become_replacement_characters_of_the_same_width() -> None:
    mirror = Mirror("a\ud83d b", "utf-16")
    mirror.replace((0, 2), (0, 3), "\udc00")
    assert mirror.text == "a\ufffd\ufffdb"
    mirror.text.encode()


def test_the_left_edge_of_a_long_document_moves_in_steps() -> None:
    page = "She had counted the steps down to the water.\n"
    mirror = Mirror(page * 4000)
    edges = []
    for line in range(3000, 3100):
        window = mirror.window((line, 0), left=10_000, right=500, step=4000)
        assert len(window.before) >= 10_000
        edges.append(window.before_offset)
    assert edges == sorted(edges)
    assert len(set(edges)) <= 3


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (None, "utf-16"),
        ([], "utf-16"),
        (["utf-8", "utf-16"], "utf-8"),
        (["utf-7", "utf-32"], "utf-32"),
        ([3], "utf-16"),
    ],
)
def test_the_client_s_order_of_encodings_decides(offered: list[object] | None, chosen: str) -> None:
    assert choose_encoding(offered) == chosen
