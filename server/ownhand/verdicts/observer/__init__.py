"""From edits and what the editor says to the fates of suggestions. Pure: text and time come from outside."""
