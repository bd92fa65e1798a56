"""URIs, and in which documents Ownhand writes."""

import sys
from pathlib import Path

import pytest

from ownhand.editor.documents import Documents, path_of

FORMATS = frozenset({"md", "txt", "tex"})


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX paths")
@pytest.mark.parametrize(
    "path", ["/book/a.md", "/böok/the sea 100%.md", "/book/ä#?;&=.txt", "/book/%41.md", "/詩/海.tex"]
)
def test_a_path_survives_its_uri(path: str) -> None:
    assert path_of(Path(path).as_uri()) == Path(path)


@pytest.mark.parametrize("uri", ["untitled:Untitled-1", "", "nonsense", "http://host/a.md", "file:"])
def test_what_names_no_file_has_no_path(uri: str) -> None:
    assert path_of(uri) is None


@pytest.mark.parametrize(
    ("uri", "language", "served"),
    [
        ("file:///b/poem.md", "markdown", True),
        ("file:///b/poem.md", "text.markdown.other", True),
        ("file:///b/poem.txt", "plaintext", True),
        ("file:///b/poem.txt", "text", True),
        ("file:///b/requirements.txt", "pip-requirements", False),
        ("file:///b/poem.tex", "latex", True),
        ("file:///b/poem", "plaintext", False),
        ("file:///b/COMMIT_EDITMSG", "gitcommit", False),
        ("untitled:Untitled-1", "plaintext", True),
        ("untitled:Untitled-1", "markdown", True),
        ("untitled:Untitled-1", "javascript", False),
        ("untitled:Untitled-1", "git-commit", False),
        ("vscode-notebook-cell:/b/n.md", "markdown", False),
    ],
)
def test_where_suggestions_are_made(uri: str, language: str, served: bool) -> None:
    document = Documents("utf-16").open(uri, language, 1, "")
    assert (document.refusal(FORMATS) is None) is served


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///b/The%20Lamp/n.md", "/b/The Lamp/n.md"),
        ("file:///b/100%25%20wool.md", "/b/100% wool.md"),
        ("file:///c%3A/Users/ida/n.md", "c:/Users/ida/n.md"),
        ("file:///C:/Users/ida/n.md", "C:/Users/ida/n.md"),
        ("file://server/share/n.md", "//server/share/n.md"),
        ("file://localhost/b/n.md", "/b/n.md"),
        ("untitled:Untitled-1", None),
    ],
)
def test_what_a_uri_names(uri: str, path: str | None) -> None:
    assert path_of(uri) == (Path(path) if path else None)


def test_versions_that_run_backwards_put_a_document_out_of_step() -> None:
    documents = Documents("utf-16")
    document = documents.open("untitled:a", "plaintext", 4, "")
    assert documents.accepts(document, 5, whole=False)
    assert documents.accepts(document, 5, whole=False), "some editors send several changes of one version"
    assert documents.accepts(document, None, whole=False)
    assert not documents.accepts(document, 3, whole=False)
    assert not documents.accepts(document, 6, whole=False)
    assert documents.accepts(document, 7, whole=True)
    assert documents.accepts(document, 8, whole=False)
