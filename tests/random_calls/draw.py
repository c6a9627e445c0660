"""Random arguments: what the tables of families draw shapes, dtypes, axes and modes from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tests.oracle.spec import Composite, Gen, const, ragged, sparse, tensor

FLOATS = ("float32", "float32", "float32", "float64", "float16", "bfloat16")
WIDE = ("float32", "float32", "float64")
COMPLEX = ("complex64", "complex128")
INTS = ("int32", "int32", "int64", "int8", "uint8", "int16", "uint16", "uint32", "uint64")
INDICES = ("int32", "int32", "int64")
REALS = (*FLOATS, *INTS)
NUMBERS = (*FLOATS, *FLOATS, *COMPLEX, *INTS)
ANY = (*NUMBERS, "bool", "string")

Call = tuple[tuple[Any, ...], dict[str, Any]]
Maker = Callable[["Draw"], Call]
Table = dict[str, Maker]


def call(*args: Any, **kwargs: Any) -> Call:
    """The arguments of one call."""
    return args, kwargs


class Draw:
    """Draws arguments from one seed; they depend on it alone."""

    def __init__(self, seed: int):
        self.rng = np.random.Generator(np.random.PCG64(seed))

    # ---- choices ----

    def int(self, low: int, high: int) -> int:
        """An integer from `low` to `high`, both included."""
        return int(self.rng.integers(low, high + 1))

    def pick(self, *options: Any) -> Any:
        """One of the options."""
        return options[self.int(0, len(options) - 1)]

    def chance(self, probability: float) -> bool:
        """True so often."""
        return bool(self.rng.random() < probability)

    def flag(self) -> bool:
        """True or False."""
        return self.chance(0.5)

    def maybe(self, **options: Any) -> dict[str, Any]:
        """Each of the keywords, half of the time."""
        return {key: value for key, value in options.items() if self.flag()}

    # ---- shapes and axes ----

    def size(self) -> int:
        """A dimension: 1 to 4, seldom 0."""
        return self.pick(0, *[1, 2, 2, 3, 3, 4] * 3)

    def shape(self, low: int = 0, high: int = 3) -> tuple[int, ...]:
        """A shape of a rank between the two."""
        return tuple(self.size() for _ in range(self.int(low, high)))

    def broadcasting(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Two shapes that broadcast, seldom two that do not."""
        whole = self.shape()
        first, second = [
            tuple(1 if self.chance(0.2) else d for d in whole[self.int(0, len(whole)) :])
            if self.flag()
            else whole
            for _ in range(2)
        ]
        return (first, self.shape()) if self.chance(0.05) else (first, second)

    def axis(self, rank: int) -> int:
        """An axis of a tensor of this rank, seldom one that it has not."""
        if rank == 0 or self.chance(0.08):
            return self.int(-rank - 2, rank + 1)
        return self.int(-rank, rank - 1)

    def axes(self, rank: int) -> Any:
        """None, one axis, or several."""
        if self.chance(0.25):
            return None
        if self.flag():
            return self.axis(rank)
        picked = [self.axis(rank) for _ in range(self.int(0, min(rank, 3)))]
        return picked if self.chance(0.1) else sorted({a % max(rank, 1) for a in picked})

    # ---- tensors ----

    def x(
        self,
        dtypes: Sequence[str] | str = FLOATS,
        shape: Sequence[int] | None = None,
        low: float | None = None,
        high: float | None = None,
        kind: str = "uniform",
    ) -> Gen:
        """A tensor."""
        dtype = dtypes if isinstance(dtypes, str) else self.pick(*dtypes)
        if dtype.startswith("u") and low is not None:
            low = max(low, 0)
        return Gen(tuple(self.shape() if shape is None else shape), dtype, low, high, kind)

    def pair(self, dtypes: Sequence[str] = REALS, **limits: Any) -> tuple[Any, Any]:
        """Two tensors of one dtype that broadcast; seldom a Python number in place of one."""
        dtype = self.pick(*dtypes)
        first, second = self.broadcasting()
        pair: list[Any] = [self.x(dtype, first, **limits), self.x(dtype, second, **limits)]
        if self.chance(0.12):
            pair[self.int(0, 1)] = self.pick(2, 1.5, True, -1, 0, 3)
        return pair[0], pair[1]

    def index(self, shape: Sequence[int], below: int) -> Gen:
        """A tensor of indices, seldom with some out of range."""
        odd = self.chance(0.06)
        return self.x(INDICES, shape, low=-1 if odd else 0, high=max(below + 2 * odd, 1))

    def shape_like(self, value: Sequence[int]) -> Any:
        """A shape as people give it: list, tuple, tensor, array."""
        numbers = [int(v) for v in value]
        kinds = [
            lambda: numbers,
            lambda: tuple(numbers),
            lambda: const(numbers, "int32"),
            lambda: const(numbers, "int64"),
            lambda: tensor(numbers, "int32"),
            lambda: np.array(numbers, np.int32),
        ]
        return self.pick(*kinds)()

    def ragged(self, dtypes: Sequence[str] | str = REALS, inner: Sequence[int] = ()) -> Composite:
        """A ragged tensor of one or two ragged dimensions."""
        splits = [self._splits(self.int(0, 4))]
        if self.chance(0.3):
            splits.append(self._splits(splits[-1][-1]))
        return ragged(self.x(dtypes, (splits[-1][-1], *inner)), *splits)

    def _splits(self, rows: int) -> list[int]:
        return [0, *np.cumsum(self.rng.integers(0, 4, rows)).tolist()]

    def sparse(self, dtypes: Sequence[str] | str = REALS, rank: int | None = None) -> Composite:
        """A sparse tensor with its indices in order, seldom not."""
        shape = [self.int(1, 4) for _ in range(self.int(1, 3) if rank is None else rank)]
        places = np.argwhere(self.rng.random(shape) < 0.4)
        if self.chance(0.08):
            places = places[::-1]
        indices = np.ascontiguousarray(places).astype(np.int64).reshape(-1, len(shape))
        return sparse(indices, self.x(dtypes, (len(indices),)), shape)
