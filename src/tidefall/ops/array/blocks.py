"""Blocks of an image moved between space and depth, or space and batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.op.traits import LINEAR
from tidefall.ops.batching import one_batch
from tidefall.ops.common import invalid, jnp

# ---- depth ----


def _axes(data_format: str) -> tuple[int, int, int]:
    """Axes of height, width and depth."""
    return (1, 2, 3) if data_format == "NHWC" else (2, 3, 1)


def _space_to_depth_shape(c: Inference) -> TensorShape:
    return _block_shape(c, grow=True)


def _depth_to_space_shape(c: Inference) -> TensorShape:
    return _block_shape(c, grow=False)


def _block_shape(c: Inference, grow: bool) -> TensorShape:
    rank = 5 if c.attr("data_format") == "NCHW_VECT_C" else 4
    source = c.shape(0).with_rank(rank)
    size = c.attr("block_size")
    h, w, d = _axes(c.attr("data_format"))
    dims = source.as_list()
    space, depth = (_divided, _multiplied) if grow else (_multiplied, _divided)
    dims[h], dims[w] = space(dims[h], size), space(dims[w], size)
    dims[d] = depth(dims[d], size * size)
    return TensorShape(dims)


def _multiplied(size: int | None, by: int) -> int | None:
    return None if size is None else size * by


def _divided(size: int | None, by: int) -> int | None:
    if size is None:
        return None
    if size % by:
        raise ValueError(f"Dimension size must be evenly divisible by {by} but is {size}")
    return size // by


def _check_depth(x: Any, block_size: int, data_format: str, grow: bool) -> None:
    if data_format == "NCHW_VECT_C":
        raise invalid("the data format NCHW_VECT_C exists for quantised GPU kernels only")
    if x.ndim != 4:
        raise invalid(f"Input rank should be 4 instead of {x.ndim}")
    h, w, d = _axes(data_format)
    if grow and (x.shape[h] % block_size or x.shape[w] % block_size):
        raise invalid(
            f"Image width {x.shape[w]} and height {x.shape[h]} should be divisible by block_size: "
            f"{block_size}"
        )
    if not grow and x.shape[d] % (block_size * block_size):
        raise invalid(
            f"Input depth dimension {x.shape[d]} should be divisible by: {block_size * block_size}"
        )


def _space_to_depth(x: Any, *, block_size: int, data_format: str) -> Any:
    _check_depth(x, block_size, data_format, grow=True)
    b = block_size
    if data_format == "NHWC":
        n, h, w, d = x.shape
        blocks = x.reshape(n, h // b, b, w // b, b, d).transpose(0, 1, 3, 2, 4, 5)
        return blocks.reshape(n, h // b, w // b, b * b * d)
    n, d, h, w = x.shape
    blocks = x.reshape(n, d, h // b, b, w // b, b).transpose(0, 3, 5, 1, 2, 4)
    return blocks.reshape(n, b * b * d, h // b, w // b)


def _depth_to_space(x: Any, *, block_size: int, data_format: str) -> Any:
    _check_depth(x, block_size, data_format, grow=False)
    b = block_size
    if data_format == "NHWC":
        n, h, w, d = x.shape
        blocks = x.reshape(n, h, w, b, b, d // (b * b)).transpose(0, 1, 3, 2, 4, 5)
        return blocks.reshape(n, h * b, w * b, d // (b * b))
    n, d, h, w = x.shape
    blocks = x.reshape(n, b, b, d // (b * b), h, w).transpose(0, 3, 4, 1, 5, 2)
    return blocks.reshape(n, d // (b * b), h * b, w * b)


def _attrs(op: Any) -> dict[str, Any]:
    return {"block_size": op.get_attr("block_size"), "data_format": op.get_attr("data_format")}


space_to_depth_op = op(
    "SpaceToDepth",
    shape=_space_to_depth_shape,
    host=_space_to_depth,
    xla=_space_to_depth,
    effects=PURE,
    batching=one_batch,
    gradient=lambda op, dy: depth_to_space_op(dy, **_attrs(op)),
)
depth_to_space_op = op(
    "DepthToSpace",
    shape=_depth_to_space_shape,
    host=_depth_to_space,
    xla=_depth_to_space,
    effects=PURE,
    batching=one_batch,
    gradient=lambda op, dy: space_to_depth_op(dy, **_attrs(op)),
)


@export("nn.space_to_depth")
def space_to_depth(
    input: Any, block_size: int, data_format: str = "NHWC", name: str | None = None
) -> Any:
    """Move each block of pixels into the channels.

    Args:
        input: images `[batch, height, width, depth]`.
        block_size: side of a block, at least 2, dividing height and width.
        data_format: "NHWC" or "NCHW", the order of the dimensions.
        name: name of the node in a graph.

    Returns:
        A tensor `[batch, height / block_size, width / block_size, depth * block_size ** 2]`.

    Raises:
        InvalidArgumentError: if the blocks do not fit; ValueError in a graph.

    >>> import tidefall as tf
    >>> tf.nn.space_to_depth(tf.zeros([1, 4, 4, 1]), 2).shape
    TensorShape([1, 2, 2, 4])
    """
    return space_to_depth_op(input, block_size=block_size, data_format=data_format, name=name)


@export("nn.depth_to_space")
def depth_to_space(
    input: Any, block_size: int, data_format: str = "NHWC", name: str | None = None
) -> Any:
    """Move groups of channels into blocks of pixels.

    Args:
        input: images `[batch, height, width, depth]`.
        block_size: side of a block, at least 2; its square divides depth.
        data_format: "NHWC" or "NCHW", the order of the dimensions.
        name: name of the node in a graph.

    Returns:
        A tensor `[batch, height * block_size, width * block_size, depth / block_size ** 2]`.

    Raises:
        InvalidArgumentError: if the depth cannot be divided; ValueError in a graph.

    >>> import tidefall as tf
    >>> tf.nn.depth_to_space(tf.zeros([1, 2, 2, 4]), 2).shape
    TensorShape([1, 4, 4, 1])
    """
    return depth_to_space_op(input, block_size=block_size, data_format=data_format, name=name)


# ---- batch ----


def _batch_shape(c: Inference, grow: bool) -> TensorShape:
    source = c.shape(0)
    blocks, widths = c.constant(1), c.constant(2)
    count = c.shape(1).num_elements()
    if source.rank is None:
        return source
    if count is not None and source.rank < count + 1:
        raise ValueError(f"Shape must be at least rank {count + 1} but is rank {source.rank}")
    if count is None:
        return TensorShape([None] * source.rank)
    dims = source.as_list()
    if blocks is None or widths is None:
        lead = None if blocks is None else _batch_size(dims[0], blocks, grow)
        return TensorShape([lead] + [None] * count + dims[count + 1 :])
    _check_blocks(blocks, widths)
    dims[0] = _batch_size(dims[0], blocks, grow)
    for i, (b, (before, after)) in enumerate(zip(blocks.tolist(), widths.tolist(), strict=True)):
        size = dims[i + 1]
        if size is None:
            continue
        if grow:
            size += before + after
            if size % b:
                raise ValueError(f"Dimension size must be evenly divisible by {b} but is {size}")
            dims[i + 1] = size // b
        else:
            dims[i + 1] = size * b - before - after
            if size * b < before + after:
                raise ValueError("Negative dimension size caused by the crops")
    return TensorShape(dims)


def _check_blocks(blocks: np.ndarray, widths: np.ndarray) -> None:
    if blocks.size and blocks.min() < 1:
        raise ValueError(f"block_shape must be positive, but got {blocks.tolist()}")
    if widths.size and widths.min() < 0:
        raise ValueError(f"paddings or crops cannot be negative: {widths.tolist()}")


def _batch_size(size: int | None, blocks: np.ndarray, grow: bool) -> int | None:
    total = int(np.prod(blocks))
    if size is None:
        return None
    if grow:
        return size * total
    if size % total:
        raise ValueError(f"Dimension size must be evenly divisible by {total} but is {size}")
    return size // total


def _space_to_batch(x: Any, block_shape: np.ndarray, paddings: np.ndarray, xp: Any) -> Any:
    _check_blocks(block_shape, paddings)
    blocks, count = block_shape.tolist(), len(block_shape)
    if x.ndim < count + 1:
        raise invalid(f"input rank should be >= {count + 1} instead of {x.ndim}")
    widths = [(0, 0), *map(tuple, paddings.tolist())] + [(0, 0)] * (x.ndim - count - 1)
    padded = xp.pad(x, widths)
    n, rest = padded.shape[0], padded.shape[count + 1 :]
    split = [n]
    for size, b in zip(padded.shape[1 : count + 1], blocks, strict=True):
        if size % b:
            raise invalid(
                f"padded_shape[{len(split) // 2}]={size} is not divisible by block_shape"
                f"[{len(split) // 2}]={b}"
            )
        split += [size // b, b]
    inner = padded.reshape((*split, *rest))
    order = [2 * i + 2 for i in range(count)] + [0] + [2 * i + 1 for i in range(count)]
    order += range(2 * count + 1, inner.ndim)
    moved = inner.transpose(order)
    total = int(np.prod(blocks))
    return moved.reshape((n * total, *moved.shape[count + 1 : 2 * count + 1], *rest))


def _batch_to_space(x: Any, block_shape: np.ndarray, crops: np.ndarray) -> Any:
    _check_blocks(block_shape, crops)
    blocks, count = block_shape.tolist(), len(block_shape)
    if x.ndim < count + 1:
        raise invalid(f"input rank should be >= {count + 1} instead of {x.ndim}")
    total = int(np.prod(blocks))
    if x.shape[0] % total:
        raise invalid(
            f"Input batch dimension ({x.shape[0]}) is not divisible by product of block sizes "
            f"({total})"
        )
    n, space, rest = x.shape[0] // total, x.shape[1 : count + 1], x.shape[count + 1 :]
    inner = x.reshape((*blocks, n, *space, *rest))
    order = [count]
    for i in range(count):
        order += [count + 1 + i, i]
    order += range(2 * count + 1, inner.ndim)
    sizes = [size * b for size, b in zip(space, blocks, strict=True)]
    full = inner.transpose(order).reshape((n, *sizes, *rest))
    index = [slice(None)]
    for size, (before, after) in zip(sizes, crops.tolist(), strict=True):
        if before + after > size:
            raise invalid(f"cropped_shape is negative: {size} - {before} - {after}")
        index.append(slice(before, size - after))
    return full[tuple(index)]


space_to_batch_nd_op = op(
    "SpaceToBatchND",
    shape=lambda c: _batch_shape(c, grow=True),
    host=lambda input, block_shape, paddings: _space_to_batch(input, block_shape, paddings, np),
    xla=lambda input, block_shape, paddings: _space_to_batch(
        jnp.asarray(input), block_shape, paddings, jnp
    ),
    effects=PURE,
    traits=(LINEAR,),
    gradient=lambda op, dy: [
        batch_to_space_nd_op(dy, op.inputs[1], op.inputs[2]),
        None,
        None,
    ],
    static=("block_shape", "paddings"),
)
batch_to_space_nd_op = op(
    "BatchToSpaceND",
    shape=lambda c: _batch_shape(c, grow=False),
    host=_batch_to_space,
    xla=lambda input, block_shape, crops: _batch_to_space(jnp.asarray(input), block_shape, crops),
    effects=PURE,
    traits=(LINEAR,),
    gradient=lambda op, dy: [
        space_to_batch_nd_op(dy, op.inputs[1], op.inputs[2]),
        None,
        None,
    ],
    static=("block_shape", "crops"),
)


def _square(block_size: int) -> np.ndarray:
    return np.array([block_size, block_size], np.int64)


def _square_shape(c: Inference, grow: bool) -> TensorShape:
    source = c.shape(0).with_rank(4)
    widths = c.constant(1)
    blocks = _square(c.attr("block_size"))
    dims = source.as_list()
    lead = _batch_size(dims[0], blocks, grow)
    if widths is None:
        return TensorShape([lead, None, None, dims[3]])
    b = c.attr("block_size")
    for i, (before, after) in enumerate(widths.tolist()):
        size = dims[i + 1]
        if size is not None:
            around = before + after
            dims[i + 1] = _divided(size + around, b) if grow else size * b - around
    return TensorShape([lead, *dims[1:]])


space_to_batch_op = op(
    "SpaceToBatch",
    shape=lambda c: _square_shape(c, grow=True),
    host=lambda input, paddings, *, block_size: _space_to_batch(
        input, _square(block_size), paddings, np
    ),
    xla=lambda input, paddings, *, block_size: _space_to_batch(
        jnp.asarray(input), _square(block_size), paddings, jnp
    ),
    effects=PURE,
    gradient=lambda op, dy: [
        batch_to_space_op(dy, op.inputs[1], block_size=op.get_attr("block_size")),
        None,
    ],
    static=("paddings",),
)
batch_to_space_op = op(
    "BatchToSpace",
    shape=lambda c: _square_shape(c, grow=False),
    host=lambda input, crops, *, block_size: _batch_to_space(input, _square(block_size), crops),
    xla=lambda input, crops, *, block_size: _batch_to_space(
        jnp.asarray(input), _square(block_size), crops
    ),
    effects=PURE,
    gradient=lambda op, dy: [
        space_to_batch_op(dy, op.inputs[1], block_size=op.get_attr("block_size")),
        None,
    ],
    static=("crops",),
)


@export("space_to_batch", "nn.space_to_batch")
def space_to_batch(input: Any, block_shape: Any, paddings: Any, name: str | None = None) -> Any:
    """Cut the spatial dimensions into blocks and spread each block's positions over the batch.

    Args:
        input: a tensor `[batch, ...space, ...rest]`.
        block_shape: size of a block along each of the m spatial dimensions.
        paddings: integers `[m, 2]`, zeros to add before and after each.
        name: name of the node in a graph.

    Returns:
        A tensor whose batch is `product(block_shape)` times as large.

    Raises:
        InvalidArgumentError: if the padded sizes are not multiples of the blocks.

    >>> import tidefall as tf
    >>> tf.space_to_batch(tf.zeros([1, 4, 2, 3]), [2, 2], [[0, 0], [0, 0]]).shape
    TensorShape([4, 2, 1, 3])
    """
    return space_to_batch_nd_op(input, block_shape, paddings, name=name)


@export("space_to_batch_nd")
def space_to_batch_nd(input: Any, block_shape: Any, paddings: Any, name: str | None = None) -> Any:
    """The same as `tf.space_to_batch`.

    >>> import tidefall as tf
    >>> tf.space_to_batch_nd(tf.reshape(tf.range(4), [1, 4]), [2], [[0, 0]]).numpy().tolist()
    [[0, 2], [1, 3]]
    """
    return space_to_batch_nd_op(input, block_shape, paddings, name=name)


@export("batch_to_space")
def batch_to_space(input: Any, block_shape: Any, crops: Any, name: str | None = None) -> Any:
    """Undo `tf.space_to_batch`: put positions spread over the batch back into blocks.

    Args:
        input: a tensor `[batch, ...space, ...rest]`.
        block_shape: size of a block along each of the m spatial dimensions.
        crops: integers `[m, 2]`, what to cut off before and after each.
        name: name of the node in a graph.

    Returns:
        A tensor whose batch is `product(block_shape)` times smaller.

    Raises:
        InvalidArgumentError: if the batch cannot be divided.

    >>> import tidefall as tf
    >>> tf.batch_to_space(tf.zeros([4, 2, 1, 3]), [2, 2], [[0, 0], [0, 0]]).shape
    TensorShape([1, 4, 2, 3])
    """
    return batch_to_space_nd_op(input, block_shape, crops, name=name)
