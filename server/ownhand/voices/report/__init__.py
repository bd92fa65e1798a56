"""One page that tells a writer what was learned, from what, and how it was proved; the same for an engineer below."""

from ownhand.voices.report.facts import Report, gather
from ownhand.voices.report.writing import write_report

__all__ = ["Report", "gather", "write_report"]
