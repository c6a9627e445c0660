"""Frozen graphs: GraphDefs that hold the values of variables as constants."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from tests.oracle.saved_models.harness import model, wave

X = np.float32([1.0, -2.0, 3.0])


def _load_frozen(tf: Any, folder: str) -> Any:
    graph_def = tf.compat.v1.GraphDef()
    with open(os.path.join(folder, "frozen.pb"), "rb") as file:
        graph_def.ParseFromString(file.read())

    def imported() -> None:
        tf.compat.v1.import_graph_def(graph_def, name="")

    wrapped = tf.compat.v1.wrap_function(imported, [])
    holder = tf.Module()
    holder.f = wrapped.prune("x:0", "y:0")
    holder.count = tf.constant(
        sum(node.op in ("VarHandleOp", "ReadVariableOp") for node in graph_def.node)
    )
    return holder


def _write_frozen(folder: str, graph_def: Any) -> None:
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "frozen.pb"), "wb") as file:
        file.write(graph_def.SerializeToString())


@model(
    ("f", X), ("count",), ("gradient", ("f", X), []), read=_load_frozen, writes=True, again=False
)
def frozen_session(tf: Any, folder: str) -> None:
    """convert_variables_to_constants of a session's graph."""
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [3], name="x")
        w = v1.get_variable("w", initializer=[1.0, 2.0, 3.0], use_resource=True)
        old = v1.Variable(5.0, use_resource=False, name="old")
        tf.add(tf.nn.sigmoid(x * w), old, name="y")
        session.run(v1.global_variables_initializer())
        graph = v1.graph_util.convert_variables_to_constants(
            session, session.graph.as_graph_def(), ["y"]
        )
    _write_frozen(folder, graph)


class _FrozenSession:
    """A frozen graph in a session, the way old programs run it."""

    def __init__(self, tf: Any, folder: str):
        graph_def = tf.compat.v1.GraphDef()
        with open(os.path.join(folder, "frozen.pb"), "rb") as file:
            graph_def.ParseFromString(file.read())
        with open(os.path.join(folder, "output")) as file:
            names = ["x:0", file.read()]
        with tf.Graph().as_default():
            self.session = tf.compat.v1.Session()
            found = tf.compat.v1.import_graph_def(graph_def, name="", return_elements=names)
        self._x, self._y = found

    def f(self, x: Any) -> Any:
        return self.session.run(self._y, {self._x: x.numpy()})


def _freeze(tf: Any, folder: str, function: Any) -> None:
    if "tidefall" in tf.__name__:
        from tidefall.compat.tensorflow import enable

        enable()
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    concrete = function.get_concrete_function()
    # What TensorFlow makes of a loop inside of a branch otherwise, it cannot run.
    frozen = convert_variables_to_constants_v2(concrete, lower_control_flow=False)
    _write_frozen(folder, frozen.graph.as_graph_def())
    with open(os.path.join(folder, "output"), "w") as file:
        file.write(frozen.outputs[0].name)


@model(("f", X), ("f", 3 * X), read=_FrozenSession, writes=True, again=False)
def frozen_function(tf: Any, folder: str) -> None:
    """A loop that reads a variable."""
    v = tf.Variable([1.0, 2.0, 3.0])

    @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
    def f(x: Any) -> Any:
        for _ in tf.range(3):
            x = x * v + 1.0
        return x

    _freeze(tf, folder, f)


@model(
    ("f", X), ("f", -X), ("f", 9 * X), ("f", np.zeros([3], np.float32)),
    read=_FrozenSession, writes=True, again=False,
)  # fmt: skip
def frozen_branches(tf: Any, folder: str) -> None:
    """Branches, calls and loops inside of each other, and every way to read a variable.

    TensorFlow 2.21 freezes `tf.gather` of a variable outside of branches only.
    """
    v = tf.Variable([1.0, 2.0, 3.0])
    rows = tf.Variable(wave(4, 3))
    pairs = tf.Variable(wave(2, 4, 3))
    large = tf.constant(wave(300))

    def inner(x: Any) -> Any:
        return x * v + rows[1]

    called = tf.function(inner)

    def gathered(x: Any) -> Any:
        picked = tf.gather(pairs, tf.constant([[0, 1], [2, 3]]), axis=1, batch_dims=1)
        one = tf.gather_nd(pairs, tf.constant([1, 2]))
        return x + tf.reduce_sum(picked, [0, 1]) + one * tf.cast(tf.shape(rows)[0], tf.float32)

    def repeated(x: Any) -> Any:
        def body(i: Any, x: Any) -> Any:
            return i + 1, tf.cond(tf.reduce_sum(x) > 0.0, lambda: x * v, lambda: x + v)

        return tf.while_loop(lambda i, x: i < 3, body, [0, x])[1]

    @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
    def f(x: Any) -> Any:
        x = tf.cond(tf.reduce_sum(x) > 0.0, lambda: inner(x), lambda: x - v)
        chosen = tf.cast(tf.abs(x[0]), tf.int32) % 3
        branches = [lambda: repeated(x), lambda: inner(inner(x)), lambda: v - x]
        return tf.switch_case(chosen, branches) + called(x) + gathered(x) + large[7]

    _freeze(tf, folder, f)


@model(
    ("f", wave(2, 6, 5)), ("f", wave(1, 6, 5, shift=1.0)),
    read=_FrozenSession, writes=True, again=False,
)  # fmt: skip
def frozen_keras(tf: Any, folder: str) -> None:
    """A Keras model with a loop and with weights that training does not change."""
    keras = tf.keras
    network = keras.Sequential(
        [
            keras.layers.Input([6, 5]),
            keras.layers.LSTM(4, return_sequences=True),
            keras.layers.BatchNormalization(),
            keras.layers.GRU(3),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    for number, weight in enumerate(network.weights):
        weight.assign(np.abs(wave(*weight.shape, shift=number)) + 0.1)
    spec = tf.TensorSpec([None, 6, 5], tf.float32, name="x")
    _freeze(tf, folder, tf.function(lambda x: network(x), input_signature=[spec]))
