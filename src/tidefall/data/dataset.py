"""`tf.data.Dataset`: a description of elements, iterated as often as one likes."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, TypeVar

from tidefall.base import dtypes
from tidefall.base.composite import CompositeTensor
from tidefall.base.errors import InvalidArgumentError, OpError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import state
from tidefall.composite.trackable.trackable import Trackable
from tidefall.data.engine.node import INFINITE, UNKNOWN, MadeBy, Node
from tidefall.data.engine.structure import Structure
from tidefall.data.options import Options, merge_options
from tidefall.graph.static_values import static_value
from tidefall.op.definition import OpDef
from tidefall.op.effects import KEEPS, MAKES, PURE, Effects, reads
from tidefall.op.inference import Inference
from tidefall.op.op import Op
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.table import op_def
from tidefall.op.traits import NO_EXTERNAL_STATE, Trait
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.tensor import EagerTensor, Tensor, TypedTensor, ndarray
from tidefall.tensor.type_spec import BatchableTypeSpec

Function = TypeVar("Function", bound=Callable[..., Any])
_INT64 = 1 << 63


def scalar(c: Inference) -> TensorShape:
    """Shape rule of ops whose output is one variant or resource."""
    return TensorShape([])


def dataset_effects(definition: OpDef) -> Effects:
    """What making a dataset does: it is a new object, and refers to functions and resources."""
    found = MAKES if definition.is_stateful else PURE
    if any(attr.kind in ("func", "list(func)") for attr in definition.attrs.values()):
        found |= KEEPS
    resources = [arg.name for arg in definition.inputs if arg.dtype == dtypes.resource]
    return found | reads(*resources)


def dataset_op(
    name: str,
    build: Callable[..., Node],
    definition: OpDef | None = None,
    traits: Collection[Trait] = (),
) -> Op:
    """Declare an op whose output is a dataset; its kernel makes the node of the pipeline.

    Args:
        name: TensorFlow's name of the op.
        build: the kernel. Nodes also get the attribute `output_shapes` of the op.
        definition: signature of an op that is not TensorFlow's.
        traits: what is true of it besides what is of all datasets.
    """

    def host(*inputs: Any, output_shapes: list[TensorShape] | None = None, **attrs: Any) -> Node:
        if added:
            kept = {name: value for name, value in attrs.items() if name not in added}
            node = build(*inputs, **kept)
        else:
            node = build(*inputs, **attrs)
        node.shapes = output_shapes
        node.made_by = MadeBy(declared, inputs, attrs, output_shapes)
        return node

    declared = op(
        name,
        definition=definition,
        shape=scalar,
        host=host,
        effects=dataset_effects(definition or op_def(name)),
        traits=(NO_EXTERNAL_STATE, *traits),
        gradient=NOT_DIFFERENTIABLE,
    )
    parameters = inspect.signature(build).parameters.values()
    wanted = {p.name for p in parameters if p.kind is p.KEYWORD_ONLY}
    known = declared.definition
    # What describes the elements is kept with the node, so that its graph can be written.
    added = {"output_types"} & (known.attrs.keys() - known.inferred - wanted)
    shapes = {"output_shapes"} & known.attrs.keys()
    declared.host_attrs = tuple(sorted(wanted | added | shapes))
    return declared


def variant_of(declared: Op, *inputs: Any, **attrs: Any) -> Any:
    """The variant tensor that a dataset op returns.

    A program makes a pipeline for every call of `Model.predict`. Eagerly the kernel is called at
    once, if its inputs are datasets, tensors and Python ints; whatever it refuses is left to the
    op, which tells what is wrong.

    Args:
        declared: the op.
        *inputs: its inputs, tensors and Python ints.
        **attrs: its attributes.
    """
    host = declared.host
    if state.needs_dispatch or host is None:
        return declared(*inputs, **attrs)
    try:
        values = [_raw(value) for value in inputs]
        defaults = declared.definition.defaults
        wanted = {k: attrs[k] if k in attrs else defaults[k] for k in declared.host_attrs}
        return TypedTensor(host(*values, **wanted), dtypes.variant)
    except (TypeError, ValueError, KeyError, OpError):
        return declared(*inputs, **attrs)


def _raw(value: Any) -> Any:
    """What a kernel takes for an input: TypeError if the op has to convert it."""
    kind = type(value)
    if kind is list:
        return [_raw(item) for item in value]
    if kind is TypedTensor or (kind is EagerTensor and type(value.storage) is ndarray):
        return value.storage
    if kind is int and -_INT64 <= value < _INT64:
        return value
    raise TypeError(kind)


def transformation(name: str) -> Callable[[Function], Function]:
    """Make a function a method of Dataset; its first parameter is the dataset."""

    def attach(function: Function) -> Function:
        setattr(DatasetV2, name, function)
        return function

    return attach


def source(name: str) -> Callable[[Function], Function]:
    """Make a function a static method of Dataset."""

    def attach(function: Function) -> Function:
        setattr(DatasetV2, name, staticmethod(function))
        return function

    return attach


def new_dataset(
    variant: Any,
    spec: Any,
    inputs: Sequence[DatasetV2] = (),
    kind: str | None = None,
    options: Options | None = None,
) -> DatasetV2:
    """The dataset behind a variant tensor that a dataset op returned.

    Args:
        variant: the tensor.
        spec: the element spec, or the structure of that spec.
        inputs: the datasets it is made of; it takes over their options.
        kind: the name `repr` shows.
        options: what is set on it, besides what its inputs have.
    """
    dataset = DatasetV2.__new__(DatasetV2)
    if isinstance(spec, Structure):
        dataset._known_structure = spec
        spec = spec.spec
    dataset._set(variant, spec, inputs, kind)
    dataset._own_options = options
    return dataset


def structure_of(dataset: DatasetV2) -> Structure:
    """The structure of a dataset's elements."""
    return dataset._structure


