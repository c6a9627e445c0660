"""From what kernels return to eager tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType
from tidefall.op.definition import Attrs, OpDef
from tidefall.tensor.tensor import NUMPY_VALUES, EagerTensor, Tensor, TypedTensor, ndarray


def wrap_results(definition: OpDef, result: Any, attrs: Attrs) -> list[Any]:
    """Make eager tensors, one for each output, of what a kernel returned."""
    if type(result) is ndarray and definition.n_outputs == 1 and not definition.lists_out:
        output = definition.outputs[0]
        if not _needs_type(output.dtype if output.type_attr is None else attrs[output.type_attr]):
            return [EagerTensor(result)]
    values = definition.flatten_outputs(result)
    dtypes_out = definition.output_dtypes(attrs)
    return [_wrap(value, dtype) for value, dtype in zip(values, dtypes_out, strict=True)]


def _needs_type(dtype: DType | None) -> bool:
    """Whether a tensor's dtype cannot be told from the array that it holds."""
    return dtype is not None and (
        dtype.is_quantized or dtype is dtypes.resource or dtype is dtypes.variant
    )


def _wrap(value: Any, dtype: DType) -> Tensor:
    if isinstance(value, Tensor):
        return value
    if _needs_type(dtype):
        return TypedTensor(value, dtype)
    if isinstance(value, NUMPY_VALUES) or not hasattr(value, "dtype"):
        return EagerTensor(np.asarray(value))
    return EagerTensor(value)
