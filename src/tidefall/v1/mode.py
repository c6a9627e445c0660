"""Switches between the behaviour of TensorFlow 1 and 2."""

from __future__ import annotations

from tidefall.base.config import config
from tidefall.base.exports import export
from tidefall.base.state import state
from tidefall.graph.v1.default_graph import disable_eager_execution, enable_eager_execution


@export("compat.v1.disable_v2_tensorshape")
def disable_v2_tensorshape() -> None:
    """Let the elements of a TensorShape be `Dimension`s, with a `value`.

    >>> import tidefall as tf
    >>> tf.compat.v1.disable_v2_tensorshape()
    >>> tf.compat.v1.enable_v2_tensorshape()
    """
    config.v2_tensorshape = False


@export("compat.v1.enable_v2_tensorshape")
def enable_v2_tensorshape() -> None:
    """Let the elements of a TensorShape be integers or None, as they are from the start."""
    config.v2_tensorshape = True


@export("compat.v1.enable_resource_variables")
def enable_resource_variables() -> None:
    """Let `tf.compat.v1.Variable` and `get_variable` make variables behind handles by default."""
    config.resource_variables = True


@export("compat.v1.disable_resource_variables")
def disable_resource_variables() -> None:
    """Let `tf.compat.v1.Variable` and `get_variable` make variables passed by reference."""
    config.resource_variables = False


@export("compat.v1.resource_variables_enabled")
def resource_variables_enabled() -> bool:
    """Whether variables live behind handles by default."""
    return config.resource_variables


@export("compat.v1.enable_control_flow_v2")
def enable_control_flow_v2() -> None:
    """Control flow is always functional (`If`, `While`); this notes the wish."""
    config.control_flow_v2 = True


@export("compat.v1.disable_control_flow_v2")
def disable_control_flow_v2() -> None:
    """Control flow stays functional (`If`, `While`), with the same results; notes the wish."""
    config.control_flow_v2 = False


@export("compat.v1.control_flow_v2_enabled")
def control_flow_v2_enabled() -> bool:
    """Whether functional control flow was asked for."""
    return config.control_flow_v2


@export("compat.v1.enable_tensor_equality")
def enable_tensor_equality() -> None:
    """Compare eager tensors element by element with `==`, as they always are."""
    config.tensor_equality = True


@export("compat.v1.disable_tensor_equality")
def disable_tensor_equality() -> None:
    """Tensors of graphs that sessions run are compared by identity; eager ones by element still."""
    config.tensor_equality = False


@export("compat.v1.disable_v2_behavior")
def disable_v2_behavior() -> None:
    """Behave like TensorFlow 1: build graphs, reference variables, shapes of `Dimension`s.

    Call this before anything else.
    """
    disable_eager_execution()
    disable_v2_tensorshape()
    disable_resource_variables()
    disable_tensor_equality()
    disable_control_flow_v2()


@export("compat.v1.enable_v2_behavior")
def enable_v2_behavior() -> None:
    """Behave like TensorFlow 2, as it is from the start."""
    enable_eager_execution()
    enable_v2_tensorshape()
    enable_resource_variables()
    enable_tensor_equality()
    enable_control_flow_v2()


@export("compat.v1.executing_eagerly")
def executing_eagerly() -> bool:
    """Whether ops run at once here.

    >>> import tidefall as tf
    >>> tf.compat.v1.executing_eagerly()
    True
    """
    return state.graph is None
