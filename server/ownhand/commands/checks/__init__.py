"""What `ownhand doctor` looks at. Every check says what it found and, where something is wrong, how to mend it."""
