"""Queue runners: threads of a session that fill a queue."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Sequence
from typing import Any

from tidefall.base.errors import CancelledError, OutOfRangeError, UnimplementedError
from tidefall.base.exports import export
from tidefall.base.logs import get_logger
from tidefall.base.state import state
from tidefall.v1.graphs.graph_keys import GraphKeys, add_to_collection, get_collection
from tidefall.v1.sessions.session import BaseSession, get_default_session


@export("compat.v1.train.QueueRunner", "compat.v1.train.queue_runner.QueueRunner")
class QueueRunner:
    """Nodes that fill a queue, each to be run by a thread until the queue is closed.

    Args:
        queue: the queue.
        enqueue_ops: the nodes.
        close_op: what closes the queue when there is no more input.
        cancel_op: what closes it at once when the coordinator stops.
        queue_closed_exception_types: the errors that tell that there is no more input;
            `(tf.errors.OutOfRangeError,)` by default.
        queue_runner_def: not implemented.
        import_scope: used with `queue_runner_def` only.

    >>> import tidefall as tf
    >>> v1 = tf.compat.v1
    >>> with tf.Graph().as_default(), v1.Session() as session:
    ...     queue = v1.FIFOQueue(4, tf.int32, shapes=[()])
    ...     runner = v1.train.QueueRunner(queue, [queue.enqueue(7)] * 2)
    ...     coord = tf.train.Coordinator()
    ...     threads = runner.create_threads(session, coord, start=True)
    ...     print(session.run(queue.dequeue_many(6)))
    ...     coord.request_stop()
    ...     coord.join(threads)
    [7 7 7 7 7 7]
    """

    def __init__(
        self,
        queue: Any = None,
        enqueue_ops: Sequence[Any] | None = None,
        close_op: Any = None,
        cancel_op: Any = None,
        queue_closed_exception_types: Any = None,
        queue_runner_def: Any = None,
        import_scope: str | None = None,
    ):
        if state.graph is None:
            raise RuntimeError(
                "QueueRunners are not supported when eager execution is enabled. Instead, please "
                "use tf.data to get data into your model."
            )
        if queue_runner_def is not None:
            raise UnimplementedError(
                None, None, "QueueRunner(queue_runner_def=...) is not implemented in Tidefall."
            )
        if not queue or not enqueue_ops:
            raise ValueError("Must provide queue and enqueue_ops.")
        self._queue = queue
        self._enqueue_ops = list(enqueue_ops)
        self._close_op = queue.close() if close_op is None else close_op
        if cancel_op is None:
            cancel_op = queue.close(cancel_pending_enqueues=True)
        self._cancel_op = cancel_op
        self._closed_types = _checked_types(queue_closed_exception_types)
        self._lock = threading.Lock()
        self._runs: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
        self._raised: list[BaseException] = []

    @property
    def queue(self) -> Any:
        """The queue."""
        return self._queue

    @property
    def enqueue_ops(self) -> list[Any]:
        """The nodes that the threads run."""
        return self._enqueue_ops

    @property
    def close_op(self) -> Any:
        """What closes the queue when there is no more input."""
        return self._close_op

    @property
    def cancel_op(self) -> Any:
        """What closes the queue at once."""
        return self._cancel_op

    @property
    def queue_closed_exception_types(self) -> tuple[type[Exception], ...]:
        """The errors that tell that there is no more input."""
        return self._closed_types

    @property
    def exceptions_raised(self) -> list[BaseException]:
        """The errors of threads that ran without a coordinator."""
        return self._raised

    @property
    def name(self) -> str:
        """Name of the queue."""
        return self._queue.name

    def create_threads(
        self, sess: Any, coord: Any = None, daemon: bool = False, start: bool = False
    ) -> list[threading.Thread]:
        """The threads that fill the queue in a session.

        Args:
            sess: the session.
            coord: the coordinator that stops them and is told their errors.
            daemon: whether the program may end while they run.
            start: whether to start them.

        Returns:
            The threads; none if they run in this session already.
        """
        with self._lock:
            if self._runs.get(sess, 0) > 0:
                return []
            self._runs[sess] = len(self._enqueue_ops)
            self._raised = []
        threads = [
            threading.Thread(
                target=self._run,
                args=(sess, node, coord),
                name=f"QueueRunnerThread-{self.name}-{node.name}",
            )
            for node in self._enqueue_ops
        ]
        if coord is not None:
            threads.append(
                threading.Thread(
                    target=self._close_on_stop,
                    args=(sess, coord),
                    name=f"QueueRunnerThread-{self.name}-close_on_stop",
                )
            )
        for thread in threads:
            if coord is not None:
                coord.register_thread(thread)
            if daemon:
                thread.daemon = True
            if start:
                thread.start()
        return threads

    def _run(self, sess: Any, node: Any, coord: Any) -> None:
        """Run a node until the queue or its input is closed, or the coordinator stops."""
        counted = False
        try:
            add = sess.make_callable(node)
            while coord is None or not coord.should_stop():
                try:
                    add()
                except self._closed_types:
                    counted = True
                    if self._is_last(sess):
                        self._try(sess, self._close_op)
                    return
        except Exception as error:
            if coord is not None:
                coord.request_stop(error)
            else:
                get_logger().error("Exception in QueueRunner: %s", error)
                with self._lock:
                    self._raised.append(error)
                raise
        finally:
            if not counted:
                self._is_last(sess)

    def _is_last(self, sess: Any) -> bool:
        with self._lock:
            self._runs[sess] -= 1
            return self._runs[sess] == 0

    @staticmethod
    def _try(sess: Any, node: Any) -> None:
        """Close the queue; somebody else may have done so, or closed the session."""
        try:
            sess.run(node)
        except (CancelledError, RuntimeError) as error:
            get_logger().debug("Ignored exception: %s", error)

    def _close_on_stop(self, sess: Any, coord: Any) -> None:
        coord.wait_for_stop()
        self._try(sess, self._cancel_op)

    @staticmethod
    def from_proto(queue_runner_def: Any, import_scope: str | None = None) -> Any:
        """Queue runners are not read from messages."""
        return QueueRunner(queue_runner_def=queue_runner_def, import_scope=import_scope)


def _checked_types(types: Any) -> tuple[type[Exception], ...]:
    if types is None:
        return (OutOfRangeError,)
    good = isinstance(types, tuple) and types
    if not good or not all(isinstance(t, type) and issubclass(t, Exception) for t in types):
        raise TypeError(
            "queue_closed_exception_types, when provided, must be a tuple of tf.errors types, but "
            f"saw: {types}"
        )
    return types


@export("compat.v1.train.add_queue_runner", "compat.v1.train.queue_runner.add_queue_runner")
def add_queue_runner(qr: QueueRunner, collection: str = GraphKeys.QUEUE_RUNNERS) -> None:
    """Add a queue runner to those that `start_queue_runners` starts.

    Args:
        qr: the queue runner.
        collection: the collection of the graph.
    """
    add_to_collection(collection, qr)


@export("compat.v1.train.start_queue_runners", "compat.v1.train.queue_runner.start_queue_runners")
def start_queue_runners(
    sess: Any = None,
    coord: Any = None,
    daemon: bool = True,
    start: bool = True,
    collection: str = GraphKeys.QUEUE_RUNNERS,
) -> list[threading.Thread]:
    """Start the queue runners of the graph.

    Args:
        sess: the session; the default one if None.
        coord: the coordinator of the threads.
        daemon: whether the program may end while they run.
        start: whether to start them.
        collection: the collection of the graph.

    Returns:
        The threads.

    Raises:
        RuntimeError: in eager code.
        ValueError: if there is no session.
    """
    if state.graph is None and sess is None:
        raise RuntimeError(
            "Queues are not compatible with eager execution; build a graph, or use tf.data."
        )
    if sess is None:
        sess = get_default_session()
        if sess is None:
            raise ValueError(
                "Cannot start queue runners: No default session is registered. Use `with "
                "sess.as_default()` or pass an explicit session to "
                "tf.start_queue_runners(sess=sess)"
            )
    if not isinstance(sess, BaseSession):
        if type(sess).__name__ in ("MonitoredSession", "SingularMonitoredSession"):
            get_logger().warning("Monitored sessions start queue runners by themselves.")
            return []
        raise TypeError(f"sess must be a `tf.Session` object. Given class: {type(sess)}")
    with sess.graph.as_default():
        return [
            thread
            for runner in get_collection(collection)
            for thread in runner.create_threads(sess, coord=coord, daemon=daemon, start=start)
        ]
