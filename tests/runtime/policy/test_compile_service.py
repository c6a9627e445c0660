"""Compiling in the background, and in the first call."""

import threading
import weakref
from functools import partial
from queue import Queue
from types import SimpleNamespace

import numpy as np
import pytest

import tidefall as tf
from tidefall.runtime.devices.threads import blas_threads, limit_blas
from tidefall.runtime.policy import compile_service, tiers
from tidefall.runtime.policy.compile_service import CompileService
from tidefall.runtime.policy.tier_policy import TierPolicy


@pytest.fixture
def function(monkeypatch):
    """A function of one plan that is due to be compiled with its second call."""
    monkeypatch.setattr(tiers, "policy", TierPolicy(compile_seconds=-1.0))

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    def double(x):
        return x * 2.0

    return double


def plan_of(function, *inputs) -> tiers.TieredExecutable:
    return function.get_concrete_function(*inputs).graph_function.executable()


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
def test_what_is_quick_on_the_host_is_not_compiled(function, jobs, monkeypatch, least, compiled):
    monkeypatch.setattr(tiers, "policy", TierPolicy(compile_seconds=0.0, quick=least))
    for _ in range(4):
        function(tf.zeros([2]))
    assert len(jobs) == compiled


def test_each_shape_is_compiled_once(function, jobs):
    for size in (1, 2, 3) * 3:
        function(tf.zeros([size]))
    assert len(jobs) == 3


def test_what_assigns_variables_is_compiled_in_the_call(monkeypatch, jobs):
    monkeypatch.setattr(tiers, "policy", TierPolicy(compile_seconds=-1.0))
    variable = tf.Variable(0.0)

    @tf.function
    def count(x):
        return variable.assign_add(x)

    for _ in range(4):
        count(tf.constant(1.0))
    assert not jobs
    assert variable.numpy() == 4.0


def test_long_calls_are_compiled_while_they_go_on(monkeypatch, jobs):
    """Without a run of the program: the variables are not touched."""
    monkeypatch.setattr(compile_service.service, "serves", False)
    monkeypatch.setattr(compile_service, "has_spare_processor", lambda: True)
    monkeypatch.setattr(tiers, "policy", TierPolicy(early_seconds=0.0, long_call=0.0))
    total = tf.Variable([1.0, 2.0])

    @tf.function
    def step(x):
        total.assign_add(x * tf.random.uniform([], 1.0, 1.0 + 1e-7))
        return tf.reduce_sum(total)

    x = tf.constant([1.0, 1.0])
    results = [float(step(x)) for _ in range(3)]
    assert len(jobs) == 1
    jobs.pop()()
    assert results == [5.0, 7.0, 9.0]
    plan = plan_of(step, x)
    assert plan._compiled
    seconds = plan._xla.seconds
    assert float(step(x)) == 11.0
    assert plan._xla.seconds == seconds  # the call compiled nothing
    assert not jobs


def test_what_fails_while_calls_go_on_stays_on_the_host(monkeypatch, jobs):
    monkeypatch.setattr(compile_service.service, "serves", False)
    monkeypatch.setattr(compile_service, "has_spare_processor", lambda: True)
    monkeypatch.setattr(tiers, "policy", TierPolicy(early_seconds=0.0, long_call=0.0))

    @tf.function
    def some(x, n):
        return x[: tf.reduce_sum(n)]

    x, n = tf.constant([1.0, 2.0, 3.0]), tf.constant([1, 1])
    for _ in range(3):
        np.testing.assert_array_equal(some(x, n), [1.0, 2.0])
    jobs.pop()()
    for _ in range(3):
        np.testing.assert_array_equal(some(x, n), [1.0, 2.0])
    assert not plan_of(some, x, n)._compiled


def test_a_full_queue_leaves_the_function_on_the_host(function, monkeypatch):
    monkeypatch.setattr(compile_service, "service", SimpleNamespace(serves=True, submit=bool))
    monkeypatch.setattr(compile_service.service, "submit", lambda job: False)
    for _ in range(3):
        np.testing.assert_array_equal(function(tf.constant([1.0])), [2.0])
    assert not plan_of(function)._awaited


def test_blocking_compiles_in_the_first_call_of_this_thread_only(monkeypatch):
    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    def double(x):
        return x * 2.0

    compiled = []

    def other():
        double(tf.zeros([3]))
        compiled.append(dict(plan_of(double)._compiled))

    with compile_service.blocking():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        np.testing.assert_array_equal(double(tf.constant([1.0, 2.0])), [2.0, 4.0])
    assert compiled == [{}]
    assert list(plan_of(double)._compiled) == [((2,),)]
    assert not compile_service.is_blocking()


