"""Adapters on disk, their cards, the gate that lets one serve, and what proves that an engine applies it rightly."""
