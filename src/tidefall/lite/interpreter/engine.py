"""A model that is being used: its inputs, its outputs and the shapes they have now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidefall.base import errors
from tidefall.lite.interpreter.compiled import Compiler
from tidefall.lite.interpreter.details import tensor_details
from tidefall.lite.interpreter.files import bad_model
from tidefall.lite.interpreter.program import Bound, Graph, Program
from tidefall.lite.interpreter.shapes import checked_shape
from tidefall.lite.interpreter.tensors import TensorInfo
from tidefall.lite.schema import TensorType, read_model


class Engine:
    """A model and the arrays that go in and come out, subgraph by subgraph.

    Args:
        name: what errors call the model.
        content: the file's bytes.
        compile_often_used: whether to compile what is run often.
        preserve_all_tensors: whether to keep intermediate values.
        threads: how many threads the native kernels may use; 0 for as many as there are.

    Raises:
        ValueError: if the model is damaged or not valid; also an `OpError`.
        tf.errors.UnimplementedError: if it has operators that cannot be run.
    """

    def __init__(
        self,
        name: str,
        content: Any,
        compile_often_used: bool = True,
        preserve_all_tensors: bool = False,
        threads: int = 0,
    ):
        try:
            self.program = Program(read_model(content, name), name, threads)
            self.signatures = self._read_signatures()
        except (errors.DataLossError, errors.InvalidArgumentError) as error:
            raise bad_model(error) from error
        self._preserve = preserve_all_tensors
        self._compiler = Compiler(self.program, compile_often_used and not preserve_all_tensors)
        count = len(self.program.graphs)
        self._ready = [False] * count
        self._shapes: list[dict[int, tuple[int, ...]]] = [{} for _ in range(count)]
        self._inputs: list[dict[int, NDArray[Any]]] = [{} for _ in range(count)]
        self._values: list[list[Any] | None] = [None] * count
        self._outputs: list[dict[int, Any]] = [{} for _ in range(count)]
        self._bound: list[Bound | None] = [None] * count

    def graph(self, subgraph_index: int) -> Graph:
        """A subgraph.

        Raises:
            ValueError: if there is none of that number.
        """
        if not 0 <= subgraph_index < len(self.program.graphs):
            raise ValueError(
                f"subgraph_index is out of range: {subgraph_index} for the model, which has "
                f"{len(self.program.graphs)} subgraphs."
            )
        return self.program.graphs[subgraph_index]

    def info(self, subgraph_index: int, tensor_index: int) -> TensorInfo:
        """What the file says of a tensor.

        Raises:
            ValueError: if there is none of that number.
        """
        tensors = self.graph(subgraph_index).tensors
        if not 0 <= tensor_index < len(tensors):
            raise ValueError(
                f"Invalid tensor index {tensor_index} exceeds max tensor index {len(tensors) - 1}"
            )
        return tensors[tensor_index]

    def is_compiled(self, subgraph_index: int = 0) -> bool:
        """Whether a subgraph has been compiled for inputs of some shapes."""
        return self._compiler.is_compiled(subgraph_index)

    def allocate(self, subgraph_index: int) -> None:
        """Make the inputs of a subgraph ready to be set."""
        graph = self.graph(subgraph_index)
        inputs = self._inputs[subgraph_index]
        for number in graph.inputs:
            tensor = graph.tensors[number]
            shape = self._shapes[subgraph_index].get(number, tensor.shape)
            if number not in inputs or inputs[number].shape != shape:
                checked_shape(shape, "An input")
                inputs[number] = np.zeros(shape, tensor.dtype)
                self._bound[subgraph_index] = None
                if tensor.dtype == object:
                    inputs[number].fill(b"")
        self._ready[subgraph_index] = True

    def resize(
        self, subgraph_index: int, input_index: int, shape: Sequence[int], strict: bool = False
    ) -> None:
        """Give an input another shape; see `Interpreter.resize_tensor_input`."""
        graph = self.graph(subgraph_index)
        tensor = self.info(subgraph_index, input_index)
        wanted = tuple(int(each) for each in np.asarray(shape, np.int64).reshape(-1))
        if any(each < 0 for each in wanted):
            raise ValueError(f"A shape of {list(wanted)} is not possible for input {input_index}.")
        if input_index not in graph.inputs:
            raise ValueError(
                f"Tensor {input_index} ({tensor.name!r}) is not an input; the inputs are "
                f"{list(graph.inputs)}."
            )
        if strict:
            _check_open_dimensions(tensor, wanted)
        present = self._shapes[subgraph_index].get(input_index, tensor.shape)
        if wanted != present or self._values[subgraph_index] is None:
            self._shapes[subgraph_index][input_index] = wanted
            if wanted != present:
                self._ready[subgraph_index] = False
                self._values[subgraph_index] = None
                self._outputs[subgraph_index] = {}

    def set(self, subgraph_index: int, tensor_index: int, value: Any) -> None:
        """Copy a value into an input; see `Interpreter.set_tensor`."""
        graph = self.graph(subgraph_index)
        tensor = self.info(subgraph_index, tensor_index)
        target = self._inputs[subgraph_index].get(tensor_index)
        if tensor.is_variable:
            target = self.program.variable_tensor(subgraph_index, tensor)
        if target is None and tensor_index not in graph.inputs:
            raise ValueError(
                f"Cannot set tensor: tensor {tensor_index} ({tensor.name!r}) is not an input; the "
                f"inputs are {list(graph.inputs)}."
            )
        if target is None or not self._ready[subgraph_index]:
            raise ValueError(
                "Cannot set tensor: Tensor is unallocated. Try calling allocate_tensors() first"
            )
        given = _as_strings(value) if tensor.type == TensorType.STRING else np.asarray(value)
        if given.dtype != target.dtype:
            raise ValueError(
                f"Cannot set tensor: Got value of type {_type_name(given.dtype)} but expected type "
                f"{tensor.type.name} for input {tensor_index}, name: {tensor.name} "
            )
        _check_shape(given.shape, target.shape, tensor_index)
        if tensor.is_variable:
            self.program.state.tensors[subgraph_index, tensor_index] = given.copy()
        else:
            target[...] = given

    def current(self, subgraph_index: int, tensor_index: int) -> NDArray[Any]:
        """The present value of a tensor, without a copy; see `Interpreter.get_tensor`."""
        graph = self.graph(subgraph_index)
        tensor = self.info(subgraph_index, tensor_index)
        if tensor.constant is not None:
            return tensor.constant
        if not self._ready[subgraph_index]:
            raise ValueError("Tensor data is null. Run allocate_tensors() first")
        if tensor_index in self._inputs[subgraph_index]:
            return self._inputs[subgraph_index][tensor_index]
        if tensor_index in self._outputs[subgraph_index]:
            return self._outputs[subgraph_index][tensor_index]
        values = self._values[subgraph_index]
        if values is not None and values[tensor_index] is not None:
            return values[tensor_index]
        if tensor.is_variable:
            return self.program.variable_tensor(subgraph_index, tensor)
        if tensor_index not in graph.outputs and self._outputs[subgraph_index]:
            raise ValueError(
                f"Tensor {tensor_index} ({tensor.name!r}) is intermediate, and its value is not "
                "kept. Make the interpreter with experimental_preserve_all_tensors=True."
            )
        return np.zeros(self._shape(tensor, subgraph_index), tensor.dtype)

    def invoke(self, subgraph_index: int) -> None:
        """Run a subgraph on the inputs that were set; see `Interpreter.invoke`."""
        if not self._ready[subgraph_index]:
            raise RuntimeError(
                "Invoke called on model that is not ready: call allocate_tensors() first."
            )
        bound = self._bound[subgraph_index]
        if bound is not None:
            bound.run()
            self._outputs[subgraph_index] = bound.outputs
            return
        graph = self.graph(subgraph_index)
        inputs = [self._inputs[subgraph_index][number] for number in graph.inputs]
        keep: list[Any] | None = [] if self._preserve else None
        found = self._compiler.run(subgraph_index, inputs, keep)
        self._values[subgraph_index] = keep
        self._outputs[subgraph_index] = dict(zip(graph.outputs, found, strict=True))
        if keep is None:
            self._bound[subgraph_index] = self._compiler.bound(subgraph_index, inputs)

    def details_of(self, subgraph_index: int, numbers: Iterable[int]) -> list[dict[str, Any]]:
        """The details of some tensors of a subgraph."""
        return [self.details(subgraph_index, number) for number in numbers]

    def details(self, subgraph_index: int, tensor_index: int) -> dict[str, Any]:
        """The details of a tensor; see `Interpreter.get_input_details`."""
        tensor = self.info(subgraph_index, tensor_index)
        return tensor_details(tensor, self._shape(tensor, subgraph_index))

    def _shape(self, tensor: TensorInfo, subgraph_index: int) -> tuple[int, ...]:
        """The present shape: as set, as computed, or as the file says."""
        number = tensor.index
        found = self._inputs[subgraph_index].get(number)
        if number in self._shapes[subgraph_index]:
            return self._shapes[subgraph_index][number]
        if found is None:
            found = self._outputs[subgraph_index].get(number)
        values = self._values[subgraph_index]
        if found is None and values is not None:
            found = values[number]
        if found is None and self._shapes[subgraph_index] and self._ready[subgraph_index]:
            found = self._rehearsed(subgraph_index)[number]
        return tensor.shape if found is None else found.shape

    def _rehearsed(self, subgraph_index: int) -> list[Any]:
        """All values after a run with empty inputs, which shows the shapes after a resizing."""
        graph = self.graph(subgraph_index)
        keep: list[Any] = [None] * len(graph.tensors)
        state = self.program.state
        self.program.state = state.copy()
        try:
            inputs = [np.zeros_like(self._inputs[subgraph_index][each]) for each in graph.inputs]
            self.program.run(subgraph_index, inputs, keep)
        except RuntimeError:
            pass  # invoke will say so
        finally:
            self.program.state = state
        self._values[subgraph_index] = keep
        return keep

    def _read_signatures(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for signature in self.program.model.signature_defs:
            index = signature.subgraph_index
            if index >= len(self.program.graphs):
                raise self.program.invalid(
                    f"signature {signature.signature_key!r} is of subgraph {index}"
                )
            tensors = len(self.program.graphs[index].tensors)
            parts: dict[str, dict[str, int]] = {"inputs": {}, "outputs": {}}
            for part, given in (("inputs", signature.inputs), ("outputs", signature.outputs)):
                for each in given:
                    if each.tensor_index >= tensors:
                        raise self.program.invalid(
                            f"signature {signature.signature_key!r} has tensor "
                            f"{each.tensor_index} of {tensors}"
                        )
                    parts[part][each.name] = each.tensor_index
            found[signature.signature_key] = {**parts, "subgraph": index}
        return found


def _check_open_dimensions(tensor: TensorInfo, wanted: tuple[int, ...]) -> None:
    if len(wanted) != len(tensor.shape):
        raise ValueError(
            f"Attempting to resize tensor {tensor.index} from {len(tensor.shape)} to "
            f"{len(wanted)} dimensions, which strict=True does not allow."
        )
    for axis, (new, fixed) in enumerate(zip(wanted, tensor.signature, strict=True)):
        if fixed not in (-1, new):
            raise ValueError(
                f"Attempting to resize dimension {axis} of tensor {tensor.index} with value "
                f"{fixed} to {new}. ResizeInputTensorStrict only allows mutating unknown "
                "dimensions identified by -1."
            )


def _check_shape(given: tuple[int, ...], expected: tuple[int, ...], index: int) -> None:
    if len(given) != len(expected):
        raise ValueError(
            f"Cannot set tensor: Dimension mismatch. Got {len(given)} but expected "
            f"{len(expected)} for input {index}. The shape is {list(given)}, not {list(expected)}."
        )
    for axis, (size, wanted) in enumerate(zip(given, expected, strict=True)):
        if size != wanted:
            raise ValueError(
                f"Cannot set tensor: Dimension mismatch. Got {size} but expected {wanted} for "
                f"dimension {axis} of input {index}. For another shape, call resize_tensor_input "
                "and allocate_tensors first."
            )


def _as_strings(value: Any) -> NDArray[Any]:
    given = np.asarray(value)
    if given.dtype.kind not in "SUO":
        return given
    found = np.empty(given.shape, object)
    for place in np.ndindex(given.shape):
        each = given[place]
        found[place] = each.encode() if isinstance(each, str) else bytes(each)
    return found


def _type_name(dtype: np.dtype[Any]) -> str:
    names = {"bool": "BOOL", "object": "STRING"}
    return names.get(dtype.name, dtype.name.upper())
