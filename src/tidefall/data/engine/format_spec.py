"""Element specs in few words, for errors and reports: `float32[28, 28]`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base import data_nest
from tidefall.base.shapes import TensorShape
from tidefall.data.engine.structure import Structure
from tidefall.tensor.specs import NoneTensorSpec, TensorSpec


def spec_text(spec: Any) -> str:
    """An element spec in few words."""
    if isinstance(spec, dict):
        return "{" + ", ".join(f"{key!r}: {spec_text(value)}" for key, value in spec.items()) + "}"
    if isinstance(spec, tuple):
        names = getattr(spec, "_fields", None)
        parts = [spec_text(item) for item in spec]
        if names is not None:
            parts = [f"{name}={part}" for name, part in zip(names, parts, strict=True)]
        return f"({', '.join(parts)}{',' if len(parts) == 1 and names is None else ''})"
    if isinstance(spec, NoneTensorSpec):
        return "None"
    return _leaf_text(spec)


def _leaf_text(spec: Any) -> str:
    kind = type(spec).__name__.removesuffix("Spec")
    if hasattr(spec, "element_spec"):
        return f"{kind} of {spec_text(spec.element_spec)}"
    dtype, shape = getattr(spec, "dtype", None), getattr(spec, "shape", None)
    if dtype is None or shape is None:
        return repr(spec)
    text = f"{dtype.name}{_shape_text(shape)}"
    return text if type(spec) is TensorSpec else f"{kind} {text}"


def _shape_text(shape: TensorShape) -> str:
    if shape.rank is None:
        return "[...]"
    return f"[{', '.join('?' if size is None else str(size) for size in shape)}]"


def element_text(structure: Structure, values: Sequence[Any]) -> str:
    """The spec of one element, with the shapes it has."""
    leaves, start = [], 0
    for leaf in structure.leaves:
        if type(leaf) is TensorSpec and isinstance(values[start], np.ndarray):
            leaf = TensorSpec(values[start].shape, leaf.dtype)
        leaves.append(leaf)
        start += len(leaf._flat_tensor_specs)
    spec = data_nest.pack_sequence_as(structure.spec, leaves)
    return spec_text(spec[0] if type(spec) is tuple and len(spec) == 1 else spec)