def static_int(value: Any) -> int | None:
    """The value of an integer argument, if it is known now."""
    if isinstance(value, Tensor):
        found = static_value(value) if value.is_symbolic else value.host_array()  # type: ignore[attr-defined]
        return None if found is None else int(found)
    return int(value)


def node_of(value: Any) -> Node:
    """The node in a variant's value.

    Raises:
        InvalidArgumentError: if the variant holds something else.
    """
    if isinstance(value, Node):
        return value
    raise InvalidArgumentError(
        None, None, f"Expected a dataset in a variant input. Received: {value!r}"
    )


class _DatasetType:
    """Marks datasets for Keras and others, who tell them by the name and module of a base class."""


_DatasetType.__name__ = _DatasetType.__qualname__ = "DatasetV2"
_DatasetType.__module__ = "tensorflow.python.data.ops.dataset_ops"


@export("data.Dataset")
class DatasetV2(Iterable[Any], Trackable, CompositeTensor, _DatasetType):
    """A sequence of elements, each a structure of tensors, that is made while it is iterated.

    Datasets are made by sources (`from_tensor_slices`, `range`, ...) and from other datasets by
    transformations (`map`, `batch`, ...). Nothing is computed before iteration.

    Args:
        variant_tensor: the tensor that represents the dataset in graphs.

    >>> import tidefall as tf
    >>> dataset = tf.data.Dataset.range(5).map(lambda x: x * x).batch(3)
    >>> [batch.numpy().tolist() for batch in dataset]
    [[0, 1, 4], [9, 16]]
    """

    _iterates_in_graphs = True
    """`for` over it in a function that AutoGraph converts is a loop of the graph."""

    _spec: Any = None
    _known_structure: Structure | None = None
    _all_options: Options | None = None

    def __init__(self, variant_tensor: Any):
        self._set(variant_tensor, self._spec, (), None)

    def _set(self, variant: Any, spec: Any, inputs: Sequence[DatasetV2], kind: str | None) -> None:
        self._variant_tensor_attr = variant
        self._spec = spec
        self._input_datasets = list(inputs)
        self._kind = kind
        self._own_options: Options | None = None

    @property
    def _options_attr(self) -> Options:
        found = self._all_options
        if found is None:
            parts = [d._options_attr for d in self._input_datasets]
            if self._own_options is not None:
                parts.append(self._own_options)
            found = self._all_options = merge_options(parts)
        return found

    @property
    def _variant_tensor(self) -> Any:
        return self._variant_tensor_attr

    @property
    def element_spec(self) -> Any:
        """The type spec of an element: a structure of `tf.TypeSpec`."""
        return self._spec

    @property
    def _structure(self) -> Structure:
        found = self._known_structure
        if found is None or found.spec is not self.element_spec:
            found = self._known_structure = Structure(self.element_spec)
        return found

    @property
    def _flat_structure(self) -> dict[str, Any]:
        return self._structure.attrs

    @property
    def _type_spec(self) -> DatasetSpec:
        structure = self._structure
        found = structure.__dict__.get("dataset_spec")
        if found is None:
            found = structure.__dict__["dataset_spec"] = DatasetSpec(structure.spec)
        return found

    def _inputs(self) -> list[DatasetV2]:
        return list(self._input_datasets)

    @property
    def _node(self) -> Node:
        """The pipeline behind an eager dataset."""
        variant = self._variant_tensor
        if not isinstance(variant, TypedTensor):
            raise TypeError(
                f"{self!r} belongs to a function that was traced and cannot be iterated outside of "
                "it. Return its elements from the function, or make the dataset outside."
            )
        return node_of(variant.storage)

    def options(self) -> Options:
        """The options of this dataset and its inputs."""
        return self._options_attr

    def apply(self, transformation_func: Callable[[Any], Any]) -> DatasetV2:
        """What a function makes of this dataset.

        Args:
            transformation_func: takes a dataset and returns one.

        Raises:
            TypeError: if it returns something else.

        >>> import tidefall as tf
        >>> list(tf.data.Dataset.range(9).apply(lambda d: d.take(2)).as_numpy_iterator())
        [np.int64(0), np.int64(1)]
        """
        dataset = transformation_func(self)
        if not isinstance(dataset, DatasetV2):
            raise TypeError(
                "`transformation_func` must return a `tf.data.Dataset` object. Got "
                f"{type(dataset)}."
            )
        return dataset

    def __iter__(self) -> Any:
        from tidefall.data.engine.iterator import OwnedIterator

        graph = state.graph
        if graph is not None and not graph.building_function:
            raise RuntimeError(
                "`tf.data.Dataset` only supports Python-style iteration in eager mode or within "
                "tf.function."
            )
        return OwnedIterator(self)

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        """The number of elements; TypeError if it is infinite or unknown."""
        if state.graph is not None:
            raise TypeError(
                "`tf.data.Dataset` only supports `len` in eager mode. Use "
                "`tf.data.Dataset.cardinality()` instead."
            )
        count = self._node.cardinality()
        if count == INFINITE:
            raise TypeError("The dataset is infinite.")
        if count == UNKNOWN:
            raise TypeError("The dataset length is unknown.")
        return count

    def __repr__(self) -> str:
        return f"<{self._shown_name()} element_spec={self.element_spec}>"

    __str__ = __repr__

    def _shown_name(self) -> str:
        if type(self) is not DatasetV2:
            return type(self).__name__
        if self._kind is not None:
            return self._kind
        variant = self._variant_tensor
        if isinstance(variant, EagerTensor) or variant is None:
            return "_VariantDataset"
        return f"_{variant.op.type}"


