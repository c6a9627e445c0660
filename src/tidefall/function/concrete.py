"""One traced graph, ready to be called: `tf.types.experimental.ConcreteFunction`."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Sequence
from typing import Any

from tidefall.autodiff.backprop import backprop, differentiable
from tidefall.autodiff.tape import CustomRecord
from tidefall.base import dtypes, nest
from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import graph_scope, state, tapes_paused
from tidefall.composite.indexed_slices import gradient_of_parts, gradient_parts
from tidefall.composite.trackable.trackable import Trackable
from tidefall.function.types import AtomicFunction, FunctionType, TensorCallable
from tidefall.function.variable_arguments import watch_arguments
from tidefall.graph.func_graph import DeferredCapture, FuncGraph
from tidefall.op import raw
from tidefall.runtime.graph_function import GraphFunction, rebuild_outputs
from tidefall.runtime.host.plan import to_tensor
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.placement import meshes
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.tensor import EagerTensor, SymbolicTensor

_log = logging.getLogger("tidefall.function")
_numbers = itertools.count()


class _Backward:
    """A forward graph that also returns what its gradient needs, and the gradient's graph."""

    def __init__(self, function: ConcreteFunction, outputs: list[SymbolicTensor]):
        graph = function.graph
        self.gradient_of = [i for i, t in enumerate(outputs) if differentiable(t) and _has_value(t)]
        backward = FuncGraph(f"__backward_{graph.name}", outer_graph=graph)
        with graph_scope(backward), tapes_paused():
            given = [
                backward.add_argument(outputs[i].dtype, outputs[i].shape, f"gradient_{i}")
                for i in self.gradient_of
            ]
            results = backprop(
                graph.nodes, [outputs[i] for i in self.gradient_of], given, graph.inputs
            )
            self.structure = results
            backward.outputs = [
                backward.capture(t) for r in results if r is not None for t in gradient_parts(r)
            ]
        external = backward.external_captures
        backward.lift_captures()
        position = {id(t): i for i, t in enumerate(graph.inputs)}
        known = {id(t): i for i, t in enumerate(outputs)}
        self.intermediates: list[SymbolicTensor] = []
        self.constants: list[Any] = []
        self.sources: list[tuple[str, int]] = []
        for outer in external:
            if isinstance(outer, EagerTensor):
                self.sources.append(("constant", len(self.constants)))
                self.constants.append(outer)
            elif id(outer) in position:
                self.sources.append(("input", position[id(outer)]))
            elif id(outer) in known:
                self.sources.append(("output", known[id(outer)]))
            else:
                self.sources.append(("output", len(outputs) + len(self.intermediates)))
                self.intermediates.append(outer)
        self.outputs = outputs + self.intermediates
        self.function = ConcreteFunction(backward, jit_compile=function.jit_compile)

    def gradients(
        self, inputs: Sequence[Any], outputs: Sequence[Any], given: Sequence[Any]
    ) -> list[Any]:
        """Gradients of the inputs, given those of the outputs that have any."""
        from tidefall.autodiff.backprop import zeros_like

        dys = [
            convert_to_tensor(given[i]) if given[i] is not None else zeros_like(outputs[i])
            for i in self.gradient_of
        ]
        given_by = {"input": inputs, "output": outputs, "constant": self.constants}
        saved = [given_by[kind][i] for kind, i in self.sources]
        flat = iter(self.function.call_flat([*dys, *saved]))
        return [None if r is None else gradient_of_parts(r, flat) for r in self.structure]


def _has_value(tensor: Any) -> bool:
    return tensor.dtype != dtypes.resource


