"""Models that are saved and loaded, by Tidefall and by TensorFlow, in every combination.

The same code builds them with either: `tf` is passed in. `CALLS` says what to compute with the
object, fresh or loaded; the results have to be the same wherever it was saved and loaded.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

RECORDED = Path(__file__).with_name("saved_models.json.gz")

DTYPES = [
    "float16", "bfloat16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8",
    "uint16", "uint32", "uint64", "bool", "complex64", "complex128", "string",
]  # fmt: skip

Call = tuple[Any, ...]
Model = tuple[Callable[[Any], Any], list[Call]]
MODELS: dict[str, Model] = {}


def model(*calls: Call) -> Callable[[Any], Any]:
    """Register a builder: `build(tf)` returns an object, or it and its signatures.

    A call is `(path, *arguments)`, with a dict as last argument for keywords; the path is an
    attribute, or "signatures/name". `("gradient", call, paths)` differentiates the sum of all
    float results by the first argument and by variables.
    """

    def register(build: Callable[[Any], Any]) -> Any:
        MODELS[build.__name__] = build, list(calls)
        return build

    return register


def build(tf: Any, name: str) -> tuple[Any, Any]:
    """The object and its signatures."""
    made = MODELS[name][0](tf)
    return made if isinstance(made, tuple) else (made, None)


def results(tf: Any, name: str, obj: Any) -> list[list[dict[str, Any]]]:
    """What the calls of a model give, as JSON; calls may change the object's variables."""
    return [_run(tf, obj, call) for call in MODELS[name][1]]


def _run(tf: Any, obj: Any, call: Call) -> list[dict[str, Any]]:
    if call[0] == "gradient":
        return _gradient(tf, obj, *call[1:])
    found = _find(obj, call[0])
    if not callable(found):
        return _encode(tf, found)
    return _encode(tf, _call(tf, found, call[1:]))


def _find(obj: Any, path: str) -> Any:
    for step in path.split("/"):
        if step.isdigit():
            obj = obj[int(step)]
        elif hasattr(obj, "keys"):
            obj = obj[step]
        else:
            obj = getattr(obj, step)
    return obj


def _call(tf: Any, function: Any, arguments: tuple[Any, ...]) -> Any:
    kwargs = {}
    if arguments and isinstance(arguments[-1], dict):
        *arguments, kwargs = arguments
    make = lambda v: tf.constant(v) if isinstance(v, np.ndarray) else v  # noqa: E731
    return function(*map(make, arguments), **{k: make(v) for k, v in kwargs.items()})


def _gradient(tf: Any, obj: Any, call: Call, paths: list[str]) -> list[dict[str, Any]]:
    variables = [_find(obj, path) for path in paths]
    first = tf.constant(call[1])
    with tf.GradientTape() as tape:
        tape.watch(first)
        outputs = _call(tf, _find(obj, call[0]), (first, *call[2:]))
        flat = [t for t in tf.nest.flatten(outputs) if t is not None and t.dtype.is_floating]
        total = tf.add_n([tf.reduce_sum(t) for t in flat])
    found = tape.gradient(total, [first, *variables])
    return _encode(tf, [tf.convert_to_tensor(g) for g in found])


def _encode(tf: Any, value: Any) -> list[dict[str, Any]]:
    encoded = []
    for item in tf.nest.flatten(value, expand_composites=True):
        if item is None:
            encoded.append({"dtype": "none", "shape": [], "data": ""})
            continue
        array = np.asarray(item.numpy() if hasattr(item, "numpy") else item)
        if array.dtype.kind in "OS":
            data: Any = [base64.b64encode(v).decode() for v in array.ravel().tolist()]
        else:
            data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
        encoded.append({"dtype": array.dtype.name, "shape": list(array.shape), "data": data})
    return encoded


def assert_same(got: Any, expected: Any, where: str) -> None:
    """Compare two lists of results; floats to 1e-5."""
    assert len(got) == len(expected), where
    for number, (one, other) in enumerate(zip(got, expected, strict=True)):
        assert [x["shape"] for x in one] == [x["shape"] for x in other], f"{where}: call {number}"
        for a, b in zip(one, other, strict=True):
            assert a["dtype"] == b["dtype"], f"{where}: call {number}"
            _assert_close(a, b, f"{where}: call {number}")


