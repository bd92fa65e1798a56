"""`ownhand voices` as a process."""

import json
import shutil
import subprocess
import sys
import threading
import zipfile

import pytest

from ownhand.commands.train import run_give_up
from ownhand.home import Home
from ownhand.manuscript.consent import Consent, find_voice, grant
from ownhand.training.job import jobs
from ownhand.voices import steps
from ownhand.voices.learning_lock import learning
from ownhand.voices.store import VoiceStore
from voice_files import add_adapter, leave_unfinished

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "one.md").write_text("# One\n\nThe barge came up at four with the tide.\n", encoding="utf-8")
    return tmp_path / "book"


@pytest.fixture
def store(tmp_path, folder, base_header):
    voice = grant(Home(tmp_path / "home"), folder, Consent.LEARN)
    found = VoiceStore(voice.path)
    for seed in (1, 2):
        add_adapter(found, base_header, "sha256:5a", tmp_path, seed=seed)
    return found


@pytest.fixture
def ownhand(tmp_path, folder):
    def run(*arguments, of=folder):
        return subprocess.run(
            [sys.executable, "-m", "ownhand", "voices", str(of), *arguments],
            env={"OWNHAND_HOME": str(tmp_path / "home"), "PATH": ""},
            capture_output=True,
            text=True,
        )

    return run


def test_the_list_names_every_adapter_and_which_one_writes(ownhand, store):
    store.activate("2")
    listed = json.loads(ownhand("list", "--json").stdout)
    assert [(adapter["id"], adapter["active"]) for adapter in listed["adapters"]] == [("1", False), ("2", True)]
    assert listed["adapters"][0]["pieces"][1]["title"] == "The Gone [draft]"
    shown = ownhand().stdout
    assert "writes" in shown
    assert "It is better." in shown


def test_activate_and_rollback(ownhand, store):
    assert json.loads(ownhand("activate", "1", "--json").stdout)["active"] == "1"
    assert "Voice 2 writes" in ownhand("activate", "2").stdout
    assert json.loads(ownhand("rollback", "--json").stdout)["active"] == "1"
    assert "bare model" in ownhand("rollback").stdout
    assert store.champion("sha256:5a") is None


def test_a_voice_goes_out_and_comes_in(ownhand, store, tmp_path):
    store.activate("2")
    assert "keep it as private" in ownhand("export", str(tmp_path / "k.voice")).stdout
    (tmp_path / "copy").mkdir()
    answer = json.loads(ownhand("import", str(tmp_path / "k.voice"), "--json", of=tmp_path / "copy").stdout)
    assert answer["adapters"] == 2
    assert json.loads(ownhand("--json", of=tmp_path / "copy").stdout)["adapters"][1]["active"]


def test_an_export_replaces_no_file_unless_it_is_told_to(ownhand, store, tmp_path):
    kept = tmp_path / "k.voice"
    kept.write_text("last year's voice")
    refused = ownhand("export", str(kept))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == f"{kept} is there already. Name another file, or say --force to replace it.\n"
    assert kept.read_text() == "last year's voice"
    assert "keep it as private" in ownhand("export", str(kept), "--force").stdout
    assert zipfile.is_zipfile(kept)


def test_forget_wants_to_be_told_twice(ownhand, store, folder, tmp_path):
    refused = ownhand("forget")
    assert refused.returncode == 1
    assert "2 voices that were learned" in refused.stderr
    assert store.adapters()
    removed = ownhand("forget", "--yes")
    assert removed.returncode == 0
    assert "2 voices that were learned" in removed.stdout
    assert find_voice(Home(tmp_path / "home"), folder) is None
    assert list((tmp_path / "home" / "voices").iterdir()) == []
    assert (folder / "one.md").is_file()


def test_what_is_being_learned_is_not_forgotten(ownhand, store, folder, tmp_path):
    voice = find_voice(Home(tmp_path / "home"), folder)
    with learning(voice.path):
        refused = ownhand("forget", "--yes")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "is being learned just now" in refused.stderr
    assert len(store.adapters()) == 2
    assert ownhand("forget", "--yes").returncode == 0
    assert list((tmp_path / "home" / "voices").iterdir()) == []


