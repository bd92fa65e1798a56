"""The lab: what makes a voice, measured on three authors. See `python -m bench.voice --help`."""
