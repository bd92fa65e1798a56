"""The whole room over the real embedded engine."""

from dataclasses import replace
from pathlib import Path

import pytest

from ownhand.engines.embedded import EmbeddedEngine
from ownhand.engines.weights import packaged_weights
from ownhand.home import Home
from ownhand.manuscript.model import Form
from ownhand.suggestions.moment import Moment, Suggestion
from ownhand.suggestions.suggester import Suggester
from ownhand.suggestions.variants import is_variant
from ownhand.text.words import matching_words

CONTROL = Path(__file__).parents[2] / "examples" / "control"

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(180)]


@pytest.fixture
async def packaged(tmp_path):
    engine = await EmbeddedEngine.open(packaged_weights(Home(tmp_path)))
    yield engine
    await engine.close()


async def test_prose_and_verse_from_the_packaged_model(packaged) -> None:
    suggester = Suggester(packaged, on_mains=lambda: False)
    story = (CONTROL / "prose-04-sea-tale.md").read_text(encoding="utf-8")[:500].rsplit(" ", 1)[0]
    prose = await suggester.suggest(Moment("a", 1, story, "\n", "md", invoked=True))
    assert isinstance(prose, Suggestion)
    assert "\n" not in prose.text
    assert prose.text.strip()
    ballad = (CONTROL / "verse-03-ballad.md").read_text(encoding="utf-8")
    lines = ballad.rstrip().split("\n")
    verse = await suggester.suggest(Moment("b", 1, "\n".join(lines[:-2]) + "\n", "\n", "md", invoked=True))
    assert isinstance(verse, Suggestion)
    assert verse.form is Form.VERSE
    assert "\n" not in verse.text.strip("\n")
    assert not verse.text.endswith("\n")
    await suggester.close()


async def test_what_was_rejected_once_does_not_come_back_at_its_place(packaged) -> None:
    """The model would often write the same again: it is drawn from three times, and then nothing is offered."""
    suggester = Suggester(packaged, on_mains=lambda: False)
    story = (CONTROL / "prose-04-sea-tale.md").read_text(encoding="utf-8")[:500].rsplit(" ", 1)[0]
    at = Moment("a", 1, story, "\n", "md", invoked=True, length="phrase")
    first = await suggester.suggest(at)
    assert isinstance(first, Suggestion)
    assert suggester.rejected(first.id, "cliché")
    for version in range(2, 8):
        answer = await suggester.suggest(replace(at, version=version))
        if isinstance(answer, Suggestion):
            assert not is_variant(matching_words(answer.text), matching_words(first.text))
            assert suggester.rejected(answer.id)
        else:
            assert answer.why.startswith("What came was not worth offering")
    await suggester.close()


async def test_a_page_typed_with_passages_is_served_from_the_prefix_cache(packaged, corpus_of) -> None:
    own = corpus_of([(CONTROL / "prose-08-detective.md").read_text(encoding="utf-8")[:800]])
    suggester = Suggester(packaged, own, on_mains=lambda: False)
    text = (CONTROL / "prose-05-letter-home.md").read_text(encoding="utf-8")[:1000].rsplit(" ", 1)[0]
    words = text.split(" ")
    await suggester.suggest(Moment("a", 0, " ".join(words[:-12]), "\n", "md", invoked=True, length="phrase"))
    suggester.stats.prompt_tokens = suggester.stats.cached_tokens = 0
    for version in range(11, 0, -3):
        before = " ".join(words[:-version])
        await suggester.suggest(Moment("a", 20 - version, before, "\n", "md", invoked=True, length="phrase"))
    assert suggester.stats.prompt_tokens > 0
    assert suggester.stats.cached_tokens / suggester.stats.prompt_tokens >= 0.95
    await suggester.close()
