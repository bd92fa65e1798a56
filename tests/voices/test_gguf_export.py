"""A LoRA folder becomes the GGUF that llama.cpp loads; what is no plain LoRA is refused with one sentence."""

import json
import pickle
import resource
import stat
import struct

import gguf
import numpy as np
import pytest

from ownhand.engines.embedded import EmbeddedEngine
from ownhand.engines.gguf_header import read_header
from ownhand.engines.protocol import Adapter, Sampling
from ownhand.errors import WriterError
from ownhand.voices.gguf_export import export_gguf, permuted
from ownhand.voices.peft_folder import CONFIG, WEIGHTS, read_peft_folder
from peft_files import safetensors, write_peft

ATTENTION = ("self_attn.q_proj", "self_attn.v_proj")
A, B = np.ones((4, 8), "<f4"), np.ones((8, 4), "<f4")
NAME = "base_model.model.model.layers.0.self_attn.q_proj.lora_{}.weight"
PAIR = {NAME.format("A"): A, NAME.format("B"): B}


def exported(tmp_path, header, *, half=False, **made):
    folder = write_peft(tmp_path / "lora", header, **made)
    reader = gguf.GGUFReader(export_gguf(folder, header, tmp_path / "adapter.gguf", half=half))
    return read_tensors(folder), {tensor.name: tensor.data for tensor in reader.tensors}, reader


def read_tensors(folder):
    """What was written, read by the reference implementation."""
    from safetensors.numpy import load_file

    return load_file(folder / WEIGHTS)


def test_rows_of_q_interleave_the_halves_of_each_head():
    """Two heads of four rows: llama.cpp rotates neighbours, transformers rotates rows that lie half a head apart."""
    rows = np.arange(8, dtype=np.float32).reshape(8, 1)
    assert permuted(rows, 2).ravel().tolist() == [0, 2, 1, 3, 4, 6, 5, 7]


def test_matrices_keep_their_values_and_only_q_and_k_their_rows_moved(tmp_path, base_header):
    written, found, reader = exported(tmp_path, base_header)
    layer = "base_model.model.model.layers.7."
    assert len(found) == len(written) == 30 * 7 * 2
    assert np.array_equal(found["blk.7.ffn_down.weight.lora_a"], written[f"{layer}mlp.down_proj.lora_A.weight"])
    assert np.array_equal(found["blk.7.attn_v.weight.lora_b"], written[f"{layer}self_attn.v_proj.lora_B.weight"])
    for name, heads, kind in (("q_proj", 9, "attn_q"), ("k_proj", 3, "attn_k")):
        b = written[f"{layer}self_attn.{name}.lora_B.weight"]
        assert np.array_equal(found[f"blk.7.{kind}.weight.lora_b"], permuted(b, heads))
        assert not np.array_equal(found[f"blk.7.{kind}.weight.lora_b"], b)
    assert reader.fields["adapter.lora.alpha"].contents() == 8.0
    assert stat.S_IMODE((tmp_path / "adapter.gguf").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("config", "factors"),
    [
        ({}, (1, 1)),
        ({"use_rslora": True}, (2, 2)),  # 8 / sqrt(4) instead of 8 / 4
        ({"alpha_pattern": {"v_proj": 24}}, (1, 3)),
        ({"rank_pattern": {"v_proj": 2}}, (1, 1)),  # the engine divides by each matrix's own rank, as PEFT does
        ({"rank_pattern": {"v_proj": 9}, "use_rslora": True}, (2, 3)),
    ],
    ids=["plain", "rank-stabilized", "an alpha of its own", "a rank of its own", "both"],
)
def test_what_decides_the_strength_is_folded_into_b(tmp_path, base_header, config, factors):
    written, found, _ = exported(tmp_path, base_header, kinds=ATTENTION, **config)
    q, v = (written[f"base_model.model.model.layers.3.{kind}.lora_B.weight"] for kind in ATTENTION)
    assert np.allclose(found["blk.3.attn_q.weight.lora_b"], permuted(q, 9) * factors[0])
    assert np.allclose(found["blk.3.attn_v.weight.lora_b"], v * factors[1])


def test_half_precision_where_the_numbers_allow_it(tmp_path, base_header):
    _, found, _ = exported(tmp_path, base_header, kinds=ATTENTION, half=True)
    assert {values.dtype for values in found.values()} == {np.dtype(np.float16)}
    _, found, _ = exported(tmp_path / "loud", base_header, kinds=ATTENTION, half=True, strength=1e5)
    assert {values.dtype for values in found.values()} == {np.dtype(np.float32)}


def test_bfloat16_is_read(tmp_path, base_header):
    folder = write_peft(tmp_path / "lora", base_header, kinds=("self_attn.v_proj",))
    short = {name: (values.view("<u4") >> 16).astype("<u2") for name, values in read_tensors(folder).items()}
    (folder / WEIGHTS).write_bytes(safetensors(short))
    found = gguf.GGUFReader(export_gguf(folder, base_header, tmp_path / "adapter.gguf", half=False)).tensors[0]
    wanted = (next(iter(short.values())).astype("<u4") << 16).view("<f4")
    assert np.array_equal(found.data, wanted)


