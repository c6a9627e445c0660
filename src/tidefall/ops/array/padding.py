"""Larger tensors from smaller ones: tile, pad and mirror padding."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dispatch import OTHER
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.op.traits import CHEAP, LINEAR, MOVES, SAFE_IN_HALF, TOTAL
from tidefall.ops.array.common import (
    objects,
    plain_array,
    require_rank,
    shortcut,
    unrecorded,
    zero_of,
)
from tidefall.ops.array.reshaping import reshape, shape_of
from tidefall.ops.batching import Call
from tidefall.ops.common import invalid, jnp, known_value, lax, shape_text
from tidefall.tensor.conversion import convert_to_tensor

# ---- Tile ----


def _tile_shape(c: Inference) -> TensorShape:
    source, multiples = c.shape(0), c.constant_shape(1)
    require_rank(c.shape(1), 1)
    if multiples.rank is None:
        return TensorShape(None if source.rank is None else [None] * source.rank)
    if source.rank is None:
        return TensorShape([0 if m == 0 else None for m in multiples.as_list()])
    if source.rank != multiples.rank:
        raise ValueError(
            f"Shape must be rank {multiples.rank} but is rank {source.rank}: tile needs one "
            "multiple per dimension"
        )
    pairs = zip(source.as_list(), multiples.as_list(), strict=True)
    return TensorShape([_multiplied(d, m) for d, m in pairs])


def _multiplied(size: int | None, times: int | None) -> int | None:
    if size == 0 or times == 0:
        return 0
    return None if size is None or times is None else size * times


def _tile_host(input: Any, multiples: np.ndarray) -> np.ndarray:
    array = objects(input)
    if multiples.ndim != 1:
        raise invalid(f"Expected multiples to be 1-D, but got shape {shape_text(multiples.shape)}")
    times = multiples.tolist()
    if len(times) != array.ndim:
        raise invalid(
            "Expected multiples argument to be a vector of length "
            f"{array.ndim} but got length {len(times)}"
        )
    for i, m in enumerate(times):
        if m < 0:
            raise invalid(f"Expected multiples[{i}] >= 0, but got {m}")
    return np.tile(array, times)


def _tile_grad(op: Any, dy: Any) -> list[Any]:
    """Each dimension becomes (multiple, size); the sum over the multiples is left."""
    x, multiples = op.inputs
    times, sizes = known_value(multiples), shape_of(x)
    if times is not None and isinstance(sizes, np.ndarray):
        split: Any = np.stack([times.astype(np.int32), sizes], 1).reshape(-1)
        axes: Any = np.arange(0, len(split), 2, dtype=np.int32)
    else:
        times = raw.Cast(multiples, DstT=dtypes.int32)
        split = reshape(raw.Pack([times, raw.Shape(x)], axis=1), [-1])
        axes = raw.Range(0, raw.Size(split), 2)
    total = raw.Sum(reshape(dy, split), axes, keep_dims=False)
    if x.shape.rank is not None and not isinstance(total.shape, type(None)):
        _refine(total, x.shape)
    return [total, None]


def _refine(tensor: Any, shape: TensorShape) -> None:
    if tensor.is_symbolic:
        tensor.set_shape(shape)


def _tile_batching(call: Call) -> Any:
    """The runs are not repeated."""
    multiples = call.fixed(1)
    one = np.array([1], multiples.dtype.as_numpy_dtype)
    return call.run([call.tensor(0), raw.ConcatV2([one, multiples], 0)])


tile_op = op(
    "Tile",
    shape=_tile_shape,
    host=_tile_host,
    xla=lambda input, multiples: jnp.tile(input, tuple(multiples.tolist())),
    effects=PURE,
    traits=(MOVES, LINEAR, CHEAP, TOTAL, SAFE_IN_HALF),
    batching=_tile_batching,
    gradient=_tile_grad,
    static=("multiples",),
)


@export("tile", dispatch=OTHER)
def tile(input: Any, multiples: Any, name: str | None = None) -> Any:
    """Repeat a tensor along each dimension.

    Args:
        input: a tensor of rank n and any dtype.
        multiples: n integers, how often along each dimension.
        name: name of the node in a graph.

    Returns:
        A tensor of size `input.shape[i] * multiples[i]` along dimension i.

    Raises:
        InvalidArgumentError: for another number of multiples, or a negative one.

    >>> import tidefall as tf
    >>> tf.tile([1, 2], [2]).numpy()
    array([1, 2, 1, 2], dtype=int32)
    """
    array = plain_array(input)
    if array is not None and type(multiples) is list and unrecorded(input):
        result = shortcut(_tile_host, array, np.array(multiples))
        if result is not None:
            return result
    return tile_op(input, multiples, name=name)


# ---- Pad ----


def _pad_shape(c: Inference) -> TensorShape:
    source, paddings = c.shape(0), c.shape(1)
    require_rank(paddings, 2)
    if paddings.rank is not None and paddings[1] not in (None, 2):
        raise ValueError(f"Dimension must be 2 but is {paddings[1]}")
    rank = source.rank
    if rank is None:
        rank = None if paddings.rank is None else paddings[0]
    elif paddings.rank is not None and paddings[0] not in (None, rank):
        raise ValueError(f"Shape must be rank {paddings[0]} but is rank {rank}")
    if rank is None:
        return TensorShape(None)
    widths = c.constant(1)
    if widths is None or source.rank is None:
        return TensorShape([None] * rank)
    if widths.size and widths.min() < 0:
        raise ValueError(f"Paddings must be non-negative: {widths.tolist()}")
    pairs = zip(source.as_list(), widths.tolist(), strict=True)
    return TensorShape([None if d is None else d + a + b for d, (a, b) in pairs])


def _check_paddings(array: Any, paddings: np.ndarray) -> list[list[int]]:
    if paddings.ndim != 2 or paddings.shape[1] != 2:
        raise invalid(f"paddings must be a matrix with 2 columns: {shape_text(paddings.shape)}")
    if len(paddings) != array.ndim:
        raise invalid(
            "The first dimension of paddings must be the rank of inputs"
            f"{shape_text(paddings.shape)} {shape_text(array.shape)}"
        )
    widths = paddings.tolist()
    for before, after in widths:
        if before < 0 or after < 0:
            raise invalid(f"Paddings must be non-negative: {before} {after}")
    return widths


def _pad_with(array: np.ndarray, paddings: np.ndarray, value: Any) -> np.ndarray:
    if np.ndim(value):
        raise invalid(f"constant_values must be a scalar. Found: {list(np.shape(value))}")
    widths = _check_paddings(array, paddings)
    shape = [d + a + b for d, (a, b) in zip(array.shape, widths, strict=True)]
    result = np.empty(shape, array.dtype)
    result[...] = value
    index = [slice(a, a + d) for d, (a, _) in zip(array.shape, widths, strict=True)]
    result[tuple(index)] = array
    return result


def _pad_xla(array: Any, paddings: np.ndarray, value: Any) -> Any:
    widths = [(a, b, 0) for a, b in _check_paddings(array, paddings)]
    return lax.pad(jnp.asarray(array), jnp.asarray(value, array.dtype), widths)


def _pad_grad(op: Any, dy: Any) -> list[Any]:
    x, paddings = op.inputs[:2]
    widths = known_value(paddings)
    if widths is not None:
        before: Any = widths[:, 0]
    else:
        before = raw.StridedSlice(
            paddings, [0, 0], [0, 1], [1, 1], begin_mask=1, end_mask=1, shrink_axis_mask=2
        )
    sizes = shape_of(x)
    if before.dtype == np.int64 or before.dtype == dtypes.int64:
        sizes = (
            sizes.astype(np.int64)
            if isinstance(sizes, np.ndarray)
            else raw.Cast(sizes, DstT=dtypes.int64)
        )
    return [raw.Slice(dy, before, sizes)] + [None] * (len(op.inputs) - 1)


def _pad_batching(call: Call) -> Any:
    """No padding along the runs."""
    rest = [call.fixed(i) for i in range(2, len(call))]
    return call.run([call.tensor(0), _rows_before(call.fixed(1), 0), *rest])


def _rows_before(paddings: Any, value: int) -> Any:
    kind = paddings.dtype.as_numpy_dtype
    return raw.ConcatV2([np.full((1, 2), value, kind), paddings], 0)


pad_op = op(
    "Pad",
    shape=_pad_shape,
    host=lambda input, paddings: _pad_with(input, paddings, zero_of(input.dtype)),
    xla=lambda input, paddings: _pad_xla(input, paddings, np.zeros((), input.dtype)),
    effects=PURE,
    traits=(MOVES, LINEAR, CHEAP, SAFE_IN_HALF),
    batching=_pad_batching,
    gradient=_pad_grad,
    static=("paddings",),
)
pad_v2_op = op(
    "PadV2",
    shape=_pad_shape,
    host=lambda input, paddings, constant_values: _pad_with(
        input, paddings, constant_values[()] if constant_values.dtype == object else constant_values
    ),
    xla=lambda input, paddings, constant_values: _pad_xla(input, paddings, constant_values),
    effects=PURE,
    traits=(MOVES, LINEAR, SAFE_IN_HALF),
    batching=_pad_batching,
    gradient=_pad_grad,
    static=("paddings",),
)

# ---- MirrorPad ----


def _mirror_pad_shape(c: Inference) -> TensorShape:
    result = _pad_shape(c)
    widths = c.constant(1)
    source = c.shape(0)
    if widths is None or source.rank is None:
        return result
    offset = 0 if c.attr("mode") == "SYMMETRIC" else 1
    for d, (before, after) in zip(source.as_list(), widths.tolist(), strict=True):
        if d is not None and max(before, after) > d - offset:
            raise ValueError(_too_wide(offset, before, after, d))
    return result


def _too_wide(offset: int, before: int, after: int, size: int) -> str:
    bound, broken = (
        ("no greater than", "greater than") if offset == 0 else ("less than", "not less than")
    )
    return f"paddings must be {bound} the dimension size: {before}, {after} {broken} {size}"


def _check_mirror(array: Any, paddings: np.ndarray, mode: str) -> list[list[int]]:
    widths = _check_paddings(array, paddings)
    offset = 0 if mode == "SYMMETRIC" else 1
    for d, (before, after) in zip(array.shape, widths, strict=True):
        if max(before, after) > d - offset:
            raise invalid(_too_wide(offset, before, after, d))
    return widths


def _mirror_pad_host(input: np.ndarray, paddings: np.ndarray, *, mode: str) -> np.ndarray:
    widths: Any = _check_mirror(input, paddings, mode)
    return np.pad(input, widths, mode=mode.lower()) if widths else input  # type: ignore[call-overload]


def _mirror_pad_xla(input: Any, paddings: np.ndarray, *, mode: str) -> Any:
    widths = _check_mirror(input, paddings, mode)
    return jnp.pad(input, widths, mode=mode.lower()) if widths else input


mirror_pad_op = op(
    "MirrorPad",
    shape=_mirror_pad_shape,
    host=_mirror_pad_host,
    xla=_mirror_pad_xla,
    effects=PURE,
    traits=(MOVES, LINEAR),
    batching=_pad_batching,
    gradient=lambda op, dy: [
        mirror_pad_grad_op(dy, op.inputs[1], mode=op.get_attr("mode")),
        None,
    ],
    static=("paddings",),
)


def _mirror_pad_grad_shape(c: Inference) -> TensorShape:
    source = c.shape(0)
    widths = c.constant(1)
    if source.rank is None or widths is None:
        return TensorShape(None if source.rank is None else [None] * source.rank)
    pairs = zip(source.as_list(), widths.tolist(), strict=True)
    dims = [None if d is None else d - a - b for d, (a, b) in pairs]
    if any(d is not None and d < 0 for d in dims):
        raise ValueError("paddings are larger than the input")
    return TensorShape(dims)


def _folded(size: int, before: int, after: int, offset: int) -> np.ndarray:
    """For each position of the padded axis, the position of the original it mirrors."""
    inner = np.arange(size)
    lead = inner[offset : offset + before][::-1]
    tail = inner[size - after - offset : size - offset][::-1]
    return np.concatenate([lead, inner, tail])


def _fold(dy: Any, paddings: np.ndarray, mode: str, add: Any) -> Any:
    offset = 0 if mode == "SYMMETRIC" else 1
    result = dy
    for axis, (before, after) in enumerate(paddings.tolist()):
        if before or after:
            size = result.shape[axis] - before - after
            result = add(result, axis, size, _folded(size, before, after, offset))
    return result


def _add_host(array: np.ndarray, axis: int, size: int, targets: np.ndarray) -> np.ndarray:
    moved = np.moveaxis(array, axis, 0)
    result = np.zeros((size,) + moved.shape[1:], array.dtype)
    np.add.at(result, targets, moved)
    return np.moveaxis(result, 0, axis)


def _add_xla(array: Any, axis: int, size: int, targets: np.ndarray) -> Any:
    moved = jnp.moveaxis(array, axis, 0)
    result = jnp.zeros((size,) + moved.shape[1:], array.dtype).at[targets].add(moved)
    return jnp.moveaxis(result, 0, axis)


mirror_pad_grad_op = op(
    "MirrorPadGrad",
    shape=_mirror_pad_grad_shape,
    host=lambda input, paddings, *, mode: _fold(input, paddings, mode, _add_host),
    xla=lambda input, paddings, *, mode: _fold(input, paddings, mode, _add_xla),
    effects=PURE,
    batching=_pad_batching,
    gradient=lambda op, dy: [mirror_pad_op(dy, op.inputs[1], mode=op.get_attr("mode")), None],
    static=("paddings",),
)


@export("pad")
def pad(
    tensor: Any,
    paddings: Any,
    mode: str = "CONSTANT",
    constant_values: Any = 0,
    name: str | None = None,
) -> Any:
    """Add elements before and after a tensor along each dimension.

    Args:
        tensor: a tensor of rank n.
        paddings: integers `[n, 2]`, how many before and after.
        mode: "CONSTANT", "REFLECT" (mirror without the edge) or "SYMMETRIC" (with the edge).
        constant_values: the value to pad with in mode "CONSTANT".
        name: name of the node in a graph.

    Returns:
        A tensor of size `tensor.shape[i] + sum(paddings[i])` along dimension i.

    Raises:
        ValueError: for an unknown mode.
        InvalidArgumentError: for paddings that do not fit; ValueError in a graph.

    >>> import tidefall as tf
    >>> tf.pad([1, 2], [[1, 2]]).numpy()
    array([0, 1, 2, 0, 0], dtype=int32)
    """
    kind = mode.upper()
    if kind == "CONSTANT":
        if isinstance(constant_values, (int, float)) and constant_values == 0:
            result = pad_op(tensor, paddings, name=name)
        else:
            result = pad_v2_op(tensor, paddings, constant_values, name=name)
        return _refined(result, tensor, paddings)
    if kind in ("REFLECT", "SYMMETRIC"):
        return _refined(mirror_pad_op(tensor, paddings, mode=kind, name=name), tensor, paddings)
    raise ValueError(
        'Value of argument `mode` expected to be one of "CONSTANT", "REFLECT", or "SYMMETRIC". '
        f"Received `mode` = {mode}"
    )


def _refined(result: Any, tensor: Any, paddings: Any) -> Any:
    """Tell the sizes along which a list of paddings is known although others are not."""
    if not result.is_symbolic or not isinstance(paddings, (list, tuple)):
        return result
    source = convert_to_tensor(tensor).shape
    if result.shape.is_fully_defined() or source.rank is None:
        return result
    dims = []
    for size, pair in zip(source.as_list(), paddings, strict=True):
        known = isinstance(pair, (list, tuple)) and all(isinstance(p, int) for p in pair)
        dims.append(size + sum(pair) if known and size is not None else None)
    result.set_shape(dims)
    return result


# ---- TileGrad, of old graphs ----


def _tile_grad_host(input: np.ndarray, multiples: np.ndarray) -> np.ndarray:
    dims: list[int] = []
    for d, m in zip(input.shape, multiples.tolist(), strict=True):
        dims += [m, d // m if m else 0]
    return input.reshape(dims).sum(tuple(range(0, len(dims), 2)), dtype=input.dtype)


def _tile_grad_shape(c: Inference) -> TensorShape:
    source, multiples = c.shape(0), c.constant_shape(1)
    if source.rank is None or multiples.rank is None:
        return TensorShape(None)
    pairs = zip(source.as_list(), multiples.as_list(), strict=True)
    return TensorShape([None if d is None or not m else d // m for d, m in pairs])


def _tile_grad_xla(input: Any, multiples: np.ndarray) -> Any:
    dims: list[int] = []
    for d, m in zip(input.shape, multiples.tolist(), strict=True):
        dims += [m, d // m if m else 0]
    return jnp.reshape(input, dims).sum(tuple(range(0, len(dims), 2)), dtype=input.dtype)


tile_grad_op = op(
    "TileGrad",
    shape=_tile_grad_shape,
    host=_tile_grad_host,
    xla=_tile_grad_xla,
    effects=PURE,
    gradient=lambda op, dy: [tile_op(dy, op.inputs[1]), None],
    static=("multiples",),
)
