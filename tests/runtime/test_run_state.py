"""What programs keep between runs: whose it is, and how long it lasts.

Real TensorFlow gave the values and the patterns.
"""

import gc
import threading
import weakref

import numpy as np
import pytest

import tidefall as tf
from tidefall.base.config import config
from tidefall.base.run_state import RunState
from tidefall.runtime.backend import Executable
from tidefall.runtime.host.plan import HostBackend
from tidefall.runtime.program import analyse
from tidefall.runtime.xla.executable import XlaBackend

v1 = tf.compat.v1
FIRST = [0.239, 0.2227, 0.343, 0.8515, 0.9784, 0.9337]
"""What a node with the seeds of `tf.random.uniform([], seed=1)` draws."""


@pytest.fixture(autouse=True)
def _no_global_seed():
    tf.random.set_seed(None)
    yield
    tf.random.set_seed(None)


def drawing():
    @tf.function
    def draw():
        return tf.random.uniform([], seed=1)

    return draw


def values(*tensors):
    return [round(float(t), 4) for t in tensors]


def program_of(function, *arguments):
    return analyse(function.get_concrete_function(*arguments).graph)


def run(executable: Executable, state: RunState, count: int) -> list[float]:
    return [round(float(executable.run([], state)[0]), 4) for _ in range(count)]


@pytest.mark.parametrize("backend", [HostBackend(), XlaBackend()], ids=["host", "xla"])
def test_two_executables_of_one_graph_share_nothing(backend):
    program = program_of(drawing())
    one, other = backend.compile(program), backend.compile(program)
    states = RunState(), RunState()
    assert run(one, states[0], 2) == FIRST[:2]
    assert run(other, states[1], 3) == FIRST[:3]
    assert run(one, states[0], 1) == FIRST[2:3]


def test_replicas_of_one_executable_share_nothing():
    executable = XlaBackend().compile(program_of(drawing()))
    replicas = [RunState() for _ in range(3)]
    found = [run(executable, state, 1)[0] for _ in range(2) for state in replicas]
    assert found == [FIRST[0]] * 3 + [FIRST[1]] * 3


def test_a_stream_goes_on_from_the_host_to_xla_and_back():
    program = program_of(drawing())
    host, xla, state = HostBackend().compile(program), XlaBackend().compile(program), RunState()
    found = [run(e, state, 1)[0] for e in (host, host, xla, xla, host, xla)]
    assert found == FIRST


def test_a_function_goes_on_when_it_moves_to_xla():
    draw = drawing()
    before = values(draw(), draw())
    with config.override(tier="xla"):
        assert before + values(draw(), draw()) == FIRST[:4]


def test_a_call_draws_for_itself_wherever_it_stands():
    draw = drawing()
    twice = tf.function(lambda: tf.stack([draw(), draw()]))
    assert values(draw(), draw()) == FIRST[:2]
    assert [values(*twice()) for _ in range(2)] == [[FIRST[0]] * 2, [FIRST[1]] * 2]
    assert values(draw()) == FIRST[2:3]


@pytest.mark.parametrize("compiled", [False, True])
def test_calls_in_loops_and_branches_draw_for_themselves(compiled):
    draw = drawing()

    @tf.function(jit_compile=compiled)
    def branch(which):
        if which:
            return draw() + 0.0
        return draw()

    @tf.function(jit_compile=compiled)
    def loop():
        total = tf.TensorArray(tf.float32, 3)
        for i in tf.range(3):
            total = total.write(i, draw())
        return total.stack()

    choices = (True, False, True)
    assert values(*(branch(tf.constant(c)) for c in choices)) == [FIRST[0], FIRST[0], FIRST[1]]
    assert values(*loop()) + values(*loop()) == FIRST
    assert values(draw()) == FIRST[:1]


def test_inlined_calls_keep_the_same_state_as_calls_that_stay():
    draw = drawing()
    program = program_of(tf.function(lambda: (draw(), draw(), tf.function(lambda: draw())())))
    assert len(program.random) == 3
    executables = HostBackend().compile(program), XlaBackend().compile(program)
    state = RunState()
    found = [values(*executable.run([], state)) for executable in executables]
    assert found == [[FIRST[0]] * 3, [FIRST[1]] * 3]


