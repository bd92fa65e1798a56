"""Bits of the real packaged model: the same as by the book, whatever was read before."""

import math

import pytest

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(300), pytest.mark.filterwarnings("ignore")]

CONTEXT = [2, 504, 8739, 314, 260, 9531, 28, 284]
IDS = [260, 1413, 281, 260, 7154, 1154, 1836, 30]


@pytest.fixture(scope="module")
def scorer(model):
    from ownhand.training.bits import Scorer

    return Scorer(model)


def by_the_book(model, context, ids):
    import torch

    tokens = [*context, *ids]
    with torch.no_grad():
        chances = model(torch.tensor([tokens])).logits[0].double().log_softmax(-1)
    return -sum(float(chances[at - 1, tokens[at]]) for at in range(len(context), len(tokens))) / math.log(2)


def test_bits_are_the_log_of_what_the_model_believed(model, scorer):
    assert scorer.bits(CONTEXT, IDS) == pytest.approx(by_the_book(model, CONTEXT, IDS), rel=1e-4)


def test_what_was_read_before_changes_nothing(model, scorer):
    """The cache is kept as far as two texts begin alike; the last token of the context is always read anew."""
    alone = by_the_book(model, CONTEXT[:5], IDS)
    for context, ids in ((CONTEXT, IDS), (CONTEXT[:5], IDS[::-1]), (CONTEXT[:5], IDS), ([*CONTEXT, *IDS], IDS)):
        scorer.bits(context, ids)
    assert scorer.bits(CONTEXT[:5], IDS) == pytest.approx(alone, rel=1e-4)
    assert scorer.bits(CONTEXT[:5], IDS) == pytest.approx(alone, rel=1e-4)
    scorer.bits([7], [8, 9])
    assert scorer.bits(CONTEXT[:5], IDS) == pytest.approx(alone, rel=1e-4)


def test_a_long_text_is_read_in_parts(model, scorer, monkeypatch):
    from ownhand.training import bits

    whole = by_the_book(model, CONTEXT, IDS)
    for at_once in (1, 3, 5, 9):
        monkeypatch.setattr(bits, "_AT_ONCE", at_once)
        scorer.forget()
        assert scorer.bits(CONTEXT, IDS) == pytest.approx(whole, rel=1e-4)


@pytest.mark.parametrize("left_out", [((2, 5),), ((0, 1), (6, 8)), ((0, 8),)])
def test_tokens_that_are_left_out_are_read_and_not_counted(model, scorer, monkeypatch, left_out):
    import torch

    from ownhand.training import bits

    tokens = [*CONTEXT, *IDS]
    with torch.no_grad():
        chances = model(torch.tensor([tokens])).logits[0].double().log_softmax(-1)
    counted = [number for number in range(8) if not any(first <= number < stop for first, stop in left_out)]
    wanted = -sum(float(chances[len(CONTEXT) + number - 1, IDS[number]]) for number in counted) / math.log(2)
    for at_once in (256, 3):
        monkeypatch.setattr(bits, "_AT_ONCE", at_once)
        scorer.forget()
        assert scorer.bits(CONTEXT, IDS, left_out) == pytest.approx(wanted, rel=1e-4)


def test_without_a_context_the_first_token_is_not_counted(model, scorer):
    assert scorer.bits([], IDS) == pytest.approx(by_the_book(model, IDS[:1], IDS[1:]), rel=1e-4)
    assert scorer.bits(CONTEXT, []) == 0.0
    assert scorer.bits([], IDS[:1]) == 0.0


def test_the_cache_is_told_how_much_to_drop_which_every_version_of_transformers_takes(scorer, monkeypatch):
    from transformers import DynamicCache

    crop, asked = DynamicCache.crop, []

    def newest(cache, tokens_to_remove):
        asked.append(tokens_to_remove)
        assert tokens_to_remove <= 0
        crop(cache, tokens_to_remove)

    monkeypatch.setattr(DynamicCache, "crop", newest)
    scorer.forget()
    fresh = scorer.bits(CONTEXT, IDS)
    assert scorer.bits(CONTEXT, IDS) == pytest.approx(fresh, rel=1e-4)
    assert asked


def test_a_model_that_looks_back_only_so_far_is_read_on_beyond_that(tmp_path, packaged_gguf):
    """As Gemma 3 does in most of its layers; here the window is 32 tokens."""
    import torch
    from transformers import AutoModelForCausalLM

    from ownhand.engines.gguf_header import read_header
    from ownhand.training.base_weights import write_base
    from ownhand.training.bits import Scorer
    from tiny_models import write_tiny

    (tmp_path / "base").mkdir()
    write_base(read_header(write_tiny(tmp_path / "tiny.gguf", "gemma3", packaged_gguf)), tmp_path / "base", 4)
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "base", dtype=torch.float32).eval()
    assert "sliding_attention" in model.config.layer_types
    scorer, pages = Scorer(model), CONTEXT * 10
    for context, ids in ((pages, IDS), (pages, IDS[::-1]), (pages[:50], IDS), (pages[:20], IDS), (pages, IDS)):
        assert scorer.bits(context, ids) == pytest.approx(by_the_book(model, context, ids), rel=1e-4)
