"""Compiling while calls go on, and in the first call."""

import threading
import weakref
from functools import partial
from queue import Queue
from types import SimpleNamespace

import numpy as np
import pytest

import tidefall as tf
from tidefall.runtime import beside, tiers


@pytest.fixture
def function(monkeypatch):
    """A function of one plan that is due to be compiled with its second call."""
    monkeypatch.setattr(tiers, "COMPILE_SECONDS", -1.0)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    def double(x):
        return x * 2.0

    return double


def plan_of(function) -> tiers.TieredPlan:
    return function.get_concrete_function().graph_function.executable()


def test_calls_stay_on_the_host_until_the_program_is_there(function, jobs):
    x = tf.constant([1.0, 2.0])
    for _ in range(3):
        np.testing.assert_array_equal(function(x), [2.0, 4.0])
    plan = plan_of(function)
    assert not plan._compiled
    assert len(jobs) == 1
    jobs.pop()()
    assert list(plan._compiled) == [((2,),)]
    np.testing.assert_array_equal(function(x), [2.0, 4.0])
    assert not jobs


@pytest.mark.parametrize(("least", "compiled"), [(1e-9, 1), (60.0, 0)])
def test_what_the_host_does_at_once_is_not_compiled(function, jobs, monkeypatch, least, compiled):
    monkeypatch.setattr(tiers, "COMPILE_SECONDS", 0.0)
    monkeypatch.setattr(tiers, "QUICK", least)
    for _ in range(4):
        function(tf.zeros([2]))
    assert len(jobs) == compiled


def test_each_shape_is_compiled_once(function, jobs):
    for size in (1, 2, 3) * 3:
        function(tf.zeros([size]))
    assert len(jobs) == 3


def test_what_assigns_variables_is_compiled_in_the_call(monkeypatch, jobs):
    monkeypatch.setattr(tiers, "COMPILE_SECONDS", -1.0)
    variable = tf.Variable(0.0)

    @tf.function
    def count(x):
        return variable.assign_add(x)

    for _ in range(4):
        count(tf.constant(1.0))
    assert not jobs
    assert variable.numpy() == 4.0


def test_a_full_queue_leaves_the_function_on_the_host(function, monkeypatch):
    monkeypatch.setattr(beside, "_jobs", True)
    monkeypatch.setattr(beside, "submit", lambda job: False)
    for _ in range(3):
        np.testing.assert_array_equal(function(tf.constant([1.0])), [2.0])
    assert not plan_of(function)._awaited


def test_at_once_compiles_in_the_first_call_of_this_thread_only(monkeypatch):
    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    def double(x):
        return x * 2.0

    compiled = []

    def other():
        double(tf.zeros([3]))
        compiled.append(dict(plan_of(double)._compiled))

    with beside.at_once():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        np.testing.assert_array_equal(double(tf.constant([1.0, 2.0])), [2.0, 4.0])
    assert compiled == [{}]
    assert list(plan_of(double)._compiled) == [((2,),)]
    assert not beside.is_at_once()


@pytest.mark.parametrize(
    ("host", "compiled", "kept"), [(1.0, 3.0, 0), (3.0, 1.0, 1), (2.0, 2.1, 1)]
)
def test_the_faster_way_is_kept(monkeypatch, host, compiled, kept):
    clock = [0.0]
    monkeypatch.setattr(beside, "perf_counter", lambda: clock[0])

    def way(seconds):
        def run(values):
            clock[0] += seconds
            return []

        return run

    ways = way(host), way(compiled)
    assert beside.faster(*ways, [], "f") is ways[kept]


def test_the_thread_does_what_it_is_given():
    done = threading.Event()
    before = beside._jobs
    try:
        beside.compile_beside_calls()
        assert beside.is_beside()
        assert beside.submit(lambda: 1 / 0)
        assert beside.submit(done.set)
        assert done.wait(20)
    finally:
        beside._jobs = before


def test_the_compiler_is_read_ahead_as_far_as_it_can_be(tmp_path, monkeypatch):
    library, folder = tmp_path / "large.so", tmp_path / "unreadable.so"
    library.write_bytes(bytes(beside._BLOCK + 1))
    folder.mkdir()
    read = []

    def find_spec(name):
        read.append(name)
        return SimpleNamespace(submodule_search_locations=[str(tmp_path)])

    monkeypatch.setattr(beside, "find_spec", find_spec)
    beside._read_compiler()
    monkeypatch.setattr(beside, "find_spec", lambda name: None)
    beside._read_compiler()
    assert read == ["jaxlib"]


def test_jobs_of_the_compiling_thread_leave_nothing_behind(monkeypatch):
    jobs = Queue()
    thread = threading.Thread(target=beside._work, args=(jobs,), daemon=True)
    done, kept = threading.Event(), []

    class Values:
        pass

    def fail(values):
        raise ValueError("it does not compile")

    values = Values()
    kept.append(weakref.ref(values))
    monkeypatch.setattr(beside._log, "exception", lambda *args: None)
    monkeypatch.setattr(beside, "_read_compiler", lambda: None)
    jobs.put(partial(fail, values))
    jobs.put(done.set)
    del values
    thread.start()
    assert done.wait(20)
    assert kept[0]() is None
