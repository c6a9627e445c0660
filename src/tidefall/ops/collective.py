"""Collectives: ops that meet the same op of the other replicas.

On the host they meet through the `ReplicaGroup` that runs them; compiled together, the replicas are
one program over several devices, and the collectives are XLA's. A replica that runs by itself is a
group of one.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType
from tidefall.base.errors import InvalidArgumentError, UnimplementedError
from tidefall.base.replica_group import (
    WORKERS,
    Merge,
    ReplicaGroup,
    compiled_axis,
    running_group,
    worker_group,
)
from tidefall.base.shapes import TensorShape
from tidefall.composite.indexed_slices import IndexedSlices
from tidefall.op import raw
from tidefall.op.effects import READS_OUTSIDE, reads
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import COLLECTIVE
from tidefall.ops.common import jax, unchanged
from tidefall.tensor.conversion import convert_to_tensor

_MERGE: dict[str, Merge] = {
    "Add": np.add,
    "Mul": np.multiply,
    "Min": np.minimum,
    "Max": np.maximum,
}


def _group(size: Any, key: Any, kind: str) -> ReplicaGroup | None:
    """The group to meet; None if this replica is alone."""
    wanted = int(size)
    group = worker_group() if int(key) == WORKERS else running_group()
    if group is None and wanted == 1:
        return None
    if group is not None and (wanted == group.size or not group.fixed):
        return group
    if wanted == 1:
        return None
    found = 1 if group is None else group.size
    raise InvalidArgumentError(
        None,
        None,
        f"{kind} is for a group of {wanted}, but runs in one of {found}. Call the function "
        "through the `run` of the strategy that it was traced for.",
    )


# ---- reduce ----


def _reduce_host(
    value: Any,
    group_size: Any,
    group_key: Any,
    instance_key: Any,
    ordering_token: Any = (),
    *,
    merge_op: str,
    final_op: str,
) -> Any:
    group = _group(group_size, group_key, "CollectiveReduceV2")
    total = value if group is None else group.all_reduce(value, _MERGE[merge_op])
    if final_op == "Id":
        return total
    size = np.asarray(1 if group is None else group.size, total.dtype)
    return total // size if total.dtype.kind == "i" else total / size


def _reduce_xla(
    value: Any,
    group_size: Any,
    group_key: Any,
    instance_key: Any,
    ordering_token: Any = (),
    *,
    merge_op: str,
    final_op: str,
) -> Any:
    axis = compiled_axis()
    total = value
    if axis is not None:
        if merge_op == "Mul":
            total = jax.numpy.prod(jax.lax.all_gather(value, axis), axis=0)
        else:
            reduce = {"Add": jax.lax.psum, "Min": jax.lax.pmin, "Max": jax.lax.pmax}[merge_op]
            total = reduce(value, axis)
    if final_op == "Id":
        return total
    size = jax.numpy.asarray(group_size, total.dtype)
    return total // size if total.dtype.kind == "i" else total / size


def _reduce_grad(op: Any, dy: Any) -> list[Any]:
    """The gradient of a sum over replicas: the sum over replicas of the gradients."""
    if op.attrs["merge_op"] != "Add":
        raise UnimplementedError(
            None,
            None,
            f"The gradient of a {op.attrs['merge_op']} over replicas is not implemented.",
        )
    attrs = {k: op.attrs[k] for k in ("merge_op", "final_op", "communication_hint")}
    return [raw.CollectiveReduceV2(dy, *op.inputs[1:4], [], **attrs)] + [None] * (
        len(op.inputs) - 1
    )


op(
    "CollectiveReduceV2",
    shape=unchanged,
    host=_reduce_host,
    xla=_reduce_xla,
    effects=READS_OUTSIDE | reads("ordering_token"),
    traits=(COLLECTIVE,),
    static=("group_size",),
    gradient=_reduce_grad,
)


# ---- gather ----


def _gather_shape(c: Inference) -> list[TensorShape]:
    shape = c.shape(0)
    if shape.rank is None:
        return [shape]
    size = c.constant(1)
    first = shape[0]
    rows = None if first is None or size is None else first * int(size)
    return [TensorShape([rows, *shape.as_list()[1:]])]


def _gather_host(
    value: Any, group_size: Any, group_key: Any, instance_key: Any, ordering_token: Any = ()
) -> Any:
    group = _group(group_size, group_key, "CollectiveGatherV2")
    return value if group is None else np.concatenate(group.all_gather(value))


def _gather_xla(
    value: Any, group_size: Any, group_key: Any, instance_key: Any, ordering_token: Any = ()
) -> Any:
    axis = compiled_axis()
    return value if axis is None else jax.lax.all_gather(value, axis, tiled=True)


op(
    "CollectiveGatherV2",
    shape=_gather_shape,
    host=_gather_host,
    xla=_gather_xla,
    effects=READS_OUTSIDE | reads("ordering_token"),
    traits=(COLLECTIVE,),
    static=("group_size",),
    gradient=NOT_DIFFERENTIABLE,
)


# ---- which replica ----


def _replica_id_host() -> Any:
    group = running_group()
    return np.int32(0 if group is None else group.index)


def _replica_id_xla() -> Any:
    axis = compiled_axis()
    return jax.numpy.int32(0) if axis is None else jax.lax.axis_index(axis)


op(
    "XlaReplicaId",
    shape=lambda c: [TensorShape([])],
    host=_replica_id_host,
    xla=_replica_id_xla,
    effects=READS_OUTSIDE,
    traits=(COLLECTIVE,),
    gradient=NOT_DIFFERENTIABLE,
)


# ---- in words ----

_REDUCED = frozenset(
    {dtypes.bfloat16, dtypes.float32, dtypes.float16, dtypes.float64, dtypes.int32, dtypes.int64}
)
_GATHERED = _REDUCED - {dtypes.bfloat16}


def _carried(tensor: Any, carried: frozenset[DType]) -> DType:
    """The dtype in which collectives carry a tensor."""
    own = tensor.dtype
    if own in carried:
        return own
    if own.is_floating:
        return dtypes.float32
    if own.is_integer or own.is_bool:
        return dtypes.int32 if own.size < 4 else dtypes.int64
    raise UnimplementedError(
        None, None, f"Bringing {own.name} of several replicas together is not implemented."
    )


Keys = tuple[int, int]
"""Size and key of a group of replicas."""
_instances = itertools.count()


def _group_inputs(keys: Keys) -> list[Any]:
    """The inputs of a collective that say which group meets, and where."""
    return [*keys, next(_instances) % 2**31, []]


def reduce_over_replicas(value: Any, keys: Keys, mean: bool = False) -> Any:
    """The sum or mean of a value over all replicas, which each of them gets.

    Args:
        value: this replica's: a tensor of the others' shape, or IndexedSlices.
        keys: of the group.
        mean: whether the sum is divided by the number of replicas.
    """
    if isinstance(value, IndexedSlices):
        rows = gather_from_replicas(value.values, keys)
        indices = gather_from_replicas(value.indices, keys)
        return IndexedSlices(rows / keys[0] if mean else rows, indices, value.dense_shape)
    tensor = convert_to_tensor(value)
    if tensor.dtype.is_bool:
        raise TypeError("Values of dtype bool have no sum over replicas: cast them to integers.")
    dtype = _carried(tensor, _REDUCED)
    given = tensor if dtype is tensor.dtype else raw.Cast(tensor, DstT=dtype)
    inexact = mean and not tensor.dtype.is_integer
    final = "Div" if inexact else "Id"
    total = raw.CollectiveReduceV2(given, *_group_inputs(keys), merge_op="Add", final_op=final)
    total = total if dtype is tensor.dtype else raw.Cast(total, DstT=tensor.dtype)
    return total / keys[0] if mean and not inexact else total


def gather_from_replicas(value: Any, keys: Keys, axis: int = 0) -> Any:
    """The tensors of all replicas, one after the other along an axis, for each of them.

    Args:
        value: this replica's tensor.
        keys: of the group.
        axis: the dimension.

    Raises:
        ValueError: for a scalar, or for another axis than 0 of a tensor of unknown rank.
    """
    tensor = convert_to_tensor(value)
    rank = tensor.shape.rank
    if rank == 0:
        raise ValueError(
            "Cannot gather scalars: give them a dimension, with tf.expand_dims or tf.reshape."
        )
    if axis != 0 and rank != 1:
        if rank is None:
            raise ValueError("Cannot gather a tensor of unknown rank along another axis than 0.")
        order = [axis % rank, *(i for i in range(rank) if i != axis % rank)]
        gathered = gather_from_replicas(raw.Transpose(tensor, order), keys)
        return raw.Transpose(gathered, [order.index(i) for i in range(rank)])
    dtype = _carried(tensor, _GATHERED)
    given = tensor if dtype is tensor.dtype else raw.Cast(tensor, DstT=dtype)
    gathered = raw.CollectiveGatherV2(given, *_group_inputs(keys))
    return gathered if dtype is tensor.dtype else raw.Cast(gathered, DstT=tensor.dtype)
