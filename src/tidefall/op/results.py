"""From what kernels return to tensors, and from flat lists of values to arguments and results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType
from tidefall.base.type_guards import is_list
from tidefall.op.table import OpDef
from tidefall.tensor.tensor import NUMPY_VALUES, EagerTensor, Tensor, TypedTensor, ndarray

Attrs = dict[str, Any]


class Results:
    """How an op arranges its inputs and outputs; the part of `Op` around a kernel."""

    definition: OpDef
    has_lists: bool
    lists_out: bool
    n_outputs: int

    def group(self, flat: Sequence[Any], attrs: Attrs) -> list[Any]:
        """Arrange a flat list of inputs by argument: list arguments become lists."""
        if not self.has_lists:
            return list(flat)
        grouped: list[Any] = []
        start = 0
        for arg in self.definition.inputs:
            if arg.is_list:
                count = arg.length(attrs)
                grouped.append(list(flat[start : start + count]))
                start += count
            else:
                grouped.append(flat[start])
                start += 1
        return grouped

    def wrap(self, result: Any, attrs: Attrs) -> list[Any]:
        """Make eager tensors of what a kernel returned."""
        if type(result) is ndarray and self.n_outputs == 1 and not self.lists_out:
            dtype = self.definition.outputs[0]
            if dtype.type_attr is None or result.dtype != object:
                return (
                    [EagerTensor(result)]
                    if not _needs_type(self, attrs)
                    else self._wrap_typed([result], attrs)
                )
        if self.n_outputs == 0:
            return []
        if self.lists_out:
            values = self.flatten_outputs(result)
        else:
            values = list(result) if self.n_outputs > 1 else [result]
        return self._wrap_typed(values, attrs)

    def _wrap_typed(self, values: list[Any], attrs: Attrs) -> list[Any]:
        wrapped: list[Any] = []
        for value, dtype in zip(values, self.output_dtypes(attrs), strict=True):
            if isinstance(value, Tensor):
                wrapped.append(value)
            elif dtype.is_quantized or dtype is dtypes.resource or dtype is dtypes.variant:
                wrapped.append(TypedTensor(value, dtype))
            elif isinstance(value, NUMPY_VALUES) or not hasattr(value, "dtype"):
                wrapped.append(EagerTensor(np.asarray(value)))
            else:
                wrapped.append(EagerTensor(value))
        return wrapped

    def flatten_outputs(self, result: Any) -> list[Any]:
        if self.n_outputs == 1:
            return list(result)
        flat: list[Any] = []
        for arg, value in zip(self.definition.outputs, result, strict=True):
            if arg.is_list:
                flat.extend(value)
            else:
                flat.append(value)
        return flat

    def output_dtypes(self, attrs: Attrs) -> list[DType]:
        """Dtypes of all the outputs, flat."""
        found: list[DType] = []
        for arg in self.definition.outputs:
            if arg.type_list_attr is not None:
                found.extend(attrs[arg.type_list_attr])
                continue
            dtype: Any = arg.dtype if arg.type_attr is None else attrs[arg.type_attr]
            if arg.is_ref:
                dtype = dtype._as_ref
            if arg.number_attr is not None:
                found.extend([dtype] * attrs[arg.number_attr])
            else:
                found.append(dtype)
        return found

    def pack(self, outputs: Sequence[Any], attrs: Attrs) -> Any:
        """What a call returns: a tensor, a list for a list output, or a tuple of outputs."""
        if self.n_outputs == 1 and not self.lists_out:
            return outputs[0]
        if self.n_outputs == 0:
            return None
        if not self.lists_out:
            return tuple(outputs)
        packed: list[Any] = []
        start = 0
        for arg in self.definition.outputs:
            if arg.is_list:
                count = arg.length(attrs)
                packed.append(list(outputs[start : start + count]))
                start += count
            else:
                packed.append(outputs[start])
                start += 1
        return packed[0] if len(packed) == 1 else tuple(packed)


def ungroup(grouped: Sequence[Any]) -> list[Any]:
    """The flat list of inputs that `Results.group` arranged by argument."""
    flat: list[Any] = []
    for item in grouped:
        flat.extend(item) if is_list(item) else flat.append(item)
    return flat


def _needs_type(op: Results, attrs: Attrs) -> bool:
    out = op.definition.outputs[0]
    dtype = out.dtype if out.type_attr is None else attrs.get(out.type_attr)
    return dtype is not None and (
        dtype.is_quantized or dtype is dtypes.resource or dtype is dtypes.variant
    )
