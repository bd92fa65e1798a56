"""The bounds of what is kept aside, for any manuscript that grows in any order."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ownhand.manuscript.held_out import ENOUGH_PIECES, Tally, Undecided, choose
from ownhand.manuscript.model import Form

sizes = st.lists(st.tuples(st.sampled_from(list(Form)), st.integers(5, 3000)), max_size=60)


def undecided(found: list[tuple[Form, int]]) -> list[Undecided]:
    return [Undecided(f"{number:016x}", form, words) for number, (form, words) in enumerate(found)]


def tallies(pieces: list[Undecided], held: set[str]) -> dict[Form, Tally]:
    result = {}
    for form in Form:
        own = [piece for piece in pieces if piece.form is form]
        kept = [piece for piece in own if piece.id in held]
        result[form] = Tally(len(own), sum(p.words for p in own), len(kept), sum(p.words for p in kept))
    return result


@given(sizes)
@settings(deadline=None)
def test_never_more_than_a_quarter_of_the_words(found: list[tuple[Form, int]]) -> None:
    pieces = undecided(found)
    found_tallies = tallies(pieces, choose(pieces, {})).values()
    assert sum(t.held_words for t in found_tallies) * 4 <= sum(t.words for t in found_tallies)
    assert all(tally.held_words * 2 <= tally.words for tally in found_tallies)


@given(st.lists(st.tuples(st.sampled_from(list(Form)), st.integers(280, 600)), min_size=ENOUGH_PIECES, max_size=60))
@settings(deadline=None)
def test_at_least_three_pieces_and_eight_hundred_words_of_twelve_alike(found: list[tuple[Form, int]]) -> None:
    pieces = [Undecided(piece.id, Form.PROSE, piece.words) for piece in undecided(found)]
    tally = tallies(pieces, choose(pieces, {}))[Form.PROSE]
    smallest = sum(sorted(piece.words for piece in pieces)[:3])
    if max(smallest, 800 + 600) * 4 <= tally.words:
        assert tally.held_pieces >= 3
        assert tally.held_words >= 800


def test_a_seventh_of_each_form() -> None:
    pieces = undecided([(form, 400) for form in Form for _ in range(70)])
    for tally in tallies(pieces, choose(pieces, {})).values():
        assert tally.held_pieces == 10


def test_one_large_piece_does_not_use_up_the_minimum() -> None:
    pieces = undecided([(Form.PROSE, 1500)] + [(Form.PROSE, 420)] * 14)
    tally = tallies(pieces, choose(pieces, {}))[Form.PROSE]
    assert tally.held_pieces >= 3
    assert tally.held_words >= 800


def test_a_manuscript_that_grows_piece_by_piece_has_enough_kept_aside_at_twelve() -> None:
    held: set[str] = set()
    pieces = undecided([(Form.PROSE, 500)] * 24)
    for number, piece in enumerate(pieces):
        held |= choose([piece], tallies(pieces[:number], held))
        tally = tallies(pieces[: number + 1], held)[Form.PROSE]
        assert tally.held_words * 4 <= tally.words
        if number + 1 >= ENOUGH_PIECES:
            assert tally.held_pieces >= 3
            assert tally.held_words >= 800


@given(sizes, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_choice_depends_on_the_pieces_alone(found: list[tuple[Form, int]], random: object) -> None:
    pieces = undecided(found)
    shuffled = list(pieces)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert choose(pieces, {}) == choose(shuffled, {})
