"""A document is opened again: unchanged, changed elsewhere, renamed, or with a note that is damaged."""

import random
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ownhand.verdicts.facts import Whose
from ownhand.verdicts.whose.align import align
from ownhand.verdicts.whose.anchor import Notes, find_renamed, reopen
from ownhand.verdicts.whose.packing import FORMAT, Damaged, pack, unpack, unpack_tokens
from ownhand.verdicts.whose.words import Kind, WhoseWords

OURS, NOT_OURS, BEFORE, UNKNOWN = Kind.FROM_OWNHAND, Kind.NOT_FROM_OWNHAND, Kind.NOT_OBSERVED, Kind.UNKNOWN
OPENING = "The ferry left at six. My aunt stood on the quay with her hat in both hands"
WIND = ", and the wind had it before she did."
LAMPS = "\n\nI counted the lamps along the mole: nine, ten, and one that was the moon.\n"
PAGE = OPENING + WIND + LAMPS
VERSE = "the jar   I'd an empty 1 off them   I'd asked\n      0.48\n\nso him   what's over   less the screws\n"


def noted(text: str = PAGE, *ours: str, document: str = "ferry.md", at: float = 0.0) -> Whose:
    """`text` came in while it was observed; `ours` are suggestions in it."""
    words = WhoseWords.unobserved(0)
    words.edit(0, "", text)
    for number, part in enumerate(ours):
        start = text.index(part)
        words.mark(start, start + len(part), f"s{number}")
    return Whose(document, at, *pack(words, text))


def told(whose: Whose | None, text: str) -> list[tuple[Kind, str]]:
    words = reopen(whose, text)
    assert len(words) == len(text)
    return [(run.kind, text[run.start : run.end]) for run in words.runs]


def ours(whose: Whose, text: str) -> list[str]:
    return [part for kind, part in told(whose, text) if kind is OURS]


def prose(seed: int, words: int) -> str:
    rng = random.Random(seed)
    stems = ["fer", "quay", "lan", "gul", "har", "ket", "sta", "win", "coat", "yar", "dog", "ham", "sca", "flo", "bow"]
    return " ".join(rng.choice(stems) + rng.choice(stems) + rng.choice([".", ",", "", "", ""]) for _ in range(words))


def test_the_same_text_is_as_it_was_noted() -> None:
    words = WhoseWords.unobserved(len(PAGE))
    words.mark(len(OPENING), len(OPENING + WIND), "s1")
    words.edit(3, "", " last")
    text = PAGE[:3] + " last" + PAGE[3:]
    assert reopen(Whose("ferry.md", 0.0, *pack(words, text)), text).runs == words.runs


def test_never_noted_is_not_observed() -> None:
    assert told(None, PAGE) == [(BEFORE, PAGE)]
    assert told(None, "") == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("The ferry", "Last night the ferry", [WIND]),
        ("the wind had it", "the gull had it", [", and the ", " had it before she did."]),
        (WIND, "", []),
        (" did.\n\n", " did.\n\nNobody laughed.\n\n", [WIND]),
        (WIND, WIND.replace(" ", "\n"), [WIND.replace(" ", "\n")]),
        (PAGE, LAMPS + OPENING + WIND, [WIND]),
        (PAGE, "# The mole\n\nAn unrelated page, and it says nothing of the other.", []),
    ],
)
def test_changed_elsewhere(old: str, new: str, expected: list[str]) -> None:
    assert ours(noted(PAGE, WIND), PAGE.replace(old, new)) == expected


def test_what_came_in_elsewhere_was_not_observed() -> None:
    text = PAGE.replace("at six", "at half past six").replace("moon.", "moon. Then it rained.")
    assert told(noted(PAGE, WIND), text) == [
        (NOT_OURS, "The ferry left at "),
        (BEFORE, "half past"),
        (NOT_OURS, OPENING[OPENING.index(" six") :]),
        (OURS, WIND),
        (NOT_OURS, LAMPS[:-1]),
        (BEFORE, " Then it rained.\n"),
    ]


