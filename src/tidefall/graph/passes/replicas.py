"""Calls of replicas are replaced by what all of the replicas do, one beside the other.

Files hold replicas so, since no other runtime knows the call. Each node of the function becomes one
for each replica, in step, and a collective becomes the op that combines what the replicas give.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.errors import UnimplementedError
from tidefall.graph.analysis import (
    functions_of,
    has_side_effect,
    node_effects,
    reachable,
    resource_root,
)
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.graph.passes.copying import copy_graph, copy_node
from tidefall.graph.passes.inlining import inline_calls
from tidefall.graph.passes.rewriting import Rewriter, rules_for
from tidefall.op import raw
from tidefall.op.traits import COLLECTIVE, REPLICATED
from tidefall.tensor.tensor import hint_of

_COMBINES = {"Mul": raw.Mul, "Min": raw.Minimum, "Max": raw.Maximum}


def without_replicas(graph: FuncGraph) -> FuncGraph:
    """The graph itself, or where it calls replicas, a copy that does what they do.

    Args:
        graph: the graph of a function.

    Raises:
        UnimplementedError: if replicas meet inside of control flow, which each takes by itself.
    """
    if not any(REPLICATED in node.op_type.traits for node in graph.nodes):
        return graph
    copy = copy_graph(graph)
    Rewriter(copy).run(rules_for(copy, {REPLICATED: _spell_out}))
    for node in copy.nodes:
        if node.site[-1].backward is not None:
            node.backward = _LostGradient(node)
    return copy


class _LostGradient:
    """The custom gradient of a node beside replicas, which files do not keep: it fails, as that of
    the op would be another one."""

    is_missing = True

    def __init__(self, node: Operation):
        self._node = node

    def __call__(self, *gradients: Any) -> Any:
        raise LookupError(
            f"No gradient defined for operation '{self._node.name}': custom gradients are not "
            "saved with functions that run replicas."
        )


def _spell_out(node: Operation, rewriter: Rewriter) -> list[Any]:
    inner = copy_graph(node.attrs["f"].graph)
    inline_calls(inner, for_host=False)
    size = len(node.attrs["devices"])
    count = len(inner.inputs)
    rows = [node.inputs[i * count : (i + 1) * count] for i in range(size)]
    one = [[_first_part(t, first) for t, first in zip(r, rows[0], strict=True)] for r in rows]
    replicas = [_Replica(node, inner, row, rewriter) for row in one]
    for old in reachable(inner.outputs, inner.nodes):
        if old.op_type is raw.Placeholder:
            continue
        if COLLECTIVE in old.op_type.traits:
            _add_collective(old, node, replicas, rewriter)
            continue
        if any(_meets(function.graph) for function in functions_of(old)):
            raise UnimplementedError(
                None,
                None,
                f"{old.name} ({old.op_type.name}) holds a collective, so that replicas may or may "
                "not meet in it. In files replicas can meet outside of conditionals and loops: "
                "move the all-reduce, or the assignment to a variable with an aggregation, out of "
                "it.",
            )
        kept_alike = _writes_mirrored(old, inner, rows)
        for replica in replicas[:1] if kept_alike else replicas:
            replica.add(old)
        for replica in replicas[1:] if kept_alike else ():
            replica.nodes[id(old)] = replicas[0].nodes[id(old)]
    outputs = [replica.tensors[id(t)] for replica in replicas for t in inner.outputs]
    ends = {id(t.op): t.op for t in outputs}
    for replica in replicas:
        ends.update((id(n), n) for n in replica.effects)
    rewriter.wait_for(node, [*ends.values(), *node.control_inputs])
    return outputs


class _Replica:
    """What one replica's part of the graph is so far."""

    def __init__(self, node: Operation, inner: FuncGraph, row: Sequence[Any], rewriter: Rewriter):
        self.tensors = {id(old): new for old, new in zip(inner.inputs, row, strict=True)}
        self.nodes: dict[int, Operation] = {}
        self.effects: list[Operation] = []
        self._node = node
        self._rewriter = rewriter

    def add(self, old: Operation) -> None:
        """Add a node of the replica's function."""
        rewriter = self._rewriter
        name = rewriter.unique(f"{self._node.name}/{old.name}")
        new = copy_node(old, rewriter.graph, self.tensors, self.nodes, name)
        if has_side_effect(old):
            self.effects.append(new)
            waits = [*self._node.control_inputs, *new.control_inputs]
            new.control_inputs = list(dict.fromkeys(waits))
        rewriter.nodes.append(new)


