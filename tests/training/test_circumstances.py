"""What the schedule goes by, read from a real voice."""

from ownhand.home import Home
from ownhand.manuscript.consent import Consent, grant
from ownhand.manuscript.corpus import Corpus
from ownhand.training.circumstances import circumstances
from ownhand.voices.learning_lock import learning


def test_a_training_that_runs_elsewhere_is_known_by_its_lock_and_only_while_it_runs(tmp_path):
    (tmp_path / "pages").mkdir()
    voice = grant(Home(tmp_path / "home"), tmp_path / "pages", Consent.LEARN)
    corpus = Corpus.open(voice.index_path)
    assert not circumstances(voice, corpus).being_learned
    assert not (voice.path / "jobs").exists(), "who only looks leaves nothing"
    with learning(voice.path):
        assert circumstances(voice, corpus).being_learned
    assert not circumstances(voice, corpus).being_learned
    corpus.close()
