"""How fast it will go is told from how fast it went there: a graphics card says nothing of the processor."""

import json
from types import SimpleNamespace

import pytest

from ownhand.training import forecast
from ownhand.training.beside import Beside
from ownhand.training.forecast import likely_devices, rate_before
from ownhand.voices.card import CARD
from voice_files import card

PROCESSOR, ON_CARD = Beside("yields", None, 1, 1), Beside("alongside", 0, 1, 1, on_card=True)
INSTEAD = Beside("yields", None, 1, 1, instead=True)


def store(*cards):
    return SimpleNamespace(adapters=lambda: [SimpleNamespace(card=each) for each in cards])


def learned(device, rate, digest="sha256:aa"):
    return card(digest, device=device, tokens_per_second=rate)


@pytest.mark.parametrize(
    ("wished", "how", "rate"),
    [
        ("auto", ON_CARD, 9000.0),
        ("cuda", ON_CARD, 9000.0),
        ("auto", PROCESSOR, 50.0),
        ("cpu", PROCESSOR, 50.0),
        ("auto", INSTEAD, 50.0),
        ("xpu", ON_CARD, None),
    ],
)
def test_the_last_training_there_tells(monkeypatch, wished, how, rate):
    monkeypatch.setattr(forecast, "_apple", lambda: False)
    before = store(
        learned("cpu", 40.0), learned("cpu", 50.0), learned("cuda", 9000.0), learned("cpu", 70.0, "sha256:b")
    )
    assert rate_before(before, "sha256:aa", likely_devices(wished, how)) == rate


def test_a_machine_that_learned_on_a_card_only_has_no_rate_of_its_processor():
    assert rate_before(store(learned("cuda", 9000.0)), "sha256:aa", likely_devices("cpu", PROCESSOR)) is None


def test_on_apple_s_the_memory_is_shared_and_the_graphics_part_learns(monkeypatch):
    monkeypatch.setattr(forecast, "_apple", lambda: True)
    before = store(learned("mps", 400.0), learned("cpu", 50.0))
    assert rate_before(before, "sha256:aa", likely_devices("auto", PROCESSOR)) == 400.0
    assert rate_before(before, "sha256:aa", likely_devices("cpu", PROCESSOR)) == 50.0


def test_a_card_that_does_not_say_where_it_was_learned_is_passed_over(tmp_path):
    """As those of an older Ownhand; nor is a rate of nothing one."""
    learned("cuda", 9000.0).write(tmp_path)
    values = json.loads((tmp_path / CARD).read_bytes())
    assert values.pop("device") == "cuda"
    (tmp_path / CARD).write_text(json.dumps(values))
    older = type(card("")).read(tmp_path)
    assert older.device == ""
    before = store(learned("cpu", 50.0), older, learned("cpu", 0.0))
    assert rate_before(before, "sha256:aa", likely_devices("cpu", PROCESSOR)) == 50.0
