"""What is known of the elements of a list: their shape and dtype."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.inference import Inference
from tidefall.op.traits import LOOP
from tidefall.ops.lists.tensor_list_value import LISTS
from tidefall.tensor.tensor import TypedTensor, hint_of

_CREATORS = {
    "TensorListReserve": 0,
    "EmptyTensorList": 0,
    "TensorListScatter": 2,
    "TensorListScatterV2": 2,
    "TensorListSplit": 1,
}


class Elements(NamedTuple):
    """What is known of the elements of a list."""

    shape: TensorShape
    dtype: DType | None


_NOTHING = Elements(TensorShape(None), None)


def known_elements(tensor: Any) -> Elements:
    """The elements of a list, as far as the ops that made it tell."""
    found = _NOTHING
    while tensor is not None:
        told = _told_by(tensor)
        found = Elements(told.shape, told.dtype if found.dtype is None else found.dtype)
        tensor = _list_behind(tensor)
    return found


def _told_by(tensor: Any) -> Elements:
    """What a list, or the op that made it, tells itself: the first list tells the shape."""
    if isinstance(tensor, TypedTensor):
        value = tensor.storage
        return Elements(value.element_shape, value.dtype) if isinstance(value, LISTS) else _NOTHING
    node = getattr(tensor, "op", None)
    if node is None:
        return _NOTHING
    shape = _NOTHING.shape
    if node.op_type is raw.TensorListFromTensor:
        rows = node.inputs[0].shape
        shape = shape if rows.rank in (None, 0) else rows[1:]
    elif node.type in _CREATORS:
        shape = _constant_shape(node.inputs[_CREATORS[node.type]])
    return Elements(shape, node.attrs.get("element_dtype"))


def _list_behind(tensor: Any) -> Any:
    """The list that one was made from, whose elements are like its own; None for a first one."""
    hint = hint_of(tensor)
    if hint is not tensor:
        return hint
    node = getattr(tensor, "op", None)
    if node is None or node.op_type is raw.TensorListFromTensor or node.type in _CREATORS:
        return None
    if LOOP in node.op_type.traits:
        return node.inputs[tensor.value_index]
    if node.op_type in (raw.AddN, raw.Identity, raw.ZerosLike):
        return node.inputs[0]
    passes_on = node.type.startswith("TensorList") and tensor.value_index == 0
    if passes_on and node.inputs and node.inputs[0].dtype == dtypes.variant:
        return node.inputs[0]
    return None


def _constant_shape(tensor: Any) -> TensorShape:
    if tensor.shape.rank == 0:
        return TensorShape(None)
    return tensor.graph.static_shape(tensor)


def input_shape(c: Inference, index: int) -> TensorShape:
    value = c.constant(index)
    if (value is not None and value.ndim == 0) or c.shape(index).rank == 0:
        return TensorShape(None)
    return c.constant_shape(index)


def element_shape(c: Inference, index: int) -> TensorShape:
    """The element shape, from the list and from the op's own input."""
    return known_elements(c.inputs[0]).shape.merge_with(input_shape(c, index))


def handle_shape(c: Inference) -> TensorShape:
    return TensorShape(())


def shape_tensor(shape: TensorShape) -> Any:
    """An element shape as the input of a list op: unknown dimensions are -1."""
    if shape.rank is None:
        return np.array(-1, np.int32)
    return np.array([-1 if d is None else d for d in shape.as_list()], np.int32)


def element_shape_of(tensor: Any) -> Any:
    """The element shape input for items like `tensor`: constant if it can be."""
    if tensor.dtype == dtypes.variant:
        return np.array([], np.int32)
    if tensor.shape.is_fully_defined():
        return shape_tensor(tensor.shape)
    return raw.Shape(tensor)
