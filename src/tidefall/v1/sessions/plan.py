"""The plan of a session: the nodes that some fetches need, run by the host executor."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from tidefall.base.errors import InvalidArgumentError, UnimplementedError
from tidefall.base.float_errors import QUIET, begin_quiet, end_quiet
from tidefall.base.run_state import RunState, running_with
from tidefall.composite.variables.storage import VariableStorage
from tidefall.graph.operation import Operation
from tidefall.graph.v1.control_flow import has_old_control_flow, is_back_edge
from tidefall.op import raw
from tidefall.op.op import Op
from tidefall.op.traits import PASSES_ON
from tidefall.runtime.host.plan import HostPlan, Step
from tidefall.tensor.tensor import SymbolicTensor
from tidefall.v1.sessions.concurrent_steps import StepOrder, needs_threads, run_steps


class Resources:
    """What lives in a session: variables and tables by name, generators by node."""

    def __init__(self) -> None:
        self.by_name: dict[tuple[str, str, str], Any] = {}
        self.state = RunState()
        """What nodes keep, as random generators do, for this session alone."""

    def keep(
        self,
        node: Operation,
        make: Callable[..., Any],
        inputs: Sequence[Any],
        attrs: dict[str, Any],
    ) -> Any:
        """The value of a node that makes a resource, the same one every time."""
        name = node.attrs.get("shared_name") or node.name
        key = (node.type, node.attrs.get("container", ""), name)
        if key not in self.by_name:
            value = make(*inputs, **attrs)
            if hasattr(value, "name"):
                value.name = name
            self.by_name[key] = value
        return self.by_name[key]

    def clear(self, containers: Iterable[str] | None = None) -> None:
        """Forget all resources, or those in some containers."""
        if containers is None:
            for value in self.by_name.values():
                if hasattr(value, "cancel_all"):
                    value.cancel_all()
            self.by_name.clear()
            self.state = RunState()
            return
        for key in [key for key in self.by_name if key[1] in set(containers)]:
            del self.by_name[key]


class _Deref:
    """A step that reads what a reference refers to, for an op that wants a tensor."""

    def __init__(self, node: Operation, tensor: SymbolicTensor):
        self.node = node
        self.name = tensor.op.name
        self.user_line = tensor.op.user_line
        self.site = tensor.op.site
        self.frame = tensor.op.frame
        self.op_type = raw.Identity
        self.attrs: dict[str, Any] = {}
        self.inputs = [tensor]


class SessionPlan(HostPlan):
    """A part of a graph ready to run with some tensors given.

    Args:
        nodes: the nodes to run, in an order in which they may.
        feeds: tensors whose values will be given.
        fetches: tensors whose values are wanted.
        resources: where the session keeps its resources.
    """

    def __init__(
        self,
        nodes: Sequence[Operation],
        feeds: Sequence[SymbolicTensor],
        fetches: Sequence[SymbolicTensor],
        resources: Resources,
    ):
        self._resources = resources
        self._fed = {id(t) for t in feeds}
        self._slots = {}
        self._template = []
        self.input_slots = [self._slot(t) for t in feeds]
        threaded = needs_threads(nodes) and not has_old_control_flow(nodes)
        self._is_threaded = threaded
        self._add_all(nodes, fetches, self._fed)
        self._order = StepOrder(nodes, self.steps) if threaded else None

    def run(self, arguments: Sequence[Any], state: RunState | None = None) -> list[Any]:
        """Run with the values given; returns those of the fetches."""
        state = self._resources.state if state is None else state
        if self._order is None:
            return super().run(arguments, state)

        def run_step(step: Step, values: list[Any]) -> None:  # in a thread of its own
            with running_with(state):
                self._run_step(step, values)

        values = self._template.copy()
        for slot, argument in zip(self.input_slots, arguments, strict=True):
            values[slot] = argument
        token = begin_quiet(QUIET)
        try:
            run_steps(self.steps, self._order, values, run_step)
        finally:
            end_quiet(token)
        return [values[slot] for slot in self.output_slots]

    def _mark_last_uses(self) -> None:
        if not self._is_threaded:  # otherwise nobody knows which step is the last
            super()._mark_last_uses()

    def _add(self, node: Operation) -> None:
        if node.op_type in (raw.Placeholder, raw.PlaceholderV2):
            self._add_placeholder(node)
            return
        kernel = node.op_type.host
        if kernel is None and node.op_type.xla is None and node.op_type is not raw.NoOp:
            raise UnimplementedError(
                None, node, f"The op {node.type} is not implemented in Tidefall yet."
            )
        if node.op_type is raw.Const and id(node.outputs[0]) in self._fed:
            return
        before = len(self.steps)
        if PASSES_ON in node.op_type.traits and len(node.outputs) == 1:
            # A step of its own: it reads what a reference refers to now, not when it is used.
            inputs = [self._slot(t) for t in node.inputs]
            outputs = [self._slot(t) for t in node.outputs]
            attrs = {key: node.attrs[key] for key in node.op_type.host_attrs}
            self.steps.append(Step(node, kernel or _same, inputs, outputs, attrs))
        else:
            super()._add(node)
        for step in self.steps[before:]:
            step.node = node
            self._fit(step, node)

    def _fit(self, step: Step, node: Operation) -> None:
        """Make a step use the session's resources, given values, and values of references."""
        if _is_kept(node.op_type):
            make = getattr(node.op_type.host, "for_session", step.kernel)
            resources = self._resources
            step.kernel = lambda *inputs, **attrs: resources.keep(node, make, inputs, attrs)
        for i, tensor in enumerate(node.outputs):
            if id(tensor) in self._fed:
                step.outputs[i] = self._new_slot()  # the given value counts
        reads = _reads(node)
        for i, tensor in enumerate(node.inputs):
            if tensor.dtype._is_ref_dtype and reads[i] and id(tensor) not in self._fed:
                slot = self._new_slot()
                read = Step(_Deref(node, tensor), _value_of, [step.inputs[i]], [slot], {})  # type: ignore[arg-type]
                self.steps.insert(len(self.steps) - 1, read)
                step.inputs[i] = slot

    def _add_placeholder(self, node: Operation) -> None:
        if id(node.outputs[0]) in self._fed:
            return
        tensor = node.outputs[0]
        shape = tensor.shape
        known = "" if shape.rank is None else f" and shape {_shape_text(shape)}"
        dtype = {"float32": "float", "float64": "double"}.get(tensor.dtype.name, tensor.dtype.name)

        def refuse() -> Any:
            raise InvalidArgumentError(
                None,
                None,
                f"You must feed a value for placeholder tensor '{node.name}' with dtype "
                f"{dtype}{known}",
            )

        self.steps.append(Step(node, refuse, [], [self._slot(tensor)], {}))


