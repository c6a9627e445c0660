"""Dilated windows by moving space into the batch: for ops that have no dilation of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.base.state import name_scope
from tidefall.op import raw
from tidefall.ops.nn.sequence_args import is_first
from tidefall.tensor.conversion import convert_to_tensor


@export("required_space_to_batch_paddings")
def required_space_to_batch_paddings(
    input_shape: Any, block_shape: Any, base_paddings: Any = None, name: str | None = None
) -> tuple[Any, Any]:
    """Paddings that make a shape divisible by blocks, and the crops that undo them.

    Args:
        input_shape: int vector `[n]`.
        block_shape: int vector `[n]`.
        base_paddings: ints `[n, 2]`: the least amount of padding; None is none.
        name: name scope of the nodes in a graph.

    Returns:
        `(paddings, crops)`, both int tensors of shape `[n, 2]`.

    >>> import tidefall as tf
    >>> paddings, crops = tf.required_space_to_batch_paddings([5], [2])
    >>> paddings.numpy().tolist(), crops.numpy().tolist()
    ([[0, 1]], [[0, 1]])
    """
    with name_scope(name or "required_space_to_batch_paddings"):
        size = convert_to_tensor(input_shape, np.int32, name="input_shape")
        block = convert_to_tensor(block_shape, np.int32, name="block_shape")
        if base_paddings is None:
            base = raw.Pack([raw.ZerosLike(block)] * 2, axis=1)
        else:
            base = convert_to_tensor(base_paddings, np.int32, name="base_paddings")
        if not size.shape.is_compatible_with(block.shape) or size.shape.rank not in (None, 1):
            raise ValueError(
                "required_space_to_batch_paddings expects input_shape and block_shape to be "
                f"vectors of one length, got shapes {size.shape} and {block.shape}."
            )
        start, end = base[:, 0], base[:, 1]
        full = size + start + end
        mod = raw.FloorMod
        extra = mod(block - mod(full, block), block)
        pack = raw.Pack
        paddings = pack([start, end + extra], axis=1, name="paddings")
        crops = pack([raw.ZerosLike(extra), extra], axis=1, name="crops")
        return paddings, crops


def _base_paddings(padding: Any, filter_shape: Any, rate: np.ndarray) -> np.ndarray | Any:
    if isinstance(padding, str) and padding not in ("SAME", "VALID"):
        raise ValueError(f"Invalid padding method {padding!r}")
    if padding == "VALID":
        return np.zeros((len(rate), 2), np.int32)
    if padding != "SAME":
        return np.asarray(padding, np.int32)
    if filter_shape is None:
        raise ValueError(
            "`filter_shape` must be specified for `padding='SAME'`. "
            f"Received: filter_shape={filter_shape} and padding={padding}"
        )
    extra = (np.asarray(filter_shape[: len(rate)]) - 1) * rate
    start = extra // 2
    return np.stack([start, extra - start], 1).astype(np.int32)


@export("nn.with_space_to_batch")
def with_space_to_batch(
    input: Any,
    dilation_rate: Sequence[int],
    padding: Any,
    op: Callable[..., Any],
    filter_shape: Any = None,
    spatial_dims: Sequence[int] | None = None,
    data_format: str | None = None,
) -> Any:
    """Apply a sliding-window function as if its windows were dilated.

    Args:
        input: tensor of shape `[batch, *spatial, ...]`, or with the channels before the spatial
            dimensions if `data_format` starts with "NC".
        dilation_rate: the spacing in each spatial dimension.
        padding: "SAME", "VALID", or pairs of amounts for the spatial dimensions.
        op: function called as `op(tensor, num_spatial_dims, padding)`.
        filter_shape: sizes of the window, needed for "SAME".
        spatial_dims: the dimensions to treat; None is all of them.
        data_format: None, or a format that starts with "N".

    Returns:
        What `op` returns, put together again.

    Raises:
        ValueError: for rates that are not positive, or "SAME" without `filter_shape`.

    >>> import tidefall as tf
    >>> def every_second(x, num_spatial_dims, padding):
    ...     return x[:, :-1] + x[:, 1:]
    >>> x = tf.reshape(tf.range(5), [1, 5, 1])
    >>> tf.nn.with_space_to_batch(x, [2], "VALID", every_second).numpy().ravel()
    array([2, 4, 6], dtype=int32)
    """
    input = convert_to_tensor(input, name="input")
    rate = np.asarray(dilation_rate, np.int32).reshape(-1)
    if (rate < 1).any():
        raise ValueError(
            f"all values of `dilation_rate` must be positive. Received: dilation_rate={rate}"
        )
    first = is_first(data_format)
    dims = _spatial_dims(spatial_dims, len(rate), first)
    if (rate == 1).all():
        return op(input, len(rate), padding)
    base = _base_paddings(padding, filter_shape, rate)
    block = np.ones(dims[-1], np.int32)
    least = np.zeros((dims[-1], 2), np.int32)
    for dim, r, pair in zip(dims, rate, base, strict=True):
        block[dim - 1], least[dim - 1] = r, pair
    paddings, crops = _paddings(input, block, least)
    moved = raw.SpaceToBatchND(input, block, paddings)
    result = op(moved, len(rate), "VALID")
    return raw.BatchToSpaceND(result, block, crops)


def _spatial_dims(given: Sequence[int] | None, count: int, first: bool) -> list[int]:
    if given is None:
        start = 2 if first else 1
        return list(range(start, start + count))
    dims = sorted(int(d) for d in given)
    if dims != list(given) or dims[0] < 1:
        raise ValueError(
            "`spatial_dims` must be a monotonically increasing sequence of positive integers. "
            f"Received: spatial_dims={given}"
        )
    return dims


def _paddings(input: Any, block: np.ndarray, least: np.ndarray) -> tuple[Any, Any]:
    """Paddings and crops: constants where the sizes are known."""
    shape = input.shape[1 : 1 + len(block)]
    if shape.is_fully_defined():
        extra = -(np.asarray(shape.as_list()) + least.sum(1)) % block
        crops = np.stack([np.zeros_like(extra), extra], 1).astype(np.int32)
        return least + crops, crops
    sizes = raw.Shape(input)[1 : 1 + len(block)]
    return required_space_to_batch_paddings(sizes, block, least)
