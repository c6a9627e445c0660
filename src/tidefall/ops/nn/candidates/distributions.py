"""The laws that candidate samplers draw classes by, each from the words TensorFlow would use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tidefall.base.errors import NotFoundError
from tidefall.ops.common import invalid
from tidefall.ops.random import philox

_AT_ONCE = 64
"""Blocks of random words that are made at a time."""
_WORDS = 2**32


class Distribution:
    """How likely each class is, and how one is drawn.

    Attributes:
        size: the number of classes.
    """

    def __init__(self, size: int):
        self.size = size

    def read(self, words: np.ndarray) -> tuple[np.ndarray, int]:
        """The classes that a vector of random words stands for, and how many words they took."""
        raise NotImplementedError

    def chance(self, classes: np.ndarray) -> np.ndarray:
        """The chance of each class."""
        raise NotImplementedError

    def learn(self, classes: np.ndarray) -> None:
        """Take note of the true classes of a batch."""

    @property
    def possible(self) -> int:
        """How many classes may be drawn at all."""
        return self.size

    def draws(self, where: tuple[int, int]) -> Iterator[np.ndarray]:
        """Drawn classes without end, some at a time; `where` is a key and a counter."""
        start, words = 0, np.empty(0, np.uint32)
        while True:
            index = np.arange(start, start + _AT_ONCE, dtype=np.uint64)
            words = np.concatenate([words, philox.blocks(*where, index).reshape(-1)])
            classes, used = self.read(words)
            yield classes
            words = words[used:]
            start += _AT_ONCE


class Uniform(Distribution):
    """Every class as likely as the others."""

    def read(self, words: np.ndarray) -> tuple[np.ndarray, int]:
        pairs = words[: len(words) // 2 * 2].reshape(-1, 2)
        return (philox.to_uint64(pairs) % np.uint64(self.size)).astype(np.int64), pairs.size

    def chance(self, classes: np.ndarray) -> np.ndarray:
        return np.full(classes.shape, 1 / self.size)


class LogUniform(Distribution):
    """The law of Zipf: class k has the chance `log((k + 2) / (k + 1)) / log(size + 1)`."""

    def read(self, words: np.ndarray) -> tuple[np.ndarray, int]:
        pairs = words[: len(words) // 2 * 2].reshape(-1, 2)
        unit = philox.to_unit(np, pairs, np.float64)
        # Rounding may give the size itself, which TensorFlow wraps round.
        classes = (np.exp(unit * np.log1p(self.size)) - 1).astype(np.int64) % self.size
        return classes, pairs.size

    def chance(self, classes: np.ndarray) -> np.ndarray:
        return np.log((classes + 2.0) / (classes + 1.0)) / np.log1p(self.size)


class Everything(Distribution):
    """All classes, in order."""

    def draws(self, where: tuple[int, int]) -> Iterator[np.ndarray]:
        while True:
            yield np.arange(self.size, dtype=np.int64)

    def chance(self, classes: np.ndarray) -> np.ndarray:
        return np.full(classes.shape, 1 / self.size)


class Weighted(Distribution):
    """Classes with given weights, drawn by Walker's alias method.

    Each class owns a column of the same width: a part for itself, the rest for one other class.
    """

    def __init__(self, weights: Sequence[float]):
        super().__init__(len(weights))
        self.weights = np.array(weights, np.float32)
        # TensorFlow adds the weights up one by one in float32.
        self.total = self.weights.cumsum(dtype=np.float32)[-1]
        self.own, self.other = _columns(self.weights)

    @property
    def possible(self) -> int:
        return int(np.count_nonzero(self.weights))

    def read(self, words: np.ndarray) -> tuple[np.ndarray, int]:
        dropped = 0
        while True:
            pairs = words[: len(words) // 2 * 2].reshape(-1, 2)
            refused = np.flatnonzero(_refused(pairs[:, 1], self.size))
            if not refused.size:
                break
            words = np.delete(words, 2 * refused[0] + 1)
            dropped += 1
        column = pairs[:, 1] % np.uint32(self.size)
        stays = philox.to_unit(np, pairs[:, 0], np.float32) < self.own[column]
        return np.where(stays, column, self.other[column]).astype(np.int64), pairs.size + dropped

    def chance(self, classes: np.ndarray) -> np.ndarray:
        return self.weights[classes] / self.total


class Learned(Distribution):
    """Classes as likely as they were seen before, each once to begin with."""

    def __init__(self, size: int):
        super().__init__(size)
        self.seen = np.ones(size, np.int64)

    def read(self, words: np.ndarray) -> tuple[np.ndarray, int]:
        bounds = np.cumsum(self.seen)
        total = int(bounds[-1])
        ticket = words[~_refused(words, total)] % np.uint32(total)
        return np.searchsorted(bounds, ticket, side="right").astype(np.int64), len(words)

    def chance(self, classes: np.ndarray) -> np.ndarray:
        return (self.seen[classes] / self.seen.sum()).astype(np.float32)

    def learn(self, classes: np.ndarray) -> None:
        np.add.at(self.seen, classes.reshape(-1), 1)


def _refused(words: np.ndarray, below: int) -> np.ndarray:
    """Words that would make the remainders below a number uneven; a power of two has none."""
    if below & (below - 1) == 0:
        return np.zeros(words.shape, bool)
    return words < np.uint32((_WORDS - 1) % below + 1)


def _columns(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each column the part that belongs to its class, and the class of the rest."""
    count = len(weights)
    scaled = (weights * np.float32(count)).astype(np.float64) / weights.astype(np.float64).sum()
    part = scaled.tolist()
    own, other = np.ones(count, np.float64), np.arange(count)
    low = [i for i, p in enumerate(part) if p < 1]
    high = [i for i, p in enumerate(part) if not p < 1]
    while low and high:
        small, large = low.pop(), high.pop()
        own[small], other[small] = part[small], large
        part[large] -= 1 - part[small]
        (low if part[large] < 1 else high).append(large)
    return own.astype(np.float32), other


def read_weights(path: str) -> list[float]:
    """The weights in a vocabulary file: what stands behind the last comma of each line.

    Raises:
        NotFoundError: if there is no such file.
        InvalidArgumentError: for a line that does not end in a number.
    """
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().split("\n")
    except FileNotFoundError:
        raise NotFoundError(None, None, f"{path}; No such file or directory") from None
    except OSError as error:
        raise invalid(f"vocab_file cannot be read: {error.strerror}: {path[:200]}") from None
    weights = []
    for line in filter(None, lines):
        try:
            weights.append(float(line.rpartition(",")[2]))
        except ValueError:
            raise invalid(f"Wrong vocabulary format at line: {line}") from None
    return weights


def unigrams(
    weights: Sequence[float], distortion: float, num_reserved_ids: int, num_shards: int, shard: int
) -> list[float]:
    """The weights of the classes of a shard: none for those reserved, then powers of the given."""
    own = [0.0 for i in range(num_reserved_ids) if i % num_shards == shard]
    first = len(own)
    given = np.array(weights, np.float32) ** np.float32(distortion)
    mine = (np.arange(len(given)) + first) % num_shards == shard
    return own + given[mine].tolist()
