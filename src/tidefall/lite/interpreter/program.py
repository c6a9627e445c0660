"""A model made ready to run: its subgraphs, their kernels, and what it keeps between runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidefall.base import errors
from tidefall.lite.interpreter.registry import KERNELS, Kernel, NativeKernel, Node, Stateful
from tidefall.lite.interpreter.sequences import LayerSequence, Plan, planned
from tidefall.lite.interpreter.tensors import TensorInfo, tensor_info
from tidefall.lite.interpreter.versions import newest_version
from tidefall.lite.schema import BuiltinOperator, Model, Operator, OperatorCode, SubGraph

_FOLDED = frozenset({"DEQUANTIZE", "DENSIFY"})
MAX_DEPTH = 64
"""How deep subgraphs may call each other."""
MAX_PLANS = 8
"""Shapes of inputs for which a subgraph keeps plans."""


@dataclass(slots=True)
class Step:
    """An operator, and the kernel that runs it once it was made.

    Args:
        index: its number in the subgraph.
        node: what is known of it.
        inputs: numbers of the tensors it reads; -1 for absent ones.
        outputs: numbers of those it writes.
        release: tensors that nothing reads after it.
        kernel: what runs it; None until it runs for the first time.
        output: its only output, once it is known; None if it has several, or changes variables.
    """

    index: int
    node: Node
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    release: tuple[int, ...] = ()
    kernel: Kernel | None = None
    output: int | None = None

    def is_foldable(self) -> bool:
        """Whether it only makes a constant of another, so that once is enough."""
        return self.node.operator in _FOLDED and all(
            each is not None and each.constant is not None for each in self.node.inputs
        )


@dataclass(slots=True)
class Graph:
    """A subgraph.

    Args:
        name: its name in the file.
        tensors: what is known of its tensors.
        inputs: numbers of its inputs.
        outputs: numbers of its outputs.
        steps: its operators, in the order in which they run.
        variables: its tensors that keep their values between runs.
        start: the constants among its tensors, None for others; made by the first run.
        unfolded: the steps whose outputs are not constants; found by the first run.
        has_layers: whether some of them have native layers; found by the first run.
        plans: how it runs on inputs of certain shapes and dtypes; None for step by step.
    """

    name: str
    tensors: list[TensorInfo]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    steps: list[Step] = field(default_factory=list[Step])
    variables: list[TensorInfo] = field(default_factory=list[TensorInfo])
    start: list[Any] | None = None
    unfolded: list[Step] | None = None
    has_layers: bool = False
    plans: dict[Any, Plan | None] = field(default_factory=dict[Any, Any])


@dataclass(slots=True)
class Bound:
    """A run of a subgraph whose inputs and outputs stay where they are.

    Args:
        run: what reads the inputs and writes the outputs.
        outputs: the arrays of the outputs, by number.
    """

    run: Callable[[], None]
    outputs: dict[int, NDArray[Any]]


@dataclass(slots=True)
class State:
    """What a model keeps between runs.

    Args:
        variables: values of resource variables by name.
        tables: hash tables by name.
        tensors: values of variable tensors, by subgraph and number.
        initialized: subgraphs that run once and have run.
        random: the generator of each operator that draws.
    """

    variables: dict[str, NDArray[Any]] = field(default_factory=dict[str, Any])
    tables: dict[str, dict[Any, Any]] = field(default_factory=dict[str, Any])
    tensors: dict[tuple[int, int], NDArray[Any]] = field(default_factory=dict[Any, Any])
    initialized: set[int] = field(default_factory=set[int])
    random: dict[int, Any] = field(default_factory=dict[int, Any])

    def copy(self) -> State:
        """A state that changes apart from this one; arrays are never written to in place."""
        return State(
            dict(self.variables),
            {name: dict(table) for name, table in self.tables.items()},
            dict(self.tensors),
            set(self.initialized),
            {},
        )


class Program:
    """A model whose operators have kernels.

    Args:
        model: the model, as `read_model` gives it.
        name: what errors call it.
        threads: how many threads the native kernels may use; 0 for as many as there are.

    Raises:
        tf.errors.InvalidArgumentError: if the model is not consistent.
        tf.errors.DataLossError: if its data is not.
        tf.errors.UnimplementedError: if it has operators without a kernel; all are named.
    """

    def __init__(self, model: Model, name: str = "the model", threads: int = 0):
        from tidefall.lite.interpreter.kernels import load_kernels

        load_kernels()
        self.model = model
        self.name = name
        self.state = State()
        self.depth = 0
        self.threads = threads
        if not model.subgraphs:
            raise self.invalid("it has no subgraph")
        self.graphs = [self._graph(index) for index in range(len(model.subgraphs))]
        self._refuse_missing_kernels()
        self._refuse_versions()

    def invalid(self, why: str) -> errors.InvalidArgumentError:
        """The error for a model that cannot be."""
        return errors.InvalidArgumentError(None, None, f"{self.name} is not valid: {why}.")

    def _graph(self, index: int) -> Graph:
        subgraph = self.model.subgraphs[index]
        where = f"{self.name}, subgraph {index}"
        tensors = [
            tensor_info(number, tensor, self._buffer(tensor.buffer, where), where)
            for number, tensor in enumerate(subgraph.tensors)
        ]
        graph = Graph(
            subgraph.name,
            tensors,
            self._numbers(subgraph.inputs, len(tensors), f"{where}: its inputs"),
            self._numbers(subgraph.outputs, len(tensors), f"{where}: its outputs"),
        )
        graph.variables = [tensor for tensor in tensors if tensor.is_variable]
        for number, operator in enumerate(subgraph.operators):
            graph.steps.append(self._step(number, operator, tensors, where))
        _add_empty_constants(graph)
        _add_releases(graph, subgraph)
        return graph

    def _buffer(self, index: int, where: str) -> Any:
        if not 0 <= index < max(1, len(self.model.buffers)):
            raise self.invalid(f"{where} has buffer {index} of {len(self.model.buffers)}")
        return self.model.buffers[index].data if self.model.buffers else b""

    def _numbers(
        self, numbers: Sequence[int], count: int, what: str, absent: bool = False
    ) -> tuple[int, ...]:
        for number in numbers:
            if not (-1 if absent else 0) <= number < count:
                raise self.invalid(f"{what} have tensor {number} of {count}")
        return tuple(numbers)

    def _step(self, number: int, operator: Operator, tensors: list[TensorInfo], where: str) -> Step:
        what = f"{where}, operator {number}"
        if operator.opcode_index >= len(self.model.operator_codes):
            raise self.invalid(
                f"{what} has code {operator.opcode_index} of {len(self.model.operator_codes)}"
            )
        code = self.model.operator_codes[operator.opcode_index]
        inputs = self._numbers(operator.inputs, len(tensors), f"{what}: its inputs", True)
        outputs = self._numbers(operator.outputs, len(tensors), f"{what}: its outputs")
        temporaries = self._numbers(
            operator.intermediates, len(tensors), f"{what}: its intermediates"
        )
        for each in outputs:
            if tensors[each].constant is not None:
                raise self.invalid(f"{what} writes tensor {each}, which is a constant")
        node = Node(
            self,
            operator_name(code),
            code.version,
            operator.builtin_options or operator.builtin_options_2,
            bytes(operator.custom_options),
            tuple(None if each < 0 else tensors[each] for each in inputs),
            tuple(tensors[each] for each in outputs),
            tuple(tensors[each] for each in temporaries),
        )
        return Step(number, node, inputs, outputs)

    def _refuse_missing_kernels(self) -> None:
        nodes = [step.node for graph in self.graphs for step in graph.steps]
        missing = sorted({node.operator for node in nodes} - set(KERNELS))
        if missing:
            flex = [each for each in missing if each.startswith("Flex")]
            advice = (
                " Operators that begin with Flex run TensorFlow's own kernels, of a model converted"
                " with SELECT_TF_OPS; convert it without, or run the SavedModel."
                if flex
                else ""
            )
            raise errors.UnimplementedError(
                None,
                None,
                f"{self.name} has operators that cannot be run: {', '.join(missing)}.{advice}",
            )

    def _refuse_versions(self) -> None:
        for code in self.model.operator_codes:
            name, newest = operator_name(code), newest_version(code.builtin_code.name)
            if code.version < 1:
                raise self.invalid(f"{name} has version {code.version}")
            if code.builtin_code != BuiltinOperator.CUSTOM and code.version > newest:
                raise errors.UnimplementedError(
                    None,
                    None,
                    f"{self.name} has {name} of version {code.version}, and up to {newest} are "
                    "known. It was made for a newer runtime.",
                )

    def run(
        self, index: int, inputs: Sequence[NDArray[Any]], keep: list[Any] | None = None
    ) -> list[NDArray[Any]]:
        """Run a subgraph.

        Args:
            index: its number.
            inputs: a value for each of its inputs.
            keep: a list that gets the values of all its tensors; None lets go of those that
                nothing reads any more.

        Returns:
            The values of its outputs.

        Raises:
            RuntimeError: if an operator fails; it names the operator.
        """
        if not 0 <= index < len(self.graphs):
            raise self.invalid(f"subgraph {index} of {len(self.graphs)} is called")
        graph = self.graphs[index]
        if len(inputs) != len(graph.inputs):
            raise self.invalid(
                f"subgraph {index} takes {len(graph.inputs)} inputs and gets {len(inputs)}"
            )
        if self.depth >= MAX_DEPTH:
            raise self.invalid(f"its subgraphs call each other more than {MAX_DEPTH} deep")
        if graph.start is None:
            graph.start = [tensor.constant for tensor in graph.tensors]
        # Behind them, what the number -1 of absent inputs means.
        values: list[Any] = [*graph.start, None]
        for tensor in graph.variables:
            values[tensor.index] = self.variable_tensor(index, tensor)
        for number, value in zip(graph.inputs, inputs, strict=True):
            values[number] = value
        self.depth += 1
        try:
            # Infinities and NaN are values like others, and no warnings.
            with np.errstate(all="ignore"):
                self._run_steps(graph, values, keep is None)
        finally:
            self.depth -= 1
        for tensor in graph.variables:
            self.state.tensors[index, tensor.index] = values[tensor.index]
        if keep is not None:
            keep[:] = values[:-1]
        return [self._output(graph, values, number) for number in graph.outputs]

    def bound(self, index: int, inputs: Sequence[NDArray[Any]]) -> Bound | None:
        """A subgraph's run on the same arrays again and again, if native code does all of it.

        Args:
            index: its number.
            inputs: a value for each of its inputs, each its own array, in row-major order.
        """
        graph = self.graphs[index]
        plan = graph.plans.get(_shapes(inputs))
        if plan is None or len(plan.steps) != 1 or graph.variables:
            return None
        (sequence,) = plan.steps
        given = dict(zip(graph.inputs, inputs, strict=True))
        if not isinstance(sequence, LayerSequence) or not given.keys() >= {*sequence.inputs}:
            return None
        call, found = sequence.bound(given)
        if not found.keys() >= {*graph.outputs}:
            return None

        def run() -> None:
            try:
                call()
            except Exception as error:
                raise self.failure(sequence, error) from error

        return Bound(run, {number: found[number] for number in graph.outputs})

    def _run_steps(self, graph: Graph, values: list[Any], release: bool) -> None:
        if graph.unfolded is None:
            self._run_first(graph, values, release)
        elif not release or not graph.has_layers:
            self._run_all(graph.unfolded, values, release)
        else:
            key = _shapes([values[number] for number in graph.inputs])
            if key in graph.plans:
                plan = graph.plans[key]
                if plan is not None:
                    for number, value in plan.known.items():
                        values[number] = value
                self._run_all(plan.steps if plan is not None else graph.unfolded, values, True)
            else:
                self._run_all(graph.unfolded, values, False)
                if len(graph.plans) == MAX_PLANS:
                    graph.plans.clear()
                graph.plans[key] = planned(graph, values)

    def _run_all(
        self, steps: Sequence[Step | LayerSequence], values: list[Any], release: bool
    ) -> None:
        step = None
        try:
            for step in steps:
                if isinstance(step, LayerSequence):
                    step.run(values)
                else:
                    found = step.kernel(*[values[number] for number in step.inputs])  # type: ignore[misc]
                    if type(found) is not tuple and step.output is not None:
                        values[step.output] = found
                    else:
                        _store(step, found, values)
                if release:
                    for number in step.release:
                        values[number] = None
        except RecursionError:
            raise
        except Exception as error:  # whatever it is, it is said of which operator
            assert step is not None
            raise self.failure(step, error) from error

    def _run_first(self, graph: Graph, values: list[Any], release: bool) -> None:
        """A run that makes the kernels, and keeps what is the same in all runs."""
        for step in graph.steps:
            self._run_step(step, values)
            if release:
                for number in step.release:
                    values[number] = None
        assert graph.start is not None
        for step in graph.steps:
            if step.is_foldable():
                for tensor in step.node.outputs:
                    tensor.constant = graph.start[tensor.index] = values[tensor.index]
        graph.unfolded = [step for step in graph.steps if not step.is_foldable()]
        graph.has_layers = any(isinstance(step.kernel, NativeKernel) for step in graph.unfolded)

    def _output(self, graph: Graph, values: list[Any], number: int) -> Any:
        if values[number] is None:
            raise RuntimeError(
                f"{self.name}: output {number} ({graph.tensors[number].name!r}) of subgraph "
                f"{graph.name!r} is written by no operator."
            )
        return values[number]

    def variable_tensor(self, index: int, tensor: TensorInfo) -> NDArray[Any]:
        """The value of a variable tensor: zeros at first."""
        key = (index, tensor.index)
        if key not in self.state.tensors:
            self.state.tensors[key] = np.full(
                tensor.shape, tensor.zero_point if tensor.is_quantized else 0, tensor.dtype
            )
        return self.state.tensors[key]

    def _run_step(self, step: Step, values: list[Any]) -> None:
        try:
            if step.kernel is None:
                step.kernel = KERNELS[step.node.operator](step.node)
            given = []
            for number in step.inputs:
                value = None if number < 0 else values[number]
                if number >= 0 and value is None:
                    raise ValueError(f"its input, tensor {number}, has no value yet")
                given.append(value)
            found = step.kernel(*given)
            _store(step, found, values)
        except RecursionError:
            raise
        except Exception as error:  # whatever it is, it is said of which operator
            raise self.failure(step, error) from error
        if len(step.outputs) == 1 and not isinstance(found, Stateful):
            step.output = step.outputs[0]

    def failure(self, step: Step | LayerSequence, error: Exception) -> RuntimeError:
        """The error for an operator that failed."""
        if isinstance(step, LayerSequence):
            step = step.steps[0]
        names = ", ".join(repr(tensor.name) for tensor in step.node.outputs)
        why = str(error) or type(error).__name__
        return RuntimeError(
            f"Node number {step.index} ({step.node.operator}) failed to invoke: {why} "
            f"(it computes {names or 'nothing'} of {self.name})"
        )

    def reset(self) -> None:
        """Set variable tensors to zero."""
        self.state.tensors.clear()


def _shapes(inputs: Sequence[NDArray[Any]]) -> tuple[Any, ...]:
    return tuple([(each.shape, each.dtype) for each in inputs])


def _store(step: Step, found: Any, values: list[Any]) -> None:
    if isinstance(found, Stateful):
        for place, value in found.written.items():
            values[step.inputs[place]] = value
        found = found.outputs
    if not isinstance(found, tuple):
        found = (found,)
    if len(found) != len(step.outputs):
        why = f"it has {len(found)} results, and the file names {len(step.outputs)} outputs"
        raise ValueError(why)
    for number, value in zip(step.outputs, found, strict=True):
        values[number] = value


def operator_name(code: OperatorCode) -> str:
    """The name of a builtin operator, or a custom operator's own."""
    if code.builtin_code == BuiltinOperator.CUSTOM:
        return code.custom_code
    return code.builtin_code.name


def _add_empty_constants(graph: Graph) -> None:
    """Constants without elements have no data that would tell them from other tensors."""
    written = {number for step in graph.steps for number in step.outputs}
    for tensor in graph.tensors:
        if (
            0 in tensor.shape
            and tensor.index not in written
            and tensor.index not in graph.inputs
            and not tensor.is_variable
        ):
            tensor.constant = np.zeros(tensor.shape, tensor.dtype)


def _add_releases(graph: Graph, subgraph: SubGraph) -> None:
    last: dict[int, int] = {}
    for step in graph.steps:
        for number in (*step.inputs, *step.outputs):
            last[number] = step.index
    kept = {*graph.inputs, *graph.outputs, -1}
    kept.update(each.index for each in graph.tensors if each.constant is not None)
    kept.update(each.index for each in graph.tensors if each.is_variable)
    kept.update(each for step in graph.steps if step.is_foldable() for each in step.outputs)
    for number, index in last.items():
        if number not in kept:
            graph.steps[index].release += (number,)
