"""Tensor lists that become stacked: their elements are repeated for all runs."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.ops.batching import Fallback, Runs
from tidefall.ops.lists.batching import before
from tidefall.ops.lists.element_types import known_elements, shape_tensor


def stacked_list(runs: Runs, handle: Any) -> Any:
    """A list whose elements are repeated for all runs."""
    node = getattr(handle, "op", None)
    if node is not None and node.op_type in (raw.EmptyTensorList, raw.TensorListReserve):
        shape = before(runs, node.inputs[0])
        return node.op_type(shape, node.inputs[1], element_dtype=node.attrs["element_dtype"])
    value = getattr(handle, "storage", None)
    if value is not None and hasattr(value, "items"):
        return _stacked_value(runs, handle, value)
    shape, dtype = known_elements(handle)
    if dtype is None:
        raise Fallback
    items = raw.TensorListStack(handle, shape_tensor(shape), element_dtype=dtype)
    repeated = raw.BroadcastTo(
        raw.ExpandDims(items, np.array(1, np.int32)), _repeated_shape(runs, items)
    )
    return raw.TensorListFromTensor(repeated, before(runs, shape_tensor(shape)))


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