@pytest.mark.parametrize(
    ("host", "compiled", "kept"), [(1.0, 3.0, 0), (3.0, 1.0, 1), (2.0, 2.1, 1)]
)
def test_the_faster_way_is_kept(monkeypatch, host, compiled, kept):
    clock = [0.0]
    monkeypatch.setattr(compile_service, "perf_counter", lambda: clock[0])

    def way(seconds):
        def run(values):
            clock[0] += seconds
            return []

        return run

    ways = way(host), way(compiled)
    assert compile_service.faster(*ways, [], "f") is ways[kept]


@pytest.fixture
def service():
    made = CompileService()
    yield made
    made.close()


def test_the_thread_does_what_it_is_given(service, monkeypatch):
    monkeypatch.setattr(compile_service, "_read_compiler", lambda: None)
    done = threading.Event()
    assert service.submit(lambda: 1 / 0)
    assert service.submit(done.set)
    assert done.wait(20)


def test_closing_drops_what_waits(service, monkeypatch):
    monkeypatch.setattr(compile_service, "_read_compiler", lambda: None)
    begun, go_on, dropped = threading.Event(), threading.Event(), []
    assert service._thread is None
    service.submit(lambda: (begun.set(), go_on.wait(20)))
    service.submit(lambda: dropped.append(1))
    assert begun.wait(20)
    thread = service._thread
    service.close(timeout=0.0)
    assert not service.submit(lambda: dropped.append(2))
    go_on.set()
    thread.join(20)
    assert not thread.is_alive()
    assert not dropped


def test_no_more_waits_than_may(service, monkeypatch):
    monkeypatch.setattr(compile_service, "_read_compiler", lambda: None)
    monkeypatch.setattr(compile_service, "MAX_WAITING", 2)
    begun, go_on = threading.Event(), threading.Event()
    service.submit(lambda: (begun.set(), go_on.wait(20)))
    assert begun.wait(20)
    assert [service.submit(bool) for _ in range(3)] == [True, True, False]
    go_on.set()


def test_a_forked_process_has_a_thread_of_its_own(run_python):
    """And no jobs of its parent's."""
    run_python(
        """
import os, threading
from tidefall.runtime.policy.compile_service import service

go_on, inherited = threading.Event(), []
service.submit(lambda: go_on.wait(20))
service.submit(lambda: inherited.append(1))
child = os.fork()
if not child:
    done = threading.Event()
    ok = service.submit(done.set) and done.wait(20) and not inherited
    os._exit(0 if ok else 1)
status = os.waitpid(child, 0)[1]
go_on.set()
assert os.waitstatus_to_exitcode(status) == 0
"""
    )


def test_the_end_of_the_process_does_not_wait_for_long(run_python):
    run_python(
        """
import threading, time
from tidefall.runtime.policy.compile_service import service

begun = threading.Event()
service.submit(lambda: (begun.set(), time.sleep(600)))
assert begun.wait(20)
"""
    )


def test_the_compiler_is_read_ahead_as_far_as_it_can_be(tmp_path, monkeypatch):
    library, folder = tmp_path / "large.so", tmp_path / "unreadable.so"
    library.write_bytes(bytes(compile_service._BLOCK + 1))
    folder.mkdir()
    read = []

    def find_spec(name):
        read.append(name)
        return SimpleNamespace(submodule_search_locations=[str(tmp_path)])

    monkeypatch.setattr(compile_service, "find_spec", find_spec)
    compile_service._read_compiler()
    monkeypatch.setattr(compile_service, "find_spec", lambda name: None)
    compile_service._read_compiler()
    assert read == ["jaxlib"]


def test_jobs_of_the_compiling_thread_leave_nothing_behind(monkeypatch):
    jobs = Queue()
    thread = threading.Thread(target=CompileService._work, args=(jobs,), daemon=True)
    done, kept = threading.Event(), []

    class Values:
        pass

    def fail(values):
        raise ValueError("it does not compile")

    values = Values()
    kept.append(weakref.ref(values))
    monkeypatch.setattr(compile_service._log, "exception", lambda *args: None)
    monkeypatch.setattr(compile_service, "_read_compiler", lambda: None)
    jobs.put(partial(fail, values))
    jobs.put(done.set)
    del values
    thread.start()
    assert done.wait(20)
    assert kept[0]() is None


def test_matrix_products_leave_a_processor_to_what_compiles():
    service, seen, done = CompileService(), [], threading.Event()
    before = blas_threads()
    if before is None:
        pytest.skip("NumPy's BLAS does not tell its threads")
    try:
        limit_blas(3)
        service.submit(lambda: seen.append(blas_threads()))
        service.submit(done.set)
        assert done.wait(20)
        service.close()
        assert seen == [2]
        assert blas_threads() == 3
    finally:
        limit_blas(before)
