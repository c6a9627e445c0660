"""Reductions of rows by the number of their segment."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.lite.interpreter.registry import Kernel, Node, kernel
from tidefall.lite.interpreter.shapes import checked_shape


def _lowest(dtype: Any) -> Any:
    return np.finfo(dtype).min if dtype.kind == "f" else np.iinfo(dtype).min


def _greatest(dtype: Any) -> Any:
    return np.finfo(dtype).max if dtype.kind == "f" else np.iinfo(dtype).max


_REDUCTIONS: dict[str, tuple[Any, Any]] = {
    "UNSORTED_SEGMENT_SUM": (np.add, lambda dtype: 0),
    "UNSORTED_SEGMENT_PROD": (np.multiply, lambda dtype: 1),
    "UNSORTED_SEGMENT_MAX": (np.maximum, _lowest),
    "UNSORTED_SEGMENT_MIN": (np.minimum, _greatest),
}


@kernel(*_REDUCTIONS)
def unsorted_segment(node: Node) -> Kernel:
    function, start = _REDUCTIONS[node.operator]

    def run(x: Any, ids: Any, count: Any) -> Any:
        segments = int(np.asarray(count).reshape(()))
        rest = x.shape[ids.ndim :]
        found = np.full(checked_shape([segments, *rest], node.operator), start(x.dtype), x.dtype)
        flat = ids.reshape(-1)
        if flat.size and flat.max() >= segments:
            raise ValueError(f"segment {flat.max()} of {segments} does not exist")
        inside = flat >= 0
        function.at(found, flat[inside], x.reshape((-1, *rest))[inside])
        return found

    return run


@kernel("SEGMENT_SUM")
def segment_sum(node: Node) -> Kernel:
    def run(x: Any, ids: Any) -> Any:
        if ids.size and (ids[0] < 0 or (np.diff(ids) < 0).any()):
            raise ValueError("the numbers of segments must not go down")
        count = int(ids[-1]) + 1 if ids.size else 0
        found = np.zeros(checked_shape([count, *x.shape[1:]], node.operator), x.dtype)
        np.add.at(found, ids, x)
        return found

    return run
