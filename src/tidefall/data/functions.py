"""The functions users give to `map`, `filter` and the like: traced once, run for every element."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tidefall.core.errors import InvalidArgumentError, OpError, OutOfRangeError
from tidefall.core.tensor import ndarray
from tidefall.data.node import State
from tidefall.data.structure import Structure, normalize
from tidefall.data.vectorize import NotVectorized, is_movable, vectorized
from tidefall.function.concrete import GraphFunction
from tidefall.function.tracing import trace
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.graph import Operation
from tidefall.ops.random_seeds import node_stream
from tidefall.runtime.checks import prepared
from tidefall.runtime.host import HostPlan, _on_host


class DatasetFunction(GraphFunction):
    """A traced function together with the words that name it in errors."""

    def __init__(self, name: str, graph: FuncGraph, label: str):
        super().__init__(name, graph)
        self.label = label

    def _prepare(self) -> Any:
        # Elements are small and functions run in the pipeline's threads: nothing to compile.
        return HostPlan(prepared(self.graph)).run


class StructuredFunction:
    """A Python function traced for elements of given specs.

    Args:
        function: the user's function.
        transformation: what it was given to, such as "Dataset.map".
        arguments: the specs of its arguments, one for each.

    Attributes:
        function: the traced function, flat tensors to flat tensors.
        captured: the tensors it uses from outside; they follow the arguments.
        output: the structure of what it returns.
    """

    def __init__(self, function: Callable[..., Any], transformation: str, arguments: Sequence[Any]):
        self.transformation = transformation
        self._python_function = function
        self._arguments = Structure(tuple(arguments))
        self.output: Structure
        specs = self._arguments.flat_specs
        name = f"{transformation}_{_name(function)}".replace(".", "_")
        names = [f"args_{i}" for i in range(len(specs))]
        graph = trace(self._call, name, tuple(specs), {}, names)
        self.function = DatasetFunction(
            f"__inference_{name}", graph, f"{transformation}({_described(function)})"
        )
        self.captured: list[Any] = graph.external_captures

    def _call(self, *tensors: Any) -> list[Any]:
        from tidefall.function.autograph.calls import traced

        function = traced(self._python_function, self.transformation)
        result = function(*self._arguments.from_tensors(tensors))
        if isinstance(result, list):
            result = tuple(result)
        try:
            self.output, flat = normalize(result)
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"Unsupported return value from function passed to {self.transformation}(): "
                f"{result}."
            ) from error
        return flat


def unpacked(spec: Any) -> tuple[Any, ...]:
    """The specs of the arguments a function gets for an element: a tuple is spread."""
    return spec if type(spec) is tuple else (spec,)


def _name(function: Any) -> str:
    while isinstance(function, functools.partial):
        function = function.func
    name = getattr(function, "__name__", type(function).__name__)
    return name.replace("<lambda>", "lambda")


def _described(function: Any) -> str:
    """A function's name and where it was written."""
    while isinstance(function, functools.partial):
        function = function.func
    name = getattr(function, "__qualname__", type(function).__name__)
    code = getattr(inspect.unwrap(function), "__code__", None)
    return f"{name} at {code.co_filename}:{code.co_firstlineno}" if code else name


class Runner:
    """Runs a traced function on the flat values of an element, or of many at once."""

    __slots__ = ("_captured", "_elements", "_function", "_movable", "_random", "_rows", "_run")

    def __init__(self, function: GraphFunction, captured: Sequence[Any]):
        self._function = function
        self._captured = list(captured)
        self._elements = len(function.graph.inputs) - len(self._captured)
        self._run = function.run
        self._random: list[Operation] | None = None

    @property
    def is_movable(self) -> bool:
        """Whether it may be run at another time, or not at all if nobody needs its result."""
        return self._kept("movable", is_movable)

    @property
    def by_rows(self) -> bool:
        """Whether `rows` works on many elements together."""
        return isinstance(self._vectorized, HostPlan)

    @property
    def one_by_one(self) -> str:
        """Why it has to run element by element, if it has to."""
        found = self._vectorized
        return found if isinstance(found, str) else ""

    @property
    def _vectorized(self) -> HostPlan | str:
        return self._kept(f"rows of {self._elements}", self._vectorize)

    def _vectorize(self, graph: FuncGraph) -> HostPlan | str:
        try:
            return HostPlan(prepared(vectorized(graph, self._elements)))
        except NotVectorized as error:
            return str(error)

    def _kept(self, what: str, find: Callable[[FuncGraph], Any]) -> Any:
        """What is known of the function: it may be in many pipelines, one for each element."""
        known = self._function.__dict__.setdefault("known", {})
        if what not in known:
            known[what] = find(self._function.graph)
        return known[what]

    def rows(self, count: int, columns: Sequence[Any]) -> list[Any]:
        """The flat values it returns for many elements, stacked, if it works `by_rows`.

        Raises:
            OpError: an op failed, for whichever element.
        """
        plan = self._vectorized
        assert isinstance(plan, HostPlan)
        try:
            results = plan.run([np.array(count, np.int32), *columns, *self._captured])
        except OpError as error:
            raise self._explained(error) from error
        return [value if type(value) is ndarray else _on_host(value) for value in results]

    def restart(self) -> None:
        """Let random ops with a seed begin anew: so they do with each iterator."""
        for node in self._random_nodes():
            node.__dict__.pop("_stream", None)

    def _random_nodes(self) -> list[Operation]:
        if self._random is None:
            self._random = _random_nodes(self._function.graph)
        return self._random

    def save(self) -> State:
        """Where its random streams stand."""
        return [node_stream(node).save() for node in self._random_nodes()]

    def restore(self, state: State) -> None:
        """Continue the random streams from where they stood."""
        for node, saved in zip(self._random_nodes(), state, strict=True):
            node_stream(node).restore(saved)

    def __call__(self, values: Sequence[Any]) -> list[Any]:
        """The flat values it returns.

        Raises:
            OpError: an op failed; the message ends with the transformation and its function.
        """
        try:
            results = self._run([*values, *self._captured])
        except (OpError, StopIteration) as error:
            raise self._explained(error) from error
        return [value if type(value) is ndarray else _on_host(value) for value in results]

    def _explained(self, error: Exception) -> OpError:
        label = getattr(self._function, "label", self._function.name)
        if isinstance(error, OutOfRangeError | StopIteration):
            # The end of something inside a function is not the end of the dataset.
            text = getattr(error, "message", "") or "the iteration ended"
            message = f"Function invocation produced {type(error).__name__}: {text}"
            return InvalidArgumentError(None, None, f"{message}\n\t in {label}")
        assert isinstance(error, OpError)
        return type(error)(None, None, f"{error.message}\n\t in {label}")


def _random_nodes(graph: FuncGraph) -> list[Operation]:
    """The nodes that keep a random generator, in a graph and the functions it calls."""
    found = []
    for node in graph.nodes:
        if hasattr(node.op_type.host, "for_node") and "seed" in node.attrs:
            found.append(node)
        for value in node.attrs.values():
            if isinstance(value, GraphFunction):
                found += _random_nodes(value.graph)
    return found
