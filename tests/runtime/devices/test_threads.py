"""Functions and variables used by several threads at once."""

import threading

import numpy as np
import pytest

import tidefall as tf

THREADS = 4
CALLS = 60


def in_threads(work):
    errors = []

    def run(number):
        try:
            for i in range(CALLS):
                work(number, i)
        except Exception as error:  # noqa: BLE001 - handed to the test
            errors.append(error)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def updates(v, one):
    return {
        "eager": lambda: v.assign_add(one),
        "host": tf.function(lambda: v.assign_add(one)),
        "xla": tf.function(lambda: v.assign_add(one), jit_compile=True),
        "scatter": lambda: v.scatter_add(tf.IndexedSlices(one[:1], tf.constant([0]))),
    }


@pytest.mark.parametrize("kind", ["eager", "host", "xla", "scatter"])
def test_no_update_is_lost(kind):
    v = tf.Variable(tf.zeros([300]))
    update = updates(v, tf.ones([300]))[kind]
    in_threads(lambda number, i: update())
    assert v.numpy()[0] == THREADS * CALLS


def test_reading_while_compiled_code_updates():
    v = tf.Variable(tf.zeros([300]))
    step = tf.function(lambda: v.assign_add(tf.ones([300])), jit_compile=True)
    total = tf.function(lambda: tf.reduce_max(v) - tf.reduce_min(v), jit_compile=True)

    def work(number, i):
        if number == 0:
            step()
        elif number == 1:
            assert np.ptp(v.numpy()) == 0
        elif number == 2:
            assert np.ptp(v.read_value().numpy()) == 0
        else:
            assert total().numpy() == 0

    in_threads(work)
    assert v.numpy()[0] == CALLS


def test_threads_share_traces():
    function = tf.function(lambda x: tf.reduce_sum(x * 2.0))

    def work(number, i):
        size = (number * 7 + i) % 30 + 1
        assert function(tf.ones([size])).numpy() == 2 * size

    in_threads(work)
    assert function.experimental_get_tracing_count() == 2
