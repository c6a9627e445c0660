"""Modules: their variables, containers and constants."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.oracle.saved_models.harness import model, wave

X = np.float32([1.0, -2.0, 3.0])

DTYPES = [
    "float16", "bfloat16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8",
    "uint16", "uint32", "uint64", "bool", "complex64", "complex128", "string",
]  # fmt: skip

IMAGE = np.linspace(-1, 1, 2 * 6 * 6 * 2, dtype=np.float32).reshape(2, 6, 6, 2)


@model(("f", X), ("v",), ("signatures/serving_default", {"x": X}), ("gradient", ("f", X), ["v"]))
def scale(tf: Any) -> Any:
    class Scale(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.v = tf.Variable(2.0, name="factor")

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
        def f(self, x: Any) -> Any:
            return self.v * x

    return Scale()


@model(
    ("items/0",), ("items/1/a",), ("items/1/b/0",), ("pair/0",), ("pair/1",), ("self_/me/v",),
    ("f", X), ("g", X),
)  # fmt: skip
def structures(tf: Any) -> Any:
    class Structures(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            v = tf.Variable([1.0, 2.0, 3.0])
            self.items = [v, {"a": tf.Variable(4), "b": [v, tf.Variable(True)]}]
            self.pair = (tf.Variable(5.0), v)
            self.self_ = tf.Module()
            self.self_.me = self.self_
            self.self_.v = v

        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
        def f(self, x: Any) -> Any:
            return {"b": (x, None), "a": [x * self.items[0], tf.constant("text")]}

        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
        def g(self, x: Any) -> Any:
            return ()

    return Structures()


@model(("f", X), ("words",), ("big_sum",))
def constants(tf: Any) -> Any:
    class Constants(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.big = tf.constant(np.arange(300, dtype=np.float32))
            self.array = np.arange(300, dtype=np.int64)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
        def f(self, x: Any) -> Any:
            return x + self.big[2], tf.constant(self.array)[-1], tf.constant([[True], [False]])

        @tf.function(input_signature=[])
        def words(self) -> Any:
            return tf.constant([b"a", b"", b"\xff\x00"]), tf.constant(1 + 2j, tf.complex64)

        @tf.function(input_signature=[])
        def big_sum(self) -> Any:
            return tf.reduce_sum(self.big)

    return Constants()


@model(*[(f"v_{name}",) for name in DTYPES], ("read",), ("partly",), ("empty",))
def dtypes(tf: Any) -> Any:
    class Dtypes(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            for name in DTYPES:
                dtype = getattr(tf, name)
                value = tf.constant(["a", "b"]) if name == "string" else tf.constant([1, 0])
                value = value if name == "string" else tf.cast(value, dtype)
                setattr(self, f"v_{name}", tf.Variable(value))
            self.partly = tf.Variable(tf.zeros([2, 3]), shape=[None, 3])
            self.empty = tf.Variable(np.zeros([0, 4], np.int32))

        @tf.function(input_signature=[])
        def read(self) -> Any:
            return {name: getattr(self, f"v_{name}").read_value() for name in DTYPES}

    return Dtypes()


@model(
    ("f", np.int32([0, 2, 0])), ("gradient", ("g", X), ["table"]),
)  # fmt: skip
def embedding(tf: Any) -> Any:
    class Embedding(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = tf.Variable(np.arange(12, dtype=np.float32).reshape(4, 3))

        @tf.function(input_signature=[tf.TensorSpec([None], tf.int32)])
        def f(self, ids: Any) -> Any:
            return tf.gather(self.table, ids)

        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
        def g(self, x: Any) -> Any:
            return tf.gather(self.table, [1, 1, 3]) * x

    return Embedding()


IMAGE = np.linspace(-1, 1, 2 * 6 * 6 * 2, dtype=np.float32).reshape(2, 6, 6, 2)


@model(("f", IMAGE), ("gradient", ("f", IMAGE), ["kernel", "bias", "dense"]))
def network(tf: Any) -> Any:
    class Network(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.kernel = tf.Variable(np.sin(np.arange(3 * 3 * 2 * 4)).reshape(3, 3, 2, 4) / 4)
            self.kernel = tf.Variable(tf.cast(self.kernel, tf.float32))
            self.bias = tf.Variable([0.1, -0.1, 0.2, 0.0])
            self.dense = tf.Variable(tf.cast(np.cos(np.arange(36 * 5)).reshape(36, 5), tf.float32))

        @tf.function(input_signature=[tf.TensorSpec([None, 6, 6, 2], tf.float32)])
        def f(self, x: Any) -> Any:
            x = tf.nn.conv2d(x, self.kernel, 1, "SAME") + self.bias
            x = tf.nn.max_pool2d(tf.nn.relu(x), 2, 2, "VALID")
            x = tf.reshape(x, [tf.shape(x)[0], 36])
            return tf.nn.log_softmax(tf.matmul(x, self.dense) / 10.0)

    return Network()


@model(("v",), ("f", X), ("signatures/serving_default", {"x": X}))
def same_twice(tf: Any) -> Any:
    """One function under two names, a function nobody called, and one that needs objects."""

    class SameTwice(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.v = tf.Variable(1.5)
            self.w = self.v

        @tf.function
        def never_called(self, x: Any) -> Any:
            return x

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
        def f(self, x: Any) -> Any:
            return x + self.v

    obj = SameTwice()
    obj.alias = obj.f
    return obj, obj.f


@model(
    ("f", X), ("left/v",), ("right/shared/v",), ("unknown",), ("flat/0",), ("flat/2/deep/0/0",),
    ("grow", X), ("unknown",), ("train", ("f", X), ["left/v"]),
    ("gradient", ("f", X), ["left/v", "right/v"]),
)  # fmt: skip
def shared_variables(tf: Any) -> Any:
    """Variables that are shared, not trainable, of unknown shape, and deep in containers."""

    class Part(tf.Module):
        def __init__(self, scale: float, trainable: bool = True) -> None:
            super().__init__(name="part")
            self.v = tf.Variable([scale, scale, 1.0], trainable=trainable, name="same_name")

    class Shared(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.left, self.right = Part(2.0), Part(3.0, trainable=False)
            self.right.shared = self.left
            self.unknown = tf.Variable([1.0], shape=tf.TensorShape(None))
            deep = {"deep": ((tf.Variable(1, name="a"),), tf.Variable(2, name="a"))}
            self.flat = [self.left.v, self.right, deep]

        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
        def f(self, x: Any) -> Any:
            number = tf.cast(self.flat[2]["deep"][1], tf.float32)
            return x * self.left.v + self.right.v * number, tf.shape(self.unknown)

        @tf.function(input_signature=[tf.TensorSpec(None, tf.float32)])
        def grow(self, x: Any) -> Any:
            self.unknown.assign(x)
            return tf.size(self.unknown)

    return Shared()


@model(("f", X), ("child/child/g", X), ("child/parent/f", X), ("child/parent/child/v",))
def recursive(tf: Any) -> Any:
    """Objects that hold each other."""

    class Node(tf.Module):
        def __init__(self, value: float) -> None:
            super().__init__()
            self.v = tf.Variable(value)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
        def f(self, x: Any) -> Any:
            return self.child.g(x) + self.v

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
        def g(self, x: Any) -> Any:
            return x * self.v

    first, second, third = Node(1.0), Node(2.0), Node(3.0)
    first.child, second.child, third.child = second, third, first
    second.parent = first
    return first


@model(("f", X), ("g", wave(2, 60)), ("gradient", ("f", X), []))
def captured_constants(tf: Any) -> Any:
    """Constants of functions: small ones, big ones, strings, one that two functions share."""
    big = tf.constant(wave(60, 20))
    small = tf.constant([1.0, 2.0, 3.0], tf.float64)
    words = tf.constant(["a", "b" * 1000])

    class Captured(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
        def f(self, x: Any) -> Any:
            return x * tf.cast(small, tf.float32) * big[0, :3], words

        @tf.function(input_signature=[tf.TensorSpec([None, 60], tf.float32)])
        def g(self, x: Any) -> Any:
            return tf.matmul(x, big), tf.strings.length(words)

    return Captured()


@model(
    ("before",), ("f", X), ("init", X), ("f", X), ("v",)
)  # fmt: skip
def late_variables(tf: Any) -> Any:
    """A variable that a function makes in its first call, and one made by a bound method."""

    class Late(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.v = None
            self.before = tf.Variable(7.0)

        @tf.function
        def f(self, x: Any) -> Any:
            if self.v is None:
                self.v = tf.Variable(tf.ones([3]) * 4.0)
            return x * self.v

        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
        def init(self, x: Any) -> Any:
            return self.v.assign(x)

    obj = Late()
    obj.f(tf.constant(X))
    return obj
