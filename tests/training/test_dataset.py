"""Samples: every token learned once, white space exact, ends only where a piece ends, nothing held out."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ownhand.engines.special import Bounds
from ownhand.manuscript.model import Form, Piece
from ownhand.manuscript.repeats import stored_grams
from ownhand.manuscript.sketch import word_hash
from ownhand.text.words import count_words, matching_words
from ownhand.training.dataset import (
    CONTEXT_TOKENS,
    NOT_LEARNED,
    LearnedPiece,
    build,
    cuts,
    not_learned,
    samples_of,
)
from ownhand.training.held_out_guard import HeldOutGuard
from ownhand.training.tokens import located
from plain_tokenizer import PlainTokenizer

MANUSCRIPT = Path(__file__).parents[2] / "examples" / "manuscript"
START, END = 1, 2
PAGES = Bounds((), (START,), (END,))
ALWAYS = Bounds((3,), (3,), (END,))
NOTHING_HELD = HeldOutGuard([], lambda _: set())
POEM = (
    "    salt on the sill\n    the kettle's one low vowel\n    & nobody yet\n\n"
    "(this has been marked as a\n                    fence)\n\n"
    "the tide — goes out — 3.50 —\n\tof the room\n"
)
LINES = st.sampled_from(
    [
        "    salt on the sill",
        "the kettle's one low vowel —",
        "",
        "",
        "   ",
        "I weighed the ham. It came to 3.50 kg, and she paid in coins.",
        "– I can see your house he says.",
        "\tšķīvis, naïve café, 👵🏻 & the rest",
        "word " * 90,
    ]
)
TEXTS = st.lists(LINES, min_size=1, max_size=60).map("\n".join)


def piece(text: str, form: Form = Form.PROSE, **changes: object) -> Piece:
    made = Piece("p1", "goole.md", 0, "Goole", form, text, count_words(text), 0.0)
    return replace(made, **changes)


def learned(text: str, form: Form = Form.PROSE, by_model: tuple = (), **changes: object) -> LearnedPiece:
    return LearnedPiece(piece(text, form, **changes), located(text, PlainTokenizer().pieces(text)), by_model)


@given(TEXTS, st.sampled_from(Form))
def test_passages_joined_are_the_piece(text, form):
    found = cuts(text, form)
    assert "".join(text[cut.start : cut.stop] for cut in found) == (text if count_words(text) else "")


@given(TEXTS, st.sampled_from(Form), st.sampled_from([PAGES, ALWAYS]), st.integers(80, 400))
def test_every_token_is_learned_once_and_in_order(text, form, bounds, longest):
    whole = learned(text, form)
    samples, _ = samples_of(whole, bounds, NOTHING_HELD, longest)
    told = [label for sample in samples for label in sample.labels if label != NOT_LEARNED]
    assert told == ([*whole.tokens.ids, END] if samples else [])
    assert all(len(sample.input_ids) == len(sample.labels) <= longest for sample in samples)


@given(TEXTS, st.sampled_from(Form))
def test_white_space_is_learned_exactly(text, form):
    tokenizer = PlainTokenizer()
    whole = LearnedPiece(piece(text, form), located(text, tokenizer.pieces(text)))
    samples, _ = samples_of(whole, PAGES, NOTHING_HELD, 400)
    told = [label for sample in samples for label in sample.labels if label not in (NOT_LEARNED, END)]
    assert tokenizer.spelled(told) == (text if samples else "")


def test_a_short_poem_is_one_sample_with_its_beginning_and_its_end():
    (sample,), _ = samples_of(learned(POEM, Form.VERSE), PAGES, NOTHING_HELD, 400)
    assert sample.input_ids[0] == START
    assert sample.labels[0] == NOT_LEARNED
    assert sample.labels[-1] == END


def test_a_long_poem_is_split_at_stanzas():
    text = (POEM * 12).rstrip("\n")
    found = cuts(text, Form.VERSE)
    assert len(found) > 1
    assert all(text[: cut.start].endswith("\n") for cut in found[1:])
    assert all(cut.words <= 250 for cut in found)


def test_prose_comes_in_passages_of_150_to_400_words_cut_at_paragraphs():
    text = (MANUSCRIPT / "stories" / "as-found.md").read_text(encoding="utf-8")
    found = cuts(text, Form.PROSE)
    assert all(150 <= cut.words <= 400 for cut in found[:-1])
    assert all(text[: cut.start].endswith("\n\n") for cut in found[1:])


def test_the_middle_of_a_piece_has_no_end_and_begins_with_what_stands_before_it():
    text = "\n\n".join(f"She weighed ham number {n}, and nobody came in. " * 12 for n in range(6))
    first, second, *_, last = samples_of(learned(text), PAGES, NOTHING_HELD, 1000)[0]
    assert first.input_ids[0] == START
    assert END not in first.input_ids
    assert second.input_ids[:CONTEXT_TOKENS] == first.input_ids[-CONTEXT_TOKENS:]
    assert second.labels[:CONTEXT_TOKENS] == (NOT_LEARNED,) * CONTEXT_TOKENS
    assert last.labels[-1] == END


def test_a_part_of_a_long_text_ends_only_at_the_texts_end():
    text = "She weighed the ham, and nobody came in. " * 20
    middle, _ = samples_of(learned(text, part=2, parts=3), PAGES, NOTHING_HELD, 1000)
    end, _ = samples_of(learned(text, part=3, parts=3), PAGES, NOTHING_HELD, 1000)
    assert START not in middle[0].input_ids
    assert END not in middle[-1].input_ids
    assert end[-1].labels[-1] == END


def test_a_model_that_always_has_a_start_token_has_it_before_every_passage():
    text = "\n\n".join(f"She weighed ham number {n}, and nobody came in. " * 12 for n in range(6))
    samples, _ = samples_of(learned(text), ALWAYS, NOTHING_HELD, 1000)
    assert all(sample.input_ids[0] == 3 for sample in samples)
    assert all(sample.input_ids.count(3) == 1 for sample in samples)


def test_one_endless_line_becomes_samples_that_fit():
    samples, _ = samples_of(learned("word " * 5000), PAGES, NOTHING_HELD, 300)
    assert sum(sample.words for sample in samples) == 5000
    assert max(len(sample.input_ids) for sample in samples) <= 300


def test_an_endless_line_without_a_single_space_does_too():
    text = "鯨は深みから浮かんだ。" * 400
    samples, _ = samples_of(learned(text), PAGES, NOTHING_HELD, 300)
    assert sum(sample.learned for sample in samples) >= len(text)
    assert max(len(sample.input_ids) for sample in samples) <= 300


def test_a_passage_that_shares_eight_words_with_a_held_out_piece_is_left_out_even_as_context():
    shared = "the brake on and his legs down the hatch"
    paragraphs = [f"She weighed ham number {n}, and nobody came in. " * 15 for n in range(5)]
    paragraphs[2] += f"He sat there with {shared}."
    text = "\n\n".join(paragraphs)
    guard = HeldOutGuard([f"Toby rang. {shared.upper()}, eating a sausage roll."], lambda _: set())
    tokenizer = PlainTokenizer()
    samples, left_out = samples_of(LearnedPiece(piece(text), located(text, tokenizer.pieces(text))), PAGES, guard, 1000)
    assert left_out == 1
    assert samples
    assert all("legs down" not in tokenizer.spelled(sample.input_ids[1:-1]) for sample in samples)


def test_held_out_words_that_two_passages_share_are_in_neither():
    run = "legs down and eyes open he went to it"
    text = "own " * 396 + "legs down and eyes.\n\nOpen he went to it " + "mine " * 300 + "\n\n" + "his " * 390
    assert len(cuts(text, Form.PROSE)) == 3
    guard = HeldOutGuard([f"Then, {run}."], lambda _: set())
    assert not any(guard.touches(text[cut.start : cut.stop]) for cut in cuts(text, Form.PROSE))
    samples, left_out = samples_of(learned(text), PAGES, guard, 1000)
    assert left_out == 2
    assert samples


def test_text_of_an_earlier_version_of_a_held_out_piece_is_left_out_too():
    old = "the sow crate went to Hebb and never came back to us at all"
    runs = set()

    def known(hashes):
        return runs.intersection(hashes)

    runs.update(value for value, _, _ in stored_grams([word_hash(word) for word in matching_words(old)]))
    guard = HeldOutGuard(["The new version says nothing of crates."], known)
    assert guard.touches(f"They say {old}.")
    assert not guard.touches("They say the sow crate was never theirs.")


def test_a_word_put_in_front_of_a_held_out_piece_takes_no_turn_of_phrase_from_the_others():
    """Five words that stand in it still are no earlier version's, wherever in the piece they stand."""
    text = "the old harbour master said that at the end of the day nobody would ask him for one"
    runs = {value for value, _, _ in stored_grams([word_hash(word) for word in matching_words(text)])}
    phrases = [" ".join(text.split()[at : at + 5]) for at in range(0, 13, 4)]
    for now in (text, f"Well, {text}", f"Well, well, {text}"):
        guard = HeldOutGuard([now], runs.intersection)
        assert not any(guard.touches(f"We will see at last what {phrase} means to us.") for phrase in phrases)
        assert guard.touches(f"And {text}.")


