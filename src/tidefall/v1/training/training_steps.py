"""The variable that counts training steps."""

from __future__ import annotations

from typing import Any

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.base.state import name_scope
from tidefall.composite.variables.creation import VariableAggregation
from tidefall.graph.v1.default_graph import get_default_graph
from tidefall.v1.graphs.graph_keys import GraphKeys
from tidefall.v1.variables.initializer_classes import Zeros
from tidefall.v1.variables.scope_stack import get_variable


@export("compat.v1.train.get_global_step")
def get_global_step(graph: Any = None) -> Any:
    """The variable that counts the steps, or None.

    Args:
        graph: the graph; the default one if None.
    """
    graph = graph or get_default_graph()
    found = graph.get_collection(GraphKeys.GLOBAL_STEP)
    if len(found) == 1:
        tensor = found[0]
    elif found:
        raise ValueError("Multiple tensors in global_step collection.")
    else:
        try:
            tensor = graph.get_tensor_by_name("global_step:0")
        except KeyError:
            return None
    assert_global_step(tensor)
    return tensor


@export("compat.v1.train.create_global_step")
def create_global_step(graph: Any = None) -> Any:
    """Make the variable that counts the steps.

    Args:
        graph: the graph; the default one if None.

    Raises:
        ValueError: if there is one already.
    """
    graph = graph or get_default_graph()
    if get_global_step(graph) is not None:
        raise ValueError('"global_step" already exists.')
    with graph.as_default(), graph.name_scope(None), name_scope(None):
        return get_variable(
            GraphKeys.GLOBAL_STEP,
            shape=[],
            dtype=dtypes.int64,
            initializer=Zeros(),
            trainable=False,
            aggregation=VariableAggregation.ONLY_FIRST_REPLICA,
            collections=[GraphKeys.GLOBAL_VARIABLES, GraphKeys.GLOBAL_STEP],
        )


@export("compat.v1.train.get_or_create_global_step")
def get_or_create_global_step(graph: Any = None) -> Any:
    """The variable that counts the steps, made if there is none.

    Args:
        graph: the graph; the default one if None.

    >>> import tidefall as tf
    >>> with tf.Graph().as_default():
    ...     tf.compat.v1.train.get_or_create_global_step().name
    'global_step:0'
    """
    graph = graph or get_default_graph()
    found = get_global_step(graph)
    return create_global_step(graph) if found is None else found


@export("compat.v1.train.assert_global_step")
def assert_global_step(global_step_tensor: Any) -> None:
    """Refuse a tensor that cannot count steps.

    Raises:
        TypeError: if it is no scalar integer.
    """
    dtype = global_step_tensor.dtype.base_dtype
    if not dtype.is_integer:
        raise TypeError(f'Existing "global_step" does not have integer type: {dtype}')
    rank = global_step_tensor.shape.rank
    if rank not in (None, 0):
        raise TypeError(f'Existing "global_step" is not scalar: {global_step_tensor.shape}')


@export("compat.v1.train.global_step")
def global_step(sess: Any, global_step_tensor: Any) -> int:
    """The number of steps in a session."""
    return int(sess.run(global_step_tensor))
