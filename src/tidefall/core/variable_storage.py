"""The resource behind a variable."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from tidefall.core.dtypes import DType
from tidefall.core.errors import FailedPreconditionError
from tidefall.core.places import resource_device
from tidefall.core.shapes import TensorShape
from tidefall.core.tensor import ndarray


class VariableStorage:
    """The resource behind a variable's handle: its current value.

    `value` is a NumPy array, or a jax array that nothing else refers to, so that compiled code may
    take its buffer over; None means not initialised. Whoever makes a new value of the old one holds
    `lock`. `owner` is a weak reference to the variable, if there is one.
    """

    __slots__ = ("__weakref__", "device", "dtype", "lock", "name", "owner", "shape", "value")

    def __init__(self, name: str, dtype: DType, shape: TensorShape, value: Any = None):
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.value = value
        self.lock = threading.RLock()
        self.owner: Any = None
        self.device = resource_device("VarHandleOp")

    def read(self) -> Any:
        """The value as an array that is safe to keep.

        Raises:
            FailedPreconditionError: before the first assignment.
        """
        value = self.value
        if value is None:
            raise FailedPreconditionError(
                None,
                None,
                f"Could not find variable {self.name}. This could mean that the variable has been "
                "deleted or was never initialized: assign a value first.",
            )
        if type(value) is ndarray:
            return value
        try:
            # A view keeps compiled code from reusing the buffer while the result is alive.
            return np.asarray(value)
        except RuntimeError:
            # Compiled code in another thread took the buffer over just now.
            with self.lock:
                return np.asarray(self.value)

    def __repr__(self) -> str:
        return f"<ResourceHandle(name={self.name!r}, dtype={self.dtype.name}, shape={self.shape})>"
