"""Tokens from the engine that serves, and a second tokenizer that disagrees."""

from pathlib import Path

import pytest

from ownhand.engines.embedded import EmbeddedEngine
from ownhand.engines.special import bounds
from ownhand.errors import WriterError
from ownhand.training.tokens import check_agreement, located, tokenize

TEXT = "    salt — on the sill\n\n    the kettle's <|im_end|> 👵🏻 šķīvis\n\tand\u2003so\r"


@pytest.mark.embedded
async def test_tokens_spell_the_text_and_know_where_they_stand(packaged_gguf: Path):
    engine = await EmbeddedEngine.open(packaged_gguf)
    try:
        tokens = await tokenize(engine, TEXT)
        special = await engine.special_tokens()
        assert list(tokens.ids) == await engine.token_ids(TEXT)
        assert special.eos not in tokens.ids  # what looks like an end token was written by the writer
        assert tokens.ends[-1] == len(TEXT)
        assert list(tokens.ends) == sorted(tokens.ends)
        assert bounds(special).start == bounds(special).end == (special.eos,)
        assert await tokenize(engine, "") == located("", [])
    finally:
        await engine.close()


def test_a_space_before_the_text_is_the_vocabularys_own():
    tokens = located("salt on", [(5, b" salt"), (6, b" on")])
    assert tokens.ends == (4, 7)


def test_half_a_character_ends_where_the_one_before_it_does():
    tokens = located("aé", [(5, b"a\xc3"), (6, b"\xa9")])
    assert tokens.ends == (1, 2)


@pytest.mark.parametrize("pieces", [[(5, b"salt")], [(5, b"Salt on")], [(5, b"salt on "), (6, b"it")]])
def test_tokens_that_do_not_spell_the_text_are_refused(pieces):
    with pytest.raises(WriterError, match="do not spell"):
        located("salt on", pieces)


def test_a_tokenizer_that_disagrees_with_the_engine_is_refused():
    texts = [("salt on the sill", (1, 2, 3)), ("the kettle", (4, 5))]
    check_agreement(texts, {"salt on the sill": [1, 2, 3], "the kettle": [4, 5]}.__getitem__)
    with pytest.raises(WriterError, match="otherwise"):
        check_agreement(texts, {"salt on the sill": [1, 2, 3], "the kettle": list(range(10))}.__getitem__)
