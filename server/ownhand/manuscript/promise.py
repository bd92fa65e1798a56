"""What so many words of one's own can promise, in a writer's language.

Taken from a learning curve over three hands (docs/lab-notes.md, 2026-11-26): what was learned of 1,000 words did better
than the same pages in front of the model with one of them, of 4,000 words with all three; 40,000 still brought more.
"""

from ownhand.manuscript.model import Form
from ownhand.text.counted import counted

FEWEST_WORDS = 700
"""Words below which nothing can be learned."""
WORTH_WHILE = 5_000
"""Words from which on learning is worth while, and begins by itself: the safe side of the 4,000 of the trials."""
ENOUGH_WORDS = f"From {WORTH_WHILE:,} words on learning is worth while, and Ownhand begins by itself."

_STEPS = (
    (
        FEWEST_WORDS,
        "Too little yet to learn a hand from. Suggestions draw on the page in front of you; "
        f"from about {FEWEST_WORDS} words on they draw on your other pages too.",
    ),
    (
        WORTH_WHILE,
        "Enough to draw on your own pages for every suggestion and to prefer what sounds like them. "
        "Ownhand can be told to learn from this much, but expect little: showing the model your pages mostly does as "
        f"well. {ENOUGH_WORDS}",
    ),
    (
        20_000,
        "Enough for a first lesson: Ownhand can learn your turns of phrase and your lines. "
        "In our trials this did better than showing the model your pages, a little or a lot, depending on the hand. "
        "More pages will make it surer; from about 20,000 words on it holds up well.",
    ),
)
_ENOUGH = "Enough to learn your hand well. New pages still count: in our trials 40,000 words taught more than 20,000."


def promise(words: int) -> str:
    """Two or three sentences for a manuscript of so many own words (those that teach)."""
    return next((sentence for bound, sentence in _STEPS if words < bound), _ENOUGH)


def promise_for_form(form: Form, words: int) -> str:
    """A warning when one form is too thin to be learned beside the other; "" when there is nothing to say."""
    if words == 0 or words >= _STEPS[0][0]:
        return ""
    little = counted(words, "word")
    return f"Of {form.value} there is little ({little}): don't expect suggestions in {form.value} to sound like you."
