"""What came from a suggestion into a page that is kept aside is read before the writer's words, and not scored."""

from dataclasses import replace

import pytest

from ownhand.engines.scripted import ScriptedEngine
from ownhand.manuscript.model import Form
from ownhand.text.words import count_words, word_spans
from ownhand.training.evaluation_files import HeldOut
from ownhand.training.evaluation_plan import HELD_OUT, Text, make_plan
from ownhand.training.reveal_places import beginnings
from ownhand.training.writers_own import own_words
from plain_tokenizer import PlainTokenizer

PARAGRAPH = (
    "The ferry left at six — and my aunt stood on the quay with her hat in both hands. Nobody on the deck took off "
    "his own, though every one of them knew what she had come for. “Go home,” said the pilot, and nobody did. "
)
PAGE = "\n\n".join(f"{number}. {PARAGRAPH * 2}" for number in range(12))
TAKEN = " Nobody on the deck took off his own, though every one of them knew what she had come for."
TEXT = Text("ferry", Form.PROSE, PAGE, "ferry.md")


class Corpus:
    def closest(self, text, form, *, here, words):
        return []


def marked(text, *parts):
    """With the last place of each part in the first block as a suggestion that was taken."""
    end = text.blocks[0].end
    return replace(text, by_model=tuple((at := text.text.rindex(part, 0, end), at + len(part)) for part in parts))


async def planned(*texts, tokenizer=None, **how):
    tokenizer = tokenizer or PlainTokenizer()

    async def ids(text):
        return [number for number, _ in tokenizer.pieces(text)]

    plan = await make_plan(
        ScriptedEngine({"": ""}), ids, Corpus(), texts, [], [], token_pieces=tokenizer.token_pieces, **how
    )
    return [item for item in plan.scored if item.group == HELD_OUT]


def counted(item, tokenizer):
    left_out = {number for first, stop in item.left_out for number in range(first, stop)}
    return tokenizer.spelled(token for number, token in enumerate(item.ids) if number not in left_out)


async def test_a_taken_suggestion_is_context_and_its_bytes_do_not_count():
    tokenizer = PlainTokenizer()
    found = await planned(marked(TEXT, TAKEN), tokenizer=tokenizer)
    touched = [item for item in found if item.left_out]
    assert {item.heat for item in touched} == {"cold", "warm"}
    for item in found:
        whole, own = tokenizer.spelled(item.ids), counted(item, tokenizer)
        assert item.size == len(own.encode())
        assert (own == whole) == (not item.left_out)
    (first, *_) = [item for item in touched if item.heat == "cold"]
    before, _, behind = tokenizer.spelled(first.ids).rpartition(TAKEN)
    assert counted(first, tokenizer) == before + behind


async def test_signs_of_several_bytes_belong_to_whoever_wrote_them():
    tokenizer = PlainTokenizer()
    found = await planned(marked(TEXT, "—", "“Go home,” said"), tokenizer=tokenizer)
    first = next(item for item in found if item.left_out and item.heat == "cold")
    own = counted(first, tokenizer)
    assert "six and" in own.replace("  ", " ")
    assert own.count("“") == own.count("”") == tokenizer.spelled(first.ids).count("“") - 1


async def test_pages_without_a_model_s_words_are_scored_as_ever():
    tokenizer = PlainTokenizer()
    found = await planned(TEXT, marked(replace(TEXT, piece="other"), TAKEN), tokenizer=tokenizer)
    plain = [item for item in found if item.piece == "ferry"]
    cold = [item for item in plain if (item.heat, item.prompt) == ("cold", "document")]
    assert "".join(tokenizer.spelled(item.ids) for item in sorted(cold, key=lambda item: item.block)) == PAGE
    assert all((item.left_out, item.size) == ((), len(tokenizer.spelled(item.ids).encode())) for item in plain)


async def test_a_block_that_a_model_wrote_alone_leaves_its_place_to_another():
    first = TEXT.blocks[0]
    all_of_it = replace(TEXT, by_model=((first.start, first.end),))
    assert {item.block for item in await planned(TEXT, most_blocks=1)} == {0}
    assert {item.block for item in await planned(all_of_it, most_blocks=1)} == {1}
    assert await planned(replace(TEXT, by_model=((0, len(PAGE)),))) == []


@pytest.mark.parametrize("spans", [(), ((4, 9),), ((4, 6), (9, 12)), ((0, 99),)])
def test_the_words_of_the_writer_are_those_outside(spans):
    text = "one two three four"
    words = [(0, 3), (4, 7), (8, 13), (14, 18)]
    outside = [at for at in words if not any(start < at[1] and at[0] < stop for start, stop in spans)]
    assert own_words(text, spans) == len(outside)


def test_what_is_little_to_judge_by_is_little_of_the_writer_s():
    alone = replace(TEXT, by_model=((0, len(PAGE)),))
    found = HeldOut.of([marked(TEXT, TAKEN), alone, TEXT], "a digest")
    assert (found.words, found.pieces) == (2 * count_words(PAGE) - count_words(TAKEN), 2)


def test_what_a_reveal_calls_yours_is_yours():
    middle = beginnings([TEXT])[0]
    at = len(middle.text)
    for spans in (((at + 20, at + 60),), ((at - 80, at - 5),), ((at - 9, at + 9), (at + 400, at + 900))):
        (start,) = beginnings([replace(TEXT, by_model=spans)])
        place = len(start.text)
        shown = list(word_spans(PAGE[place:]))[:45]
        before = list(word_spans(start.text))[-60:]
        reach = before[0][0], place + shown[-1][1]
        assert not any(a < reach[1] and reach[0] < b for a, b in spans)
        assert count_words(PAGE[place : reach[1]]) == 45


def test_where_no_place_has_only_the_writer_s_words_in_front_what_follows_is_theirs_at_least():
    spans = tuple((at, at + 40) for at in range(0, len(PAGE) - 1200, 700))
    (start,) = beginnings([replace(TEXT, by_model=spans)])
    place = len(start.text)
    end = place + list(word_spans(PAGE[place:]))[44][1]
    assert not any(a < end and place < b for a, b in spans)
    assert beginnings([replace(TEXT, by_model=((0, len(PAGE)),))]) == []


def test_lines_of_verse_that_a_model_wrote_are_nobodys_own():
    poem = "\n".join(f"salt on sill {number}, and the kettle sings" for number in range(60)) + "\n"
    text = Text("sill", Form.VERSE, poem, "sill.md")
    at = len(beginnings([text])[0].text)
    (start,) = beginnings([replace(text, by_model=((at + 5, at + 30),))])
    shown = "\n".join(poem[len(start.text) :].split("\n")[:8])
    assert not (at + 5 < len(start.text) + len(shown) and len(start.text) < at + 30)
