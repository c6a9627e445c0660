"""Joining tensors along a new dimension and taking it apart again: stack and unstack."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.dispatch import OTHER, dispatchable, is_dispatched, redirect
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import state
from tidefall.native.functions import Native
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import (
    KEEPS_FINITE,
    LACKS_GRADIENT,
    LINEAR,
    MOVES,
    SAFE_IN_HALF,
    STATIC_VALUE,
    TOTAL,
)
from tidefall.ops.array.common import (
    merge_shapes,
    objects,
    plain_array,
    plain_arrays,
    shortcut,
    unrecorded,
    unwrap,
)
from tidefall.ops.batching import Call, Fallback, shifted
from tidefall.ops.common import invalid, jnp, shape_text
from tidefall.ops.slices.slice_lowering import remember_parts
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor, Tensor

# ---- stack and unstack ----


def _pack_shape(c: Inference) -> TensorShape:
    merged = TensorShape(None)
    for i, s in enumerate(c.shapes()):
        try:
            merged = merge_shapes(merged, s)
        except ValueError as error:
            raise ValueError(f"{error}. From merging shape {i - 1} with other shapes.") from None
    if merged.rank is None:
        return merged
    axis = _stack_axis(c.attr("axis"), merged.rank + 1)
    dims = merged.as_list()
    dims.insert(axis, c.n_inputs)
    return TensorShape(dims)


def _stack_axis(axis: int, rank: int) -> int:
    if not -rank <= axis < rank:
        raise ValueError(f"axis = {axis} not in [{-rank}, {rank})")
    return axis % rank


_stack = Native("stack", np.stack)


def _pack_host(values: list[Any], *, axis: int) -> np.ndarray:
    try:
        return _stack([objects(v) for v in values], axis)
    except ValueError:
        first = np.shape(values[0])
        for i, v in enumerate(values):
            if np.shape(v) != first:
                raise invalid(
                    f"Shapes of all inputs must match: values[0].shape = {shape_text(first)} != "
                    f"values[{i}].shape = {shape_text(np.shape(v))}"
                ) from None
        raise


def _pack_xla(values: list[Any], *, axis: int) -> Any:
    packed = jnp.stack(values, axis)
    if packed.ndim == 1 and packed.dtype.kind == "i" and packed.size < 32:
        remember_parts(packed, values)
    return packed


def _pack_grad(op: Any, dy: Any) -> list[Any]:
    return unpack_op(dy, num=op.get_attr("N"), axis=op.get_attr("axis"))


def _pack_batching(call: Call) -> Any:
    """All parts are stacked, and the axis moves by one."""
    if call.node.op_type is raw.ParallelConcat:
        raise Fallback
    parts = [call.stacked(i) for i in range(len(call))]
    return call.run(parts, axis=int(shifted(call.attrs["axis"])))


pack_op = op(
    "Pack",
    shape=_pack_shape,
    host=_pack_host,
    xla=_pack_xla,
    effects=PURE,
    traits=(MOVES, LINEAR, TOTAL, SAFE_IN_HALF, KEEPS_FINITE, STATIC_VALUE),
    batching=_pack_batching,
    gradient=_pack_grad,
)


@export("stack", dispatch=OTHER)
@dispatchable
def stack(values: Any, axis: int = 0, name: str = "stack") -> Any:
    """Join tensors of one shape along a new dimension.

    Args:
        values: a list of tensors of one shape and dtype.
        axis: where the new dimension goes, in `[-rank - 1, rank]`.
        name: name of the node in a graph.

    Returns:
        A tensor of one more dimension, of size `len(values)`.

    Raises:
        InvalidArgumentError: if the shapes differ; ValueError in a graph.
        ValueError: if the axis is out of range.

    >>> import tidefall as tf
    >>> tf.stack([[1, 2], [3, 4]], axis=1).numpy()
    array([[1, 3],
           [2, 4]], dtype=int32)
    """
    if isinstance(values, (list, tuple)):
        arrays = plain_arrays(values)
        if arrays and unrecorded(*values):
            result = shortcut(_stack.run, arrays, axis)
            if result is not None:
                return result
    if isinstance(values, (list, tuple)) and any(is_dispatched(v) for v in values):
        made = redirect("stack", values, axis, name=name)
        if made is not NotImplemented:
            return made
    if axis == 0 and not _has_tensors(values):
        try:
            return convert_to_tensor(values, name=name)  # plain numbers make one constant
        except (TypeError, ValueError):
            pass
    values = _stackable(values)
    shape = values[0].shape if values and isinstance(values[0], Tensor) else None
    if shape is not None and shape.rank is not None and not -shape.rank - 1 <= axis <= shape.rank:
        raise ValueError(
            f"Argument `axis` = {axis} not in range [{-shape.rank - 1}, {shape.rank + 1})"
        )
    return pack_op(values, axis=axis, name=name)


def _has_tensors(values: Any) -> bool:
    return isinstance(values, (list, tuple)) and any(_is_tensor(v) for v in values)


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Tensor) or hasattr(value, "__tf_tensor__")


def _stackable(values: Any) -> list[Any]:
    if isinstance(values, (list, tuple)):
        wanted = next((v.dtype for v in values if _is_tensor(v)), None)
        if wanted is None and values:
            wanted = convert_to_tensor(values[0]).dtype
        return [v if _is_tensor(v) else convert_to_tensor(v, wanted) for v in values]
    return unstack(values)


def _unpack_shape(c: Inference) -> list[TensorShape]:
    source, num = c.shape(0), c.attr("num")
    if source.rank is None:
        return [source] * num
    axis = c.attr("axis")
    if not -source.rank <= axis < source.rank:
        raise ValueError(f"axis = {axis} not in [{-source.rank}, {source.rank})")
    dims = source.as_list()
    size = dims.pop(axis % source.rank)
    if size not in (None, num):
        raise ValueError(f"Dimension must be {num} but is {size}")
    return [TensorShape(dims)] * num


def _unpack_host(value: np.ndarray, *, axis: int, num: int) -> list[Any]:
    if not -value.ndim <= axis < value.ndim:
        raise ValueError("axis out of range")
    if value.shape[axis] != num:
        raise invalid(
            f"Input shape axis {axis} must equal {num}, got shape {shape_text(value.shape)}"
        )
    moved = np.moveaxis(value, axis, 0)
    return [unwrap(moved[i, ...]) for i in range(num)]


def _unpack_xla(value: Any, *, axis: int, num: int) -> list[Any]:
    moved = jnp.moveaxis(value, axis, 0)
    return [moved[i] for i in range(num)]


def _unpack_batching(call: Call) -> Any:
    """The axis moves by one."""
    found = call.run([call.tensor(0)], axis=int(shifted(call.attrs["axis"])))
    return found if isinstance(found, list) else [found]


unpack_op = op(
    "Unpack",
    shape=_unpack_shape,
    host=_unpack_host,
    xla=_unpack_xla,
    effects=PURE,
    traits=(MOVES, LINEAR, SAFE_IN_HALF, KEEPS_FINITE, STATIC_VALUE),
    batching=_unpack_batching,
    gradient=lambda op, *dys: pack_op(list(dys), axis=op.get_attr("axis")),
)


@export("unstack")
def unstack(value: Any, num: int | None = None, axis: int = 0, name: str = "unstack") -> list[Any]:
    """Take a tensor apart along one dimension.

    Args:
        value: a tensor of at least one dimension.
        num: the size of that dimension, needed where it is not known statically.
        axis: the dimension, in `[-rank, rank)`.
        name: name of the node in a graph.

    Returns:
        A list of tensors of one dimension less.

    Raises:
        ValueError: if the axis is out of range or the size is not known.

    >>> import tidefall as tf
    >>> [t.numpy().tolist() for t in tf.unstack([[1, 2], [3, 4]])]
    [[1, 2], [3, 4]]
    """
    array = plain_array(value)
    if array is not None and -array.ndim <= axis < array.ndim and unrecorded(value):
        moved = array if axis == 0 else np.moveaxis(array, axis, 0)
        if num is None or num == len(moved):
            return [EagerTensor(moved[i, ...]) for i in range(len(moved))]
    tensor = convert_to_tensor(value)
    if num is None:
        shape = tensor.shape
        if shape.rank is not None:
            if not -shape.rank <= axis < shape.rank:
                raise ValueError(
                    f"Argument `axis` = {axis} not in range [{-shape.rank}, {shape.rank})"
                )
            num = shape[axis]
    if num is None:
        raise ValueError(f"Cannot infer argument `num` from shape {tensor.shape}")
    return unpack_op(tensor, num=num, axis=axis, name=name)


# ---- parallel_stack ----


def _parallel_shape(c: Inference) -> TensorShape:
    wanted = c.attr("shape")
    for i, s in enumerate(c.shapes()):
        if s.rank is not None and (s.rank != wanted.rank or s[0] not in (None, 1)):
            raise ValueError(f"All input shapes must start with 1: input {i} has shape {s}")
    return wanted


parallel_concat_op = op(
    "ParallelConcat",
    shape=_parallel_shape,
    host=np.concatenate,
    xla=lambda values: jnp.concatenate(values),
    effects=PURE,
    traits=(LACKS_GRADIENT,),
    gradient=NOT_DIFFERENTIABLE,
)


@export("parallel_stack")
def parallel_stack(values: Any, name: str = "parallel_stack") -> Any:
    """Join tensors of one static shape along a new first dimension, in a graph only.

    Args:
        values: a list of tensors of one fully known shape.
        name: name of the node.

    Returns:
        A tensor of one more dimension, of size `len(values)`.

    Raises:
        RuntimeError: outside of a graph.

    >>> import tidefall as tf
    >>> tf.function(lambda x: tf.parallel_stack([x, x]))(tf.constant([1, 2])).shape
    TensorShape([2, 2])
    """
    if state.graph is None:
        raise RuntimeError("tf.parallel_stack() is not compatible with eager execution.")
    rows = [convert_to_tensor(v) for v in values]
    shape = TensorShape([len(rows)]).concatenate(rows[0].shape)
    rows = [raw.ExpandDims(row, 0) for row in rows]
    return parallel_concat_op(rows, shape=shape, name=name)
