"""`tf.control_dependencies`, and the graph functions of TensorFlow 1 that programs still use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tidefall.core.exports import export
from tidefall.core.op import find_op
from tidefall.core.shapes import TensorShape
from tidefall.core.sparse_tensor import SparseTensor
from tidefall.core.state import state
from tidefall.core.tensor import EagerTensor, SymbolicTensor
from tidefall.graph.graph import Graph, Operation


@export("control_dependencies")
@contextmanager
def control_dependencies(control_inputs: Any) -> Iterator[None]:
    """Make the nodes of a graph wait for others.

    Eagerly ops run in order anyway, and functions in the list are called.

    Args:
        control_inputs: tensors, nodes and variables that nodes made inside the block wait for;
            None makes them wait for nothing, not even what the blocks around ask for.

    Raises:
        TypeError: in a graph, for anything else.

    >>> import tidefall as tf
    >>> @tf.function
    ... def checked(x):
    ...     with tf.control_dependencies([tf.debugging.assert_positive(x)]):
    ...         return tf.identity(x)
    >>> int(checked(tf.constant(2)))
    2
    """
    graph = state.graph
    if graph is None:
        for item in control_inputs or ():
            if callable(item) and not isinstance(item, EagerTensor):
                item()
        yield
        return
    saved = state.control_inputs
    if control_inputs is None:
        state.control_inputs = ()
    else:
        given = control_inputs if isinstance(control_inputs, (list, tuple)) else [control_inputs]
        nodes = [node for item in given for node in _nodes(graph, item)]
        state.control_inputs = (*saved, *(n for n in nodes if n not in saved))
    try:
        yield
    finally:
        state.control_inputs = saved


def _nodes(graph: Graph, item: Any) -> list[Operation]:
    """The nodes of this graph that stand for an item; values from outside are there already."""
    if isinstance(item, str):
        item = graph.as_graph_element(item)
    if isinstance(item, Operation):
        return [item] if item.graph is graph else []
    if isinstance(item, SymbolicTensor):
        return [item.op] if item.op.graph is graph else []
    if isinstance(item, EagerTensor) or item is None:
        return []
    if getattr(item, "_is_variable", False):
        return _nodes(graph, item.handle)
    if hasattr(item, "values") and hasattr(item, "indices"):
        return _nodes(graph, item.values)
    raise TypeError(f"Can not convert a {type(item).__name__} into a Tensor or Operation.")


# ---- TensorFlow 1 ----

_default: dict[str, Graph] = {}


@export("compat.v1.get_default_graph")
def get_default_graph() -> Graph:
    """The graph being built, or one that stays empty."""
    if state.graph is not None:
        return state.graph
    return _default.setdefault("graph", Graph())


@export("compat.v1.reset_default_graph")
def reset_default_graph() -> None:
    """Forget the default graph.

    Raises:
        AssertionError: while a graph is being built.
    """
    if state.graph is not None:
        raise AssertionError("Do not use tf.reset_default_graph() to clear nested graphs.")
    _default.clear()


@export("compat.v1.placeholder")
def placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> Any:
    """A tensor of a graph whose value is given when it runs.

    Args:
        dtype: its dtype.
        shape: its shape, with None for unknown dimensions; None leaves it open.
        name: name of the node.

    Raises:
        RuntimeError: in eager code.
    """
    if state.graph is None:
        raise RuntimeError("tf.placeholder() is not compatible with eager execution.")
    return find_op("Placeholder")(dtype=dtype, shape=TensorShape(shape), name=name)


@export("compat.v1.sparse_placeholder")
def sparse_placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> Any:
    """A sparse tensor of a graph whose value is given when it runs.

    Args:
        dtype: dtype of its values.
        shape: its dense shape, with None for unknown dimensions; None leaves it open.
        name: beginning of the names of the three nodes.

    Raises:
        RuntimeError: in eager code.
    """
    if state.graph is None:
        raise RuntimeError("`sparse_placeholder` is not compatible with eager execution.")
    rank = TensorShape(shape).rank

    def part(kind: Any, dims: list[int | None], suffix: str) -> Any:
        return placeholder(kind, dims, None if name is None else f"{name}/{suffix}")

    dense_shape = part("int64", [rank], "shape")
    values = part(dtype, [None], "values")
    return SparseTensor(part("int64", [None, rank], "indices"), values, dense_shape)
