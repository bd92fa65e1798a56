"""The prompt: a plain continuation of the document, with a head that stays the same from keystroke to keystroke.

    [passages of the writer's, chosen once per piece and sitting] [scene mark] [the document up to the cursor]

An engine keeps the work it did for the longest common start of two prompts. So nothing in front may change while
the writer types: the passages are chosen once, and the document's left edge stands still until the window is full,
then moves by a quarter of its budget to the start of a paragraph or stanza. Budgets are counted in the engine's own
tokens, block by block, and remembered: a keystroke costs one short count at most, and none while there is room.
"""

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from ownhand.engines.protocol import Engine
from ownhand.engines.special import page_start

SCENE_MARK = "\n\n***\n\n"
DOCUMENT_TOKENS = 1536
PASSAGE_TOKENS = 768
_MARGIN = 24
_SMALLEST_SHARE = 0.25
_BLOCK_CHARACTERS = 600
_MEMORY = 4096
_PARAGRAPH = re.compile(r"\n[ \t]*\n+")
_HEAD = 160


@dataclass(frozen=True)
class Prompt:
    """`text` goes to the engine. `held_back` is the white space that was cut from its end (see `cut_for_tokens`)."""

    text: str
    tokens: int
    held_back: str = ""

    @property
    def digest(self) -> bytes:
        """Stands for the whole prompt where its words may not be kept: BLAKE2b over its UTF-8, 16 bytes."""
        return blake2b(self.text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


@dataclass(frozen=True)
class Budget:
    """Tokens for the document and for the passages before it."""

    document: int
    passages: int

    @classmethod
    def of(cls, context: int, answer: int) -> "Budget":
        """A share of the engine's context; capped, since a plain processor reads some hundred tokens a second."""
        free = max(context - answer - _MARGIN, 64)
        passages = min(PASSAGE_TOKENS, free // 3)
        return cls(min(DOCUMENT_TOKENS, free - passages), passages)


class TokenCounter:
    """Counts in the engine's tokens, remembering blocks of text."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: OrderedDict[str, int] = OrderedDict()

    async def count(self, text: str) -> int:
        """Tokens of `text`. Counting by blocks may give a few more than counting at once, never fewer in practice."""
        return sum([await self._block(block) for block in blocks(text)])

    async def at_most(self, text: str, limit: int) -> int:
        """An upper bound of the tokens of `text`, exact where that matters to know whether it is within `limit`.

        The growing last block is taken at its size in bytes (no vocabulary needs more tokens than that) as long as
        even so the limit is kept, which saves the call for most keystrokes.
        """
        *done, last = blocks(text) or [""]
        counted = sum([await self._block(block) for block in done])
        bound = len(last.encode())
        return counted + bound if counted + bound <= limit else counted + await self._block(last)

    async def _block(self, block: str) -> int:
        if not block:
            return 0
        if block not in self._known:
            self._known[block] = await self._engine.count_tokens(block)
            if len(self._known) > _MEMORY:
                self._known.popitem(last=False)
        self._known.move_to_end(block)
        return self._known[block]


def blocks(text: str) -> list[str]:
    """`text` cut into paragraphs, these into some hundred characters each; adding text moves no earlier cut."""
    cut: list[str] = []
    for paragraph in split_paragraphs(text):
        start = 0
        while len(paragraph) - start > _BLOCK_CHARACTERS:
            space = paragraph.rfind(" ", start + 1, start + _BLOCK_CHARACTERS)
            end = space if space > start else start + _BLOCK_CHARACTERS
            cut.append(paragraph[start:end])
            start = end
        cut.append(paragraph[start:])
    return cut


def split_paragraphs(text: str) -> list[str]:
    """Paragraphs or stanzas with the blank lines that follow them; joined they are `text`."""
    parts, start = [], 0
    for match in _PARAGRAPH.finditer(text):
        parts.append(text[start : match.end()])
        start = match.end()
    if start < len(text):
        parts.append(text[start:])
    return parts


@dataclass
class DocumentWindow:
    """The left edge of one document's window, remembered by the text that stands there."""

    head: str | None = None
    """The first characters after the edge; "" when the window begins where the document does."""

    async def text(self, before: str, budget: int, counter: TokenCounter) -> tuple[str, int]:
        """The end of `before` that goes into the prompt, and an upper bound of its tokens."""
        kept = self._from_edge(before)
        if kept is not None:
            tokens = await counter.at_most(kept, budget)
            if tokens <= budget:
                return kept, tokens
        return await self._move(before, budget, counter)

    def _from_edge(self, before: str) -> str | None:
        at = -1 if self.head is None else before.find(self.head)
        return before[at:] if at >= 0 else None

    async def _move(self, before: str, budget: int, counter: TokenCounter) -> tuple[str, int]:
        """Put the edge where a quarter of the budget is free again, at the start of a paragraph if one is there."""
        whole = await counter.at_most(before, budget) if len(before) <= 8 * budget else budget + 1
        if whole <= budget:
            self.head = ""
            return before, whole
        room, text, tokens = budget - budget // 4, "", 0
        for paragraph in reversed(split_paragraphs(before)):
            size = await counter.count(paragraph)
            if tokens + size > room:
                return await self._fill(paragraph, text, tokens, room, counter)
            text, tokens = paragraph + text, tokens + size
        return self._remember(text, tokens)

    async def _fill(self, paragraph: str, text: str, tokens: int, room: int, counter: TokenCounter) -> tuple[str, int]:
        """With less than half of the room used, a part of the long paragraph in front is better than nothing."""
        if tokens >= room // 2:
            return self._remember(text, tokens)
        for block in reversed(blocks(paragraph)):
            size = await counter.count(block)
            if tokens + size > room:
                break
            text, tokens = block + text, tokens + size
        return self._remember(text.lstrip(" "), tokens)

    def _remember(self, text: str, tokens: int) -> tuple[str, int]:
        self.head = text[:_HEAD]
        return text, tokens


@dataclass
class PromptBuilder:
    """Builds the prompts of one engine; remembers per document where its window begins.

    `share` of the engine's context is used: all of it, until a prompt turned out too long because the engine could
    only estimate its tokens.
    """

    engine: Engine
    share: float = 1.0
    counter: TokenCounter = field(init=False)
    _windows: dict[str, DocumentWindow] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.counter = TokenCounter(self.engine)

    async def build(
        self, document: str, before: str, passages: Sequence[str], *, title: str, verse: bool, answer_tokens: int
    ) -> Prompt:
        """The prompt for the text `before` the cursor. `passages` must be the same ones as last time for this piece.

        Raises EngineError when the engine can't count.
        """
        budget = Budget.of(int(self.engine.context * self.share), answer_tokens)
        head, head_tokens = await self._head(passages, budget.passages)
        prompt_end, held_back = cut_for_tokens(before, verse=verse)
        window = self._windows.setdefault(document, DocumentWindow())
        text, tokens = await window.text(prompt_end, budget.document + budget.passages - head_tokens, self.counter)
        if not text.strip() and not head:
            text = await self._blank_page(title, text)
            tokens = await self.counter.count(text)
        return Prompt(head + text, head_tokens + tokens, held_back)

    def forget(self, document: str) -> None:
        self._windows.pop(document, None)

    def shrink(self) -> bool:
        """Write shorter prompts from now on; False when they are as short as makes sense."""
        if self.share <= _SMALLEST_SHARE:
            return False
        self.share /= 2
        return True

    async def _head(self, passages: Sequence[str], budget: int) -> tuple[str, int]:
        head, tokens = "", 0
        for passage in passages:
            part = passage.strip("\n") + SCENE_MARK
            size = await self.counter.count(part)
            if tokens + size > budget:
                continue
            # The nearest passage comes first from the corpus and stands last here, next to the document.
            head, tokens = part + head, tokens + size
        return head, tokens

    async def _blank_page(self, title: str, text: str) -> str:
        """A model can't continue nothing: the title stands in, else the token that documents begin with."""
        if title:
            return f"{title}\n\n"
        special = await self.engine.special_tokens()
        return text or page_start(special)


def cut_for_tokens(before: str, *, verse: bool) -> tuple[str, str]:
    """(`before` without the white space that would spoil the next token, that white space).

    Vocabularies hold words with the space in front of them: after "the sea " a model rarely finds " was". The
    indent of a verse line stays, but for its last space.
    """
    line_start = before.rfind("\n") + 1
    if before[line_start:].strip():
        kept = before.rstrip(" \t")
    elif verse and before.endswith(" "):
        kept = before[:-1]
    else:
        kept = before if verse else before[:line_start]
    return kept, before[len(kept) :]
