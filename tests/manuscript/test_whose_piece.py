"""Saying whose text it is by the name of its file, for writers who see no list of pieces to press on."""

from typing import Any

import pytest

from ownhand.errors import WriterError
from ownhand.manuscript.model import Mine


def test_a_file_answers_for_all_of_its_pieces(manuscript: Any, make_prose: Any) -> None:
    manuscript.write("chapters/one.md", f"# Ferry\n\n{make_prose(1)}\n\n# Slip\n\n{make_prose(2)}\n")
    manuscript.write("two.md", f"# Rope\n\n{make_prose(3)}\n")
    manuscript.scan()
    corpus = manuscript.corpus
    corpus.set_mine("chapters/one.md", Mine.NOT_MINE)
    whose = {piece.title: piece.mine for piece in corpus.pieces()}
    assert whose == {"Ferry": Mine.NOT_MINE, "Slip": Mine.NOT_MINE, "Rope": Mine.MINE}
    corpus.set_mine("chapters/one.md", Mine.MINE)
    assert {piece.mine for piece in corpus.pieces()} == {Mine.MINE}


@pytest.mark.parametrize("name", ["one.md", "chapters", "chapters/%", ""])
def test_a_name_that_is_no_file_of_the_folder_is_refused(manuscript: Any, make_prose: Any, name: str) -> None:
    manuscript.write("chapters/one.md", make_prose(1))
    manuscript.scan()
    with pytest.raises(WriterError, match="its path"):
        manuscript.corpus.set_mine(name, Mine.NOT_MINE)
    assert {piece.mine for piece in manuscript.corpus.pieces()} == {Mine.MINE}
