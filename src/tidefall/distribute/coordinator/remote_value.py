"""`tf.distribute.coordinator.RemoteValue`: what a scheduled function will have returned."""

from __future__ import annotations

import abc
import threading
from collections.abc import Sequence
from typing import Any

from tidefall.base import nest
from tidefall.base.exports import export
from tidefall.function.concrete import ConcreteFunction
from tidefall.runtime.graph_function import rebuild_outputs
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor


@export("distribute.coordinator.RemoteValue", "distribute.experimental.coordinator.RemoteValue")
class RemoteValue(abc.ABC):
    """A value that is there once a worker has run a function.

    `ClusterCoordinator.schedule` returns it at once. It cannot be an argument of another scheduled
    function.

    >>> import tidefall as tf
    >>> tf.distribute.coordinator.RemoteValue is (
    ...     tf.distribute.experimental.coordinator.RemoteValue
    ... )
    True
    """

    _type_spec: Any = None
    """What functions are traced with that take the value."""

    @abc.abstractmethod
    def fetch(self) -> Any:
        """Wait for the value, and return it as NumPy arrays.

        Returns:
            What the function returned, with arrays in place of tensors.

        Raises:
            tf.errors.CancelledError: the function was not run, as another one failed.
            Exception: what the function raised.
        """

    @abc.abstractmethod
    def get(self) -> Any:
        """Wait for the value, and return it as tensors of this process.

        Returns:
            What the function returned.

        Raises:
            tf.errors.CancelledError: the function was not run, as another one failed.
            Exception: what the function raised.
        """


class FunctionValue(RemoteValue):
    """What one call of a function returns.

    Args:
        function: the function.
    """

    def __init__(self, function: ConcreteFunction):
        self._function = function
        self._settled = threading.Event()
        self._value: Any = None
        self._error: BaseException | None = None

    def succeed(self, outputs: Sequence[Any]) -> None:
        """Be what these flat outputs make.

        Args:
            outputs: arrays or eager tensors.
        """
        tensors = [
            value if isinstance(value, Tensor) else convert_to_tensor(value, output.dtype)
            for value, output in zip(outputs, self._function.outputs, strict=True)
        ]
        self._value = rebuild_outputs(self._function.structured_outputs, tensors)
        self._settled.set()

    def fail(self, error: BaseException) -> None:
        """Be an error that `get` and `fetch` raise."""
        self._error = error
        self._settled.set()

    def get(self) -> Any:
        self._settled.wait()
        if self._error is not None:
            raise self._error
        return self._value

    def fetch(self) -> Any:
        return as_arrays(self.get())

    def __repr__(self) -> str:
        if not self._settled.is_set():
            state = "not ready"
        else:
            state = "ready" if self._error is None else f"failed: {self._error!r}"
        return f"<RemoteValue of {self._function.name}, {state}>"


def as_arrays(structure: Any) -> Any:
    """A nest with NumPy arrays in place of tensors."""
    return nest.map_structure(lambda x: x.numpy() if hasattr(x, "numpy") else x, structure)
