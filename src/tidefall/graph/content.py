"""What a graph computes, as a hash: graphs that differ in names alone have the same."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from tidefall.base.background import yield_gil
from tidefall.base.dtypes import DType
from tidefall.base.shapes import TensorShape
from tidefall.base.type_guards import is_array, is_sequence
from tidefall.graph.func_graph import FuncGraph
from tidefall.tensor.typing import HostArray

_PLAIN = (bool, int, float, complex, str, bytes, type(None), DType, TensorShape)


def content_hash(graph: FuncGraph) -> str | None:
    """A hash of a graph's ops, attributes, constants and connections, nested functions included.

    Args:
        graph: the graph of a function.

    Returns:
        The hash; None where an attribute has no known content.

    >>> import tidefall as tf
    >>> one, two = (tf.function(lambda x: x + 1.0) for _ in range(2))
    >>> graphs = [f.get_concrete_function(tf.TensorSpec([2])).graph for f in (one, two)]
    >>> content_hash(graphs[0]) == content_hash(graphs[1])
    True
    """
    try:
        return _hash(graph, {})
    except _UnknownContentError:
        return None


class _UnknownContentError(Exception):
    pass


def _hash(graph: FuncGraph, known: dict[int, str]) -> str:
    found = known.get(id(graph))
    if found is not None:
        return found
    digest = hashlib.blake2b(digest_size=16)
    numbers = {id(node): number for number, node in enumerate(graph.nodes)}

    def place(tensor: Any) -> tuple[int, int]:
        return numbers[id(tensor.op)], tensor.value_index

    digest.update(repr([place(tensor) for tensor in graph.inputs]).encode())
    for node in graph.nodes:
        yield_gil()
        inputs = [place(tensor) for tensor in node.inputs]
        before = sorted(numbers[id(other)] for other in node.control_inputs)
        outputs = [(tensor.dtype, tensor.shape) for tensor in node.outputs]
        digest.update(repr((node.type, inputs, before, outputs)).encode())
        _add_attributes(digest, node.attrs, known)
    digest.update(repr([place(tensor) for tensor in graph.outputs]).encode())
    known[id(graph)] = digest.hexdigest()
    return known[id(graph)]


def _add_attributes(digest: Any, attributes: Mapping[str, Any], known: dict[int, str]) -> None:
    for name in sorted(attributes):
        digest.update(name.encode())
        _add(digest, attributes[name], known)


def _add_array(digest: Any, value: HostArray) -> None:
    digest.update(repr((value.dtype.str, value.shape)).encode())
    if value.dtype == object:
        digest.update(repr(value.tolist()).encode())
    else:  # without a copy, and without holding the interpreter: it may be large
        digest.update(np.ascontiguousarray(value).reshape(-1).view(np.uint8))


def _add(digest: Any, value: Any, known: dict[int, str]) -> None:
    if is_array(value):
        _add_array(digest, value)
    elif is_sequence(value):
        digest.update(f"{type(value).__name__} of {len(value)}".encode())
        for item in value:
            _add(digest, item, known)
    elif isinstance(getattr(value, "graph", None), FuncGraph):
        digest.update(_hash(value.graph, known).encode())
    elif isinstance(value, _PLAIN):
        digest.update(repr(value).encode())
    elif hasattr(value, "SerializeToString"):  # An attribute that the op does not have.
        digest.update(value.SerializeToString(deterministic=True))
    else:
        raise _UnknownContentError(type(value).__name__)