def _shape_text(shape: Any) -> str:
    return "[" + ",".join("?" if d is None else str(d) for d in shape.as_list()) + "]"


def _reads(node: Operation) -> list[bool]:
    """For each input whether the op wants the value behind a reference."""
    found: list[bool] = []
    for argument in node.op_type.definition.inputs:
        count = argument.length(node.attrs) if argument.is_list else 1
        found.extend([not argument.is_ref] * count)
    return found


def _same(value: Any) -> Any:
    return value


def _value_of(storage: Any) -> Any:
    return np.asarray(storage.read()) if isinstance(storage, VariableStorage) else storage


def needed_nodes(
    targets: Iterable[Operation], fetches: Iterable[SymbolicTensor], fed: set[int]
) -> list[Operation]:
    """The nodes that have to run, every one after those it reads or waits for.

    Args:
        targets: nodes to run.
        fetches: tensors to compute.
        fed: ids of the tensors whose values are given.
    """
    waiting = list(targets) + [t.op for t in fetches if id(t) not in fed]
    found: dict[int, Operation] = {}
    while waiting:
        node = waiting.pop()
        if id(node) in found:
            continue
        found[id(node)] = node
        waiting.extend(t.op for t in node.inputs if id(t) not in fed)
        waiting.extend(node.control_inputs)
    return _in_order(found, fed)


def _in_order(found: dict[int, Operation], fed: set[int]) -> list[Operation]:
    """Nodes in the order they were made, unless one waits for a later one."""
    if not found:
        return []
    graph = next(iter(found.values())).graph
    position = {id(node): i for i, node in enumerate(graph.nodes) if id(node) in found}
    sources = {
        key: {
            position[id(n)]
            for n in (*(t.op for t in node.inputs if id(t) not in fed), *node.control_inputs)
            if not is_back_edge(n.type, node.type)
        }
        for key, node in found.items()
    }
    followers: dict[int, list[int]] = {i: [] for i in position.values()}
    missing: dict[int, int] = {}
    for key, before in sources.items():
        missing[position[key]] = len(before)
        for i in before:
            followers[i].append(position[key])
    ready = [i for i, count in missing.items() if count == 0]
    heapq.heapify(ready)
    ordered = []
    while ready:
        i = heapq.heappop(ready)
        ordered.append(graph.nodes[i])
        for follower in followers[i]:
            missing[follower] -= 1
            if missing[follower] == 0:
                heapq.heappush(ready, follower)
    if len(ordered) < len(found):
        stuck = [graph.nodes[i].name for i, count in missing.items() if count]
        raise InvalidArgumentError(
            None, None, f"These nodes of the graph wait for each other: {', '.join(stuck[:5])}."
        )
    return ordered


def _is_kept(op: Op) -> bool:
    """Whether a session makes an op's value once and keeps it, by its name."""
    return op.effects.refers and "shared_name" in op.definition.attrs
