"""Variables that change, random numbers, and objects that hold resources."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.oracle.saved_models.harness import model, text_file

X = np.float32([1.0, -2.0, 3.0])


@model(
    ("f", np.float32(2)), ("a",), ("b",), ("f", np.float32(3)), ("a",), ("b",),
    ("signatures/swap",), ("a",), ("b",), ("signatures/swap",), ("a",), ("b",),
)  # fmt: skip
def state(tf: Any) -> Any:
    class State(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a = tf.Variable(1.0)
            self.b = tf.Variable(10.0)

        @tf.function(input_signature=[tf.TensorSpec([], tf.float32)])
        def f(self, x: Any) -> Any:
            before = self.a.read_value()
            self.a.assign(before * x)
            middle = self.a.read_value()
            self.a.assign_add(1.0)
            self.b.assign_sub(self.a)
            self.helper()
            return before, middle, self.a.read_value(), self.b.read_value()

        @tf.function
        def helper(self) -> Any:
            self.b.assign(2.0 * self.b)

        @tf.function(input_signature=[])
        def swap(self) -> Any:
            a = self.a.read_value()
            self.a.assign(self.b)
            self.b.assign(a)
            return {"sum": self.a + self.b}

    obj = State()
    return obj, {"swap": obj.swap}


@model(
    ("next",), ("next",), ("count",), ("signatures/next",), ("signatures/reset",), ("count",),
    ("update", X), ("table",), ("update", X), ("table",), ("history",),
)  # fmt: skip
def counters(tf: Any) -> Any:
    """Functions that count, scatter into variables, and use control dependencies."""

    class Counters(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.count = tf.Variable(0, dtype=tf.int64, trainable=False)
            self.table = tf.Variable(tf.zeros([4, 3]))
            self.history = tf.Variable(tf.zeros([0]), shape=[None])

        @tf.function(input_signature=[])
        def next(self) -> Any:
            return {"count": self.count.assign_add(1)}

        @tf.function(input_signature=[])
        def reset(self) -> Any:
            with tf.control_dependencies([self.count.assign(100)]):
                return {"count": tf.identity(self.count)}

        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
        def update(self, x: Any) -> Any:
            self.table.scatter_nd_update([[1]], [x])
            self.table.scatter_add(tf.IndexedSlices(tf.stack([x, x]), tf.constant([0, 3])))
            self.history.assign(tf.concat([self.history, x], 0))
            self.table[2, 1:].assign(x[:2])
            return tf.size(self.history)

    obj = Counters()
    return obj, {"next": obj.next, "reset": obj.reset}


@model(
    ("draw",), ("draw",), ("signatures/draw",), ("state",), ("stateless", np.int32([3, 4])),
    ("stateless", np.int32([5, 6])), ("stateless", np.int32([3, 4])),
)  # fmt: skip
def generators(tf: Any) -> Any:
    """Random generators are variables; stateless random numbers depend on their seed."""

    class Generators(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.generator = tf.random.Generator.from_seed(17)
            self.other = tf.random.Generator.from_seed(5)
            self.state = self.generator.state

        @tf.function(input_signature=[])
        def draw(self) -> Any:
            return {
                "normal": self.generator.normal([2, 3]),
                "uniform": self.other.uniform([4], maxval=100, dtype=tf.int32),
            }

        @tf.function(input_signature=[tf.TensorSpec([2], tf.int32)])
        def stateless(self, seed: Any) -> Any:
            return (
                tf.random.stateless_uniform([3], seed),
                tf.random.stateless_normal([2, 2], seed, dtype=tf.float64),
                tf.random.stateless_truncated_normal([3], seed),
                tf.random.stateless_categorical(tf.math.log([[0.2, 0.8]]), 5, seed),
                tf.random.experimental.stateless_shuffle(tf.range(6), seed),
                tf.random.experimental.stateless_fold_in(seed, 3),
            )

    obj = Generators()
    return obj, {"draw": obj.draw}


@model(("lookup",), ("signatures/lookup",), ("raises", ("nothing",)))
def resources(tf: Any) -> Any:
    """A resource of one's own, filled from a file when it is loaded."""

    class Text(tf.saved_model.experimental.TrackableResource):
        def __init__(self, name: str, path: str) -> None:
            super().__init__()
            self.name = name
            self.asset = tf.saved_model.Asset(path)
            self._track_trackable(self.asset, "asset")
            self._initialize()

        def _create_resource(self) -> Any:
            return tf.raw_ops.VarHandleOp(dtype=tf.string, shape=[], shared_name=self.name)

        def _initialize(self) -> None:
            text = tf.io.read_file(self.asset.asset_path)
            tf.raw_ops.AssignVariableOp(resource=self.resource_handle, value=text)

    class Resources(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = Text("text_a", text_file("a/words.txt", ["first"]))
            self.second = Text("text_b", text_file("b/words.txt", ["second"]))

        @tf.function(input_signature=[])
        def lookup(self) -> Any:
            handles = [self.first.resource_handle, self.second.resource_handle]
            read = tf.raw_ops.ReadVariableOp
            return {str(i): read(resource=h, dtype=tf.string) for i, h in enumerate(handles)}

    obj = Resources()
    return obj, {"lookup": obj.lookup}


@model(("paths",), ("signatures/serving_default",))
def assets(tf: Any) -> Any:
    """Several files of one name, one of them twice."""

    class Assets(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one = tf.saved_model.Asset(text_file("x/data.txt", ["one"]))
            self.two = tf.saved_model.Asset(text_file("y/data.txt", ["two"]))
            self.three = [tf.saved_model.Asset(text_file("y/other.csv", ["three"]))]
            self.again = tf.saved_model.Asset(text_file("x/data.txt", ["one"]))

        @tf.function(input_signature=[])
        def paths(self) -> Any:
            found = [self.one, self.two, self.three[0], self.again]
            return {
                "text": tf.stack([tf.io.read_file(asset.asset_path) for asset in found]),
                "names": tf.stack([_name(tf, asset.asset_path) for asset in found]),
            }

    obj = Assets()
    return obj, obj.paths


def _name(tf: Any, path: Any) -> Any:
    return tf.strings.split(path, "/")[-1]


@model(("f", X), ("elsewhere", ("raises", ("call", X))))
def python_callbacks(tf: Any) -> Any:
    """A function with tf.py_function saves; what Python it calls is not there after loading."""
    obj = tf.Module()
    obj.f = tf.function(lambda x: x + 1.0, input_signature=[tf.TensorSpec([3])])
    obj.call = tf.function(
        lambda x: tf.py_function(lambda y: y * 2.0, [x], tf.float32),
        input_signature=[tf.TensorSpec([3])],
    )
    return obj