def test_a_suggestion_that_ended_within_a_word() -> None:
    assert ours(noted(PAGE, "the quay wi"), "It rained.\n\n" + PAGE) == ["the quay wi"]


def test_verse_keeps_its_wide_spaces() -> None:
    assert ours(noted(VERSE, "I'd asked\n      0.48"), "\n" + VERSE + "and so on\n") == ["I'd asked\n      0.48"]


@pytest.mark.parametrize(
    "text", ["彼は海を見ていた。風が吹いた。", "Ça suffit — « Non\u202f! » dit-elle.", "e\u0301te\u0301 👵🏻 là"]
)
def test_other_scripts(text: str) -> None:
    part = text[4:9]
    assert ours(noted(text, part), "§ 1\n\n" + text + " fin") == [part]


def test_the_order_of_chapters_was_changed() -> None:
    chapters = [prose(seed, 120) for seed in range(6)]
    part = chapters[1][200:420]
    text = "\n\n".join(chapters[number] for number in (4, 1, 5, 0, 3, 2))
    assert ours(noted("\n\n".join(chapters), part), text) == [part]


def test_a_foreign_text_is_not_taken_for_ours_by_its_small_words() -> None:
    ours_then = "and the boat was in the harbour, and the men were on the quay with the fish of the day."
    instead = "but the train went to the north, and she sat by the window and thought of the house."
    text = PAGE.replace(WIND, " " + ours_then)
    assert ours(noted(text, ours_then), text.replace(ours_then, instead)) == ["."]


def test_where_it_would_cost_too_much_it_is_unknown() -> None:
    refrain = "la la la la " * 4000
    words = WhoseWords.unobserved(len(refrain))
    words.mark(20_000, 24_000, "s1")
    text = "la lo la lo " * 4000
    found = reopen(Whose("song.txt", 0.0, *pack(words, refrain)), text)
    assert found.counts()[UNKNOWN] > 0
    assert found.counts()[NOT_OURS] == 0
    nothing_known = WhoseWords.unobserved(len(refrain))
    assert told(Whose("song.txt", 0.0, *pack(nothing_known, refrain)), text) == [(BEFORE, text)]


@settings(max_examples=60)
@given(
    st.integers(0, 1000),
    st.lists(st.tuples(st.integers(0, 49).map(lambda place: 6 * place), st.integers(0, 2)), max_size=25),
)
def test_single_words_changed_elsewhere_cost_no_other_word(seed: int, changes: list[tuple[int, int]]) -> None:
    before = [f"{word}{number}" for number, word in enumerate(prose(seed, 300).replace(".", "").split())]
    after: dict[int, str] = {}
    for place, kind in changes:
        after[place] = ("", f"quux{place}", f"{before[place]} and more")[kind]
    text = " ".join(filter(None, (after.get(place, word) for place, word in enumerate(before))))
    found = set(" ".join(part for kind, part in told(noted(" ".join(before)), text) if kind is NOT_OURS).split())
    assert found == {word for place, word in enumerate(before) if word in after.get(place, word).split()}


@settings(max_examples=150)
@given(st.lists(st.integers(0, 6), max_size=60), st.lists(st.integers(0, 6), max_size=60), st.integers(0, 200))
def test_what_is_kept_is_the_same_on_both_sides(old: list[int], new: list[int], effort: int) -> None:
    found = align(old, new, effort)
    used_old: set[int] = set()
    used_new: set[int] = set()
    for block in found.kept:
        there, here = range(block.old, block.old + block.size), range(block.new, block.new + block.size)
        assert [old[place] for place in there] == [new[place] for place in here]
        assert not used_old.intersection(there)
        assert not used_new.intersection(here)
        used_old.update(there)
        used_new.update(here)


