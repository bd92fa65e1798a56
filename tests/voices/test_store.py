"""Adapters on disk: they appear whole, one of them serves, and one can go back."""

import json
import os
import stat

import pytest

from ownhand.errors import WriterError
from ownhand.voices import store as store_module
from ownhand.voices.card import CARD, Base, Card, LearnedFrom, licence_in_words
from ownhand.voices.gguf_export import export_gguf
from ownhand.voices.store import ACTIVE, ADAPTERS, GGUF, VoiceStore
from peft_files import write_peft

SMOL, GEMMA = "sha256:5a", "sha256:9b"


@pytest.fixture
def made(tmp_path, base_header):
    folder = write_peft(tmp_path / "job" / "adapter", base_header, kinds=("self_attn.v_proj",))
    export_gguf(folder, base_header, folder / GGUF)
    return folder


@pytest.fixture
def store(tmp_path):
    return VoiceStore(tmp_path / "voices" / "0123456789abcdef")


def card(digest=SMOL, *, decision="passed", bpb=1.37, held_out="h1"):
    return Card(
        made="2026-11-25T10:00:00+00:00",
        base=Base(digest, "llama", "SmolLM2-135M-Instruct", "Apache-2.0"),
        recipe={"rank": 16, "lr": 2e-3},
        pieces=(LearnedFrom("a1", "Suet"), LearnedFrom("b2", "The Gone [draft]")),
        held_out_digest=held_out,
        metrics={"challenger_bpb": bpb, "gain_over_context": 4.2},
        decision=decision,
        why="It is better.",
        context="document",
        versions={"ownhand": "0.1.0"},
    )


def test_an_adapter_is_kept_whole_and_private(store, made):
    added = store.add(made, card())
    assert added.id == "1"
    assert sorted(path.name for path in added.folder.iterdir()) == [
        "adapter.gguf",
        "adapter_config.json",
        "adapter_model.safetensors",
        "card.json",
    ]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in added.folder.iterdir())
    assert stat.S_IMODE(added.folder.stat().st_mode) == 0o700
    assert added.card == card()
    assert added.gguf.read_bytes() == (made / GGUF).read_bytes()
    assert added.for_engine().id == "0123456789abcdef-1"
    assert not added.active


def test_a_disk_that_fills_up_leaves_nothing_behind(store, made, monkeypatch):
    store.add(made, card())

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store_module.shutil, "copyfileobj", full)
    with pytest.raises(WriterError, match="No space left"):
        store.add(made, card())
    assert [path.name for path in (store.folder / ADAPTERS).iterdir()] == ["1"]


def test_each_base_has_a_champion_of_its_own(store, made):
    for digest in (SMOL, GEMMA, SMOL):
        store.add(made, card(digest))
    assert store.champion(SMOL) is None
    store.activate("1")
    store.activate("2")
    store.activate("3")
    assert store.champion(SMOL).id == "3"
    assert store.champion(GEMMA).id == "2"
    assert [adapter.active for adapter in store.adapters()] == [False, True, True]


def test_one_goes_back_step_by_step_to_the_bare_model(store, made):
    for _ in range(3):
        store.add(made, card())
        store.activate(store.adapters()[-1].id)
    assert store.rollback(SMOL).id == "2"
    assert store.champion(SMOL).id == "2"
    assert store.rollback(SMOL).id == "1"
    assert store.rollback(SMOL) is None
    assert store.champion(SMOL) is None
    with pytest.raises(WriterError, match="no voice before"):
        store.rollback(SMOL)
    store.activate("3")
    assert store.champion(SMOL).id == "3"
    assert store.rollback(SMOL) is None


def test_going_back_of_one_base_leaves_the_other(store, made):
    for digest in (SMOL, GEMMA):
        store.activate(store.add(made, card(digest)).id)
    store.rollback(SMOL)
    store.activate("2")
    assert store.champion(GEMMA).id == "2"
    assert store.rollback(GEMMA) is None
    with pytest.raises(WriterError):
        store.rollback(SMOL)


def test_activating_the_champion_again_changes_nothing(store, made):
    store.activate(store.add(made, card()).id)
    stamp = store.stamp
    store.activate("1")
    assert store.stamp == stamp
    assert store.rollback(SMOL) is None


def test_another_champion_is_seen_from_outside(store, made):
    assert store.stamp == (0, 0)
    store.activate(store.add(made, card()).id)
    first = store.stamp
    store.activate(store.add(made, card()).id)
    assert store.stamp != first
    assert VoiceStore(store.folder).champion(SMOL).id == "2"


