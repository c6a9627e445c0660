"""The functions of a SavedModel, bound to the objects that were loaded with them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from tidefall.base import nest
from tidefall.base.errors import DataLossError
from tidefall.base.state import init_scope
from tidefall.composite.variables.variable import Variable
from tidefall.function.concrete import ConcreteFunction
from tidefall.graph.codec.function_library import FunctionLibrary
from tidefall.graph.codec.importer import MissingGradient
from tidefall.graph.operation import Operation
from tidefall.graph.replay import TracedGradient
from tidefall.io.codecs.structured import decode
from tidefall.runtime.graph_function import GraphFunction
from tidefall.saving.saved_model.damage import damage_reported
from tidefall.saving.saved_model.initialization import refuse_writers
from tidefall.saving.saved_model.loaded_function import LoadedFunction
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.type_spec import TypeSpec


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
        self._lock = threading.RLock()

    def check(self) -> None:
        """Refuse functions that are not there, or use what Tidefall does not have."""
        for name in self._proto.concrete_functions:
            if name not in self._library:
                self._bad(f"the function {name} is not in its library")
        self._library.check(self._proto.concrete_functions)

    def _bad(self, problem: str) -> None:
        raise DataLossError(None, None, f"The SavedModel at {self._folder} is damaged: {problem}.")

    def initializer(self, name: str) -> ConcreteFunction:
        """The function of a name, to be run while the model is loaded."""
        if name in self._library:
            nodes = self._library.protos[name].node_def
            refuse_writers(self._library.reachable(nodes), self._folder)
        return self.concrete(name)

    def concrete(self, name: str) -> ConcreteFunction:
        """The function of a name, the same one every time."""
        found = self._made.get(name)
        if found is None:
            if name not in self._proto.concrete_functions:
                self._bad(f"it does not describe the function {name}")
            found = self._made[name] = self._bind(name, self._proto.concrete_functions[name])
        return found

    def _bind(self, name: str, saved: Any) -> ConcreteFunction:
        """A function whose graph is read when it is first needed."""
        proto = self._library.protos[name]
        if len(proto.signature.input_arg) < len(saved.bound_inputs):
            self._bad(f"the function {name} has fewer inputs than it is bound to")
        arguments = decode(saved.canonicalized_input_signature)
        if arguments is not None and not _is_args_and_kwargs(arguments):
            self._bad(f"the signature of the function {name} is {arguments!r}")
        jit_compile = "_XlaMustCompile" in proto.attr and proto.attr["_XlaMustCompile"].b
        return LoadedFunction(
            name,
            jit_compile,
            (arguments, decode(saved.output_signature)),
            lambda function: self._read(function, saved),
        )

    def _read(self, concrete: LoadedFunction, saved: Any) -> Any:
        """Read the graph of a function, bound to the objects it captured."""
        with self._lock, init_scope(), damage_reported(self._folder):
            return self._read_graph(concrete, saved)

    def _read_graph(self, concrete: LoadedFunction, saved: Any) -> Any:
        name = concrete.name
        owners = [self._objects[number] for number in saved.bound_inputs]
        captured = [self._captured(owner, name) for owner in owners]
        free = len(self._library.protos[name].signature.input_arg) - len(captured)
        specs = _tensor_specs(concrete.structured_input_signature)
        # Old files tell the shapes of arguments in the signature only.
        hints = specs if len(specs) == free else [None] * free
        function = self._library.function(name, [*hints, *captured])
        graph = function.graph
        inputs = graph.inputs
        graph.arguments = inputs[:free]
        # By position: the same object may be bound to several inputs.
        graph.captured = dict(enumerate(zip(captured, inputs[free:], strict=True)))
        graph.structured_input_signature = concrete.structured_input_signature
        self._set_outputs(concrete, graph)
        for owner in owners:
            if isinstance(owner, Variable):
                graph.watch_variable(owner)
        concrete.kept_alive = owners
        return function

    def _set_outputs(self, concrete: LoadedFunction, graph: Any) -> None:
        """Give a graph its structured outputs, once its signature is known to be true."""
        if graph.structured_input_signature is not None:
            self._check_arguments(concrete.name, graph)
        specs = concrete.output_specs
        if specs is not None or not graph.outputs:  # else it returns a flat list
            graph.structured_outputs = _pack(specs, graph.outputs, self._bad)

    def _check_arguments(self, name: str, graph: Any) -> None:
        specs = _tensor_specs(graph.structured_input_signature)
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


def _tensor_specs(signature: Any) -> list[TensorSpec]:
    """What a signature says of the tensors of a function, in their order."""
    parts = nest.flatten(signature, expand_composites=True)
    return [part for part in parts if isinstance(part, TensorSpec)]


def _is_args_and_kwargs(value: Any) -> bool:
    if not isinstance(value, tuple) or [type(part) for part in value] != [tuple, dict]:
        return False
    return all(isinstance(name, str) for name in value[1])


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
