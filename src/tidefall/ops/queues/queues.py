"""`tf.queue`: queues of tensors between threads."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from tidefall.base.dtypes import as_dtype, int32, int64
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope, state
from tidefall.op import raw
from tidefall.op.registry import find_op
from tidefall.ops.random.seeds import get_seed
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor, SymbolicTensor


def _dtype_list(dtypes: Any) -> list[Any]:
    if not isinstance(dtypes, (list, tuple)):
        dtypes = [dtypes]
    return [as_dtype(dtype) for dtype in dtypes]


def _shape_list(
    shapes: Any, dtypes: Sequence[Any], partial: bool = False
) -> list[TensorShape] | None:
    """The shapes of the components, or None where they may be of any shape."""
    if shapes is None:
        if partial:
            raise ValueError("When providing partial shapes, a list of shapes must be provided.")
        return None
    if isinstance(shapes, TensorShape):
        shapes = [shapes]
    if not isinstance(shapes, (tuple, list)):
        raise TypeError(
            "Shapes must be a TensorShape or a list or tuple of TensorShapes, got "
            f"{type(shapes)} instead."
        )
    if all(size is None or isinstance(size, int) for size in shapes):
        if partial:
            raise ValueError("When providing partial shapes, a list of shapes must be provided.")
        shapes = [shapes]  # that of a single component
    found = [TensorShape(shape) for shape in shapes]
    if not partial and not all(shape.is_fully_defined() for shape in found):
        raise ValueError(f"All shapes must be fully defined: {found}")
    if partial and any(shape.rank is None for shape in found):
        raise ValueError("When providing partial shapes, a list of shapes must be provided.")
    if partial and len(found) != len(dtypes):
        raise ValueError(
            f"Shapes must be provided for all components, but received {len(dtypes)} dtypes and "
            f"{len(found)} shapes."
        )
    return found


def _name_list(names: Any, dtypes: Sequence[Any]) -> list[str] | None:
    if names is None:
        return None
    if not isinstance(names, (list, tuple)):
        raise TypeError("names must be a list or tuple of strings.")
    if len(names) != len(dtypes):
        raise ValueError(
            "List of names must have the same length as the list of dtypes, received "
            f"len(names)={len(names)},len(dtypes)={len(dtypes)}"
        )
    return list(names)


@export("queue.QueueBase")
class QueueBase:
    """What all kinds of queues do.

    An element has one or several components, each of its own dtype and, if the queue has shapes,
    of a shape. Threads that find the queue full or empty wait.

    Args:
        dtypes: dtypes of the components.
        shapes: shapes of the components, or None.
        names: names of the components, or None; with them elements are dicts.
        queue_ref: the handle.

    >>> import tidefall as tf
    >>> queue = tf.queue.FIFOQueue(3, [tf.int32])
    >>> isinstance(queue, tf.queue.QueueBase)
    True
    >>> queue.enqueue_many([[7, 8]])
    >>> int(queue.dequeue()), int(queue.size())
    (7, 1)
    """

    def __init__(self, dtypes: Any, shapes: Any, names: Any, queue_ref: Any):
        self._dtypes = dtypes
        if shapes is not None:
            if len(shapes) != len(dtypes):
                raise ValueError(
                    "Queue shapes must have the same length as dtypes, received "
                    f"len(shapes)={len(shapes)}, len(dtypes)={len(dtypes)}"
                )
            self._shapes = [TensorShape(shape) for shape in shapes]
        else:
            self._shapes = [TensorShape(None) for _ in dtypes]
        if names is not None:
            if len(names) != len(dtypes):
                raise ValueError(
                    "Queue names must have the same length as dtypes, received "
                    f"len(names)={len(names)}, len(dtypes)={len(dtypes)}"
                )
            if dtypes and not names:
                raise ValueError("Queue names cannot be empty.")
        self._names = names
        self._queue_ref = queue_ref
        # Eager tensors have no names; TensorFlow calls the queue so.
        in_graph = isinstance(queue_ref, SymbolicTensor)
        self._name = queue_ref.op.name.rpartition("/")[2] if in_graph else "Empty"

    @staticmethod
    def from_list(index: Any, queues: Sequence[QueueBase]) -> QueueBase:
        """One of several queues, chosen by a number that is known when it is used.

        Args:
            index: an integer scalar.
            queues: queues of the same dtypes and names.

        Raises:
            TypeError: if `queues` is no list of queues, or they differ.
        """
        if (
            not queues
            or not isinstance(queues, list)
            or not all(isinstance(queue, QueueBase) for queue in queues)
        ):
            raise TypeError("A list of queues expected")
        if any(queue.dtypes != queues[0].dtypes for queue in queues):
            raise TypeError("Queues do not have matching component dtypes.")
        if any(queue.names != queues[0].names for queue in queues):
            raise TypeError("Queues do not have matching component names.")
        shapes = [_common_shape(column) for column in zip(*(q.shapes for q in queues), strict=True)]
        if isinstance(queues[0].queue_ref, EagerTensor):
            handle = queues[int(index)].queue_ref
        else:
            handles = raw.Pack([queue.queue_ref for queue in queues], axis=0)
            handle = raw.GatherV2(handles, convert_to_tensor(index, int32), 0)
        return QueueBase(queues[0].dtypes, shapes, queues[0].names, handle)

    @property
    def queue_ref(self) -> Any:
        """The handle of the queue."""
        return self._queue_ref

    @property
    def name(self) -> str:
        """Name of the node that makes the queue."""
        if isinstance(self._queue_ref, EagerTensor):
            return self._name
        return self._queue_ref.op.name

    @property
    def dtypes(self) -> list[Any]:
        """Dtypes of the components."""
        return self._dtypes

    @property
    def shapes(self) -> list[TensorShape]:
        """Shapes of the components."""
        return self._shapes

    @property
    def names(self) -> list[str] | None:
        """Names of the components, or None."""
        return self._names

    # ---- adding ----

    def enqueue(self, vals: Any, name: str | None = None) -> Any:
        """Add one element; wait while the queue is full.

        Args:
            vals: a tensor, a list of one tensor for each component, or a dict of them by name.
            name: name of the node.

        Returns:
            The node, in a graph.

        Raises:
            tf.errors.CancelledError: if the queue is closed.
            ValueError, TypeError: for components of other shapes or dtypes.
        """
        with self._scope(name, "enqueue") as scope:
            tensors = self._components(vals)
            for tensor, shape in zip(tensors, self._shapes, strict=False):
                tensor.shape.assert_is_compatible_with(shape)
            return self._op("QueueEnqueue", tensors, name=scope)

    def enqueue_many(self, vals: Any, name: str | None = None) -> Any:
        """Add several elements; wait while the queue is full.

        Args:
            vals: as for `enqueue`, with one more dimension in front, of the same size for all
                components: `[count, ...]`.
            name: name of the node.

        Returns:
            The node, in a graph.

        Raises:
            tf.errors.CancelledError: if the queue is closed.
            ValueError, TypeError: for components of other shapes or dtypes.
        """
        with self._scope(name, "EnqueueMany") as scope:
            tensors = self._components(vals)
            count = TensorShape([None])
            for tensor, shape in zip(tensors, self._shapes, strict=False):
                known = tensor.shape.with_rank_at_least(1)
                count = count.merge_with(known[:1])
                known[1:].assert_is_compatible_with(shape)
            return self._op("QueueEnqueueMany", tensors, name=scope)

    def _components(self, vals: Any) -> list[Any]:
        if isinstance(vals, Mapping):
            if self._names is None:
                raise ValueError("Queue must have names to enqueue a dictionary")
            if sorted(self._names, key=str) != sorted(vals, key=str):
                raise ValueError(
                    "Keys in dictionary to enqueue do not match names of Queue.  Dictionary: "
                    f"{sorted(vals)},Queue: {sorted(self._names)}"
                )
            vals = [vals[key] for key in self._names]
        else:
            if self._names is not None:
                raise ValueError("You must enqueue a dictionary in a Queue with names")
            if not isinstance(vals, (list, tuple)):
                vals = [vals]
        return [
            convert_to_tensor(value, dtype, name=f"component_{i}")
            for i, (value, dtype) in enumerate(zip(vals, self._dtypes, strict=False))
        ]

    # ---- taking ----

    def dequeue(self, name: str | None = None) -> Any:
        """Take one element; wait while there is none.

        Args:
            name: name of the node.

        Returns:
            The tensor of its component, a list of them, or a dict of them by name.

        Raises:
            tf.errors.OutOfRangeError: if the queue is closed and empty.
        """
        found = self._op(
            "QueueDequeue", name=name or f"{self._name}_Dequeue", component_types=self._dtypes
        )
        return self._element(found, ())

    def dequeue_many(self, n: Any, name: str | None = None) -> Any:
        """Take `n` elements together; wait until there are so many.

        Args:
            n: how many, an int32 scalar.
            name: name of the node.

        Returns:
            As `dequeue`, with tensors `[n, ...]`.

        Raises:
            tf.errors.OutOfRangeError: if the queue is closed and has fewer.
            tf.errors.InvalidArgumentError: if the queue has no shapes.
        """
        name = name or f"{self._name}_DequeueMany"
        found = self._op("QueueDequeueMany", n, name=name, component_types=self._dtypes)
        return self._element(found, (_known_count(found, 1),))

    def dequeue_up_to(self, n: Any, name: str | None = None) -> Any:
        """Take `n` elements together, or what is left of a closed queue.

        Args:
            n: how many, an int32 scalar.
            name: name of the node.

        Returns:
            As `dequeue`, with tensors of `n` rows at most.

        Raises:
            tf.errors.OutOfRangeError: if the queue is closed and empty.
            tf.errors.InvalidArgumentError: if the queue has no shapes.
        """
        name = name or f"{self._name}_DequeueUpTo"
        found = self._op("QueueDequeueUpTo", n, name=name, component_types=self._dtypes)
        return self._element(found, (None,))

    def _element(self, tensors: list[Any], count: tuple[int | None, ...]) -> Any:
        if state.graph is not None:
            for tensor, shape in zip(tensors, self._shapes, strict=True):
                tensor.set_shape(TensorShape(count).concatenate(shape))
        if self._names is not None:
            return dict(zip(self._names, tensors, strict=True))
        return tensors[0] if len(tensors) == 1 else tensors

    # ---- its state ----

    def close(self, cancel_pending_enqueues: bool = False, name: str | None = None) -> Any:
        """Accept no more elements; those that are there can still be taken.

        Args:
            cancel_pending_enqueues: give an error to those that wait to add elements, instead of
                waiting for them.
            name: name of the node.

        Returns:
            The node, in a graph.
        """
        return self._op(
            "QueueClose",
            name=name or f"{self._name}_Close",
            cancel_pending_enqueues=cancel_pending_enqueues,
        )

    def is_closed(self, name: str | None = None) -> Any:
        """Whether the queue is closed, a bool scalar.

        Args:
            name: name of the node.
        """
        return self._op("QueueIsClosed", name=name or f"{self._name}_Is_Closed")

    def size(self, name: str | None = None) -> Any:
        """How many elements there are, an int32 scalar.

        Args:
            name: name of the node.
        """
        return self._op("QueueSize", name=name or f"{self._name}_Size")

    def _op(self, kind: str, *inputs: Any, name: str, **attrs: Any) -> Any:
        reference = self._queue_ref.dtype.base_dtype.name != "resource"
        found = find_op(kind if reference else f"{kind}V2")
        return found(self._queue_ref, *inputs, name=name, **attrs)

    def _scope(self, name: str | None, default: str) -> Any:
        return name_scope(name or f"{self._name}_{default}")


def _known_count(tensors: Sequence[Any], index: int) -> int | None:
    """The number of rows asked for, if it is known in the graph."""
    if state.graph is None:
        return None
    node = tensors[0].op
    found = node.graph.static_value(node.inputs[index])
    return None if found is None else int(found)


def _common_shape(shapes: Sequence[TensorShape]) -> TensorShape:
    """The dimensions that shapes have in common."""
    ranks = {shape.rank for shape in shapes}
    if len(ranks) > 1 or None in ranks:
        return TensorShape(None)
    columns = zip(*(shape.as_list() for shape in shapes), strict=True)
    return TensorShape([sizes[0] if len(set(sizes)) == 1 else None for sizes in columns])


def _make(kind: str, name: str, shared_name: str | None, shapes: Any, **attrs: Any) -> Any:
    """The handle of a new queue."""
    return find_op(f"{kind}V2")(
        shapes=shapes or [], shared_name=shared_name or "", name=name, **attrs
    )


@export("queue.FIFOQueue")
class FIFOQueue(QueueBase):
    """A queue whose elements leave in the order they came.

    Args:
        capacity: how many elements fit; any number if negative.
        dtypes: dtype of the component, or a list of dtypes.
        shapes: a list of fully defined shapes; needed to take several elements together.
        names: names of the components; with them elements are dicts.
        shared_name: a name under which the queue is shared.
        name: name of the node.

    >>> import tidefall as tf
    >>> queue = tf.queue.FIFOQueue(10, tf.int32, shapes=[()])
    >>> queue.enqueue_many([[1, 2, 3]])
    >>> queue.dequeue().numpy(), queue.dequeue_many(2).numpy()
    (np.int32(1), array([2, 3], dtype=int32))
    """

    def __init__(
        self,
        capacity: int,
        dtypes: Any,
        shapes: Any = None,
        names: Any = None,
        shared_name: str | None = None,
        name: str = "fifo_queue",
    ):
        dtypes = _dtype_list(dtypes)
        shapes = _shape_list(shapes, dtypes)
        names = _name_list(names, dtypes)
        handle = _make(
            "FIFOQueue", name, shared_name, shapes, capacity=capacity, component_types=dtypes
        )
        super().__init__(dtypes, shapes, names, handle)


@export("queue.PaddingFIFOQueue")
class PaddingFIFOQueue(QueueBase):
    """A queue whose components may differ in size; taken together they are padded with zeros.

    Args:
        capacity: how many elements fit; any number if negative.
        dtypes: dtype of the component, or a list of dtypes.
        shapes: a list of shapes, whose dimensions may be None.
        names: names of the components; with them elements are dicts.
        shared_name: a name under which the queue is shared.
        name: name of the node.

    >>> import tidefall as tf
    >>> queue = tf.queue.PaddingFIFOQueue(10, tf.int32, [[None]])
    >>> queue.enqueue([[1, 2]])
    >>> queue.enqueue([[3]])
    >>> queue.dequeue_many(2).numpy().tolist()
    [[1, 2], [3, 0]]
    """

    def __init__(
        self,
        capacity: int,
        dtypes: Any,
        shapes: Any,
        names: Any = None,
        shared_name: str | None = None,
        name: str = "padding_fifo_queue",
    ):
        dtypes = _dtype_list(dtypes)
        shapes = _shape_list(shapes, dtypes, partial=True)
        names = _name_list(names, dtypes)
        handle = _make(
            "PaddingFIFOQueue", name, shared_name, shapes, capacity=capacity, component_types=dtypes
        )
        super().__init__(dtypes, shapes, names, handle)


@export("queue.PriorityQueue")
class PriorityQueue(QueueBase):
    """A queue whose elements of the lowest priority leave first.

    Args:
        capacity: how many elements fit; any number if negative.
        types: dtypes of the components; an int64 scalar, the priority, comes before them.
        shapes: a list of fully defined shapes.
        names: names of the components; with them elements are dicts.
        shared_name: a name under which the queue is shared.
        name: name of the node.

    >>> import tidefall as tf
    >>> queue = tf.queue.PriorityQueue(10, tf.string, [()])
    >>> queue.enqueue_many([[3, 1, 2], ["c", "a", "b"]])
    >>> queue.dequeue()[1].numpy()
    b'a'
    """

    def __init__(
        self,
        capacity: int,
        types: Any,
        shapes: Any = None,
        names: Any = None,
        shared_name: str | None = None,
        name: str = "priority_queue",
    ):
        types = _dtype_list(types)
        shapes = _shape_list(shapes, types)
        handle = _make(
            "PriorityQueue", name, shared_name, shapes, capacity=capacity, component_types=types
        )
        all_shapes = None if shapes is None else [TensorShape(()), *shapes]
        super().__init__([int64, *types], all_shapes, names, handle)


@export("queue.RandomShuffleQueue")
class RandomShuffleQueue(QueueBase):
    """A queue whose elements leave in random order.

    Args:
        capacity: how many elements fit; any number if negative.
        min_after_dequeue: how many have to stay while it is open, to be mixed with later ones.
        dtypes: dtype of the component, or a list of dtypes.
        shapes: a list of fully defined shapes; needed to take several elements together.
        names: names of the components; with them elements are dicts.
        seed: seed of the order.
        shared_name: a name under which the queue is shared.
        name: name of the node.

    >>> import tidefall as tf
    >>> queue = tf.queue.RandomShuffleQueue(10, 0, tf.int32, [()], seed=1)
    >>> queue.enqueue_many([[1, 2, 3]])
    >>> sorted(queue.dequeue_many(3).numpy().tolist())
    [1, 2, 3]
    """

    def __init__(
        self,
        capacity: int,
        min_after_dequeue: int,
        dtypes: Any,
        shapes: Any = None,
        names: Any = None,
        seed: int | None = None,
        shared_name: str | None = None,
        name: str = "random_shuffle_queue",
    ):
        dtypes = _dtype_list(dtypes)
        shapes = _shape_list(shapes, dtypes)
        names = _name_list(names, dtypes)
        seed1, seed2 = get_seed(seed)
        if seed1 is None and seed2 is None:
            seed1, seed2 = 0, 0
        elif seed is None and shared_name is not None:
            digest = hashlib.md5(f"{seed1}{shared_name}".encode(), usedforsecurity=False)
            seed2 = int(digest.hexdigest()[:8], 16) & 0x7FFFFFFF
        handle = _make(
            "RandomShuffleQueue",
            name,
            shared_name,
            shapes,
            capacity=capacity,
            min_after_dequeue=min_after_dequeue,
            component_types=dtypes,
            seed=seed1,
            seed2=seed2,
        )
        super().__init__(dtypes, shapes, names, handle)
