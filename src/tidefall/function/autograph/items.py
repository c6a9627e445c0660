"""`x[i] = v`, `x[i] += v` and `x.append(v)`: in place for containers, a new value for tensors."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.function.autograph import errors
from tidefall.function.autograph.calls import call
from tidefall.function.autograph.conditions import is_staged
from tidefall.function.autograph.lists import StagedList
from tidefall.op import raw
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor

_UPDATES: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.iadd,
    "-": operator.isub,
    "*": operator.imul,
    "/": operator.itruediv,
    "//": operator.ifloordiv,
    "%": operator.imod,
    "**": operator.ipow,
    "@": operator.imatmul,
    "&": operator.iand,
    "|": operator.ior,
    "^": operator.ixor,
    "<<": operator.ilshift,
    ">>": operator.irshift,
}


def append(target: Any, value: Any) -> Any:
    """What a variable holds after `target.append(value)`."""
    if type(target) is StagedList:
        return target.append(value)
    call(target.append)(value)
    return target


def set_item(target: Any, key: Any, value: Any) -> Any:
    """What a variable holds after `target[key] = value`."""
    if is_staged(target) and isinstance(target, Tensor):
        return _updated(target, key, value)
    target[key] = value
    return target


def update_item(target: Any, key: Any, sign: str, value: Any) -> Any:
    """What a variable holds after `target[key] += value`, or with another sign."""
    return set_item(target, key, _UPDATES[sign](target[key], value))


def _updated(target: Any, key: Any, value: Any) -> Any:
    """A tensor with one element, or one row, replaced."""
    keys = key if isinstance(key, tuple) else (key,)
    parts = []
    for k in keys:
        if isinstance(k, (int, np.integer)) and k >= 0:
            parts.append(convert_to_tensor(int(k), dtypes.int32))
        elif isinstance(k, Tensor) and k.dtype.is_integer and k.shape.rank == 0:
            parts.append(raw.Cast(k, DstT=dtypes.int32))
        else:
            raise TypeError(
                errors.placed(
                    f"'{type(target).__name__}' object does not support item assignment with the "
                    f"key {k!r}: only whole numbers from 0 on. Use tf.tensor_scatter_nd_update, or "
                    "tf.concat the parts"
                )
            )
    index = raw.ExpandDims(raw.Pack(parts), 0)
    update = raw.ExpandDims(convert_to_tensor(value, target.dtype), 0)
    return raw.TensorScatterUpdate(target, index, update)
