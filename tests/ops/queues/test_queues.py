"""Queues: what TensorFlow gives, waits for and refuses."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tidefall as tf

errors = tf.errors


class Waiter:
    """A call in a thread, which waits."""

    def __init__(self, call: Callable[[], Any]):
        self.result: Any = None

        def run() -> None:
            try:
                self.result = call()
            except Exception as error:  # noqa: BLE001 - the caller looks at it
                self.result = error

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()

    def is_waiting(self) -> bool:
        self._thread.join(0.05)
        return self._thread.is_alive()

    def done(self) -> Any:
        self._thread.join(20)
        assert not self._thread.is_alive()
        return self.result


def _ints(capacity: int, values: list[int]) -> Any:
    queue = tf.queue.FIFOQueue(capacity, tf.int32, shapes=[()])
    queue.enqueue_many([values])
    return queue


def test_elements_leave_in_order() -> None:
    queue = tf.queue.FIFOQueue(9, [tf.int32, tf.float32], shapes=[[], [2]])
    queue.enqueue((1, [1.0, 2.0]))
    queue.enqueue_many(([2, 3], [[3.0, 4.0], [5.0, 6.0]]))
    assert int(queue.size()) == 3
    first = queue.dequeue()
    assert [t.numpy().tolist() for t in first] == [1, [1.0, 2.0]]
    rest = queue.dequeue_many(2)
    assert [t.numpy().tolist() for t in rest] == [[2, 3], [[3.0, 4.0], [5.0, 6.0]]]
    assert [t.dtype for t in rest] == [tf.int32, tf.float32]


def test_priority_queue_gives_the_smallest_first() -> None:
    queue = tf.queue.PriorityQueue(10, [tf.string], [()])
    queue.enqueue_many(([3, 1, 2, 1], ["c", "a", "b", "a2"]))
    keys, values = queue.dequeue_many(4)
    assert keys.numpy().tolist() == [1, 1, 2, 3]
    assert values.numpy().tolist() == [b"a", b"a2", b"b", b"c"]


def test_padding_queue_pads_with_zeros() -> None:
    queue = tf.queue.PaddingFIFOQueue(10, [tf.int32], [[None]])
    for row in ([1, 2], [3], [4, 5, 6]):
        queue.enqueue([row])
    assert queue.dequeue_many(3).numpy().tolist() == [[1, 2, 0], [3, 0, 0], [4, 5, 6]]


def test_padding_of_strings_is_empty() -> None:
    queue = tf.queue.PaddingFIFOQueue(10, [tf.string], [[None]])
    queue.enqueue([["a", "b"]])
    queue.enqueue([["c"]])
    assert queue.dequeue_many(2).numpy().tolist() == [[b"a", b"b"], [b"c", b""]]


def test_shuffled_order_is_tensorflows() -> None:
    tf.random.set_seed(None)
    queue = tf.queue.RandomShuffleQueue(20, 5, [tf.int32], [()], seed=3)
    queue.enqueue_many((list(range(15)),))
    assert queue.dequeue_many(10).numpy().tolist() == [2, 3, 0, 8, 14, 6, 10, 12, 7, 5]
    queue.close()
    assert queue.dequeue_up_to(10).numpy().tolist() == [9, 4, 1, 11, 13]


def test_names_make_elements_dicts() -> None:
    queue = tf.queue.FIFOQueue(5, [tf.int32, tf.float32], names=["a", "b"], shapes=[[], []])
    queue.enqueue({"a": 1, "b": 2.0})
    found = queue.dequeue()
    assert {key: float(value) for key, value in found.items()} == {"a": 1.0, "b": 2.0}
    with pytest.raises(ValueError, match="You must enqueue a dictionary"):
        queue.enqueue((1, 2.0))
    with pytest.raises(ValueError, match="do not match names of Queue"):
        queue.enqueue({"a": 1})


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda q: q.enqueue((1,)), errors.InvalidArgumentError, "Signature mismatch"),
        (lambda q: q.enqueue((1, [1.0, 2.0, 3.0])), ValueError, r"\(3,\) and \(2,\)"),
        (lambda q: q.enqueue((1.5, [1.0, 2.0])), TypeError, "1.5"),
        (lambda q: q.enqueue_many(([1, 2], [[1.0, 2.0]])), ValueError, "not compatible"),
        (lambda q: q.dequeue_many(-1), errors.InvalidArgumentError, "requested -1 < 0"),
        (lambda q: q.enqueue({"a": 1}), ValueError, "must have names"),
    ],
)
def test_bad_elements_are_refused(call: Any, error: type[Exception], text: str) -> None:
    queue = tf.queue.FIFOQueue(3, [tf.int32, tf.float32], shapes=[[], [2]])
    with pytest.raises(error, match=text):
        call(queue)


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda q: q.FIFOQueue(1, [tf.int32], [[None]]), ValueError, "fully defined"),
        (lambda q: q.FIFOQueue(1, [tf.int32], [[1], [2]]), errors.InvalidArgumentError, "number"),
        (lambda q: q.PaddingFIFOQueue(1, [tf.int32], [None]), ValueError, "partial shapes"),
        (lambda q: q.PaddingFIFOQueue(1, [tf.int32] * 2, [[1]]), ValueError, "2 dtypes and 1"),
        (lambda q: q.FIFOQueue(1, [tf.int32] * 2, names=["a"]), ValueError, "same length"),
        (lambda q: q.RandomShuffleQueue(3, 3, [tf.int32]), errors.InvalidArgumentError, "capacity"),
    ],
)
def test_bad_queues_are_refused(make: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        make(tf.queue)


def test_a_closed_queue_gives_what_is_left() -> None:
    queue = _ints(5, [1, 2, 3])
    assert not bool(queue.is_closed())
    queue.close()
    assert bool(queue.is_closed())
    with pytest.raises(errors.CancelledError, match="is closed"):
        queue.enqueue(4)
    with pytest.raises(errors.OutOfRangeError, match="requested 4, current size 3"):
        queue.dequeue_many(4)
    assert queue.dequeue_up_to(4).numpy().tolist() == [1, 2, 3]
    with pytest.raises(errors.OutOfRangeError, match="requested 1, current size 0"):
        queue.dequeue()
    with pytest.raises(errors.CancelledError, match="already closed"):
        queue.close()


def test_taking_waits_for_an_element() -> None:
    queue = _ints(5, [])
    waiter = Waiter(lambda: queue.dequeue_many(2))
    queue.enqueue(1)
    assert waiter.is_waiting()
    queue.enqueue(2)
    assert waiter.done().numpy().tolist() == [1, 2]


def test_adding_waits_for_room() -> None:
    queue = _ints(1, [1])
    waiter = Waiter(lambda: queue.enqueue_many([[2, 3, 4]]))
    assert waiter.is_waiting()
    assert [int(queue.dequeue()) for _ in range(4)] == [1, 2, 3, 4]
    assert waiter.done() is None


def test_closing_wakes_those_that_take() -> None:
    queue = _ints(5, [7])
    waiter = Waiter(lambda: queue.dequeue_many(3))
    assert waiter.is_waiting()
    queue.close()
    assert isinstance(waiter.done(), errors.OutOfRangeError)
    assert int(queue.dequeue()) == 7, "what it had taken is put back"


def test_closing_waits_for_those_that_add() -> None:
    queue = _ints(1, [1])
    adding = Waiter(lambda: queue.enqueue(2))
    assert adding.is_waiting()
    closing = Waiter(queue.close)
    assert closing.is_waiting()
    assert not bool(queue.is_closed())
    assert [int(queue.dequeue()), int(queue.dequeue())] == [1, 2]
    assert adding.done() is None and closing.done() is None
    with pytest.raises(errors.OutOfRangeError):
        queue.dequeue()


def test_closing_can_cancel_those_that_add() -> None:
    queue = _ints(1, [1])
    waiter = Waiter(lambda: queue.enqueue(2))
    assert waiter.is_waiting()
    queue.close(cancel_pending_enqueues=True)
    assert "Enqueue operation was cancelled" in str(waiter.done())
    assert isinstance(waiter.result, errors.CancelledError)


def test_producers_and_consumers_lose_nothing() -> None:
    queue = _ints(3, [])
    makers = [Waiter(lambda k=k: [queue.enqueue(100 * k + i) for i in range(30)]) for k in range(4)]
    takers = [Waiter(lambda: [int(queue.dequeue()) for _ in range(40)]) for _ in range(3)]
    found = sorted(n for taker in takers for n in taker.done())
    assert all(len(maker.done()) == 30 for maker in makers)
    assert found == sorted(100 * k + i for k in range(4) for i in range(30))


def test_functions_use_queues_from_outside() -> None:
    queue = _ints(9, [1, 2])

    @tf.function
    def step() -> Any:
        queue.enqueue(5)
        return queue.dequeue(), queue.size(), queue.dequeue_many(2)

    one, size, rest = step()
    assert (int(one), int(size), rest.numpy().tolist()) == (1, 2, [2, 5])
    graph = step.get_concrete_function().graph
    shapes = [t.shape.as_list() for n in graph.nodes for t in n.outputs if "Many" in n.type]
    assert shapes == [[2]]


def test_sessions_have_queues_of_their_own() -> None:
    v1 = tf.compat.v1
    with tf.Graph().as_default():
        queue = v1.FIFOQueue(5, [tf.int32], shapes=[[]])
        add, take, size = queue.enqueue([3]), queue.dequeue(), queue.size()
        assert add.name == "fifo_queue_enqueue" and take.name == "fifo_queue_Dequeue:0"
        with v1.Session() as first, v1.Session() as second:
            first.run(add)
            assert (first.run(size), second.run(size)) == (1, 0)
            assert first.run(take) == 3


def test_nodes_of_one_run_may_wait_for_each_other() -> None:
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        queue = v1.FIFOQueue(1, [tf.int32], shapes=[[]])
        take = queue.dequeue_many(4) * 10
        add = queue.enqueue_many([[1, 2, 3, 4]])
        assert session.run([take, add])[0].tolist() == [10, 20, 30, 40]
        with tf.control_dependencies([queue.enqueue(8)]):
            after = queue.dequeue() + 1
        assert session.run(after) == 9


def test_threads_of_one_session_do_not_keep_each_other_waiting() -> None:
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        queue = v1.FIFOQueue(2, [tf.int32], shapes=[[]])
        x = v1.placeholder(tf.int32, [])
        add, take, close = queue.enqueue(x), queue.dequeue(), queue.close()
        taker = Waiter(lambda: [int(session.run(take)) for _ in range(10)])
        for i in range(10):
            session.run(add, {x: i})
        assert taker.done() == list(range(10))
        session.run(close)
        with pytest.raises(errors.OutOfRangeError):
            session.run(take)


def test_closing_a_session_wakes_its_threads() -> None:
    v1 = tf.compat.v1
    with tf.Graph().as_default():
        session = v1.Session()
        take = v1.FIFOQueue(2, [tf.int32], shapes=[[]]).dequeue()
        waiter = Waiter(lambda: session.run(take))
        assert waiter.is_waiting()
        session.close()
        assert isinstance(waiter.done(), errors.CancelledError)


def test_one_of_several_queues_is_chosen_when_it_is_used() -> None:
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        queues = [v1.FIFOQueue(5, [tf.int32], shapes=[[]]) for _ in range(2)]
        session.run([queues[0].enqueue(10), queues[1].enqueue(20)])
        which = v1.placeholder(tf.int32, [])
        chosen = v1.QueueBase.from_list(which, queues).dequeue()
        assert session.run(chosen, {which: 1}) == 20
        assert session.run(chosen, {which: 0}) == 10


def test_queues_are_shared_by_name() -> None:
    first = tf.queue.FIFOQueue(5, tf.int32, shared_name="shared by name")
    second = tf.queue.FIFOQueue(5, tf.int32, shared_name="shared by name")
    first.enqueue(4)
    assert int(second.dequeue()) == 4


# ---- critical sections ----


def test_critical_sections_exclude_each_other() -> None:
    section, total = tf.CriticalSection(), tf.Variable(0)

    def add() -> Any:
        return section.execute(lambda: total.assign(total + 1))

    workers = [Waiter(lambda: [add() for _ in range(50)]) for _ in range(4)]
    for worker in workers:
        worker.done()
    assert int(total) == 200
    assert int(tf.function(add)()) == 201


def test_critical_section_gives_what_the_function_gives() -> None:
    section = tf.CriticalSection()
    found = section.execute(lambda: (1, {"a": tf.constant(2)}))
    assert isinstance(found[0], tf.Tensor) and int(found[1]["a"]) == 2
    assert section.execute(lambda: None) is None
    with pytest.raises(ValueError, match="already running"):
        section.execute(lambda: section.execute(lambda: 1))


def test_a_failed_critical_section_is_left() -> None:
    section = tf.CriticalSection()

    @tf.function
    def fail(x: Any) -> Any:
        return section.execute(lambda: tf.debugging.check_numerics(x, "bad"))

    with pytest.raises(errors.InvalidArgumentError, match="bad"):
        fail(tf.constant(np.nan))
    assert int(section.execute(lambda: tf.constant(2))) == 2


def test_critical_section_in_a_session() -> None:
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        section, other = tf.CriticalSection(name="cs"), tf.CriticalSection()
        v = v1.get_variable("v", initializer=1.0, use_resource=True)
        session.run(v.initializer)
        update = section.execute(lambda: v.assign_add(1.0))
        assert session.run(update) == 2.0
        with pytest.raises(ValueError, match="exclusive resource access"):
            other.execute(lambda: v.assign_add(1.0))