def test_the_variant_for_gradients_draws_for_itself():
    times = tf.function(lambda x: x * tf.random.uniform([], seed=1))
    x = tf.constant(1.0)

    def taped():
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = times(x)
        return values(y, tape.gradient(y, x))

    assert values(times(x), times(x)) == FIRST[:2]
    assert [taped(), taped()] == [[FIRST[0]] * 2, [FIRST[1]] * 2]
    assert values(times(x)) == FIRST[2:3]


def test_each_signature_of_a_function_draws_for_itself():
    plus = tf.function(lambda x: x[0] + tf.random.uniform([], seed=1))
    one, two = tf.zeros([1]), tf.zeros([2])
    assert values(plus(one), plus(one), plus(two), plus(one)) == [*FIRST[:2], FIRST[0], FIRST[2]]


def test_python_inside_a_function_calls_functions_from_outside():
    draw = drawing()
    through = tf.function(lambda: tf.py_function(draw, [], tf.float32))
    assert values(draw(), through(), draw()) == FIRST[:3]


def test_a_seed_begins_all_streams_again():
    draw = drawing()
    outer = tf.function(lambda: draw())
    tf.random.set_seed(3)
    first = values(draw(), draw(), outer())
    tf.random.set_seed(3)
    assert values(draw(), draw(), outer()) == first


def test_sessions_share_nothing():
    draw = drawing()
    with tf.Graph().as_default():
        x = tf.random.uniform([], seed=1)
        y, z = x + 0.0, tf.stack([draw(), draw()])
        with v1.Session() as one, v1.Session() as other:
            assert values(one.run(x), one.run(y), other.run(y)) == [*FIRST[:2], FIRST[0]]
            assert values(*one.run(z), *one.run(z), *other.run(z)) == [
                *[FIRST[0]] * 2, *[FIRST[1]] * 2, *[FIRST[0]] * 2
            ]  # fmt: skip


def test_queues_without_a_name_are_the_programs_own():
    @tf.function
    def put_and_count(x):
        queue = tf.queue.FIFOQueue(5, [tf.float32])
        queue.enqueue(x)
        return queue.size()

    program = program_of(put_and_count, tf.TensorSpec([], tf.float32))
    executable, states = HostBackend().compile(program), (RunState(), RunState())
    x = np.float32(1.0)
    counts = [int(executable.run([np.asarray(x)], states[i])[0]) for i in (0, 0, 1, 0)]
    assert counts == [1, 2, 1, 3]
    assert [int(put_and_count(x)) for _ in range(2)] == [1, 2]


def test_a_state_is_made_once_for_all_threads():
    state, site, made = RunState(), (object(), object()), []
    barrier = threading.Barrier(8)

    def ask():
        barrier.wait()
        made.append(state.keep(site, object))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, made))) == 1


def test_the_streams_of_a_state_that_is_gone_are_gone():
    executable, state = XlaBackend().compile(program_of(drawing())), RunState()
    run(executable, state, 1)
    gone = weakref.ref(state)
    del state
    gc.collect()
    assert gone() is None


def test_nothing_is_kept_on_nodes_and_tensors():
    variable = tf.Variable([1.0, 2.0])

    @tf.function
    def step(x):
        y = tf.reshape(x * variable, tf.shape(x)) + tf.random.uniform([2], seed=1)
        variable.assign_add(y)
        return tf.while_loop(lambda i, z: i < 2, lambda i, z: (i + 1, z * 2.0), [0, y])[1]

    with tf.GradientTape() as tape:
        y = step(tf.ones([2]))
    tape.gradient(y, variable)
    graph = step.get_concrete_function(tf.ones([2])).graph
    assert not any(node.__dict__ for node in graph.nodes)
    assert not any(tensor.__dict__ for node in graph.nodes for tensor in node.outputs)