@export("types.experimental.ConcreteFunction")
class ConcreteFunction(Trackable, TensorCallable):
    """A function traced for one signature.

    Attributes:
        graph: the traced `FuncGraph`.
        graph_function: what runs it; the value of attributes of ops that hold functions.
        structured_input_signature: `(args, kwargs)` of TensorSpecs and Python values.
        structured_outputs: the outputs as the Python function returned them, symbolic.

    >>> import tidefall as tf
    >>> double = tf.function(lambda x: 2 * x).get_concrete_function(tf.TensorSpec([None]))
    >>> isinstance(double, tf.types.experimental.ConcreteFunction)
    True
    >>> double(tf.constant([1.0, 2.0])).numpy().tolist()
    [2.0, 4.0]
    """

    _is_concrete_function = True

    def __init__(
        self, graph: FuncGraph, jit_compile: bool = False, name: str | None = None, spec: Any = None
    ):
        self._describe(name or f"__inference_{graph.name}_{next(_numbers)}", jit_compile, spec)
        self._set_graph(GraphFunction(self.name, graph, jit_compile))

    def _describe(self, name: str, jit_compile: bool, spec: Any = None) -> None:
        """Set what does not need the graph."""
        self.name = name
        self.jit_compile = jit_compile
        self.function_spec = spec
        self._backward: dict[int, tuple[list[_Backward], GraphFunction]] = {}
        self._captured: list[Any] | None = None
        self._captured_values: list[Any] | None = None
        self._defers = False
        self._arg_keywords: list[str] | None = None
        self.belongs_to: Any = None  # the graph whose tensors it captured: it is valid only there
        self.free_numbers: tuple[int, ...] | None = None  # Python numbers taken as tensors
        self.output_specs: Any = None  # what a file calls the outputs
        self.kept_alive: Sequence[Any] = ()  # what holds variables that it uses

    def _set_graph(self, function: GraphFunction) -> None:
        self.graph = function.graph
        self.graph_function = function
        self._output_dtypes = _typed_dtypes(function.graph.outputs)

    # ---- what it is ----

    @property
    def inputs(self) -> list[SymbolicTensor]:
        """Placeholders of the arguments, then of the captures."""
        return self.graph.inputs

    @property
    def outputs(self) -> list[SymbolicTensor]:
        """The tensors returned, flat."""
        return self.graph.outputs

    @property
    def function_type(self) -> FunctionType:
        """The parameters with their types, and the type of what is returned."""
        from tidefall.function.signature_text import function_type

        return function_type(self)

    @property
    def inference_fn(self) -> AtomicFunction:
        """The graph as a function without gradients."""
        from tidefall.function.atomic_function import InferenceFunction

        return InferenceFunction(self)

    @property
    def captured_inputs(self) -> list[Any]:
        """What the function uses from outside, in the order of the trailing inputs."""
        found, captures = self._captured, self.graph.captured
        if found is None or len(found) != len(captures):
            found = self._captured = [outer for outer, _ in captures.values()]
            self._captured_values = None
            self._defers = any(type(outer) is DeferredCapture for outer in found)
        if self._defers:
            return [c.value() if type(c) is DeferredCapture else c for c in found]
        return found

    @property
    def variables(self) -> tuple[Any, ...]:
        """Variables the function uses."""
        return self.graph.variables

    @property
    def trainable_variables(self) -> tuple[Any, ...]:
        """Trainable variables the function uses."""
        return self.graph.trainable_variables

    @property
    def structured_input_signature(self) -> Any:
        return self.graph.structured_input_signature

    @property
    def structured_outputs(self) -> Any:
        """What the Python function returned: symbolic tensors, or specs if it was loaded."""
        if self.output_specs is not None:
            return self.output_specs
        return self.graph.structured_outputs

    @property
    def output_dtypes(self) -> Any:
        return nest.map_structure(
            lambda t: getattr(t, "dtype", None), self.graph.structured_outputs
        )

    @property
    def output_shapes(self) -> Any:
        return nest.map_structure(
            lambda t: getattr(t, "shape", TensorShape(None)), self.graph.structured_outputs
        )

    @property
    def function_def(self) -> Any:
        """The function as a FunctionDef message."""
        from tidefall.graph.codec.graph_def import function_to_proto

        return function_to_proto(self.graph_function)

    def pretty_printed_signature(self, verbose: bool = True) -> str:
        """The signature in words."""
        from tidefall.function.signature_text import describe_concrete

        return describe_concrete(self, verbose)

    def __repr__(self) -> str:
        return (
            f"<ConcreteFunction {self.pretty_printed_signature(verbose=False)} at 0x{id(self):X}>"
        )

    def __str__(self) -> str:
        return f"ConcreteFunction {self.pretty_printed_signature(verbose=True)}"

    # ---- calling ----

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call with tensors of the traced signature.

        Raises:
            TypeError: for arguments that do not fit the signature.
        """
        return self._structured(self.call_flat(self._flat_arguments(args, kwargs)))

    def _flat_arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
        from tidefall.function.binding import flat_concrete_arguments

        return flat_concrete_arguments(self, args, kwargs)

    def call_structured(self, flat: Sequence[Any]) -> Any:
        """Call with the flat tensor arguments; the result has the function's own structure."""
        return self._structured(self.call_flat(flat))

    def _structured(self, outputs: Sequence[Any]) -> Any:
        structure = self.graph.structured_outputs
        if type(structure) is SymbolicTensor:
            return outputs[0]
        if structure is None:
            return None
        return rebuild_outputs(structure, outputs)

    def call_with_captures(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], captures: Sequence[Any]
    ) -> Any:
        """Call with values in place of what was captured; no tape follows what happens inside."""
        with tapes_paused():
            outputs = self._call_watched([*self._flat_arguments(args, kwargs), *captures])
        return self._structured(outputs)

    def call_flat(self, arguments: Sequence[Any]) -> list[Any]:
        """Call with the tensors of all arguments; captures are added. Returns flat outputs."""
        inputs = [*arguments, *self.captured_inputs]
        if not state.needs_dispatch:
            return self._run(self.graph_function, inputs, self._output_dtypes)
        outputs = self._call_watched(inputs)
        if state.hooks and state.graph is None:
            call, attrs = raw.StatefulPartitionedCall, {"f": self.graph_function}
            for hook in state.hooks:
                hook(call, inputs, attrs, outputs)
        return outputs

    def call_values(self, values: list[Any]) -> Any:
        """Call with the arrays of all arguments while nothing watches (`state.needs_dispatch` is
        False).

        Returns:
            What the Python function returned, with eager tensors.
        """
        captures = self.graph.captured
        if captures:
            captured = self._captured_values
            if captured is None or len(captured) != len(captures):
                captured = [t.storage for t in self.captured_inputs]
                self._captured_values = None if self._defers else captured
            values += captured
        function = self.graph_function  # as `function.call` does, on the shortest way
        outputs = (function.prepared or function.executable()).run(values, function.own_state)
        dtypes_out = self._output_dtypes
        if dtypes_out is not None:
            return self._structured([to_tensor(*p) for p in zip(outputs, dtypes_out, strict=True)])
        if type(self.graph.structured_outputs) is SymbolicTensor:
            return EagerTensor(outputs[0])
        return self._structured([EagerTensor(value) for value in outputs])

    def runs_on_mesh(self) -> bool:
        """Whether what it uses from outside puts it on the devices of a mesh."""
        find = meshes.device_of_call
        return find is not None and find(self.graph, self.captured_inputs) is not None

    def _call_watched(self, inputs: Sequence[Any]) -> list[Any]:
        for tape in state.tapes:
            for variable in self.graph.trainable_variables:
                tape.watch_variable(variable)
        if state.tapes:
            watch_arguments(state.tapes, inputs[: len(self.graph.arguments)])
        if state.tapes and any(tape.watches(inputs) for tape in state.tapes):
            return self._call_differentiable(inputs)
        if state.graph is not None:
            return self._call_in_graph(self.graph_function, inputs)
        return self._run(self.graph_function, inputs, self._output_dtypes)

    @staticmethod
    def _run(
        function: GraphFunction, inputs: Sequence[Any], dtypes_out: Sequence[Any] | None
    ) -> list[Any]:
        if meshes.device_of_call is not None:
            mesh_device = meshes.device_of_call(function.graph, inputs)
            if mesh_device is not None:
                return mesh_device.run_function(function, inputs, dtypes_out)
        op_device = state.op_device
        if op_device is not None:
            op_device.check(function.name)
        values = function.call([t.storage for t in inputs])
        if dtypes_out is None:
            outputs = [EagerTensor(v) for v in values]
        else:
            outputs = [to_tensor(v, d) for v, d in zip(values, dtypes_out, strict=True)]
        return outputs if op_device is None else [op_device.keep(t) for t in outputs]

    def compiler_ir(self, arguments: Sequence[Any]) -> Any:
        """The stages of compiling this function for arguments, or TensorSpecs, of static shapes."""
        from tidefall.runtime.xla.compiler_ir import stages

        values = [t if isinstance(t, TensorSpec) else t.storage for t in arguments]
        values += [t.storage for t in self.captured_inputs]
        return stages(self.graph_function.executable(), values)

    def _call_in_graph(self, function: GraphFunction, inputs: Sequence[Any]) -> list[Any]:
        graph = state.graph
        assert graph is not None
        if graph.building_function:
            for variable in self.graph.variables:
                graph.watch_variable(variable)  # type: ignore[attr-defined]
        attrs = {"f": function, "Tout": [t.dtype for t in function.graph.outputs]}
        if function.jit_compile:
            attrs["_XlaMustCompile"] = True
        outputs = raw.StatefulPartitionedCall(list(inputs), **attrs)
        # More outputs follow if an accumulator has differentiated the node already.
        return outputs[: len(function.graph.outputs)] if isinstance(outputs, list) else []

    def _call_differentiable(self, inputs: Sequence[Any]) -> list[Any]:
        """Run forward keeping what the gradient needs, and record the pair on the tapes."""
        # A persistent tape may be asked for gradients while it records, and for theirs in turn.
        again = 2 if any(getattr(tape, "persistent", False) for tape in state.tapes) else 0
        stages, forward = self._differentiated(len(state.tapes) + again)
        with tapes_paused():
            if state.graph is not None:
                outputs = self._call_in_graph(forward, inputs)
            else:
                outputs = self._run(forward, inputs, _typed_dtypes(forward.graph.outputs))

        def backward(*given: Any) -> list[Any]:
            present = {i for i, g in enumerate(given) if g is not None}
            stage = next((s for s in stages if present <= set(s.gradient_of)), stages[-1])
            if again and not present <= set(stage.gradient_of):
                raise UnimplementedError(
                    None,
                    None,
                    f"The derivative of order {len(stages) + 1} of {self.name} by one persistent "
                    "tape is not implemented in Tidefall yet. Use a tape for each order.",
                )
            return stage.gradients(inputs, outputs, given)

        record = CustomRecord(self.name, inputs, outputs, backward)
        record.takes_missing_gradients = True
        for tape in state.tapes:
            if tape.watches(inputs):
                tape.record(record)
        return outputs[: len(self.graph.outputs)]

    def _differentiated(self, order: int) -> tuple[list[_Backward], GraphFunction]:
        found = self._backward.get(order)
        if found is None:
            stages: list[_Backward] = []
            outputs = list(self.graph.outputs)
            for _ in range(order):
                stage = _Backward(self, outputs)
                stages.append(stage)
                outputs = stage.outputs
            forward = self.graph.view(outputs)
            forward.n_returned = len(self.graph.outputs)
            function = GraphFunction(f"__forward_{self.name}_{order}", forward, self.jit_compile)
            found = self._backward[order] = (stages, function)
        return found

    # ---- saving ----

    def add_to_graph(self, g: Any = None, overwrite: bool = False) -> None:
        """Functions are part of every graph that calls them; nothing to do."""

    @property
    def _func_graph(self) -> FuncGraph:
        return self.graph

    def set_external_captures(self, captures: Sequence[Any]) -> None:
        """Let the captures be these tensors from now on, in order."""
        inner = [placeholder for _, placeholder in self.graph.captured.values()]
        self.graph.reset_captures(zip(captures, inner, strict=True))
        self._captured = self._captured_values = None

    def replace_capture_with_deferred_capture(
        self,
        tensor: Any,
        closure: Any,
        spec: Any,
        placeholder: Any = None,
        default_value: Any = None,
    ) -> None:
        """Ask for a captured tensor at each call instead.

        Args:
            tensor: the captured tensor.
            closure: function without arguments that returns the tensor to use.
            spec: TensorSpec of what it returns.
            placeholder: the placeholder in the graph; found by `tensor` if None.
            default_value: accepted for TensorFlow's sake.

        Raises:
            ValueError: if the function does not capture `tensor`.
        """
        captures = self.graph.captured
        key = next(
            (
                k
                for k, (outer, inner) in captures.items()
                if outer is tensor or (placeholder is not None and inner is placeholder)
            ),
            None,
        )
        if key is None:
            raise ValueError(f"{self.name} does not capture {tensor!r}.")
        deferred = DeferredCapture(closure, spec)
        self.graph.captured = {
            (id(deferred) if k == key else k): ((deferred, pair[1]) if k == key else pair)
            for k, pair in captures.items()
        }
        self._captured = self._captured_values = None


_OBJECTS = frozenset({dtypes.resource, dtypes.variant})


def _typed_dtypes(outputs: Sequence[Any]) -> list[Any] | None:
    """The dtypes of the outputs if NumPy cannot tell some of them, else None."""
    if any(t.dtype in _OBJECTS or t.dtype.is_quantized for t in outputs):
        return [t.dtype for t in outputs]
    return None
