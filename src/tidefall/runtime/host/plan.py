"""The host executor: a graph flattened once into a straight plan of NumPy kernels."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.background import yield_gil
from tidefall.base.dtypes import DType
from tidefall.base.errors import OpError, UnimplementedError
from tidefall.base.float_errors import QUIET, begin_quiet, end_quiet
from tidefall.base.run_state import (
    RunState,
    current_state,
    enter_state,
    leave_state,
    running_state,
    running_with,
)
from tidefall.graph.analysis import reachable
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.graph.v1.control_flow import has_old_control_flow
from tidefall.op import raw
from tidefall.op.traits import PASSES_ON
from tidefall.runtime.backend import Aval, Shardings
from tidefall.runtime.debugging.checks import checked_kernel, is_watched, optimized
from tidefall.runtime.devices.node_placement import node_device
from tidefall.runtime.host.v1_control_flow import FramedSteps
from tidefall.runtime.program import Program
from tidefall.runtime.stateful import calls_stateful, is_stateful
from tidefall.tensor.tensor import NUMPY_SCALAR, EagerTensor, TypedTensor, ndarray

_GIVEN = frozenset((raw.Const, raw.Placeholder))
_SKIPPED = _GIVEN | {raw.NoOp}


class Step:
    """One kernel call: where its inputs are, where its outputs go, what dies after it."""

    __slots__ = (
        *("attrs", "frees", "has_lists", "inputs", "is_single", "keep_device", "kernel", "node"),
        "outputs",
    )

    def __init__(
        self,
        node: Operation,
        kernel: Callable[..., Any],
        inputs: list[int],
        outputs: list[int],
        attrs: dict[str, Any],
    ):
        self.node = node
        self.kernel = kernel
        self.inputs = inputs
        self.outputs = outputs
        self.attrs = attrs
        self.frees: list[int] = []
        self.keep_device = _takes_device_arrays(kernel) or _takes_device_arrays(node.op_type.host)
        definition = node.op_type.definition
        self.has_lists = definition.has_lists
        self.is_single = len(outputs) == 1 and not definition.lists_out


def _takes_device_arrays(kernel: Any) -> bool:
    return getattr(kernel, "takes_device_arrays", False)


class HostPlan:
    """A graph ready to run on the host.

    Values live in numbered slots: arrays as they are, resources and variants as Python objects.

    Args:
        graph: the function's graph.
        outputs: the tensors to compute; the graph's own by default.
    """

    def __init__(self, graph: FuncGraph, outputs: Sequence[Any] | None = None):
        outputs = graph.outputs if outputs is None else list(outputs)
        self._slots: dict[int, int] = {}
        self._template: list[Any] = []
        self._state: RunState | None = None
        self.input_slots = [self._slot(t) for t in graph.inputs]
        self._add_all(reachable(outputs, graph.nodes), outputs)
        if self._frames is not None and graph.n_returned is not None:
            self._frames.may_be_dead(outputs, graph.n_returned)

    def _add_all(
        self, nodes: Sequence[Operation], outputs: Sequence[Any], given: Collection[int] = ()
    ) -> None:
        self.steps: list[Step] = []
        self._is_stateful = False
        self._frames: FramedSteps | None = None
        self._may_skip = has_old_control_flow(nodes)
        for node in nodes:
            yield_gil()
            self._add(node)
        self.output_slots = [self._slot(t) for t in outputs]
        if not self._may_skip:
            self._mark_last_uses()
            return
        self._frames = FramedSteps(nodes, self.steps, self._run_step, self._new_slot, given)
        for tensor in outputs:
            self._frames.check_outside(tensor)

    def _new_slot(self) -> int:
        self._template.append(None)
        return len(self._template) - 1

    def _slot(self, tensor: Any) -> int:
        key = id(tensor)
        found = self._slots.get(key)
        if found is None:
            found = self._slots[key] = len(self._template)
            self._template.append(None)
        return found

    def _add(self, node: Operation) -> None:
        op = node.op_type
        watched = is_watched(node)
        if watched and op in _GIVEN and not self._may_skip:
            self._watch(node)
            return
        if op in _SKIPPED and not (self._may_skip and node.control_inputs):
            if op is raw.Const:
                self._template[self._slot(node.outputs[0])] = node.attrs["value"]
            return
        if PASSES_ON in op.traits and not watched and not self._may_skip and self._is_alias(node):
            self._slots[id(node.outputs[0])] = self._slot(node.inputs[0])
            return
        kernel: Any = op.host
        if is_stateful(node):
            kernel = kernel.for_node(node)
            self._is_stateful = True
        device = node_device(node) if node.device else None
        if device is not None and kernel is op.host:
            kernel = _kernel_on_device(node, device)
            attrs: dict[str, Any] = {}
        elif kernel is None:
            kernel = _compiled_kernel(node)
            attrs = {}
        else:
            attrs = {key: node.attrs[key] for key in op.host_attrs}
        if calls_stateful(node):
            kernel = _calling_kernel(node, kernel)
            self._is_stateful = True
        kernel = checked_kernel(node, kernel)
        slots = self._slots
        try:
            inputs = [slots[id(t)] for t in node.inputs]
        except KeyError:  # a constant that stands behind its reader
            inputs = [self._slot(t) for t in node.inputs]
        outputs = [self._slot(t) for t in node.outputs]
        self.steps.append(Step(node, kernel, inputs, outputs, attrs))

    def _watch(self, node: Operation) -> None:
        """Let the check of a constant, or of what a placeholder is given, see it as if computed."""
        slot = self._slot(node.outputs[0])
        if node.op_type is raw.Const:
            self._template[slot] = node.attrs["value"]
        kernel = checked_kernel(node, _as_given)
        self.steps.append(Step(node, kernel, [slot], [slot], {}))

    def _is_alias(self, node: Operation) -> bool:
        """Whether a node's output is its input: it is not read from a variable, nor given."""
        is_given = any(id(t) in self._slots for t in node.outputs)
        dtype = node.inputs[0].dtype
        return not is_given and len(node.outputs) == 1 and dtype is dtype.base_dtype

    def _mark_last_uses(self) -> None:
        kept = set(self.output_slots) | set(self.input_slots)
        kept.update(i for i, value in enumerate(self._template) if value is not None)
        seen: set[int] = set()
        for step in reversed(self.steps):
            for slot in (*step.inputs, *step.outputs):
                if slot not in seen and slot not in kept:
                    step.frees.append(slot)
                seen.add(slot)

    def run(self, arguments: Sequence[Any], state: RunState | None = None) -> list[Any]:
        """Run with the values of the graph's inputs; returns the values of its outputs.

        Args:
            arguments: the values.
            state: what nodes keep between runs; that of what runs by default, or the plan's own.

        Raises:
            OpError: from a kernel, with the node and the user's line added.
        """
        values = self._template.copy()
        for slot, argument in zip(self.input_slots, arguments, strict=True):
            values[slot] = argument
        if self._is_stateful:
            token = enter_state(state or current_state() or self._own_state())
            try:
                return self._run(values)
            finally:
                leave_state(token)
        return self._run(values)

    def _own_state(self) -> RunState:
        if self._state is None:
            self._state = RunState()
        return self._state

    def _run(self, values: list[Any]) -> list[Any]:
        token = begin_quiet(QUIET)
        try:
            if self._frames is not None:
                self._frames.run(values)
                return self._frames.leave([values[slot] for slot in self.output_slots])
            for step in self.steps:
                self._run_step(step, values)
        finally:
            end_quiet(token)
        return [values[slot] for slot in self.output_slots]

    def _run_step(self, step: Step, values: list[Any]) -> None:
        arguments = [values[i] for i in step.inputs]
        if not step.keep_device:
            for i, value in enumerate(arguments):
                if type(value) is not ndarray:
                    arguments[i] = host_array(value)
        grouped: Sequence[Any] = arguments
        if step.has_lists:
            grouped = step.node.op_type.definition.group_inputs(arguments, step.node.attrs)
        try:
            result = step.kernel(*grouped, **step.attrs)
        except Exception as error:
            raise _located(error, step.node, arguments) from error
        if step.is_single:
            values[step.outputs[0]] = result if type(result) is ndarray else _array(result)
        elif step.outputs:
            flat = step.node.op_type.definition.flatten_outputs(result)
            for slot, value in zip(step.outputs, flat, strict=True):
                values[slot] = _array(value)
        for slot in step.frees:
            values[slot] = None


