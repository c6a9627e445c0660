"""Iterators over datasets: Python's own protocol eagerly, ops on a resource in graphs."""

from __future__ import annotations

import abc
import dis
import sys
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.composite import CompositeTensor
from tidefall.base.errors import (
    FailedPreconditionError,
    OpError,
    OutOfRangeError,
    UnimplementedError,
)
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import graph_scope, state, tapes_paused
from tidefall.composite.trackable.trackable import Trackable
from tidefall.data.dataset import DatasetV2, node_of, scalar
from tidefall.data.engine.elements import State
from tidefall.data.engine.iterators import ElementIterator
from tidefall.data.engine.node import Node
from tidefall.data.engine.settings import settings_of, started
from tidefall.data.engine.structure import Structure
from tidefall.data.optional import Optional, OptionalValue, new_optional
from tidefall.data.options import ExternalStatePolicy
from tidefall.data.state import saved_iterator
from tidefall.data.state.saved_iterator import Replayed, check_external_state
from tidefall.op.effects import MAKES, REFERS, writes
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.tensor import EagerTensor, SymbolicTensor, TypedTensor
from tidefall.tensor.type_spec import TypeSpec

_COMPONENTS = (TensorSpec([], dtypes.resource),)
_FOR_ITER = dis.opmap["FOR_ITER"]


class IteratorResource:
    """What an iterator's resource handle refers to: a position in a pipeline."""

    __slots__ = ("__weakref__", "_iterator", "_lock", "_node")
    per_call = True
    """Traces of functions do not keep the iterators they were traced with."""

    def __init__(self) -> None:
        self._iterator: ElementIterator | None = None
        self._node = Node()
        self._lock = threading.Lock()

    def start(self, node: Node) -> None:
        """Stand at the beginning of a pipeline."""
        iterator = started(node)
        self._node = node
        self._iterator = Replayed(iterator) if settings_of(node).replay else iterator

    def save(self) -> State:
        """Where it stands in the pipeline.

        Raises:
            UnimplementedError: a stage of the pipeline cannot tell.
        """
        with self._lock:
            return self._started().save()

    def restore(self, state: State) -> None:
        """Stand where another iterator over the same pipeline stood."""
        with self._lock, graph_scope(None), tapes_paused():
            self._started().restore(state)

    def to_bytes(self, policy: ExternalStatePolicy | None = None) -> bytes:
        """Where it stands, together with a description of the pipeline.

        Args:
            policy: what to do about state outside of the pipeline; by default as its options say.

        Raises:
            FailedPreconditionError: there is such state, and it was not said to be left aside.
            UnimplementedError: a stage of the pipeline cannot be saved.
        """
        with self._lock:
            iterator = self._started()
            check_external_state(self._node, policy or settings_of(self._node).external_state)
            return saved_iterator.to_bytes(self._node, iterator)

    def from_bytes(self, data: bytes) -> None:
        """Stand where another iterator over the same pipeline stood.

        Raises:
            NotFoundError: it was another pipeline.
            DataLossError: the data are damaged.
        """
        with self._lock, graph_scope(None), tapes_paused():
            saved_iterator.restore(self._node, self._started(), data)

    def _started(self) -> ElementIterator:
        if self._iterator is None:
            raise FailedPreconditionError(
                None,
                None,
                "The iterator has not been initialized: it has not been given a dataset "
                "(MakeIterator).",
            )
        return self._iterator

    def next(self) -> Any:
        """The raw values of the next element.

        Raises:
            StopIteration: there is none.
            OpError: the pipeline failed.
        """
        iterator = self._iterator
        if iterator is None:
            iterator = self._started()
        if state.needs_dispatch:
            # Python code in the pipeline must see neither the graph nor the tapes around it.
            with self._lock, graph_scope(None), tapes_paused():
                return next(iterator)
        with self._lock:
            return next(iterator)


def _shapes(c: Inference) -> list[TensorShape]:
    return [TensorShape(shape) for shape in c.attr("output_shapes")]


def _get_next(iterator: IteratorResource) -> Any:
    try:
        return iterator.next()
    except StopIteration:
        raise OutOfRangeError(None, None, "End of sequence") from None


def _get_next_as_optional(iterator: IteratorResource) -> OptionalValue:
    try:
        return OptionalValue(iterator.next())
    except StopIteration:
        return OptionalValue(None)


def _make_iterator(dataset: Any, iterator: IteratorResource) -> tuple[()]:
    iterator.start(node_of(dataset))
    return ()


anonymous_iterator_op = op(
    "AnonymousIteratorV3",
    shape=scalar,
    host=IteratorResource,
    effects=MAKES,
    gradient=NOT_DIFFERENTIABLE,
)


