"""What the schedule goes by, read from a real voice."""

import os

from ownhand.home import Home, make_private_folder
from ownhand.manuscript.consent import Consent, grant
from ownhand.manuscript.corpus import Corpus
from ownhand.processes import lock
from ownhand.training.circumstances import circumstances
from ownhand.voices.learning_lock import LOCK_FILE


def test_a_training_that_runs_elsewhere_is_known_by_its_lock_and_only_while_it_runs(tmp_path):
    (tmp_path / "pages").mkdir()
    voice = grant(Home(tmp_path / "home"), tmp_path / "pages", Consent.LEARN)
    corpus = Corpus.open(voice.index_path)
    assert not circumstances(voice, corpus).being_learned
    assert not (voice.path / LOCK_FILE).parent.exists(), "who only looks leaves nothing"
    make_private_folder((voice.path / LOCK_FILE).parent)
    descriptor = os.open(voice.path / LOCK_FILE, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        assert lock(descriptor)
        assert circumstances(voice, corpus).being_learned
    finally:
        os.close(descriptor)
    assert not circumstances(voice, corpus).being_learned
    corpus.close()
