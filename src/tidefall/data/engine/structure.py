"""Elements as users see them, nested, and as the pipeline carries them, flat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tidefall.base import data_nest, dtypes
from tidefall.base.composite import CompositeTensor
from tidefall.base.dtypes import DType
from tidefall.base.shapes import TensorShape
from tidefall.composite.sparse_tensor import SparseTensorValue, sparse_of_value
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.specs import NoneTensorSpec, TensorSpec
from tidefall.tensor.tensor import EagerTensor, TypedTensor
from tidefall.tensor.type_spec import TypeSpec


class Structure:
    """How elements of one spec are taken apart into flat values and put together again.

    Args:
        spec: a nested structure of type specs.

    Attributes:
        flat_specs: the specs of the flat components.
    """

    def __init__(self, spec: Any):
        self.spec = spec
        self.leaves: list[TypeSpec] = data_nest.flatten(spec)
        self.flat_specs: list[TensorSpec] = [
            flat for leaf in self.leaves for flat in leaf._flat_tensor_specs
        ]
        self.pack: Callable[[Sequence[Any]], Any] = self._packer()

    @property
    def dtypes(self) -> list[DType]:
        """The dtypes of the flat components: the attribute `output_types` of dataset ops."""
        return [spec.dtype for spec in self.flat_specs]

    @property
    def shapes(self) -> list[TensorShape]:
        """The shapes of the flat components: the attribute `output_shapes` of dataset ops."""
        return [spec.shape for spec in self.flat_specs]

    @property
    def attrs(self) -> dict[str, Any]:
        """Both attributes, as most dataset ops call them."""
        return {"output_types": self.dtypes, "output_shapes": self.shapes}

    def to_tensors(self, element: Any) -> list[Any]:
        """The flat tensors of an element of this spec.

        Raises:
            ValueError, TypeError: if the element has another structure.
        """
        data_nest.assert_same_structure(self.spec, element)
        leaves = data_nest.flatten(element)
        return [
            tensor
            for spec, leaf in zip(self.leaves, leaves, strict=True)
            for tensor in spec._to_tensor_list(leaf)
        ]

    def from_tensors(self, tensors: Sequence[Any]) -> Any:
        """The element made of flat tensors, eager or symbolic."""
        items, start = [], 0
        for leaf in self.leaves:
            end = start + len(leaf._flat_tensor_specs)
            items.append(leaf._from_compatible_tensor_list(tensors[start:end]))
            start = end
        return data_nest.pack_sequence_as(self.spec, items)

    def _packer(self) -> Callable[[Sequence[Any]], Any]:
        """A function from flat raw values to the element, as short as the spec allows."""
        spec = self.spec
        if not all(_is_plain(leaf) for leaf in self.leaves):
            flat_types = self.dtypes
            return lambda values: self.from_tensors(
                [to_tensor(v, t) for v, t in zip(values, flat_types, strict=True)]
            )
        if _is_plain(spec):
            return lambda values: EagerTensor(values[0])
        if type(spec) is tuple and all(_is_plain(item) for item in spec):
            return lambda values: tuple([EagerTensor(value) for value in values])
        if type(spec) is dict and all(_is_plain(item) for item in spec.values()):
            ordered = sorted(spec)
            if ordered == list(spec):
                return lambda values: dict(zip(ordered, map(EagerTensor, values), strict=True))
        return lambda values: data_nest.pack_sequence_as(spec, [EagerTensor(v) for v in values])


_OBJECTS = frozenset({dtypes.resource, dtypes.variant})


def _is_plain(spec: Any) -> bool:
    """Whether values of a spec are eager tensors around a NumPy array."""
    return type(spec) is TensorSpec and spec.dtype not in _OBJECTS and not spec.dtype.is_quantized


def to_tensor(value: Any, dtype: DType) -> EagerTensor:
    """The eager tensor around a raw value."""
    if dtype in _OBJECTS or dtype.is_quantized:
        return TypedTensor(value, dtype)
    return EagerTensor(value)


def normalize(element: Any) -> tuple[Structure, list[Any]]:
    """The structure and the flat tensors of an element a user gave.

    Lists, numbers, strings and arrays become tensors; datasets, optionals, ragged tensors and the
    like stay what they are.
    """
    structure, leaves = as_leaves(element)
    pairs = zip(structure.leaves, leaves, strict=True)
    return structure, [tensor for spec, leaf in pairs for tensor in spec._to_tensor_list(leaf)]


def as_leaves(element: Any) -> tuple[Structure, list[Any]]:
    """The structure of an element a user gave, and its leaves as tensors."""
    element = _with_sparse_tensors(element)
    leaves = [_as_leaf(leaf) for leaf in data_nest.flatten(element)]
    specs = [_spec_of(leaf) for leaf in leaves]
    return Structure(data_nest.pack_sequence_as(element, specs)), leaves


def _with_sparse_tensors(element: Any) -> Any:
    """The element with a sparse tensor for each value of one, which is a tuple of arrays."""
    if isinstance(element, SparseTensorValue):
        return sparse_of_value(element)
    if type(element) is tuple:
        return tuple(map(_with_sparse_tensors, element))
    if type(element) is dict:
        return {key: _with_sparse_tensors(value) for key, value in element.items()}
    return element


def _as_leaf(leaf: Any) -> Any:
    if leaf is None or isinstance(leaf, CompositeTensor):
        return leaf
    return convert_to_tensor(leaf)


def _spec_of(leaf: Any) -> TypeSpec:
    if leaf is None:
        return NoneTensorSpec()
    if isinstance(leaf, CompositeTensor):
        return leaf._type_spec
    return TensorSpec(leaf.shape, leaf.dtype)


def map_specs(function: Callable[[Any], Any], spec: Any) -> Any:
    """Apply a function to every type spec of an element spec."""
    return data_nest.map_structure(function, spec)


def batched(spec: Any, size: int | None) -> Any:
    """The spec of a batch of elements.

    Raises:
        TypeError: for a type that has no batches.
    """
    return map_specs(lambda leaf: _batchable(leaf)._batch(size), spec)


def unbatched(spec: Any) -> Any:
    """The spec of the rows of an element."""
    return map_specs(lambda leaf: _batchable(leaf)._unbatch(), spec)


def _batchable(spec: Any) -> Any:
    if hasattr(spec, "_batch"):
        return spec
    raise TypeError(
        f"Values of type {spec!r} can be neither batched nor cut into rows. An extension type "
        "can if it derives from tf.experimental.BatchableExtensionType."
    )


def rows_of(structure: Structure, leaves: Sequence[Any]) -> list[Any]:
    """The flat tensors of an element, each with a first dimension along which it can be cut."""
    return [
        tensor
        for spec, leaf in zip(structure.leaves, leaves, strict=True)
        for tensor in _batchable(spec)._to_batched_tensor_list(leaf)
    ]


def argument_leaves(structure: Structure, arguments: Sequence[Any]) -> list[Any]:
    """The leaves of an element that a mapped function got: a tuple as several arguments."""
    spec = structure.spec
    if not isinstance(spec, tuple):
        return data_nest.flatten_up_to(spec, arguments[0])
    pairs = zip(spec, arguments, strict=True)
    return [leaf for inner, part in pairs for leaf in data_nest.flatten_up_to(inner, part)]


def is_dense(spec: Any) -> bool:
    """Whether every leaf of an element's spec is carried as what it is made of."""
    return all(
        isinstance(leaf, TensorSpec | NoneTensorSpec)
        or leaf._flat_tensor_specs == [leaf._component_specs]
        for leaf in data_nest.flatten(spec)
    )


def check_spec(spec: Any, argument: str) -> None:
    """TypeError unless every leaf of a structure is a type spec."""
    for leaf in data_nest.flatten(spec):
        if not isinstance(leaf, TypeSpec):
            raise TypeError(
                f"`{argument}` must contain objects that are subclass of `tf.TypeSpec` but found "
                f"{type(leaf)} which is not."
            )
