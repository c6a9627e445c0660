"""Lists of tensors: in a model they are one tensor, stacked along a new first dimension."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Dims, Value
from tidefall.lite.converter.lowering.builder import Builder, lite_dtype
from tidefall.lite.converter.lowering.registry import CannotLower, lower
from tidefall.op import raw


@dataclass
class TensorList:
    """A list while it is lowered.

    Attributes:
        dtype: of its elements.
        element: their sizes, None where free or not known yet.
        length: how many there are, as an int32 scalar.
        stacked: its elements stacked; None while it was only reserved.
    """

    dtype: np.dtype[Any]
    element: Dims | None
    length: Value
    stacked: Value | None = None

    @property
    def shape(self) -> Dims:
        """Sizes of the stacked elements."""
        count = None if self.length.data is None else int(self.length.data)
        return (count, *(self.element or ()))


def stack_of(item: Any) -> Value:
    """The stacked elements of a list that has some."""
    if not isinstance(item, TensorList) or item.stacked is None:
        raise CannotLower("a list is read before anything was written to it")
    return item.stacked


def element_dims(value: Value) -> Dims | None:
    """Sizes that an element_shape input names."""
    if value.data is None or value.data.ndim == 0:
        return None
    return tuple(None if d < 0 else int(d) for d in value.data)


def _merge(a: Dims | None, b: Dims | None) -> Dims | None:
    if a is None or b is None:
        return b if a is None else a
    return tuple(y if x is None else x for x, y in zip(a, b, strict=True))


@lower(raw.TensorListFromTensor)
def _from_tensor(b: Builder, node: Operation, inputs: list[Any]) -> list[Any]:
    stacked = inputs[0]
    return [TensorList(stacked.dtype, stacked.shape[1:], b.size(stacked, 0), stacked)]


@lower(raw.TensorListReserve)
def _reserve(b: Builder, node: Operation, inputs: list[Any]) -> list[Any]:
    element, length = inputs
    dtype = lite_dtype(node.attrs["element_dtype"])
    return [TensorList(dtype, element_dims(element), length)]


@lower(raw.TensorListStack)
def _stack(b: Builder, node: Operation, inputs: list[Any]) -> list[Any]:
    return [stack_of(inputs[0])]


@lower(raw.TensorListLength)
def _length(b: Builder, node: Operation, inputs: list[Any]) -> list[Any]:
    return [inputs[0].length]


@lower(raw.TensorListGetItem)
def _get(b: Builder, node: Operation, inputs: list[Any]) -> list[Any]:
    stacked, index = stack_of(inputs[0]), inputs[1]
    return [b.op("GATHER", [stacked, index], stacked.shape[1:], axis=0)]


@lower(raw.TensorListGather)
def _gather(b: Builder, node: Operation, inputs: list[Any]) -> list[Any]:
    stacked, indices = stack_of(inputs[0]), inputs[1]
    return [b.op("GATHER", [stacked, indices], [*indices.shape, *stacked.shape[1:]], axis=0)]


@lower(raw.TensorListSetItem)
def _set(b: Builder, node: Operation, inputs: list[Any]) -> list[Any]:
    given, index, item = inputs
    if node.attrs["resize_if_index_out_of_bounds"] and not _is_within(given, index):
        raise CannotLower("its list grows; give it its size, without dynamic_size=True")
    element = _merge(item.shape, given.element)
    stacked = given.stacked
    if stacked is None:  # outside of a loop
        stacked = reserved(b, given, item.shape, [(item, axis) for axis in range(item.rank)])
    row = b.reshape(item, (1, *item.shape), _row_shape(b, item))
    if given.length.data is not None and int(given.length.data) == 1 and index.data is not None:
        new = row  # the only element
    else:
        start = b.vector([index, *[0] * item.rank])
        new = b.op("DYNAMIC_UPDATE_SLICE", [stacked, row, start], stacked.shape)
    return [TensorList(given.dtype, element, given.length, new)]


def _is_within(given: TensorList, index: Value) -> bool:
    if index.data is None or given.length.data is None:
        return False
    return int(index.data) < int(given.length.data)


def _row_shape(b: Builder, item: Value) -> Value | None:
    if item.shape.count(None) < 2:
        return None
    return b.vector([1, *(b.size(item, a) for a in range(item.rank))])


def reserved(b: Builder, given: TensorList, dims: Dims, sources: list[Any]) -> Value:
    """Zeros for the elements of a list of which nothing is known but its sizes.

    Args:
        b: where to build.
        given: the list.
        dims: sizes of its elements.
        sources: for each free size a value and an axis that has it.
    """
    zero = np.zeros([], given.dtype)
    count = None if given.length.data is None else int(given.length.data)
    if count is not None and None not in dims:
        return b.const(np.zeros([count, *(d for d in dims if d is not None)], given.dtype))
    items = [given.length if count is None else count]
    items += [d if d is not None else b.size(*s) for d, s in zip(dims, sources, strict=True)]
    return b.op("FILL", [b.vector(items), b.const(zero)], (count, *dims), given.dtype)
