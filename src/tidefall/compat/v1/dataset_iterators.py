"""Iterators over datasets in graphs that sessions run."""

from __future__ import annotations

from typing import Any

from tidefall.core.exports import export
from tidefall.core.state import name_scope, state
from tidefall.data.dataset import DatasetV2
from tidefall.data.iterator import get_next_op, iterator_op, make_iterator_op


class InitializableIterator:
    """An iterator that a session starts by running its initializer.

    Args:
        dataset: the dataset, made in the same graph.
        shared_name: a name under which the iterator is shared.
    """

    def __init__(self, dataset: DatasetV2, shared_name: str | None = None):
        self._structure = dataset._structure
        attrs = self._structure.attrs
        self._handle = iterator_op(
            shared_name=shared_name or "", container="", name="IteratorV2", **attrs
        )
        with name_scope("make_initializer"):
            make_iterator_op(dataset._variant_tensor, self._handle, name="MakeIterator")
        graph: Any = state.graph
        self._initializer = graph.nodes[-1]

    @property
    def _iterator_resource(self) -> Any:
        return self._handle

    @property
    def initializer(self) -> Any:
        """The node that stands at the beginning of the dataset."""
        return self._initializer

    @property
    def element_spec(self) -> Any:
        """The type spec of an element."""
        return self._structure.spec

    def get_next(self, name: str | None = None) -> Any:
        """The next element, another one in every run.

        Args:
            name: name of the node.

        Returns:
            A nest of tensors; running them at the end raises OutOfRangeError.
        """
        tensors = get_next_op(self._handle, name=name, **self._structure.attrs)
        return self._structure.from_tensors(tensors)


@export("compat.v1.data.make_initializable_iterator")
def make_initializable_iterator(
    dataset: DatasetV2, shared_name: str | None = None
) -> InitializableIterator:
    """An iterator over a dataset that a session starts by running `initializer`.

    Args:
        dataset: the dataset, made in the same graph.
        shared_name: a name under which the iterator is shared.

    Raises:
        RuntimeError: in eager code.

    >>> import tidefall as tf
    >>> v1 = tf.compat.v1
    >>> with tf.Graph().as_default(), v1.Session() as session:
    ...     iterator = v1.data.make_initializable_iterator(tf.data.Dataset.range(3))
    ...     element = iterator.get_next()
    ...     session.run(iterator.initializer)
    ...     print([int(session.run(element)) for _ in range(3)])
    [0, 1, 2]
    """
    if state.graph is None:
        raise RuntimeError(
            "dataset.make_initializable_iterator is not supported when eager execution is enabled. "
            "Use `for element in dataset` instead."
        )
    return InitializableIterator(dataset, shared_name)
