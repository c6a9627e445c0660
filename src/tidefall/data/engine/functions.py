"""The functions users give to `map`, `filter` and the like: traced once, run for every element."""

from __future__ import annotations

import functools
import inspect
import os
import traceback
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tidefall.base import data_nest
from tidefall.base.config import config
from tidefall.base.errors import (
    InvalidArgumentError,
    OpError,
    OutOfRangeError,
    ResourceExhaustedError,
    UnimplementedError,
    UnknownError,
)
from tidefall.base.run_state import RunState, current_state, running_with
from tidefall.base.state import graph_scope, tapes_paused
from tidefall.data.engine.elements import State
from tidefall.data.engine.format_spec import element_text, spec_text
from tidefall.data.engine.function_cache import is_the_same_again, key_of, traces
from tidefall.data.engine.node import Node
from tidefall.data.engine.random_parts import captured_values
from tidefall.data.engine.structure import Structure, normalize
from tidefall.data.engine.vectorize import NotVectorized, is_exact, is_pure, vectorized
from tidefall.function.tracing import created_again, trace
from tidefall.graph.analysis import random_sites
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Site
from tidefall.graph.user_code import SourceLocation, is_own_file, user_frame
from tidefall.ops.random.seeds import site_stream
from tidefall.runtime.backend import Executable
from tidefall.runtime.debugging.checks import optimized
from tidefall.runtime.graph_function import GraphFunction
from tidefall.runtime.host.plan import HostPlan, host_array
from tidefall.tensor.tensor import ndarray


class DatasetFunction(GraphFunction):
    """A traced function, and how it was given to a dataset."""

    def __init__(self, name: str, graph: FuncGraph, given: StructuredFunction):
        super().__init__(name, graph)
        self.given = given
        self.memo: dict[str, Any] = {}
        """What was found out about the graph, also by other functions that have the same one."""

    def prepare(self) -> Executable:
        # Elements are small and functions run in the pipeline's threads: nothing to compile.
        plan = self.memo.get("plan")
        if plan is None:
            if "ran" not in self.memo and is_exact(self.graph):
                return _FirstRun(self)
            plan = self.memo["plan"] = HostPlan(optimized(self.graph))
        return plan

    def with_graph(self, graph: FuncGraph) -> DatasetFunction:
        return type(self)(self.name, graph, self.given)


class _FirstRun:
    """Runs a graph as it is, once: optimizing takes longer than that, and there may be only one
    element."""

    def __init__(self, function: DatasetFunction):
        self._function = function

    def run(self, arguments: Sequence[Any], state: RunState | None = None) -> list[Any]:
        function = self._function
        function.memo["ran"] = True
        function.use(None)
        return HostPlan(function.graph).run(arguments, state)


class EagerFunction(DatasetFunction):
    """A function that runs as the Python it is; its graph only tells what it returns."""

    def prepare(self) -> Executable:
        return _PythonExecutable(self.given)


class _PythonExecutable:
    """Runs a Python function on the values that its graph would take."""

    def __init__(self, given: StructuredFunction):
        self._given = given

    def run(self, arguments: Sequence[Any], state: RunState | None = None) -> list[Any]:
        return self._given.run_eagerly(arguments)