class HostBackend:
    """Runs whole programs on the host."""

    def compile(
        self,
        program: Program,
        avals: Sequence[Aval] | None = None,
        shardings: Shardings | None = None,
    ) -> HostPlan:
        """The plan of a program, for arguments of any shape; see `Backend.compile`.

        Raises:
            UnimplementedError: for shardings.
        """
        if shardings is not None:
            raise UnimplementedError(
                None,
                None,
                f"{program.name} cannot run on several devices: the host executor takes no "
                "shardings. Compile it with XLA (jit_compile=True).",
            )
        return HostPlan(optimized(program.graph))


def _as_given(value: Any) -> Any:
    return value


def _array(value: Any) -> Any:
    return np.asarray(value) if isinstance(value, NUMPY_SCALAR) else value


_is_device_array: dict[type, bool] = {}


def host_array(value: object) -> Any:
    """A NumPy array for an array that compiled code made; anything else as it is."""
    kind = type(value)
    found = _is_device_array.get(kind)
    if found is None:
        found = _is_device_array[kind] = kind.__module__.partition(".")[0] in ("jax", "jaxlib")
    return np.asarray(value) if found else value


def _compiled_kernel(node: Operation) -> Callable[..., Any]:
    from tidefall.runtime.xla.eager_compile import run_compiled_op

    def kernel(*grouped: Any) -> Any:
        tensors = [EagerTensor(v) for v in node.op_type.definition.flatten_inputs(grouped)]
        return run_compiled_op(node.op_type, tensors, node.attrs)

    return kernel


