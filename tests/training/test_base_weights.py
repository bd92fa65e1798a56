"""Weights taken over from a GGUF say what the engine says; what can't be taken over is refused by name."""

import functools
import json
from statistics import mean

import numpy as np
import pytest

import tiny_models
from next_tokens import differences, engine_says, transformers_says
from ownhand.engines.gguf_header import read_header
from ownhand.errors import WriterError
from ownhand.home import Home
from ownhand.training import base as base_module
from ownhand.training.architecture import check_trainable, config_of, shape_of
from ownhand.training.base import check_disk, checked_base, described, is_ready, make_ready
from ownhand.training.base_weights import rotary_rows, write_base
from random_blocks import KINDS, random_blocks
from tiny_models import HEADS, WIDTH, write_tiny

EVERY_KIND = {
    "llama": {},
    "llama of the third kind": {"rope_freqs": True, "freq_base": 500_000.0, "context": 131_072},
    "llama, stretched": {"scaling": ("linear", 4.0)},
    "qwen2": {},
    "qwen3": {},
    "gemma3": {"freq_base": 1_000_000.0},
}
PREFIXES = [[40 + 7 * n + 3 * i for i in range(length)] for n, length in enumerate((5, 20, 70, 150))]


@pytest.mark.embedded
@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", EVERY_KIND)
async def test_transformers_reads_what_the_engine_reads(kind, tmp_path, packaged_gguf):
    path = write_tiny(tmp_path / "tiny.gguf", kind.split()[0].rstrip(","), packaged_gguf, **EVERY_KIND[kind])
    folder = tmp_path / "folder"
    folder.mkdir()
    write_base(read_header(path), folder, 4)
    engine = await engine_says(path, PREFIXES)
    assert mean(differences(engine, transformers_says(folder, PREFIXES))) < 0.05
    if "factor" in json.loads((folder / "config.json").read_bytes())["rope_parameters"]:
        forget_scaling(folder / "config.json")
        assert mean(differences(engine, transformers_says(folder, PREFIXES))) > 1


def forget_scaling(file):
    """What a reader would get that passes over the scaling: that it shows proves that the test sees it."""
    config = json.loads(file.read_bytes())
    config["rope_parameters"] = {"rope_type": "default", "rope_theta": config["rope_parameters"]["rope_theta"]}
    file.write_text(json.dumps(config))


@pytest.mark.embedded
@pytest.mark.timeout(300)
async def test_the_packaged_models_weights_say_what_the_engine_says(tmp_path, packaged_gguf):
    """The engine rounds activations to 8 bits beside 4-bit weights: 0.06 on average is its noise."""
    write_base(read_header(packaged_gguf), tmp_path, 4)
    found = differences(await engine_says(packaged_gguf, PREFIXES), transformers_says(tmp_path, PREFIXES))
    assert mean(found) < 0.12


@pytest.mark.embedded
@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", KINDS)
async def test_the_kinds_of_quantization_that_ollamas_models_have(kind, tmp_path, packaged_gguf, monkeypatch):
    """Random blocks are rough: the engine's rounding of activations makes up to 0.6 of it. With one row of one kind of
    weight out of place it would be 2 to 20."""
    for size, value in (("WIDTH", 256), ("FEED_FORWARD", 512), ("HEAD", 64)):
        monkeypatch.setattr(tiny_models, size, value)  # blocks hold 256 values
    packed = functools.partial(random_blocks, name=kind)
    path = write_tiny(tmp_path / "tiny.gguf", "llama", packaged_gguf, packed=packed)
    folder = tmp_path / "folder"
    folder.mkdir()
    write_base(read_header(path), folder, 4)
    assert mean(differences(await engine_says(path, PREFIXES), transformers_says(folder, PREFIXES))) < 1


