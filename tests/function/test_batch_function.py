"""`tf.nondifferentiable_batch_function` and its op: calls of several threads in one batch."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import tidefall as tf
from tidefall.function.batch_scheduler import BatchOptions, BatchScheduler

LONG = 600_000_000
"""Microseconds that no test waits for: batches run because they are full."""


def sized(x: Any) -> Any:
    """The rows, and for each the number of rows in its batch."""
    return x, tf.fill([tf.shape(x)[0]], tf.shape(x)[0])


def at_once(calls: list[Callable[[], Any]]) -> list[Future[Any]]:
    """All calls, each in a thread of its own, when they have ended."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [pool.submit(call) for call in calls]


@pytest.mark.parametrize("traced", [False, True])
def test_calls_of_several_threads_are_one_batch(traced: bool) -> None:
    batched = tf.nondifferentiable_batch_function(2, 8, LONG)(sized)
    run = tf.function(batched, input_signature=[tf.TensorSpec([None])]) if traced else batched
    rows = [np.arange(2, dtype=np.float32) + 10 * i for i in range(4)]
    found = at_once([lambda x=x: run(tf.constant(x)) for x in rows])
    for x, future in zip(rows, found, strict=True):
        values, sizes = future.result()
        np.testing.assert_array_equal(values.numpy(), x)
        assert sizes.numpy().tolist() == [8, 8]


def test_an_error_reaches_every_call_of_its_batch() -> None:
    @tf.nondifferentiable_batch_function(1, 3, LONG)
    def checked(x: Any) -> Any:
        return tf.debugging.check_numerics(x, "bad rows")

    rows = [1.0, float("nan"), 2.0]
    errors = [f.exception() for f in at_once([lambda x=x: checked(tf.constant([x])) for x in rows])]
    assert len({id(error) for error in errors}) == 3
    for error in errors:
        assert isinstance(error, tf.errors.InvalidArgumentError)
        assert "bad rows" in str(error)
    assert checked(tf.ones([3])).numpy().tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    "rows, options, sizes",
    [
        (3, {}, [3] * 3),
        (3, {"allowed_batch_sizes": [4, 8]}, [4] * 3),
        (5, {"allowed_batch_sizes": [4, 8], "enable_large_batch_splitting": False}, [8] * 5),
        (8, {"allowed_batch_sizes": [2, 3]}, [3] * 6 + [2] * 2),
        (7, {"allowed_batch_sizes": [2, 3]}, [3] * 6 + [2]),
        (0, {}, []),
    ],
)
def test_sizes_of_batches(rows: int, options: dict[str, Any], sizes: list[int]) -> None:
    batched = tf.nondifferentiable_batch_function(1, 8, 0, **options)(sized)
    found = batched(tf.range(rows))
    assert found[0].numpy().tolist() == list(range(rows))
    assert found[1].numpy().tolist() == sizes


def test_a_call_that_does_not_fit_closes_the_batch() -> None:
    scheduler = BatchScheduler(BatchOptions(1, 4, 600.0, (), 10, False))
    seen: list[int] = []
    began = threading.Event()

    def run(arrays: list[np.ndarray]) -> list[np.ndarray]:
        seen.append(len(arrays[0]))
        return arrays

    def first() -> Any:
        with scheduler._changed:
            began.set()
        return scheduler.call([np.zeros(3)], run)

    with ThreadPoolExecutor(2) as pool:
        future = pool.submit(first)
        while not scheduler._waiting:
            began.wait()
        scheduler.call([np.zeros(4)], run)
        future.result()
    assert seen == [3, 4]


