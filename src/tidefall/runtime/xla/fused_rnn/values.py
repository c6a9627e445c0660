"""What is known of the values in a loop's body while it is turned into a program on rows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tidefall.native.fused_rnn import View


class NotFusible(Exception):
    """The loop does something else than to compute rows of matrices from the same rows."""


@dataclass(frozen=True)
class Rows:
    """A float32 or bool array, of a row for each of the batch; bools are 0 and 1.

    Attributes:
        place: where it lies.
        shape: of the whole, after the batch.
    """

    place: View
    shape: tuple[int, ...]

    @property
    def columns(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True)
class Flipped:
    """A transposed matrix of rows."""

    rows: Rows


@dataclass(frozen=True, eq=False)
class Numbers:
    """A whole number or bool that depends on the iteration alone.

    Attributes:
        each: what it is in each iteration.
    """

    each: np.ndarray


@dataclass(frozen=True, eq=False)
class Fixed:
    """What is the same in all iterations.

    Attributes:
        value: array of the program around the loop, or known.
        flipped: the matrix of which it is the transpose, if it is one.
    """

    value: Any
    flipped: Any = None


@dataclass(frozen=True, eq=False)
class Carried:
    """A loop variable as an iteration finds it, not used yet.

    Attributes:
        position: its number.
        shape: its shape.
    """

    position: int
    shape: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Stack:
    """A loop variable whose matrices are written, one in each iteration.

    Attributes:
        position: its number.
        version: how often the iteration has written to it.
    """

    position: int
    version: int


@dataclass(frozen=True, eq=False)
class Listed:
    """A vector of numbers that iterations write to, one each.

    Attributes:
        position: the number of the loop variable.
        values: what the vector holds after the loop.
    """

    position: int
    values: np.ndarray


@dataclass(frozen=True, eq=False)
class Contraction:
    """Products of the columns of two arrays, summed over rows; or sums of columns, without `a`.

    No row needs these in the loop. If they are only added up, that is done after it, for all
    iterations at once.
    """

    b: Rows
    a: Rows | None = None


@dataclass(frozen=True, eq=False)
class Applied:
    """A linear operation on sums: what it makes of each iteration's adds up to that of all.

    Attributes:
        equation: the operation.
        arguments: sums, and what is known.
    """

    equation: Any
    arguments: list[Sum | Fixed]


@dataclass(frozen=True, eq=False)
class Sum:
    """Contractions added up, and the loop variable they are added to.

    Attributes:
        parts: what is added.
        position: the number of the loop variable; None before it is met.
    """

    parts: list[Contraction | Applied] = field(default_factory=list[Contraction | Applied])
    position: int | None = None

    def contractions(self) -> Iterator[Contraction]:
        """Those it is made of."""
        for part in self.parts:
            if isinstance(part, Contraction):
                yield part
            else:
                for argument in part.arguments:
                    if isinstance(argument, Sum):
                        yield from argument.contractions()


Value = Rows | Flipped | Numbers | Fixed | Carried | Stack | Listed | Sum


def line(numbers: np.ndarray) -> tuple[int, int]:
    """The first of evenly spaced whole numbers, and the step between them."""
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu":
        raise NotFusible
    first = int(numbers[0])
    step = int(numbers[1]) - first if len(numbers) > 1 else 0
    if not np.array_equal(numbers, first + step * np.arange(len(numbers))):
        raise NotFusible
    return first, step
