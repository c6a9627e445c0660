"""Which weights are kept: the largest of all, of blocks, or of every few."""

from __future__ import annotations

from typing import Any

import keras

ops: Any = keras.ops


def check_pair(value: Any, name: str) -> tuple[int, int]:
    """Two integers.

    Raises:
        ValueError: for anything else.
    """
    try:
        pair = tuple(value)
    except TypeError:
        pair = ()
    if len(pair) != 2 or not all(isinstance(v, int) for v in pair):
        raise ValueError(
            f"The {name} argument must be a tuple or list of 2 integers, got {value!r}."
        )
    return pair[0], pair[1]


def largest(weights: Any, sparsity: Any) -> tuple[Any, Any]:
    """Keep `max(round(n * (1 - sparsity)), 1)` of n weights, and what is as large as the least.

    Args:
        weights: a float tensor of any shape.
        sparsity: float32 scalar.

    Returns:
        The least magnitude that is kept, and the mask: 1 for what is kept, else 0.
    """
    size = 1
    for d in weights.shape:
        size *= d
    magnitude = ops.abs(weights)
    ordered = ops.flip(ops.sort(ops.reshape(magnitude, [-1])))
    keep = ops.maximum(ops.round(float(size) * (1.0 - sparsity)), 1.0)
    threshold = ops.take(ordered, ops.cast(keep, "int32") - 1)
    return threshold, ops.cast(ops.greater_equal(magnitude, threshold), weights.dtype)


def largest_blocks(
    weights: Any, sparsity: Any, block_size: tuple[int, int], pooling: str
) -> tuple[Any, Any]:
    """Keep the blocks of a matrix that are largest on average or at most.

    Args:
        weights: a float matrix; what does not fill blocks at its ends is a smaller block.
        sparsity: float32 scalar.
        block_size: height and width.
        pooling: "AVG" or "MAX".

    Returns:
        As `largest`.
    """
    rows, columns = weights.shape
    height, width = block_size
    down, across = -(-rows // height), -(-columns // width)
    pad = [[0, down * height - rows], [0, across * width - columns]]

    def pooled(x: Any, how: Any) -> Any:
        return how(ops.reshape(ops.pad(x, pad), [down, height, across, width]), axis=(1, 3))

    magnitude = ops.abs(weights)
    if pooling == "MAX":
        blocks = pooled(magnitude, ops.max)
    else:
        blocks = pooled(magnitude, ops.sum) / pooled(ops.ones_like(magnitude), ops.sum)
    threshold, mask = largest(blocks, sparsity)
    mask = ops.repeat(ops.repeat(mask, height, axis=0), width, axis=1)
    return threshold, mask[:rows, :columns]


def m_by_n(weights: Any, pattern: tuple[int, int]) -> Any:
    """Of every n weights in a row, drop the m smallest.

    A row runs along the input channels, as matrix units and the rows of a `.tflite` file do: the
    kernel `[inputs, outputs]` of Dense and `[height, width, inputs, outputs]` of Conv2D.

    Args:
        weights: a float tensor of rank 2 or 4.
        pattern: m and n; m is smaller.

    Returns:
        The mask.

    Raises:
        ValueError: for other ranks, or unless m < n.
    """
    m, n = pattern
    rank = len(weights.shape)
    if not 0 <= m < n:
        raise ValueError(f"sparsity_m_by_n {pattern}: the first number must be smaller.")
    if rank not in (2, 4):
        raise ValueError(f"weight tensor with shape: {tuple(weights.shape)} is not supported.")
    order = [1, 0] if rank == 2 else [3, 0, 1, 2]
    back = [1, 0] if rank == 2 else [1, 2, 3, 0]
    rows = ops.transpose(ops.abs(weights), order)
    inputs = rows.shape[-1]
    padded = -(-inputs // n) * n
    # What fills up the last group is smaller than any weight, so that zeros among these count.
    groups = ops.pad(rows, [[0, 0]] * (rank - 1) + [[0, padded - inputs]], constant_values=-1)
    groups = ops.reshape(groups, [-1, n])
    _, places = ops.top_k(groups, n - m)
    kept = ops.sum(ops.one_hot(places, n, dtype=weights.dtype), axis=1)
    mask = ops.reshape(kept, [*rows.shape[:-1], padded])[..., :inputs]
    return ops.transpose(mask, back)