class StructuredFunction:
    """A Python function traced for elements of given specs.

    Args:
        function: the user's function.
        transformation: what it was given to, such as "Dataset.map".
        arguments: the specs of its arguments, one for each.

    Attributes:
        described: the function's name, and where it was written.
        label: the words that name it in errors: what it is, and where it and the dataset were
            written.
        python_function: the function as it was given.
        workers: the processes it runs in, if not in this one.
        arguments: the structure of its arguments.
        function: the traced function, flat tensors to flat tensors.
        captured: the tensors it uses from outside; they follow the arguments.
        output: the structure of what it returns.
    """

    def __init__(self, function: Callable[..., Any], transformation: str, arguments: Sequence[Any]):
        self.transformation = transformation
        self.python_function = function
        self.workers: Any = None
        self.described = described(function, short=True)
        place = user_frame()
        self.label = f"{transformation}({described(function)}){_called_at(function, place)}"
        name = f"{transformation}_{_name(function)}".replace(".", "_")
        key = key_of(function, name, tuple(arguments), place)
        memo = None if key is None else traces.get(key)
        self.arguments: Structure
        self.output: Structure
        if memo is None:
            self.arguments = Structure(tuple(arguments))
            graph, facts = self._traced(name), {}
            if key is not None and is_the_same_again(graph):
                traces.put(key, (self.arguments, self.output, graph, facts))
        else:
            self.arguments, self.output, graph, facts = memo
        self.captured: list[Any] = graph.external_captures
        # Where there are tensors of a graph around it, it cannot be run outside of that graph.
        eager = config.dataset_debug_mode and not any(t.is_symbolic for t in self.captured)
        kind = EagerFunction if eager else DatasetFunction
        self.function = kind(f"__inference_{name}", graph, self)
        self.function.memo = facts

    def _traced(self, name: str) -> FuncGraph:
        specs = self.arguments.flat_specs
        names = [f"args_{i}" for i in range(len(specs))]
        graph = trace(self._call, name, tuple(specs), {}, names)
        if graph.created_variables:
            # A layer creates its weights at its first call; what makes them anew is a mistake.
            graph = trace(self._call, name, tuple(specs), {}, names)
            if graph.created_variables:
                raise created_again(graph)
        return graph

    def _call(self, *tensors: Any) -> list[Any]:
        from tidefall.function.autograph.calls import traced

        function = traced(self.python_function, self.transformation)
        self.output, flat = self._normalized(function(*self.arguments.from_tensors(tensors)))
        return flat

    def _normalized(self, result: Any) -> tuple[Structure, list[Any]]:
        if isinstance(result, list):
            result = tuple(result)
        try:
            return normalize(result)
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"Unsupported return value from function passed to {self.transformation}(): "
                f"{result}."
            ) from error

    def run_eagerly(self, values: Sequence[Any]) -> list[Any]:
        """What the Python function makes of raw values; captured ones may follow them.

        Raises:
            OpError: it raised an exception, or returned something else than when it was traced.
        """
        with graph_scope(None), tapes_paused(), running_with(None):
            arguments = self.arguments.pack(values[: len(self.arguments.flat_specs)])
            try:
                structure, flat = self._normalized(self.python_function(*arguments))
                self._check_same(structure)
            except OpError:
                raise
            except Exception as error:
                raise python_error(error) from error
        return [tensor.storage for tensor in flat]

    def _check_same(self, structure: Structure) -> None:
        """TypeError unless a result has the structure and types of the traced one."""
        data_nest.assert_same_structure(self.output.spec, structure.spec)
        for traced, spec in zip(self.output.flat_specs, structure.flat_specs, strict=True):
            if traced.dtype != spec.dtype:
                raise TypeError(
                    f"It returned {spec_text(structure.spec)}, and {spec_text(self.output.spec)} "
                    "when it was traced."
                )


def unpacked(spec: Any) -> tuple[Any, ...]:
    """The specs of the arguments a function gets for an element: a tuple is spread."""
    return spec if type(spec) is tuple else (spec,)


def _name(function: Any) -> str:
    while isinstance(function, functools.partial):
        function = function.func
    name = getattr(function, "__name__", type(function).__name__)
    return name.replace("<lambda>", "lambda")


def described(function: Any, short: bool = False) -> str:
    """A function's name and where it was written; in short, without the folder."""
    while isinstance(function, functools.partial):
        function = function.func
    name = getattr(function, "__qualname__", type(function).__name__)
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        return name
    file = code.co_filename
    if short:
        name, file = name.rpartition(".")[2], os.path.basename(file)
    return f"{name} at {file}:{code.co_firstlineno}"


def _called_at(function: Any, frame: SourceLocation) -> str:
    """Where a function was given to a dataset, unless it was written there."""
    if frame is None:
        return ""
    while isinstance(function, functools.partial):
        function = function.func
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None or code.co_filename != frame[0]:
        return f" called at {frame[0]}:{frame[1]}"
    return "" if code.co_firstlineno == frame[1] else f" called at line {frame[1]}"


_CODES: tuple[tuple[type[Exception], Callable[..., OpError]], ...] = (
    (TypeError, InvalidArgumentError),
    (ValueError, InvalidArgumentError),
    (StopIteration, InvalidArgumentError),
    (MemoryError, ResourceExhaustedError),
    (NotImplementedError, UnimplementedError),
)


def python_error(error: Exception) -> OpError:
    """TensorFlow's error for an exception in the user's Python code, and where it was raised."""
    kinds = (kind for base, kind in _CODES if isinstance(error, base))
    kind = next(kinds, UnknownError)
    where = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        code = frame.f_code
        if not is_own_file(code.co_filename):
            where = f"\n\t at {code.co_filename}:{line}, in {code.co_name}"
    return kind(None, None, f"{type(error).__name__}: {error}{where}")


