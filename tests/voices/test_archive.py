"""A voice as one file: it comes out as it went in, and what comes from elsewhere is not trusted."""

import json
import pickle
import shutil
import sqlite3
import stat
import warnings
import zipfile
from pathlib import Path

import pytest

from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.manuscript.consent import Consent, find_voice, grant
from ownhand.manuscript.corpus import Corpus
from ownhand.manuscript.scanner import refresh
from ownhand.settings import Settings
from ownhand.voices.archive import export_voice, import_voice
from ownhand.voices.store import VoiceStore
from voice_files import add_adapter

DIGEST = "sha256:5a"
VERSE = Path(__file__).parents[2] / "examples" / "manuscript" / "verse"


@pytest.fixture
def manuscript(tmp_path):
    return shutil.copytree(VERSE, tmp_path / "manuscript")


@pytest.fixture
def voice(tmp_path, manuscript, base_header):
    home = Home(tmp_path / "home")
    refresh(home, manuscript, Settings(), lambda *_: None)
    found = find_voice(home, manuscript)
    store = VoiceStore(found.path)
    store.activate(add_adapter(store, base_header, DIGEST, tmp_path).id)
    return found


@pytest.fixture
def exported(tmp_path, voice):
    export_voice(voice.path, tmp_path / "kalve.voice")
    return tmp_path / "kalve.voice"


def held_out(voice):
    return {piece.id for piece in Corpus.open(voice.index_path).pieces() if piece.held_out}


def test_a_voice_comes_out_as_it_went_in(tmp_path, voice, exported, manuscript):
    assert stat.S_IMODE(exported.stat().st_mode) == 0o600
    home, there = Home(tmp_path / "elsewhere"), tmp_path / "other computer"
    shutil.copytree(manuscript, there)
    taken = grant(home, there, Consent.LEARN, voice=import_voice(home, exported))
    champion = VoiceStore(taken.path).champion(DIGEST)
    before = VoiceStore(voice.path).champion(DIGEST)
    assert champion.card == before.card
    assert champion.gguf.read_bytes() == before.gguf.read_bytes()
    refresh(home, there, Settings(), lambda *_: None)
    assert held_out(taken) == held_out(voice) != set()
    assert find_voice(home, there).id == taken.id


def test_where_nothing_can_be_written_nothing_is(tmp_path, voice):
    with pytest.raises(WriterError, match="can't write"):
        export_voice(voice.path, tmp_path / "no such folder" / "kalve.voice")
    assert not list(voice.path.glob(".*"))


def entries(path):
    with zipfile.ZipFile(path) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist()}


def packed(path, files, *, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the same name twice
        for name, data in files:
            archive.writestr(name, data)
    return path


def with_trigger(data, tmp_path):
    path = tmp_path / "odd.sqlite3"
    path.write_bytes(data)
    connection = sqlite3.connect(path)
    connection.execute("CREATE TRIGGER t AFTER UPDATE ON meta BEGIN DELETE FROM pieces; END")
    connection.commit()
    connection.close()
    return path.read_bytes()


HOSTILE = {
    "a way out of the folder": lambda files: [*files.items(), ("../../evil.md", b"x")],
    "an absolute path": lambda files: [*files.items(), ("/etc/evil", b"x")],
    "a way out within a known name": lambda files: [*files.items(), ("adapters/1/../../../evil", b"x")],
    "a pickle": lambda files: [*files.items(), ("adapters/1/adapter_model.bin", pickle.dumps([1]))],
    "settings": lambda files: [*files.items(), ("voice.toml", b"consent = 'learn'")],
    "a name twice": lambda files: [*files.items(), ("active.json", b"{}")],
    "no word about itself": lambda files: [(name, data) for name, data in files.items() if name != "voice.json"],
    "a newer format": lambda files: [*({**files, "voice.json": b'{"format": 99}'}).items()],
    "no format": lambda files: [*({**files, "voice.json": b"[]"}).items()],
    "no JSON": lambda files: [*({**files, "voice.json": b"\xff"}).items()],
    "a card that is none": lambda files: [*({**files, "adapters/1/card.json": b"{}"}).items()],
    "a champion that is none": lambda files: [*({**files, "active.json": b"{}"}).items()],
    "weights that are none": lambda files: [*({**files, "adapters/1/adapter_model.safetensors": b"x" * 64}).items()],
    "an adapter that is none": lambda files: [*({**files, "adapters/1/adapter.gguf": b"GGUF" + b"\0" * 60}).items()],
    "an adapter without weights": lambda files: [(n, d) for n, d in files.items() if "safetensors" not in n],
    "an index that is none": lambda files: [*({**files, "index.sqlite3": b"SQLite format 3\0" + b"x" * 900}).items()],
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_gets_one_sentence_and_leaves_nothing(tmp_path, exported, change):
    odd = packed(tmp_path / "odd.voice", change(entries(exported)))
    home = Home(tmp_path / "elsewhere")
    with pytest.raises(WriterError) as caught:
        import_voice(home, odd)
    assert caught.value.sentence.endswith(".")
    assert list(home.voices.iterdir()) == []
    assert not list(tmp_path.rglob("evil*"))


def test_an_index_with_a_trigger_is_refused(tmp_path, exported):
    files = entries(exported)
    files["index.sqlite3"] = with_trigger(files["index.sqlite3"], tmp_path)
    with pytest.raises(WriterError, match="damaged index"):
        import_voice(Home(tmp_path / "elsewhere"), packed(tmp_path / "odd.voice", files.items()))


def test_a_file_that_unpacks_to_a_thousand_times_its_size_is_refused(tmp_path, exported):
    files = {**entries(exported), "notes.md": b"\0" * 50_000_000}
    with pytest.raises(WriterError, match="packed in another way"):
        import_voice(
            Home(tmp_path / "elsewhere"),
            packed(tmp_path / "odd.voice", files.items(), compression=zipfile.ZIP_DEFLATED),
        )


@pytest.mark.parametrize("data", [b"", b"no zip at all", b"PK\x03\x04" + b"\0" * 40])
def test_what_is_no_zip_is_refused(tmp_path, data):
    (tmp_path / "odd.voice").write_bytes(data)
    with pytest.raises(WriterError):
        import_voice(Home(tmp_path / "elsewhere"), tmp_path / "odd.voice")


def test_a_file_that_was_cut_off_is_refused(tmp_path, exported):
    (tmp_path / "odd.voice").write_bytes(exported.read_bytes()[:-200])
    with pytest.raises(WriterError):
        import_voice(Home(tmp_path / "elsewhere"), tmp_path / "odd.voice")


def test_what_belongs_to_the_voice_is_in_the_file_and_nothing_else(exported):
    assert sorted(entries(exported)) == [
        "active.json",
        "adapters/1/adapter.gguf",
        "adapters/1/adapter_config.json",
        "adapters/1/adapter_model.safetensors",
        "adapters/1/card.json",
        "index.sqlite3",
        "voice.json",
    ]
    assert json.loads(entries(exported)["voice.json"])["format"] == 1
