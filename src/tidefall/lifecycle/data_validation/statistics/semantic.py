"""What values mean: natural language, images, times; found, or said by the schema."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.statistics.columns import Column
from tidefall.lifecycle.data_validation.statistics.language import LanguageStatistics
from tidefall.lifecycle.data_validation.statistics.roles import Language

_MIN_VALUES = 100
"""Values that must have been seen before anything is said of them."""
_MATCH = 0.8
_LOOKED_AT = 100
"""Values of a batch that are looked at for natural language; as many are looked at for times."""
_CHARACTERS = 100

_SIGNATURES = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"GIF8": "GIF",
    b"BM": "BMP",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
}
_TIMES = [
    (re.compile(pattern + r"\Z"), name)
    for pattern, name in (
        (r"\d{4}-[01]\d-[0-3]\d", "%Y-%m-%d"),
        (r"\d{4}/[01]\d/[0-3]\d", "%Y/%m/%d"),
        (r"[01]\d/[0-3]\d/\d{4}", "%m/%d/%Y"),
        (r"\d{4}-[01]\d-[0-3]\d [0-2]\d:[0-5]\d:[0-6]\d", "%Y-%m-%d %H:%M:%S"),
        (r"\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d", "%Y-%m-%dT%H:%M:%S"),
        (r"\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\dZ", "%Y-%m-%dT%H:%M:%SZ"),
    )
]
# From 1990 to 2050, in each unit.
_FIRST, _LAST = 631_152_000, 2_524_608_000
_UNITS = {
    "UNIX_SECONDS": 1,
    "UNIX_MILLISECONDS": 10**3,
    "UNIX_MICROSECONDS": 10**6,
    "UNIX_NANOSECONDS": 10**9,
}


class SemanticStatistics:
    """How many values look like what.

    Args:
        language: what the schema says of natural language; None where it does not.

    Attributes:
        formats: values by image format, "" for none of them.
        language: counts of natural language, where the schema asks for them.
    """

    def __init__(self, language: Language | None = None):
        self.considered = self.sentences = 0
        self.times: Counter[str] = Counter()
        self.formats: Counter[str] = Counter()
        self.values = 0
        self.language = LanguageStatistics(language) if language is not None else None

    def add(self, column: Column) -> None:
        """Take in what a batch says."""
        if self.language is not None and column.kind in ("INT", "STRING"):
            self.language.add(column)
        if column.kind == "STRING":
            self._add_texts(column.values)
        elif column.kind == "INT":
            numbers = np.asarray(column.values)
            self.values += len(numbers)
            for name, unit in _UNITS.items():
                inside = int(((numbers >= _FIRST * unit) & (numbers < _LAST * unit)).sum())
                if inside:
                    self.times[name] += inside

    def _add_texts(self, values: Any) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        self.values += len(values)
        starts = pc.binary_slice(values.cast(pa.large_binary()), 0, 8)
        for start in pc.value_counts(starts).to_pylist():
            self.formats[_format(start["values"])] += start["counts"]
        for value in values.slice(0, _LOOKED_AT).to_pylist():
            try:
                text = value.decode() if isinstance(value, bytes) else value
            except UnicodeDecodeError:
                continue
            self.considered += 1
            self.sentences += _is_sentence(text)
            for pattern, name in _TIMES:
                if pattern.match(text):
                    self.times[name] += 1

    def merge(self, other: SemanticStatistics) -> None:
        """Take in what another one has seen."""
        self.considered += other.considered
        self.sentences += other.sentences
        self.values += other.values
        self.times += other.times
        self.formats += other.formats
        if self.language is not None and other.language is not None:
            self.language.merge(other.language)

    def domain(self, kind: str) -> tuple[str, dict[str, float]]:
        """The domain that values look like, as the text of a field of Feature, and its evidence."""
        if self.values < _MIN_VALUES:
            return "", {}
        images = self.values - self.formats[""] if self.formats else 0
        if images / self.values >= _MATCH:
            return "image_domain {}", {}
        if self.times:
            name, count = self.times.most_common(1)[0]
            share = count / (self.values if kind == "INT" else max(1, self.considered))
            if share >= _MATCH:
                field = "integer_format: " + name if name in _UNITS else f"string_format: '{name}'"
                return f"time_domain {{ {field} }}", {"time_match_rate": share}
        if kind == "STRING" and self.considered >= _MIN_VALUES:
            share = self.sentences / self.considered
            if share >= _MATCH:
                return "natural_language_domain {}", {"natural_language_match_rate": share}
        return "", {}

    def state(self) -> dict[str, Any]:
        """What `from_state` makes an equal one from."""
        return {
            "numbers": [self.considered, self.sentences, self.values],
            "times": dict(self.times),
            "formats": dict(self.formats),
            "language": None if self.language is None else self.language.state(),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any], language: Language | None) -> SemanticStatistics:
        """The one that `state` was taken of."""
        made = cls(language)
        made.considered, made.sentences, made.values = state["numbers"]
        made.times, made.formats = Counter(state["times"]), Counter(state["formats"])
        if language is not None and state["language"] is not None:
            made.language = LanguageStatistics.from_state(state["language"], language)
        return made


def _format(start: bytes) -> str:
    for signature, name in _SIGNATURES.items():
        if start.startswith(signature):
            return name
    return ""


def _is_sentence(text: str) -> bool:
    """Whether a text has three words or more, of usual length on average."""
    words = text[:_CHARACTERS].split()
    return len(words) >= 3 and 2.5 <= sum(map(len, words)) / len(words) <= 8
