"""`tf.train.experimental.PythonState`: Python values that go into checkpoints."""

from __future__ import annotations

import abc
from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.composite.trackable.trackable import Trackable
from tidefall.tensor.tensor import EagerTensor

_KEY = "py_state"


@export("train.experimental.PythonState")
class PythonState(Trackable, metaclass=abc.ABCMeta):
    """Base of objects whose state is a string made and read by Python.

    >>> import tidefall as tf
    >>> class Names(tf.train.experimental.PythonState):
    ...     names = ["a", "b"]
    ...     def serialize(self):
    ...         return ",".join(self.names)
    ...     def deserialize(self, string_value):
    ...         self.names = string_value.decode().split(",")
    >>> list(Names()._serialize_to_tensors())
    ['py_state']
    """

    @abc.abstractmethod
    def serialize(self) -> str | bytes:
        """The state as a string."""

    @abc.abstractmethod
    def deserialize(self, string_value: bytes) -> None:
        """Take over a state that `serialize` returned.

        Args:
            string_value: the string, as bytes.
        """

    def _serialize_to_tensors(self) -> dict[str, Any]:
        value = self.serialize()
        text = value.encode() if isinstance(value, str) else bytes(value)
        return {_KEY: EagerTensor(np.array(text, object))}

    def _restore_from_tensors(self, restored_tensors: dict[str, Any]) -> None:
        self.deserialize(restored_tensors[_KEY].numpy())
