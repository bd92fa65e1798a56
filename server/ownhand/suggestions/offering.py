"""A suggestion as the ledger of verdicts knows it."""

import json
from dataclasses import asdict

from ownhand.suggestions.moment import Moment, Suggestion
from ownhand.text.words import count_words
from ownhand.verdicts.facts import Offered

_NOT_SAMPLING = ("seed", "logprobs")
"""They differ from one request to the next, and say nothing about how the words were drawn."""


def offered(suggestion: Suggestion, moment: Moment, document: str, at: float) -> Offered:
    """The fact that `suggestion` goes out for `moment`. `document` is the document's key, `at` are Unix seconds."""
    origin = suggestion.origin
    sampling = {key: value for key, value in asdict(origin.sampling).items() if key not in _NOT_SAMPLING}
    return Offered(
        suggestion=suggestion.id,
        at=at,
        document=document,
        position=moment.position,
        form=suggestion.form.value,
        length=moment.length,
        characters=len(suggestion.text),
        words=count_words(suggestion.text),
        invoked=moment.invoked,
        engine=suggestion.engine,
        model=suggestion.model,
        adapter=suggestion.adapter,
        sampling=json.dumps(sampling),
        prompt_digest=origin.prompt_digest,
        milliseconds=suggestion.milliseconds,
        first_token_ms=origin.first_token_ms,
    )
