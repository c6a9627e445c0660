"""Reverse-mode differentiation over a list of records: executed ops or graph nodes alike."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.errors import UnimplementedError
from tidefall.base.state import name_scope
from tidefall.op import raw
from tidefall.op.gradients import gradient_of
from tidefall.op.observers import Record
from tidefall.op.registry import NOT_DIFFERENTIABLE
from tidefall.op.traits import LACKS_GRADIENT
from tidefall.ops.control.switch_merge import EXITS, no_loop_gradient
from tidefall.ops.math.elementwise import add
from tidefall.tensor.conversion import constant, convert_to_tensor
from tidefall.tensor.tensor import EagerTensor, MeshTensor


def differentiable(tensor: Any) -> bool:
    """True when gradients can flow through a tensor of this dtype."""
    if type(tensor) is EagerTensor:
        return tensor.storage.dtype.kind in "fcV"
    dtype = tensor.dtype
    return dtype.is_floating or dtype.is_complex or dtype in (dtypes.resource, dtypes.variant)


def backprop(
    records: Sequence[Any],
    targets: Sequence[Any],
    target_gradients: Sequence[Any],
    sources: Sequence[Any],
    stop: Iterable[Any] = (),
    scoped: bool = False,
) -> list[Any]:
    """Gradients of the targets with respect to each source; None where they do not depend on it.

    Args:
        records: what happened, in order. Each has `inputs`, `outputs` and a gradient function.
        targets: tensors to differentiate.
        target_gradients: gradient of each target, None meaning ones.
        sources: tensors (or resource handles of variables) to differentiate by.
        stop: tensors treated as constants.
        scoped: whether the nodes that a node's gradient adds are named after it.
    """
    if records and type(records[-1]) is not Record:  # nodes of a graph
        _refuse_old_loops(records, targets, sources)
    blocked = {id(t) for t in stop}
    reached = _reachable(records, sources, blocked)
    wanted = {id(s) for s in sources}
    finished: dict[int, Any] = {}
    pending: dict[int, list[Any]] = {}
    for target, gradient in zip(targets, target_gradients, strict=True):
        if id(target) in reached:
            pending.setdefault(id(target), []).append(
                gradient if gradient is not None else ones_like(target)
            )
    for record in reversed(records):
        gradients, present = [], False
        for out in record.outputs:
            parts = pending.pop(id(out), None)
            if parts is None:
                gradients.append(None)
                continue
            total = parts[0] if len(parts) == 1 else aggregate(parts)
            if id(out) in wanted:
                finished[id(out)] = total
            if blocked and id(out) in blocked:
                gradients.append(None)
                continue
            present = True
            gradients.append(total)
        if not present:
            continue
        needed = [id(t) in reached for t in record.inputs]
        if True not in needed:
            continue
        if scoped:
            with name_scope(f"{record.name}_grad"):
                found = _input_gradients(record, gradients, needed)
        else:
            found = _input_gradients(record, gradients, needed)
        # A While node that is differentiated gets more inputs, for what it has to keep: none of
        # them is among `needed`.
        for tensor, gradient, reaches in zip(record.inputs, found, needed, strict=False):
            if reaches and gradient is not None:
                parts = pending.get(id(tensor))
                if parts is None:
                    pending[id(tensor)] = [gradient]
                else:
                    parts.append(gradient)
    for source in sources:
        key = id(source)
        if key not in finished:
            parts = pending.get(key)
            finished[key] = None if parts is None else aggregate(parts)
    return [finished[id(source)] for source in sources]


def _refuse_old_loops(
    records: Sequence[Any], targets: Sequence[Any], sources: Sequence[Any]
) -> None:
    """Raise an error where a loop of TensorFlow 1 lies between targets and sources."""
    if not any(record.type in EXITS for record in records):
        return
    loops = [
        node
        for node in _nodes_behind(t.op for t in targets if hasattr(t, "op"))
        if node.type in EXITS
    ]
    behind = {id(node) for node in _nodes_behind(loops)}
    for source in sources:
        if id(getattr(source, "op", None)) in behind:
            raise no_loop_gradient(loops[0])


def _nodes_behind(nodes: Iterable[Any]) -> list[Any]:
    """Nodes and all that they depend on."""
    waiting, found = list(nodes), {}
    while waiting:
        node = waiting.pop()
        if id(node) not in found:
            found[id(node)] = node
            waiting += [t.op for t in node.inputs]
    return list(found.values())


def _reachable(records: Sequence[Any], sources: Sequence[Any], blocked: set[int]) -> set[int]:
    """Ids of the tensors computed from the sources, themselves included."""
    reached = {id(s) for s in sources}
    for record in records:
        for tensor in record.inputs:
            if id(tensor) in reached:
                for out in record.outputs:
                    if id(out) not in blocked and differentiable(out):
                        reached.add(id(out))
                break
    return reached


def _input_gradients(record: Any, gradients: list[Any], needed: list[bool]) -> Sequence[Any]:
    """Call a record's gradient function; absent output gradients become zeros.

    Gradient functions may look at `record.needed` to save the work for inputs that are constants.
    """
    backward = record.backward
    if backward is None:
        record.needed = needed
        function = gradient_of(record.op_type)
        if function == NOT_DIFFERENTIABLE:
            if LACKS_GRADIENT in record.op_type.traits:
                raise LookupError(
                    f"No gradient is registered for {record.type}, here as in TensorFlow. Stop the "
                    "gradient before it (tf.stop_gradient), or register one "
                    "(tf.RegisterGradient)."
                )
            return [None] * len(record.inputs)
        if function is None and record.op_type.definition.library:
            raise LookupError(
                f"gradient registry has no entry for: {record.type}. It is a custom op, of "
                f"{record.op_type.definition.library}: give it one with "
                f'@tf.RegisterGradient("{record.type}").'
            )
        if function is None or isinstance(function, str):
            raise UnimplementedError(
                None, None, f"The gradient of {record.type} is not implemented in Tidefall yet."
            )
    if len(gradients) > 1 and any(g is None for g in gradients):
        decides = record if backward is not None else function
        if not getattr(decides, "takes_missing_gradients", False):
            gradients = [
                zeros_like(out) if g is None and differentiable(out) and _has_zeros(out) else g
                for g, out in zip(gradients, record.outputs, strict=True)
            ]
    result = backward(*gradients) if backward is not None else function(record, *gradients)
    if type(result) is not list and not isinstance(result, tuple):
        result = [result]
    if len(result) != len(record.inputs):
        raise ValueError(
            f"The gradient function of {record.type} returned {len(result)} gradients for "
            f"{len(record.inputs)} inputs."
        )
    return result


def _has_zeros(tensor: Any) -> bool:
    return tensor.dtype not in (dtypes.resource, dtypes.variant)


def ones_like(tensor: Any) -> Any:
    """Ones of a tensor's shape and dtype, a constant where the shape is known."""
    return _filled(tensor, 1)


