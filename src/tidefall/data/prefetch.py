"""`Dataset.prefetch`: elements are made ahead of time, by a thread."""

from __future__ import annotations

import threading
import weakref
from queue import SimpleQueue
from typing import Any

from tidefall.core.errors import InvalidArgumentError
from tidefall.core.exports import export_value
from tidefall.data.dataset import (
    DatasetV2,
    dataset_op,
    new_dataset,
    node_of,
    shown_name,
    transformation,
)
from tidefall.data.node import AUTOTUNE, Element, ElementIterator, Node

export_value(AUTOTUNE, "data.AUTOTUNE", "data.experimental.AUTOTUNE")
DEFAULT_SIZE = 2
"""Elements kept ready when the size is left to us: one being read and one being made."""


class PrefetchNode(Node):
    """The input's elements, up to `size` of them made before they are asked for."""

    def __init__(self, source: Node, size: int):
        if size < AUTOTUNE:
            raise InvalidArgumentError(
                None,
                None,
                "buffer_size must be >= 0 or set buffer_size to be -1 for auto-tuning",
            )
        self.inputs = (source,)
        self.size = DEFAULT_SIZE if size == AUTOTUNE else size

    def make_iterator(self) -> ElementIterator:
        source = self.inputs[0].make_iterator()
        return _Prefetched(source, self.size) if self.size else source

    def cardinality(self) -> int:
        return self.inputs[0].cardinality()


class _Buffer:
    """Where the thread leaves elements and the iterator finds them.

    The thread knows only the buffer, so that an iterator nobody uses any more is collected; its
    finalizer closes the buffer, which ends the thread. Both ways between the two are queues that
    may be used in finalizers: one of elements, and one of permissions to make another.
    """

    def __init__(self, source: ElementIterator, size: int):
        self.ready: SimpleQueue[tuple[Element | None, BaseException | None]] = SimpleQueue()
        self.closed = False
        self._source: ElementIterator | None = source
        self._permissions: SimpleQueue[None] = SimpleQueue()
        for _ in range(size):
            self._permissions.put(None)

    def close(self) -> None:
        """Make no more elements."""
        self.closed = True
        self._permissions.put(None)

    def take(self) -> tuple[Element | None, BaseException | None]:
        """The next element or error, once there is one."""
        item = self.ready.get()
        self._permissions.put(None)
        return item

    def fill(self) -> None:
        """Make elements until the end, or until nobody wants them: what the thread does."""
        source, self._source = self._source, None
        assert source is not None
        self._permissions.get()
        while not self.closed and self._fill_one(source):
            self._permissions.get()

    def _fill_one(self, source: ElementIterator) -> bool:
        """Make one element; False at the end."""
        try:
            self.ready.put((next(source), None))
        except BaseException as error:  # noqa: BLE001 - raised where the element is asked for
            self.ready.put((None, error))
            return not isinstance(error, StopIteration)
        return True


class _Prefetched(ElementIterator):
    __slots__ = ("__weakref__", "_buffer", "_ended", "_started")

    def __init__(self, source: ElementIterator, size: int):
        self._buffer = _Buffer(source, size)
        self._started = False
        self._ended = False

    def _start(self) -> None:
        self._started = True
        weakref.finalize(self, self._buffer.close)
        threading.Thread(target=self._buffer.fill, name="tidefall-prefetch", daemon=True).start()

    def __next__(self) -> Element:
        if self._ended:
            raise StopIteration
        if not self._started:
            self._start()
        element, error = self._buffer.take()
        if error is None:
            assert element is not None
            return element
        if isinstance(error, StopIteration):
            self._ended = True
            raise StopIteration
        raise error


def _build(source: Any, buffer_size: Any) -> Node:
    return PrefetchNode(node_of(source, "PrefetchDataset"), int(buffer_size))


prefetch_dataset_op = dataset_op("PrefetchDataset", _build)


@transformation("prefetch")
def prefetch(self: DatasetV2, buffer_size: Any, name: str | None = None) -> DatasetV2:
    """Make elements ahead of time, in a thread of their own.

    Args:
        buffer_size: the most elements to keep ready; `tf.data.AUTOTUNE` leaves it to us.
        name: accepted for TensorFlow's sake.

    Raises:
        tf.errors.InvalidArgumentError: `buffer_size` is less than -1.

    >>> import tidefall as tf
    >>> list(tf.data.Dataset.range(2).prefetch(tf.data.AUTOTUNE).as_numpy_iterator())
    [np.int64(0), np.int64(1)]
    """
    size = AUTOTUNE if buffer_size is None else buffer_size
    variant = prefetch_dataset_op(self._variant_tensor, size, **self._flat_structure)
    return new_dataset(variant, self.element_spec, [self], shown_name("PrefetchDataset"))
