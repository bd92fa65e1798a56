"""Replayed by hand: a page, an engine that knows it in part, and what a strict writer saves with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ownhand.manuscript.model import Form, Piece
from ownhand.suggestions.replay import (
    FEWEST_WORDS,
    Seeded,
    Stretch,
    Taken,
    WithoutPassages,
    choose_stretches,
    suggester_for,
    take,
    text_above,
    type_stretch,
)
from ownhand.suggestions.replay_figures import FIGURES, Tally, difference, estimate, totals
from ownhand.text.words import count_words

STORY = "She had the washing of him, and she knew the weight of every shirt. He never asked her how."
SAVED, OFFERED, ACCEPTED, WASTED = FIGURES


def piece(text: str = STORY, identity: str = "goole", form: Form = Form.PROSE, **more) -> Piece:
    values = {"path": f"{identity}.md", "ordinal": 0, "title": "Goole", "modified": 0.0} | more
    return Piece(id=identity, form=form, text=text, words=count_words(text), **values)


def stretch(text: str = STORY, start: int = 0, end: int | None = None) -> Stretch:
    end = len(text) if end is None else end
    return Stretch(piece(text), start, end, count_words(text[start:end]), "# Goole\n\n")


async def typed(engine, corpus_of, script, what: Stretch, **more) -> Tally:
    """`script`: endings of prompts to answers; elsewhere the engine says what nobody wrote."""
    engine._script = lambda prompt: next(
        (text for end, text in script.items() if prompt.endswith(end)), " zero one. Two"
    )
    suggester = suggester_for(engine, corpus_of(["Nothing of this."]), seed=1)
    tally = await type_stretch(suggester, what, "sentence", **more)
    await suggester.close()
    return tally


@pytest.mark.parametrize(
    ("suggestion", "coming", "taken"),
    [
        ("the weight of it.", "the weight of every shirt.", Taken(13, 3, 3)),
        ("the weight of every shirt.", "the weight of every shirt. He", Taken(26, 5, 1)),
        ("the boat", "the boats came in", Taken(3, 1, 1)),
        ("the boats", "the boat came in", Taken(3, 1, 1)),
        ("The weight", "the weight", Taken()),
        ("a stone", "the weight", Taken()),
        ("shirt, and", "shirt; and", Taken(5, 1, 1)),
        ("don’t", "don't", Taken()),
        ("and nobody\n    knew", "and nobody\n    knew it", Taken(19, 3, 1)),
        ("", "the weight", Taken()),
        ("...", "... and", Taken(3, 0, 1)),
    ],
)
def test_the_longest_run_of_whole_words_is_taken(suggestion: str, coming: str, taken: Taken) -> None:
    assert take(suggestion, coming) == taken


@given(st.text("ab .,\n’é海", max_size=30), st.text("ab .,\n’é海", max_size=30))
def test_what_is_taken_is_what_comes_and_saves_no_more_than_it_holds(suggestion: str, coming: str) -> None:
    taken = take(suggestion, coming)
    assert suggestion[: taken.characters] == coming[: taken.characters]
    assert taken.words <= taken.characters
    assert (taken.characters == 0) or taken.keys >= 1


async def test_the_figures_of_one_page_can_be_reckoned_by_hand(engine, corpus_of) -> None:
    """19 words, 91 characters. At "knew" five words are right but for the end, at "asked" the rest is.

    Rests: before each of the first ten words, the five taken ones are passed over, then He, never, asked, her; how was
    taken. The first has an empty line before it, where nothing starts by itself.
    """
    script = {"and she knew": " the weight of every shirt, I think. Then", "never asked": " her how. Then"}
    tally = await typed(engine, corpus_of, script, stretch())
    assert (tally.words, tally.characters) == (19, 91)
    assert (tally.accepted, tally.accepted_words) == (2, 7)
    assert tally.accepted_characters == len("the weight of every shirt") + len("her how.")
    assert tally.accept_keys == 5 + 1
    assert tally.rests == 19 - 4 - 1
    assert (tally.offered, tally.generations) == (13, len(engine.calls))
    assert tally.saved == 33 - 6
    assert tally.wasted == len(engine.calls) - 2
    assert SAVED.over([tally]) == pytest.approx(100 * 27 / 91)
    assert ACCEPTED.over([tally]) == pytest.approx(100 * 2 / 19)


async def test_while_a_suggestion_is_live_no_other_one_is_started(engine, corpus_of) -> None:
    """At "boat" what is left of the first one is live still; it is wrong, but only the hyphen will show."""
    script = {"She": " counted the boatyards of the town. Then"}
    tally = await typed(engine, corpus_of, script, stretch("She counted the boat-yards."))
    assert (tally.words, tally.rests) == (5, 4)
    assert (tally.accepted, tally.accepted_words) == (1, 2)
    assert [call.prompt.split()[-1] for call in engine.calls] == ["She", "boat-"]
    assert (tally.offered, tally.generations, tally.wasted) == (2, 2, 1)


async def test_a_stretch_from_the_middle_has_its_page_before_it(engine, corpus_of) -> None:
    start = STORY.index("He never")
    tally = await typed(engine, corpus_of, {}, stretch(start=start))
    assert tally.words == 5
    assert engine.prompts[0].endswith(f"# Goole\n\n{STORY[:start].rstrip()}")
    assert (tally.accepted, tally.saved) == (0, 0)


async def test_verse_is_typed_line_by_line(engine, corpus_of) -> None:
    poem = "He counts the tokens in his palm,\nthe river counts the boats,\nand nobody on either bank\nis told."
    start = poem.index("and nobody")
    script = {"boats,\n": "and nobody on either bank\n"}
    what = Stretch(piece(poem, form=Form.VERSE), start, len(poem), 7)
    tally = await typed(engine, corpus_of, script, what)
    assert (tally.accepted, tally.accepted_words, tally.accept_keys) == (1, 5, 1)
    assert tally.form == "verse"


async def test_progress_counts_words(engine, corpus_of) -> None:
    heard = []
    await typed(engine, corpus_of, {}, stretch(), typed=heard.append)
    assert heard == [*range(20)]


async def test_the_draws_come_again_with_the_seed(engine, corpus_of) -> None:
    await typed(engine, corpus_of, {}, stretch())
    seeds = [call.sampling.seed for call in engine.calls]
    assert None not in seeds
    assert len(set(seeds)) == len(seeds)
    engine.calls.clear()
    await typed(engine, corpus_of, {}, stretch())
    assert [call.sampling.seed for call in engine.calls] == seeds
    assert Seeded.over(engine, 1).model == engine.model


async def test_the_document_alone_has_no_passages_but_the_writer_s_text_is_still_guarded(engine, corpus_of) -> None:
    own = corpus_of(["the weight of every shirt that he ever had in his life"])
    engine.answers = [" the weight of every shirt that he ever had in his life. And"]
    for corpus, passages in ((own, True), (WithoutPassages(own), False)):
        engine.calls.clear()
        suggester = suggester_for(engine, corpus, seed=1)
        tally = await type_stretch(
            suggester, stretch(start=STORY.index("the weight"), end=STORY.index("of every")), "sentence"
        )
        await suggester.close()
        assert tally.offered == 0
        assert (own.texts[0] in engine.prompts[0]) is passages


def pages(count: int, words: int = 60) -> list[Piece]:
    line = "the keeper counted the boats again and there were nine of them\n"
    return [piece(line * (words // 12), f"p{number}", path=f"{number:02}.md") for number in range(count)]


def test_stretches_share_the_words_and_begin_with_a_line() -> None:
    chosen = choose_stretches(pages(4), pages(4), 96, 1)
    assert [one.words for one in chosen] == [24] * 4
    for one in chosen:
        assert one.start == 0 or one.piece.text[one.start - 1] == "\n"
        assert count_words(one.piece.text[one.start : one.end]) == one.words
        assert len(one.places) == one.words


def test_few_words_are_typed_of_few_pieces_and_short_pieces_leave_theirs_to_the_long() -> None:
    assert len(choose_stretches(pages(9), pages(9), 2 * FEWEST_WORDS, 1)) == 2
    short, long = pages(1, 12), [piece("the keeper counted the boats again\n" * 40, "long")]
    chosen = choose_stretches([*short, *long], [], 100, 1)
    assert sorted(one.words for one in chosen) == [12, 88]
    assert choose_stretches([], [], 100, 1) == []
    assert [one.words for one in choose_stretches(pages(2), [], 10_000, 1)] == [60, 60]


def test_the_seed_chooses() -> None:
    many = pages(30, 240)
    one, same, other = (choose_stretches(many, many, 100, seed) for seed in (1, 1, 2))
    assert one == same != other


def test_above_a_piece_stands_what_its_file_holds_before_it() -> None:
    first, second = (
        piece("It rained.\n", "a", path="x.md"),
        piece("It stopped.", "b", path="x.md", ordinal=1, title="Two"),
    )
    third = piece("Then snow.", "c", path="x.md", ordinal=2, title="Two", part=2, parts=2)
    other = piece("Nothing.", "d", path="y.md")
    assert text_above(third, [third, other, second, first]) == "# Goole\n\nIt rained.\n\n# Two\n\nIt stopped.\n\n"
    assert text_above(first, [first, second]) == "# Goole\n\n"


def tally(saved: int, characters: int = 100, **more) -> Tally:
    values = {"words": 20, "rests": 20, "offered": 10, "accepted": 2, "accepted_words": 3, "generations": 12} | more
    return Tally("p", "prose", characters, accepted_characters=saved + 1, accept_keys=1, **values)


def test_a_figure_is_a_ratio_of_sums_with_an_interval_over_pieces() -> None:
    tallies = [tally(2), tally(4), tally(30, characters=400)]
    one = estimate(SAVED, tallies, 7)
    assert one.value == pytest.approx(100 * 36 / 600)
    assert one.low is not None
    assert one.high is not None
    assert 2.0 <= one.low <= one.value <= one.high <= 7.5
    assert estimate(SAVED, tallies, 7) == one
    assert estimate(OFFERED, tallies, 7).to_json() == {"value": 50.0, "low": 50.0, "high": 50.0}
    assert estimate(WASTED, tallies, 7).value == pytest.approx(100 * 10 / 12)


def test_one_piece_has_no_interval_and_nothing_generated_is_nothing_wasted() -> None:
    assert estimate(SAVED, [tally(2)], 1).to_json() == {"value": 2.0, "low": None, "high": None}
    assert WASTED.over([tally(0, generations=0, accepted=0)]) == 0.0
    assert totals([tally(2), tally(3)])["accepted_characters"] == 7


def test_the_difference_is_paired() -> None:
    """Where every piece gains the same, its interval is a point, however much the pieces differ."""
    one, other = [tally(saved) for saved in (2, 9, 30)], [tally(saved - 1) for saved in (2, 9, 30)]
    gained = difference(SAVED, one, other, 1)
    assert (gained.value, gained.low, gained.high) == pytest.approx((1.0, 1.0, 1.0))
    alone = estimate(SAVED, one, 1)
    assert alone.low is not None
    assert alone.high is not None
    assert alone.low < alone.high
