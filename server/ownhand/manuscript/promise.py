"""What so many words of one's own can promise, in a writer's language."""

from ownhand.manuscript.model import Form

FEWEST_WORDS = 700
"""Words below which nothing can be learned."""

_STEPS = (
    (
        FEWEST_WORDS,
        "Too little yet to learn a hand from. Suggestions draw on the page in front of you; "
        "from about 700 words on they draw on your other pages too.",
    ),
    (
        5_000,
        "Enough to draw on your own pages for every suggestion and to prefer what sounds like them. "
        "Ownhand can be told to learn from this much, but expect little; from 5,000 words on it learns by itself.",
    ),
    (
        20_000,
        "Enough for a first lesson: Ownhand can learn your turns of phrase and your lines. "
        "More pages will make it surer; from about 20,000 words on it holds up well.",
    ),
)
_ENOUGH = "Enough to learn your hand well. New pages still count."


def promise(words: int) -> str:
    """Two or three sentences for a manuscript of so many own words (those that teach)."""
    return next((sentence for bound, sentence in _STEPS if words < bound), _ENOUGH)


def promise_for_form(form: Form, words: int) -> str:
    """A warning when one form is too thin to be learned beside the other; "" when there is nothing to say."""
    if words == 0 or words >= _STEPS[0][0]:
        return ""
    return (
        f"Of {form.value} there is little ({words} words): don't expect suggestions in {form.value} to sound like you."
    )
