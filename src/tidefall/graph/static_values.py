"""Values of a graph that are known without running it."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.inference import LARGEST_RANK, MAX_STATIC_ELEMENTS, Inference
from tidefall.op.traits import PASSES_ON, SHAPE_ONLY, STATIC_VALUE
from tidefall.tensor.tensor import (
    NOT_ASKED,
    EagerTensor,
    SymbolicTensor,
    TypedTensor,
    is_tensor,
)
from tidefall.tensor.typing import HostArray

_MAX_DEPTH = 64


class GraphInference(Inference):
    """Shape inference inside a graph: values are known as far as they can be computed now."""

    def constant(self, index: int) -> np.ndarray | None:
        return static_value(self.inputs[index])

    def constant_shape(self, index: int) -> TensorShape:
        return static_shape(self.inputs[index])


def static_value(tensor: Any, depth: int = 0) -> np.ndarray | None:
    """The value of a tensor if constants and static shapes determine it, else None."""
    if isinstance(tensor, EagerTensor):
        return None if isinstance(tensor, TypedTensor) else tensor.host_array()
    if not isinstance(tensor, SymbolicTensor):
        return None  # a variable, whose value may change
    if tensor.static_value is not NOT_ASKED:
        return tensor.static_value
    value = _compute(tensor, depth)
    if value is not None or depth == 0:
        tensor.static_value = value
    return value


def _compute(tensor: SymbolicTensor, depth: int) -> np.ndarray | None:
    node = tensor.op
    if node.op_type is raw.Const:
        return node.attrs["value"]
    # What is given may be replaced by a run, also where it has a default.
    if depth > _MAX_DEPTH or node.op_type.is_stateful or node.op_type.effects.given:
        return None
    if SHAPE_ONLY in node.op_type.traits:
        return _from_shape(tensor)
    if node.op_type is raw.StridedSlice:
        return _sliced(tensor, depth)
    size = tensor.shape.num_elements()
    if size is None or size > MAX_STATIC_ELEMENTS or node.op_type.host is None or not node.inputs:
        return None
    if any((t.shape.num_elements() or 0) > MAX_STATIC_ELEMENTS for t in node.inputs):
        return None
    values: list[HostArray] = []
    for source in node.inputs:
        value = static_value(source, depth + 1)
        if value is None:
            return None
        values.append(value)
    try:
        outputs = node.op_type.run([EagerTensor(v) for v in values], node.attrs)
    except Exception:  # noqa: BLE001 - the error belongs to running the program, not to inference
        return None
    result = outputs[tensor.value_index]
    return None if isinstance(result, TypedTensor) else result.host_array()


def _from_shape(tensor: SymbolicTensor) -> np.ndarray | None:
    node = tensor.op
    shape = node.inputs[tensor.value_index if node.op_type is raw.ShapeN else 0].shape
    dtype = tensor.dtype.as_numpy_dtype
    if node.op_type is raw.Rank:
        return None if shape.rank is None else np.array(shape.rank, dtype)
    if not shape.is_fully_defined():
        return None
    if node.op_type is raw.Size:
        return np.array(shape.num_elements(), dtype)
    return np.array(shape.as_list(), dtype)


def _sliced(tensor: SymbolicTensor, depth: int) -> np.ndarray | None:
    """A slice of a shape is known when the sliced dimensions are, whatever the others."""
    node = tensor.op
    bounds = [static_value(t, depth + 1) for t in node.inputs[1:4]]
    if any(b is None for b in bounds):
        return None
    source = static_value(node.inputs[0], depth + 1)
    if source is None:
        if node.inputs[0].shape.rank != 1:
            return None
        partial = static_shape(node.inputs[0], depth + 1)
        if partial.rank is None:
            return None
        dims = [-1 if d is None else d for d in partial.as_list()]
        source = np.array(dims, node.inputs[0].dtype.as_numpy_dtype)
        result = _run_slice(node, source, bounds)
        return None if result is None or (result < 0).any() else result
    if source.size > MAX_STATIC_ELEMENTS:
        return None
    return _run_slice(node, source, bounds)


def _run_slice(node: Any, source: np.ndarray, bounds: list[Any]) -> np.ndarray | None:
    try:
        return node.op_type.run([EagerTensor(v) for v in (source, *bounds)], node.attrs)[
            0
        ].host_array()
    except Exception:  # noqa: BLE001 - reported when the program runs
        return None


def static_shape(tensor: Any, depth: int = 0) -> TensorShape:
    """The shape an integer vector stands for, as far as it is known: -1 and unknown give None."""
    value = static_value(tensor, depth)
    if value is not None and np.size(value) > LARGEST_RANK:
        return TensorShape(None)  # running it is an error
    if value is not None:
        return TensorShape([None if d < 0 else int(d) for d in np.asarray(value).reshape(-1)])
    length = tensor.shape
    unknown = (
        TensorShape(None)
        if length.rank != 1 or length[0] is None or length[0] > LARGEST_RANK
        else TensorShape([None] * length[0])
    )
    if not isinstance(tensor, SymbolicTensor) or depth > _MAX_DEPTH:
        return unknown
    node = tensor.op
    if node.op_type is raw.Shape:
        return node.inputs[0].shape
    if node.op_type is raw.ShapeN:
        return node.inputs[tensor.value_index].shape
    if node.op_type in (raw.Cast, raw.EnsureShape) or PASSES_ON in node.op_type.traits:
        return static_shape(node.inputs[0], depth + 1)
    if node.op_type is raw.Pack and node.attrs["axis"] == 0:
        dims: list[int | None] = []
        for item in node.inputs:
            known = static_value(item, depth + 1)
            dims.append(None if known is None or int(known) < 0 else int(known))
        return TensorShape(dims)
    if node.op_type is raw.ConcatV2:
        result = TensorShape([])
        for item in node.inputs[:-1]:
            result = result.concatenate(static_shape(item, depth + 1))
        return result
    if node.op_type is raw.StridedSlice and node.inputs[0].shape.rank == 1:
        return _partial_slice(node, depth, unknown)
    return unknown


def _partial_slice(node: Any, depth: int, unknown: TensorShape) -> TensorShape:
    source = static_shape(node.inputs[0], depth + 1)
    bounds = [static_value(t, depth + 1) for t in node.inputs[1:4]]
    if source.rank is None or any(b is None for b in bounds):
        return unknown
    dims = np.array([-1 if d is None else d for d in source.as_list()], np.int64)
    result = _run_slice(node, dims, bounds)
    if result is None or result.ndim != 1:
        return unknown
    return TensorShape([None if d < 0 else int(d) for d in result])


_SHAPES = frozenset((raw.Const, raw.Shape, raw.Size, raw.Rank))


def _is_told(tensor: Any, depth: int = 0) -> bool:
    """Whether TensorFlow tells programs the value, which may rely on being told no more.

    Tracing itself knows the results of other ops, too.
    """
    if isinstance(tensor, EagerTensor):
        return True
    op = tensor.op.op_type
    if op in _SHAPES or depth > _MAX_DEPTH:
        return op in _SHAPES
    return STATIC_VALUE in op.traits and all(_is_told(t, depth + 1) for t in tensor.op.inputs)


@export("get_static_value")
def get_static_value(tensor: Any, partial: bool = False) -> Any:
    """The constant value of a tensor, if it can be determined without running the program.

    That is a constant, a static shape, or what packing, splitting, joining, comparing and casting
    make of these.

    Args:
        tensor: a tensor of any shape.
        partial: when True, vectors packed from known and unknown elements give an object array
            with None for the unknown ones.

    Returns:
        A NumPy array or scalar, or None; what is no tensor, as it is.

    >>> import tidefall as tf
    >>> int(tf.get_static_value(tf.constant(3)))
    3
    """
    if not is_tensor(tensor):
        return tensor
    value = static_value(tensor)
    if value is not None and _is_told(tensor):
        return value[()] if value.ndim == 0 else value
    if partial and isinstance(tensor, SymbolicTensor) and tensor.op.op_type is raw.Pack:
        parts = [get_static_value(t) for t in tensor.op.inputs]
        if any(p is not None for p in parts):
            return np.array(parts, dtype=object)
    return None
