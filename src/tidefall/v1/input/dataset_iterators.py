"""Iterators over datasets in graphs that sessions run."""

from __future__ import annotations

import itertools
from typing import Any

from tidefall.base import data_nest, dtypes
from tidefall.base.dtypes import as_dtype
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope, state
from tidefall.data.dataset import DatasetV2
from tidefall.data.engine.iterator import (
    OwnedIterator,
    get_next_as_optional_op,
    get_next_op,
    iterator_op,
    make_iterator_op,
)
from tidefall.data.engine.iterator_handles import (
    from_string_handle_op,
    one_shot_iterator_op,
    to_string_handle_op,
)
from tidefall.data.engine.structure import Structure
from tidefall.data.optional import Optional, new_optional
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.passes.copying import copy_node
from tidefall.op import raw
from tidefall.runtime.graph_function import GraphFunction
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.specs import TensorSpec

_numbers = itertools.count()
_OF_THE_SESSION = frozenset((raw.VarHandleOp, raw.Variable, raw.VariableV2, raw.ReadVariableOp))


@export("compat.v1.data.Iterator")
class Iterator:
    """An iterator in a graph, which a session starts and takes elements from.

    It comes from `make_initializable_iterator`, `make_one_shot_iterator`, `from_structure` or
    `from_string_handle`.

    Args:
        iterator_resource: the tensor of the iterator.
        initializer: the node that starts it; None if there is none.
        output_types: structure of the dtypes of an element.
        output_shapes: structure of the shapes of an element.
        output_classes: structure of the classes of an element's components.
    """

    def __init__(
        self,
        iterator_resource: Any,
        initializer: Any,
        output_types: Any,
        output_shapes: Any,
        output_classes: Any,
    ):
        self._set(iterator_resource, initializer, _spec(output_types, output_shapes))

    def _set(self, resource: Any, initializer: Any, spec: Any) -> None:
        self._iterator_resource = resource
        self._initializer = initializer
        self._structure = Structure(spec)

    @classmethod
    def _of(cls, resource: Any, initializer: Any, spec: Any) -> Iterator:
        iterator = cls.__new__(cls)
        iterator._set(resource, initializer, spec)
        return iterator

    @staticmethod
    def from_structure(
        output_types: Any,
        output_shapes: Any = None,
        shared_name: str | None = None,
        output_classes: Any = None,
    ) -> Iterator:
        """An iterator that can be started on any dataset with elements of a structure.

        Args:
            output_types: structure of the dtypes of an element.
            output_shapes: structure of the shapes of an element; unknown by default.
            shared_name: a name under which the iterator is shared.
            output_classes: structure of the classes of an element's components: tensors.

        Raises:
            TypeError: dtypes and shapes have another structure.
        """
        spec = _spec(output_types, output_shapes)
        return Iterator._of(_new_resource(Structure(spec), shared_name), None, spec)

    @staticmethod
    def from_string_handle(
        string_handle: Any,
        output_types: Any,
        output_shapes: Any = None,
        output_classes: Any = None,
    ) -> Iterator:
        """The iterator that a string stands for, which may be another one in every run.

        Args:
            string_handle: a scalar string tensor: what an iterator's `string_handle()` gave.
            output_types: structure of the dtypes of an element.
            output_shapes: structure of the shapes of an element; unknown by default.
            output_classes: structure of the classes of an element's components: tensors.
        """
        spec = _spec(output_types, output_shapes)
        handle = convert_to_tensor(string_handle, dtypes.string)
        return Iterator._of(from_string_handle_op(handle, **Structure(spec).attrs), None, spec)

    @property
    def initializer(self) -> Any:
        """The node that stands at the beginning of the dataset.

        Raises:
            ValueError: there is none.
        """
        if self._initializer is None:
            raise ValueError(
                "The iterator does not have an initializer. This means it was likely created using "
                "`tf.data.Dataset.make_one_shot_iterator()`. For an initializable iterator, use "
                "`tf.data.Dataset.make_initializable_iterator()` instead."
            )
        return self._initializer

    def make_initializer(self, dataset: DatasetV2, name: str | None = None) -> Any:
        """A node that starts the iterator on a dataset.

        Args:
            dataset: a dataset whose elements fit.
            name: name of the node.

        Raises:
            TypeError: its elements do not fit.
        """
        data_nest.assert_same_structure(self.element_spec, dataset.element_spec)
        pairs = zip(self._structure.leaves, dataset._structure.leaves, strict=True)
        if not all(_fits(own, other) for own, other in pairs):
            raise TypeError(
                f"Expected a dataset with elements of {self.element_spec} but got one with "
                f"{dataset.element_spec}."
            )
        return _make_initializer(dataset, self._iterator_resource, name)

    def get_next(self, name: str | None = None) -> Any:
        """The next element, another one in every run.

        Args:
            name: name of the node.

        Returns:
            A nest of tensors; running them at the end raises OutOfRangeError.
        """
        tensors = get_next_op(self._iterator_resource, name=name, **self._structure.attrs)
        return self._structure.from_tensors(tensors)

    def get_next_as_optional(self) -> Optional:
        """The next element as an optional, which is empty at the end."""
        variant = get_next_as_optional_op(self._iterator_resource, **self._structure.attrs)
        return new_optional(variant, self._structure.spec)

    def string_handle(self, name: str | None = None) -> Any:
        """A scalar string tensor that stands for the iterator.

        Args:
            name: name of the node.
        """
        return to_string_handle_op(self._iterator_resource, name=name)

    @property
    def element_spec(self) -> Any:
        """The type spec of an element."""
        return self._structure.spec

    @property
    def output_types(self) -> Any:
        """Structure of the dtypes of an element."""
        return get_output_types(self)

    @property
    def output_shapes(self) -> Any:
        """Structure of the shapes of an element."""
        return get_output_shapes(self)

    @property
    def output_classes(self) -> Any:
        """Structure of the classes of an element's components."""
        return get_output_classes(self)


