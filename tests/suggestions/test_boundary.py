"""Sentences, phrases, paragraphs and lines in four languages."""

import pytest

from ownhand.manuscript.model import Form
from ownhand.suggestions.boundary import Limits, boundary, last_resort
from ownhand.text.width import display_width

SENTENCES = [
    (" the gulls came in over Mr. Hale's roof. Then", " the gulls came in over Mr. Hale's roof."),
    (" she owed him 3.50 and a hen. He", " she owed him 3.50 and a hen."),
    (" he met J. R. Dunnet at St. Ives. Nobody", " he met J. R. Dunnet at St. Ives."),
    (' said, "Leave it." The door', ' said, "Leave it."'),
    (" asked, “Who’s there?” she said. He", " asked, “Who’s there?” she said."),
    (" waited ... and then he went. The", " waited ... and then he went."),
    (" “No.” He got up.", " “No.” He got up."),
    (" the lamp went out… Nobody moved.", " the lamp went out…"),
    (" kam z. B. der Wind aus Osten. Dann", " kam z. B. der Wind aus Osten."),
    (" sagte er, d. h. er flüsterte es. „Komm“", " sagte er, d. h. er flüsterte es."),
    (" fragte sie: „Bist du da?“ Niemand", " fragte sie: „Bist du da?“"),
    (" sagte: »Geh nach Hause.« Er ging", " sagte: »Geh nach Hause.«"),
    (" dit-elle : « Où vas-tu ? » Il", " dit-elle : « Où vas-tu ? »"),
    (" dit Mme Aubry, la pluie tombait encore. On", " dit Mme Aubry, la pluie tombait encore."),
    (" où vas-tu ? demanda-t-il. Elle", " où vas-tu ? demanda-t-il."),
    ("は海を見ていた。風が", "は海を見ていた。"),
    ("「もう帰ろう。」と言った。夜", "「もう帰ろう。」"),
]


@pytest.mark.parametrize(("answer", "expected"), SENTENCES)
def test_a_sentence_ends_where_a_reader_would_end_it(answer: str, expected: str) -> None:
    end = boundary(answer, Limits(Form.PROSE, "sentence"))
    assert answer[: len(answer) if end is None else end] == expected


@pytest.mark.parametrize(("answer", "expected"), SENTENCES)
def test_the_boundary_is_the_same_however_the_answer_arrives(answer: str, expected: str) -> None:
    limits = Limits(Form.PROSE, "sentence")
    grown = next((answer[:n][:end] for n in range(len(answer) + 1) if (end := boundary(answer[:n], limits))), answer)
    assert grown == expected


def test_a_full_stop_alone_is_no_suggestion() -> None:
    assert boundary(". Then", Limits(Form.PROSE, "sentence")) is None
    answer = ". Then the tide turned. And"
    assert answer[: boundary(answer, Limits(Form.PROSE, "sentence"))] == ". Then the tide turned."


def test_prose_stops_at_the_line_break_in_every_length() -> None:
    for length in ("phrase", "sentence", "paragraph"):
        assert boundary(" and so\nThe next", Limits(Form.PROSE, length)) == 7
    text = " He sat. She stood. They waited"
    assert boundary(text, Limits(Form.PROSE, "paragraph")) is None


def test_a_phrase_stops_at_a_clause_or_after_eight_words() -> None:
    limits = Limits(Form.PROSE, "phrase")
    assert " of the harbour, where the"[: boundary(" of the harbour, where the", limits)] == " of the harbour,"
    long = " one two three four five six seven eight nine ten"
    assert long[: boundary(long, limits)] == " one two three four five six seven eight"
    assert boundary(" it weighed 2,710 grams", limits) is None


def test_verse_stops_at_its_line_and_the_stanza_at_its_blank_line() -> None:
    answer = " and what was over\n   less the screws\n\nso him"
    assert answer[: boundary(answer, Limits(Form.VERSE, "sentence"))] == " and what was over"
    assert answer[: boundary(answer, Limits(Form.VERSE, "paragraph"))] == " and what was over\n   less the screws"


def test_the_line_break_before_a_verse_line_belongs_to_it() -> None:
    answer = "\n      in an envelope   stainless\n      M6"
    assert answer[: boundary(answer, Limits(Form.VERSE, "sentence"))] == "\n      in an envelope   stainless"


def test_verse_stops_before_a_line_wider_than_the_window() -> None:
    answer = " the long road over the fell and down again"
    assert answer[: boundary(answer, Limits(Form.VERSE, "sentence", column=20, columns=40))] == " the long road over"
    wide = "海を見ていた人がいた"
    assert display_width(wide[: boundary(wide, Limits(Form.VERSE, "sentence", columns=10)) or 0]) <= 10


def test_an_answer_cut_by_its_limit_ends_with_a_clause_or_a_whole_word() -> None:
    assert last_resort(" down to the harbour, where they unlo", Limits(Form.PROSE, "sentence")) == len(
        " down to the harbour,"
    )
    assert last_resort(" down to the harb", Limits(Form.PROSE, "sentence")) == len(" down to the")
    assert last_resort(" He went. She did not. Then a b", Limits(Form.PROSE, "paragraph")) == len(
        " He went. She did not."
    )
    assert last_resort(" harb", Limits(Form.PROSE, "sentence")) == 0
