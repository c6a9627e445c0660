"""Sessions: fetches, feeds, variables of their own, and errors that say which node."""

from __future__ import annotations

import collections
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import tidefall as tf

v1 = tf.compat.v1
Pair = collections.namedtuple("Pair", "a b")


@pytest.fixture
def session() -> Any:
    with tf.Graph().as_default(), v1.Session() as session:
        yield session


def test_fetches_keep_their_structure(session: Any) -> None:
    x = v1.placeholder(tf.float32, [2], name="x")
    y = x * 2.0
    fetched = session.run(
        {"a": y, "b": (x, [y.op, "x:0"]), "c": Pair(y, {}), "d": []}, {"x:0": [1, 2]}
    )
    assert fetched["a"].tolist() == [2.0, 4.0]
    assert fetched["b"][1][0] is None
    assert fetched["b"][1][1].tolist() == [1.0, 2.0]
    assert isinstance(fetched["c"], Pair)
    assert fetched["d"] == []


def test_kinds_of_values(session: Any) -> None:
    assert session.run(tf.constant(1.5)) == np.float32(1.5)
    assert session.run(tf.constant("a")) == b"a"
    assert session.run(tf.constant(["a", "b"])).tolist() == [b"a", b"b"]
    sparse = session.run(tf.SparseTensor([[0, 1]], [1.0], [2, 2]))
    assert isinstance(sparse, v1.SparseTensorValue)
    assert sparse.indices.tolist() == [[0, 1]]
    assert session.run(tf.ragged.constant([[1], [2, 3]])).to_list() == [[1], [2, 3]]
    strings = v1.placeholder(tf.string, [None])
    assert session.run(tf.identity(strings), {strings: ["a", "b"]}).tolist() == [b"a", b"b"]


def test_values_belong_to_the_caller(session: Any) -> None:
    v = v1.get_variable("v", initializer=[1.0, 2.0])
    session.run(v.initializer)
    session.run(v)[:] = 9.0
    assert session.run(v).tolist() == [1.0, 2.0]


def test_any_tensor_can_be_fed(session: Any) -> None:
    x = v1.placeholder(tf.float32, [])
    y = x + 1.0
    assert session.run(y * 2.0, {y: 10.0}) == 20.0
    sparse = v1.sparse_placeholder(tf.float32)
    value = v1.SparseTensorValue([[0, 1]], [3.0], [1, 2])
    assert session.run(tf.sparse.to_dense(sparse), {sparse: value}).tolist() == [[0.0, 3.0]]


def test_wrong_fetches_and_feeds(session: Any) -> None:
    x = v1.placeholder(tf.float32, [2], name="x")
    small = v1.placeholder(tf.int32, [])
    wrong = (
        ((None,), TypeError, "Cannot be None"),
        ((3,), TypeError, "must be a string or Tensor"),
        (("nothing",), ValueError, "not in the graph"),
        ((x, {3: 3}), TypeError, "Cannot interpret feed_dict key"),
        ((x, {x: [1, 2, 3]}), ValueError, "Cannot feed value of shape"),
        ((x, {x: tf.constant([1.0, 2.0])}), TypeError, "cannot be a tf.Tensor"),
        ((small, {small: 2**40}), TypeError, "not compatible with Tensor type"),
    )
    for arguments, error, text in wrong:
        with pytest.raises(error, match=text):
            session.run(*arguments)
    session.graph.prevent_feeding(x)
    with pytest.raises(ValueError, match="may not be fed"):
        session.run(x, {x: [1.0, 2.0]})


def test_errors_name_the_node_and_the_line(session: Any) -> None:
    x = v1.placeholder(tf.float32, [2], name="x")
    with pytest.raises(tf.errors.InvalidArgumentError, match="You must feed a value") as caught:
        session.run(x + 1.0)
    assert "{{node x}}" in str(caught.value)
    assert "test_sessions.py" in str(caught.value)
    for use_resource in (True, False):
        v = v1.get_variable(f"v{use_resource}", [2], use_resource=use_resource)
        with pytest.raises(tf.errors.FailedPreconditionError, match=f"v{use_resource}"):
            session.run(v + 1.0)
    assert session.run(x, {x: [1.0, 2.0]}).tolist() == [1.0, 2.0]  # still usable


