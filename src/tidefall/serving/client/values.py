"""Values between what users write, JSON, and arrays."""

from __future__ import annotations

import base64
import importlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from tidefall.base.type_guards import (
    is_any_sequence,
    is_array,
    is_dict,
    is_list,
    is_mapping,
    is_numeric,
)

_NUMPY_NAMES = {"DT_HALF": "float16", "DT_FLOAT": "float32", "DT_DOUBLE": "float64"}


def plain(value: Any) -> Any:
    """Arrays and tensors as lists, NumPy's numbers as Python's; the rest as it is."""
    if hasattr(value, "numpy") and not is_array(value):
        value = value.numpy()
    return value.tolist() if is_numeric(value) else value


def as_json(value: Any) -> Any:
    """The form in which a value is sent: arrays as lists, bytes as base64 objects."""
    value = plain(value)
    if isinstance(value, bytes):
        return {"b64": base64.b64encode(value).decode()}
    if is_mapping(value):
        return {name: as_json(item) for name, item in value.items()}
    if is_any_sequence(value) and not isinstance(value, str):
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
        if is_list(item):
            return [decoded(one) for one in item]
        return base64.b64decode(item["b64"]) if is_dict(item) else item.encode()

    shape: list[int] = []
    level = value
    while is_list(level):
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
