"""The distinct strings of a column, chosen and put in order."""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tidefall.lifecycle.transform.accumulators.accumulator import pack_strings, unpack_strings
from tidefall.lifecycle.transform.accumulators.token_counts import TokenCounts

_UNWRITABLE = re.compile(rb"^$|[\n\r]")

EMPTY_STRING_VOCABULARY = b"49d0cd50-04bb-48c0-bc6f-5b575dce351a"
"""The one entry of an empty vocabulary, as tables cannot be empty; TensorFlow Transform's."""
EMPTY_INTEGER_VOCABULARY = b"-1"


@dataclass(frozen=True)
class Choice:
    """Which strings a vocabulary keeps, and in which order.

    Attributes:
        top_k: keep the most frequent ones, or None for all.
        frequency_threshold: keep those at least so frequent.
        coverage_top_k: keep also the most frequent ones of each key.
        coverage_frequency_threshold: of them, those at least so frequent.
        key_fn: a function from a string to its key, for coverage.
        fingerprint_shuffle: order by a hash instead of by frequency.
        store_frequency: write the frequency before each string.
        reserved_tokens: strings that come first whether they occur or not.
        is_text: whether the file has lines, so that no string may have a line break or be empty.
        is_string: False for integers, whose decimal digits are written.
        by_information: thresholds and order go by mutual information with the labels.
        adjusted: information beyond what chance gives.
        min_diff_from_avg: how far co-occurrences have to be from chance to count; None for a value
            by the number of rows.
    """

    top_k: int | None = None
    frequency_threshold: float = 0
    coverage_top_k: int | None = None
    coverage_frequency_threshold: float = 0
    key_fn: Callable[[Any], Any] | None = None
    fingerprint_shuffle: bool = False
    store_frequency: bool = False
    reserved_tokens: tuple[bytes, ...] = ()
    is_text: bool = True
    is_string: bool = True
    by_information: bool = False
    adjusted: bool = False
    min_diff_from_avg: float | None = None


class Vocabulary:
    """Counts strings, or sums their weights."""

    def __init__(self, choice: Choice):
        self._choice = choice
        self._counts = TokenCounts(choice.is_string)

    def add(self, tokens: np.ndarray, weights: np.ndarray | None = None) -> None:
        """Take a batch in: strings or integers `[n]`, and weights `[n]`."""
        self._counts.add(tokens, weights)

    def add_column(self, tokens: Any) -> None:
        """Take in an Arrow array of strings or integers, without nulls."""
        self._counts.add_column(tokens)

    def merge(self, other: Vocabulary) -> None:
        self._counts.merge(other._counts)

    def _ranked(self) -> list[tuple[float, bytes]]:
        tokens, counts = self._counts.ranked()
        return ranked_counts(zip(counts, tokens, strict=True), self._choice)

    def lines(self) -> list[bytes]:
        """What the file says, one item a line or record."""
        return chosen_lines(self._ranked(), self._choice)

    def value(self) -> list[np.ndarray]:
        """How many strings there were, and how many are kept."""
        return sizes(self._ranked(), self._choice)

    def state(self) -> dict[str, np.ndarray]:
        return self._counts.state()

    def restore(self, state: dict[str, np.ndarray]) -> None:
        self._counts.restore(state)


def ranked_counts(counts: Iterable[tuple[float, Any]], choice: Choice) -> list[tuple[float, bytes]]:
    """Frequencies and strings that may be written, most frequent first, then by string."""
    pairs = list(counts)
    if not choice.is_string:
        pairs = [(count, b"%d" % number) for count, number in pairs]
    elif choice.is_text:
        pairs = [(count, token) for count, token in pairs if not _UNWRITABLE.search(token)]
    return sorted(pairs, reverse=True)


def _chosen(ranked: Sequence[tuple[float, bytes]], choice: Choice) -> list[tuple[float, bytes]]:
    kept = [pair for pair in ranked if pair[0] >= choice.frequency_threshold]
    if choice.top_k is not None:
        kept = kept[: choice.top_k]
    if choice.key_fn is not None:
        seen = {token for _, token in kept}
        of_key: Counter[Any] = Counter()
        for pair in ranked:
            key = choice.key_fn(pair[1])
            if pair[0] < choice.coverage_frequency_threshold:
                continue
            of_key[key] += 1
            if choice.coverage_top_k is not None and of_key[key] > choice.coverage_top_k:
                continue
            if pair[1] not in seen:
                kept.append(pair)
        kept.sort(reverse=True)
    reserved = set(choice.reserved_tokens)
    kept = [pair for pair in kept if pair[1] not in reserved]
    if choice.fingerprint_shuffle:
        kept.sort(key=lambda pair: hashlib.sha1(pair[1], usedforsecurity=False).digest())
    return kept


def chosen_lines(ranked: Sequence[tuple[float, bytes]], choice: Choice) -> list[bytes]:
    """The lines of a vocabulary's file."""
    pairs: list[tuple[float, bytes]] = [(-1, token) for token in choice.reserved_tokens]
    pairs += _chosen(ranked, choice)
    if not pairs:
        nothing = EMPTY_STRING_VOCABULARY if choice.is_string else EMPTY_INTEGER_VOCABULARY
        pairs = [(1, nothing)]
    if not choice.store_frequency:
        return [token for _, token in pairs]
    return [b"%s %s" % (str(frequency).encode(), token) for frequency, token in pairs]


def sizes(ranked: Sequence[tuple[float, bytes]], choice: Choice) -> list[np.ndarray]:
    """How many strings there were, and how many are kept, each int64."""
    reserved = len(choice.reserved_tokens)
    kept = len(_chosen(ranked, choice)) + reserved
    return [np.array(len(ranked) + reserved, np.int64), np.array(kept, np.int64)]


