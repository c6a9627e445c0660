"""`tf.lite.Interpreter`: runs `.tflite` files."""

from __future__ import annotations

import enum
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidefall.base.exports import export
from tidefall.lite.interpreter.details import operator_details
from tidefall.lite.interpreter.engine import Engine
from tidefall.lite.interpreter.files import read_content
from tidefall.lite.interpreter.signature_runner import SignatureRunner


@export("lite.experimental.OpResolverType")
class OpResolverType(enum.Enum):
    """Which kernels run a model.

    All give the same integers, those of TensorFlow Lite's reference kernels. BUILTIN_REF also runs
    floats one operator after another in NumPy; the others compile models that are used often.

    >>> import tidefall as tf
    >>> tf.lite.experimental.OpResolverType.BUILTIN_REF.value
    2
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
        num_threads: how many threads convolutions may use, at least 1; as many as there are
            processors if it is not said. NumPy's products and XLA have settings of their own
            (OMP_NUM_THREADS, OPENBLAS_NUM_THREADS).
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
    >>> interpreter.get_tensor(1).round(3)
    array([1.   , 2.718], dtype=float32)
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
        self._engine = Engine(
            *read_content(model_path, model_content),
            compile_often_used=experimental_op_resolver_type is not OpResolverType.BUILTIN_REF,
            preserve_all_tensors=experimental_preserve_all_tensors,
            threads=num_threads or 0,
        )

    # Shapes and memory.

    def allocate_tensors(self) -> None:
        """Make the inputs ready to be set. To be called once, and after each resizing."""
        self._engine.allocate(0)

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
        self._engine.resize(0, input_index, tensor_size, strict)

    # Values.

    def set_tensor(self, tensor_index: int, value: Any) -> None:
        """Copy a value into an input.

        Args:
            tensor_index: the input's number, `index` of its details.
            value: an array of the input's dtype and shape; strings as `bytes` or `str`.

        Raises:
            ValueError: if there is no such tensor, or dtype or shape are others.
        """
        self._engine.set(0, tensor_index, value)

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
        return np.array(self._engine.current(subgraph_index, tensor_index))

    def tensor(self, tensor_index: int) -> Callable[[], NDArray[Any]]:
        """A function that gives the present value of an input or output without a copy."""
        self._engine.info(0, tensor_index)
        return lambda: self._engine.current(0, tensor_index)

    # Running.

    def invoke(self) -> None:
        """Run the model on the inputs that were set.

        Raises:
            RuntimeError: if the tensors are not allocated, or an operator fails.
        """
        self._engine.invoke(0)

    def reset_all_variables(self) -> None:
        """Set all variable tensors, the state of recurrent operators, to zero."""
        self._engine.program.reset()

    # What the model is.

    def get_input_details(self) -> list[dict[str, Any]]:
        """What the inputs are.

        Returns:
            For each input a dict with `name`, `index`, `shape`, `shape_signature` (-1 where a
            dimension is open), `dtype`, `quantization` (scale and zero point, of tensors with
            one), `quantization_parameters` and `sparsity_parameters`.
        """
        return self._engine.details_of(0, self._engine.graph(0).inputs)

    def get_output_details(self) -> list[dict[str, Any]]:
        """What the outputs are, as `get_input_details`."""
        return self._engine.details_of(0, self._engine.graph(0).outputs)

    def get_tensor_details(self, subgraph_index: int = 0) -> list[dict[str, Any]]:
        """What all tensors of a subgraph are, as `get_input_details`.

        Raises:
            ValueError: if there is no such subgraph.
        """
        count = len(self._engine.graph(subgraph_index).tensors)
        return self._engine.details_of(subgraph_index, range(count))

    def _get_ops_details(self) -> list[dict[str, Any]]:
        # TensorFlow's own name, which tools call.
        return [
            operator_details(step.index, step.node, step.inputs, step.outputs)
            for step in self._engine.graph(0).steps
        ]

    def num_subgraphs(self) -> int:
        """How many subgraphs the model has."""
        return len(self._engine.program.graphs)

    # Signatures.

    def get_signature_list(self) -> dict[str, dict[str, list[str]]]:
        """The signatures: by name, the names of their `inputs` and `outputs`."""
        return {
            key: {"inputs": sorted(each["inputs"]), "outputs": sorted(each["outputs"])}
            for key, each in self._engine.signatures.items()
        }

    def get_signature_runner(self, signature_key: str | None = None) -> SignatureRunner:
        """A function that runs a signature: arrays by name to a dict of arrays.

        Args:
            signature_key: the signature's name; None for the only one.

        Raises:
            ValueError: if there is no such signature, or not just one for None.
        """
        signatures = self._engine.signatures
        if signature_key is None:
            if len(signatures) != 1:
                raise ValueError(
                    "SignatureDef signature_key is None and model has "
                    f"{len(signatures)} Signatures. None is only allowed when the model has "
                    "1 SignatureDef"
                )
            signature_key = next(iter(signatures))
        if signature_key not in signatures:
            raise ValueError(
                f'Invalid signature_key provided: "{signature_key}". The model has '
                f"{', '.join(map(repr, signatures)) or 'none'}."
            )
        return SignatureRunner(self._engine, signature_key)


@export("lite.experimental.load_delegate")
def load_delegate(library: str, options: dict[str, Any] | None = None) -> Any:
    """Refuse a delegate: a library of compiled code for TensorFlow Lite's own interpreter.

    Args:
        library: path of the delegate's library.
        options: options for it.

    Raises:
        ValueError: always, as TensorFlow's function does when a delegate cannot be loaded.

    >>> import tidefall as tf
    >>> try:
    ...     tf.lite.experimental.load_delegate("libedgetpu.so.1")
    ... except ValueError as error:
    ...     print(str(error)[:48])
    The delegate 'libedgetpu.so.1' cannot be loaded:
    """
    raise ValueError(
        f"The delegate {library!r} cannot be loaded: delegates are compiled for TensorFlow Lite's "
        "C++ interpreter, and this one runs models in NumPy and XLA. Leave experimental_delegates "
        "out; models that are used often are compiled by XLA of themselves."
    )


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
