"""What an engine might find likely, without and with an adapter; and a card's witness of it."""

import math

from ownhand.engines.protocol import NextToken
from ownhand.voices.witness import witness

PROMPTS = [f"The tide came in over the {place}," for place in ("mud", "sill", "road", "weir", "stones", "bar")]
WORDS = [b" and", b" but", b" the", b" then", b" a", b" \xe2\x80\x94"]


def opinions(prompt: str, strength: float, noise: float = 0.0) -> list[NextToken]:
    found = []
    for number, word in enumerate(WORDS):
        bare = -1.0 - 0.4 * number
        shift = 0.4 * math.sin(number * 2.1 + len(prompt))
        rounding = noise * math.cos(number * 5.3 + len(prompt) * 1.7)
        found.append(NextToken(word, bare + strength * shift + rounding))
    return found


THEN = witness(PROMPTS, [(opinions(prompt, 0.0), opinions(prompt, 1.0)) for prompt in PROMPTS])
