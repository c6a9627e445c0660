"""Findings: what is wrong, where, and what to do about it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from tidefall.base.errors import OpError

SEVERITIES = ("error", "warning", "hint")
"""What keeps a model from working, what is likely to be wrong, and what may be better."""


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Attributes:
        severity: one of `SEVERITIES`.
        where: the file, signature, function or tensor.
        what: what is wrong with it.
        advice: what to do.
    """

    severity: str
    where: str
    what: str
    advice: str


@dataclass
class Report:
    """The findings about one path, and what was looked at."""

    path: str
    kind: str
    findings: list[Finding] = field(default_factory=list)
    looked_at: list[str] = field(default_factory=list)

    def error(self, where: str, what: str, advice: str) -> None:
        """Add what keeps the model from working."""
        self._add(Finding("error", where, what, advice))

    def warning(self, where: str, what: str, advice: str) -> None:
        """Add what is likely to be wrong."""
        self._add(Finding("warning", where, what, advice))

    def hint(self, where: str, what: str, advice: str) -> None:
        """Add what may be better otherwise."""
        self._add(Finding("hint", where, what, advice))

    def _add(self, finding: Finding) -> None:
        if finding not in self.findings:  # graphs of one file share much
            self.findings.append(finding)

    @contextmanager
    def faults_of(self, where: str, advice: str) -> Iterator[None]:
        """Take errors that the block raises as findings about a file."""
        try:
            yield
        except OpError as error:
            self.error(where, error.message, advice)
        except (ArithmeticError, AttributeError, LookupError, MemoryError) as error:
            self.error(where, f"{type(error).__name__}: {error}", advice)
        except (OSError, RuntimeError, TypeError, ValueError) as error:
            self.error(where, str(error), advice)

    def counts(self) -> dict[str, int]:
        """How many findings there are of each severity."""
        found = Counter(finding.severity for finding in self.findings)
        return {severity: found[severity] for severity in SEVERITIES}

    def sorted(self) -> list[Finding]:
        """The findings, the most severe first."""
        return sorted(self.findings, key=lambda finding: SEVERITIES.index(finding.severity))

    def as_dict(self) -> dict[str, Any]:
        """The report in JSON's types."""
        return {
            "path": self.path,
            "kind": self.kind,
            "looked_at": self.looked_at,
            "counts": self.counts(),
            "findings": [asdict(finding) for finding in self.sorted()],
        }


def listed(names: Iterable[str], most: int = 6) -> str:
    """Some names in one line, and how many more there are.

    >>> listed("cabd", most=2)
    'a, b and 2 more'
    """
    found = sorted(names)
    more = len(found) - most
    return ", ".join(found[:most]) + (f" and {more} more" if more > 0 else "")


def size_text(count: float) -> str:
    """A number of bytes in words.

    >>> size_text(3_500_000)
    '3.5 MB'
    """
    power = min(int(math.log10(max(count, 1)) // 3), 4)
    unit = ("bytes", "kB", "MB", "GB", "TB")[power]
    return f"{count / 1000**power:.{0 if power == 0 else 1}f} {unit}"