@given(st.text(alphabet="ab ,\n'é海😀", max_size=60), st.data())
def test_packed_and_unpacked(text: str, data: st.DataObject) -> None:
    words = WhoseWords.unobserved(len(text))
    for number in range(data.draw(st.integers(0, 4))):
        start = data.draw(st.integers(0, len(text)))
        words.mark(start, start + data.draw(st.integers(0, 9)), f"s{number}")
    whose = Whose("a", 0.0, *pack(words, text))
    assert reopen(whose, text).runs == words.runs
    assert unpack(whose.runs, whose.tokens).stretches == words.stretches


def test_words_of_another_text_are_not_packed() -> None:
    with pytest.raises(ValueError, match="described"):
        pack(WhoseWords.unobserved(3), PAGE)


def test_a_damaged_note_makes_everything_unknown() -> None:
    whole = noted(PAGE, WIND)
    for runs, tokens in [
        (b"", whole.tokens),
        (whole.runs, b""),
        (whole.runs[:-4], whole.tokens),
        (whole.runs, whole.tokens[:-4]),
        (b"\2" + whole.runs[1:], whole.tokens),
        (whole.tokens, whole.runs),
    ]:
        assert told(Whose("ferry.md", 0.0, whole.digest, runs, tokens), PAGE) == [(UNKNOWN, PAGE)]


def test_half_a_token_is_damage() -> None:
    with pytest.raises(Damaged):
        unpack_tokens(FORMAT + zlib.compress(b"\0\0\0\0\0"))


def test_a_renamed_file_is_found_by_its_text() -> None:
    other = noted(prose(1, 200), document="other.md")
    same = noted(prose(2, 200), document="old name.md")
    assert find_renamed([other, same], prose(2, 200)) is same
    assert find_renamed([other, same], prose(2, 200) + " " + prose(3, 60)) is same
    assert find_renamed([other, same], prose(4, 200)) is None
    assert find_renamed([], prose(2, 200)) is None


def test_of_two_with_the_same_text_the_newer_note_counts() -> None:
    text = prose(2, 200)
    older, newer = noted(text, document="z.md", at=1.0), noted(text, document="a.md", at=2.0)
    assert find_renamed([older, newer], text) is newer


def test_too_little_text_is_nobody_s() -> None:
    assert find_renamed([noted("# Notes\n", document="gone.md")], "# Notes\n") is None


def test_the_files_that_a_file_was_split_into_are_found() -> None:
    chapters = [prose(seed, 200) for seed in range(5)]
    part = chapters[1][200:420]
    whole, other = noted("\n\n".join(chapters), part, document="book.md"), noted(prose(9, 900), document="other.md")
    assert [find_renamed([other, whole], chapter) for chapter in chapters] == [whole] * 5
    assert [ours(whole, chapter) for chapter in chapters] == [[], [part], [], [], []]


def test_of_two_that_a_file_may_have_been_the_one_with_more_of_it_counts() -> None:
    first, second = prose(2, 200), prose(3, 80)
    small, large = noted(second, document="small.md", at=1.0), noted(first, document="large.md")
    assert find_renamed([small, large], first + "\n\n" + second) is large
    assert [*Notes([small, large]).find_all(first + "\n\n" + second)] == [large, small]
    assert [*Notes([small, large]).find_all(first + "\n\n" + second, but="large.md")] == [small]


def test_an_earlier_draft_adds_nothing() -> None:
    text = prose(2, 200)
    draft, newer = noted(text + prose(3, 20), document="a.md"), noted(text, document="b.md", at=1.0)
    assert [*Notes([draft, newer]).find_all(text + " " + prose(4, 9))] == [newer]


@pytest.mark.parametrize("quoted", [12, 40, 90])
def test_a_text_that_quotes_another_is_not_that_one(quoted: int) -> None:
    book, other = prose(2, 2000), prose(3, 200).split()
    line = book.split()[700 : 700 + quoted]
    assert find_renamed([noted(book, document="book.md")], " ".join([*other[:100], *line, *other[100:]])) is None


def test_a_few_words_out_of_a_long_text_prove_nothing() -> None:
    book = prose(2, 2000)
    line = " ".join(book.split()[700:716])
    assert find_renamed([noted(book, document="book.md")], f"{line} {prose(5, 12)}") is None
