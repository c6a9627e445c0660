"""The functions of a SavedModel, bound to the objects that were loaded with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidefall.core import nest
from tidefall.core.errors import DataLossError
from tidefall.core.specs import TensorSpec
from tidefall.core.type_spec import TypeSpec
from tidefall.core.variable import Variable
from tidefall.function.concrete import ConcreteFunction, GraphFunction
from tidefall.function.replay import TracedGradient
from tidefall.graph.function_library import FunctionLibrary
from tidefall.graph.graph import Operation
from tidefall.graph.importer import MissingGradient
from tidefall.io.structured import decode


class BoundFunctions:
    """Makes the concrete functions of one MetaGraphDef.

    Args:
        meta: the MetaGraphDef.
        folder: the directory of the SavedModel, for errors.
        objects: the loaded objects by number, filled while functions are made.
        captured: gives the tensor that stands for an object inside the function of a name.
    """

    def __init__(
        self,
        meta: Any,
        folder: str,
        objects: list[Any],
        captured: Callable[[Any, str], Any],
    ):
        self._proto = meta.object_graph_def
        self._folder = folder
        self._objects = objects
        self._captured = captured
        library = meta.graph_def.library
        self._gradients = {
            g.registered_op_type: g.gradient_func for g in library.registered_gradients
        }
        self._library = FunctionLibrary(library.function, GraphFunction, self._make_gradient)
        self._made: dict[str, ConcreteFunction] = {}

    def check(self) -> None:
        """Refuse functions that are not there, or use what Tidefall does not have."""
        for name in self._proto.concrete_functions:
            if name not in self._library:
                self._bad(f"the function {name} is not in its library")
        self._library.check(self._proto.concrete_functions)

    def _bad(self, problem: str) -> None:
        raise DataLossError(None, None, f"The SavedModel at {self._folder} is damaged: {problem}.")

    def concrete(self, name: str) -> ConcreteFunction:
        """The function of a name, the same one every time."""
        found = self._made.get(name)
        if found is None:
            if name not in self._proto.concrete_functions:
                self._bad(f"it does not describe the function {name}")
            found = self._made[name] = self._bind(name, self._proto.concrete_functions[name])
        return found

    def _bind(self, name: str, saved: Any) -> ConcreteFunction:
        """The graph of a function, bound to the objects it captured."""
        owners = [self._objects[number] for number in saved.bound_inputs]
        captured = [self._captured(owner, name) for owner in owners]
        count = len(self._library.protos[name].signature.input_arg)
        free = count - len(captured)
        if free < 0:
            self._bad(f"the function {name} has fewer inputs than it is bound to")
        function = self._library.function(name, [None] * free + captured)
        graph = function.graph
        inputs = graph.inputs
        graph.arguments = inputs[:free]
        graph._captures = {
            i: (outer, inner)
            for i, (outer, inner) in enumerate(zip(captured, inputs[free:], strict=True))
        }
        outputs = self._set_signature(name, graph, saved)
        for owner in owners:
            if isinstance(owner, Variable):
                graph.watch_variable(owner)
        concrete = ConcreteFunction(graph, function.jit_compile, name)
        concrete.graph_function = function
        concrete._output_specs = outputs
        concrete._owners = owners  # type: ignore[attr-defined] - variables live as long as it
        return concrete

    def _set_signature(self, name: str, graph: Any, saved: Any) -> Any:
        """Give a graph its structured inputs and outputs; returns the specs of the outputs."""
        graph.structured_input_signature = decode(saved.canonicalized_input_signature)
        if graph.structured_input_signature is not None:
            self._check_arguments(name, graph)
        signature = decode(saved.output_signature)
        if signature is None and graph.outputs:
            return None  # part of a graph of TensorFlow 1: it returns a flat list
        graph.structured_outputs = _pack(signature, graph.outputs, self._bad)
        return signature

    def _check_arguments(self, name: str, graph: Any) -> None:
        specs = [
            spec
            for spec in nest.flatten(graph.structured_input_signature, expand_composites=True)
            if isinstance(spec, TensorSpec)
        ]
        if len(specs) != len(graph.arguments) or any(
            spec.dtype != tensor.dtype or not spec.shape.is_compatible_with(tensor.shape)
            for spec, tensor in zip(specs, graph.arguments, strict=True)
        ):
            self._bad(f"the signature of the function {name} does not fit its inputs")

    def _make_gradient(self, node: Operation, kind: str) -> Any:
        """The custom gradient of a node; what it uses is looked up when it is first called."""
        name = self._gradients.get(kind)
        if name is None or name not in self._proto.concrete_functions:
            return MissingGradient(node, kind)

        def backward(*gradients: Any) -> list[Any]:
            saved = self._proto.concrete_functions[name]
            captures = [self._used_by_gradient(node, number) for number in saved.bound_inputs]
            results = decode(saved.output_signature)
            places = iter(range(len(results)))
            positions = [None if spec is None else next(places) for spec in results]
            graph = self._library.function(name).graph
            return TracedGradient(graph, captures, positions)(*gradients)

        return backward

    def _used_by_gradient(self, node: Operation, number: int) -> Any:
        saved = self._proto.nodes[number]
        if saved.WhichOneof("kind") == "captured_tensor":
            return node.graph.get_tensor_by_name(saved.captured_tensor.name)
        return self._captured(self._objects[number], node.name)


def _pack(signature: Any, outputs: list[Any], bad: Any) -> Any:
    """The structure of a function's results, with its output tensors in place of the specs."""
    waiting = iter(outputs)

    def take(item: Any) -> Any:
        if not isinstance(item, TypeSpec):
            return item
        count = len(nest.flatten(item, expand_composites=True))
        parts = [next(waiting) for _ in range(count)]
        return nest.pack_sequence_as(item, parts, expand_composites=True)

    try:
        structure = nest.map_structure(take, signature)
    except (StopIteration, RuntimeError):
        bad("a function returns less than its signature says")
    if next(waiting, None) is not None:
        bad("a function returns more than its signature says")
    return structure