def zeros_like(tensor: Any) -> Any:
    """Zeros of a tensor's shape and dtype, a constant where the shape is known."""
    return _filled(tensor, 0)


def _filled(tensor: Any, value: int) -> Any:
    dtype = tensor.dtype
    if dtype == dtypes.variant and value == 0:
        return raw.ZerosLike(tensor)
    if type(tensor) is EagerTensor:
        like = tensor.storage
        if not value:
            return EagerTensor(np.zeros(like.shape, like.dtype))
        array = np.empty(like.shape, like.dtype)  # np.ones takes three times as long
        array.fill(value)
        return EagerTensor(array)
    if isinstance(tensor, MeshTensor):
        return raw.OnesLike(tensor) if value else raw.ZerosLike(tensor)  # there, too
    if tensor.shape.is_fully_defined():
        shape = np.array(tensor.shape.as_list(), np.int32)
        return raw.Fill(shape, constant(value, dtype))
    return raw.Fill(raw.Shape(tensor), constant(value, dtype))


def aggregate(parts: list[Any]) -> Any:
    """Sum of several gradients of one tensor: sparse ones stay sparse if all are."""
    if len(parts) == 1:
        return parts[0]
    if {type(p) for p in parts} == {EagerTensor}:
        return functools.reduce(add, parts)
    sparse = [hasattr(p, "indices") and hasattr(p, "values") for p in parts]
    if all(sparse):
        from tidefall.composite.indexed_slices import IndexedSlices

        concat = raw.ConcatV2
        return IndexedSlices(
            concat([p.values for p in parts], 0),
            concat([raw.Cast(p.indices, DstT="int64") for p in parts], 0),
            parts[0].dense_shape,
        )
    dense = [convert_to_tensor(p) if s else p for p, s in zip(parts, sparse, strict=True)]
    if dense[0].dtype == dtypes.variant:
        return raw.AddN(dense)
    if len(dense) == 2:
        return raw.AddV2(dense[0], dense[1])
    return functools.reduce(raw.AddV2, dense)
