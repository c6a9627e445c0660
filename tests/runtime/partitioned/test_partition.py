"""Graphs that XLA cannot take whole: what runs of them compiled, and that nobody can tell."""

import logging

import numpy as np
import pytest

import tidefall as tf
from tidefall.graph.verifier import verify
from tidefall.runtime.partitioned.partition import partition
from tidefall.runtime.policy.tier_policy import TierPolicy
from tidefall.runtime.program import analyse

BYTES = np.arange(8, dtype=np.float32).tobytes()
SPECS = tf.TensorSpec([None, 4], tf.float32), tf.TensorSpec([], tf.string)
WEIGHTS = np.linspace(-1, 1, 16, dtype=np.float32).reshape(4, 4)


def dense(x):
    """Enough nodes for a cluster."""
    return tf.nn.relu(tf.matmul(x, WEIGHTS) + 1.0) * 0.5 + tf.sin(x)


def text_first(x, text):
    return dense(tf.reshape(tf.io.decode_raw(text, tf.float32), [-1, 4]))[0] + x


def text_last(x, text):
    return tf.strings.as_string(tf.reduce_sum(dense(dense(x)), 1), precision=2) + text


def text_between(x, text):
    words = tf.strings.as_string(tf.reduce_sum(dense(x), 1), precision=2)
    return tf.strings.length(words + text), dense(x + tf.strings.to_number(words)[:, None])


def sizes_that_values_say(x, text):
    kept = tf.boolean_mask(dense(x), x[:, 0] > 0)
    return dense(kept), tf.shape(kept), text


def a_shape_made_on_the_host(x, text):
    columns = tf.strings.length(text) // 8
    return dense(tf.reshape(dense(x), [-1, columns]))


def a_loop_with_lists(x, text):
    rows = tf.TensorArray(tf.float32, 3)
    for i in tf.range(3):
        rows = rows.write(i, dense(x) * tf.cast(i, tf.float32))
    return rows.stack(), tf.strings.upper(text)


def a_loop_with_text(x, text):
    for i in tf.range(3):
        x = dense(x) + tf.cast(i, tf.float32)
        text = tf.strings.join([text, tf.strings.as_string(i)])
    return x, text


def a_branch(x, text):
    if tf.reduce_sum(x) > 0:
        y = dense(dense(x))
    else:
        y = x
    return y, tf.strings.upper(text)


def a_call(x, text):
    inner = tf.function(lambda v: (dense(dense(v)), tf.strings.upper(text)))
    y, upper = inner(x)
    return dense(y), upper


def a_table(x, text):
    keys = tf.strings.as_string(tf.cast(x[:, 0], tf.int32))
    rows = tf.strings.to_hash_bucket_fast(keys, 4)
    return dense(tf.gather(tf.constant(WEIGHTS), rows)), text


def an_assertion(x, text):
    with tf.control_dependencies([tf.debugging.assert_less(dense(x), 1e6)]):
        return dense(dense(x))


def a_check(x, text):
    return dense(tf.debugging.check_numerics(dense(x), "x"))


PROGRAMS = [
    text_first,
    text_last,
    text_between,
    sizes_that_values_say,
    a_shape_made_on_the_host,
    a_loop_with_lists,
    a_loop_with_text,
    a_branch,
    a_call,
    a_table,
    an_assertion,
    a_check,
]


@pytest.fixture
def compiled(tier):
    """Everything that can be compiled is, in the first call."""
    tier("xla")


def arguments():
    x = np.linspace(-2, 2, 12, dtype=np.float32).reshape(3, 4)
    return tf.constant(x), tf.constant(BYTES)


class Cluster:
    def __init__(self, name, graph):
        self.name, self.graph = name, graph


def divided_graph(graph):
    """A graph with calls of its clusters, and those."""
    clusters = []

    def cluster(name, graph):
        clusters.append(Cluster(name, graph))
        return clusters[-1]

    return partition(graph, cluster), clusters


def divided(function, *specs):
    return divided_graph(tf.function(function).get_concrete_function(*specs).graph)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_divided_function_gives_what_the_host_gives(program, compiled, caplog):
    given = arguments()
    with caplog.at_level(logging.INFO, "tidefall.runtime"):
        found = tf.function(program)(*given)
    assert "is divided into" in caplog.text
    assert "compiled for arguments" in caplog.text
    tf.config.experimental.set_execution_tier("host")
    expected = tf.function(program)(*given)
    tf.nest.assert_same_structure(found, expected)
    for one, other in zip(tf.nest.flatten(found), tf.nest.flatten(expected), strict=True):
        assert one.dtype == other.dtype
        if one.dtype == tf.string:
            np.testing.assert_array_equal(one, other)
        else:
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("program", [p for p in PROGRAMS if p is not a_loop_with_text])
def test_a_divided_graph_is_a_graph(program):
    graph, clusters = divided(program, *SPECS)
    verify(graph)
    assert clusters
    for cluster in clusters:
        verify(cluster.graph)


def test_a_graph_of_texts_alone_is_not_divided():
    graph, clusters = divided(lambda x: tf.strings.upper(x) + "!", SPECS[1])
    assert graph is None
    assert not clusters


def test_a_loop_with_texts_stays_where_it_is_and_its_body_is_divided():
    assert divided(a_loop_with_text, *SPECS)[0] is None
    concrete = tf.function(a_loop_with_text).get_concrete_function(*SPECS)
    (loop,) = [node for node in concrete.graph.nodes if node.type == "StatelessWhile"]
    assert len(divided_graph(loop.attrs["body"].graph)[1]) == 1


