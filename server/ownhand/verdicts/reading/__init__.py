"""What the ledger adds up to, for the writer, for suggestions, and for a server that takes over."""
