"""Reading GGUF heads: the packaged model's, and every damaged one with a sentence instead of a crash."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine_files import write_lora
from ownhand.engines.adapters import check_adapter
from ownhand.engines.embedded import EmbeddedEngine
from ownhand.engines.gguf_header import BadGGUFError, read_header
from ownhand.engines.protocol import EngineError, SpecialTokens
from ownhand.engines.special import page_start, special_tokens_from


def test_the_packaged_model_says_what_it_is(base_header):
    assert base_header.architecture == "llama"
    assert base_header.context == 8192
    assert len(base_header.tensors) == 272
    assert base_header.metadata["general.license"] == "apache-2.0"
    assert len(base_header.metadata["tokenizer.ggml.tokens"]) == 49152


def test_special_tokens_of_the_packaged_model(base_header):
    expected = SpecialTokens(bos=1, eos=2, add_bos=False, bos_text="<|im_start|>", eos_text="<|im_end|>")
    assert special_tokens_from(base_header.metadata) == expected
    assert page_start(expected) == "<|im_end|>"


def test_special_tokens_without_keys_follow_llama_cpp():
    sentencepiece = special_tokens_from(
        {"tokenizer.ggml.model": "llama", "tokenizer.ggml.tokens": ["<unk>", "<s>", "</s>"]}
    )
    assert sentencepiece == SpecialTokens(1, 2, True, "<s>", "</s>")
    assert page_start(sentencepiece) == "\n"
    assert special_tokens_from({"tokenizer.ggml.model": "gpt2"}) == SpecialTokens()
    assert special_tokens_from({"tokenizer.ggml.pre": "llama-bpe", "tokenizer.ggml.bos_token_id": 5}).add_bos


async def test_cut_off_and_foreign_files_get_one_sentence(tmp_path, packaged_gguf):
    whole = packaged_gguf.read_bytes()
    for name, content, word in [
        ("cut.gguf", whole[:50_000_000], "cut off"),
        ("stub.gguf", whole[:3000], "damaged"),
        ("text.gguf", b"Call me Ishmael.", "not a GGUF"),
        ("new.gguf", b"GGUF" + (9).to_bytes(4, "little") + whole[8:5000], "version 9"),
        ("empty.gguf", b"", "not a GGUF"),
    ]:
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(EngineError, match=word) as caught:
            await EmbeddedEngine.open(path)
        assert name in caught.value.sentence
        assert caught.value.next_step
    with pytest.raises(EngineError, match="can't be read"):
        await EmbeddedEngine.open(tmp_path / "nowhere.gguf")


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_any_damage_is_named_and_never_a_crash(data, tmp_path, lora):
    """A smaller number of tensors (bytes 8 to 15) is no damage: the file then is a whole one with fewer."""
    content = bytearray(lora.read_bytes()[:4000])
    places = st.integers(4, 7) | st.integers(16, len(content) - 1)
    for at in data.draw(st.lists(places, min_size=1, max_size=8)):
        content[at] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.gguf"
    path.write_bytes(content)
    with pytest.raises(BadGGUFError):
        read_header(path)


def test_a_fitting_adapter_passes(lora, base_header):
    check_adapter(lora, base_header.architecture, base_header.tensors)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"architecture": "gemma3"}, "gemma3 model"),
        ({"type": "model"}, "not a LoRA"),
        ({"target": "token_embd.weight"}, "embeddings"),
        ({"dtype": np.float64}, "64-bit"),
        ({"target": "no_such_part"}, "empty"),
    ],
)
def test_adapters_that_could_end_llama_cpp_are_refused(tmp_path, base_header, changes, word):
    path = write_lora(tmp_path / "bad.gguf", base_header, **changes)
    with pytest.raises(EngineError, match=word):
        check_adapter(path, base_header.architecture, base_header.tensors)


def test_an_adapter_for_a_larger_sibling_is_refused(lora, base_header):
    larger = [type(tensor)(tensor.name, (960, 960), tensor.type, 0) for tensor in base_header.tensors]
    with pytest.raises(EngineError, match="does not fit this model's size"):
        check_adapter(lora, "llama", larger)
