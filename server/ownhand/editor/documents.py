"""The documents that are open, and in which of them Ownhand may write at all."""

import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from ownhand.editor.log import logger
from ownhand.editor.mirror import Mirror
from ownhand.editor.positions import Encoding

LARGEST = 2_000_000
"""Bytes of a document, in UTF-8, above which suggestions rest."""
LONGEST_LINE = 100_000
"""Characters of the cursor's line above which suggestions rest."""

_PROSE = {"plaintext", "text", "txt", ""}
_MARKDOWN = {"markdown", "md", "pandoc", "quarto", "rmd", "vimwiki", "mkd", "telekasten"}
_REFUSED = re.compile(r"commit|rebase|scminput|chat|interactive|settings|jsonc?$|comment|search-result|log$|output")
"""Language ids of boxes that look like text and are none of a writer's business with Ownhand."""


@dataclass
class Document:
    """An open document. `in_step` is False once the editor's versions ran backwards: the text can't be trusted then."""

    uri: str
    language_id: str
    version: int
    mirror: Mirror
    in_step: bool = True
    scheme: str = field(init=False)
    path: Path | None = field(init=False)

    def __post_init__(self) -> None:
        self.scheme = urlsplit(self.uri).scheme
        self.path = path_of(self.uri)

    @property
    def suffix(self) -> str:
        """The format's suffix without dot; of an untitled document what its language says."""
        if self.path is not None:
            return self.path.suffix.lower().removeprefix(".")
        return "md" if self.language_id in _MARKDOWN else "txt"

    def refusal(self, suffixes: frozenset[str]) -> str | None:
        """Why nothing is ever offered here, or None. `suffixes` are the formats that an editor shows as text."""
        if self.scheme not in ("file", "untitled"):
            return "Ownhand writes only in files on this machine and in untitled ones."
        if _REFUSED.search(self.language_id) or _is_git_s_own(self.path):
            return "Ownhand keeps out of commit messages, chats and settings."
        if self.path is None:
            known = self.language_id in _PROSE | _MARKDOWN
        else:
            # .txt is also what build tools call their lists: there the editor's own word decides.
            known = self.suffix in suffixes and (self.suffix != "txt" or self.language_id in _PROSE | _MARKDOWN)
        return None if known else "This is not one of the formats that Ownhand writes in."


class Documents:
    """All open documents by URI. Changes are applied in the order in which the editor sent them."""

    def __init__(self, encoding: Encoding) -> None:
        self.encoding: Encoding = encoding
        self._open: dict[str, Document] = {}

    def get(self, uri: str) -> Document | None:
        return self._open.get(uri)

    def all(self) -> list[Document]:
        return list(self._open.values())

    def open(self, uri: str, language_id: str, version: int, text: str) -> Document:
        document = Document(uri, language_id, version, Mirror(text, self.encoding))
        self._open[uri] = document
        return document

    def close(self, uri: str) -> None:
        self._open.pop(uri, None)

    def accepts(self, document: Document, version: int | None, whole: bool) -> bool:
        """Take note of a change's version; says whether the change may be applied.

        An incremental change with an older version belongs to a text that is no more. Applying it would shift every
        later position, so the document counts as out of step until the editor sends its whole text again.
        """
        if version is not None and version < document.version and not whole:
            document.in_step = False
            logger.warning("A change with an older version came in; suggestions rest in that document.")
            return False
        if version is not None:
            document.version = version
        document.in_step = document.in_step or whole
        return document.in_step


def path_of(uri: str) -> Path | None:
    """The file that a `file:` URI names, else None. Understands drive letters and network shares of Windows."""
    parts = urlsplit(uri)
    if parts.scheme != "file":
        return None
    name = unquote(parts.path)
    if parts.netloc and parts.netloc != "localhost":
        name = f"//{parts.netloc}{name}"
    if re.match(r"/[A-Za-z]:", name):
        name = name[1:]
    return Path(name) if name else None


def _is_git_s_own(path: Path | None) -> bool:
    return path is not None and ".git" in PurePosixPath(path.as_posix()).parts
