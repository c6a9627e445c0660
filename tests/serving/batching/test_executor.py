"""Batches as they are run: who shares one, who gets which answer, what goes wrong alone."""

import logging
import threading
import time

import numpy as np
import pytest

from tidefall.base import errors
from tidefall.serving import FunctionServable, Signature, TensorInfo
from tidefall.serving.batching.executor import BatchingExecutor
from tidefall.serving.batching.parameters import BatchingParameters
from tidefall.serving.batching.scheduler import BatchScheduler

ROWS = TensorInfo("float32", (None,))
PAIRS = TensorInfo("float32", (None, 2))
FREE = TensorInfo("float32", (None, None))


class Answer:
    """What `done` was called with."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.calls = []

    def __call__(self, outputs, error, batch=None) -> None:
        self.calls.append((outputs, error))
        self.batch = batch
        self.event.set()

    def wait(self):
        assert self.event.wait(20)
        assert len(self.calls) == 1
        return self.calls[0]

    def value(self, name="y"):
        outputs, error = self.wait()
        assert error is None, error
        return outputs[name].tolist()

    def error(self):
        outputs, error = self.wait()
        assert outputs is None
        return error


class Model:
    """Runs `function`, but not before `gate` is open; knows the shapes it was run with."""

    def __init__(self, function, inputs, outputs) -> None:
        self.gate = threading.Event()
        self.begun = threading.Semaphore(0)
        self.shapes = []
        self.function = function
        self.signature = Signature(inputs, outputs, self.run)

    def run(self, arrays):
        self.shapes.append(next(iter(arrays.values())).shape)
        self.begun.release()
        assert self.gate.wait(20)
        return self.function(arrays)


def doubling(inputs=ROWS, outputs=ROWS):
    return Model(lambda arrays: {"y": arrays["x"] * 2}, {"x": inputs}, {"y": outputs})


@pytest.fixture
def batching(tmp_path):
    """Makes an executor over models, by name of their signature."""
    schedulers = []

    def make(models, threads=1, observers=(), **parameters):
        scheduler = BatchScheduler(threads)
        schedulers.append((scheduler, models))
        servable = FunctionServable({name: model.signature for name, model in models.items()})
        given = BatchingParameters(**parameters) if parameters else None
        return BatchingExecutor("m", tmp_path / "1", servable, scheduler, given, 0.05, observers)

    yield make
    for scheduler, models in schedulers:
        for model in models.values():
            model.gate.set()
        scheduler.stop()
    assert not [t for t in threading.enumerate() if t.name.startswith("batch_threads")]


def ask(executor, model, x, deadline=None, dtype=np.float32):
    answer = Answer()
    executor.start(model.signature, {"x": np.asarray(x, dtype)}, deadline, answer)
    return answer


def busy(executor, model):
    """Has the model's thread run a first request, so that what comes now waits."""
    first = ask(executor, model, [0.0])
    assert model.begun.acquire(timeout=20)
    return first


def test_requests_that_wait_together_run_together(batching):
    model = doubling()
    executor = batching({"s": model}, max_batch_size=8)
    first = busy(executor, model)
    answers = [ask(executor, model, x) for x in ([1], [2, 3], [4])]
    model.gate.set()
    assert first.value() == [0]
    assert [answer.value() for answer in answers] == [[2], [4, 6], [8]]
    assert model.shapes == [(1,), (4,)]


def test_batches_are_padded_to_allowed_sizes(batching):
    model = doubling()
    executor = batching({"s": model}, max_batch_size=8, allowed_batch_sizes=(1, 4, 8))
    busy(executor, model)
    answers = [ask(executor, model, [x]) for x in range(5)]
    model.gate.set()
    assert [answer.value() for answer in answers] == [[2 * x] for x in range(5)]
    assert model.shapes == [(1,), (8,)]
    [told] = {answer.batch for answer in answers}
    assert (told.requests, told.rows, told.size) == (5, 5, 8)


def test_a_batch_ends_where_the_next_request_does_not_fit(batching):
    model = doubling()
    executor = batching({"s": model}, max_batch_size=4)
    busy(executor, model)
    answers = [ask(executor, model, x) for x in ([1, 2, 3], [4, 5], [6])]
    model.gate.set()
    assert [answer.value() for answer in answers] == [[2, 4, 6], [8, 10], [12]]
    assert model.shapes == [(1,), (3,), (3,)]


def test_a_large_request_is_spread_over_batches(batching):
    model = doubling()
    executor = batching({"s": model}, max_batch_size=4)
    model.gate.set()
    assert ask(executor, model, range(10)).value() == [2.0 * x for x in range(10)]
    assert sorted(model.shapes) == [(2,), (4,), (4,)]


