"""Strings that stand for iterators, by which a graph is told which one to read."""

from __future__ import annotations

import itertools
import weakref
from typing import Any

import numpy as np

from tidefall.base.errors import InvalidArgumentError
from tidefall.base.shapes import TensorShape
from tidefall.data.dataset import node_of, scalar
from tidefall.data.engine.iterator import IteratorResource
from tidefall.data.optional import OptionalValue
from tidefall.op.effects import KEEPS, MAKES, REFERS, reads, writes
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.runtime.graph_function import GraphFunction

_numbers = itertools.count()
_iterators: weakref.WeakValueDictionary[bytes, IteratorResource] = weakref.WeakValueDictionary()
_handles: weakref.WeakKeyDictionary[IteratorResource, bytes] = weakref.WeakKeyDictionary()


def _handle(iterator: IteratorResource) -> np.ndarray:
    found = _handles.get(iterator)
    if found is None:
        found = _handles[iterator] = b"tidefall iterator %d" % next(_numbers)
        _iterators[found] = iterator
    return np.array(found, object)


def _iterator(string_handle: Any) -> IteratorResource:
    found = _iterators.get(string_handle[()])
    if found is None:
        raise InvalidArgumentError(
            None,
            None,
            f"There is no iterator with the handle {string_handle[()]!r}: it is none of this "
            "process, or the iterator is gone.",
        )
    return found


def _one_shot(*, dataset_factory: GraphFunction) -> IteratorResource:
    iterator = IteratorResource()
    (dataset,) = dataset_factory.run([])
    iterator.start(node_of(dataset))
    return iterator


def _named() -> IteratorResource:
    return IteratorResource()


def _with_deleter() -> tuple[IteratorResource, OptionalValue]:
    return IteratorResource(), OptionalValue(None)


def _device(iterator: IteratorResource) -> np.ndarray:
    return np.array(b"/job:localhost/replica:0/task:0/device:CPU:0", object)


def _two_scalars(c: Inference) -> list[TensorShape]:
    return [TensorShape([]), TensorShape([])]


def _delete(iterator: IteratorResource, deleter: Any) -> tuple[()]:
    return ()


to_string_handle_op = op(
    "IteratorToStringHandle",
    shape=scalar,
    host=_handle,
    effects=reads("resource_handle"),
    gradient=NOT_DIFFERENTIABLE,
)
from_string_handle_op = op(
    "IteratorFromStringHandleV2",
    shape=scalar,
    host=_iterator,
    effects=REFERS,
    gradient=NOT_DIFFERENTIABLE,
)
op(
    "IteratorFromStringHandle",
    shape=scalar,
    host=_iterator,
    effects=REFERS,
    gradient=NOT_DIFFERENTIABLE,
)
one_shot_iterator_op = op(
    "OneShotIterator",
    shape=scalar,
    host=_one_shot,
    effects=REFERS | KEEPS,
    gradient=NOT_DIFFERENTIABLE,
)
op("Iterator", shape=scalar, host=_named, effects=REFERS, gradient=NOT_DIFFERENTIABLE)
op("AnonymousIterator", shape=scalar, host=_named, effects=MAKES, gradient=NOT_DIFFERENTIABLE)
op(
    "AnonymousIteratorV2",
    shape=_two_scalars,
    host=_with_deleter,
    effects=MAKES,
    gradient=NOT_DIFFERENTIABLE,
)
op(
    "DeleteIterator",
    shape=lambda c: [],
    host=_delete,
    effects=writes("handle"),
    gradient=NOT_DIFFERENTIABLE,
)
for _name in ("IteratorGetDevice", "ExperimentalIteratorGetDevice"):
    op(_name, shape=scalar, host=_device, effects=reads("resource"), gradient=NOT_DIFFERENTIABLE)
