"""What public functions do with the shapes of ragged tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dispatch import api, handles
from tidefall.base.dtypes import as_dtype
from tidefall.base.errors import InvalidArgumentError
from tidefall.composite.ragged.dynamic_shape import DynamicRaggedShape
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.composite.ragged.row_partition import known
from tidefall.op import raw
from tidefall.ops.ragged.broadcast import broadcast, rebuilt
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor


@handles("shape", given=RaggedTensor)
def _shape(input: Any, out_type: Any = None, name: str | None = None) -> Any:
    return DynamicRaggedShape.from_tensor(input, dtypes.int32 if out_type is None else out_type)


@handles("fill", given=DynamicRaggedShape)
def fill(dims: Any, value: Any, name: str | None = None, layout: Any = None) -> Any:
    """A tensor of a shape that holds one value."""
    flat = raw.Fill(dims.inner_shape, convert_to_tensor(value), name=name)
    if getattr(flat, "is_symbolic", False):
        flat.set_shape(dims._static_inner_shape)
    return rebuilt(flat, dims.row_partitions)


@handles("zeros", given=DynamicRaggedShape)
def _zeros(
    shape: Any, dtype: Any = dtypes.float32, name: str | None = None, layout: Any = None
) -> Any:
    return fill(shape, api("zeros").function((), as_dtype(dtype)))


@handles("ones", given=DynamicRaggedShape)
def _ones(
    shape: Any, dtype: Any = dtypes.float32, name: str | None = None, layout: Any = None
) -> Any:
    return fill(shape, api("ones").function((), as_dtype(dtype)))


@handles("reshape", given=DynamicRaggedShape)
def _reshape(tensor: Any, shape: Any, name: str | None = None) -> Any:
    flat = tensor.flat_values if isinstance(tensor, RaggedTensor) else convert_to_tensor(tensor)
    flat = raw.Reshape(flat, shape.inner_shape, name=name)
    if getattr(flat, "is_symbolic", False):
        flat.set_shape(shape._static_inner_shape)
    return rebuilt(flat, shape.row_partitions)


@handles("broadcast_to", given=DynamicRaggedShape)
def _broadcast_to(input: Any, shape: Any, name: str | None = None) -> Any:
    value = input if isinstance(input, RaggedTensor) else convert_to_tensor(input)
    if not shape.num_row_partitions and not isinstance(value, RaggedTensor):
        return raw.BroadcastTo(value, shape.inner_shape, name=name)
    if isinstance(value, RaggedTensor):
        value = value.with_row_splits_dtype(shape.dtype)
    like = fill(shape, np.int8(0))
    if not isinstance(like, RaggedTensor):
        like = RaggedTensor.from_tensor(like, row_splits_dtype=shape.dtype)
    made, like = _common(value, like)
    result = rebuilt(_inside(made.flat_values, like.flat_values), made._nested_row_partitions)
    _check_is(DynamicRaggedShape.from_tensor(result), shape)
    return rebuilt(result.flat_values, shape.row_partitions)


def _common(x: Any, y: Any) -> tuple[Any, Any]:
    return broadcast(x, y) if (x.shape.rank or 0) else broadcast(_vector(x), y)


def _vector(value: Any) -> Any:
    return raw.ExpandDims(value, 0)


def _inside(values: Any, like: Any) -> Any:
    """The flat values with the inner dimensions of others."""
    shape = raw.Shape(like)
    outer = raw.Shape(values)[:1]
    return raw.BroadcastTo(values, raw.ConcatV2([outer, shape[1:]], 0))


def _check_is(made: DynamicRaggedShape, wanted: DynamicRaggedShape) -> None:
    """Raise if a dimension of size 1 had to grow to what was broadcast to it."""
    one, two = made.row_partitions, wanted.row_partitions
    for a, b in zip(one, two, strict=False):
        x, y = known(a._row_splits), known(b._row_splits)
        if x is not None and y is not None and (x.shape != y.shape or (x != y).any()):
            raise InvalidArgumentError(None, None, f"Cannot broadcast to {wanted}: got {made}.")


@handles("broadcast_dynamic_shape", given=DynamicRaggedShape)
def _broadcast_dynamic_shape(shape_x: Any, shape_y: Any) -> Any:
    """The shape that tensors of two shapes broadcast to."""
    given = next(s for s in (shape_x, shape_y) if isinstance(s, DynamicRaggedShape))
    shapes = [_as_shape(s, given.dtype) for s in (shape_x, shape_y)]
    x, y = (fill(shape, np.int8(0)) for shape in shapes)
    if not any(isinstance(v, RaggedTensor) for v in (x, y)):
        sizes = raw.BroadcastArgs(shapes[0].inner_shape, shapes[1].inner_shape)
        return DynamicRaggedShape((), sizes, given.dtype)
    x, y = broadcast(x, y)
    flat = raw.AddV2(x.flat_values, y.flat_values)
    return DynamicRaggedShape.from_tensor(x.with_flat_values(flat), given.dtype)


def _as_shape(value: Any, dtype: Any) -> DynamicRaggedShape:
    if isinstance(value, DynamicRaggedShape):
        return value
    tensor = value if isinstance(value, Tensor) else convert_to_tensor(value, dtype)
    return DynamicRaggedShape((), tensor, dtype)
