"""Fractional pooling: windows of two sizes in a random order, so that sizes shrink by any factor.

Graham, "Fractional Max-Pooling", https://arxiv.org/abs/1412.6071.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.ops.common import invalid, named, same_as
from tidefall.ops.nn.convolution.ops import shape_of
from tidefall.ops.random import philox
from tidefall.ops.random.seeds import check_own_seed, op_seeds

# ---- where the windows begin ----


class _Words:
    """The random words of one call."""

    def __init__(self, seed: int, seed2: int):
        if seed == 0 and seed2 == 0:
            seed, seed2 = (int.from_bytes(os.urandom(8), "little") for _ in range(2))
        self._key, self._counter = seed & (2**64 - 1), (seed2 & (2**64 - 1)) << 64

    def take(self, count: int) -> np.ndarray:
        blocks = -(-count // 4)
        index = np.arange(blocks, dtype=np.uint64)
        words = philox.blocks(self._key, self._counter, index).reshape(-1)[:count]
        self._counter += blocks
        return words


def _shuffled(size: int, count: int, words: _Words) -> np.ndarray:
    """Windows of the two sizes nearest to the ratio, in random order."""
    widths = np.full(count, size // count)
    widths[: size % count] += 1
    for i, word in enumerate(words.take(count)[: count - 1].tolist()):
        j = i + word % (count - i)
        widths[i], widths[j] = widths[j], widths[i]
    return widths


def _stepped(size: int, count: int, words: _Words) -> np.ndarray:
    """Windows whose ends lie on multiples of the ratio, from a random place on."""
    ratio, least = size / count, size // count
    first = (least + 2) / ratio - 1
    last = (size + 1 - least) / ratio - (count - 1)
    start = float(philox.to_unit(np, words.take(2)[None], np.float64)[0]) * min(first, last)
    ends = np.ceil(ratio * (np.arange(1, count) + start))
    return np.diff(np.concatenate([[1], ends, [size + 1]])).astype(np.int64)


def _sequence(size: int, count: int, words: _Words, pseudo_random: bool) -> np.ndarray:
    """Where each window begins, and at last the size."""
    widths = (_stepped if pseudo_random else _shuffled)(size, count, words)
    return np.concatenate([[0], np.cumsum(widths)]).astype(np.int64)


# ---- windows as indices ----


def _windows(sequence: np.ndarray, size: int, overlapping: bool) -> tuple[np.ndarray, np.ndarray]:
    """Indices `[windows, longest]` of the elements in each window, and which of them count."""
    if sequence.ndim != 1 or sequence.size < 2:
        raise invalid(f"A pooling sequence is a vector of two or more, got {sequence.tolist()}")
    start = sequence[:-1, None]
    # The last element of the next window belongs to this one as well, if they overlap.
    end = np.minimum(sequence[1:, None] + (1 if overlapping else 0), size)
    lengths = end - start
    if sequence.min() < 0 or lengths.min() < 1:
        raise invalid(
            f"A pooling sequence must rise from 0 to the size {size}, got {sequence.tolist()}"
        )
    index = start + np.arange(lengths.max())
    return np.minimum(index, end - 1), index < end


Both = tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def _maxima(x: np.ndarray, both: Both) -> np.ndarray:
    (rows, _), (columns, _) = both
    return x[:, rows].max(axis=2)[:, :, columns].max(axis=3)


def _sum_along(x: np.ndarray, windows: tuple[np.ndarray, np.ndarray], axis: int) -> np.ndarray:
    index, counts = windows
    ones = [1] * x.ndim
    ones[axis] = -1
    total = np.take(x, index[:, 0], axis)
    for j in range(1, index.shape[1]):
        counted = counts[:, j].reshape(ones)
        total = total + np.where(counted, np.take(x, index[:, j], axis), x.dtype.type(0))
    return total


def _means(x: np.ndarray, both: Both) -> np.ndarray:
    total = _sum_along(_sum_along(x, both[0], 1), both[1], 2)
    counts = _counts(both)
    if x.dtype.kind == "f":
        return total / counts.astype(x.dtype)
    # Integers are divided towards zero.
    return (np.sign(total) * (np.abs(total) // counts)).astype(x.dtype)


def _counts(both: Both) -> np.ndarray:
    """How many elements each window has, `[rows, columns, 1]`."""
    rows, columns = (counts.sum(axis=1) for _, counts in both)
    return (rows[:, None] * columns)[..., None]


# ---- the ops ----


def _output_sizes(shape: Sequence[int | None], ratios: Sequence[float]) -> list[int | None]:
    return [
        None if size is None else math.floor(size / np.float32(ratio))
        for size, ratio in zip(shape, ratios, strict=True)
    ]


def _check_ratios(ratios: Sequence[float], what: str) -> None:
    for ratio in ratios:
        if ratio < 1:
            raise invalid(f"pooling_ratio cannot be smaller than 1, got: {ratio}")
    if len(ratios) != 4:
        raise invalid("pooling_ratio field must specify 4 dimensions")
    if ratios[0] != 1 or ratios[3] != 1:
        raise UnimplementedError(
            None,
            None,
            f"Fractional {what} pooling is not yet supported on the batch nor channel dimension.",
        )


def _shape(c: Inference) -> list[TensorShape]:
    shape = c.shape(0).with_rank(4)
    sizes = _output_sizes(shape.as_list(), c.attr("pooling_ratio"))
    lengths = [None if size is None else size + 1 for size in sizes]
    return [TensorShape(sizes), TensorShape([lengths[1]]), TensorShape([lengths[2]])]


def _kernel(what: str, pool: Callable[[np.ndarray, Both], np.ndarray]) -> Callable[..., Any]:
    def kernel(
        x: np.ndarray,
        *,
        pooling_ratio: Sequence[float],
        pseudo_random: bool,
        overlapping: bool,
        deterministic: bool,
        seed: int,
        seed2: int,
    ) -> Any:
        _check_ratios(pooling_ratio, what)
        if not deterministic and (seed or seed2):
            raise invalid("Both seed and seed2 should be 0 if deterministic is false.")
        if x.ndim != 4:
            raise invalid(f"tensor_in must be 4-dimensional, got shape {list(x.shape)}")
        for axis, (size, ratio) in enumerate(zip(x.shape, pooling_ratio, strict=True)):
            if size < ratio:
                raise invalid(
                    f"Pooling ratio is higher than input dimension size for dimension {axis}. "
                    f"Input dim size: {size} pooling ratio: {ratio}"
                )
        _, height, width, _ = _output_sizes(x.shape, pooling_ratio)
        words = _Words(seed, seed2)
        rows = _sequence(x.shape[1], height or 1, words, pseudo_random)
        columns = _sequence(x.shape[2], width or 1, words, pseudo_random)
        both = (
            _windows(rows, x.shape[1], overlapping),
            _windows(columns, x.shape[2], overlapping),
        )
        return pool(x, both), rows, columns

    return kernel


def _max_back(
    x: np.ndarray,
    y: np.ndarray,
    dy: np.ndarray,
    rows: np.ndarray,
    columns: np.ndarray,
    *,
    overlapping: bool,
) -> np.ndarray:
    """Each gradient goes to the first maximum of its window."""
    if x.ndim != 4:
        raise invalid(f"orig_input must be 4-dimensional, got shape {list(x.shape)}")
    both = _windows(rows, x.shape[1], overlapping), _windows(columns, x.shape[2], overlapping)
    (down, down_counts), (across, across_counts) = both
    index = down[:, :, None, None] * x.shape[2] + across
    counts = down_counts[:, :, None, None] & across_counts
    # [rows, columns, places in a window]
    places = index.transpose(0, 2, 1, 3).reshape(len(down), len(across), -1)
    counted = counts.transpose(0, 2, 1, 3).reshape(places.shape)
    batch, depth = x.shape[0], x.shape[3]
    flat = x.reshape(batch, -1, depth)
    lowest = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    inside = np.where(counted[..., None], flat[:, places], x.dtype.type(lowest))
    first = inside.argmax(axis=3)
    peak = np.take_along_axis(inside, first[:, :, :, None], 3)[:, :, :, 0]
    if peak.shape != y.shape or not np.array_equal(peak, y, equal_nan=y.dtype.kind == "f"):
        raise invalid("tensor_out_dup is not the same as tensor_out")
    if dy.shape != peak.shape:
        raise invalid(f"out_backprop has shape {list(dy.shape)}, expected {list(peak.shape)}")
    where = places[np.arange(len(down))[:, None, None], np.arange(len(across))[:, None], first]
    dx = np.zeros_like(flat)
    images, channels = np.arange(batch)[:, None, None, None], np.arange(depth)
    np.add.at(dx, (images, where, channels), dy)
    return dx.reshape(x.shape)


def _avg_back(
    sizes: np.ndarray,
    dy: np.ndarray,
    rows: np.ndarray,
    columns: np.ndarray,
    *,
    overlapping: bool,
) -> np.ndarray:
    shape = tuple(sizes.reshape(-1).tolist())
    if len(shape) != 4 or dy.ndim != 4:
        raise invalid(
            "orig_input_tensor_shape must be a vector of 4 elements and out_backprop "
            f"4-dimensional, got {list(shape)} and shape {list(dy.shape)}"
        )
    both = _windows(rows, shape[1], overlapping), _windows(columns, shape[2], overlapping)
    expected = (shape[0], len(both[0][0]), len(both[1][0]), shape[3])
    if dy.shape != expected:
        raise invalid(
            f"Given out_backprop shape {list(dy.shape)}, the pooling sequences are for "
            f"{list(expected)}"
        )
    share = dy / _counts(both)
    return _spread(_spread(share, both[0], 1, shape[1]), both[1], 2, shape[2]).astype(dy.dtype)


def _spread(dy: np.ndarray, windows: Any, axis: int, size: int) -> np.ndarray:
    """Add what each window has to every element in it."""
    index, counts = windows
    moved = np.moveaxis(dy, axis, 0)
    dx = np.zeros((size, *moved.shape[1:]), dy.dtype)
    for j in range(index.shape[1]):
        counted = counts[:, j]
        np.add.at(dx, index[counted, j], moved[counted])
    return np.moveaxis(dx, 0, axis)


def _max_gradient(op: Any, dy: Any, *_: Any) -> Any:
    how = {"overlapping": op.attrs["overlapping"]}
    return raw.FractionalMaxPoolGrad(op.inputs[0], op.outputs[0], dy, *op.outputs[1:], **how)


def _avg_gradient(op: Any, dy: Any, *_: Any) -> Any:
    how = {"overlapping": op.attrs["overlapping"]}
    sizes = raw.Cast(shape_of(op.inputs[0]), DstT="int64")
    return raw.FractionalAvgPoolGrad(sizes, dy, *op.outputs[1:], **how)


def _no_second(op: Any, dy: Any) -> Any:
    raise LookupError(
        f"gradient registry has no entry for: {op.type}. Fractional pooling has no second "
        "derivative, in TensorFlow neither."
    )


def _avg_back_shape(c: Inference) -> TensorShape:
    return c.constant_shape(0).with_rank(4)


max_op = op(
    "FractionalMaxPool",
    shape=_shape,
    host=_kernel("max", _maxima),
    effects=PURE,
    gradient=_max_gradient,
)
avg_op = op(
    "FractionalAvgPool",
    shape=_shape,
    host=_kernel("average", _means),
    effects=PURE,
    gradient=_avg_gradient,
)
op("FractionalMaxPoolGrad", shape=same_as(0), host=_max_back, effects=PURE, gradient=_no_second)
op(
    "FractionalAvgPoolGrad",
    shape=_avg_back_shape,
    host=_avg_back,
    effects=PURE,
    gradient=_no_second,
)


# ---- public functions ----


def _seeds(function: str, seed: int) -> dict[str, Any]:
    if seed == 0:
        check_own_seed(function, seed)
        return {"deterministic": False, "seed": 0, "seed2": 0}
    return {"deterministic": True, **op_seeds(seed)}


def _max_ratios(value: Any) -> list[float]:
    numbers = list(value) if isinstance(value, (list, tuple)) else [value]
    for number in numbers:
        if not isinstance(number, (int, float)) or number < 1:
            raise ValueError(
                "`pooling_ratio` should be a number or a list of numbers, each >= 1.0. Received: "
                f"pooling_ratio={value}"
            )
    if isinstance(value, (list, tuple)) and (not numbers or numbers[0] != 1 or numbers[-1] != 1):
        raise ValueError(
            "`pooling_ratio` should have first and last elements with value 1.0. Received: "
            f"pooling_ratio={value}"
        )
    if len(numbers) not in (1, 2, 4):
        raise ValueError(
            f"pooling_ratio should be of length 1, 2 or 4. Received: pooling_ratio={value} of "
            f"length {len(numbers)}"
        )
    return numbers if len(numbers) == 4 else [1.0, *(numbers * 2)[:2], 1.0]


@export("nn.fractional_max_pool")
def fractional_max_pool(
    value: Any,
    pooling_ratio: Any,
    pseudo_random: bool = False,
    overlapping: bool = False,
    seed: int = 0,
    name: str | None = None,
) -> Any:
    """Maxima over windows of two sizes, so that height and width shrink by any factor.

    Args:
        value: numeric tensor `[batch, height, width, channels]`.
        pooling_ratio: how much smaller height and width become, from 1 on: a number for both, or
            four numbers, of which the first and last are 1.
        pseudo_random: windows end on multiples of the ratio from a random place on; otherwise
            they come in random order.
        overlapping: windows share the element between them.
        seed: seed of the random windows; 0 for other ones at every call.
        name: name of the node in a graph.

    Returns:
        The maxima `[batch, floor(height / ratio), floor(width / ratio), channels]`; where windows
        begin in a column, and at last the height, int64; and the same for a row.

    Raises:
        ValueError: for a ratio below 1, another number of them, or pooling over batch or channels.

    >>> import tidefall as tf
    >>> x = tf.reshape(tf.range(25.0), [1, 5, 5, 1])
    >>> y, rows, columns = tf.nn.fractional_max_pool(x, 1.5, seed=1)
    >>> y.shape, rows.shape
    (TensorShape([1, 3, 3, 1]), TensorShape([4]))
    """
    ratios = _max_ratios(pooling_ratio)
    how = {"pooling_ratio": ratios, "pseudo_random": pseudo_random, "overlapping": overlapping}
    seeds = _seeds("tf.nn.fractional_max_pool", seed)
    return named(max_op, max_op(value, **how, **seeds, name=name))


@export("nn.fractional_avg_pool")
def fractional_avg_pool(
    value: Any,
    pooling_ratio: Sequence[float],
    pseudo_random: bool = False,
    overlapping: bool = False,
    seed: int = 0,
    name: str | None = None,
) -> Any:
    """Means over windows of two sizes, so that height and width shrink by any factor.

    Args:
        value: numeric tensor `[batch, height, width, channels]`.
        pooling_ratio: four numbers: 1, how much smaller height and width become, and 1.
        pseudo_random: windows end on multiples of the ratio from a random place on; otherwise
            they come in random order.
        overlapping: windows share the element between them.
        seed: seed of the random windows; 0 for other ones at every call.
        name: name of the node in a graph.

    Returns:
        The means `[batch, floor(height / ratio), floor(width / ratio), channels]`; where windows
        begin in a column, and at last the height, int64; and the same for a row.

    Raises:
        InvalidArgumentError: for a ratio below 1, or fewer than four.
        UnimplementedError: for pooling over batch or channels.

    >>> import tidefall as tf
    >>> x = tf.reshape(tf.range(16.0), [1, 4, 4, 1])
    >>> tf.nn.fractional_avg_pool(x, [1.0, 2.0, 2.0, 1.0], seed=1).output[0, :, :, 0].numpy()
    array([[ 2.5,  4.5],
           [10.5, 12.5]], dtype=float32)
    """
    if not isinstance(pooling_ratio, (list, tuple)):
        raise TypeError(
            f"Expected list for 'pooling_ratio' argument to 'fractional_avg_pool' Op, not "
            f"{pooling_ratio}."
        )
    how = {"pseudo_random": pseudo_random, "overlapping": overlapping}
    seeds = _seeds("tf.nn.fractional_avg_pool", seed)
    return named(avg_op, avg_op(value, pooling_ratio=pooling_ratio, **how, **seeds, name=name))