def _assert_close(a: dict[str, Any], b: dict[str, Any], where: str) -> None:
    if a["dtype"] in ("none", "object") or a["dtype"].startswith("bytes"):
        assert a["data"] == b["data"], where
        return
    one, other = _array(a), _array(b)
    if one.dtype.kind in "fcV":
        wide = np.complex128 if one.dtype.kind == "c" else np.float64
        np.testing.assert_allclose(one.astype(wide), other.astype(wide), 1e-5, 1e-5, err_msg=where)
    else:
        np.testing.assert_array_equal(one, other, err_msg=where)


def _array(stored: dict[str, Any]) -> np.ndarray:
    import ml_dtypes

    name = stored["dtype"]
    dtype = np.dtype(getattr(ml_dtypes, name)) if hasattr(ml_dtypes, name) else np.dtype(name)
    return np.frombuffer(base64.b64decode(stored["data"]), dtype).reshape(stored["shape"])


# ---- recordings ----


@cache
def recorded() -> dict[str, Any]:
    """What TensorFlow wrote and computed: by model its files and its results."""
    return json.loads(gzip.decompress(RECORDED.read_bytes()))


def unpack(name: str, folder: Path) -> Path:
    """Write the files of a recorded model into a folder."""
    for path, content in recorded()[name]["files"].items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(base64.b64decode(content))
    return folder


# ---- the models ----

X = np.float32([1.0, -2.0, 3.0])


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
    ("cond", X), ("cond", -X), ("loop", X), ("nested", X), ("switch", np.int32(0)),
    ("switch", np.int32(2)), ("counted", X), ("total",), ("gradient", ("cond", X), ["v"]),
)  # fmt: skip
def control_flow(tf: Any) -> Any:
    vector = tf.TensorSpec([None], tf.float32)

    class ControlFlow(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.v = tf.Variable(3.0)
            self.total = tf.Variable(0.0)

        @tf.function(input_signature=[vector], autograph=False)
        def cond(self, x: Any) -> Any:
            return tf.cond(tf.reduce_sum(x) > 0.0, lambda: x * self.v, lambda: -x)

        @tf.function(input_signature=[vector], autograph=False)
        def loop(self, x: Any) -> Any:
            return tf.while_loop(
                lambda i, y: i < 5, lambda i, y: [i + 1, y * 2.0 + self.v], [tf.constant(0), x]
            )

        @tf.function(input_signature=[vector], autograph=False)
        def nested(self, x: Any) -> Any:
            def body(i: Any, y: Any) -> Any:
                return i + 1, tf.cond(i > 1, lambda: y + self.v, lambda: y - 1.0)

            return tf.while_loop(lambda i, y: i < 4, body, (tf.constant(0), x))[1]

        @tf.function(input_signature=[tf.TensorSpec([], tf.int32)], autograph=False)
        def switch(self, i: Any) -> Any:
            return tf.switch_case(i, [lambda: self.v * 1.0, lambda: self.v + 1.0, lambda: self.v])

        @tf.function(input_signature=[vector], autograph=False)
        def counted(self, x: Any) -> Any:
            def body(i: Any) -> Any:
                self.total.assign_add(x[i])
                return [i + 1]

            tf.while_loop(lambda i: i < tf.size(x), body, [tf.constant(0)])
            return self.total.read_value()

    return ControlFlow()


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
    ("f", np.float32(1)), ("outer", np.float32(1)),
    ("gradient", ("f", np.float32(1)), ["v"]), ("gradient", ("outer", np.float32(1)), ["v"]),
)  # fmt: skip
def custom_gradients(tf: Any) -> Any:
    class CustomGradients(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.v = tf.Variable(3.0)

        @tf.function(input_signature=[tf.TensorSpec([], tf.float32)])
        def f(self, x: Any) -> Any:
            @tf.custom_gradient
            def hundredfold(x: Any) -> Any:
                y = tf.exp(x)
                return y * 2.0, lambda dy: dy * y * 100.0 + x

            @tf.custom_gradient
            def with_variable(x: Any) -> Any:
                def grad(dy: Any, variables: Any = None) -> Any:
                    return dy * 7.0 * self.v, [dy * 5.0]

                return x * self.v, grad

            return hundredfold(x) + with_variable(x)

        @tf.function(input_signature=[tf.TensorSpec([], tf.float32)])
        def outer(self, x: Any) -> Any:
            return 2.0 * self.f(x)

    return CustomGradients()


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
