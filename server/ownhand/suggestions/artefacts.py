"""What a model writes when it forgets that it continues a text: special tokens, chat manners, broken characters."""

import regex

_SPECIAL = regex.compile(
    r"<\|[^|>\n]{0,40}\|?>?|</?s>|<(?:bos|eos|unk|pad)>|<(?:start|end)_of_turn>|\[/?INST\]|<<SYS>>|</?think>"
    r"|endoftext\|>|im_(?:start|end)\|>"
)
_BROKEN = regex.compile(r"[\ufffd\x00-\x08\x0b-\x1f\x7f\ufdd0-\ufdef]")
_CHAT = regex.compile(
    r"\W*(?:(?:assistant|user|system|human|ai|narrator's note)\s*:"
    r"|(?:sure|certainly|of course|absolutely)[,!.:]+\s+(?:here|i)\b"
    r"|here(?:'s|’s| is) (?:a|an|the|your|my) (?:possible |short |revised )?"
    r"(?:continuation|rewrite|poem|story|version|summary|text|response|answer)\b"
    r"|(?:as|i am|i'm|i’m) an? (?:ai|language model|artificial)\b"
    r"|i(?:'m|’m| am) sorry, but i (?:can't|can’t|cannot)\b"
    r"|(?:please )?(?:continue|complete) the (?:text|story|poem)\b"
    r"|(?:gerne|natürlich)[,!] hier (?:ist|sind)\b|als (?:ki|sprachmodell)\b"
    r"|bien sûr[\s,!]+voici\b|en tant que modèle\b|もちろん(?:です)?[、。！]|AIとして)",
    flags=regex.I,
)


def without_special_tokens(answer: str) -> str:
    """The answer up to the first special token or broken character."""
    ends = [match.start() for pattern in (_SPECIAL, _BROKEN) if (match := pattern.search(answer))]
    return answer[: min(ends)] if ends else answer


def is_chat(answer: str) -> bool:
    """Does the answer talk to the writer instead of writing on?"""
    return bool(_CHAT.match(answer))