def test_text_that_a_model_wrote_is_context_and_not_learned():
    text = "She weighed the ham. The whale rose from the deep, and nobody came in."
    span = (text.index("The whale"), text.index(", and"))
    whole = learned(text, by_model=(span,))
    (sample,), _ = samples_of(whole, PAGES, NOTHING_HELD, 400)
    lost = sum(label == NOT_LEARNED for label in sample.labels)
    assert lost > 5
    assert len(sample.input_ids) == len(whole.tokens) + 2
    assert sample.words == count_words(text) - count_words(text[slice(*span)])


def test_what_a_broken_file_lost_is_not_learned():
    text = "She weighed the h\ufffdm and said: naïve."
    whole = learned(text)
    (sample,), _ = samples_of(whole, PAGES, NOTHING_HELD, 400)
    spelled = b"".join(part for _, part in PlainTokenizer().pieces(text))
    assert "\ufffd".encode() in spelled
    told = [label for label in sample.labels if label != NOT_LEARNED]
    assert len(whole.tokens) + 1 - len(told) == 3, "the sign's three bytes"
    assert sample.labels[-2] != NOT_LEARNED


@pytest.mark.parametrize(("own", "share"), [(5_000, 0.2), (1_000, 0.5)])
def test_of_what_is_learned_at_most_a_share_is_a_models(own, share):
    text = "own " * own + "model " * 4_000
    spans = [(4 * own + 6 * at, 4 * own + 6 * (at + 100)) for at in range(0, 4_000, 100)]
    found = not_learned([piece(text)], {"p1": spans})
    kept = 4_000 - 100 * len(found["p1"])
    assert kept / (own + kept) <= share
    assert (kept + 100) / (own + kept + 100) > share


