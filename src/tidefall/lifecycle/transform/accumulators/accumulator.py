"""What every accumulator does, and how what it holds is written to a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np


class Accumulator(Protocol):
    """Gathers batches of arrays; merges; gives a value.

    Merging is exact in counts and associative up to rounding; parts are merged in the order of the
    files, so the value does not depend on which parts came from a cache.
    """

    def add(self, *arrays: np.ndarray) -> None:
        """Take a batch in: one array for each input of the analyzer."""
        ...

    def merge(self, other: Any) -> None:
        """Take in what another one of the same settings has gathered."""
        ...

    def value(self) -> list[np.ndarray]:
        """The analyzer's outputs."""
        ...

    def state(self) -> dict[str, np.ndarray]:
        """All it holds, as arrays without objects."""
        ...

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Hold what `state` gave."""
        ...


@runtime_checkable
class ColumnAccumulator(Protocol):
    """An accumulator of strings that takes them as an Arrow array, too, which is faster."""

    def add_column(self, column: Any) -> None:
        """Take in strings without nulls."""
        ...


def pack_strings(strings: Sequence[bytes]) -> dict[str, np.ndarray]:
    """Strings as two arrays: all bytes, and the lengths."""
    return {
        "bytes": np.frombuffer(b"".join(strings), np.uint8),
        "lengths": np.fromiter(map(len, strings), np.int64, len(strings)),
    }


def unpack_strings(state: dict[str, np.ndarray]) -> list[bytes]:
    """The strings that `pack_strings` was given."""
    content = state["bytes"].tobytes()
    ends = np.cumsum(state["lengths"]).tolist()
    return [content[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)]


def grown(array: np.ndarray, shape: tuple[int, ...], fill: Any) -> np.ndarray:
    """An array in the upper corner of a larger one."""
    if array.shape == shape:
        return array
    larger = np.full(shape, fill, array.dtype)
    larger[tuple(slice(0, size) for size in array.shape)] = array
    return larger


def common_shape(a: np.ndarray, b: np.ndarray) -> tuple[int, ...]:
    """The least shape that holds both."""
    return tuple(max(x, y) for x, y in zip(a.shape, b.shape, strict=True))