class Runner:
    """Runs a traced function on the flat values of an element, or of many at once."""

    __slots__ = ("_captured", "_elements", "_function", "_run")

    def __init__(self, function: GraphFunction, captured: Sequence[Any]):
        self._function = function
        self._captured = captured_values(captured)
        self._elements = len(function.graph.inputs) - len(self._captured)
        self._run = function.run

    @property
    def parts(self) -> tuple[GraphFunction, list[Any]]:
        """The traced function, and what it uses from outside."""
        return self._function, self._captured

    @property
    def is_pure(self) -> bool:
        """Whether it may be run at another time, or not at all if nobody needs its result."""
        return not self._is_eager and self.memo("movable", is_pure)

    @property
    def _is_eager(self) -> bool:
        return isinstance(self._function, EagerFunction)

    @property
    def described(self) -> str:
        """The function's name, and where it was written."""
        function = self._function
        return function.given.described if isinstance(function, DatasetFunction) else function.name

    @property
    def given(self) -> StructuredFunction | None:
        """The Python function, if it is known."""
        function = self._function
        return function.given if isinstance(function, DatasetFunction) else None

    @property
    def label(self) -> str:
        """The words that name the function in errors."""
        function = self._function
        return function.given.label if isinstance(function, DatasetFunction) else function.name

    @property
    def vectorized(self) -> bool:
        """Whether `batch` works on many elements together."""
        return isinstance(self._vectorized, HostPlan)

    @property
    def one_by_one(self) -> str:
        """Why it has to run element by element, if it has to."""
        found = self._vectorized
        return found if isinstance(found, str) else ""

    @property
    def _vectorized(self) -> HostPlan | str:
        return self.memo(f"rows of {self._elements}", self._vectorize)

    def _vectorize(self, graph: FuncGraph) -> HostPlan | str:
        if self._is_eager:
            return "it runs as Python in debug mode"
        try:
            return HostPlan(optimized(vectorized(graph, self._elements)))
        except NotVectorized as error:
            return str(error)

    def memo(self, what: str, find: Callable[[FuncGraph], Any]) -> Any:
        """What is known of the function: it may be in many pipelines, one for each element."""
        memo = self._function.__dict__.setdefault("memo", {})
        if what not in memo:
            memo[what] = find(self._function.graph)
        return memo[what]

    def batch(self, count: int, columns: Sequence[Any]) -> list[Any]:
        """The flat values it returns for many elements, stacked, if it works `vectorized`.

        Raises:
            OpError: an op failed, for whichever element.
        """
        plan = self._vectorized
        assert isinstance(plan, HostPlan)
        try:
            results = plan.run([np.array(count, np.int32), *columns, *self._captured])
        except OpError as error:
            raise self._explained(error) from error
        return [value if type(value) is ndarray else host_array(value) for value in results]

    @property
    def random_ops(self) -> frozenset[int]:
        """The random ops in it, by identity."""
        return frozenset(id(site[-1]) for site in self._random_sites())

    @property
    def captured_nodes(self) -> list[Node]:
        """The datasets it uses from outside."""
        return [one for one in self._captured if isinstance(one, Node)]

    def _random_sites(self) -> list[Site]:
        return [] if self._is_eager else self.memo("random", random_sites)

    def save(self) -> State:
        """Where its random streams stand."""
        with running_with(current_state() or self._function.state):
            return [site_stream(site).save() for site in self._random_sites()]

    def restore(self, state: State) -> None:
        """Continue the random streams from where they stood."""
        with running_with(current_state() or self._function.state):
            for site, saved in zip(self._random_sites(), state, strict=True):
                site_stream(site).restore(saved)

    def __call__(self, values: Sequence[Any], index: int | None = None) -> list[Any]:
        """The flat values it returns.

        Args:
            values: the flat values of the element.
            index: the number of the element in its stage, for errors.

        Raises:
            OpError: an op failed; the message ends with the transformation, its function, and the
                element.
        """
        try:
            results = self._run([*values, *self._captured])
        except (OpError, StopIteration) as error:
            raise self._explained(error, index, values) from error
        return [value if type(value) is ndarray else host_array(value) for value in results]

    def until_out_of_range(self, values: Sequence[Any]) -> list[Any]:
        """The same for a function that raises OutOfRangeError to say that there is no more."""
        try:
            results = self._run([*values, *self._captured])
        except OutOfRangeError:
            raise
        except (OpError, StopIteration) as error:
            raise self._explained(error) from error
        return [value if type(value) is ndarray else host_array(value) for value in results]

    def _explained(
        self, error: Exception, index: int | None = None, values: Sequence[Any] = ()
    ) -> OpError:
        where = f"\n\t in {self.label}"
        if index is not None:
            where += f", element {index}{self._element(values)}"
        if isinstance(error, OutOfRangeError | StopIteration):
            # The end of something inside a function is not the end of the dataset.
            text = getattr(error, "message", "") or "the iteration ended"
            message = f"Function invocation produced {type(error).__name__}: {text}"
            return InvalidArgumentError(None, None, f"{message}{where}")
        assert isinstance(error, OpError)
        return error.restated(f"{error.message}{where}")

    def inside(self, error: OpError, index: int, values: Sequence[Any]) -> OpError:
        """An error of the dataset that it returned for an element, naming that element."""
        where = f"{self.label}, element {index}{self._element(values)}"
        return error.restated(f"{error.message}\n\t in {where}")

    def _element(self, values: Sequence[Any]) -> str:
        function = self._function
        if not isinstance(function, DatasetFunction):
            return ""
        return f": {element_text(function.given.arguments, values)}"
