"""取込: files of orders and claims, read in whatever format they come, checked row by row, and taken."""

from claims.imports.reading import Reading, Unreadable, open_reading
from claims.imports.report import Report
from claims.imports.taking import Refusal, begin, check, confirm, is_short, run, take, try_again

__all__ = [
    "Reading",
    "Refusal",
    "Report",
    "Unreadable",
    "begin",
    "check",
    "confirm",
    "is_short",
    "open_reading",
    "run",
    "take",
    "try_again",
]
