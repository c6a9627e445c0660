"""`tf.control_dependencies`."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tidefall.base.exports import export
from tidefall.base.state import state
from tidefall.base.type_guards import is_sequence
from tidefall.graph.operation import Operation
from tidefall.tensor.tensor import EagerTensor, SymbolicTensor

if TYPE_CHECKING:
    from tidefall.graph.graph import Graph


@export("control_dependencies")
@contextmanager
def control_dependencies(control_inputs: Any) -> Generator[None]:
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
        given = control_inputs if is_sequence(control_inputs) else [control_inputs]
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
    if hasattr(item, "_as_graph_element"):
        return _nodes(graph, item.op)
    if getattr(item, "_is_variable", False):
        return _nodes(graph, item.handle)
    if hasattr(item, "values") and hasattr(item, "indices"):
        return _nodes(graph, item.values)
    raise TypeError(f"Can not convert a {type(item).__name__} into a Tensor or Operation.")
