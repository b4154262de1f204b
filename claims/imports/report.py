"""What a file brought, or would bring: counts, the first changes, and every reason why not, up to a cap."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from claims.entries import Plan, in_words
from claims.imports.heads import label_of

PROBLEMS_KEPT = 500
SAMPLES_KEPT = 100


@dataclass
class Report:
    """Rows by what became of them; lines of problems are (line, 注文番号, column, reason)."""

    rows: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    ignored: list[str] = field(default_factory=list)
    problems: list[list[Any]] = field(default_factory=list)
    samples: list[list[Any]] = field(default_factory=list)

    @property
    def written(self) -> int:
        """The rows that change something."""
        return self.created + self.changed

    def add(self, plans: list[Plan], now: datetime) -> None:
        """Count what became of some rows."""
        for found in plans:
            entry = found.entry
            self.rows += 1
            if entry.problems:
                self.refused += 1
                for problem in entry.problems[: max(PROBLEMS_KEPT - len(self.problems), 0)]:
                    self.problems.append([entry.line, entry.number, label_of(problem.column), problem.text])
            elif not found.changes:
                self.unchanged += 1
            else:
                if found.new_order or found.new_claim:
                    self.created += 1
                else:
                    self.changed += 1
                if len(self.samples) < SAMPLES_KEPT:
                    self.samples.append([entry.line, entry.number, in_words(found, now)])

    def as_json(self) -> dict[str, Any]:
        """As a job keeps it."""
        return asdict(self)
