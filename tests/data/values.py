"""Elements of datasets as JSON, to store them and to compare."""

from __future__ import annotations

from typing import Any

import numpy as np


def encode(value: Any) -> Any:
    """A structure of eager tensors as lists and dicts."""
    if value is None:
        return None
    if isinstance(value, dict):
        return {"dict": [[key, encode(value[key])] for key in sorted(value)]}
    if isinstance(value, tuple):
        return {type(value).__name__: [encode(item) for item in value]}
    if hasattr(value, "dense_shape"):
        return {"sparse": [encode(p) for p in (value.indices, value.values, value.dense_shape)]}
    if hasattr(value, "row_splits"):
        return {"ragged": [encode(p) for p in (value.flat_values, *value.nested_row_splits)]}
    array = np.asarray(value.numpy())
    if array.dtype.kind in "OS":
        flat = [item.decode() for item in array.reshape(-1).tolist()]
    elif array.dtype.kind == "c":
        flat = [str(item) for item in array.reshape(-1).tolist()]
    elif array.dtype.kind in "fV":
        flat = array.reshape(-1).astype(np.float64).tolist()
    else:
        flat = array.reshape(-1).tolist()
    return {"dtype": value.dtype.name, "shape": list(array.shape), "values": flat}


def summary(dataset: Any, iterations: int = 2) -> dict[str, Any]:
    """Spec, cardinality, and the elements of some iterations."""
    return {
        "spec": str(dataset.element_spec),
        "cardinality": int(dataset.cardinality()),
        "elements": [[encode(element) for element in dataset] for _ in range(iterations)],
    }


def outcome(build: Any, tf: Any) -> str:
    """The name of the error that building and iterating raises."""
    try:
        dataset = build(tf)
        for _ in dataset or ():
            pass
    except Exception as error:  # noqa: BLE001 - whichever it is, its name is the result
        return type(error).__name__
    return "no error"
