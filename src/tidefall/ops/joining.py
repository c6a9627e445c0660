"""Joining tensors along an old or a new dimension: concat, stack and unstack."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.core import dtypes
from tidefall.core.convert import convert_to_tensor
from tidefall.core.dtypes import DType
from tidefall.core.inference import Inference
from tidefall.core.op import NOT_DIFFERENTIABLE, export, find_op, op
from tidefall.core.ragged_tensor import RaggedTensor
from tidefall.core.shapes import TensorShape
from tidefall.core.state import state
from tidefall.core.tensor import EagerTensor, Tensor, ndarray
from tidefall.ops.array_common import (
    constant_int,
    known_int,
    merge_dims,
    merge_shapes,
    objects,
    unwrap,
)
from tidefall.ops.common import invalid, jnp, shape_text
from tidefall.ops.slice_lowering import remember_parts

# ---- concat ----


def _concat_dims(shapes: list[TensorShape], axis: int | None) -> TensorShape:
    known = [s for s in shapes if s.rank is not None]
    if not known:
        return TensorShape(None)
    rank = known[0].rank
    assert rank is not None
    for s in known:
        if s.rank != rank:
            other = next(i for i, shape in enumerate(shapes) if shape is s)
            raise ValueError(
                f"ConcatOp : Ranks of all input tensors should match: shape[0] = "
                f"{shape_text(known[0])} vs. shape[{other}] = {shape_text(s)}"
            )
    if rank == 0:
        raise ValueError("ConcatOp : Can't concatenate scalars (use tf.stack instead)")
    if axis is None:
        return TensorShape([None] * rank)
    if not -rank <= axis < rank:
        raise ValueError(
            f"ConcatOp : Expected concatenating dimensions in the range [{-rank}, {rank}), "
            f"but got {axis}"
        )
    axis %= rank
    dims: list[int | None] = [None] * rank
    for i in range(rank):
        if i == axis:
            sizes = [None if s.rank is None else s[i] for s in shapes]
            dims[i] = None if None in sizes else sum(sizes)  # type: ignore[arg-type]
        else:
            for s in known:
                dims[i] = _concat_dim(dims[i], s[i], i, shapes)
    return TensorShape(dims)


def _concat_dim(a: int | None, b: int | None, at: int, shapes: list[TensorShape]) -> int | None:
    try:
        return merge_dims(a, b)
    except ValueError:
        first = shape_text(shapes[0])
        other = next((i for i, s in enumerate(shapes) if s.rank is not None and s[at] == b), 0)
        raise ValueError(
            f"ConcatOp : Dimension {at} in both shapes must be equal: "
            f"shape[0] = {first} vs. shape[{other}] = {shape_text(shapes[other])}"
        ) from None


def _concat_v2_shape(c: Inference) -> TensorShape:
    last = c.n_inputs - 1
    if c.shape(last).rank not in (None, 0):
        raise ValueError(f"Shape must be rank 0 but is rank {c.shape(last).rank}")
    return _concat_dims(c.shapes()[:last], constant_int(c, last))


def _concat_host(values: list[Any], axis: np.ndarray) -> np.ndarray:
    if axis.size != 1:
        raise invalid(
            f"Concat dim tensor should be a scalar, but got shape {shape_text(axis.shape)}"
        )
    return np.concatenate(values, int(axis.reshape(())))


def _concat_grad(op: Any, dy: Any) -> list[Any]:
    values, axis = op.inputs[:-1], op.inputs[-1]
    known = known_int(axis)
    if known is not None and all(v.shape.is_fully_defined() for v in values):
        rank = values[0].shape.rank
        sizes = np.array([v.shape[known % rank] for v in values], np.int32)
        return [*find_op("SplitV")(dy, sizes, known, num_split=len(values)), None]
    sizes = find_op("ShapeN")(list(values), out_type=dtypes.int32)
    rank = find_op("Rank")(values[0])
    axis = find_op("FloorMod")(find_op("Cast")(axis, DstT=dtypes.int32), rank)
    offsets = concat_offset_op(axis, sizes)
    return [*(find_op("Slice")(dy, o, s) for o, s in zip(offsets, sizes, strict=True)), None]


concat_v2_op = op(
    "ConcatV2",
    shape=_concat_v2_shape,
    host=_concat_host,
    xla=lambda values, axis: jnp.concatenate(values, int(axis)),
    gradient=_concat_grad,
    static=("axis",),
)


def _concat_v1_grad(op: Any, dy: Any) -> list[Any]:
    axis, values = op.inputs[0], op.inputs[1:]
    sizes = find_op("ShapeN")(list(values), out_type=dtypes.int32)
    offsets = concat_offset_op(axis, sizes)
    slice_op = find_op("Slice")
    return [None, *(slice_op(dy, o, s) for o, s in zip(offsets, sizes, strict=True))]


concat_op = op(
    "Concat",
    shape=lambda c: _concat_dims(c.shapes()[1:], constant_int(c, 0)),
    host=lambda concat_dim, values: _concat_host(values, concat_dim),
    xla=lambda concat_dim, values: jnp.concatenate(values, int(concat_dim)),
    gradient=_concat_v1_grad,
    static=("concat_dim",),
)


@export("concat")
def concat(values: Any, axis: Any, name: str = "concat") -> Any:
    """Join tensors along one dimension.

    Args:
        values: a list of tensors of one dtype whose shapes agree but for `axis`.
        axis: the dimension to join along, in `[-rank, rank)`.
        name: name of the node in a graph.

    Returns:
        A tensor; its size along `axis` is the sum of the others'.

    Raises:
        InvalidArgumentError: if the shapes or dtypes do not agree; ValueError in a graph.

    >>> import tidefall as tf
    >>> tf.concat([[1, 2], [3]], axis=0).numpy()
    array([1, 2, 3], dtype=int32)
    """
    if not isinstance(values, (list, tuple)):
        values = [values]
    if not state.busy and type(axis) is int:
        arrays = _plain_arrays(values)
        if arrays is not None and len(arrays) > 1 and arrays[0].ndim:
            try:
                return EagerTensor(np.concatenate(arrays, axis))
            except ValueError:
                pass
    if any(type(v) is RaggedTensor for v in values):
        from tidefall.ops.ragged import join

        return join(_ragged_parts(values), int(axis), stacked=False)
    if len(values) == 1:
        convert_to_tensor(axis, dtypes.int32).shape.assert_has_rank(0)
        tensor = convert_to_tensor(values[0])
        return find_op("Identity")(tensor, name=name)
    return concat_v2_op(list(values), axis, name=name)


def _ragged_parts(values: Any) -> list[Any]:
    return [v if type(v) is RaggedTensor else convert_to_tensor(v) for v in values]


def _plain_arrays(values: Any) -> list[np.ndarray] | None:
    """The arrays of eager tensors of one dtype, or None if there is anything else."""
    arrays = []
    dtype = None
    for v in values:
        if type(v) is not EagerTensor:
            return None
        array = v._value
        if type(array) is not ndarray:
            return None
        if dtype is None:
            dtype = array.dtype
        elif array.dtype is not dtype:
            return None
        arrays.append(array)
    return arrays


def _concat_offset_host(concat_dim: np.ndarray, shape: list[np.ndarray]) -> list[np.ndarray]:
    rank = len(shape[0])
    axis = int(concat_dim)
    if not -rank <= axis < rank:
        raise invalid(f"Concat dim is out of range: {axis} vs. {rank}")
    table = np.stack(shape)
    others = np.arange(rank) != axis % rank
    if (table[:, others] != table[0, others]).any():
        raise invalid("All dimensions except the concatenated one must match")
    offsets = np.zeros_like(table)
    offsets[1:, axis] = np.cumsum(table[:-1, axis])
    return list(offsets)


concat_offset_op = op(
    "ConcatOffset",
    shape=lambda c: c.shapes()[1:],
    host=_concat_offset_host,
    xla=_concat_offset_host,
    gradient=NOT_DIFFERENTIABLE,
    static=("concat_dim", "shape"),
)

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


def _pack_host(values: list[Any], *, axis: int) -> np.ndarray:
    try:
        return np.stack([objects(v) for v in values], axis)
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


pack_op = op("Pack", shape=_pack_shape, host=_pack_host, xla=_pack_xla, gradient=_pack_grad)


@export("stack")
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
    if not state.busy and isinstance(values, (list, tuple)):
        arrays = _plain_arrays(values)
        if arrays:
            try:
                return EagerTensor(np.stack(arrays, axis))
            except ValueError:
                pass
    if isinstance(values, (list, tuple)) and any(type(v) is RaggedTensor for v in values):
        from tidefall.ops.ragged import join

        return join(_ragged_parts(values), axis, stacked=True)
    if axis == 0:
        try:
            # A list of plain numbers makes one constant.
            tensor = convert_to_tensor(values)
            if not isinstance(values, (list, tuple)) or not any(_is_tensor(v) for v in values):
                return tensor if state.graph is None else find_op("Identity")(tensor, name=name)
        except (TypeError, ValueError):
            pass
    values = _stackable(values)
    shape = values[0].shape if values and isinstance(values[0], Tensor) else None
    if shape is not None and shape.rank is not None and not -shape.rank - 1 <= axis <= shape.rank:
        raise ValueError(
            f"Argument `axis` = {axis} not in range [{-shape.rank - 1}, {shape.rank + 1})"
        )
    return pack_op(values, axis=axis, name=name)


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Tensor) or hasattr(value, "__tf_tensor__")


def _stackable(values: Any) -> list[Any]:
    if isinstance(values, (list, tuple)):
        wanted = next((v.dtype for v in values if _is_tensor(v)), None)
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


def _unpack_host(value: np.ndarray, *, axis: int, num: int, T: DType) -> list[Any]:
    if not -value.ndim <= axis < value.ndim:
        raise ValueError("axis out of range")
    if value.shape[axis] != num:
        raise invalid(
            f"Input shape axis {axis} must equal {num}, got shape {shape_text(value.shape)}"
        )
    moved = np.moveaxis(value, axis, 0)
    return [unwrap(moved[i, ...], T) for i in range(num)]


def _unpack_xla(value: Any, *, axis: int, num: int) -> list[Any]:
    moved = jnp.moveaxis(value, axis, 0)
    return [moved[i] for i in range(num)]


unpack_op = op(
    "Unpack",
    shape=_unpack_shape,
    host=_unpack_host,
    xla=_unpack_xla,
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
    rows = [find_op("ExpandDims")(row, 0) for row in rows]
    return parallel_concat_op(rows, shape=shape, name=name)
