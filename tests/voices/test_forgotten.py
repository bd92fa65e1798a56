"""Nobody brings back the folder of a voice that was forgotten: what would lie there no later `forget` would find."""

from pathlib import Path

import pytest

from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import Consent, grant
from ownhand.voices.forget import forget_voice
from ownhand.voices.learning_lock import learning
from ownhand.voices.reveal import Reveal


@pytest.fixture
def forgotten(tmp_path: Path) -> Path:
    (tmp_path / "pages").mkdir()
    voice = grant(Home(tmp_path / "home"), tmp_path / "pages", Consent.LEARN).path
    forget_voice(voice)
    return voice


def test_not_a_training_that_was_planned_before(forgotten: Path) -> None:
    with pytest.raises(WriterError, match="was removed"), learning(forgotten):
        pytest.fail("it would learn")
    assert not forgotten.exists()


def test_not_the_writing_at_its_places(forgotten: Path) -> None:
    with pytest.raises(WriterError, match="was removed"):
        Reveal("1", ()).write(forgotten)
    assert not forgotten.exists()
