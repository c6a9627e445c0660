"""Ops on the resources behind variables.

One kernel serves the host and the compiler: the resource it is given has a `value` that can be
read and replaced, a NumPy array on the host and a traced array in a compiled cluster.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType
from tidefall.base.shapes import TensorShape
from tidefall.composite.indexed_slices import IndexedSlices
from tidefall.composite.variables.storage import VariableStorage
from tidefall.op import raw
from tidefall.op.effects import REFERS, reads, writes
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import MOVES, SPECULATABLE
from tidefall.ops.batching import Call, Fallback
from tidefall.ops.common import invalid, jnp, no_outputs, shape_text
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import hint_of


def variable_shape(c: Inference, index: int = 0) -> TensorShape:
    """Shape of the variable behind a handle, when tracing knows which one it is."""
    node = getattr(c.inputs[index], "op", None)
    storage = getattr(hint_of(c.inputs[index]), "storage", None)
    if isinstance(storage, VariableStorage):
        return storage.shape
    if node is not None and node.op_type is raw.VarHandleOp:
        return node.attrs["shape"]
    return TensorShape(None)


def _handle_host(*, dtype: DType, shape: TensorShape, shared_name: str) -> VariableStorage:
    return VariableStorage(shared_name, dtype, shape)


op(
    "VarHandleOp",
    shape=lambda c: TensorShape(()),
    host=_handle_host,
    effects=REFERS,
    gradient=NOT_DIFFERENTIABLE,
)


def _read(resource: Any) -> Any:
    return resource.read()


op(
    "ReadVariableOp",
    shape=variable_shape,
    host=_read,
    xla=_read,
    effects=reads("resource"),
    traits=(MOVES, SPECULATABLE),
    gradient=lambda op, dy: [dy],
)


def _assign(resource: Any, value: Any) -> None:
    with resource.lock:
        resource.value = value


op(
    "AssignVariableOp",
    shape=no_outputs,
    host=_assign,
    xla=_assign,
    effects=writes("resource"),
    gradient=NOT_DIFFERENTIABLE,
)


def _assign_add(resource: Any, value: Any) -> None:
    with resource.lock:
        current = resource.read()
        _same_shape(resource, current, value)
        resource.value = current + value


def _assign_sub(resource: Any, value: Any) -> None:
    with resource.lock:
        current = resource.read()
        _same_shape(resource, current, value)
        resource.value = current - value


def _same_shape(resource: Any, current: Any, value: Any) -> None:
    if current.shape != value.shape:
        raise invalid(
            f"Cannot update variable with shape {shape_text(current.shape)} using a Tensor with "
            f"shape {shape_text(value.shape)}, shapes must be equal."
        )


op(
    "AssignAddVariableOp",
    shape=no_outputs,
    host=_assign_add,
    xla=_assign_add,
    effects=writes("resource"),
    gradient=NOT_DIFFERENTIABLE,
)
op(
    "AssignSubVariableOp",
    shape=no_outputs,
    host=_assign_sub,
    xla=_assign_sub,
    effects=writes("resource"),
    gradient=NOT_DIFFERENTIABLE,
)


def _is_initialized(resource: Any) -> Any:
    return np.array(resource.value is not None)


op(
    "VarIsInitializedOp",
    shape=lambda c: TensorShape(()),
    host=_is_initialized,
    xla=_is_initialized,
    effects=reads("resource"),
    gradient=NOT_DIFFERENTIABLE,
)


def _variable_shape(resource: Any, *, out_type: DType) -> Any:
    return np.array(resource.read().shape, out_type.as_numpy_dtype)


def _variable_shape_shape(c: Inference) -> TensorShape:
    return TensorShape([variable_shape(c).rank])


op(
    "VariableShape",
    shape=_variable_shape_shape,
    host=_variable_shape,
    xla=_variable_shape,
    effects=reads("input"),
    gradient=NOT_DIFFERENTIABLE,
)


def _destroy(resource: Any) -> None:
    resource.value = None


op(
    "DestroyResourceOp",
    shape=no_outputs,
    host=_destroy,
    effects=writes("resource"),
    gradient=NOT_DIFFERENTIABLE,
)
op(
    "DisableCopyOnRead",
    shape=no_outputs,
    host=lambda resource: None,
    xla=lambda resource: None,
    effects=reads("resource"),
    gradient=NOT_DIFFERENTIABLE,
)


# ---- rows of a variable ----


def _gather_shape(c: Inference) -> TensorShape:
    batch = c.attr("batch_dims")
    params, indices = variable_shape(c), c.shape(1)
    if params.rank is None or indices.rank is None:
        return TensorShape(None)
    return indices.concatenate(params[batch + 1 :])


def _checked(indices: Any, rows: int) -> Any:
    if indices.size and (indices.min() < 0 or indices.max() >= rows):
        bad = indices.reshape(-1)[
            np.argmax((indices < 0).reshape(-1) | (indices >= rows).reshape(-1))
        ]
        raise invalid(f"indices = {bad} is not in [0, {rows})")
    return indices


def _gather_host(resource: Any, indices: Any, *, batch_dims: int) -> Any:
    value = resource.read()
    if batch_dims:
        return raw.GatherV2.host(value, indices, np.int32(batch_dims), batch_dims=batch_dims)  # type: ignore[misc]
    return value[_checked(indices, value.shape[0])]


def _gather_xla(resource: Any, indices: Any, *, batch_dims: int) -> Any:
    value = resource.read()
    if batch_dims:
        return raw.GatherV2.xla(value, indices, np.int32(batch_dims), batch_dims=batch_dims)  # type: ignore[misc]
    return jnp.take(value, indices, axis=0, mode="clip")


def _gather_grad(op: Any, dy: Any) -> list[Any]:
    from tidefall.composite.indexed_slices import IndexedSlices

    handle, indices = op.inputs
    shape = raw.VariableShape(handle, out_type=dtypes.int64)
    size = raw.Size(indices)
    expand = raw.ExpandDims(size, 0)
    tail = raw.StridedSlice(
        raw.Cast(shape, DstT=dtypes.int32), [1], [0], [1], begin_mask=0, end_mask=1
    )
    values = raw.Reshape(dy, raw.ConcatV2([expand, tail], 0))
    return [IndexedSlices(values, raw.Reshape(indices, expand), shape), None]


def _resource_gather_batching(call: Call) -> Any:
    """The variable is the same for all runs."""
    if call.attrs.get("batch_dims"):
        raise Fallback
    return call.run([call.fixed(0), call.tensor(1)])


op(
    "ResourceGather",
    shape=_gather_shape,
    host=_gather_host,
    xla=_gather_xla,
    effects=reads("resource"),
    batching=_resource_gather_batching,
    gradient=_gather_grad,
)


def _gather_nd_host(resource: Any, indices: Any) -> Any:
    return raw.GatherNd.host(resource.read(), indices, bad_indices_policy="")  # type: ignore[misc]


def _gather_nd_xla(resource: Any, indices: Any) -> Any:
    return raw.GatherNd.xla(resource.read(), indices)  # type: ignore[misc]


def _gather_nd_shape(c: Inference) -> TensorShape:
    params, indices = variable_shape(c), c.shape(1)
    if params.rank is None or indices.rank is None or indices[-1] is None:
        return TensorShape(None)
    return indices[:-1].concatenate(params[indices[-1] :])


def _gather_nd_grad(op: Any, dy: Any) -> list[Any]:
    handle, indices = op.inputs
    shape = raw.VariableShape(handle, out_type=indices.dtype)
    if indices.shape.rank == 2 and indices.shape[-1] == 1:  # rows, as of `tf.gather`
        rows = raw.Squeeze(indices, squeeze_dims=[-1])
        return [IndexedSlices(dy, rows, convert_to_tensor(shape)), None]
    return [raw.ScatterNd(indices, dy, shape), None]


def _resource_gather_nd_batching(call: Call) -> Any:
    """The variable is the same for all runs."""
    return call.run([call.fixed(0), call.tensor(1)])


op(
    "ResourceGatherNd",
    shape=_gather_nd_shape,
    host=_gather_nd_host,
    xla=_gather_nd_xla,
    effects=reads("resource"),
    batching=_resource_gather_nd_batching,
    gradient=_gather_nd_grad,
)


def _check_updates(updates: Any, indices: Any, params: Any) -> None:
    """One update for each index, or a scalar for all: nothing else is broadcast."""
    wanted = tuple(np.shape(indices)) + tuple(np.shape(params)[1:])
    if np.ndim(updates) and np.shape(updates) != wanted:
        raise invalid(
            "Must have updates.shape = indices.shape + params.shape[1:] or updates.shape = [], got "
            f"updates.shape {shape_text(np.shape(updates))}, indices.shape "
            f"{shape_text(np.shape(indices))}, params.shape {shape_text(np.shape(params))}"
        )


def _scatter_shape(c: Inference) -> list[TensorShape]:
    params, indices, updates = variable_shape(c), c.shape(1), c.shape(2)
    if params.rank is not None and indices.rank is not None and updates.rank:
        indices.concatenate(params[1:]).assert_is_compatible_with(updates)
    return []


def _declare_scatter(kind: str, ufunc: Any, method: str) -> None:
    """Declare ResourceScatter<kind>: rows of the variable combined with updates."""

    def host(resource: Any, indices: Any, updates: Any) -> None:
        with resource.lock:
            value = np.array(resource.read())
            _checked(indices, value.shape[0])
            _check_updates(updates, indices, value)
            updates = np.broadcast_to(updates, indices.shape + value.shape[1:])
            if ufunc is None:
                value[indices] = updates
            else:
                ufunc.at(value, indices, updates)
            resource.value = value

    def xla(resource: Any, indices: Any, updates: Any) -> None:
        value = resource.read()
        _check_updates(updates, indices, value)
        updates = jnp.broadcast_to(updates, tuple(indices.shape) + tuple(value.shape[1:]))
        resource.value = getattr(jnp.asarray(value).at[indices], method)(updates, mode="drop")

    op(
        f"ResourceScatter{kind}",
        shape=_scatter_shape,
        host=host,
        xla=xla,
        effects=writes("resource"),
        gradient=NOT_DIFFERENTIABLE,
    )


_declare_scatter("Update", None, "set")
_declare_scatter("Add", np.add, "add")
_declare_scatter("Sub", np.subtract, "subtract")
_declare_scatter("Mul", np.multiply, "multiply")
_declare_scatter("Div", np.divide, "divide")
_declare_scatter("Max", np.maximum, "max")
_declare_scatter("Min", np.minimum, "min")
