"""`tensorflow.python.eager.context`: the few functions public code calls."""

from __future__ import annotations

from tidefall.base.state import executing_eagerly, state

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
    def num_gpus() -> int:
        """How many GPUs TensorFlow code may use."""
        from tidefall.runtime.devices.config import list_logical_devices

        return len(list_logical_devices("GPU"))


_context = _Context()


def context() -> _Context:
    """The context of this process."""
    return _context


def async_wait() -> None:
    """Wait for pending work: eager ops finish before they return, so there is none."""


def _reset_context() -> None:
    """Forget compiled eager ops and devices, as after a restart: these can be set up again."""
    from tidefall.runtime.devices.config import restart_devices

    _context.clear_kernel_cache()
    restart_devices()
