"""`python.eager.context` and `tf.__internal__.eager_context`: eager execution, seeds, devices.

Asked for by Keras, tensorflow-probability, tf-keras, scikeras, jax2tf.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from tidefall import surface
from tidefall.base.state import executing_eagerly, graph_scope, state
from tidefall.ops.random import seeds
from tidefall.runtime.devices.restart import restart_devices

__all__ = ["async_wait", "context", "executing_eagerly"]


class _Context:
    """What `context()` returns."""

    @staticmethod
    def executing_eagerly() -> bool:
        """Whether no graph is being built in this thread."""
        return state.graph is None

    @staticmethod
    def clear_kernel_cache() -> None:
        """Drop the compiled forms of eager ops."""
        from tidefall.runtime.xla.eager_compile import forget_compiled_ops

        forget_compiled_ops()

    @staticmethod
    def ensure_initialized() -> None:
        """Nothing: the first op finds its devices."""

    @staticmethod
    def num_gpus() -> int:
        """How many GPUs TensorFlow code may use."""
        return num_gpus()

    @staticmethod
    def list_logical_devices(device_type: str | None = None) -> list[Any]:
        """The devices of a type, or all."""
        found: list[Any] = surface.resolve("config", "list_logical_devices")(device_type)
        return found

    @property
    def _seed(self) -> int | None:
        return global_seed()

    @property
    def device_name(self) -> str:
        """The device asked for; empty if none was."""
        return get_device_name()


_context = _Context()


def context() -> _Context:
    """The context of this process."""
    return _context


def async_wait() -> None:
    """Wait for pending work: eager ops finish before they return, so there is none."""


def ensure_initialized() -> None:
    """Nothing: the first op finds its devices."""


def num_gpus() -> int:
    """How many GPUs TensorFlow code may use."""
    from tidefall.runtime.devices.config import list_logical_devices

    return len(list_logical_devices("GPU"))


def global_seed() -> int | None:
    """What `tf.random.set_seed` was given; None if it was not called."""
    return seeds.global_seed()


def set_global_seed(seed: int | None) -> None:
    """`tf.random.set_seed`."""
    surface.resolve("random", "set_seed")(seed)


def get_device_name() -> str:
    """The device asked for; empty if none was."""
    return str(state.eager_device or "")


def get_config() -> Any:
    """A `ConfigProto` of this process."""
    return surface.resolve("compat.v1", "ConfigProto")()


def set_soft_device_placement(enabled: bool) -> None:
    """`tf.config.set_soft_device_placement`."""
    surface.resolve("config", "set_soft_device_placement")(enabled)


@contextlib.contextmanager
def eager_mode() -> Iterator[None]:
    """Run ops at once, also while a graph is being built."""
    with graph_scope(None):
        yield


@contextlib.contextmanager
def graph_mode() -> Iterator[None]:
    """Add ops to the default graph of TensorFlow 1, unless a graph is being built."""
    if state.graph is not None:
        yield
        return
    with surface.resolve("compat.v1", "get_default_graph")().as_default():
        yield


def _reset_context() -> None:
    """Forget compiled eager ops and devices, as after a restart: these can be divided anew."""
    _context.clear_kernel_cache()
    restart_devices()