def _calling_kernel(node: Operation, kernel: Callable[..., Any]) -> Callable[..., Any]:
    """A kernel whose functions keep a state of their own in this place."""

    def call(*arguments: Any, **attrs: Any) -> Any:
        with running_with(running_state().at(node.site)):
            return kernel(*arguments, **attrs)

    return call


def _kernel_on_device(node: Operation, device: Any) -> Callable[..., Any]:
    """The node on an accelerator; the arrays it gives stay there until the host reads them."""

    def kernel(*grouped: Any) -> Any:
        values = node.op_type.definition.flatten_inputs(grouped)
        tensors = [to_tensor(v, t.dtype) for v, t in zip(values, node.inputs, strict=True)]
        outputs = [t.storage for t in device.run(node.op_type, tensors, node.attrs)]
        return node.op_type.definition.pack_outputs(outputs, node.attrs)

    made: Any = kernel
    made.takes_device_arrays = True
    return made


def to_tensor(value: Any, dtype: DType) -> EagerTensor:
    """An eager tensor for a value that left an executor."""
    if dtype is dtypes.resource or dtype is dtypes.variant or dtype.is_quantized:
        return TypedTensor(value, dtype)
    return EagerTensor(value)


def _located(error: Exception, node: Operation, arguments: list[Any]) -> Exception:
    """Add the node and the user's line to a kernel's error."""
    tensors = [
        to_tensor(np.asarray(v) if isinstance(v, NUMPY_SCALAR) else v, t.dtype)
        for v, t in zip(arguments, node.inputs, strict=True)
    ]
    explained = node.op_type.explain(error, tensors, node.attrs)
    if not isinstance(explained, OpError) or "{{node" in explained.message:
        return explained
    where = f" defined at {node.user_line}, in {node.frame[2]}" if node.frame else ""
    message = f"{explained.message.rstrip()}\n\t [[{{{{node {node.name}}}}}]]{where}"
    return explained.restated(message, node)
