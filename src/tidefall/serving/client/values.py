"""Values between what users write, JSON, and arrays."""

from __future__ import annotations

import base64
import importlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

_NUMPY_NAMES = {"DT_HALF": "float16", "DT_FLOAT": "float32", "DT_DOUBLE": "float64"}


def plain(value: Any) -> Any:
    """Arrays and tensors as lists, NumPy's numbers as Python's; the rest as it is."""
    if hasattr(value, "numpy") and not isinstance(value, np.ndarray):
        value = value.numpy()
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def as_json(value: Any) -> Any:
    """The form in which a value is sent: arrays as lists, bytes as base64 objects."""
    value = plain(value)
    if isinstance(value, bytes):
        return {"b64": base64.b64encode(value).decode()}
    if isinstance(value, Mapping):
        return {name: as_json(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [as_json(item) for item in value]
    return value


def from_json(value: Any, dtype: str) -> np.ndarray:
    """An array from a reply.

    Args:
      value: what came: numbers, strings, base64 objects, or nested lists of them.
      dtype: the type in the words of the metadata, such as "DT_FLOAT".
    """
    if dtype == "DT_STRING":
        return _strings(value)
    name = _NUMPY_NAMES.get(dtype, dtype.removeprefix("DT_").lower())
    if name == "bfloat16":
        return np.array(value, importlib.import_module("ml_dtypes").bfloat16)
    return np.array(value, name)


def _strings(value: Any) -> np.ndarray:
    def decoded(item: Any) -> Any:
        if isinstance(item, list):
            return [decoded(one) for one in item]
        return base64.b64decode(item["b64"]) if isinstance(item, dict) else item.encode()

    shape, level = [], value
    while isinstance(level, list):
        shape.append(len(level))
        level = level[0] if level else None
    strings = np.empty(shape, dtype=object)
    strings[...] = decoded(value)
    return strings


def columns(instances: Any) -> Any:
    """Inputs in column format from rows: an array, or a dict of lists from a list of dicts."""
    instances = plain(instances)
    if instances and isinstance(instances[0], Mapping):
        return {name: [plain(row[name]) for row in instances] for name in instances[0]}
    return instances
