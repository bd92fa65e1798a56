"""The places that the writer compared without knowing whose text was whose."""

from collections.abc import Iterator
from html import escape

from ownhand.voices.reveal import BEFORE, LABELS, VOICE, YOURS, Place, Reveal

_HEADS = {YOURS: "What you wrote", BEFORE: "The model before", VOICE: "With your voice"}


def places(reveal: Reveal | None) -> Iterator[str]:
    """Nothing without a reveal."""
    if reveal is None:
        return
    yield f"<h2>The same places, three times</h2><p>{escape(reveal.in_words())}</p>"
    for place, liked in zip(reveal.places, reveal.liked, strict=True):
        yield f'<h3>{escape(place.title)}</h3><div class="stood">{escape(place.before)}</div><div class="place">'
        for label in LABELS:
            yield _text(place, label, liked=label == liked)
        yield "</div>"


def _text(place: Place, label: str, *, liked: bool) -> str:
    text = place.texts[place.labels.index(label)]
    head = _HEADS[label] + (" (your choice)" if liked else "")
    kind = ' class="liked"' if liked else ""
    return f"<div{kind}><h4>{head}</h4>{escape(text)}</div>"
