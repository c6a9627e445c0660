"""`Dataset.explain` tells how a pipeline runs, and it does run like that."""

import os

import numpy as np
import pytest

import tidefall as tf
from tests.data.pipelines import PIPELINES
from tidefall.data.engine.functions import Runner

Dataset = tf.data.Dataset
HERE = os.path.basename(__file__)


def add(x):
    return x + 1


def alone(x):
    return tf.numpy_function(lambda v: v, [x], tf.int64)


def small(x):
    return x < 5


def stages(dataset):
    return [(s.name, s.way) for s in dataset.explain().stages]


def at(function):
    return f"{function.__name__} at {HERE}:{function.__code__.co_firstlineno}"


def test_a_pipeline_in_reading_order():
    images = np.zeros([100, 4], np.float32)
    dataset = Dataset.from_tensor_slices((images, np.arange(100)))
    dataset = dataset.shuffle(10, reshuffle_each_iteration=False)
    plan = dataset.map(lambda x, n: (x / 2, n)).batch(8, drop_remainder=True).prefetch(3).explain()
    names = [stage.name for stage in plan.stages]
    assert names[0] == "from_tensor_slices(2.4 KB in memory)"
    assert names[1] == "shuffle(10, reshuffle_each_iteration=False)"
    assert names[2].startswith("map(<lambda> at ")
    assert names[3:] == ["batch(8, drop_remainder=True)", "prefetch(3)"]
    assert [stage.cardinality for stage in plan.stages] == [100] * 3 + [12] * 2
    assert [stage.inputs for stage in plan.stages] == [[], [1], [2], [3], [4]]
    assert plan.stages[2].spec == dataset.element_spec
    lines = str(plan).splitlines()
    assert len(lines) == 7
    assert "(float32[8, 4], int64[8])" in lines[4]
    assert lines[-1] == "options: the defaults"
    assert repr(plan) == str(plan)


WAYS = {
    "by number": (lambda d: d.map(add), "by number, vectorised", "rows"),
    "batched": (lambda d: d.repeat().take(20).map(add).batch(4), "by rows, vectorised", "rows"),
    "taken one by one": (lambda d: d.repeat().take(20).map(add), "one by one", "call"),
    "alone": (
        lambda d: d.map(alone),
        "one by one: PyFunc works on one element at a time",
        "call",
    ),
    "alone in batches": (
        lambda d: d.repeat().take(20).map(alone).batch(4),
        "one by one: PyFunc works on one element at a time",
        "call",
    ),
    "parallel": (
        lambda d: d.map(alone, num_parallel_calls=3),
        "3 threads, in order, one by one: PyFunc works on one element at a time",
        "call",
    ),
    "parallel and vectorised": (
        lambda d: d.map(add, num_parallel_calls=3),
        "by number, vectorised",
        "rows",
    ),
    "filter": (
        lambda d: d.filter(small),
        "vectorised, asked about 1,024 elements at once",
        "rows",
    ),
    "filter one by one": (
        lambda d: d.repeat().take(20).filter(small),
        "one by one: its input is not to be had by number",
        "call",
    ),
}


@pytest.mark.parametrize("name", WAYS)
def test_functions_run_as_it_says(name, monkeypatch):
    make, way, how = WAYS[name]
    dataset = make(Dataset.range(10))
    (found,) = (way for name, way in stages(dataset) if name.startswith(("map", "filter")))
    assert found == way
    used = set()
    for method, kind in ((Runner.batch, "rows"), (Runner.__call__, "call")):

        def counted(self, *args, method=method, kind=kind):
            used.add(kind)
            return method(self, *args)

        monkeypatch.setattr(Runner, method.__name__, counted)
    list(dataset)
    assert used == {how}


def test_what_is_left_out():
    plan = Dataset.range(4).map(add, num_parallel_calls=tf.data.AUTOTUNE).prefetch(0).explain()
    assert plan.stages[1].name == f"map({at(add)}, num_parallel_calls=AUTOTUNE)"
    assert plan.stages[1].notes == ["threads are left out: it is vectorised"]
    assert plan.stages[2].notes == ["left out"]


def test_options():
    options = tf.data.Options()
    options.deterministic = False
    options.threading.private_threadpool_size = 3
    dataset = Dataset.range(4).map(alone, num_parallel_calls=tf.data.AUTOTUNE)
    plan = dataset.with_options(options).take(2).explain()
    assert plan.options == {"deterministic": False, "cpu_budget": 3}
    assert plan.stages[1].way.startswith("up to 3 threads as they pay, in any order")
    assert [s.name for s in plan.stages][::2] == ["range(0, 4, 1)", "take(2)"]
    assert str(plan).endswith("options: deterministic=False, cpu_budget=3")


def test_branches_are_numbered():
    plan = Dataset.zip(Dataset.range(4), Dataset.range(3).concatenate(Dataset.range(2))).explain()
    assert [stage.inputs for stage in plan.stages] == [[], [], [], [2, 3], [1, 4]]
    assert "zip() of 1 and 4" in str(plan)


def test_looking_changes_nothing():
    dataset = Dataset.range(20).shuffle(20, seed=7)
    expected = [[int(x) for x in dataset] for _ in range(2)]
    other = Dataset.range(20).shuffle(20, seed=7)
    found = []
    for _ in range(2):
        other.explain()
        found.append([int(x) for x in other])
    assert found == expected


@pytest.mark.parametrize(
    "make, text",
    [
        (lambda d: d.map(lambda x: {"a": x, "b": (x,)}), "{'a': int64[], 'b': (int64[],)}"),
        (lambda d: d.map(lambda x: tf.range(x)).ragged_batch(2), "RaggedTensor int64[?, ?]"),
        (lambda d: d.window(2), "Dataset of int64[]"),
        (lambda d: d.map(lambda x: tf.sparse.eye(2)), "SparseTensor float32[2, 2]"),
        (lambda d: d.map(lambda x: tf.as_string(x)), "string[]"),
    ],
)
def test_element_specs_in_few_words(make, text):
    assert text in str(make(Dataset.range(4)).explain()).splitlines()[-2]


def test_every_recorded_pipeline_can_be_explained():
    for make in PIPELINES.values():
        dataset = make(tf)
        plan = dataset.explain()
        assert plan.stages[-1].spec == dataset.element_spec
        assert all(stage.name and stage.way for stage in plan.stages)
