"""The loss in pieces is the loss; batches are the same at every call; rates rise and fall."""

import subprocess
import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ownhand.errors import WriterError
from ownhand.training.architecture import Shape
from ownhand.training.batches import batches, together
from ownhand.training.loss import summed_loss
from ownhand.training.memory import need, plan
from ownhand.training.recipe import Recipe, recipe_for

PACKAGED = Shape(30, 576, 1536, 9, 3, 64, 49_152, 134_515_008, True)
EIGHT = Shape(32, 4096, 14_336, 32, 8, 128, 128_256, 8_030_000_000, False)
LENGTHS = st.lists(st.integers(2, 900), min_size=1, max_size=70)


@pytest.mark.parametrize("rows", [1, 7, 1000])
def test_the_loss_in_pieces_and_its_gradient_are_those_of_the_whole_table(rows, monkeypatch):
    monkeypatch.setattr("ownhand.training.loss.rows_at_once", lambda _: rows)
    torch.manual_seed(1)
    hidden, head = torch.randn(2, 30, 16, requires_grad=True), torch.randn(50, 16)
    labels = torch.randint(0, 50, (2, 30))
    labels[0, :9] = labels[1, 20:] = -100
    ours = summed_loss(hidden, head, labels)
    (ours / 3).backward()
    gradient, hidden.grad = hidden.grad.clone(), None
    scores = (hidden @ head.T)[:, :-1].reshape(-1, 50)
    whole = torch.nn.functional.cross_entropy(scores, labels[:, 1:].reshape(-1), reduction="sum")
    (whole / 3).backward()
    assert torch.allclose(ours, whole, atol=1e-3)
    assert torch.allclose(gradient, hidden.grad, atol=1e-5)


@given(LENGTHS, st.integers(1, 6), st.integers(0, 3))
def test_every_sample_is_in_one_batch_of_each_pass_and_the_order_is_the_seeds(lengths, size, epoch):
    recipe = Recipe(batch=size, seed=4)
    found = batches(lengths, recipe, epoch)
    assert sorted(number for batch in found for number in batch) == list(range(len(lengths)))
    assert len(found) * recipe.epochs == recipe.steps(len(lengths))
    assert found == batches(lengths, recipe, epoch)


@given(LENGTHS, st.integers(2, 1000))
def test_what_goes_through_together_fits_and_is_little_padded(lengths, tokens):
    parts = together(range(len(lengths)), lengths, tokens)
    assert sorted(number for part in parts for number in part) == list(range(len(lengths)))
    for part in parts:
        padded = len(part) * max(lengths[number] for number in part)
        assert len(part) == 1 or padded <= tokens
        assert sum(lengths[number] for number in part) >= 0.9 * padded


def test_the_rate_rises_then_falls_to_nothing():
    recipe = Recipe(lr=2e-3, warmup=0.1)
    rates = [recipe.rate(step, 100) for step in range(100)]
    assert rates[0] == pytest.approx(2e-4)
    assert max(rates) == rates[9] == pytest.approx(2e-3)
    assert rates[9:] == sorted(rates[9:], reverse=True)
    assert rates[-1] < 1e-5


def test_a_larger_model_learns_at_a_lower_rate():
    assert recipe_for(PACKAGED.parameters).lr == pytest.approx(2e-3)
    assert recipe_for(EIGHT.parameters).lr == pytest.approx(2e-4)
    assert 2e-4 < recipe_for(500_000_000).lr < 2e-3
    assert Recipe.from_json(recipe_for(1).to_json() | {"unheard_of": 1}) == recipe_for(1)


def test_memory_is_planned_and_too_little_of_it_is_refused_with_both_figures():
    recipe = Recipe()
    assert 1.2e9 < need(PACKAGED, recipe, 256) < 3e9
    assert not plan(PACKAGED, recipe, 8_000_000_000, longest=600).recompute
    assert plan(PACKAGED, recipe, 2_000_000_000, longest=600).recompute
    with pytest.raises(WriterError, match=r"needs about \d+\.\d GB of memory, and 4\.0 GB are free"):
        plan(EIGHT, recipe, 4_000_000_000)


MIDDLE = Shape(32, 960, 2560, 15, 5, 64, 49_152, 361_821_120, True)
LARGE = Shape(16, 2048, 8192, 32, 8, 64, 128_256, 1_235_814_400, True)


@pytest.mark.parametrize(
    ("shape", "rank", "tokens", "recompute", "measured"),
    [
        (PACKAGED, 4, 512, False, 2874),
        (PACKAGED, 64, 512, False, 3215),
        (PACKAGED, 16, 2048, False, 6513),
        (PACKAGED, 16, 1024, True, 2009),
        (MIDDLE, 16, 256, False, 3548),
        (MIDDLE, 16, 1024, False, 6823),
        (LARGE, 16, 256, False, 7855),
        (LARGE, 16, 512, False, 9251),
        (LARGE, 64, 512, False, 9930),
    ],
)
def test_what_is_foretold_is_what_trainings_took(shape, rank, tokens, recompute, measured):
    """Peaks of `bench/memory.py` in MB (docs/lab-notes.md). Too little ends a training, far too much forbids one."""
    foretold = need(shape, Recipe(rank=rank), tokens, recompute=recompute) / 1e6
    assert 0.95 * measured < foretold < 1.6 * measured


@pytest.mark.skipif(sys.platform != "linux", reason="glibc alone has it")
def test_large_blocks_go_back_to_the_system_when_they_are_free():
    """Ten times 64 blocks of 2 MiB, of which one stays each time: without it the rest is kept between them."""
    program = """
import ctypes, re, pathlib
from ownhand.training.memory import give_back_at_once
give_back_at_once()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
def resident():
    return int(re.search(r"VmRSS:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]) >> 10
before = resident()
for _ in range(10):
    blocks = [libc.malloc(2 << 20) for _ in range(64)]
    for block in blocks:
        ctypes.memset(block, 1, 2 << 20)
    for block in blocks[:-1]:
        libc.free(block)
print(resident() - before)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert 15 <= int(done.stdout) < 40


def test_a_card_takes_more_at_once_while_it_has_the_room():
    roomy = plan(PACKAGED, Recipe(), 80_000_000_000, bytes_each=2, gpu=True)
    tight = plan(PACKAGED, Recipe(), 9_000_000_000, bytes_each=2, gpu=True)
    assert roomy.micro_tokens > tight.micro_tokens
