"""Queues of input that threads fill: file names, numbers, slices, for so many epochs."""

from __future__ import annotations

from typing import Any

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.base.state import name_scope, state
from tidefall.graph.control_dependencies import control_dependencies
from tidefall.op import raw
from tidefall.ops.array.identity import identity
from tidefall.ops.array.ranges import range as make_range
from tidefall.ops.array.shapes_of import shape as shape_of
from tidefall.ops.debugging.assertions import assert_
from tidefall.ops.queues.queues import FIFOQueue
from tidefall.ops.random.stateful_functions import shuffle as random_shuffle
from tidefall.ops.slices.gathering import gather
from tidefall.tensor.conversion import constant, convert_to_tensor
from tidefall.v1.functions.summaries import scalar
from tidefall.v1.graphs.graph_keys import GraphKeys
from tidefall.v1.input.queues.queue_runner import QueueRunner, add_queue_runner
from tidefall.v1.variables.state_ops import count_up_to
from tidefall.v1.variables.v1_variable import Variable

NOT_EAGER = (
    "Input pipelines based on Queues are not supported when eager execution is enabled. Please use "
    "tf.data to ingest data into your model instead."
)


@export("compat.v1.train.limit_epochs")
def limit_epochs(tensor: Any, num_epochs: int | None = None, name: str | None = None) -> Any:
    """A tensor that can be computed so many times, and then raises OutOfRangeError.

    Args:
        tensor: the tensor.
        num_epochs: how many times; None for any number.
        name: name of the node.

    Returns:
        A tensor like `tensor`. The count is a local variable, which has to be initialised.

    Raises:
        ValueError: for a number that is not positive.
    """
    if num_epochs is None:
        return tensor
    if num_epochs <= 0:
        raise ValueError(f"num_epochs must be > 0 not {num_epochs}.")
    with name_scope(name or "limit_epochs") as scope:
        epochs = Variable(
            constant(0, dtypes.int64),
            name="epochs",
            trainable=False,
            collections=[GraphKeys.LOCAL_VARIABLES],
        )
        counter = count_up_to(epochs, num_epochs)
        with control_dependencies([counter]):
            return identity(tensor, name=scope)


@export("compat.v1.train.input_producer")
def input_producer(
    input_tensor: Any,
    element_shape: Any = None,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    summary_name: str | None = None,
    name: str | None = None,
    cancel_op: Any = None,
) -> Any:
    """A queue of the rows of a tensor, filled again and again.

    Args:
        input_tensor: the rows, `[count, ...]`.
        element_shape: shape of a row, where it is not known.
        num_epochs: how often each row comes; None for any number.
        shuffle: whether to shuffle the rows anew each time.
        seed: seed of the order.
        capacity: how many rows the queue holds.
        shared_name: a name under which the queue is shared.
        summary_name: name of a summary of how full the queue is.
        name: name of the queue.
        cancel_op: what closes the queue when the coordinator stops.

    Returns:
        The queue, whose runner is in the collection of the graph.

    Raises:
        RuntimeError: in eager code.
        ValueError: if the shape of the rows is not known.
    """
    if state.graph is None:
        raise RuntimeError(NOT_EAGER)
    with name_scope(name or "input_producer"):
        input_tensor = convert_to_tensor(input_tensor, name="input_tensor")
        element_shape = input_tensor.shape[1:].merge_with(element_shape)
        if not element_shape.is_fully_defined():
            raise ValueError(
                "Either `input_tensor` must have a fully defined shape or `element_shape` must be "
                "specified"
            )
        if shuffle:
            input_tensor = random_shuffle(input_tensor, seed=seed)
        input_tensor = limit_epochs(input_tensor, num_epochs)
        queue = FIFOQueue(
            capacity=capacity,
            dtypes=[input_tensor.dtype.base_dtype],
            shapes=[element_shape],
            shared_name=shared_name,
            name=name,  # type: ignore[arg-type]
        )
        enqueue = queue.enqueue_many([input_tensor])
        add_queue_runner(QueueRunner(queue, [enqueue], cancel_op=cancel_op))
        if summary_name is not None:
            summarize_fill(queue, capacity, summary_name)
        return queue


def summarize_fill(queue: Any, capacity: int, name: str) -> None:
    """Add a summary of which part of a queue is filled."""
    scalar(name, raw.Cast(queue.size(), DstT=dtypes.float32) * (1.0 / capacity))


@export("compat.v1.train.string_input_producer")
def string_input_producer(
    string_tensor: Any,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    name: str | None = None,
    cancel_op: Any = None,
) -> Any:
    """A queue of strings such as the names of files.

    Args:
        string_tensor: the strings, `[count]`.
        num_epochs, shuffle, seed, capacity, shared_name, name, cancel_op: as for
            `input_producer`.

    Raises:
        ValueError: for an empty list.

    >>> import tidefall as tf
    >>> v1 = tf.compat.v1
    >>> with tf.Graph().as_default(), v1.Session() as session:
    ...     queue = v1.train.string_input_producer(["a", "b"], num_epochs=1, shuffle=False)
    ...     name = queue.dequeue()
    ...     session.run(v1.local_variables_initializer())
    ...     coord = tf.train.Coordinator()
    ...     threads = v1.train.start_queue_runners(session, coord)
    ...     print(session.run(name), session.run(name))
    ...     coord.request_stop()
    ...     coord.join(threads)
    b'a' b'b'
    """
    message = "string_input_producer requires a non-null input tensor"
    if not hasattr(string_tensor, "dtype") and not string_tensor:
        raise ValueError(message)
    if state.graph is None:
        raise RuntimeError(NOT_EAGER)
    with name_scope(name or "input_producer") as scope:
        string_tensor = convert_to_tensor(string_tensor, dtypes.string)
        count = raw.Size(string_tensor)
        with control_dependencies([assert_(count > 0, [message])]):
            string_tensor = identity(string_tensor)
        return input_producer(
            string_tensor,
            [],
            num_epochs,
            shuffle,
            seed,
            capacity,
            shared_name,
            f"fraction_of_{capacity}_full",
            scope,
            cancel_op,
        )


@export("compat.v1.train.range_input_producer")
def range_input_producer(
    limit: Any,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """A queue of the integers from 0 to `limit - 1`.

    Args:
        limit: an int32 scalar.
        num_epochs, shuffle, seed, capacity, shared_name, name: as for `input_producer`.
    """
    with name_scope(name or "input_producer") as scope:
        return input_producer(
            make_range(limit),
            [],
            num_epochs,
            shuffle,
            seed,
            capacity,
            shared_name,
            f"fraction_of_{capacity}_full",
            scope,
        )


@export("compat.v1.train.slice_input_producer")
def slice_input_producer(
    tensor_list: Any,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    name: str | None = None,
) -> list[Any]:
    """One row of each of some tensors, another one each time it is computed.

    Args:
        tensor_list: tensors with the same number of rows.
        num_epochs, shuffle, seed, capacity, shared_name, name: as for `input_producer`.

    Returns:
        A list of tensors, the rows.

    Raises:
        ValueError: for an empty list.
    """
    with name_scope(name or "input_producer"):
        tensors = [convert_to_tensor(tensor) for tensor in tensor_list]
        if not tensors:
            raise ValueError("Expected at least one tensor in slice_input_producer().")
        count = shape_of(tensors[0])[0]
        queue = range_input_producer(count, num_epochs, shuffle, seed, capacity, shared_name)
        index = queue.dequeue()
        return [gather(tensor, index) for tensor in tensors]