def shown_name(op: Op, prefix: str = "_") -> str:
    """What `repr` calls a dataset: the op's name without its version."""
    return prefix + re.sub(r"V\d+$", "", op.name)


def kind_of(dataset: DatasetV2) -> str | None:
    """What TensorFlow calls the class of a dataset: `_RangeDataset`; None if it has no name."""
    return dataset._kind


@export("data.DatasetSpec")
class DatasetSpec(BatchableTypeSpec):
    """The type of a dataset.

    Args:
        element_spec: the element spec of the dataset.
        dataset_shape: the shape of the variant tensor; () for one dataset.

    >>> import tidefall as tf
    >>> numbers = tf.data.DatasetSpec(tf.TensorSpec([], tf.int64))
    >>> @tf.function(input_signature=[numbers])
    ... def total(dataset):
    ...     return dataset.reduce(tf.constant(0, tf.int64), lambda state, x: state + x)
    >>> int(total(tf.data.Dataset.range(5)))
    10
    """

    __slots__ = ("_dataset_shape", "_element_spec")

    def __init__(self, element_spec: Any, dataset_shape: Any = ()):
        self._element_spec = element_spec
        self._dataset_shape = TensorShape(dataset_shape)

    @property
    def element_spec(self) -> Any:
        """The element spec of the dataset."""
        return self._element_spec

    @property
    def value_type(self) -> type[DatasetV2]:
        """`tf.data.Dataset`."""
        return DatasetV2

    @staticmethod
    def from_value(value: DatasetV2) -> DatasetSpec:
        """The spec of a dataset."""
        return DatasetSpec(value.element_spec)

    def _serialize(self) -> tuple[Any, ...]:
        return (self._element_spec, self._dataset_shape)

    @property
    def _component_specs(self) -> TensorSpec:
        return TensorSpec(self._dataset_shape, dtypes.variant)

    def _to_components(self, value: DatasetV2) -> Any:
        return value._variant_tensor

    def _from_components(self, components: Any) -> Any:
        if self._dataset_shape.rank == 0:
            return new_dataset(components, self._element_spec, kind="_VariantDataset")
        return _NestedVariant(components, self._element_spec, self._dataset_shape)

    def _to_tensor_list(self, value: DatasetV2) -> list[Any]:
        return [value._variant_tensor]

    def _batch(self, batch_size: int | None) -> DatasetSpec:
        shape = TensorShape([batch_size]).concatenate(self._dataset_shape)
        return DatasetSpec(self._element_spec, shape)

    def _unbatch(self) -> DatasetSpec:
        if self._dataset_shape.rank == 0:
            raise ValueError("Slicing dataset elements is not supported for rank 0.")
        return DatasetSpec(self._element_spec, self._dataset_shape[1:])


class _NestedVariant(CompositeTensor):
    """Several datasets in one tensor: what batching datasets gives."""

    def __init__(self, variant: Any, element_spec: Any, shape: TensorShape):
        self._variant_tensor = variant
        self._element_spec = element_spec
        self._shape = shape

    @property
    def _type_spec(self) -> DatasetSpec:
        return DatasetSpec(self._element_spec, self._shape)
