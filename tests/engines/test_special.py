"""Our start and end tokens against llama.cpp's own, for models whose keys say otherwise than the packaged one's."""

import pytest

from ownhand.engines.completion import _post, completion_request, next_tokens
from ownhand.engines.embedded import EmbeddedEngine
from ownhand.engines.protocol import Sampling, Usage
from ownhand.engines.special import bounds, special_tokens_from
from tiny_models import write_tiny

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(180)]
TEXT = "Rain went over the harbour, crosswise, unhurried, and the"
ONE = Sampling(max_tokens=1, temperature=0.0, repeat_penalty=1.0)
START, END = {"tokenizer.ggml.add_bos_token": True}, {"tokenizer.ggml.add_eos_token": True}
NO_START_ID = {"tokenizer.ggml.bos_token_id": None}
BYTES = [f"<0x{number:02X}>" for number in range(256)]
SENTENCEPIECE = {
    "tokenizer.ggml.model": "llama",
    "tokenizer.ggml.pre": None,
    "tokenizer.ggml.merges": None,
    "tokenizer.ggml.tokens": ["<unk>", "<s>", "</s>", *BYTES, "▁"],
    "tokenizer.ggml.scores": [0.0] * 260,
    "tokenizer.ggml.token_type": [2, 3, 3, *[6] * 256, 1],
    "tokenizer.ggml.bos_token_id": None,
    "tokenizer.ggml.eos_token_id": None,
    "tokenizer.ggml.add_bos_token": None,
}
CASES = {
    "neither": {},
    "start": START,
    "end": END,
    "both": START | END,
    "a start without an id": START | NO_START_ID,
    "a start that is no token": START | {"tokenizer.ggml.bos_token_id": 999_999},
    "no ids": NO_START_ID | {"tokenizer.ggml.eos_token_id": None},
    "SentencePiece": SENTENCEPIECE,
    "SentencePiece without a start": SENTENCEPIECE | {"tokenizer.ggml.add_bos_token": False},
    "SentencePiece with both": SENTENCEPIECE | END,
}
PRE_TOKENIZERS = ["llama-bpe", "falcon-h1", "midm-2.0", "lfm2", "jina-v5-nano", "tekken", "chameleon", "gpt-2", "qwen2"]


@pytest.fixture
async def opened(tmp_path, packaged_gguf):
    """Opens a tiny model with the packaged vocabulary and other keys."""
    engines = []

    async def open_it(keys):
        path = write_tiny(tmp_path / "tiny.gguf", "llama", packaged_gguf, tokenizer=keys)
        engines.append(await EmbeddedEngine.open(path))
        return engines[0]

    yield open_it
    for engine in engines:
        await engine.close()


async def llama_cpp_ids(engine, text):
    """With all that llama.cpp adds by itself."""
    async with engine._held() as child:
        return (await _post(child, "/tokenize", {"content": text, "add_special": True}))["tokens"]


async def is_what_was_read(engine, ids):
    """Had the engine read other tokens last, it would not have all but the last one of these in its cache."""
    request = completion_request("", ONE, None) | {"prompt": ids, "stream": False}
    async with engine._held() as child:
        answer = await _post(child, "/completion", request)
    return answer["timings"]["cache_n"] == len(ids) - 1


@pytest.mark.parametrize("keys", CASES.values(), ids=CASES)
async def test_start_and_end_are_llama_cpps(opened, keys):
    engine = await opened(keys)
    around = bounds(await engine.special_tokens())
    end = around.end if "tokenizer.ggml.add_eos_token" in keys else ()
    assert [*around.always, *await engine.token_ids(TEXT), *end] == await llama_cpp_ids(engine, TEXT)


@pytest.mark.parametrize("pre", PRE_TOKENIZERS)
async def test_what_a_kind_of_tokens_adds_where_no_key_says_so(opened, pre):
    engine = await opened({"tokenizer.ggml.add_bos_token": None, "tokenizer.ggml.pre": pre})
    special = await engine.special_tokens()
    assert [*bounds(special).always, *await engine.token_ids(TEXT)] == await llama_cpp_ids(engine, TEXT)


@pytest.mark.parametrize("keys", CASES.values(), ids=CASES)
async def test_a_prompt_is_read_with_one_start_and_no_end(opened, keys):
    engine = await opened(keys)
    ids = [*bounds(await engine.special_tokens()).always, *await engine.token_ids(TEXT)]
    usage = Usage()
    async for _ in engine.stream(TEXT, ONE, usage):
        pass
    assert usage.prompt_tokens == len(ids)
    assert await is_what_was_read(engine, ids)


@pytest.mark.parametrize("keys", [{}, START, END, START | END], ids=["neither", "start", "end", "both"])
async def test_a_blank_page_is_read_as_its_start(opened, keys):
    engine = await opened(keys)
    special = await engine.special_tokens()
    ids = [1, *await engine.token_ids("\n")] if special.add_bos else list(bounds(special).start)
    usage = Usage()
    async for _ in engine.stream("", ONE, usage):
        pass
    assert usage.prompt_tokens == len(ids)
    assert await is_what_was_read(engine, ids)


async def test_the_likeliest_next_tokens_follow_the_text_and_not_its_end(opened):
    engine = await opened(START | END)
    ids = [1, *await engine.token_ids(TEXT)]
    async with engine._held() as child:
        wanted = await next_tokens(child, ids, 5, None)
    found = await engine.next_tokens(TEXT, 5)
    assert [token.id for token in found] == [token.id for token in wanted]
    assert [token.logprob for token in found] == pytest.approx([token.logprob for token in wanted], abs=1e-4)


def test_an_end_without_an_id_is_none():
    special = special_tokens_from({"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.add_eos_token": True})
    assert special.eos is None
    assert bounds(special).end == ()