@pytest.mark.embedded
@pytest.mark.timeout(180)
async def test_the_engine_serves_it(tmp_path, base_header):
    folder = write_peft(tmp_path / "lora", base_header, strength=0.2)
    adapter = Adapter("made", export_gguf(folder, base_header, tmp_path / "adapter.gguf"))
    engine = await EmbeddedEngine.open(base_header.path)
    try:
        plain = await engine.next_tokens("The tide went out, and the", 5)
        await engine.use_adapter(adapter)
        changed = await engine.next_tokens("The tide went out, and the", 5)
        said = [chunk.text async for chunk in engine.stream("The tide went out, and the", Sampling(max_tokens=4))]
    finally:
        await engine.close()
    assert [token.logprob for token in plain] != [token.logprob for token in changed]
    assert all(token.id >= 0 and token.text for token in changed)
    assert said


def test_an_adapter_of_another_model_is_refused(tmp_path, base_header):
    folder = write_peft(tmp_path / "lora", base_header, kinds=("self_attn.v_proj",))
    wide = {name: np.zeros((4, 640) if "lora_A" in name else (320, 4), "<f4") for name in read_tensors(folder)}
    (folder / WEIGHTS).write_bytes(safetensors(wide))
    with pytest.raises(WriterError, match="another model"):
        export_gguf(folder, base_header, tmp_path / "adapter.gguf")
    assert list(tmp_path.iterdir()) == [folder]


def test_numbers_that_are_none_are_refused(tmp_path, base_header):
    folder = write_peft(tmp_path / "lora", base_header, kinds=("self_attn.v_proj",), strength=np.nan)
    with pytest.raises(WriterError, match="training went wrong"):
        export_gguf(folder, base_header, tmp_path / "adapter.gguf")


def test_an_unknown_family_is_refused_by_name(tmp_path, base_header):
    folder = write_peft(tmp_path / "lora", base_header, kinds=("self_attn.v_proj",))
    other = type(base_header)(base_header.path, {"general.architecture": "mamba"}, base_header.tensors)
    with pytest.raises(WriterError, match="mamba"):
        export_gguf(folder, other, tmp_path / "adapter.gguf")


def test_a_disk_that_is_full_is_one_sentence_and_leaves_nothing(tmp_path, base_header):
    folder = write_peft(tmp_path / "lora", base_header)
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, usual[1]))
    try:
        with pytest.raises(WriterError, match="can't write") as said:
            export_gguf(folder, base_header, tmp_path / "adapter.gguf")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert "Free some space" in said.value.next_step
    assert list(tmp_path.iterdir()) == [folder]


class Bomb:
    def __reduce__(self):
        return (print, ("opened",))


HOSTILE = {
    "empty": b"",
    "cut off": safetensors(PAIR)[:-4],
    "too long": safetensors(PAIR) + b"more",
    "a head beyond the end": struct.pack("<Q", 1 << 62) + b"{}",
    "a head that is not JSON": struct.pack("<Q", 4) + b"\xff\xfe{}",
    "a head of brackets": struct.pack("<Q", 200_000) + b"[" * 200_000,
    "a list for a head": struct.pack("<Q", 2) + b"[]",
    "weights that overlap": safetensors(PAIR, data_offsets=[16, 144]),
    "negative places": safetensors(PAIR, data_offsets=[-128, 0]),
    "a shape that lies": safetensors(PAIR, shape=[4, 9]),
    "a shape of truths": safetensors({NAME.format("A"): A[:1, :1]}, shape=[True, True]),
    "numbers of 64 bits": safetensors({**PAIR, NAME.format("A"): A.astype("<f8")}),
    "no tensor at all": struct.pack("<Q", 2) + b"{}",
    "half a pair": safetensors({NAME.format("A"): A}),
    "another rank": safetensors({NAME.format("A"): A[:2], NAME.format("B"): B[:, :2].copy()}),
    "embeddings": safetensors({"base_model.model.model.embed_tokens.weight": A}),
    "a path for a name": safetensors({"../../evil.lora_A.weight": A, "../../evil.lora_B.weight": B}),
    "a pickle": pickle.dumps(Bomb()),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_weights_get_one_sentence(tmp_path, data, base_header, capsys):
    folder = write_peft(tmp_path / "lora", base_header, kinds=("self_attn.v_proj",))
    (folder / WEIGHTS).write_bytes(data)
    with pytest.raises(WriterError) as caught:
        export_gguf(folder, base_header, tmp_path / "adapter.gguf")
    assert caught.value.sentence.endswith(".")
    assert caught.value.next_step
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "config",
    [
        {"use_dora": True},
        {"modules_to_save": ["lm_head"]},
        {"bias": "all"},
        {"peft_type": "IA3"},
        {"r": 0},
        {"r": True},
        {"r": 1 << 40},
        {"lora_alpha": "NaN"},
        {"lora_alpha": None},
        {"rank_pattern": {"(a+)+$": 4}},
        {"rank_pattern": [4]},
        {"alpha_pattern": {"q_proj": -1}},
    ],
    ids=str,
)
def test_settings_of_more_than_a_plain_lora_are_refused(tmp_path, base_header, config):
    folder = write_peft(tmp_path / "lora", base_header, kinds=("self_attn.v_proj",))
    values = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps(values | config))
    with pytest.raises(WriterError):
        read_peft_folder(folder)


def test_what_is_written_is_a_sound_gguf(tmp_path, base_header):
    folder = write_peft(tmp_path / "lora", base_header)
    header = read_header(export_gguf(folder, base_header, tmp_path / "adapter.gguf"))
    assert header.is_adapter
    assert header.architecture == "llama"