def _spec(output_types: Any, output_shapes: Any) -> Any:
    types = data_nest.map_structure(as_dtype, output_types)
    if output_shapes is None:
        return data_nest.map_structure(lambda dtype: TensorSpec(None, dtype), types)
    shapes = data_nest.flatten_up_to(types, output_shapes)
    leaves = data_nest.flatten(types)
    specs = [TensorSpec(TensorShape(s), t) for s, t in zip(shapes, leaves, strict=True)]
    return data_nest.pack_sequence_as(types, specs)


def _fits(own: Any, other: Any) -> bool:
    return (
        own.value_type is other.value_type
        and own._to_legacy_output_types() == other._to_legacy_output_types()
        and own._to_legacy_output_shapes().is_compatible_with(other._to_legacy_output_shapes())
    )


def _new_resource(structure: Structure, shared_name: str | None = None) -> Any:
    return iterator_op(
        shared_name=shared_name or "", container="", name="IteratorV2", **structure.attrs
    )


def _make_initializer(dataset: DatasetV2, resource: Any, name: str | None = None) -> Any:
    with name_scope(name or "make_initializer"):
        make_iterator_op(dataset._variant_tensor, resource, name="MakeIterator")
    graph: Any = state.graph
    return graph.nodes[-1] if graph is not None else None


@export("compat.v1.data.make_initializable_iterator")
def make_initializable_iterator(dataset: DatasetV2, shared_name: str | None = None) -> Iterator:
    """An iterator over a dataset that a session starts by running `initializer`.

    Args:
        dataset: the dataset, made in the same graph.
        shared_name: a name under which the iterator is shared.

    Raises:
        RuntimeError: in eager code.

    >>> import tidefall as tf
    >>> v1 = tf.compat.v1
    >>> with tf.Graph().as_default(), v1.Session() as session:
    ...     iterator = v1.data.make_initializable_iterator(tf.data.Dataset.range(3))
    ...     element = iterator.get_next()
    ...     session.run(iterator.initializer)
    ...     print([int(session.run(element)) for _ in range(3)])
    [0, 1, 2]
    """
    if state.graph is None:
        raise RuntimeError(
            "dataset.make_initializable_iterator is not supported when eager execution is enabled. "
            "Use `for element in dataset` instead."
        )
    resource = _new_resource(dataset._structure, shared_name)
    return Iterator._of(resource, _make_initializer(dataset, resource), dataset.element_spec)


