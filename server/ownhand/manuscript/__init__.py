"""The folder becomes pieces: consent, formats, splitting, watching, held-out marks."""
