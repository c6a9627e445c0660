"""Converters of tensor lists: the list stays one, its elements are stacked."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.core import raw
from tidefall.core.op import find_op
from tidefall.core.shapes import TensorShape
from tidefall.function.pfor.convert import Call, Fallback, Runs, Value, converter
from tidefall.ops.tensor_list import known_element_dtype, known_element_shape, shape_tensor


def stacked_list(runs: Runs, handle: Any) -> Any:
    """A list whose elements are repeated for all runs."""
    node = getattr(handle, "op", None)
    if node is not None and node.op_type in (raw.EmptyTensorList, raw.TensorListReserve):
        shape = _before(runs, node.inputs[0])
        return find_op(node.type)(shape, node.inputs[1], element_dtype=node.attrs["element_dtype"])
    value = getattr(handle, "_value", None)
    if value is not None and hasattr(value, "items"):
        return _stacked_value(runs, handle, value)
    shape = known_element_shape(handle)
    dtype = known_element_dtype(handle)
    if dtype is None:
        raise Fallback
    items = raw.TensorListStack(handle, shape_tensor(shape), element_dtype=dtype)
    repeated = raw.BroadcastTo(
        raw.ExpandDims(items, np.array(1, np.int32)), _repeated_shape(runs, items)
    )
    return raw.TensorListFromTensor(repeated, _before(runs, shape_tensor(shape)))


def _stacked_value(runs: Runs, handle: Any, value: Any) -> Any:
    """The same for an eager list, whose elements may not have been written."""
    shape = TensorShape([runs.static]).concatenate(value.element_shape)
    count = np.array(value.length, np.int32)
    result = raw.TensorListReserve(shape_tensor(shape), count, element_dtype=value.dtype)
    for i, item in enumerate(value.items):
        if item is not None:
            row = raw.BroadcastTo(item, runs.before(list(item.shape)))
            result = raw.TensorListSetItem(result, np.array(i, np.int32), row)
    return result


def _repeated_shape(runs: Runs, items: Any) -> Any:
    sizes = raw.Shape(items)
    return raw.ConcatV2([sizes[:1], runs.vector(), sizes[1:]], 0)


def _before(runs: Runs, shape: Any) -> Any:
    """An element shape with the number of runs in front; a scalar stays unknown."""
    rank = shape.ndim if isinstance(shape, np.ndarray) else shape.shape.rank
    if rank == 0:
        return np.array(-1, np.int32)
    return runs.before(shape)


def _swapped(tensor: Any) -> Any:
    """The first two dimensions in the other order."""
    rank = tensor.shape.rank
    if rank is None:
        raise Fallback
    return raw.Transpose(tensor, np.array([1, 0, *range(2, rank)], np.int32))


@converter("TensorListSetItem")
def set_item(call: Call) -> Any:
    """One index for all runs: their items are one stacked item."""
    return call.run([call.stacked(0), call.fixed(1), call.stacked(2)])


@converter("TensorListGetItem")
def get_item(call: Call) -> Any:
    """One index for all runs; or one list, which is gathered from."""
    if call.is_stacked(1):
        if call.is_stacked(0):
            raise Fallback
        return raw.TensorListGather(
            call.tensor(0),
            call.tensor(1),
            call.fixed(2),
            element_dtype=call.attrs["element_dtype"],
        )
    return call.run([call.tensor(0), call.tensor(1), _before(call.runs, call.fixed(2))])


@converter("TensorListPushBack")
def push_back(call: Call) -> Any:
    """The items of all runs are one stacked item."""
    return call.run([call.stacked(0), call.stacked(1)])


@converter("TensorListPopBack")
def pop_back(call: Call) -> Any:
    """The items of all runs come as one."""
    return call.run([call.tensor(0), _before(call.runs, call.fixed(1))])


@converter("TensorListStack")
def stack(call: Call) -> Any:
    """The runs go in front of the elements."""
    found = call.run([call.tensor(0), _before(call.runs, call.fixed(1))])
    if found.shape.rank is None:
        rank = call.node.outputs[0].shape.rank
        if rank is None:
            raise Fallback
        perm = np.array([1, 0, *range(2, rank + 1)], np.int32)
        return raw.Transpose(found, perm)
    return _swapped(found)


@converter("TensorListFromTensor")
def from_tensor(call: Call) -> Any:
    """The elements go in front of the runs."""
    return call.run([_swapped(call.tensor(0)), _before(call.runs, call.fixed(1))])


@converter("TensorListGather")
def gather(call: Call) -> Any:
    """The same elements of all runs."""
    shape = _before(call.runs, call.fixed(2))
    return _swapped(call.run([call.tensor(0), call.fixed(1), shape]))


@converter("TensorListScatterIntoExistingList")
def scatter(call: Call) -> Any:
    """The same elements of all runs."""
    return call.run([call.stacked(0), _swapped(call.stacked(1)), call.fixed(2)])


@converter("TensorListScatter", "TensorListScatterV2")
def scatter_new(call: Call) -> Any:
    """The same elements of all runs."""
    rest = [call.fixed(i) for i in range(3, len(call))]
    shape = _before(call.runs, call.fixed(2))
    return call.run([_swapped(call.stacked(0)), call.fixed(1), shape, *rest])


@converter("TensorListLength")
def length(call: Call) -> Value:
    """All runs have as many elements."""
    return Value(call.run([call.tensor(0)]), False)


@converter("TensorListResize")
def resize(call: Call) -> Any:
    """All runs have as many elements."""
    return call.run([call.tensor(0), call.fixed(1)])


@converter("TensorListElementShape")
def element_shape(call: Call) -> Value:
    """The shape of the elements of one run."""
    return Value(call.run([call.tensor(0)])[1:], False)