def test_a_large_request_may_be_refused(batching):
    model = doubling()
    executor = batching({"s": model}, max_batch_size=4, enable_large_batch_splitting=False)
    error = ask(executor, model, range(5)).error()
    assert isinstance(error, errors.InvalidArgumentError)
    assert error.message == "Task size 5 is larger than maximum input batch size 4"


def test_different_shapes_go_to_different_batches(batching):
    model = doubling(FREE, FREE)
    executor = batching({"s": model}, max_batch_size=8)
    busy_answer = ask(executor, model, [[0.0]])
    assert model.begun.acquire(timeout=20)
    answers = [ask(executor, model, x) for x in ([[1]], [[2, 3]], [[4]])]
    model.gate.set()
    assert [answer.value() for answer in (busy_answer, *answers)] == [
        [[0]],
        [[2]],
        [[4, 6]],
        [[8]],
    ]
    assert model.shapes == [(1, 1), (2, 1), (1, 2)]


def test_different_lengths_share_a_batch_where_they_may(batching):
    model = doubling(FREE, FREE)
    executor = batching({"s": model}, max_batch_size=8, pad_variable_length_inputs=True)
    ask(executor, model, [[0.0]])
    assert model.begun.acquire(timeout=20)
    answers = [ask(executor, model, x) for x in ([[1]], [[2, 3]])]
    model.gate.set()
    assert [answer.value() for answer in answers] == [[[2, 2]], [[4, 6]]]
    assert model.shapes == [(1, 1), (2, 2)]


def refusing(bad):
    def function(arrays):
        if (arrays["x"] == bad).any():
            raise errors.InvalidArgumentError(None, None, f"{bad} is not a valid value")
        return {"y": arrays["x"] * 2}

    return Model(function, {"x": ROWS}, {"y": ROWS})


def test_the_error_of_one_request_does_not_hurt_the_others(batching):
    model = refusing(13)
    executor = batching({"s": model}, max_batch_size=8)
    busy(executor, model)
    answers = [ask(executor, model, [x]) for x in (1, 13, 2)]
    model.gate.set()
    assert answers[0].value() == [2] and answers[2].value() == [4]
    assert answers[1].error().message == "13 is not a valid value"
    assert model.shapes == [(1,), (3,), (1,), (1,), (1,)]


def test_a_lone_request_that_fails_is_not_run_twice(batching):
    model = refusing(13)
    executor = batching({"s": model}, max_batch_size=8)
    model.gate.set()
    assert isinstance(ask(executor, model, [13]).error(), errors.InvalidArgumentError)
    assert model.shapes == [(1,)]


def test_what_is_not_the_fault_of_inputs_is_not_run_again(batching):
    def function(arrays):
        raise errors.ResourceExhaustedError(None, None, "out of memory")

    model = Model(function, {"x": ROWS}, {"y": ROWS})
    executor = batching({"s": model}, max_batch_size=8)
    busy(executor, model)
    answers = [ask(executor, model, [x]) for x in range(3)]
    model.gate.set()
    assert {answer.error().message for answer in answers} == {"out of memory"}
    assert model.shapes == [(1,), (3,)]


def test_a_model_without_rows_in_its_outputs_is_run_singly_and_that_is_said_once(batching, caplog):
    unknown = TensorInfo("float32", None)
    model = Model(lambda arrays: {"y": arrays["x"].sum()}, {"x": ROWS}, {"y": unknown})
    executor = batching({"s": model}, max_batch_size=8)
    model.gate.set()
    with caplog.at_level(logging.WARNING, "tidefall.serving"):
        assert [ask(executor, model, x).value() for x in ([1, 2], [3], [4, 5])] == [3, 3, 9]
    (record,) = caplog.records
    assert "requests are not batched any more: output 'y' has shape []" in record.getMessage()


def test_a_signature_without_rows_is_run_singly(batching, caplog):
    scalar = TensorInfo("float32", ())
    model = doubling(scalar, scalar)
    model.gate.set()
    with caplog.at_level(logging.INFO, "tidefall.serving"):
        executor = batching({"s": model}, max_batch_size=8)
    assert "m version 1, signature s: requests are not batched: input 'x'" in caplog.text
    assert ask(executor, model, 3).value() == 6


def test_no_model_is_run_on_the_thread_that_brings_a_request(batching):
    scalar = TensorInfo("float32", ())
    rows, alone, threads = doubling(), doubling(scalar, scalar), set()
    for model in (rows, alone):
        model.gate.set()
        model.function = lambda arrays: (
            threads.add(threading.current_thread()) or {"y": arrays["x"]}
        )
    executor = batching({"rows": rows, "alone": alone}, max_batch_size=8)
    for model, x in ((rows, [1]), (rows, []), (alone, 1)):
        ask(executor, model, x).value()
    assert threads and threading.current_thread() not in threads