def test_rows_go_back_to_where_the_converter_took_them_from():
    before = np.arange(WIDTH * 3, dtype=np.float32).reshape(WIDTH, 3)
    stored = before.reshape(HEADS, 2, WIDTH // HEADS // 2, 3).swapaxes(1, 2).reshape(before.shape)
    assert (rotary_rows(stored, HEADS) == before).all()
    assert not (stored == before).all()


@pytest.mark.parametrize(
    ("architecture", "changes", "words"),
    [
        ("falcon", {}, ("falcon", "gemma3, llama, qwen2, qwen3")),
        ("llama", {"more": {"blk.0.ffn_gate_inp.weight": np.zeros((4, WIDTH))}}, ("Tiny", "blk.0.ffn_gate_inp.weight")),
        ("llama", {"more": {"blk.7.attn_q.weight": np.zeros((4, WIDTH))}}, ("blk.7.attn_q.weight",)),
        ("llama", {"scaling": ("yarn", 4.0)}, ("yarn",)),
        ("llama", {"freq_base": 500_000.0, "context": 131_072}, ("longer texts", "does not carry")),
        ("gemma3", {"freq_base": 1_000_000.0, "context": 131_072}, ("longer texts", "does not carry")),
        ("llama", {"without": "token_embd.weight"}, ("no embeddings",)),
        ("llama", {"without": "output_norm.weight"}, ("lacks", "output_norm.weight")),
        ("llama", {"without": "blk.1.ffn_up.weight"}, ("lacks", "blk.1.ffn_up.weight")),
        ("qwen2", {"without": "blk.0.attn_k.bias"}, ("lacks", "blk.0.attn_k.bias")),
        ("llama", {"without": "blk.1.attn_q.weight", "keys": {"split.count": 2}}, ("one of 2 files",)),
    ],
)
def test_what_can_not_be_trained_is_refused_by_name_before_any_work(
    architecture, changes, words, tmp_path, packaged_gguf
):
    path = write_tiny(tmp_path / "odd.gguf", architecture, packaged_gguf, **changes)
    with pytest.raises(WriterError) as refused:
        checked_base(path)
    for word in words:
        assert word in refused.value.sentence


def test_a_model_cut_off_or_no_model_at_all_is_one_sentence(tmp_path, packaged_gguf):
    whole = packaged_gguf.read_bytes()
    cut = tmp_path / "cut.gguf"
    for data, words in ((whole[: len(whole) // 2], "cut off"), (b"GIF89a", "not a GGUF"), (whole[:2000], "damaged")):
        cut.write_bytes(data)
        with pytest.raises(WriterError, match=words):
            checked_base(cut)
    with pytest.raises(WriterError, match="can't be read"):
        checked_base(tmp_path / "none.gguf")


def test_the_packaged_models_sizes(packaged_gguf):
    shape = shape_of(read_header(packaged_gguf))
    assert shape.parameters == 134_515_008
    assert shape.tied
    assert shape.lora_parameters(16) == 4_884_480
    assert config_of(read_header(packaged_gguf))["rope_parameters"]["rope_theta"] == 100_000.0


def test_plain_weights_are_private_kept_and_bounded_to_two(tmp_path, packaged_gguf):
    home = Home(tmp_path / "home")
    models = []
    for number in range(3):
        path = write_tiny(tmp_path / f"{number}.gguf", "llama", packaged_gguf, freq_base=10_000.0 + number)
        models.append(described(checked_base(path), home))
        make_ready(models[-1])
    assert [is_ready(model) for model in models] == [False, True, True]
    for file in models[-1].folder.iterdir():
        assert file.stat().st_mode & 0o077 == 0
    note = json.loads((models[-1].folder / "base.json").read_bytes())
    assert note["digest"] == models[-1].digest
    assert not list((tmp_path / "home" / "base").glob(".*.tmp"))


def test_what_is_left_of_a_half_deleted_folder_is_in_nobodys_way(tmp_path, packaged_gguf):
    path = write_tiny(tmp_path / "tiny.gguf", "llama", packaged_gguf)
    model = described(checked_base(path), Home(tmp_path / "home"))
    make_ready(model)
    (model.folder / "model.safetensors").unlink()
    assert not is_ready(model)
    make_ready(model)
    assert is_ready(model)
    assert (model.folder / "base.json").is_file()


def test_in_and_beside_a_folder_of_the_writers_own_nothing_is_written(tmp_path, packaged_gguf):
    path = write_tiny(tmp_path / "tiny.gguf", "llama", packaged_gguf)
    own = tmp_path / "models" / "tiny"
    own.mkdir(parents=True)
    write_base(read_header(path), own, 4)
    (tmp_path / "models" / ".download.tmp").mkdir()
    before = contents(tmp_path / "models")
    model = described(checked_base(path, own), Home(tmp_path / "home"))
    make_ready(model)
    (own / "base.json").write_text("{}")  # a copy of one that Ownhand wrote
    make_ready(model)
    (own / "base.json").unlink()
    assert contents(tmp_path / "models") == before
    (own / "config.json").unlink()
    with pytest.raises(WriterError, match="no folder of a model"):
        make_ready(model)
    assert contents(tmp_path / "models") == before - {own / "config.json"}


@pytest.mark.parametrize(
    "change",
    [
        {"num_attention_heads": 8},
        {"rope_parameters": {"rope_type": "yarn", "rope_theta": 10_000.0, "factor": 8.0}},
        {"rope_parameters": None, "rope_theta": 10_000.0, "rope_scaling": {"type": "linear", "factor": 2.0}},
        {"rope_parameters": {"rope_type": "default", "rope_theta": 1e6}},
    ],
    ids=str,
)
def test_a_folder_of_a_model_that_turns_its_positions_otherwise_is_refused(tmp_path, packaged_gguf, change):
    path, folder = write_tiny(tmp_path / "tiny.gguf", "llama", packaged_gguf), tmp_path / "folder"
    folder.mkdir()
    write_base(read_header(path), folder, 4)
    config = json.loads((folder / "config.json").read_bytes())
    older = {key: value for key, value in config.items() if key != "rope_parameters"}
    (folder / "config.json").write_text(json.dumps(older | {"rope_theta": config["rope_parameters"]["rope_theta"]}))
    assert checked_base(path, folder).folder == folder, "as an older transformers writes it"
    (folder / "config.json").write_text(json.dumps(config | change))
    with pytest.raises(WriterError, match="another model"):
        checked_base(path, folder)


def contents(folder):
    return set(folder.rglob("*"))


def test_a_full_disk_is_told_before_any_work(tmp_path, packaged_gguf, monkeypatch):
    usage = type("Usage", (), {"free": 300_000_000})
    monkeypatch.setattr(base_module.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(WriterError, match=r"0.5 GB, and 0.3 GB are free"):
        check_disk(checked_base(packaged_gguf), Home(tmp_path))


def test_a_model_that_is_gone_is_one_sentence(tmp_path, packaged_gguf):
    path = write_tiny(tmp_path / "gone.gguf", "llama", packaged_gguf)
    model = described(checked_base(path), Home(tmp_path / "home"))
    path.unlink()
    with pytest.raises(WriterError, match="can't be read"):
        make_ready(model)


def test_a_folder_of_another_model_is_refused(tmp_path, packaged_gguf):
    path = write_tiny(tmp_path / "tiny.gguf", "llama", packaged_gguf)
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(WriterError, match="no folder of a model"):
        checked_base(path, folder)
    write_base(read_header(path), folder, 4)
    assert checked_base(path, folder).disk == 0
    with pytest.raises(WriterError, match="another model"):
        checked_base(packaged_gguf, folder)
    (folder / "config.json").write_text(
        json.dumps({"model_type": "mamba", "hidden_size": 1, "num_hidden_layers": 1, "vocab_size": 1})
    )
    with pytest.raises(WriterError, match="mamba"):
        checked_base(path, folder)


def test_a_hostile_alignment_is_one_sentence(tmp_path, packaged_gguf):
    """An alignment of 0 was a division by zero."""
    path = write_tiny(tmp_path / "tiny.gguf", "llama", packaged_gguf)
    key = b"general.alignment"
    data = bytearray(path.read_bytes())
    count = int.from_bytes(data[16:24], "little")
    data[16:24] = (count + 1).to_bytes(8, "little")
    data[24:24] = len(key).to_bytes(8, "little") + key + (4).to_bytes(4, "little") + bytes(4)
    path.write_bytes(data)
    with pytest.raises(WriterError, match="damaged"):
        checked_base(path)


def test_what_is_listed_as_learnable_can_be_trained():
    from ownhand.engines.suitable import LEARNABLE_ARCHITECTURES
    from ownhand.training.architecture import ARCHITECTURES

    assert LEARNABLE_ARCHITECTURES == ARCHITECTURES
    assert callable(check_trainable)