class LabelledVocabulary:
    """Ranks strings by the information that they give about labels."""

    def __init__(self, choice: Choice):
        self._choice = choice
        self._numbers: dict[Any, int] = {}
        self._with = np.zeros((0, 0))
        self._labels = np.zeros(0)
        self._rows = 0

    def add(
        self, tokens: np.ndarray, rows: np.ndarray, labels: np.ndarray,
        weights: np.ndarray | None = None,
    ) -> None:  # fmt: skip
        """Take a batch in.

        Args:
            tokens: strings or integers `[n]`.
            rows: `[n]`, the row that each token is of.
            labels: integers `[batch]`, from 0.
            weights: `[batch]`, or None for 1 each.
        """
        labels = labels.ravel().astype(np.int64)
        if labels.size and labels.min() < 0:
            raise ValueError(f"labels should be from 0, got {labels.min()}")
        heavy = np.ones(len(labels)) if weights is None else weights.ravel().astype(np.float64)
        numbers = self._numbers
        listed = tokens.ravel().tolist()
        at = np.fromiter((numbers.setdefault(t, len(numbers)) for t in listed), np.int64)
        classes = max(len(self._labels), int(labels.max(initial=-1)) + 1)
        self._grow(len(numbers), classes)
        np.add.at(self._with, (at, labels[rows]), heavy[rows])
        np.add.at(self._labels, labels, heavy)
        self._rows += len(labels)

    def _grow(self, tokens: int, classes: int) -> None:
        held, self._with = self._with, np.zeros((tokens, classes))
        self._with[: held.shape[0], : held.shape[1]] = held
        self._labels = np.pad(self._labels, (0, classes - len(self._labels)))

    def merge(self, other: LabelledVocabulary) -> None:
        for token in other._numbers:
            self._numbers.setdefault(token, len(self._numbers))
        self._grow(len(self._numbers), max(len(self._labels), len(other._labels)))
        at = np.array([self._numbers[token] for token in other._numbers], np.int64)
        if len(at):
            self._with[at, : other._with.shape[1]] += other._with
        self._labels[: len(other._labels)] += other._labels
        self._rows += other._rows

    def _ranked(self) -> list[tuple[float, bytes]]:
        least = self._choice.min_diff_from_avg
        if least is None:
            least = recommended_min_diff_from_avg(self._rows)
        information = [
            (mutual_information(self._with[i], self._labels, least, self._choice.adjusted), token)
            for token, i in self._numbers.items()
        ]
        return ranked_counts(information, self._choice)

    def lines(self) -> list[bytes]:
        """What the file says, one item a line or record."""
        return chosen_lines(self._ranked(), self._choice)

    def value(self) -> list[np.ndarray]:
        """How many strings there were, and how many are kept."""
        return sizes(self._ranked(), self._choice)

    def state(self) -> dict[str, np.ndarray]:
        tokens = list(self._numbers)
        named = pack_strings(tokens) if self._choice.is_string else {"integers": np.array(tokens)}
        return {
            **named, "with": self._with, "labels": self._labels, "rows": np.array(self._rows),
        }  # fmt: skip

    def restore(self, state: dict[str, np.ndarray]) -> None:
        listed = unpack_strings(state) if self._choice.is_string else state["integers"].tolist()
        self._numbers = {token: i for i, token in enumerate(listed)}
        self._with, self._labels = state["with"].copy(), state["labels"].copy()
        self._rows = int(state["rows"])


def recommended_min_diff_from_avg(rows: int) -> int:
    """How far from chance co-occurrences should be: 2 for 10,000 rows, 25 for a million."""
    return int(min(25, max(2, (rows - 10_000) / 990_000 * 23 + 2)))


def mutual_information(
    together: np.ndarray, labels: np.ndarray, min_diff_from_avg: float, adjusted: bool
) -> float:
    """Information between a string and the labels, in bits, times all weight.

    Args:
        together: `[classes]`, the weight of the rows with the string and each label.
        labels: `[classes]`, the weight of the rows with each label.
        min_diff_from_avg: labels whose co-occurrence is nearer to chance do not count.
        adjusted: whether to subtract what chance would give.
    """
    total, own = float(labels.sum()), float(together.sum())
    if not total or not own or round(own) == round(total):
        return 0.0
    if round(own) > round(total):
        raise ValueError(
            f"a string occurs in {own:g} of {total:g} rows. With labels, each row should have it "
            "at most once: call tft.deduplicate_tensor_per_row before."
        )
    information = 0.0
    for joint, label in zip(together.tolist(), labels.tolist(), strict=True):
        joint = min(max(joint / own, 1e-6), 1 - 1e-6) * own
        if not label or abs(own * label / total - joint) < min_diff_from_avg:
            continue
        information += joint * math.log2(joint * total / (own * label))
        if adjusted:
            information -= _expected_information(total, own, label)
    return information


def _expected_information(total: float, own: float, label: float) -> float:
    """What `mutual_information` of one label is on average where rows are drawn by chance."""
    joint = np.arange(round(max(0.0, own + label - total)), round(min(own, label)) + 1, dtype=float)

    def log_factorial(n: Any) -> Any:
        return np.vectorize(math.lgamma)(np.maximum(n, 0) + 1.0)

    chance = -(
        log_factorial(joint) + log_factorial(own - joint) + log_factorial(label - joint)
        + log_factorial(total - own - label + joint)
    )  # fmt: skip
    chance = np.exp(chance - chance.max())
    bits = np.zeros_like(joint)
    some = joint > 0
    bits[some] = joint[some] * np.log2(joint[some] * total / (own * label))
    return float((bits * chance).sum() / chance.sum())