def test_a_model_that_takes_only_single_rows_is_found_out(batching, caplog):
    def function(arrays):
        if arrays["x"].shape != (1,):
            raise errors.InvalidArgumentError(None, None, "expected shape [1]")
        return {"y": arrays["x"] * 2}

    one = TensorInfo("float32", (1,))
    model = Model(function, {"x": one}, {"y": one})
    executor = batching({"s": model}, max_batch_size=2)
    busy(executor, model)
    answers = [ask(executor, model, [x]) for x in range(10)]
    model.gate.set()
    assert [answer.value() for answer in answers] == [[2 * x] for x in range(10)]
    assert model.shapes.count((2,)) == 3
    assert "3 batches failed whose requests did not" in caplog.text


def test_a_request_past_its_deadline_is_not_run(batching):
    model = doubling()
    executor = batching({"s": model}, max_batch_size=8)
    busy(executor, model)
    late = ask(executor, model, [1], deadline=time.monotonic())
    timely = ask(executor, model, [2], deadline=time.monotonic() + 60)
    model.gate.set()
    assert isinstance(late.error(), errors.DeadlineExceededError)
    assert timely.value() == [4]
    assert model.shapes == [(1,), (1,)]


def test_what_does_not_fit_into_the_queue_is_refused(batching):
    model = doubling()
    executor = batching({"s": model}, max_batch_size=2, max_enqueued_batches=2)
    busy(executor, model)
    answers = [ask(executor, model, [x]) for x in range(4)]
    error = ask(executor, model, [4]).error()
    assert isinstance(error, errors.ResourceExhaustedError)
    assert "4 rows wait, of at most 4; try again later" in error.message
    model.gate.set()
    assert [answer.value() for answer in answers] == [[2 * x] for x in range(4)]


def test_signatures_take_turns(batching):
    first, second = doubling(), doubling()
    order = []
    for name, model in (("first", first), ("second", second)):
        model.function = lambda arrays, name=name: order.append(name) or {"y": arrays["x"]}
    executor = batching({"first": first, "second": second}, max_batch_size=1)
    busy(executor, first)
    answers = [ask(executor, first, [x]) for x in range(4)]
    answers += [ask(executor, second, [x]) for x in range(2)]
    first.gate.set()
    second.gate.set()
    for answer in answers:
        answer.wait()
    assert order == ["first", "first", "second", "first", "second", "first", "first"]


def test_a_batch_waits_for_its_timeout_and_not_when_it_is_full(batching):
    model = doubling()
    executor = batching({"s": model}, max_batch_size=2, batch_timeout_micros=3_600_000_000)
    model.gate.set()
    lone = ask(executor, model, [1])
    assert not lone.event.wait(0.05)
    assert ask(executor, model, [2]).value() == [4]
    assert lone.value() == [2]
    assert model.shapes == [(2,)]


def test_stopping_runs_what_waits_at_once(batching):
    model = doubling()
    executor = batching({"s": model}, max_batch_size=9, batch_timeout_micros=3_600_000_000)
    model.gate.set()
    answer = ask(executor, model, [1])
    batcher = next(iter(executor._batchers.values()))
    batcher._scheduler.stop()
    assert answer.value() == [2]
    assert isinstance(ask(executor, model, [1]).error(), errors.UnavailableError)


def test_without_parameters_a_batch_is_what_came_while_the_last_one_ran(batching):
    model = doubling()
    executor = batching({"s": model})
    model.gate.set()
    for _ in range(30):  # Sizes are tried as requests come.
        answers = [ask(executor, model, [x]) for x in range(16)]
        assert [answer.value() for answer in answers] == [[2 * x] for x in range(16)]
    assert set(model.shapes) <= {(1,), (2,), (4,), (8,), (16,)}
    assert max(model.shapes) > (1,)


def test_observers_hear_of_each_batch(batching, wait_for):
    model, seen = doubling(), []
    executor = batching(
        {"s": model}, observers=[seen.append], max_batch_size=4, allowed_batch_sizes=(1, 4)
    )
    busy(executor, model)
    answers = [ask(executor, model, x) for x in ([1], [2, 3])]
    model.gate.set()
    for answer in answers:
        answer.wait()
    wait_for(lambda: len(seen) == 2)
    last = seen[1]
    assert (last.model, last.signature_name) == ("m", "s")
    assert (last.requests, last.rows, last.size, last.limit) == (2, 3, 4, 4)
    assert last.waited > 0 and last.seconds >= 0


def test_every_request_of_many_threads_gets_its_own_answer(batching):
    model = doubling()
    executor = batching({"s": model}, threads=2)
    model.gate.set()
    failures = []

    def client(number):
        for i in range(50):
            x = [number * 1000 + i] * (1 + i % 3)
            value = ask(executor, model, x).value()
            if value != [2.0 * v for v in x]:
                failures.append((x, value))

    clients = [threading.Thread(target=client, args=(n,)) for n in range(8)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    assert not failures
