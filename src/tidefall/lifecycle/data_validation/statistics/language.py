"""Counts of tokens in sequences, for features whose domain is natural language."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.sketches.moments import Moments
from tidefall.lifecycle.data_validation.sketches.quantiles import QuantileSketch
from tidefall.lifecycle.data_validation.statistics.columns import Column
from tidefall.lifecycle.data_validation.statistics.roles import Language

_MOST = 10_000
"""Tokens whose occurrences are kept; beyond it the rarest half is forgotten."""


class LanguageStatistics:
    """What is known of a feature that holds sequences of tokens.

    Attributes:
        sequences: rows.
        tokens: all that count; `known` of them are in the vocabulary.
        occurrences: of the known ones.
        watched: for each watched token: all occurrences, sequences with it, and the fewest and most
            in one sequence.
    """

    def __init__(self, language: Language):
        self.language = language
        self.sequences = self.tokens = self.known = 0
        self.lengths = QuantileSketch()
        self.token_lengths = QuantileSketch()
        self.token_moments = Moments()
        self.occurrences: Counter[str] = Counter()
        self.watched: dict[str | int, list[int]] = {}
        self._numbers = {token: n for n, token in (language.vocabulary or {}).items()}

    def add(self, column: Column) -> None:
        """Take in the sequences of a batch."""
        for row in _rows(column):
            self._add_row(row)

    def _add_row(self, row: list[Any]) -> None:
        language = self.language
        self.sequences += 1
        texts, numbers = self._both(row)
        for token in language.watched:
            count = (texts if isinstance(token, str) else numbers).count(token)
            seen = self.watched.get(token)
            if seen is None:
                self.watched[token] = [count, int(count > 0), count, count]
            else:
                seen[0] += count
                seen[1] += count > 0
                seen[2], seen[3] = min(seen[2], count), max(seen[3], count)
        skipped = language.excluded_from_length
        length = sum(
            t not in skipped and n not in skipped for t, n in zip(texts, numbers, strict=True)
        )
        self.lengths.add(np.array([float(length)]))
        known = []
        for text, number in zip(texts, numbers, strict=True):
            if text in language.excluded or number in language.excluded:
                continue
            self.tokens += 1
            # Numbers without a vocabulary are no tokens that anyone knows.
            if isinstance(text, str) and text not in language.unknown:
                known.append(text)
        if known:
            self.known += len(known)
            sizes = np.array([len(token) for token in known], np.float64)
            self.token_lengths.add(sizes)
            self.token_moments.add(sizes)
            self.occurrences.update(known)
            if len(self.occurrences) > 2 * _MOST:
                self.occurrences = Counter(dict(self.occurrences.most_common(_MOST)))

    def _both(self, row: list[Any]) -> tuple[list[Any], list[Any]]:
        """Each token as text and as number, itself where the vocabulary does not know it."""
        if row and isinstance(row[0], int):
            vocabulary = self.language.vocabulary or {}
            return [vocabulary.get(token, token) for token in row], row
        texts = [t.decode(errors="replace") if isinstance(t, bytes) else t for t in row]
        return texts, [self._numbers.get(token, token) for token in texts]

    def merge(self, other: LanguageStatistics) -> None:
        """Take in what another one has seen."""
        self.sequences += other.sequences
        self.tokens += other.tokens
        self.known += other.known
        self.lengths.merge(other.lengths)
        self.token_lengths.merge(other.token_lengths)
        self.token_moments.merge(other.token_moments)
        self.occurrences += other.occurrences
        for token, theirs in other.watched.items():
            mine = self.watched.get(token)
            self.watched[token] = (
                theirs
                if mine is None
                else [
                    mine[0] + theirs[0],
                    mine[1] + theirs[1],
                    min(mine[2], theirs[2]),
                    max(mine[3], theirs[3]),
                ]
            )

    def state(self) -> dict[str, Any]:
        """What `from_state` makes an equal one from."""
        return {
            "numbers": [self.sequences, self.tokens, self.known],
            "lengths": self.lengths.state(),
            "token_lengths": self.token_lengths.state(),
            "token_moments": self.token_moments.state(),
            "occurrences": dict(self.occurrences),
            "watched": [[token, counts] for token, counts in self.watched.items()],
        }

    @classmethod
    def from_state(cls, state: dict[str, Any], language: Language) -> LanguageStatistics:
        """The one that `state` was taken of."""
        made = cls(language)
        made.sequences, made.tokens, made.known = state["numbers"]
        made.lengths = QuantileSketch.from_state(state["lengths"])
        made.token_lengths = QuantileSketch.from_state(state["token_lengths"])
        made.token_moments = Moments.from_state(state["token_moments"])
        made.occurrences = Counter(state["occurrences"])
        made.watched = dict(state["watched"])
        return made


def _rows(column: Column) -> list[list[Any]]:
    """The values of each row that has any."""
    values = column.values.to_pylist()
    if column.row_of is None:
        return [[value] for value in values]
    ends = np.flatnonzero(np.diff(column.row_of, append=-1)) + 1
    starts = [0, *ends[:-1].tolist()]
    return [values[start:end] for start, end in zip(starts, ends.tolist(), strict=True)]