def test_the_oldest_go_but_not_those_that_serve_or_served(store, made):
    for _ in range(7):
        store.add(made, card())
    store.activate("1")
    store.activate("2")
    assert store.prune(keep=2) == ["3", "4", "5"]
    assert [adapter.id for adapter in store.adapters()] == ["1", "2", "6", "7"]
    assert store.add(made, card()).id == "8"
    assert store.rollback(SMOL).id == "1"


def test_a_champion_that_was_removed_is_passed_over_on_the_way_back(store, made):
    for _ in range(3):
        store.activate(store.add(made, card()).id)
    store_module.shutil.rmtree(store.folder / ADAPTERS / "2")
    assert store.rollback(SMOL).id == "1"


def test_the_best_that_is_kept_was_measured_on_the_same_text(store, made):
    store.add(made, card(bpb=1.40))
    store.add(made, card(bpb=1.36))
    store.add(made, card(bpb=1.20, held_out="h2"))
    store.add(made, card(bpb=1.10, decision="declined"))
    store.add(made, card(GEMMA, bpb=1.0))
    assert store.best_kept(SMOL, "h1").id == "2"
    store.activate("2")
    assert store.best_kept(SMOL, "h1").id == "1"
    assert store.best_kept(SMOL, "h3") is None


@pytest.mark.parametrize("content", [b"", b"[]", b'{"format": 1}', b"\xff", b'{"format": 1, "bases": {"x": 3}}'])
def test_a_damaged_note_of_the_champions_says_so(store, made, content):
    store.add(made, card())
    (store.folder / ACTIVE).write_bytes(content)
    with pytest.raises(WriterError, match="can't be read"):
        store.champion(SMOL)


def test_what_a_newer_ownhand_wrote_is_refused(store, made):
    added = store.add(made, card())
    values = json.loads((added.folder / CARD).read_text())
    (added.folder / CARD).write_text(json.dumps(values | {"format": 99}))
    with pytest.raises(WriterError, match="newer Ownhand"):
        Card.read(added.folder)
    (store.folder / ACTIVE).write_text(json.dumps({"format": 99, "bases": {}}))
    with pytest.raises(WriterError, match="newer Ownhand"):
        store.champion(SMOL)


@pytest.mark.parametrize(
    "change",
    [
        {"decision": "superb"},
        {"pieces": [3]},
        {"base": []},
        {"context": "both"},
        {"metrics": []},
        {"made": 5},
        {"made": "yesterday"},
        {"tokens_per_second": "fast"},
        {"witness": [7]},
        {"probe": None},
    ],
    ids=str,
)
def test_an_odd_card_leaves_its_adapter_out(store, made, change):
    added = store.add(made, card())
    values = json.loads((added.folder / CARD).read_text())
    (added.folder / CARD).write_text(json.dumps(values | change))
    assert store.adapters() == []
    with pytest.raises(WriterError):
        store.activate("1")


def test_what_a_killed_program_left_half_done_is_removed_and_what_is_being_done_stays(store, made):
    store.add(made, card())
    old, now = (store.folder / "adapters" / name for name in (".new-0badcafe", ".new-5afe5afe"))
    for place in (old, now):
        place.mkdir()
        (place / "adapter.gguf").write_bytes(b"half")
    os.utime(old, (1, 1))
    store.prune()
    assert not old.exists()
    assert now.exists()
    assert [adapter.id for adapter in store.adapters()] == ["1"]


def test_an_adapter_without_its_gguf_can_not_serve(store, made):
    added = store.add(made, card())
    added.gguf.unlink()
    with pytest.raises(WriterError, match="no file"):
        store.activate("1")


def test_licences_are_told_in_plain_words():
    assert "pass on what you make" in licence_in_words("Apache-2.0")
    assert "keep to its rules" in licence_in_words("Gemma Terms of Use")
    assert "Look it up" in licence_in_words("")
    assert "Read it" in licence_in_words("CC-BY-NC-4.0")


def test_a_card_tells_the_licence_by_name_and_in_plain_words(store, made):
    added = store.add(made, card())
    told = json.loads((added.folder / CARD).read_text())
    assert told["base"]["licence"] == "Apache-2.0"
    assert told["base"]["licence_in_words"] == licence_in_words("Apache-2.0")
    del told["base"]["licence_in_words"]
    (added.folder / CARD).write_text(json.dumps(told))
    assert Card.read(added.folder) == card()
