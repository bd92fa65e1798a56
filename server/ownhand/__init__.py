"""Ownhand: continue a writer's text in the writer's own hand, on the writer's own machine."""

__version__ = "0.1.0"
