"""What a training says of itself where there is no terminal: a line for every tenth, with the time that is left."""

import pytest

from ownhand.commands.train import bar
from ownhand.training.job import State


def test_learning_and_measuring_both_say_how_long(capsys: pytest.CaptureFixture[str]) -> None:
    with bar(lines=True) as on_state:
        on_state(State("preparing"))
        on_state(State("training", step=2, steps=40, eta_s=540.0))
        on_state(State("training", step=3, steps=40, eta_s=530.0))
        on_state(State("evaluating", step=9, steps=45, eta_s=61.0))
        on_state(State("evaluating", step=45, steps=45, eta_s=0.0))
        on_state(State("evaluating", sentence="checking that the engine applies it"))
        on_state(State("done"))
    assert capsys.readouterr().err.splitlines() == [
        "Preparing",
        "Learning: step 2 of 40, 9 minutes left",
        "Measuring: step 9 of 45, a minute left",
        "Measuring: step 45 of 45",
        "checking that the engine applies it",
    ]