@pytest.mark.parametrize(
    "options, error, match",
    [
        ({"allowed_batch_sizes": [4, 4]}, "InvalidArgumentError", "monotonically increasing"),
        ({"allowed_batch_sizes": [4, 9]}, "InvalidArgumentError", "max_batch_size"),
        (
            {"allowed_batch_sizes": [4, 7], "enable_large_batch_splitting": False},
            "InvalidArgumentError",
            "must equal max_batch_size",
        ),
        ({"max_enqueued_batches": 0}, "InvalidArgumentError", "max_enqueued_batches"),
        ({"batch_timeout_micros": -1}, "InvalidArgumentError", "batch_timeout_micros"),
        ({"max_batch_size": 0}, "InvalidArgumentError", "max_batch_size"),
        ({"max_batch_size": 2}, "InvalidArgumentError", "Task size 3 is larger than"),
        (
            {"allowed_batch_sizes": [1], "max_enqueued_batches": 2},
            "UnavailableError",
            "task size is 3 but scheduling capacity is only 2",
        ),
    ],
)
def test_options_that_cannot_be_met(options: dict[str, Any], error: str, match: str) -> None:
    given = {"num_batch_threads": 1, "max_batch_size": 8, "batch_timeout_micros": 0, **options}
    batched = tf.nondifferentiable_batch_function(**given)(sized)
    with pytest.raises(getattr(tf.errors, error), match=match):
        batched(tf.range(3))


@pytest.mark.parametrize(
    "function, args, error, match",
    [
        (lambda x: x, [tf.constant(1.0)], "InvalidArgumentError", "at least one dimension"),
        (
            lambda x, y: (x, y),
            [tf.zeros([2]), tf.zeros([3])],
            "InvalidArgumentError",
            "equal 0th-dimension size",
        ),
        (lambda x: x[:1], [tf.zeros([2])], "FailedPreconditionError", "size: 1; batch size: 2"),
        (lambda x: tf.constant(1), [tf.zeros([2])], "FailedPreconditionError", "0 dimensions"),
    ],
)
def test_bad_rows(function: Any, args: list[Any], error: str, match: str) -> None:
    with pytest.raises(getattr(tf.errors, error), match=match):
        tf.nondifferentiable_batch_function(1, 8, 0)(function)(*args)


def test_arguments_must_be_tensors() -> None:
    with pytest.raises(TypeError, match="argument 0 is a list"):
        tf.nondifferentiable_batch_function(1, 8, 0)(sized)([1, 2])


def test_batch_functions_have_no_gradient() -> None:
    x = tf.ones([2])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.nondifferentiable_batch_function(1, 8, 0)(lambda x: 2 * x)(x)
    with pytest.raises(LookupError, match="BatchFunction"):
        tape.gradient(y, x)


def test_variables_are_read_and_structures_returned() -> None:
    scale = tf.Variable(3.0)

    @tf.nondifferentiable_batch_function(1, 8, 0)
    def scaled(x: Any) -> Any:
        return {"scaled": scale * x, "rest": [x]}

    assert scaled(tf.ones([2]))["scaled"].numpy().tolist() == [3.0, 3.0]
    scale.assign(5.0)
    assert scaled(tf.ones([2]))["scaled"].numpy().tolist() == [5.0, 5.0]


def test_no_thread_is_left_behind() -> None:
    before = set(threading.enumerate())
    batched = tf.nondifferentiable_batch_function(4, 8, 0, allowed_batch_sizes=[2])(sized)
    batched(tf.range(8))
    assert set(threading.enumerate()) <= before


def test_a_saved_model_batches(tmp_path: Any) -> None:
    module = tf.Module()
    module.scale = tf.Variable(2.0)
    batched = tf.nondifferentiable_batch_function(1, 4, LONG)(
        lambda x: (module.scale * x, tf.fill([tf.shape(x)[0]], tf.shape(x)[0]))
    )
    module.serve = tf.function(batched, input_signature=[tf.TensorSpec([None])])
    tf.saved_model.save(module, str(tmp_path))
    loaded = tf.saved_model.load(str(tmp_path))
    found = at_once([lambda i=i: loaded.serve(tf.fill([2], float(i))) for i in (1, 2)])
    for i, future in enumerate(found, 1):
        values, sizes = future.result()
        assert values.numpy().tolist() == [2.0 * i, 2.0 * i]
        assert sizes.numpy().tolist() == [4, 4]
