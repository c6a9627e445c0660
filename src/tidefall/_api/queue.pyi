# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.queue`."""

from collections.abc import Sequence
import tidefall as tf
from tidefall._api._types import TensorLike
from typing import Any

class FIFOQueue(tf.queue.QueueBase):
    """A queue whose elements leave in the order they came."""
    def __init__(self, capacity: int, dtypes: Any, shapes: Any = None, names: Any = None, shared_name: str | None = None, name: str = 'fifo_queue') -> None: ...
class PaddingFIFOQueue(tf.queue.QueueBase):
    """A queue whose components may differ in size; taken together they are padded with zeros."""
    def __init__(self, capacity: int, dtypes: Any, shapes: Any, names: Any = None, shared_name: str | None = None, name: str = 'padding_fifo_queue') -> None: ...
class PriorityQueue(tf.queue.QueueBase):
    """A queue whose elements of the lowest priority leave first."""
    def __init__(self, capacity: int, types: Any, shapes: Any = None, names: Any = None, shared_name: str | None = None, name: str = 'priority_queue') -> None: ...
class QueueBase:
    """What all kinds of queues do."""
    def __init__(self, dtypes: Any, shapes: Any, names: Any, queue_ref: Any) -> None: ...
    @staticmethod
    def from_list(index: TensorLike, queues: Sequence[tf.queue.QueueBase]) -> tf.queue.QueueBase:
        """One of several queues, chosen by a number that is known when it is used."""
    @property
    def queue_ref(self) -> Any:
        """The handle of the queue."""
    @property
    def name(self) -> str:
        """Name of the node that makes the queue."""
    @property
    def dtypes(self) -> list[Any]:
        """Dtypes of the components."""
    @property
    def shapes(self) -> list[tf.TensorShape]:
        """Shapes of the components."""
    @property
    def names(self) -> list[str] | None:
        """Names of the components, or None."""
    def enqueue(self, vals: Any, name: str | None = None) -> Any:
        """Add one element; wait while the queue is full."""
    def enqueue_many(self, vals: Any, name: str | None = None) -> Any:
        """Add several elements; wait while the queue is full."""
    def dequeue(self, name: str | None = None) -> Any:
        """Take one element; wait while there is none."""
    def dequeue_many(self, n: Any, name: str | None = None) -> Any:
        """Take `n` elements together; wait until there are so many."""
    def dequeue_up_to(self, n: Any, name: str | None = None) -> Any:
        """Take `n` elements together, or what is left of a closed queue."""
    def close(self, cancel_pending_enqueues: bool = False, name: str | None = None) -> Any:
        """Accept no more elements; those that are there can still be taken."""
    def is_closed(self, name: str | None = None) -> tf.Tensor:
        """Whether the queue is closed, a bool scalar."""
    def size(self, name: str | None = None) -> tf.Tensor:
        """How many elements there are, an int32 scalar."""
class RandomShuffleQueue(tf.queue.QueueBase):
    """A queue whose elements leave in random order."""
    def __init__(self, capacity: int, min_after_dequeue: int, dtypes: Any, shapes: Any = None, names: Any = None, seed: int | None = None, shared_name: str | None = None, name: str = 'random_shuffle_queue') -> None: ...
