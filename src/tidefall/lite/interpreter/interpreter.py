"""`tf.lite.Interpreter`: runs `.tflite` files."""

from __future__ import annotations

import enum
import mmap
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidefall.base import errors
from tidefall.base.exports import export
from tidefall.lite.interpreter.compiled import Compiler
from tidefall.lite.interpreter.details import operator_details, tensor_details
from tidefall.lite.interpreter.program import Graph, Program
from tidefall.lite.interpreter.signature_runner import SignatureRunner
from tidefall.lite.interpreter.tensors import TensorInfo
from tidefall.lite.schema import TensorType, read_model


@export("lite.experimental.OpResolverType")
class OpResolverType(enum.Enum):
    """Which kernels run a model.

    All give the same integers, those of TensorFlow Lite's reference kernels. BUILTIN_REF also runs
    floats one operator after another in NumPy; the others compile models that are used often.
    """

    AUTO = 0
    BUILTIN = 1
    BUILTIN_REF = 2
    BUILTIN_WITHOUT_DEFAULT_DELEGATES = 3


@export("lite.Interpreter")
class Interpreter:
    """Run a TensorFlow Lite model.

    Integers come out as TensorFlow Lite's reference kernels give them, bit by bit.

    Args:
        model_path: path of a `.tflite` file.
        model_content: the content of one, as bytes.
        experimental_delegates: delegates of `load_delegate`; there are none here.
        num_threads: how many threads kernels may use; at least 1. NumPy's and XLA's own settings
            decide.
        experimental_op_resolver_type: an `OpResolverType`; BUILTIN_REF never compiles.
        experimental_preserve_all_tensors: whether `get_tensor` finds intermediate values.
        experimental_disable_delegate_clustering: no effect; operators run in the file's order.
        experimental_default_delegate_latest_features: no effect; there is no delegate.

    Raises:
        ValueError: if neither or both of path and content are given, or an argument is not valid;
            if the file cannot be opened, is not a model, or is damaged (a class of both
            ValueError and `tf.errors.OpError`, which names the byte).
        tf.errors.UnimplementedError: if the model has operators that have no kernel.

    >>> from tidefall.lite.schema import *
    >>> model = Model(
    ...     version=3,
    ...     operator_codes=[OperatorCode(builtin_code=BuiltinOperator.EXP)],
    ...     subgraphs=[SubGraph(
    ...         tensors=[Tensor(name="x", shape=[2]), Tensor(name="y", shape=[2])],
    ...         inputs=[0], outputs=[1], operators=[Operator(inputs=[0], outputs=[1])],
    ...     )],
    ...     buffers=[Buffer()],
    ... )
    >>> interpreter = Interpreter(model_content=write_model(model))
    >>> interpreter.allocate_tensors()
    >>> interpreter.set_tensor(0, np.array([0, 1], np.float32))
    >>> interpreter.invoke()
    >>> interpreter.get_tensor(1)
    array([1.       , 2.7182817], dtype=float32)
    """

    def __init__(
        self,
        model_path: str | os.PathLike[str] | None = None,
        model_content: bytes | None = None,
        experimental_delegates: Sequence[Any] | None = None,
        num_threads: int | None = None,
        experimental_op_resolver_type: OpResolverType = OpResolverType.AUTO,
        experimental_preserve_all_tensors: bool = False,
        experimental_disable_delegate_clustering: bool = False,
        experimental_default_delegate_latest_features: bool = False,
    ):
        _check_arguments(num_threads, experimental_op_resolver_type, experimental_delegates)
        name, content = read_content(model_path, model_content)
        try:
            self._program = Program(read_model(content, name), name)
        except (errors.DataLossError, errors.InvalidArgumentError) as error:
            raise _bad_model(error) from error
        self._preserve = experimental_preserve_all_tensors
        compile_it = experimental_op_resolver_type is not OpResolverType.BUILTIN_REF
        self._compiler = Compiler(self._program, compile_it and not self._preserve)
        count = len(self._program.graphs)
        self._ready = [False] * count
        self._shapes: list[dict[int, tuple[int, ...]]] = [{} for _ in range(count)]
        self._inputs: list[dict[int, NDArray[Any]]] = [{} for _ in range(count)]
        self._values: list[list[Any] | None] = [None] * count
        self._outputs: list[dict[int, Any]] = [{} for _ in range(count)]
        self._signatures = self._read_signatures()

    # Shapes and memory.

    def allocate_tensors(self) -> None:
        """Make the inputs ready to be set. To be called once, and after each resizing."""
        self.allocate_subgraph(0)

    def resize_tensor_input(
        self, input_index: int, tensor_size: Sequence[int], strict: bool = False
    ) -> None:
        """Give an input another shape; `allocate_tensors` is to be called then.

        Args:
            input_index: the input's number, `index` of its details.
            tensor_size: the new shape.
            strict: whether only dimensions that the file leaves open, -1 in `shape_signature`, may
                change.

        Raises:
            ValueError: if there is no such tensor, or the shape is not possible.
        """
        self.resize_subgraph_input(0, input_index, tensor_size, strict)

    def allocate_subgraph(self, subgraph_index: int) -> None:
        """`allocate_tensors` of one subgraph."""
        graph = self._program.graphs[subgraph_index]
        inputs = self._inputs[subgraph_index]
        for number in graph.inputs:
            tensor = graph.tensors[number]
            shape = self._shapes[subgraph_index].get(number, tensor.shape)
            if number not in inputs or inputs[number].shape != shape:
                inputs[number] = np.zeros(shape, tensor.dtype)
                if tensor.dtype == object:
                    inputs[number].fill(b"")
        self._ready[subgraph_index] = True

    def resize_subgraph_input(
        self, subgraph_index: int, input_index: int, shape: Sequence[int], strict: bool
    ) -> None:
        """`resize_tensor_input` of one subgraph."""
        graph = self._program.graphs[subgraph_index]
        tensor = self._tensor(graph, input_index)
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

    # Values.

    def set_tensor(self, tensor_index: int, value: Any) -> None:
        """Copy a value into an input.

        Args:
            tensor_index: the input's number, `index` of its details.
            value: an array of the input's dtype and shape; strings as `bytes` or `str`.

        Raises:
            ValueError: if there is no such tensor, or dtype or shape are others.
        """
        self.set_subgraph_tensor(0, tensor_index, value)

    def set_subgraph_tensor(self, subgraph_index: int, tensor_index: int, value: Any) -> None:
        """`set_tensor` of one subgraph."""
        graph = self._program.graphs[subgraph_index]
        tensor = self._tensor(graph, tensor_index)
        target = self._inputs[subgraph_index].get(tensor_index)
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
        target[...] = given

    def get_tensor(self, tensor_index: int, subgraph_index: int = 0) -> Any:
        """The value of an output, or of any tensor if all are preserved, as a copy.

        Args:
            tensor_index: the tensor's number, `index` of its details.
            subgraph_index: the number of its subgraph.

        Returns:
            A NumPy array; of `bytes` objects for strings.

        Raises:
            ValueError: if there is no such tensor, or nothing has been allocated.
        """
        return np.array(self._current(tensor_index, subgraph_index))

    def tensor(self, tensor_index: int) -> Callable[[], NDArray[Any]]:
        """A function that gives the present value of an input or output without a copy."""
        self._tensor(self._program.graphs[0], tensor_index)
        return lambda: self._current(tensor_index, 0)

    def _current(self, tensor_index: int, subgraph_index: int) -> NDArray[Any]:
        self._check_subgraph(subgraph_index)
        graph = self._program.graphs[subgraph_index]
        tensor = self._tensor(graph, tensor_index)
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
            return self._program.variable_tensor(subgraph_index, tensor)
        if tensor_index not in graph.outputs and self._outputs[subgraph_index]:
            raise ValueError(
                f"Tensor {tensor_index} ({tensor.name!r}) is intermediate, and its value is not "
                "kept. Make the interpreter with experimental_preserve_all_tensors=True."
            )
        return np.zeros(self._shape(tensor, subgraph_index), tensor.dtype)

    # Running.

    def invoke(self) -> None:
        """Run the model on the inputs that were set.

        Raises:
            RuntimeError: if the tensors are not allocated, or an operator fails.
        """
        self.invoke_subgraph(0)

    def invoke_subgraph(self, subgraph_index: int) -> None:
        """`invoke` of one subgraph."""
        if not self._ready[subgraph_index]:
            raise RuntimeError(
                "Invoke called on model that is not ready: call allocate_tensors() first."
            )
        graph = self._program.graphs[subgraph_index]
        inputs = [self._inputs[subgraph_index][number] for number in graph.inputs]
        keep: list[Any] | None = [] if self._preserve else None
        found = self._compiler.run(subgraph_index, inputs, keep)
        self._values[subgraph_index] = keep
        self._outputs[subgraph_index] = dict(zip(graph.outputs, found, strict=True))

    def reset_all_variables(self) -> None:
        """Set all variable tensors, the state of recurrent operators, to zero."""
        self._program.reset()

    # What the model is.

    def get_input_details(self) -> list[dict[str, Any]]:
        """What the inputs are.

        Returns:
            For each input a dict with `name`, `index`, `shape`, `shape_signature` (-1 where a
            dimension is open), `dtype`, `quantization` (scale and zero point, of tensors with
            one), `quantization_parameters` and `sparsity_parameters`.
        """
        return [self.details(number) for number in self._program.graphs[0].inputs]

    def get_output_details(self) -> list[dict[str, Any]]:
        """What the outputs are, as `get_input_details`."""
        return [self.details(number) for number in self._program.graphs[0].outputs]

    def get_tensor_details(self, subgraph_index: int = 0) -> list[dict[str, Any]]:
        """What all tensors of a subgraph are, as `get_input_details`.

        Raises:
            ValueError: if there is no such subgraph.
        """
        self._check_subgraph(subgraph_index)
        count = len(self._program.graphs[subgraph_index].tensors)
        return [self.details(number, subgraph_index) for number in range(count)]

    def details(self, tensor_index: int, subgraph_index: int = 0) -> dict[str, Any]:
        """The details of one tensor."""
        tensor = self._tensor(self._program.graphs[subgraph_index], tensor_index)
        return tensor_details(tensor, self._shape(tensor, subgraph_index))

    def _get_ops_details(self) -> list[dict[str, Any]]:
        # TensorFlow's own name, which tools call.
        return [
            operator_details(step.index, step.node, step.inputs, step.outputs)
            for step in self._program.graphs[0].steps
        ]

    def num_subgraphs(self) -> int:
        """How many subgraphs the model has."""
        return len(self._program.graphs)

    def _check_subgraph(self, index: int) -> None:
        if not 0 <= index < len(self._program.graphs):
            raise ValueError(
                f"subgraph_index is out of range: {index} for the model, which has "
                f"{len(self._program.graphs)} subgraphs."
            )

    def _tensor(self, graph: Graph, index: int) -> TensorInfo:
        if not 0 <= index < len(graph.tensors):
            raise ValueError(
                f"Invalid tensor index {index} exceeds max tensor index {len(graph.tensors) - 1}"
            )
        return graph.tensors[index]

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
        graph = self._program.graphs[subgraph_index]
        keep: list[Any] = [None] * len(graph.tensors)
        state = self._program.state
        self._program.state = state.copy()
        try:
            inputs = [np.zeros_like(self._inputs[subgraph_index][each]) for each in graph.inputs]
            self._program.run(subgraph_index, inputs, keep)
        except RuntimeError:
            pass  # invoke will say so
        finally:
            self._program.state = state
        self._values[subgraph_index] = keep
        return keep

    # Signatures.

    def _read_signatures(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for signature in self._program.model.signature_defs:
            index = signature.subgraph_index
            if index >= len(self._program.graphs):
                raise _bad_model(
                    self._program.invalid(
                        f"signature {signature.signature_key!r} is of subgraph {index}"
                    )
                )
            tensors = len(self._program.graphs[index].tensors)
            parts: dict[str, dict[str, int]] = {"inputs": {}, "outputs": {}}
            for part, given in (("inputs", signature.inputs), ("outputs", signature.outputs)):
                for each in given:
                    if each.tensor_index >= tensors:
                        raise _bad_model(
                            self._program.invalid(
                                f"signature {signature.signature_key!r} has tensor "
                                f"{each.tensor_index} of {tensors}"
                            )
                        )
                    parts[part][each.name] = each.tensor_index
            found[signature.signature_key] = {**parts, "subgraph": index}
        return found

    def get_signature_list(self) -> dict[str, dict[str, list[str]]]:
        """The signatures: by name, the names of their `inputs` and `outputs`."""
        return {
            key: {"inputs": sorted(each["inputs"]), "outputs": sorted(each["outputs"])}
            for key, each in self._signatures.items()
        }

    def get_signature_runner(self, signature_key: str | None = None) -> SignatureRunner:
        """A function that runs a signature: arrays by name to a dict of arrays.

        Args:
            signature_key: the signature's name; None for the only one.

        Raises:
            ValueError: if there is no such signature, or not just one for None.
        """
        if signature_key is None:
            if len(self._signatures) != 1:
                raise ValueError(
                    "SignatureDef signature_key is None and model has "
                    f"{len(self._signatures)} Signatures. None is only allowed when the model has "
                    "1 SignatureDef"
                )
            signature_key = next(iter(self._signatures))
        if signature_key not in self._signatures:
            raise ValueError(
                f'Invalid signature_key provided: "{signature_key}". The model has '
                f"{', '.join(map(repr, self._signatures)) or 'none'}."
            )
        return SignatureRunner(self, signature_key, self._signatures[signature_key])


@export("lite.experimental.load_delegate")
def load_delegate(library: str, options: dict[str, Any] | None = None) -> Any:
    """Refuse a delegate: a library of compiled code for TensorFlow Lite's own interpreter.

    Args:
        library: path of the delegate's library.
        options: options for it.

    Raises:
        ValueError: always, as TensorFlow's function does when a delegate cannot be loaded.
    """
    raise ValueError(
        f"The delegate {library!r} cannot be loaded: delegates are compiled for TensorFlow Lite's "
        "C++ interpreter, and this one runs models in NumPy and XLA. Leave experimental_delegates "
        "out; models that are used often are compiled by XLA of themselves."
    )


class DamagedModelError(errors.DataLossError, ValueError):
    """A damaged file, which TensorFlow's interpreter refuses with ValueError."""


class InvalidModelError(errors.InvalidArgumentError, ValueError):
    """A file that is no model or a model that cannot be; ValueError in TensorFlow's interpreter."""


def _bad_model(error: errors.OpError) -> errors.OpError:
    kind = DamagedModelError if isinstance(error, errors.DataLossError) else InvalidModelError
    return kind(None, None, error.message)


def _check_arguments(num_threads: Any, resolver: Any, delegates: Any) -> None:
    if not isinstance(resolver, OpResolverType):
        raise ValueError(f"Unrecognized passed in op resolver type: {resolver}")
    if num_threads is not None:
        if not isinstance(num_threads, int):
            raise ValueError("type of num_threads should be int")
        if num_threads < 1:
            raise ValueError("num_threads should >= 1")
    if delegates:
        raise ValueError(
            "experimental_delegates must be empty: delegates are compiled for TensorFlow Lite's "
            "C++ interpreter, and this one has none."
        )


def read_content(path: Any, content: Any) -> tuple[str, Any]:
    """The name and the bytes of a model, given by path or by content."""
    if path and content:
        raise ValueError("Can't both provide `model_path` and `model_content`")
    if content:
        return "the model", content
    if not path:
        raise ValueError("`model_path` or `model_content` must be specified.")
    path = os.fspath(path)
    try:
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                raise ValueError(f"Could not open '{path}': the file is empty.")
            return path, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise ValueError(f"Could not open '{path}': {error.strerror or error}.") from error


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