def _writes_mirrored(old: Operation, inner: FuncGraph, rows: Sequence[Sequence[Any]]) -> bool:
    """Whether a node changes a variable whose components are kept alike: files have one of them, so
    that the first replica's change is enough."""
    if old.outputs:
        return False
    position = {id(t): i for i, t in enumerate(inner.inputs)}
    for i in node_effects(old, {}).writes:
        k = position.get(id(resource_root(old.inputs[i])))
        if k is not None and rows[0][k] is not rows[1][k] and _is_mirrored(inner.inputs[k]):
            return True
    return False


def _first_part(resource: Any, first: Any) -> Any:
    """What stands for a replica's part of a distributed variable, of which files have one."""
    variable = _variable_of(resource)
    return resource if variable is None or variable is not _variable_of(first) else first


def _is_mirrored(resource: Any) -> bool:
    synchronization = getattr(_variable_of(resource), "synchronization", None)
    return getattr(synchronization, "name", "") == "ON_WRITE"


def _variable_of(resource: Any) -> Any:
    """The distributed variable that a resource is a replica's part of, if it is one."""
    owner = getattr(getattr(hint_of(resource), "storage", None), "owner", None)
    container = getattr(None if owner is None else owner(), "_distributed_container", None)
    return None if container is None else container()


def _add_collective(
    old: Operation, node: Operation, replicas: Sequence[_Replica], rewriter: Rewriter
) -> None:
    if old.op_type is raw.XlaReplicaId:
        found = [
            rewriter.constant(np.array(i, np.int32), dtypes.int32, node)
            for i in range(len(replicas))
        ]
    else:
        given = [replica.tensors[id(old.inputs[0])] for replica in replicas]
        combined = _combined(old, given, node, rewriter)
        combined.set_shape(old.outputs[0].shape)
        found = [combined] * len(replicas)
    for replica, tensor in zip(replicas, found, strict=True):
        replica.tensors[id(old.outputs[0])] = tensor
        replica.nodes[id(old)] = tensor.op


def _combined(old: Operation, given: list[Any], node: Operation, rewriter: Rewriter) -> Any:
    """What a collective makes of the tensors of the replicas."""
    dtype = given[0].dtype
    name = f"{node.name}/{old.name}"

    def add(op: Any, inputs: list[Any], **attrs: Any) -> Any:
        return rewriter.add(op, inputs, attrs, node, name).outputs[0]

    if old.op_type is raw.CollectiveGatherV2:
        axis = rewriter.constant(np.array(0, np.int32), dtypes.int32, node)
        count = len(given)
        return add(raw.ConcatV2, [*given, axis], N=count, T=dtype, Tidx=dtypes.int32)
    if old.op_type is not raw.CollectiveReduceV2:
        raise UnimplementedError(
            None, None, f"{old.name}: {old.op_type.name} of replicas cannot be written to a file."
        )
    if old.attrs["merge_op"] == "Add":
        total = add(raw.AddN, given, N=len(given), T=dtype)
    else:
        total = given[0]
        for other in given[1:]:
            total = add(_COMBINES[old.attrs["merge_op"]], [total, other], T=dtype)
    if old.attrs["final_op"] == "Id":
        return total
    size = rewriter.constant(np.asarray(len(given), dtype.as_numpy_dtype), dtype, node)
    return add(raw.Div, [total, size], T=dtype)


def _meets(graph: FuncGraph) -> bool:
    """Whether a collective is somewhere in a function."""
    return any(
        COLLECTIVE in node.op_type.traits or any(_meets(f.graph) for f in functions_of(node))
        for node in graph.nodes
    )
