"""What is known of the elements of a list: their shape and dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.inference import Inference
from tidefall.op.traits import LOOP
from tidefall.ops.lists.tensor_list_value import (
    LISTS,
)
from tidefall.tensor.tensor import TypedTensor, hint_of

_CREATORS = {
    "TensorListReserve": 0,
    "EmptyTensorList": 0,
    "TensorListScatter": 2,
    "TensorListScatterV2": 2,
    "TensorListSplit": 1,
}


def known_element_shape(tensor: Any) -> TensorShape:
    """The element shape of a list, as far as the ops that made it tell."""
    if isinstance(tensor, TypedTensor):
        value = tensor.storage
        return value.element_shape if isinstance(value, LISTS) else TensorShape(None)
    hint = hint_of(tensor)
    if hint is not tensor:
        return known_element_shape(hint)
    node = getattr(tensor, "op", None)
    if node is None:
        return TensorShape(None)
    if node.op_type is raw.TensorListFromTensor:
        shape = node.inputs[0].shape
        return TensorShape(None) if shape.rank in (None, 0) else shape[1:]
    if node.type in _CREATORS:
        return _constant_shape(node.inputs[_CREATORS[node.type]])
    if LOOP in node.op_type.traits:
        return known_element_shape(node.inputs[tensor.value_index])
    if node.op_type in (raw.AddN, raw.Identity, raw.ZerosLike):
        return known_element_shape(node.inputs[0])
    passes_on = node.type.startswith("TensorList") and tensor.value_index == 0
    if passes_on and node.inputs and node.inputs[0].dtype == dtypes.variant:
        return known_element_shape(node.inputs[0])
    return TensorShape(None)


def known_element_dtype(tensor: Any) -> Any:
    """The dtype of the elements of a list, as far as the ops that made it tell; else None."""
    if isinstance(tensor, TypedTensor):
        value = tensor.storage
        return value.dtype if isinstance(value, LISTS) else None
    hint = hint_of(tensor)
    if hint is not tensor:
        return known_element_dtype(hint)
    node = getattr(tensor, "op", None)
    if node is None:
        return None
    if "element_dtype" in node.attrs:
        return node.attrs["element_dtype"]
    if LOOP in node.op_type.traits:
        return known_element_dtype(node.inputs[tensor.value_index])
    if node.op_type in (raw.AddN, raw.Identity, raw.ZerosLike) or node.type.startswith(
        "TensorList"
    ):
        return known_element_dtype(node.inputs[0])
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
    return known_element_shape(c.inputs[0]).merge_with(input_shape(c, index))


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
