"""One voice's facts on disk: SQLite, a writer's thread, and what keeps the file sound and small."""
