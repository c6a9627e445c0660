"""`tf.config.experimental`: switches of the compiler and of numerics."""

from __future__ import annotations

from tidefall.base.config import config
from tidefall.base.exports import export


@export("config.experimental.enable_op_determinism")
def enable_op_determinism() -> None:
    """Ask for ops that give the same result every time.

    On the CPU all of Tidefall's do. Random ops for which neither `tf.random.set_seed` nor the call
    gives a seed raise from now on; so do generators that start at a state nobody knows.

    >>> import tidefall as tf
    >>> tf.random.set_seed(None)
    >>> tf.config.experimental.enable_op_determinism()
    >>> tf.random.uniform([2])
    Traceback (most recent call last):
    RuntimeError: Random ops require a seed to be set when determinism is enabled...
    >>> disable_op_determinism()
    """
    config.op_determinism = True


def disable_op_determinism() -> None:
    """Undo `enable_op_determinism`."""
    config.op_determinism = False


def is_op_determinism_enabled() -> bool:
    """Whether determinism was asked for."""
    return config.op_determinism


@export("config.experimental.tensor_float_32_execution_enabled")
def tensor_float_32_execution_enabled() -> bool:
    """Whether GPUs may round the inputs of float32 products to TensorFloat-32."""
    return config.tensor_float_32


@export("config.experimental.enable_tensor_float_32_execution")
def enable_tensor_float_32_execution(enabled: object) -> None:
    """Let GPUs round the inputs of float32 products to TensorFloat-32, or not.

    It holds for programs compiled later, and makes no difference on a CPU.

    Args:
        enabled: True, the default, allows it.

    Raises:
        TypeError: for what is neither a bool nor a number.
    """
    if not isinstance(enabled, (bool, int)):
        raise TypeError(f"enabled must be a bool. Received: {enabled!r}")
    config.tensor_float_32 = bool(enabled)


@export("config.experimental.enable_mlir_bridge")
def enable_mlir_bridge() -> None:
    """Accepted: there is one way from graphs to XLA here, and it goes through MLIR."""
    config.mlir_bridge = True


@export("config.experimental.disable_mlir_bridge")
def disable_mlir_bridge() -> None:
    """Accepted: there is one way from graphs to XLA here, and it goes through MLIR."""
    config.mlir_bridge = False
