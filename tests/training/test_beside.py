"""Alongside, yielding or waiting: by what is there, and what learning takes."""

import os

import pytest

from ownhand.engines import room
from ownhand.engines.room import Card, graphics_cards
from ownhand.errors import WriterError
from ownhand.training import forecast, worker
from ownhand.training.beside import Inventory, beside

GB = 10**9


def need(free, gpu):
    """Four gigabytes on a card, six beside the processor."""
    wanted = (4 if gpu else 6) * GB
    if free < wanted:
        raise WriterError(f"Needs {wanted // GB} GB, {free // GB} are free.", "Close other programs.")
    return wanted


def machine(memory=16, cards=(), engine=2, on_card=None):
    on_card = bool(cards) if on_card is None else on_card
    return Inventory(memory * GB, tuple(cards), engine * GB, engine_on_card=on_card)


def card(index, free, serves=False):
    return Card(index, free * GB, serves)


ONE, SERVING = card(0, 8), card(0, 8, serves=True)


@pytest.mark.parametrize(
    ("found", "processor", "planned"),
    [
        (machine(), False, ("yields", None, 6 * GB)),
        (machine(memory=5), False, ("waits", None, 6 * GB)),
        (machine(cards=[ONE]), False, ("yields", 0, 4 * GB)),
        (machine(cards=[SERVING]), False, ("yields", 0, 4 * GB)),
        (machine(cards=[SERVING]), True, ("alongside", None, 6 * GB)),
        (machine(cards=[ONE], on_card=False), False, ("alongside", 0, 4 * GB)),
        (machine(cards=[card(0, 3, serves=True)]), False, ("waits", 0, 4 * GB)),
        (machine(cards=[card(0, 20, serves=True), card(1, 5)]), False, ("alongside", 1, 4 * GB)),
        (machine(cards=[card(0, 5), card(1, 20)]), False, ("yields", 1, 4 * GB)),
        (machine(cards=[card(0, 20, serves=True), card(1, 3)]), False, ("yields", 0, 4 * GB)),
        (machine(cards=[card(0, 1), card(1, 3, serves=True)]), False, ("waits", 1, 4 * GB)),
        (machine(cards=[card(0, 1)], on_card=False), False, ("yields", None, 6 * GB)),
        (machine(cards=[card(None, 8)]), False, ("yields", None, 4 * GB)),
    ],
    ids=[
        "processor alone",
        "little memory",
        "one card, nothing loaded",
        "one card",
        "no card wanted",
        "the engine takes no card",
        "a small card",
        "the other card",
        "where no card is known to serve each may",
        "the other card is too small",
        "room after the model on the card that serves",
        "a card that is too small for anything",
        "a card without a number",
    ],
)
def test_the_plan(found, processor, planned):
    how = beside(found, need, device="cpu" if processor else "auto")
    assert (how.mode, how.card, how.bytes) == planned
    assert how.on_card == (how.bytes == 4 * GB), "with a number or without"
    assert how.instead == (how.bytes == 6 * GB and bool(found.cards) and not processor)
    assert bool(how.waits_for) == (how.mode == "waits")


def test_what_it_waits_for_is_said_with_both_figures():
    assert (
        "needs about 6.0 GB of memory, and 5.0 GB are free" in beside(machine(memory=5), need, device="cpu").waits_for
    )


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (machine(memory=3), "6 GB, 3 are free"),
        (machine(memory=5, engine=0), "6 GB, 5 are free"),
        (machine(memory=5, cards=[card(0, 1, serves=True)]), "4 GB, 1 are free"),
        (machine(memory=5, cards=[card(0, 3)], on_card=False), "4 GB, 3 are free"),
        (machine(memory=5, cards=[card(0, 3, serves=True)], engine=0), "4 GB, 3 are free"),
    ],
    ids=["too little in all", "no model is loaded", "a card too small", "no model there", "no model on the card"],
)
def test_what_would_not_fit_even_alone_is_an_error(found, said):
    with pytest.raises(WriterError, match=said):
        beside(found, need, device="auto")


def test_a_card_that_was_asked_for_by_name_is_not_replaced_by_the_processor():
    with pytest.raises(WriterError, match="4 GB, 1 are free"):
        beside(machine(cards=[card(0, 1)], on_card=False), need, device="cuda")


@pytest.mark.parametrize(("before", "after"), [(None, "1"), ("3", "3")])
def test_the_trainer_sees_the_chosen_card_alone_unless_the_writers_environment_says_which(before, after, monkeypatch):
    for name in ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    if before is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", before)
    worker._choose_card(1)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == after


@pytest.mark.parametrize(
    ("torch", "shown", "card", "usable"),
    [
        ("2.14.0+cu130", None, ONE, True),
        ("2.14.0+cpu", None, ONE, False),
        ("2.14.0+rocm7.0", None, ONE, False),
        ("2.14.0+rocm7.0", None, card(None, 8), True),
        ("2.14.0+cu130", None, card(None, 8), False),
        ("2.14.0+cu130", "1, 2", ONE, False),
        ("2.14.0+cu130", "0", ONE, True),
    ],
)
def test_a_card_counts_where_the_learning_part_can_use_it(torch, shown, card, usable, monkeypatch):
    monkeypatch.setattr(forecast.metadata, "version", lambda _: torch)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if shown is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", shown)
    assert forecast._can_learn_on(card) == usable


async def test_cards_as_the_tool_of_their_maker_lists_them(tmp_path, monkeypatch):
    tool = tmp_path / "nvidia-smi"
    tool.write_text(
        '#!/bin/sh\ncase "$1" in\n'
        "*compute-apps*) printf 'GPU-b, /usr/lib/ollama/llama-server, with a comma\\nGPU-c, python3\\n' ;;\n"
        "*) printf '0, GPU-a, 1024\\n1, GPU-b, 2048\\n2, GPU-c, 512\\n' ;;\nesac\n"
    )
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(room, "_GPU_SECONDS", 30)
    assert await graphics_cards() == (Card(0, 1024 << 20), Card(1, 2048 << 20, serves=True), Card(2, 512 << 20))