def test_sessions_do_not_share_variables() -> None:
    with tf.Graph().as_default():
        v = v1.get_variable("v", initializer=1.0)
        one, two = v1.Session(), v1.Session()
        one.run(v.initializer)
        two.run(v.initializer)
        one.run(v.assign_add(1.0))
        assert (one.run(v), two.run(v)) == (2.0, 1.0)
        one.close()
        with pytest.raises(RuntimeError, match="closed"):
            one.run(v)


def test_random_numbers_begin_anew_in_each_session() -> None:
    with tf.Graph().as_default():
        v1.set_random_seed(3)
        x = tf.random.uniform([2])
        draws = []
        for _ in range(2):
            with v1.Session() as session:
                draws.append([session.run(x).tolist() for _ in range(2)])
    assert draws[0] == draws[1]
    assert draws[0][0] != draws[0][1]


def test_default_sessions(session: Any) -> None:
    x = tf.constant(2.0)
    assert v1.get_default_session() is session
    assert x.eval() == 2.0
    x.op.run()
    with tf.Graph().as_default(), pytest.raises(ValueError, match="different"):
        tf.constant(1.0).eval()
    with tf.Graph().as_default() as graph, v1.Session(graph=graph).as_default():
        assert tf.constant(3.0).eval() == 3.0
    with pytest.raises(RuntimeError, match="empty"):
        v1.Session(graph=tf.Graph()).run("x")


def test_callables(session: Any) -> None:
    x = v1.placeholder(tf.float32, [])
    double = session.make_callable(x * 2.0, [x])
    assert [double(n) for n in (1.0, 2.0)] == [2.0, 4.0]


def test_nodes_run_once_and_only_if_needed(session: Any) -> None:
    calls = []

    def count(value: Any) -> Any:
        calls.append(float(value))
        return value

    x = tf.numpy_function(count, [tf.constant(1.0)], tf.float32)
    tf.numpy_function(count, [tf.constant(2.0)], tf.float32)
    session.run([x + 1.0, x * 2.0])
    assert calls == [1.0]


def test_print_goes_to_standard_error(session: Any, capsys: pytest.CaptureFixture[str]) -> None:
    x = v1.Print(tf.constant([1.0, 2.0, 3.0, 4.0]), [tf.constant("a")], "x = ", first_n=1)
    session.run(x)
    session.run(x)
    assert capsys.readouterr().err == "x = [a]\n"


OLD_PROGRAM = """
import tidefall.compat.v1 as tf
tf.disable_v2_behavior()
assert not tf.executing_eagerly()
x = tf.placeholder(tf.float32, [None, 2])
assert x.shape[0].value is None and x.get_shape()[1].value == 2
w = tf.get_variable("w", [2, 1], initializer=tf.ones_initializer())
assert w.op.type == "VariableV2"
y = tf.matmul(x, w)
train = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(y, reduction_indices=0))
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    sess.run(train, feed_dict={x: [[1.0, 2.0]]})
    print(sess.run(w).tolist())
first = tf.get_default_graph()
tf.reset_default_graph()
assert tf.get_default_graph() is not first
import threading
names = []
thread = threading.Thread(target=lambda: names.append(tf.constant(1.0).name))
thread.start(); thread.join()
print(names)
"""


@pytest.mark.process
def test_a_program_without_eager_execution() -> None:
    done = subprocess.run(
        [sys.executable, "-c", OLD_PROGRAM], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "[[0.8999999761581421], [0.800000011920929]]",
        "['Const:0']",
    ]


def test_devices_of_a_session_are_listed() -> None:
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        assert session.list_devices()


def test_initialized_value_is_the_initial_one_until_there_is_another():
    graph = tf.Graph()
    with graph.as_default():
        v = tf.compat.v1.get_variable("v", initializer=2.0)
        y = v.initialized_value() + 1.0
        with tf.compat.v1.Session() as session:
            assert session.run(y) == 3.0
            session.run(v.initializer)
            session.run(v.assign(5.0))
            assert session.run(y) == 6.0
