"""Programs that read their input through queues which threads fill."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.v1.program_table import program


def _run(tf: Any, build: Callable[[Any], Any], count: int = 9) -> dict[str, Any]:
    """What a pipeline gives until its end, its nodes and its threads."""
    v1 = tf.compat.v1
    found: list[Any] = []
    with tf.Graph().as_default() as graph, v1.Session() as session:
        fetches = build(v1)
        session.run([v1.global_variables_initializer(), v1.local_variables_initializer()])
        coord = tf.train.Coordinator()
        threads = v1.train.start_queue_runners(session, coord)
        try:
            for _ in range(count):
                found.append(session.run(fetches))
        except tf.errors.OutOfRangeError:
            found.append("end")
        coord.request_stop()
        coord.join(threads)
        queues = [n.name for n in graph.get_operations() if "Queue" in n.type]
        sizes = {key: len(graph.get_collection(key)) for key in ("queue_runners", "summaries")}
    names = sorted(thread.name for thread in threads)
    return {"found": found, "threads": names, "queues": queues, "sizes": sizes}


@program
def strings_of_two_epochs(tf: Any) -> Any:
    def build(v1: Any) -> Any:
        producer = v1.train.string_input_producer(["a", "b", "c"], num_epochs=2, shuffle=False)
        return producer.dequeue()

    return _run(tf, build)


@program
def shuffled_numbers(tf: Any) -> Any:
    def build(v1: Any) -> Any:
        return v1.train.range_input_producer(4, num_epochs=1, shuffle=True, seed=3).dequeue()

    return _run(tf, build)


@program
def slices_of_several_tensors(tf: Any) -> Any:
    def build(v1: Any) -> Any:
        columns = [[1, 2, 3], ["x", "y", "z"]]
        return v1.train.slice_input_producer(columns, num_epochs=1, shuffle=False)

    return _run(tf, build)


@program
def rows_of_a_tensor(tf: Any) -> Any:
    def build(v1: Any) -> Any:
        rows = [[1, 2], [3, 4]]
        return v1.train.input_producer(rows, shuffle=False, num_epochs=2).dequeue()

    return _run(tf, build)


def _numbers(v1: Any, count: int) -> Any:
    return v1.train.slice_input_producer([list(range(count))], num_epochs=1, shuffle=False)


@program
def batches(tf: Any) -> Any:
    return _run(tf, lambda v1: v1.train.batch(_numbers(v1, 7), 3))


@program
def batches_with_a_rest(tf: Any) -> Any:
    def build(v1: Any) -> Any:
        return v1.train.batch(_numbers(v1, 7), 3, allow_smaller_final_batch=True)

    return _run(tf, build)


@program
def batches_of_dicts(tf: Any) -> Any:
    def build(v1: Any) -> Any:
        (number,) = _numbers(v1, 6)
        return v1.train.batch({"b": number, "a": tf.cast(number, tf.float32) / 2}, 3)

    return _run(tf, build)


@program
def padded_batches(tf: Any) -> Any:
    def build(v1: Any) -> Any:
        (number,) = _numbers(v1, 4)
        return v1.train.batch([tf.range(number)], 2, dynamic_pad=True)

    return _run(tf, build)


@program
def shuffled_batches(tf: Any) -> Any:
    """Which order depends on the threads, what is there does not."""

    def build(v1: Any) -> Any:
        return v1.train.shuffle_batch(_numbers(v1, 6), 2, 20, 3, seed=5)

    found = _run(tf, build)
    found["found"] = sorted(int(n) for batch in found["found"][:-1] for n in batch)
    return found


@program
def batches_of_many(tf: Any) -> Any:
    def build(v1: Any) -> Any:
        rows = tf.constant([[1, 2], [3, 4], [5, 6], [7, 8]])
        return v1.train.batch([rows], 2, enqueue_many=True)

    return _run(tf, build, 3)


@program
def batches_of_the_even(tf: Any) -> Any:
    def build(v1: Any) -> Any:
        (number,) = _numbers(v1, 9)
        return v1.train.maybe_batch([number], tf.equal(number % 2, 0), 2)

    found = _run(tf, build)
    return {key: found[key] for key in ("found", "sizes")}


@program
def batches_of_several_sources(tf: Any) -> Any:
    def build(v1: Any) -> Any:
        return v1.train.batch_join([[tf.constant(1)], [tf.constant(1)]], 2)

    return _run(tf, build, 3)


@program
def a_limited_tensor(tf: Any) -> Any:
    return _run(tf, lambda v1: v1.train.limit_epochs(tf.constant(3), num_epochs=2))


@program
def errors_of_input_threads(tf: Any) -> Any:
    """The first words of what coordinators and producers say."""
    v1 = tf.compat.v1
    found = []

    def attempt(call: Callable[[], Any]) -> None:
        try:
            call()
            found.append("nothing")
        except (ValueError, TypeError, RuntimeError) as error:
            found.append([type(error).__name__, str(error).splitlines()[0][:40]])

    with tf.Graph().as_default():
        attempt(lambda: v1.train.string_input_producer([]))
        attempt(lambda: v1.train.batch([v1.placeholder(tf.int32)], 2))
        attempt(lambda: v1.train.QueueRunner(v1.FIFOQueue(3, [tf.int32]), []))
        attempt(v1.train.start_queue_runners)
        attempt(lambda: v1.train.limit_epochs(tf.constant(1), 0))
    attempt(lambda: v1.train.string_input_producer(["a"]))
    attempt(lambda: v1.train.batch([tf.constant(1)], 2))
    coord = tf.train.Coordinator()
    with coord.stop_on_exception():
        raise RuntimeError("inside")
    attempt(coord.join)
    coord = tf.train.Coordinator()
    with coord.stop_on_exception():
        raise tf.errors.OutOfRangeError(None, None, "the end")
    attempt(coord.join)
    return [*found, coord.should_stop(), coord.joined]
