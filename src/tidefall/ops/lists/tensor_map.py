"""Maps from tensors to tensors, as variants: no op changes the map that it is given."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.shapes import TensorShape
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid, scalar

Key = tuple[Any, tuple[int, ...], Any]


class TensorMapValue:
    """What the handle of a map refers to.

    Args:
        items: arrays and their keys, by what makes a key equal to another.
    """

    def __init__(self, items: dict[Key, tuple[np.ndarray, np.ndarray]]):
        self.items = items


def _identity(key: np.ndarray) -> Key:
    return key.dtype, key.shape, tuple(key.ravel().tolist())


def _items(handle: Any) -> dict[Key, tuple[np.ndarray, np.ndarray]]:
    if not isinstance(handle, TensorMapValue):
        raise invalid(f"The handle is not a tensor map's: {handle!r}.")
    return handle.items


def _insert(handle: Any, key: np.ndarray, value: Any) -> TensorMapValue:
    return TensorMapValue({**_items(handle), _identity(key): (key, value)})


def _lookup(handle: Any, key: np.ndarray, *, value_dtype: DType) -> Any:
    found = _items(handle).get(_identity(key))
    if found is None:
        raise invalid(f'Trying to lookup non-existent key. Could not find key "{key}".')
    value = found[1]
    actual = _dtype_of(value)
    if actual is not None and actual != value_dtype:
        raise invalid(f"Type mismatch: actual {actual.name} vs. expect {value_dtype.name}")
    return value


def _dtype_of(value: Any) -> DType | None:
    """None for what is not an array, such as another map."""
    if not isinstance(value, np.ndarray):
        return None
    return as_dtype("string" if value.dtype == object else value.dtype)


def _erase(handle: Any, key: np.ndarray) -> TensorMapValue:
    items = dict(_items(handle))
    if items.pop(_identity(key), None) is None:
        raise invalid(f'Trying to erase non-existent item. Could not find key "{key}".')
    return TensorMapValue(items)


def _stack_keys(handle: Any, *, key_dtype: DType) -> np.ndarray:
    keys = [key for key, _ in _items(handle).values()]
    if not keys:
        raise invalid("TensorMapStackKeys cannot be called on empty map.")
    if any(_dtype_of(key) != key_dtype for key in keys):
        raise invalid("Key does not match requested dtype.")
    if len({key.shape for key in keys}) > 1:
        raise invalid("Keys must all have the same shape.")
    return np.stack(keys)


def _unknown(c: Inference) -> TensorShape:
    return TensorShape(None)


for _name, _shape, _host in (
    ("EmptyTensorMap", scalar, lambda: TensorMapValue({})),
    ("TensorMapSize", scalar, lambda handle: np.array(len(_items(handle)), np.int32)),
    ("TensorMapInsert", scalar, _insert),
    ("TensorMapLookup", _unknown, _lookup),
    ("TensorMapErase", scalar, _erase),
    ("TensorMapHasKey", scalar, lambda handle, key: np.array(_identity(key) in _items(handle))),
    ("TensorMapStackKeys", _unknown, _stack_keys),
):
    op(_name, shape=_shape, host=_host, effects=PURE, gradient=NOT_DIFFERENTIABLE)