@export("compat.v1.data.make_one_shot_iterator")
def make_one_shot_iterator(dataset: DatasetV2) -> Any:
    """An iterator over a dataset that needs no initializer and goes through it once.

    Args:
        dataset: the dataset; in eager code the iterator is `iter(dataset)`.

    >>> import tidefall as tf
    >>> v1 = tf.compat.v1
    >>> with tf.Graph().as_default(), v1.Session() as session:
    ...     element = v1.data.make_one_shot_iterator(tf.data.Dataset.range(3)).get_next()
    ...     print([int(session.run(element)) for _ in range(3)])
    [0, 1, 2]
    """
    if state.graph is None:
        return OwnedIterator(dataset)
    return Iterator._of(_one_shot(dataset), None, dataset.element_spec)


def _one_shot(dataset: DatasetV2) -> Any:
    """An iterator that makes its dataset itself: the nodes of the dataset become its function."""
    factory = FuncGraph("make_dataset")
    tensors: dict[int, Any] = {}
    nodes: dict[int, Any] = {}
    for node in _ancestors(dataset._variant_tensor.op):
        if node.op_type.effects.given or node.op_type in _OF_THE_SESSION:
            raise ValueError(
                f"A one-shot iterator cannot use {node.name!r} ({node.type}), whose value only a "
                "session knows. Use `make_initializable_iterator` instead."
            )
        factory.adopt(copy_node(node, factory, tensors, nodes))
    factory.outputs = [tensors[id(dataset._variant_tensor)]]
    function = GraphFunction(f"_make_dataset_{next(_numbers)}", factory)
    return one_shot_iterator_op(
        dataset_factory=function, container="", shared_name="", **dataset._structure.attrs
    )


def _ancestors(last: Any) -> list[Any]:
    """A node and all those it needs, each after those it needs itself."""
    wanted, found = {id(last)}, []
    for node in reversed(last.graph.nodes):
        if id(node) in wanted:
            found.append(node)
            wanted.update(id(t.op) for t in node.inputs)
    return found[::-1]


def _legacy(what: str, of: Any) -> Any:
    return data_nest.map_structure(lambda spec: getattr(spec, what)(), of.element_spec)


@export("compat.v1.data.get_output_types")
def get_output_types(dataset_or_iterator: Any) -> Any:
    """Structure of the dtypes of a dataset's or an iterator's elements.

    Args:
        dataset_or_iterator: the dataset or iterator.

    >>> import tidefall as tf
    >>> tf.compat.v1.data.get_output_types(tf.data.Dataset.range(3))
    tf.int64
    """
    return _legacy("_to_legacy_output_types", dataset_or_iterator)


@export("compat.v1.data.get_output_shapes")
def get_output_shapes(dataset_or_iterator: Any) -> Any:
    """Structure of the shapes of a dataset's or an iterator's elements.

    Args:
        dataset_or_iterator: the dataset or iterator.

    >>> import tidefall as tf
    >>> tf.compat.v1.data.get_output_shapes(tf.data.Dataset.range(3))
    TensorShape([])
    """
    return _legacy("_to_legacy_output_shapes", dataset_or_iterator)


@export("compat.v1.data.get_output_classes")
def get_output_classes(dataset_or_iterator: Any) -> Any:
    """Structure of the classes of the components of a dataset's or an iterator's elements.

    Args:
        dataset_or_iterator: the dataset or iterator.

    >>> import tidefall as tf
    >>> tf.compat.v1.data.get_output_classes(tf.data.Dataset.range(3)) is tf.Tensor
    True
    """
    return _legacy("_to_legacy_output_classes", dataset_or_iterator)
