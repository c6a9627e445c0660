"""The state of iterators as values of graphs: `SerializeIterator` and `DeserializeIterator`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.core.errors import InvalidArgumentError
from tidefall.core.op import NOT_DIFFERENTIABLE, op
from tidefall.core.shapes import TensorShape
from tidefall.data.iterator import IteratorResource
from tidefall.data.options import ExternalStatePolicy


class SavedIterator:
    """The value of a variant: the state of an iterator."""

    __slots__ = ("data",)

    def __init__(self, data: bytes):
        self.data = data

    def __repr__(self) -> str:
        return f"<state of a dataset iterator, {len(self.data)} bytes>"


def _serialize(iterator: IteratorResource, *, external_state_policy: int) -> Any:
    states = np.empty(1, object)
    states[0] = SavedIterator(iterator.to_bytes(ExternalStatePolicy(external_state_policy)))
    return states


def _deserialize(iterator: IteratorResource, serialized: Any) -> tuple[()]:
    states = serialized.reshape(-1).tolist() if isinstance(serialized, np.ndarray) else []
    if len(states) != 1 or not isinstance(states[0], SavedIterator):
        raise InvalidArgumentError(
            None,
            None,
            f"DeserializeIterator takes what SerializeIterator returned. Received: {serialized!r}",
        )
    iterator.from_bytes(states[0].data)
    return ()


serialize_iterator_op = op(
    "SerializeIterator",
    shape=lambda c: TensorShape([None]),
    host=_serialize,
    gradient=NOT_DIFFERENTIABLE,
)
deserialize_iterator_op = op(
    "DeserializeIterator", shape=lambda c: [], host=_deserialize, gradient=NOT_DIFFERENTIABLE
)