def test_a_twentieth_watches_over_the_learning_and_the_same_one_at_every_call():
    text = (MANUSCRIPT / "prose" / "ward-9.md").read_text(encoding="utf-8")
    pieces = [learned(text, id=f"p{number}") for number in range(6)]
    one, other = (build(pieces, PAGES, NOTHING_HELD, 1000) for _ in range(2))
    share = sum(sample.learned for sample in one.validation) / sum(
        sample.learned for sample in (*one.train, *one.validation)
    )
    assert 0.04 < share < 0.15
    assert one.validation == other.validation
    assert not set(one.validation) & set(one.train)


def test_a_little_text_is_learned_whole():
    dataset = build([learned(POEM, Form.VERSE)], PAGES, NOTHING_HELD, 1000)
    assert len(dataset.train) == 1
    assert not dataset.validation


def test_a_manuscript_beyond_the_budget_is_drawn_from_evenly(monkeypatch):
    monkeypatch.setattr("ownhand.training.dataset.TOKEN_BUDGET", 3_000)
    text = (MANUSCRIPT / "prose" / "ward-9.md").read_text(encoding="utf-8")
    dataset = build([learned(text, id=f"p{number}") for number in range(20)], PAGES, NOTHING_HELD, 1000)
    assert 2_000 < sum(len(sample.input_ids) for sample in (*dataset.train, *dataset.validation)) <= 3_000
    assert len({sample.piece for sample in (*dataset.train, *dataset.validation)}) > 5


def test_a_lesson_cut_short_draws_from_all_over_the_manuscript():
    text = (MANUSCRIPT / "prose" / "ward-9.md").read_text(encoding="utf-8")
    whole = build([learned(text, id=f"p{number}") for number in range(20)], PAGES, NOTHING_HELD, 1000)
    short = whole.at_most(10)
    assert len(short.train) == 10
    assert set(short.train) <= set(whole.train)
    assert len({sample.piece for sample in short.train}) == 10
    assert short.at_most(10_000) == short
