"""What became of each suggestion: the observer that infers it from edits, the ledger that keeps it, whose words a text is."""
