"""Functions: how they are called, and what their signatures are."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tests.oracle.saved_models.harness import model

X = np.float32([1.0, -2.0, 3.0])


class Point(NamedTuple):
    """Two tensors."""

    x: Any
    y: Any


@model(
    ("f", X), ("f", X, True), ("f", X, {"training": True}), ("f", X, {"training": False, "k": 5}),
    ("g", X, X), ("h", [X, X], {"z": X, "a": X}), ("__call__", X),
)  # fmt: skip
def arguments(tf: Any) -> Any:
    class Arguments(tf.Module):
        @tf.function
        def f(self, x: Any, training: bool = False, *, k: int = 3) -> Any:
            return x * float(k) + (100.0 if training else 0.0)

        @tf.function
        def g(self, *args: Any, **kwargs: Any) -> Any:
            return tf.add_n(list(args))

        @tf.function
        def h(self, pair: Any, *, z: Any, a: Any) -> Any:
            return pair[0] + 10.0 * pair[1] + 100.0 * z + 1000.0 * a

        @tf.function
        def __call__(self, x: Any) -> Any:
            return self.f(x)

    obj, x = Arguments(), tf.constant(X)
    obj.f(x)
    obj.f(x, True)
    obj.f(x, k=5)
    obj.g(x, x)
    obj.h([x, x + 1.0], z=x, a=x)
    obj(x)
    return obj


@model(("f", X), ("g", X), ("gradient", ("g", X), ["v"]))
def compiled(tf: Any) -> Any:
    class Compiled(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.v = tf.Variable([1.0, 2.0, 3.0])

        @tf.function(jit_compile=True)
        def f(self, x: Any) -> Any:
            return tf.reduce_sum(tf.exp(x * self.v))

        @tf.function
        def g(self, x: Any) -> Any:
            return self.f(x) + self.f(2.0 * x)

    obj = Compiled()
    obj.f(tf.constant(X))
    obj.g(tf.constant(X))
    return obj


@model(
    ("signatures/add", {"a": X, "b": X}), ("signatures/both", {"x": X}),
    ("signatures/named", {"hello": X}), ("signatures/pair", {"first": X, "second": X}),
)  # fmt: skip
def signatures(tf: Any) -> Any:
    spec = tf.TensorSpec([None], tf.float32)

    class Signatures(tf.Module):
        @tf.function
        def add(self, b: Any, a: Any) -> Any:
            return a - b

        @tf.function(input_signature=[spec])
        def both(self, x: Any) -> Any:
            return x, 2.0 * x

        @tf.function
        def named(self, x: Any) -> Any:
            return {"z": x, "a": -x}

        @tf.function
        def pair(self, inputs: Any) -> Any:
            return inputs[0] - inputs[1]

    obj = Signatures()
    first, second = tf.TensorSpec([3], name="first"), tf.TensorSpec([3], name="second")
    return obj, {
        "add": obj.add.get_concrete_function(spec, spec),
        "both": obj.both,
        "named": obj.named.get_concrete_function(tf.TensorSpec([3], name="hello")),
        "pair": obj.pair.get_concrete_function([first, second]),
    }


@model(
    ("f", X, "double"), ("f", X, "half"), ("f", X, {"mode": "half", "power": 2}),
    ("f", X, None), ("f", X, "double", 1, {"flag": True}), ("raises", ("f", X, "other")),
    ("raises", ("f", np.int32([1]), "double")), ("g", np.float32(2), np.float32(5)),
    ("g", 3.0, 5.0), ("h", X, {"scale": np.float32(4)}), ("h", X), ("raises", ("h",)),
)  # fmt: skip
def python_values(tf: Any) -> Any:
    """Traces for strings, None, numbers and bools; keyword-only arguments; defaults that differ."""
    default = tf.constant(2.0)

    class PythonValues(tf.Module):
        @tf.function
        def f(self, x: Any, mode: Any = "double", power: int = 1, *, flag: bool = False) -> Any:
            factor = {"double": 2.0, "half": 0.5, None: 1.0}[mode]
            return (x * factor) ** power + (1.0 if flag else 0.0)

        @tf.function(input_signature=[tf.TensorSpec([]), tf.TensorSpec([])])
        def g(self, x: Any, y: Any = 3.0) -> Any:
            return x * 10.0 + y

        @tf.function
        def h(self, x: Any, *, scale: Any = default) -> Any:
            return x * scale

    obj, x = PythonValues(), tf.constant(X)
    obj.f(x, "double")
    obj.f(x, "half")
    obj.f(x, "half", 2)
    obj.f(x, None)
    obj.f(x, flag=True)
    obj.h(x)
    obj.h(x, scale=tf.constant(3.0))
    return obj


@model(
    ("f", X), ("f", X, X), ("f", X, X, {"b": X}), ("raises", ("f", X, X, X)),
    ("g", {"x": X, "y": X}), ("raises", ("g", {"x": X})),
)  # fmt: skip
def variable_arguments(tf: Any) -> Any:
    """*args and **kwargs."""

    class VariableArguments(tf.Module):
        @tf.function
        def f(self, first: Any, *rest: Any, **named: Any) -> Any:
            total = first
            for i, item in enumerate(rest):
                total += item * 10.0 ** (i + 1)
            for key in sorted(named):
                total -= named[key]
            return total

        @tf.function
        def g(self, **named: Any) -> Any:
            return {key.upper(): -value for key, value in named.items()}

    obj, x = VariableArguments(), tf.constant(X)
    obj.f(x)
    obj.f(x, x)
    obj.f(x, x, b=x)
    obj.g(x=x, y=x)
    return obj


@model(
    ("f", {"data": {"a": X, "b": [X, X]}}),
    ("f", lambda tf: {"a": tf.constant(X), "b": [tf.constant(X)] * 2}),
    ("raises", ("f", {"data": {"a": X, "c": [X, X]}})),
    (
        "g",
        lambda tf: (tf.constant(X), (tf.constant(2.0), [tf.constant(X)])),
    ),
    ("h", lambda tf: Point(tf.constant(X), tf.constant(X))),
    ("gradient", ("mixed", X, {"more": {"y": X, "k": 2}}), []),
)
def nested_arguments(tf: Any) -> Any:
    """Dicts, lists, tuples and namedtuples as arguments and results."""

    class Nested(tf.Module):
        @tf.function
        def f(self, data: Any) -> Any:
            first, second = data["b"]
            return {"out": [data["a"] + first, {"deep": second}], "none": None}

        @tf.function
        def g(self, pair: Any) -> Any:
            x, (y, (z,)) = pair
            return Point(x * y, z)

        @tf.function
        def h(self, point: Any) -> Any:
            return point[0] - 2.0 * point[1], point

        @tf.function
        def mixed(self, x: Any, more: Any = None) -> Any:
            return x * more["y"] * float(more["k"])

    obj, x = Nested(), tf.constant(X)
    obj.f({"a": x, "b": [x, x]})
    obj.g((x, (tf.constant(1.0), [x])))
    obj.h(Point(x, x))
    obj.mixed(x, {"y": x, "k": 2})
    return obj


@model(
    ("f", np.ones([2, 3], np.float32), np.int32([1, 2])), ("describe", "signatures/f"),
    ("signatures/f", {"image": np.ones([1, 3], np.float32), "size": np.int32([4])}),
    ("f", np.ones([0, 3], np.float32), np.int32([])), ("raises", ("f", X, np.int32([1]))),
    ("signatures/any", {"any": np.zeros([2, 1, 2], np.float32)}), ("describe", "signatures/any"),
)  # fmt: skip
def named_specs(tf: Any) -> Any:
    """Specs with names, unknown dimensions and unknown rank."""

    class NamedSpecs(tf.Module):
        @tf.function(
            input_signature=[
                tf.TensorSpec([None, 3], tf.float32, name="image"),
                tf.TensorSpec([None], tf.int32, name="size"),
            ]
        )
        def f(self, x: Any, y: Any) -> Any:
            return {"sum": tf.reduce_sum(x, 1), "size": y * 2, "rank": tf.rank(x)}

        @tf.function(input_signature=[tf.TensorSpec(None, tf.float32, name="any")])
        def any(self, x: Any) -> Any:
            return tf.shape(x), x + 1.0

    obj = NamedSpecs()
    return obj, {"f": obj.f, "any": obj.any}


@model(
    ("outer", X), ("again", X), ("partial", X), ("inner", X), ("gradient", ("outer", X), ["v"]),
    ("train", ("again", X), ["v"]),
)  # fmt: skip
def functions_in_functions(tf: Any) -> Any:
    """Functions that call functions, one of which is not an attribute; a functools.partial."""
    import functools

    v = tf.Variable([2.0, 3.0, 4.0])

    @tf.function
    def hidden(x: Any, scale: Any) -> Any:
        return x * v * scale

    obj = tf.Module()
    obj.v = v
    obj.inner = tf.function(
        lambda x: hidden(x, 2.0) + hidden(x, tf.constant(3.0)), input_signature=[tf.TensorSpec([3])]
    )
    obj.outer = tf.function(
        lambda x: obj.inner(x) - obj.inner(obj.inner(x)), input_signature=[tf.TensorSpec([3])]
    )
    concrete = obj.outer.get_concrete_function()
    obj.again = tf.function(lambda x: concrete(x) + 1.0, input_signature=[tf.TensorSpec([3])])
    obj.partial = tf.function(functools.partial(hidden, scale=5.0))
    obj.partial(tf.constant(X))
    return obj


@model(
    ("f", X), ("g", X, X), ("signatures/serving_default", {"x": X}),
    ("signatures/both", {"x": X, "y": X}), ("describe", "signatures/both"),
    ("describe", "signatures/serving_default"), ("gradient", ("signatures/serving_default", X), []),
)  # fmt: skip
def concrete_functions(tf: Any) -> Any:
    """Concrete functions as attributes and as signatures."""
    obj = tf.Module()
    obj.v = tf.Variable(3.0)
    spec = tf.TensorSpec([None], tf.float32, name="x")
    obj.f = tf.function(lambda x: x * obj.v).get_concrete_function(spec)
    obj.g = tf.function(lambda x, y: {"sum": x + y, "difference": x - y}).get_concrete_function(
        spec, tf.TensorSpec([None], tf.float32, name="y")
    )
    return obj, {"serving_default": obj.f, "both": obj.g}


@model(("f", X), ("g", X), ("gradient", ("f", X), []))
def implements(tf: Any) -> Any:
    """Functions marked as a known operation, or not to be inlined."""

    class Implements(tf.Module):
        @tf.function(
            experimental_implements="tests.scaled", input_signature=[tf.TensorSpec([None])]
        )
        def f(self, x: Any) -> Any:
            return x * 3.0

        @tf.function(input_signature=[tf.TensorSpec([None])], reduce_retracing=True)
        def g(self, x: Any) -> Any:
            return self.f(x) + self.f(x + 1.0)

    return Implements()


@model(
    ("f", np.int32([1, 2])), ("signatures/serving_default", {"x": np.int32([1, 200])}),
    ("describe", "signatures/serving_default"),
    ("casts", np.float32([1.6, -1.6, 0.0])), ("raises", ("casts", np.int32([1]))),
)  # fmt: skip
def casts(tf: Any) -> Any:
    """Signatures whose tensors are of many types."""
    kinds = ["float16", "bfloat16", "float64", "int8", "uint8", "int64", "bool", "complex64"]

    class Casts(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.int32, name="x")])
        def f(self, x: Any) -> Any:
            return {kind: tf.cast(x, getattr(tf, kind)) for kind in kinds}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
        def casts(self, x: Any) -> Any:
            bits = tf.bitcast(x, tf.uint8)
            return tf.cast(x, tf.int32), bits, tf.saturate_cast(x * 1000.0, tf.int8)

    obj = Casts()
    return obj, obj.f
