"""`Dataset.from_generator`: what a Python generator yields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

import numpy as np

from tidefall.base import data_nest
from tidefall.base.dtypes import as_dtype
from tidefall.base.errors import OpError, OutOfRangeError
from tidefall.base.run_state import running_with
from tidefall.base.shapes import TensorShape
from tidefall.data.dataset import DatasetV2, dataset_op, new_dataset, source
from tidefall.data.engine.elements import Element, State
from tidefall.data.engine.functions import Runner, described, python_error
from tidefall.data.engine.iterators import ElementIterator
from tidefall.data.engine.node import Node
from tidefall.data.engine.stages import ONE_BY_ONE, Stage
from tidefall.data.engine.structure import Structure, check_spec
from tidefall.data.sources.graph_generator import GraphGeneratorNode
from tidefall.op import raw
from tidefall.runtime.graph_function import GraphFunction
from tidefall.tensor.conversion import convert_to_tensor, to_numpy
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.tensor import EagerTensor, TypedTensor


class PythonFunction:
    """A Python callable where graphs have a function: it cannot leave the process.

    Args:
        function: the callable.
        structure: the structure of the elements it makes.
    """

    def __init__(self, function: Callable[..., Any], structure: Structure):
        self.function = function
        self.structure = structure
        self.name = getattr(function, "__qualname__", type(function).__name__)

    def __repr__(self) -> str:
        return f"<Python function {self.name}, which exists in this process only>"


class GeneratorNode(Node):
    """What `function(*arguments)` yields, from the beginning for each iterator."""

    title = "from_generator"
    replayed = raw.PyFunc

    def __init__(self, function: PythonFunction, arguments: Sequence[Any]):
        self.function = function
        self.arguments = list(arguments)

    def describe(self, asked: str) -> Stage:
        return Stage(ONE_BY_ONE, arguments={"": described(self.function.function, short=True)})

    def advice(self) -> str:
        return (
            "leave to `map` what the generator does for each element, or let several generators "
            "take turns with `interleave`."
        )

    def make_iterator(self) -> ElementIterator:
        return _Generated(self.function, self.arguments)


class _Generated(ElementIterator):
    __slots__ = ("_arguments", "_convert", "_function", "_taken", "_yields")

    def __init__(self, function: PythonFunction, arguments: list[Any]):
        self._function = function
        self._arguments = arguments
        self._convert = _Converter(function.structure)
        self._yields: Any = None
        self._taken = 0

    def __next__(self) -> Element:
        try:
            with running_with(None):
                value = next(self._begun())
            self._taken += 1
        except StopIteration:
            raise
        except Exception as error:
            raise self._explained(error, self._taken) from error
        try:
            return self._convert(value)
        except Exception as error:
            raise self._explained(error, self._taken - 1) from error

    def _begun(self) -> Any:
        if self._yields is None:
            arguments = [_argument(value) for value in self._arguments]
            self._yields = iter(self._function.function(*arguments))
        return self._yields

    def save(self) -> State:
        return self._taken

    def restore(self, state: State) -> None:
        # Python generators cannot be saved: a new one is run up to the same place.
        self._yields = None
        self._taken = sum(1 for _ in islice(self._begun(), state)) if state else 0

    def saves_position(self) -> bool:
        return True

    def _explained(self, error: Exception, index: int) -> OpError:
        name = described(self._function.function)
        where = f"\n\t in Dataset.from_generator({name}), element {index}"
        if isinstance(error, OpError) and not isinstance(error, OutOfRangeError):
            return error.restated(f"{error.message}{where}")
        found = python_error(error)
        return found.restated(f"{found.message}{where}")


def _argument(value: Any) -> Any:
    return value[()] if isinstance(value, np.ndarray) and not value.ndim else value


class _Converter:
    """Turns what a generator yields into flat raw values."""

    __slots__ = ("_leaves", "_plain", "_structure")

    def __init__(self, structure: Structure):
        self._structure = structure
        self._leaves = structure.leaves
        self._plain = all(type(leaf) is TensorSpec for leaf in structure.leaves)

    def __call__(self, value: Any) -> Element:
        leaves = self._flatten(value)
        if self._plain:
            return [
                _array(leaf, spec)  # type: ignore[arg-type]
                for leaf, spec in zip(leaves, self._leaves, strict=True)
            ]
        element: list[Any] = []
        for leaf, spec in zip(leaves, self._leaves, strict=True):
            if type(spec) is TensorSpec:
                element.append(_array(leaf, spec))
                continue
            if not spec.is_compatible_with(leaf):
                raise TypeError(
                    f"`generator` yielded an element of {leaf!r} where an element of {spec} was "
                    "expected."
                )
            element += [
                t.storage if isinstance(t, TypedTensor) else t.host_array()
                for t in spec._to_tensor_list(leaf)
            ]
        return element

    def _flatten(self, value: Any) -> list[Any]:
        try:
            return data_nest.flatten_up_to(self._structure.spec, value)
        except (TypeError, ValueError) as error:
            raise TypeError(
                "`generator` yielded an element that did not match the expected structure. The "
                f"expected structure was {self._structure.spec}, but the yielded element was "
                f"{value}."
            ) from error


def _array(value: Any, spec: TensorSpec) -> np.ndarray:
    """A yielded value as an array of its own, of the dtype and shape it was announced with."""
    try:
        if not isinstance(value, EagerTensor):
            array = to_numpy(value, spec.dtype)
        elif value.dtype == spec.dtype:
            array = value.host_array()
        else:
            raise TypeError(f"It is a tensor of dtype {value.dtype.name}.")
    except (TypeError, ValueError) as error:
        raise TypeError(
            "`generator` yielded an element that could not be converted to the expected type. The "
            f"expected type was {spec.dtype.name}, but the yielded element was {value}."
        ) from error
    if not spec.shape.is_compatible_with(array.shape):
        raise TypeError(
            f"`generator` yielded an element of shape {array.shape} where an element of shape "
            f"{spec.shape} was expected."
        )
    return array


def _build(
    init_args: Sequence[Any],
    next_args: Sequence[Any],
    finalize_args: Sequence[Any],
    *,
    init_func: PythonFunction | GraphFunction,
    next_func: PythonFunction | GraphFunction,
    finalize_func: PythonFunction | GraphFunction,
) -> Node:
    if isinstance(next_func, PythonFunction):
        return GeneratorNode(next_func, init_args)
    assert isinstance(init_func, GraphFunction)
    assert isinstance(finalize_func, GraphFunction)
    return GraphGeneratorNode(
        Runner(init_func, init_args),
        Runner(next_func, next_args),
        Runner(finalize_func, finalize_args),
    )


generator_dataset_op = dataset_op("GeneratorDataset", _build)


@source("from_generator")
def from_generator(
    generator: Callable[..., Any],
    output_types: Any = None,
    output_shapes: Any = None,
    args: Any = None,
    output_signature: Any = None,
    name: str | None = None,
) -> DatasetV2:
    """A dataset of what a Python generator yields.

    The generator runs in this process, in the thread that asks for elements; the dataset cannot
    be saved. What it yields is copied, so it may yield the same array again and again.

    Args:
        generator: called for each iteration; returns something iterable.
        output_types: structure of the dtypes of an element; old form of `output_signature`.
        output_shapes: structure of their shapes; unknown by default.
        args: tensors that are given to `generator` as arrays.
        output_signature: structure of the type specs of an element.
        name: accepted for TensorFlow's sake.

    Raises:
        TypeError: `generator` cannot be called; the specs are missing or of the wrong kind.
        tf.errors.InvalidArgumentError: while iterating, it yields something else, or raises
            TypeError or ValueError.

    >>> import tidefall as tf
    >>> def squares():
    ...     for i in range(3):
    ...         yield i * i
    >>> spec = tf.TensorSpec(shape=(), dtype=tf.int32)
    >>> dataset = tf.data.Dataset.from_generator(squares, output_signature=spec)
    >>> list(dataset.as_numpy_iterator())
    [np.int32(0), np.int32(1), np.int32(4)]
    """
    if not callable(generator):
        raise TypeError("`generator` must be a Python callable.")
    structure = Structure(_signature(output_types, output_shapes, output_signature))
    arguments = [convert_to_tensor(value) for value in data_nest.flatten(tuple(args or ()))]
    function = PythonFunction(generator, structure)
    variant = generator_dataset_op(
        arguments,
        [],
        [],
        init_func=function,
        next_func=function,
        finalize_func=function,
        **structure.attrs,
    )
    return new_dataset(variant, structure.spec, kind="_FlatMapDataset")


def _signature(output_types: Any, output_shapes: Any, output_signature: Any) -> Any:
    """The element spec, from either way of giving it."""
    if output_signature is not None:
        for other, argument in ((output_types, "types"), (output_shapes, "shapes")):
            if other is not None:
                raise TypeError(
                    f"The `output_{argument}` argument can not be used together with the "
                    "`output_signature` argument."
                )
        check_spec(output_signature, "output_signature")
        return output_signature
    if output_types is None:
        raise TypeError(
            "To specify the output signature you need to provide either the `output_signature` "
            "argument or the `output_types` argument."
        )
    if output_shapes is None:
        return data_nest.map_structure(lambda t: TensorSpec(None, as_dtype(t)), output_types)
    return data_nest.map_structure_up_to(
        output_types,
        lambda dtype, shape: TensorSpec(TensorShape(shape), as_dtype(dtype)),
        output_types,
        output_shapes,
    )
