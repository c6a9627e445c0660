"""Products of many small matrices, wherever they lie (native/batched_product.cc)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tidefall.native.library import Ints, Run

FEWEST_MATRICES = 8
FEWEST_MULTIPLICATIONS = 1 << 18
LARGEST = 512
"""Sizes of matrices; XLA's products of larger ones are as fast, transposed copies and all."""


def _steps(labels: Sequence[str], sizes: dict[str, int]) -> dict[str, int]:
    """How far apart the elements are along each dimension."""
    steps, step = {}, 1
    for label in reversed(labels):
        steps[label] = step
        step *= sizes[label]
    return steps


def batched_settings(
    a: Sequence[str], b: Sequence[str], out: Sequence[str], sizes: dict[str, int]
) -> tuple[bool, Ints] | None:
    """How the kernel is told of a product in index notation; None if it is not made for it.

    Args:
        a: the labels of the dimensions of one array.
        b: those of the other.
        out: those of the result; each is in `a` or `b` or both.
        sizes: the size of each.

    Returns:
        Whether the two arrays change places, and the settings.

    >>> batched_settings("bik", "bkj", "bij", dict(b=9, i=64, j=64, k=32))
    (False, (1, 9, 2048, 2048, 4096, 64, 64, 32, 32, 1, 64, 1, 64))
    """
    batch = [v for v in out if v in a and v in b]
    rows = [v for v in a if v in out and v not in b]
    columns = [v for v in b if v in out and v not in a]
    inner = [v for v in a if v in b and v not in out]
    known = len(set(a)), len(set(b)), len(set(out))
    used = (len(batch) + len(rows) + len(inner), len(batch) + len(columns) + len(inner))
    if known != (len(a), len(b), len(out)) or used != known[:2]:
        return None
    if not len(rows) == len(columns) == len(inner) == 1:
        return None
    if out[-1] == rows[0]:
        swapped = batched_settings(b, a, out, sizes)
        return swapped and (True, swapped[1])
    matrix = [sizes[v[0]] for v in (rows, columns, inner)]
    count = math.prod(sizes[v] for v in batch)
    if count < FEWEST_MATRICES or count * math.prod(matrix) < FEWEST_MULTIPLICATIONS:
        return None
    of_a, of_b, of_out = (_steps(labels, sizes) for labels in (a, b, out))
    (i,), (j,), (k,) = rows, columns, inner
    if out[-1] != j or 1 not in (of_a[i], of_a[k]) or max(matrix) > LARGEST:
        return None
    each = [n for v in batch for n in (sizes[v], of_a[v], of_b[v], of_out[v])]
    return False, (len(batch), *each, *matrix, of_a[i], of_a[k], of_b[k], of_b[j], of_out[i])


def batched_product(run: Run, x: Any, y: Any, shape: Ints, how: tuple[bool, Ints]) -> Any:
    """The product of `x` and `y`, an array of `shape`.

    Args:
        run: `library.call` or `library.lowered`.
        x: one float32 array.
        y: another.
        shape: of the result.
        how: what `batched_settings` returned.
    """
    swapped, settings = how
    given = [y, x] if swapped else [x, y]
    return run("batched_product", given, [(shape, x.dtype)], settings)[0]
