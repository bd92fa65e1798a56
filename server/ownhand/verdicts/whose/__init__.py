"""Whose words a document is made of: followed change by change, found again after changes elsewhere."""
