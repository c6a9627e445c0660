"""Questions about where code runs: inside of a function, under which name, on which tensors."""

from __future__ import annotations

from typing import Any

from tidefall.base.exports import export
from tidefall.base.state import state
from tidefall.tensor.tensor import SymbolicTensor


@export("inside_function")
def inside_function() -> bool:
    """Whether a `tf.function` is being traced.

    >>> import tidefall as tf
    >>> tf.inside_function()
    False
    """
    return state.graph is not None and state.graph.building_function


@export("get_current_name_scope")
def get_current_name_scope() -> str:
    """What the names of new nodes begin with, without the last "/".

    >>> import tidefall as tf
    >>> with tf.name_scope("outer"), tf.name_scope("inner"):
    ...     tf.get_current_name_scope()
    'outer/inner'
    """
    return state.name_scope.rstrip("/")


@export("is_symbolic_tensor")
def is_symbolic_tensor(tensor: Any) -> bool:
    """Whether `tensor` is a tensor of a graph, without a value yet.

    >>> import tidefall as tf
    >>> tf.is_symbolic_tensor(tf.constant(1.0))
    False
    """
    return isinstance(tensor, SymbolicTensor)