def _named_iterator(*, shared_name: str) -> IteratorResource:
    return IteratorResource()


iterator_op = op(
    "IteratorV2", shape=scalar, host=_named_iterator, effects=REFERS, gradient=NOT_DIFFERENTIABLE
)
make_iterator_op = op(
    "MakeIterator",
    shape=lambda c: [],
    host=_make_iterator,
    effects=writes("iterator"),
    gradient=NOT_DIFFERENTIABLE,
)
get_next_op = op(
    "IteratorGetNext",
    shape=_shapes,
    host=_get_next,
    effects=writes("iterator"),
    gradient=NOT_DIFFERENTIABLE,
)
op(
    "IteratorGetNextSync",
    shape=_shapes,
    host=_get_next,
    effects=writes("iterator"),
    gradient=NOT_DIFFERENTIABLE,
)
get_next_as_optional_op = op(
    "IteratorGetNextAsOptional",
    shape=scalar,
    host=_get_next_as_optional,
    effects=writes("iterator"),
    gradient=NOT_DIFFERENTIABLE,
)


@export("data.Iterator")
class IteratorBase(Iterator[Any], Trackable, CompositeTensor):
    """An iterator over the elements of a dataset, from `iter(dataset)`.

    Eagerly it is a Python iterator. It may be an argument of a `tf.function`, which then takes
    elements with `get_next()` or `get_next_as_optional()`.

    >>> import tidefall as tf
    >>> iterator = iter(tf.data.Dataset.range(2))
    >>> next(iterator).numpy(), iterator.get_next().numpy()
    (np.int64(0), np.int64(1))
    """

    _iterates_in_graphs = True
    """`for` over it in a function that AutoGraph converts is a loop of the graph."""

    @property
    @abc.abstractmethod
    def element_spec(self) -> Any:
        """The type spec of an element."""

    @abc.abstractmethod
    def get_next(self) -> Any:
        """The next element.

        Raises:
            tf.errors.OutOfRangeError: there is none.
        """

    @abc.abstractmethod
    def get_next_as_optional(self) -> Optional:
        """The next element as a `tf.experimental.Optional`, which is empty at the end."""


class OwnedIterator(IteratorBase):
    """The iterator over one dataset.

    Args:
        dataset: the dataset; None when `components` are given.
        components: the resource tensor of an existing iterator.
        element_spec: the element spec, with `components`.

    Raises:
        ValueError: for neither or both.
    """

    def __init__(
        self, dataset: DatasetV2 | None = None, components: Any = None, element_spec: Any = None
    ):
        if dataset is None and (components is None or element_spec is None):
            raise ValueError(
                "When `dataset` is not provided, both `components` and `element_spec` must be "
                "specified."
            )
        if dataset is not None and components is not None:
            raise ValueError(
                "When `dataset` is provided, `element_spec` and `components` must not be specified."
            )
        if dataset is not None:
            self._structure = dataset._structure
            self._spec = IteratorSpec.of(self._structure)
            self._iterator_resource = self._create(dataset)
        else:
            self._spec = IteratorSpec(element_spec)
            self._structure = self._spec.structure
            self._iterator_resource = components
        resource = self._iterator_resource
        self._resource = resource.storage if isinstance(resource, TypedTensor) else None
        self._pack = self._structure.pack

    def _create(self, dataset: DatasetV2) -> Any:
        if state.graph is None:
            resource = IteratorResource()
            resource.start(dataset._node)
            return TypedTensor(resource, dtypes.resource)
        handle = anonymous_iterator_op(**self._structure.attrs)
        make_iterator_op(dataset._variant_tensor, handle)
        return handle

    @property
    def element_spec(self) -> Any:
        return self._structure.spec

    @property
    def _type_spec(self) -> IteratorSpec:
        return self._spec

    def __iter__(self) -> OwnedIterator:
        return self

    def __next__(self) -> Any:
        if state.graph is None and self._resource is not None:
            try:
                return self._pack(self._resource.next())
            except OpError as error:
                raise _in_get_next(error) from error
        return self._next_in_graph()

    def next(self) -> Any:
        """The next element, as `next(iterator)` gives it."""
        return self.__next__()

    def _next_in_graph(self) -> Any:
        frame = sys._getframe(2)
        if frame.f_code.co_code[frame.f_lasti] == _FOR_ITER:
            # The loop would be unrolled while tracing, and would never end.
            raise ValueError(
                "Iterating over a dataset with a Python `for` loop inside a tf.function needs "
                "AutoGraph, which did not convert this code. Iterate outside of the function, use "
                "`Dataset.reduce`, or call `iterator.get_next()`."
            )
        return self.get_next()

    def get_next(self) -> Any:
        if state.graph is None and self._resource is not None:
            try:
                return self._pack(self._resource.next())
            except StopIteration:
                raise OutOfRangeError(
                    None, None, "End of sequence [Op:IteratorGetNext] name: "
                ) from None
            except OpError as error:
                raise _in_get_next(error) from error
        tensors = get_next_op(self._iterator_resource, **self._structure.attrs)
        return self._structure.from_tensors(tensors)

    def get_next_as_optional(self) -> Optional:
        variant = get_next_as_optional_op(self._iterator_resource, **self._structure.attrs)
        return new_optional(variant, self._structure.spec)

    # ---- checkpoints ----

    _value_group = "ITERATOR"
    _value_endings = ("_STATE",)

    def _saved_resource(self) -> IteratorResource:
        if self._resource is None:
            raise ValueError(
                "An iterator that was made inside of a tf.function cannot be saved or restored. "
                "Make it outside, and give it to the function."
            )
        return self._resource

    def _serialize_to_tensors(self) -> dict[str, Any]:
        data = self._saved_resource().to_bytes()
        return {"_STATE": EagerTensor(np.array(data, object))}

    @staticmethod
    def _check_saved(prefix: str, key: str, is_readable: bool) -> None:
        """Refuse the state that TensorFlow's own iterators write: variants of its C++ classes."""
        if not is_readable:
            raise UnimplementedError(
                None,
                None,
                f"{prefix}: the state of the dataset iterator ({key}) was written by TensorFlow, "
                "and means something only to its own iterators. To restore the rest, leave the "
                "iterator out of the Checkpoint and call `expect_partial()`; the iterator then "
                "begins anew.",
            )

    def _restore_from_tensors(self, restored_tensors: dict[str, Any]) -> None:
        self._saved_resource().from_bytes(restored_tensors["_STATE"].numpy())

    def __repr__(self) -> str:
        return f"<OwnedIterator element_spec={self.element_spec}>"


