"""Arguments and results of classes: namedtuples, attrs classes, dataclasses, nests of them."""

from __future__ import annotations

import collections
import dataclasses
from typing import Any, NamedTuple

import numpy as np

from tests.oracle.saved_models.harness import model

X = np.float32([1.0, -2.0, 3.0])


class Pair(NamedTuple):
    """Two tensors."""

    first: Any
    second: Any


@dataclasses.dataclass
class Masked:
    """A tensor and a mask are tensors; the name is the same for all calls of a trace."""

    name: str
    value: Any
    mask: Any

    def __tf_flatten__(self) -> Any:
        return (self.name,), (self.value, self.mask)

    @classmethod
    def __tf_unflatten__(cls, metadata: Any, components: Any) -> Any:
        return cls(*metadata, *components)


def _pair(tf: Any) -> Any:
    return Pair(tf.constant(X), tf.constant(2 * X))


def _deep(tf: Any) -> Any:
    return {"pairs": [_pair(tf), _pair(tf)], "more": Pair((tf.constant(1.0),), {"k": tf.ones([2])})}


def _ordered(tf: Any) -> Any:
    return collections.OrderedDict([("z", tf.constant(X)), ("a", tf.constant(5 * X))])


@model(
    ("f", _pair), ("g", _deep),
    ("made", X), ("named", X), ("ordered", _ordered), ("raises", ("f", X)),
    ("ordered", lambda tf: {"a": tf.constant(X), "z": tf.constant(X)}),
    ("outer", _pair), ("method", X),
)  # fmt: skip
def namedtuples(tf: Any) -> Any:
    """Namedtuples and ordered dicts, as arguments and as results."""

    class Namedtuples(tf.Module):
        @tf.function
        def f(self, pair: Any) -> Any:
            return pair[0] - pair[1]

        @tf.function
        def g(self, data: Any) -> Any:
            first, second = data["pairs"]
            return Pair(first.first + second.second, data["more"].second["k"] * 3.0)

        @tf.function(input_signature=[tf.TensorSpec([None])])
        def made(self, x: Any) -> Any:
            return {"pair": Pair(x, Pair(x + 1.0, None)), "list": [Pair(-x, x)]}

        @tf.function(input_signature=[tf.TensorSpec([None], name="given")])
        def named(self, x: Any) -> Any:
            return self.made(x)["pair"].second

        @tf.function
        def ordered(self, data: Any) -> Any:
            items = [(key, value + 1.0) for key, value in data.items()]
            return collections.OrderedDict(items)

        @tf.function(input_signature=[Pair(tf.TensorSpec([3]), tf.TensorSpec([None]))])
        def outer(self, pair: Any) -> Any:
            return self.f(Pair(pair.second, pair.first))

        @tf.function(input_signature=[tf.TensorSpec([None])])
        def method(self, x: Any) -> Any:
            pairs = tf.map_fn(lambda y: Pair(y, y * 2.0), x, Pair(tf.float32, tf.float32))
            return pairs._asdict()["second"]

    obj = Namedtuples()
    obj.f(_pair(tf))
    obj.g(_deep(tf))
    obj.ordered(_ordered(tf))
    return obj


@model(("f", X), ("g", X), ("h", X))
def dataclasses_inside(tf: Any) -> Any:
    """Dataclasses that say how they are flattened, inside of functions."""

    class Inside(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None])])
        def f(self, x: Any) -> Any:
            masked = Masked("x", x, x > 0.0)
            return tf.nest.flatten(tf.nest.map_structure(tf.identity, masked))

        def inner(self, masked: Any) -> Any:
            return tf.where(masked.mask, masked.value, -1.0)

        @tf.function(input_signature=[tf.TensorSpec([None])])
        def g(self, x: Any) -> Any:
            return self.inner(Masked("x", x, x > 2.0))

        @tf.function(input_signature=[tf.TensorSpec([3])])
        def h(self, x: Any) -> Any:
            def body(i: Any, masked: Any) -> Any:
                return i + 1, Masked("x", masked.value * 2.0, masked.mask)

            return tf.while_loop(lambda i, m: i < 3, body, [0, Masked("x", x, x > 0.0)])[1].value

    return Inside()
