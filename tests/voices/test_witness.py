"""Does an engine still apply an adapter as when it was judged? On engines whose opinions are known."""

import pytest

from opinions import PROMPTS, THEN, opinions
from ownhand.engines.protocol import EngineError, NextToken, NoProbabilitiesError
from ownhand.voices.witness import complaint_today, witness


class Asked:
    """Applies the adapter at a strength of its own."""

    def __init__(self, strength: float, error: EngineError | None = None) -> None:
        self.strength, self.error, self.prompts = strength, error, []

    async def next_tokens(self, prompt: str, count: int) -> list[NextToken]:
        if self.error:
            raise self.error
        self.prompts.append(prompt)
        return opinions(prompt, self.strength, noise=0.06)[:count]


@pytest.mark.parametrize(
    ("strength", "wrong"),
    [(1.0, ""), (0.8, ""), (1.2, ""), (0.0, "too weakly, or not at all"), (2.0, "too strongly")],
)
async def test_the_strength_is_told_in_spite_of_another_rounding(strength, wrong):
    assert await complaint_today(Asked(strength), THEN) == wrong


async def test_what_can_not_be_told_is_no_complaint():
    gone = NoProbabilitiesError("This engine tells nothing.", "Another does.")
    assert await complaint_today(Asked(0.0, gone), THEN) == ""
    assert await complaint_today(Asked(0.0), ()) == ""
    assert await complaint_today(Asked(0.0), THEN[:2]) == ""


async def test_an_adapter_that_changes_little_is_not_called_broken():
    slight = [(opinions(prompt, 0.0), opinions(prompt, 0.3)) for prompt in PROMPTS]
    assert await complaint_today(Asked(0.0), witness(PROMPTS, slight)) == ""


async def test_a_slow_engine_is_asked_no_more_than_is_needed(monkeypatch):
    monkeypatch.setattr("ownhand.voices.witness.QUICK", 0.0)
    engine = Asked(0.0)
    assert await complaint_today(engine, THEN) == "too weakly, or not at all"
    assert len(engine.prompts) == 4


@pytest.mark.parametrize(
    "damaged",
    [
        [{"prompt": 3, "tokens": {}}],
        [{"prompt": "x"}],
        [{"prompt": "x", "tokens": {"zz": [0.0, 1.0]}}],
        [{"prompt": "x", "tokens": {"20": [0.0]}}],
        [{"prompt": "x", "tokens": []}],
        [{"prompt": "x", "tokens": {"20": [0.0, 1e300], "21": [0.0, -1e300], "22": [0.0, 1.0]}}] * 9,
        ["x"],
        None,
    ],
)
async def test_a_card_from_elsewhere_may_say_anything(damaged):
    assert await complaint_today(Asked(1.0), damaged) == ""


async def test_a_card_can_not_make_the_engine_read_a_book():
    engine = Asked(1.0)
    await complaint_today(engine, [{"prompt": "x" * 1_000_000, "tokens": {"20": [0.0, 1.0]}}] * 1000)
    assert 0 < sum(map(len, engine.prompts)) <= 32_000
