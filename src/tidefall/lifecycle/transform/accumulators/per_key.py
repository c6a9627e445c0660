"""One accumulator for each key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.lifecycle.transform.accumulators.accumulator import (
    Accumulator,
    pack_strings,
    unpack_strings,
)
from tidefall.lifecycle.transform.accumulators.token_counts import TokenCounts


class PerKey:
    """Keeps an accumulator for each key that was seen.

    Args:
        make: a function that makes an empty one.
        outputs: how many outputs one has.
    """

    def __init__(self, make: Callable[[], Accumulator], outputs: int):
        self._make, self._outputs = make, outputs
        self._of: dict[bytes, Accumulator] = {}

    def add(self, keys: np.ndarray, *arrays: np.ndarray) -> None:
        """Take a batch in: key `[n]`, and arrays with n rows."""
        if not len(keys):
            return
        numbers: dict[bytes, int] = {}
        at = np.fromiter((numbers.setdefault(k, len(numbers)) for k in keys), np.int64, len(keys))
        order = np.argsort(at, kind="stable")
        ends = np.cumsum(np.bincount(at, minlength=len(numbers)))
        start = 0
        for key, end in zip(numbers, ends.tolist(), strict=True):
            rows = order[start:end]
            self._one(key).add(*(array[rows] for array in arrays))
            start = end

    def _one(self, key: bytes) -> Accumulator:
        one = self._of.get(key)
        if one is None:
            one = self._of[key] = self._make()
        return one

    def merge(self, other: PerKey) -> None:
        for key, theirs in other._of.items():
            if key in self._of:
                self._of[key].merge(theirs)
            else:
                self._of[key] = theirs

    def value(self) -> list[np.ndarray]:
        """The keys in ascending order, and the outputs, key by key along the first axis."""
        keys = sorted(self._of)
        if not keys:
            empty = [np.asarray(one)[None][:0] for one in self._make().value()]
            return [np.zeros(0, object), *empty]
        values = [self._of[key].value() for key in keys]
        stacked = [np.stack([one[i] for one in values]) for i in range(self._outputs)]
        return [np.array(keys, object), *stacked]

    def lines(self) -> list[bytes]:
        """What a file of the values says."""
        keys, *columns = self.value()
        return [
            b"%s %s" % (",".join(str(c) for c in np.ravel(row)).encode(), key)
            for key, *row in zip(keys, *columns, strict=True)
        ] or [b"0 49d0cd50-04bb-48c0-bc6f-5b575dce351a"]

    def state(self) -> dict[str, np.ndarray]:
        keys = list(self._of)
        flat = {f"keys.{name}": value for name, value in pack_strings(keys).items()}
        for number, key in enumerate(keys):
            for name, value in self._of[key].state().items():
                flat[f"{number}.{name}"] = value
        return flat

    def restore(self, state: dict[str, np.ndarray]) -> None:
        keys = unpack_strings({n: state[f"keys.{n}"] for n in ("bytes", "lengths")})
        parts: list[dict[str, np.ndarray]] = [{} for _ in keys]
        for name, value in state.items():
            number, _, rest = name.partition(".")
            if number != "keys":
                parts[int(number)][rest] = value
        for key, part in zip(keys, parts, strict=True):
            self._one(key).restore(part)


class KeyCounts:
    """How often each string occurred."""

    def __init__(self) -> None:
        self._counts = TokenCounts()

    def add(self, keys: np.ndarray) -> None:
        """Take strings in, of any shape."""
        self._counts.add(keys)

    def add_column(self, keys: Any) -> None:
        """Take in an Arrow array of strings, without nulls."""
        self._counts.add_column(keys)

    def merge(self, other: KeyCounts) -> None:
        self._counts.merge(other._counts)

    def value(self) -> list[np.ndarray]:
        """The strings in ascending order, and their numbers."""
        keys, counts = self._counts.in_order()
        return [np.array(keys, object), counts.astype(np.int64)]

    def lines(self) -> list[bytes]:
        """What a file of the counts says."""
        return [b"%d %s" % (count, key) for key, count in zip(*self.value(), strict=True)] or [
            b"1 49d0cd50-04bb-48c0-bc6f-5b575dce351a"
        ]

    def state(self) -> dict[str, np.ndarray]:
        return self._counts.state()

    def restore(self, state: dict[str, np.ndarray]) -> None:
        self._counts.restore(state)
