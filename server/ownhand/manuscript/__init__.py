"""The folder becomes pieces: consent, formats, splitting, watching, held-out marks. Knows nothing of engines or editors."""
