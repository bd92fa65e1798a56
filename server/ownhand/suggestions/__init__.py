"""A moment becomes a suggestion: form of the place, prompt, suggester, shaping, look-ahead cache."""
