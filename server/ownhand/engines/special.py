"""Start and end tokens from a GGUF's own keys: the one rule that training, evaluation and every engine share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ownhand.engines.protocol import SpecialTokens

_PREFIX = "tokenizer.ggml."
_BPE_WITH_BOS = frozenset(
    {"llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano"}
    | {"tekken", "chameleon"}
)
"""Pre-tokenizers for which llama.cpp's `llama-vocab.cpp` adds the start token although no key says so."""
_BPE_START = 11
"""What it takes for a start where a byte-pair vocabulary wants one and names none."""


def special_tokens_from(metadata: Mapping[str, Any]) -> SpecialTokens:
    """Special tokens from GGUF keys, or from Ollama's `model_info`, which has the same names.

    Where a key is missing or names no token, llama.cpp's defaults hold: a SentencePiece vocabulary ("llama") starts
    with token 1, ends with token 2 and adds the start; a byte-pair one ("gpt2") adds none, but for a few families.
    """
    sentencepiece = metadata.get(f"{_PREFIX}model") == "llama"
    adds = metadata.get(f"{_PREFIX}add_bos_token")
    if not isinstance(adds, bool):
        adds = sentencepiece or metadata.get(f"{_PREFIX}pre") in _BPE_WITH_BOS
    texts = metadata.get(f"{_PREFIX}tokens")
    bos = _token(metadata.get(f"{_PREFIX}bos_token_id"), texts, 1 if sentencepiece else _BPE_START if adds else None)
    eos = _token(metadata.get(f"{_PREFIX}eos_token_id"), texts, 2 if sentencepiece else None)
    return SpecialTokens(
        bos,
        eos,
        add_bos=adds,
        bos_text=_text(texts, bos),
        eos_text=_text(texts, eos),
        add_eos=metadata.get(f"{_PREFIX}add_eos_token") is True,
    )


@dataclass(frozen=True)
class Bounds:
    """Token ids around a text. `always` stands before every prompt, wherever the text begins; `start` before a whole
    page, `end` after it. All may be empty."""

    always: tuple[int, ...]
    start: tuple[int, ...]
    end: tuple[int, ...]


def bounds(tokens: SpecialTokens) -> Bounds:
    """What stands around a page in tokens, as `page_start` says it in text.

    A model whose engine adds the start token has it before whatever it reads. To any other a page begins after the
    end of the page before.
    """
    end = () if tokens.eos is None else (tokens.eos,)
    if tokens.add_bos and tokens.bos is not None:
        return Bounds((tokens.bos,), (tokens.bos,), end)
    return Bounds((), end, end)


def page_start(tokens: SpecialTokens) -> str:
    """What to send for a blank page, since no engine continues zero tokens.

    A model whose engine adds the start token by itself gets a line break after it; a second start token would be
    a text that it never saw. Any other gets the token that stood between the documents it learned from: its end
    token, else a line break.
    """
    return "\n" if tokens.add_bos or not tokens.eos_text else tokens.eos_text


def _token(value: Any, texts: Any, default: int | None) -> int | None:
    """The id, where it is one of a token; `texts` are all tokens, where they are known."""
    known = isinstance(value, int) and not isinstance(value, bool)
    if known and isinstance(texts, Sequence):
        known = 0 <= value < len(texts)
    return value if known else default


def _text(texts: Any, index: int | None) -> str:
    if not isinstance(texts, Sequence) or index is None or not 0 <= index < len(texts):
        return ""
    return str(texts[index])
