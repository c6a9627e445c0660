"""Ops on variables that graphs of TensorFlow 1 pass by reference.

The value of a reference is the variable's storage. Ops that take one as an ordinary tensor see
what the storage holds when they run; `runtime` reads it for them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base.dtypes import DType
from tidefall.base.shapes import TensorShape
from tidefall.composite.variables.storage import VariableStorage
from tidefall.op.effects import MAKES, PURE, REFERS, reads, writes
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, find_op, op
from tidefall.ops.common import invalid, scalar, shape_text, unchanged


def _make(*, dtype: DType, shape: TensorShape, shared_name: str) -> VariableStorage:
    return VariableStorage(shared_name, dtype, shape)


def _declared_shape(c: Inference) -> TensorShape:
    return c.attr("shape")


for _kind in ("VariableV2", "Variable"):
    op(_kind, shape=_declared_shape, host=_make, effects=REFERS, gradient=NOT_DIFFERENTIABLE)


def _temporary(*, dtype: DType, shape: TensorShape, var_name: str) -> VariableStorage:
    value = np.zeros(shape.as_list(), dtype.as_numpy_dtype)
    return VariableStorage(var_name, dtype, shape, value)


op(
    "TemporaryVariable",
    shape=_declared_shape,
    host=_temporary,
    effects=MAKES,
    gradient=NOT_DIFFERENTIABLE,
)


def _destroy_temporary(ref: Any) -> Any:
    value = ref.read()
    ref.value = None
    return value


op(
    "DestroyTemporaryVariable",
    shape=unchanged,
    host=_destroy_temporary,
    effects=writes("ref"),
    gradient=NOT_DIFFERENTIABLE,
)


def _assigned_shape(c: Inference) -> TensorShape:
    return c.shape(0).merge_with(c.shape(1)) if c.attr("validate_shape") else c.shape(1)


def _assign(ref: Any, value: Any, *, validate_shape: bool) -> Any:
    if validate_shape and not ref.shape.is_compatible_with(value.shape):
        raise invalid(
            "Assign requires shapes of both tensors to match. "
            f"lhs shape= {shape_text(ref.shape)} rhs shape= {shape_text(value.shape)}"
        )
    ref.value = np.asarray(value)
    return ref


op(
    "Assign",
    shape=_assigned_shape,
    host=_assign,
    effects=writes("ref"),
    gradient=NOT_DIFFERENTIABLE,
)


def _declare_update(name: str, resource_op: str) -> None:
    """Declare an op on a reference that does what another does on a handle."""

    kernel: Any = find_op(resource_op).host

    @functools.wraps(kernel)  # for the names of its attributes
    def host(ref: Any, *values: Any, **attrs: Any) -> Any:
        kernel(ref, *values, **attrs)
        return ref

    op(name, shape=unchanged, host=host, effects=writes("ref"), gradient=NOT_DIFFERENTIABLE)


_declare_update("AssignAdd", "AssignAddVariableOp")
_declare_update("AssignSub", "AssignSubVariableOp")
for _kind in ("Update", "Add", "Sub", "Mul", "Div", "Max", "Min"):
    _declare_update(f"Scatter{_kind}", f"ResourceScatter{_kind}")
for _kind in ("Update", "Add", "Sub", "Max", "Min"):
    _declare_update(f"ScatterNd{_kind}", f"ResourceScatterNd{_kind}")
_declare_update("StridedSliceAssign", "ResourceStridedSliceAssign")


def _is_initialized(ref: Any) -> Any:
    return np.array(ref.value is not None)


op(
    "IsVariableInitialized",
    shape=scalar,
    host=_is_initialized,
    effects=reads("ref"),
    gradient=NOT_DIFFERENTIABLE,
)


def _count_up_to(limit: int) -> Callable[[Any], Any]:
    def count(resource: Any) -> Any:
        from tidefall.base.errors import OutOfRangeError

        value = resource.read()
        if value >= limit:
            raise OutOfRangeError(None, None, f"Reached limit of {limit}")
        resource.value = value + np.ones((), value.dtype)
        return value

    return count


def _count(ref: Any, *, limit: int) -> Any:
    return _count_up_to(limit)(ref)


op("CountUpTo", shape=scalar, host=_count, effects=writes("ref"), gradient=NOT_DIFFERENTIABLE)
op(
    "ResourceCountUpTo",
    shape=scalar,
    host=_count,
    effects=writes("resource"),
    gradient=NOT_DIFFERENTIABLE,
)


def _identity(ref: Any) -> Any:
    return ref


op("RefIdentity", shape=unchanged, host=_identity, effects=PURE, gradient=lambda op, dy: [dy])
