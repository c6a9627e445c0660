"""What a session is asked for, and what it is given: nests of fetches, feeds, their values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from tidefall.base import dtypes
from tidefall.composite.indexed_slices import IndexedSlices
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.composite.ragged.values import RaggedTensorValue
from tidefall.composite.sparse_tensor import SparseTensor, SparseTensorValue
from tidefall.graph.graph import Graph
from tidefall.graph.operation import Operation
from tidefall.tensor.tensor import SymbolicTensor, Tensor


class IndexedSlicesValue(NamedTuple):
    """The value of `tf.IndexedSlices` as arrays."""

    values: Any
    indices: Any
    dense_shape: Any


Build = Callable[[Callable[[Any], Any]], Any]


class Fetches:
    """A nest of fetches taken apart.

    Attributes:
        tensors: the tensors to compute.
        targets: the nodes to run.
    """

    def __init__(self, graph: Graph, fetches: Any):
        self.graph = graph
        self.tensors: list[SymbolicTensor] = []
        self.targets: list[Operation] = []
        self._positions: dict[int, int] = {}
        self._build = self._visit(fetches)

    def pack(self, values: list[Any]) -> Any:
        """The values in the structure of the fetches; None where a node was run."""
        return self._build(lambda position: None if position is None else values[position])

    def _visit(self, fetch: Any) -> Build:
        if fetch is None:
            raise TypeError('Argument `fetch` = None has invalid type "NoneType". Cannot be None')
        if isinstance(fetch, (list, tuple)):
            return self._sequence(fetch)
        if isinstance(fetch, Mapping):
            keys = list(fetch)
            parts = [self._visit(fetch[key]) for key in keys]
            kind = type(fetch)
            return lambda get: kind((k, p(get)) for k, p in zip(keys, parts, strict=True))
        if isinstance(fetch, (SparseTensor, IndexedSlices, RaggedTensor)):
            return self._composite(fetch)
        if hasattr(type(fetch), "__attrs_attrs__"):
            names = [field.name for field in type(fetch).__attrs_attrs__]
            parts = [self._visit(getattr(fetch, name)) for name in names]
            return lambda get: type(fetch)(*(part(get) for part in parts))
        return self._leaf(fetch)

    def _sequence(self, fetch: Any) -> Build:
        parts = [self._visit(item) for item in fetch]
        if hasattr(fetch, "_fields"):
            return lambda get: type(fetch)(*(part(get) for part in parts))
        kind: Any = list if isinstance(fetch, list) else tuple
        return lambda get: kind(part(get) for part in parts)

    def _composite(self, fetch: Any) -> Build:
        if isinstance(fetch, RaggedTensor):
            values, splits = self._visit(fetch.values), self._visit(fetch.row_splits)
            return lambda get: RaggedTensorValue(values(get), splits(get))
        if isinstance(fetch, SparseTensor):
            parts = [self._visit(p) for p in (fetch.indices, fetch.values, fetch.dense_shape)]
            return lambda get: SparseTensorValue(*(part(get) for part in parts))
        shape = fetch.dense_shape
        parts = [self._visit(p) for p in (fetch.values, fetch.indices)]
        last = self._visit(shape) if shape is not None else (lambda get: None)
        return lambda get: IndexedSlicesValue(*(part(get) for part in (*parts, last)))

    def _leaf(self, fetch: Any) -> Build:
        try:
            element = self.graph.as_graph_element(fetch)
        except TypeError as error:
            raise TypeError(
                f"Argument `fetch` = {fetch} has invalid type "
                f'"{type(fetch).__name__}" must be a string or Tensor. ({error})'
            ) from None
        except (ValueError, KeyError) as error:
            raise ValueError(
                f"Argument `fetch` = {fetch} cannot be interpreted as a Tensor. ({error})"
            ) from None
        if not self.graph.is_fetchable(element):
            raise ValueError(f"Tensor {getattr(element, 'name', element)} may not be fetched.")
        if isinstance(element, Operation):
            self.targets.append(element)
            if not element.outputs or not isinstance(fetch, SymbolicTensor):
                return lambda get: get(None)
        position = self._positions.get(id(element))
        if position is None:
            position = self._positions[id(element)] = len(self.tensors)
            self.tensors.append(element)
        return lambda get: get(position)


def feeds_of(graph: Graph, feed_dict: Any) -> dict[int, tuple[SymbolicTensor, Any]]:
    """The tensors that a feed_dict gives values for, with the values as arrays, by id.

    Raises:
        TypeError: for a key that is no tensor of the graph, or a value of the wrong kind.
        ValueError: for a value of the wrong shape, or a tensor that may not be fed.
    """
    found: dict[int, tuple[SymbolicTensor, Any]] = {}
    for key, value in (feed_dict or {}).items():
        for tensor, part in _expand(key, value):
            try:
                element = graph.as_graph_element(tensor, allow_operation=False)
            except (KeyError, TypeError, ValueError) as error:
                message = error.args[0] if isinstance(error, KeyError) else error
                raise TypeError(f"Cannot interpret feed_dict key as Tensor: {message}") from None
            if not graph.is_feedable(element):
                raise ValueError(f"Tensor {element.name} may not be fed.")
            found[id(element)] = (element, feed_value(element, part))
    return found


def _expand(key: Any, value: Any) -> list[tuple[Any, Any]]:
    """A composite key and its value in pairs of tensors and arrays."""
    if hasattr(key, "deref"):
        key = key.deref()
    if isinstance(key, SparseTensor):
        if not isinstance(value, tuple) and hasattr(value, "indices"):
            value = (value.indices, value.values, value.dense_shape)
        return list(zip((key.indices, key.values, key.dense_shape), value, strict=True))
    if isinstance(key, IndexedSlices):
        parts = [key.values, key.indices]
        if key.dense_shape is not None:
            parts.append(key.dense_shape)
        return list(zip(parts, tuple(value), strict=False))
    if isinstance(key, RaggedTensor):
        return [*_expand(key.values, value.values), (key.row_splits, value.row_splits)]
    if isinstance(key, tuple):
        parts = list(value)
        if len(parts) != len(key):
            raise ValueError(
                f"Could not flatten dictionary. Key had {len(key)} elements, but value had "
                f"{len(parts)} elements."
            )
        return [pair for k, v in zip(key, parts, strict=True) for pair in _expand(k, v)]
    return [(key, value)]


def feed_value(tensor: SymbolicTensor, value: Any) -> Any:
    """The array to give for a tensor.

    Raises:
        TypeError: for a tensor, or a number that the dtype cannot hold.
        ValueError: for another shape.
    """
    if isinstance(value, Tensor):
        raise TypeError(
            "The value of a feed cannot be a tf.Tensor object. Acceptable feed values include "
            "Python scalars, strings, lists, numpy ndarrays, or TensorHandles. For reference, the "
            f"tensor object was {value!s} which was passed to the argument `feed_dict` with key "
            f"{tensor!s}."
        )
    dtype = tensor.dtype.base_dtype
    if dtype in (dtypes.resource, dtypes.variant):
        return value
    wanted = dtype.as_numpy_dtype
    plain = isinstance(value, int) and not isinstance(value, bool)
    if plain and dtype.is_integer and not dtype.min <= value <= dtype.max:
        raise TypeError(
            f"Type of feed value {value} with type {type(value)} is not compatible with "
            f"Tensor type {wanted}. Try explicitly setting the type of the feed tensor to a "
            "larger type (e.g. int64)."
        )
    array = _strings(value) if dtype is dtypes.string else np.asarray(value, wanted)
    if not tensor.shape.is_compatible_with(array.shape):
        raise ValueError(
            f"Cannot feed value of shape {array.shape} for Tensor {tensor.name}, which has shape "
            f"{tensor.shape}"
        )
    return array


def _strings(value: Any) -> np.ndarray:
    array = np.array(value, object)
    flat = [v.encode() if isinstance(v, str) else v for v in array.reshape(-1).tolist()]
    result = np.empty(len(flat), object)
    result[:] = [bytes(v) if isinstance(v, np.bytes_) else v for v in flat]
    return result.reshape(array.shape)


def fetched(value: Any) -> Any:
    """A value as the caller gets it: an array of its own, a NumPy scalar, or bytes."""
    if hasattr(value, "read") and hasattr(value, "shape"):
        value = value.read()  # a reference
    if not hasattr(value, "dtype") or not hasattr(value, "shape"):
        return value
    array = np.array(value)
    return array[()] if array.ndim == 0 else array
