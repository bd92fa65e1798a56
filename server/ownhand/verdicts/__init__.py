"""What became of each suggestion: an observer infers it from edits, a ledger keeps it; and whose words a text is."""
