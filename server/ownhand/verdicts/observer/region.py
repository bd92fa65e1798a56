"""The place of a live suggestion in a document, and what the writer has put there since."""

import unicodedata
from dataclasses import dataclass
from enum import Enum

import regex

from ownhand.verdicts.observer.edits import Edit, common_start

MOST_AFTER = 64
"""Characters behind the place that are carried along."""
_AT_ONCE = 4
"""Characters up to which an editor that is slow to tell may send what was typed key by key."""
_SPACED_WORD = regex.compile(r"[\p{L}\p{N}][^\s\p{Pd}]*")


class Standing(Enum):
    """How the text at the place and the suggestion stand to each other."""

    BEFORE = "the suggestion, or a beginning of it, could still be written here"
    WHOLE = "all of it stands here"
    PAST = "something else stands here"


@dataclass
class Region:
    """What stands at a suggestion's place.

    `start` is its offset in the document, `text` what was put there, `lead` what was deleted backwards from the place:
    the suggestion is what should come after `lead`. `after` is some of what follows. `untouched`: nothing was put there
    or taken away.
    """

    start: int
    suggestion: str
    after: str = ""
    text: str = ""
    lead: str = ""
    untouched: bool = True

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def expected(self) -> str:
        return self.lead + self.suggestion

    @property
    def written(self) -> int:
        """Characters of the suggestion that stand here from its start on; negative after deleting back."""
        return common_start(self.expected, self.text) - len(self.lead)

    @property
    def rest(self) -> str:
        """What of the suggestion could still follow, when it is live."""
        return self.expected[len(self.text) :]

    @property
    def standing(self) -> Standing:
        if self.text.startswith(self.expected):
            return Standing.WHOLE
        if self.expected.startswith(self.text):
            return Standing.BEFORE
        mine, theirs = unicodedata.normalize("NFC", self.text), unicodedata.normalize("NFC", self.expected)
        if mine.startswith(theirs):
            return Standing.WHOLE
        return Standing.BEFORE if theirs.startswith(mine) else Standing.PAST

    @property
    def instead(self) -> str:
        """What the writer put here, without what had been there before."""
        return self.text[common_start(self.lead, self.text) :] if self.lead else self.text

    @property
    def past(self) -> str:
        """What stands here beyond the part that agrees with the suggestion."""
        return self.text[common_start(self.expected, self.text) :]

    def passes(self, edit: Edit) -> bool:
        """Follow a change that is clear of the place; False, and nothing done, when it may concern it."""
        if edit.offset > self.start + len(self.text) + len(self.after):
            return True
        if edit.offset > self.start + len(self.text):
            return False
        if edit.offset + len(edit.removed) >= self.start:
            return False
        self.start += len(edit.inserted) - len(edit.removed)
        return True

    def apply(self, edit: Edit) -> None:
        """Follow a change of the document."""
        edit = self.slid(edit)
        start, end = edit.offset, edit.offset + len(edit.removed)
        if start > self.end:
            self._follow_after(edit)
        elif self._is_backwards(edit):
            self.lead = edit.removed + self.lead
            self.start, self.untouched = start, False
        elif end <= self.start and (edit.removed or start < self.start):
            self.start += len(edit.inserted) - len(edit.removed)
        elif start <= self.end:
            self._replace(edit)

    def slid(self, edit: Edit) -> Edit:
        """An editor that compares texts tells of a letter typed before the same one as if it came behind that."""
        behind = edit.offset - self.end
        if edit.removed or not 0 < behind <= len(self.after):
            return edit
        turned = self.after[:behind] + edit.inserted
        if not turned.endswith(self.after[:behind]):
            return edit
        return Edit(self.end, "", turned[: len(edit.inserted)])

    def _follow_after(self, edit: Edit) -> None:
        at = edit.offset - self.end
        if at <= len(self.after):
            self.after = (self.after[:at] + edit.inserted + self.after[at + len(edit.removed) :])[:MOST_AFTER]

    def _is_backwards(self, edit: Edit) -> bool:
        """Backspace from the place: the writer goes back a few letters and may come again."""
        is_deletion = bool(edit.removed) and not edit.inserted
        return is_deletion and not self.text and edit.offset + len(edit.removed) == self.start

    def _replace(self, edit: Edit) -> None:
        end = edit.offset + len(edit.removed)
        if end > self.end:
            self.after = self.after[end - self.end :]
        if not edit.inserted and edit.offset >= self.end:
            return  # What follows the place was shortened.
        before = max(0, self.start - edit.offset)
        kept_head = self.text[: max(0, edit.offset - self.start)]
        kept_tail = self.text[end - self.start :] if end < self.end else ""
        self.lead = edit.removed[:before] + self.lead
        self.text = kept_head + edit.inserted + kept_tail
        self.start = min(self.start, edit.offset)
        self.untouched = False


def is_taken_part(inserted: str, rest: str, *, inside_word: bool) -> bool:
    """Is this one change a part of the suggestion that nobody types at once: two whole words or more, or a whole line?

    `rest` is what of the suggestion could follow; `inside_word`: a letter stands right before. Words are those between
    spaces: an input method puts in several ideographs at once, which are one. Of a word at either end only a part may
    be there, when an editor sends several keys at once.
    """
    if len(inserted.strip()) < _AT_ONCE or not rest.startswith(inserted):
        return False
    follows = rest[len(inserted) :]
    words = len(_SPACED_WORD.findall(inserted))
    words -= inside_word and inserted[0].isalnum()
    words -= inserted[-1].isalnum() and follows[:1].isalnum()
    ends_line = inserted.endswith("\n") or follows.startswith("\n")
    return words >= 2 or (words == 1 and ends_line)
