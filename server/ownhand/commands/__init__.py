"""The commands of the terminal, one module each. They call the same rooms as the editors do."""
