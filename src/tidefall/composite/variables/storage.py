"""The resource behind a variable."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base.dtypes import DType
from tidefall.base.errors import FailedPreconditionError
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.tensor.placement import resource_device
from tidefall.tensor.tensor import ndarray


class StoredValue:
    """A value that is still in a file: it is read, and checked, when it is first asked for.

    Args:
        read: gives the array; it raises if the file is damaged.
    """

    __slots__ = ("read",)

    def __init__(self, read: Callable[[], Any]):
        self.read = read


class VariableStorage:
    """The resource behind a variable's handle: its current value.

    `value` is a NumPy array, or a jax array that nothing else refers to, so that compiled code may
    take its buffer over, or a `StoredValue`; None means not initialised. NumPy arrays may be
    read-only maps of a file: nothing ever writes into a value, but for compiled code into its own
    buffers. Whoever makes a new value of the old one holds `lock`. `owner` is a weak reference to
    the variable, if there is one.
    """

    __slots__ = ("__weakref__", "device", "dtype", "lock", "name", "owner", "shape", "value")

    def __init__(self, name: str, dtype: DType, shape: TensorShape, value: Any = None):
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.value = value
        self.lock = threading.RLock()
        self.owner: Any = None
        self.device = resource_device(raw.VarHandleOp.name)

    @property
    def locks(self) -> tuple[Any, ...]:
        """The locks to hold for a new value: one. Storages of several devices have several."""
        return (self.lock,)

    def read(self) -> Any:
        """The value as an array that is safe to keep.

        Raises:
            FailedPreconditionError: before the first assignment.
            DataLossError: if the file that holds the value is damaged.
        """
        value = self.value
        if type(value) is ndarray:
            return value
        if type(value) is StoredValue:
            return self._fetch()
        if value is None:
            raise FailedPreconditionError(
                None,
                None,
                f"Could not find variable {self.name}. This could mean that the variable has been "
                "deleted or was never initialized: assign a value first.",
            )
        try:
            # A view keeps compiled code from reusing the buffer while the result is alive.
            return np.asarray(value)
        except RuntimeError:
            # Compiled code in another thread took the buffer over just now.
            with self.lock:
                return np.asarray(self.value)

    def _fetch(self) -> Any:
        """Take the value out of its file."""
        with self.lock:
            value = self.value
            if type(value) is StoredValue:  # else another thread was faster
                self.value = value.read()
        return self.read()

    def __repr__(self) -> str:
        return f"<ResourceHandle(name={self.name!r}, dtype={self.dtype.name}, shape={self.shape})>"
