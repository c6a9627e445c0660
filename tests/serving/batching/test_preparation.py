"""A model is made ready for all its batch sizes, by what the first batch looked like."""

import numpy as np
import pytest

import tidefall as tf
from tidefall.base import errors
from tidefall.runtime.policy import compile_service, tiers
from tidefall.runtime.policy.tier_policy import TierPolicy
from tidefall.serving import Signature, TensorInfo
from tidefall.serving.batching import preparation
from tidefall.serving.batching.automatic import AutomaticPolicy
from tidefall.serving.batching.executor import BatchingExecutor
from tidefall.serving.batching.fixed import FixedPolicy
from tidefall.serving.batching.parameters import BatchingParameters
from tidefall.serving.batching.preparation import prepare
from tidefall.serving.batching.scheduler import BatchScheduler
from tidefall.serving.models.saved_model import SavedModelServable
from tidefall.serving.models.servable import FunctionServable

ROWS = TensorInfo("float32", (None, 3))


@pytest.fixture
def scheduler():
    scheduler = BatchScheduler(1)
    yield scheduler
    scheduler.stop()


class Model:
    """Knows which sizes it was run with, and which of them at once."""

    def __init__(self, most_rows=1 << 20):
        self.ran, self.compiled, self.most_rows = [], [], most_rows
        self.signature = Signature({"x": ROWS}, {"y": ROWS}, self.run, compiles=True)

    def run(self, arrays):
        rows = len(arrays["x"])
        if rows > self.most_rows:
            raise errors.InvalidArgumentError(None, None, f"{rows} rows are too many")
        assert (arrays["x"] == arrays["x"][0]).all()
        (self.compiled if compile_service.is_blocking() else self.ran).append(rows)
        return {"y": arrays["x"]}


def inputs(rows=2):
    return {"x": np.arange(3 * rows, dtype=np.float32).reshape(rows, 3)}


@pytest.fixture(params=[True, False], ids=["slow on the host", "quick on the host"])
def slow(request, monkeypatch):
    quick = -1.0 if request.param else 1e9
    monkeypatch.setattr(tiers, "policy", TierPolicy(quick=quick))
    return request.param


def test_all_allowed_sizes_are_prepared_unless_the_host_is_quick(scheduler, slow):
    model = Model()
    parameters = BatchingParameters(max_batch_size=8, allowed_batch_sizes=(2, 8))
    prepare("here", model.signature, inputs(), FixedPolicy(parameters), scheduler)
    assert set(model.ran) == {2, 8}
    assert model.compiled == ([2, 8] if slow else [])


def test_automatic_sizes_are_tried_while_they_are_fast_enough(scheduler, slow):
    model, policy = Model(), AutomaticPolicy(target=1e6, largest=16)
    prepare("here", model.signature, inputs(), policy, scheduler)
    assert model.compiled == ([1, 2, 4, 8, 16] if slow else [])
    assert policy.rows == 16


def test_sizes_too_slow_for_the_latency_are_left_out(monkeypatch, scheduler):
    monkeypatch.setattr(preparation, "_time", lambda signature, batch: 0.01 * len(batch["x"]))
    policy = AutomaticPolicy(target=0.1)
    prepare("here", Model().signature, inputs(), policy, scheduler)
    assert policy.rows == 4  # Twice 0.04 s fits into the share of 0.1 s that is planned with.


def test_a_model_that_refuses_a_size_keeps_what_it_has(scheduler, slow):
    model, policy = Model(most_rows=4), AutomaticPolicy(target=1e6)
    prepare("here", model.signature, inputs(), policy, scheduler)
    assert set(model.ran) == {1, 2, 4}
    assert policy.rows == 8  # The next one is tried by a batch, as ever.


@pytest.mark.parametrize("compiles", [True, False])
def test_the_first_batch_of_each_shape_has_its_sizes_prepared(
    jobs, scheduler, tmp_path, compiles, wait_for
):
    run = lambda arrays: {"y": arrays["x"]}  # noqa: E731
    free = TensorInfo("float32", (None, None))
    signature = Signature({"x": free}, {"y": free}, run, compiles=compiles)
    servable = FunctionServable({"serving_default": signature})
    executor = BatchingExecutor("m", tmp_path, servable, scheduler, None, 0.05)
    answers = []
    for count, width in enumerate((3, 3, 5, 3), start=1):
        row = {"x": np.zeros((1, width), np.float32)}
        executor.start(signature, row, None, lambda *answer: answers.append(answer))
        wait_for(lambda: len(answers) == count)  # noqa: B023 - used at once
    scheduler.stop()
    assert len(jobs) == (2 if compiles else 0)


def exported(tmp_path, function):
    module = tf.Module()
    module.count = tf.Variable(0.0)
    rows = tf.TensorSpec([None, 3], tf.float32, "x")
    module.run = tf.function(lambda x: {"y": function(module, x)}, input_signature=[rows])
    tf.saved_model.save(module, str(tmp_path), signatures=module.run)
    return SavedModelServable(tmp_path).signatures["serving_default"]


def lettered(module, x):
    return tf.strings.as_string(x)


@pytest.mark.parametrize(
    ("function", "compiles"),
    [
        (lambda module, x: x * 2.0 + module.count, True),
        (lambda module, x: x + module.count.assign_add(1.0), False),
        (lambda module, x: x + tf.random.normal([]), False),
        (lettered, False),
    ],
    ids=["computes", "assigns", "draws", "strings"],
)
def test_only_signatures_that_just_compute_are_run_unasked(tmp_path, function, compiles):
    assert exported(tmp_path, function).compiles is compiles