def _in_get_next(error: OpError) -> OpError:
    """An error of the pipeline, saying like TensorFlow's that it came out of IteratorGetNext."""
    if "[Op:" in error.message:
        return error
    return error.restated(f"{error.message} [Op:IteratorGetNext] name: ")


@export("data.IteratorSpec")
class IteratorSpec(TypeSpec):
    """The type of a dataset's iterator.

    Args:
        element_spec: the type spec of an element.

    >>> import tidefall as tf
    >>> spec = tf.data.IteratorSpec(tf.TensorSpec([], tf.int64))
    >>> next_one = tf.function(lambda iterator: next(iterator), input_signature=[spec])
    >>> iterator = iter(tf.data.Dataset.range(5, 8))
    >>> int(next_one(iterator)), int(next_one(iterator))
    (5, 6)
    """

    __slots__ = ("_element_spec", "_hash", "_structure")

    def __init__(self, element_spec: Any):
        self._element_spec = element_spec
        self._hash: int | None = None
        self._structure: Structure | None = None

    @classmethod
    def of(cls, structure: Structure) -> IteratorSpec:
        """The spec for a structure: always the same object, so that comparing costs nothing."""
        found = structure.__dict__.get("iterator_spec")
        if found is None:
            found = structure.__dict__["iterator_spec"] = cls(structure.spec)
            found._structure = structure
        return found

    @property
    def element_spec(self) -> Any:
        """The type spec of an element."""
        return self._element_spec

    @property
    def structure(self) -> Structure:
        if self._structure is None:
            self._structure = Structure(self._element_spec)
        return self._structure

    @property
    def value_type(self) -> type[OwnedIterator]:
        """The class of iterators."""
        return OwnedIterator

    @staticmethod
    def from_value(value: OwnedIterator) -> IteratorSpec:
        """The spec of an iterator."""
        return IteratorSpec(value.element_spec)

    def _serialize(self) -> tuple[Any, ...]:
        return (self._element_spec,)

    @property
    def _component_specs(self) -> Any:
        return _COMPONENTS

    def _to_components(self, value: OwnedIterator) -> Any:
        return (value._iterator_resource,)

    def _from_components(self, components: Any) -> OwnedIterator:
        return OwnedIterator(components=components[0], element_spec=self._element_spec)

    # Iterators are arguments of training steps: every call compares their specs.

    def __eq__(self, other: object) -> bool:
        return self is other or super().__eq__(other)

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = super().__hash__()
        return self._hash


def is_symbolic(iterator: OwnedIterator) -> bool:
    """Whether an iterator exists only inside a graph."""
    return isinstance(iterator._iterator_resource, SymbolicTensor)