async def test_the_disk_is_emptied_beside_the_event_loop(store, folder, tmp_path, monkeypatch):
    """A server calls this while its writer types."""
    removed_in, really = [], shutil.rmtree

    def noting(*wanted, **more) -> None:
        removed_in.append(threading.current_thread())
        really(*wanted, **more)

    monkeypatch.setattr(shutil, "rmtree", noting)
    voice = find_voice(Home(tmp_path / "home"), folder)
    await steps.forget(voice.path, "http://127.0.0.1:9")
    assert not voice.path.exists()
    assert removed_in
    assert threading.main_thread() not in removed_in


async def test_models_in_an_ollama_that_does_not_answer_are_named(store, folder, tmp_path, monkeypatch):
    voice = find_voice(Home(tmp_path / "home"), folder)
    of_voice, of_another = f"ownhand-smol-{voice.id}-1", "ownhand-smol-00000000ffffffff-1"
    for name in (of_voice, of_another):
        (tmp_path / "ollama" / "manifests" / "registry.ollama.ai" / "library" / name).mkdir(parents=True)
        (tmp_path / "ollama" / "manifests" / "registry.ollama.ai" / "library" / name / "latest").write_text("{}")
    monkeypatch.setenv("OLLAMA_MODELS", str(tmp_path / "ollama"))
    answer = await steps.forget(voice.path, "http://127.0.0.1:9")
    assert f"`ollama rm {of_voice}`" in answer["sentence"]
    assert of_another not in answer["sentence"]


def test_what_was_learned_of_a_folder_that_was_deleted_can_be_forgotten(ownhand, store, folder, tmp_path):
    shutil.rmtree(folder)
    assert len(json.loads(ownhand("list", "--json").stdout)["adapters"]) == 2
    assert ownhand("forget", "--yes").returncode == 0
    assert list((tmp_path / "home" / "voices").iterdir()) == []
    again = ownhand("list")
    assert (again.returncode, "There is no folder" in again.stderr) == (1, True)


def test_forget_takes_along_the_voice_whose_place_was_taken(ownhand, store, tmp_path):
    ownhand("export", str(tmp_path / "k.voice"))
    ownhand("import", str(tmp_path / "k.voice"))
    assert len(list((tmp_path / "home" / "voices").iterdir())) == 2
    assert ownhand("forget", "--yes").returncode == 0
    assert list((tmp_path / "home" / "voices").iterdir()) == []


def test_a_training_of_the_voice_whose_place_was_taken_can_be_given_up(ownhand, store, folder, tmp_path):
    home = Home(tmp_path / "home")
    taken = find_voice(home, folder)
    leave_unfinished(taken.path, step=0, steps=0)
    ownhand("export", str(tmp_path / "k.voice"))
    ownhand("import", str(tmp_path / "k.voice"))
    assert find_voice(home, folder).path != taken.path
    assert run_give_up(home, folder, as_json=False) == 0
    assert list(jobs(taken.path)) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("activate", "9"),
        ("activate",),
        ("export",),
        ("import", "/no/such.voice"),
        ("dance",),
        ("rollback",),
        ("list", "x"),
    ],
    ids=" ".join,
)
def test_what_can_not_be_done_gets_one_sentence(ownhand, store, arguments):
    answer = ownhand(*arguments)
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert "Traceback" not in answer.stderr
    assert answer.stderr.strip().count("\n") <= 1


def test_an_unfinished_training_is_told_with_the_next_step(ownhand, store, folder):
    assert json.loads(ownhand("--json").stdout)["training"] is None
    leave_unfinished(store.folder, step=12, steps=96)
    told = f'A training is unfinished, at step 12 of 96; nothing is lost. Go on with it: ownhand train "{folder}".'
    assert told in ownhand().stdout
    assert told in json.loads(ownhand("--json").stdout)["training"]
    for adapter in ("1", "2"):
        store.remove(adapter)
    shown = ownhand().stdout
    assert shown.startswith("No voice was learned yet.\n" + told)
    with learning(store.folder):
        assert "This manuscript is being learned just now." in ownhand().stdout


def test_a_folder_without_a_voice_has_no_adapters(ownhand, tmp_path):
    assert json.loads(ownhand("--json").stdout) == {"voice": None, "adapters": [], "training": None}
    assert "No voice was learned yet" in ownhand().stdout
    assert ownhand("rollback").returncode == 1
    assert ownhand(of=tmp_path / "nowhere").returncode == 1
