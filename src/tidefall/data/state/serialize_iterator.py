"""The state of iterators as values of graphs: `SerializeIterator` and `DeserializeIterator`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.composite.variables.saveable import Saveable, SaveSpec
from tidefall.data.engine.iterator import IteratorResource
from tidefall.data.options import ExternalStatePolicy
from tidefall.graph.v1.default_graph import get_default_graph
from tidefall.op.effects import reads, writes
from tidefall.op.registry import NOT_DIFFERENTIABLE, op


class SavedIterator(bytes):
    """The value of a variant: the state of an iterator. Checkpoints store it as a string."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<state of a dataset iterator, {len(self)} bytes>"


def _serialize(iterator: IteratorResource, *, external_state_policy: int) -> Any:
    states = np.empty(1, object)
    states[0] = SavedIterator(iterator.to_bytes(ExternalStatePolicy(external_state_policy)))
    return states


def _deserialize(iterator: IteratorResource, serialized: Any) -> tuple[()]:
    states = serialized.reshape(-1).tolist() if isinstance(serialized, np.ndarray) else []
    if len(states) != 1 or not isinstance(states[0], bytes):
        raise InvalidArgumentError(
            None,
            None,
            f"DeserializeIterator takes what SerializeIterator returned. Received: {serialized!r}",
        )
    iterator.from_bytes(states[0])
    return ()


serialize_iterator_op = op(
    "SerializeIterator",
    shape=lambda c: TensorShape([None]),
    host=_serialize,
    effects=reads("resource_handle"),
    gradient=NOT_DIFFERENTIABLE,
)
deserialize_iterator_op = op(
    "DeserializeIterator",
    shape=lambda c: [],
    host=_deserialize,
    effects=writes("resource_handle"),
    gradient=NOT_DIFFERENTIABLE,
)


class IteratorSaveable(Saveable):
    """The position of an iterator, for savers."""

    def __init__(self, resource: Any, policy: ExternalStatePolicy):
        state = serialize_iterator_op(resource, external_state_policy=policy.value)
        spec = SaveSpec(state, "", f"{resource.name}_STATE", dtypes.variant)
        super().__init__(resource, [spec], resource.name)

    def restore(self, restored_tensors: Any, restored_shapes: Any) -> Any:
        """The node that restores the iterator."""
        deserialize_iterator_op(self.op, restored_tensors[0])
        return get_default_graph().nodes[-1]


@export("data.experimental.make_saveable_from_iterator")
def make_saveable_from_iterator(
    iterator: Any, external_state_policy: str | None = None
) -> IteratorSaveable:
    """What a `tf.compat.v1.train.Saver` takes to save the position of an iterator of a graph.

    Deprecated: `tf.train.Checkpoint` takes iterators themselves.

    Args:
        iterator: an iterator in a graph, from `tf.compat.v1.data.make_initializable_iterator`.
        external_state_policy: what to do about state that is not saved with the iterator: "warn",
            "ignore", or "fail", the default.

    Raises:
        ValueError: for another policy.

    >>> import os, tempfile
    >>> import tidefall as tf
    >>> v1 = tf.compat.v1
    >>> with tf.Graph().as_default(), v1.Session() as session:
    ...     iterator = v1.data.make_initializable_iterator(tf.data.Dataset.range(9))
    ...     element = iterator.get_next()
    ...     saver = v1.train.Saver([tf.data.experimental.make_saveable_from_iterator(iterator)])
    ...     session.run(iterator.initializer)
    ...     before = int(session.run(element))
    ...     path = saver.save(session, os.path.join(tempfile.mkdtemp(), "model"))
    ...     after = int(session.run(element))
    ...     saver.restore(session, path)
    ...     print(before, after, int(session.run(element)))
    0 1 1
    """
    policies = {None: "FAIL", "warn": "WARN", "ignore": "IGNORE", "fail": "FAIL"}
    if isinstance(external_state_policy, ExternalStatePolicy):
        external_state_policy = external_state_policy.name.lower()
    if external_state_policy not in policies:
        raise ValueError(
            "Invalid `ExternalStatePolicy.` Supported values include 'warn', 'ignore', and 'fail.' "
            f"Received {external_state_policy}."
        )
    policy = ExternalStatePolicy[policies[external_state_policy]]
    return IteratorSaveable(iterator._iterator_resource, policy)
