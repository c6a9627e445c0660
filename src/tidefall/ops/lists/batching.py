"""Batching rules of tensor lists: the list stays one, its elements are stacked."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.op import raw
from tidefall.ops.batching import Call, Fallback, Runs, Value


def before(runs: Runs, shape: Any) -> Any:
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


def set_item(call: Call) -> Any:
    """One index for all runs: their items are one stacked item."""
    return call.run([call.stacked(0), call.fixed(1), call.stacked(2)])


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
    return call.run([call.tensor(0), call.tensor(1), before(call.runs, call.fixed(2))])


def push_back(call: Call) -> Any:
    """The items of all runs are one stacked item."""
    return call.run([call.stacked(0), call.stacked(1)])


def pop_back(call: Call) -> Any:
    """The items of all runs come as one."""
    return call.run([call.tensor(0), before(call.runs, call.fixed(1))])


def stack(call: Call) -> Any:
    """The runs go in front of the elements."""
    found = call.run([call.tensor(0), before(call.runs, call.fixed(1))])
    if found.shape.rank is None:
        rank = call.node.outputs[0].shape.rank
        if rank is None:
            raise Fallback
        perm = np.array([1, 0, *range(2, rank + 1)], np.int32)
        return raw.Transpose(found, perm)
    return _swapped(found)


def from_tensor(call: Call) -> Any:
    """The elements go in front of the runs."""
    return call.run([_swapped(call.tensor(0)), before(call.runs, call.fixed(1))])


def gather(call: Call) -> Any:
    """The same elements of all runs."""
    shape = before(call.runs, call.fixed(2))
    return _swapped(call.run([call.tensor(0), call.fixed(1), shape]))


def scatter(call: Call) -> Any:
    """The same elements of all runs."""
    return call.run([call.stacked(0), _swapped(call.stacked(1)), call.fixed(2)])


def scatter_new(call: Call) -> Any:
    """The same elements of all runs."""
    rest = [call.fixed(i) for i in range(3, len(call))]
    shape = before(call.runs, call.fixed(2))
    return call.run([_swapped(call.stacked(0)), call.fixed(1), shape, *rest])


def length(call: Call) -> Value:
    """All runs have as many elements."""
    return Value(call.run([call.tensor(0)]), False)


def resize(call: Call) -> Any:
    """All runs have as many elements."""
    return call.run([call.tensor(0), call.fixed(1)])


def element_shape(call: Call) -> Value:
    """The shape of the elements of one run."""
    return Value(call.run([call.tensor(0)])[1:], False)