def test_work_before_and_behind_a_text_makes_two_clusters():
    _, clusters = divided(text_between, *SPECS)
    assert len(clusters) == 2


def test_variables_are_read_in_the_cluster_that_uses_them():
    v = tf.Variable(WEIGHTS)

    def function(text):
        x = tf.reshape(tf.io.decode_raw(text, tf.float32), [-1, 4])
        return tf.nn.relu(tf.matmul(tf.matmul(x, v) + 1.0, v) + 1.0)

    _, (cluster,) = divided(function, SPECS[1])
    assert {t.dtype for t in cluster.graph.inputs} == {tf.float32, tf.resource}
    assert len(cluster.graph.outputs) == 1


def test_an_assertion_is_checked_before_and_after_the_move(monkeypatch):
    monkeypatch.setattr("tidefall.runtime.policy.tiers.policy", TierPolicy(compile_seconds=0.0))

    @tf.function
    def function(x):
        tf.debugging.assert_positive(x, message="x is wrong")
        return dense(x)

    for _ in range(3):
        function(tf.ones([2, 4]))
        with pytest.raises(tf.errors.InvalidArgumentError, match="x is wrong"):
            function(-tf.ones([2, 4]))


def test_an_assertion_in_a_loop_is_checked_after_the_move(monkeypatch):
    monkeypatch.setattr("tidefall.runtime.policy.tiers.policy", TierPolicy(compile_seconds=0.0))

    @tf.function
    def function(x):
        for _ in tf.range(3):
            x = dense(x)
            tf.debugging.assert_less(x, 1e3)
        return x

    for _ in range(3):
        function(tf.ones([2, 4]))
        with pytest.raises(tf.errors.InvalidArgumentError):
            function(1e6 * tf.ones([2, 4]))


def test_effects_keep_their_order(compiled):
    v = tf.Variable(np.zeros([2, 4], np.float32))
    seen = []

    def see(value):
        seen.append((value.copy(), v.numpy()))
        return value

    @tf.function
    def function(x):
        v.assign_add(dense(x))
        tf.numpy_function(see, [v.read_value()], tf.float32)
        v.assign(dense(v) + x)
        tf.numpy_function(see, [v.read_value()], tf.float32)
        return v + dense(v)

    def expected(x):
        v.assign_add(dense(x))
        see(v.numpy())
        v.assign(dense(v) + x)
        see(v.numpy())
        return v + dense(v)

    x = tf.ones([2, 4])
    results = [function(x) for _ in range(3)]
    tf.config.experimental.set_execution_tier("host")
    found, seen[:] = list(seen), []
    v.assign(tf.zeros_like(v))
    for result in results:
        np.testing.assert_allclose(result, expected(x), rtol=1e-5)
    np.testing.assert_allclose(np.array(found), np.array(seen), rtol=1e-5)


def test_training_in_a_loop_over_a_dataset_is_compiled(compiled, caplog):
    data = tf.data.Dataset.from_tensor_slices(np.eye(4, dtype=np.float32)).batch(2).repeat(3)
    v = tf.Variable(WEIGHTS)

    def train():
        for x in data:
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(tf.square(tf.nn.relu(tf.matmul(x, v) + 1.0) - x))
            v.assign_sub(0.1 * tape.gradient(loss, v))
        return v.read_value()

    with caplog.at_level(logging.INFO, "tidefall.runtime"):
        found = tf.function(train)()
    assert "compiled for arguments" in caplog.text
    v.assign(WEIGHTS)
    np.testing.assert_allclose(found, train(), rtol=1e-4)


def test_random_numbers_go_on_as_on_the_host(compiled):
    def draw():
        tf.random.set_seed(3)

        @tf.function
        def function(text):
            return dense(tf.random.normal([3, 4])), tf.strings.upper(text)

        return [function("a")[0].numpy() for _ in range(3)]

    found = draw()
    tf.config.experimental.set_execution_tier("host")
    np.testing.assert_allclose(found, draw(), rtol=1e-4, atol=1e-5)


def test_gradients_pass_through_a_divided_function(compiled):
    def loss(x):
        words = tf.strings.as_string(x)
        return tf.reduce_sum(dense(dense(x)) * tf.strings.to_number(words))

    def gradient(function):
        x = tf.constant(np.linspace(-1, 1, 8, dtype=np.float32).reshape(2, 4))
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        return tape.gradient(y, x)

    np.testing.assert_allclose(gradient(tf.function(loss)), gradient(loss), rtol=1e-4, atol=1e-5)


def test_a_part_that_the_host_does_faster_stays_there(monkeypatch, caplog):
    monkeypatch.setattr("tidefall.runtime.policy.tiers.policy", TierPolicy(compile_seconds=0.0))

    @tf.function
    def function(x):
        return tf.strings.as_string((x + 1.0) * 2.0 - x * x)

    with caplog.at_level(logging.INFO, "tidefall.runtime"):
        for _ in range(4):
            np.testing.assert_array_equal(function(tf.constant(1.0)), b"3.000000")
    assert "is divided into 1 parts" in caplog.text


@pytest.mark.parametrize(
    ("program", "computes"),
    [
        (text_between, True),
        (an_assertion, True),
        (lambda x, text: tf.print(text) or x, False),
        (lambda x, text: tf.numpy_function(np.sin, [x], tf.float32), False),
        (lambda x, text: tf.random.normal([2]), False),
        (lambda x, text: tf.io.write_file(text, text) or x, False),
    ],
)
def test_what_does_more_than_compute_is_known(program, computes):
    concrete = tf.function(program).get_concrete_function(*SPECS)
    assert analyse(concrete.graph).is_pure is computes
