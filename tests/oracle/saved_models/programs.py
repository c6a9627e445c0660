"""Small programs of the kind that people save, each with several features at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.oracle.saved_models.harness import model, wave

X = np.float32([1.0, -2.0, 3.0])
M = wave(2, 3)
SERVED = "signatures/serving_default"


@model(("f", X), ("f", X, {"scale": 3.0}), ("f", X, {"bias": X}), ("g", X), ("g", X, 2), ("h", X))
def defaults(tf: Any) -> Any:
    """Defaults of every kind: numbers, tensors, None, nests, strings."""

    class Defaults(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.v = tf.Variable(2.0)

        @tf.function
        def f(self, x: Any, scale: float = 2.0, bias: Any = None, mode: str = "add") -> Any:
            y = x * scale * self.v
            return y if bias is None else y + bias

        @tf.function(reduce_retracing=True)
        def g(self, x: Any, times: int = 3, options: Any = ("a", 1)) -> Any:
            return x * float(times) + float(options[1])

        @tf.function(input_signature=[tf.TensorSpec([None]), tf.TensorSpec([], tf.float32)])
        def h(self, x: Any, scale: Any = 5.0) -> Any:
            return x * scale

    obj, x = Defaults(), tf.constant(X)
    obj.f(x)
    obj.f(x, scale=3.0)
    obj.f(x, bias=x)
    obj.g(x)
    obj.g(x, 2)
    return obj


@model(("running", X), ("ragged", np.int32(4)), ("grow", X), ("gradient", ("running", X), ["w"]))
def arrays_in_loops(tf: Any) -> Any:
    """TensorArrays and lists that loops fill."""

    class Arrays(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = tf.Variable(wave(3))

        @tf.function(input_signature=[tf.TensorSpec([None])])
        def running(self, x: Any) -> Any:
            steps = tf.TensorArray(tf.float32, size=tf.size(x))
            total = 0.0
            for i in tf.range(tf.size(x)):
                total = total * 0.5 + x[i] * self.w[i]
                steps = steps.write(i, total)
            return steps.stack()

        @tf.function(input_signature=[tf.TensorSpec([], tf.int32)])
        def ragged(self, n: Any) -> Any:
            parts = tf.TensorArray(tf.int32, size=0, dynamic_size=True, infer_shape=False)
            for i in tf.range(n):
                parts = parts.write(i, tf.range(i + 1))
            return parts.concat()

        @tf.function(input_signature=[tf.TensorSpec([3])])
        def grow(self, x: Any) -> Any:
            found = tf.TensorArray(tf.float32, size=3, element_shape=[3])
            _, x, found = tf.while_loop(
                lambda i, x, found: i < 3,
                lambda i, x, found: (i + 1, x * self.w, found.write(i, x)),
                [0, x, found],
            )
            return {"last": x, "all": found.stack(), "first": found.read(0)}

    return Arrays()


@model(
    ("lengths", lambda tf: tf.ragged.constant([[1.0, 2.0], [], [3.0]])),
    ("words", np.array([b"a b", b"", b"c"], object)), ("both", X),
)  # fmt: skip
def ragged_programs(tf: Any) -> Any:
    """Signatures of ragged tensors, and ragged results."""

    class Ragged(tf.Module):
        @tf.function(input_signature=[tf.RaggedTensorSpec([None, None], tf.float32)])
        def lengths(self, rows: Any) -> Any:
            return {"sum": tf.reduce_sum(rows, 1), "count": rows.row_lengths(), "twice": rows * 2.0}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def words(self, lines: Any) -> Any:
            tokens = tf.strings.split(lines)
            return tokens, tf.strings.length(tokens).to_tensor(-1)

        @tf.function(input_signature=[tf.TensorSpec([None])])
        def both(self, x: Any) -> Any:
            rows = tf.RaggedTensor.from_row_lengths(x, [1, 0, 2])
            return self.lengths(rows)["twice"].to_tensor()

    return Ragged()


@model(
    ("f", X), ("gradient", ("f", X), ["w"]), ("g", X), ("gradient", ("g", X), ["w"]),
    ("train", ("f", X), ["w"]),
)  # fmt: skip
def gradients_of_our_own(tf: Any) -> Any:
    """custom_gradient with a variable, and stop_gradient."""

    class Own(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = tf.Variable([1.0, 2.0, 3.0])

        @tf.function(input_signature=[tf.TensorSpec([3])])
        def f(self, x: Any) -> Any:
            @tf.custom_gradient
            def clipped(y: Any) -> Any:
                return y, lambda dy: tf.clip_by_value(dy, -0.5, 0.5)

            return tf.exp(clipped(x * self.w) * 0.1) * 3.0

        @tf.function(input_signature=[tf.TensorSpec([3])])
        def g(self, x: Any) -> Any:
            return tf.stop_gradient(x) * self.w + tf.grad_pass_through(tf.round)(x)

    return Own()


@model(
    ("a", X), ("b/twice", X), ("b/deeper/f", X), ("step", np.float32(1)), ("a", X), ("b/twice", X),
    ("gradient", ("b/deeper/f", X), ["shared"]), ("train", ("a", X), ["shared"]),
    ("b/deeper/f", X), ("layers/0/f", X), ("named/x/f", X),
)  # fmt: skip
def modules_that_share(tf: Any) -> Any:
    """Modules in modules, in lists and in dicts, with one variable for all."""

    class Leaf(tf.Module):
        def __init__(self, shared: Any) -> None:
            super().__init__()
            self.shared = shared
            self.own = tf.Variable(wave(3), name="own")

        @tf.function(input_signature=[tf.TensorSpec([None])])
        def f(self, x: Any) -> Any:
            return x * self.shared + self.own

    class Middle(tf.Module):
        def __init__(self, shared: Any) -> None:
            super().__init__()
            self.deeper = Leaf(shared)

        @tf.function(input_signature=[tf.TensorSpec([None])])
        def twice(self, x: Any) -> Any:
            return self.deeper.f(self.deeper.f(x))

    class Top(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.shared = tf.Variable(2.0)
            self.b = Middle(self.shared)
            self.layers = [Leaf(self.shared), Leaf(self.shared)]
            self.named = {"x": self.layers[1], "y": (self.b, 3)}

        @tf.function(input_signature=[tf.TensorSpec([None])])
        def a(self, x: Any) -> Any:
            for layer in self.layers:
                x = layer.f(x)
            return self.b.twice(x)

        @tf.function(input_signature=[tf.TensorSpec([])])
        def step(self, by: Any) -> Any:
            return self.shared.assign_add(by)

    return Top()


@model(
    (SERVED, {"x": X}), ("signatures/reset", {"to": np.float32(7)}), (SERVED, {"x": X}),
    ("signatures/history",), ("history",), ("describe", "signatures/history"),
)  # fmt: skip
def machine(tf: Any) -> Any:
    """Signatures that change state: a mean that runs, and a counter inside of a branch."""

    class Machine(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mean = tf.Variable(0.0)
            self.count = tf.Variable(0, dtype=tf.int64)
            self.last = tf.Variable(tf.zeros([3]), trainable=False)

        @tf.function(input_signature=[tf.TensorSpec([3], name="x")])
        def update(self, x: Any) -> Any:
            if tf.reduce_any(x > 0.0):
                self.count.assign_add(1)
                step = tf.reduce_mean(x) - self.mean
                self.mean.assign_add(step / tf.cast(self.count, tf.float32))
            self.last.assign(x)
            return {"mean": self.mean.read_value(), "count": self.count.read_value()}

        @tf.function(input_signature=[tf.TensorSpec([], name="to")])
        def reset(self, to: Any) -> Any:
            self.count.assign(0)
            return {"mean": self.mean.assign(to)}

        @tf.function(input_signature=[])
        def history(self) -> Any:
            return {"last": self.last + 0.0}

    obj = Machine()
    return obj, {"serving_default": obj.update, "reset": obj.reset, "history": obj.history}


@model(("f", M), ("gradient", ("f", M), ["kernel"]), ("mapped", M), ("scanned", X), ("sorted", X))
def functional_tools(tf: Any) -> Any:
    """map_fn, scan, foldl, vectorized_map, einsum, sort, unique inside of saved functions."""

    class Tools(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.kernel = tf.Variable(wave(3, 4))

        @tf.function(input_signature=[tf.TensorSpec([None, 3])])
        def f(self, x: Any) -> Any:
            y = tf.einsum("bi,ij->bj", x, self.kernel)
            return tf.nn.softmax(tf.vectorized_map(lambda row: row * tf.reduce_sum(row), y))

        @tf.function(input_signature=[tf.TensorSpec([None, 3])])
        def mapped(self, x: Any) -> Any:
            two = tf.map_fn(
                lambda row: (tf.reduce_max(row), tf.argmax(row)),
                x,
                fn_output_signature=(tf.float32, tf.int64),
            )
            return two, tf.foldl(lambda a, row: a * 0.5 + row, x)

        @tf.function(input_signature=[tf.TensorSpec([None])])
        def scanned(self, x: Any) -> Any:
            return tf.scan(lambda a, y: a * y, x), tf.cumsum(x, reverse=True)

        @tf.function(input_signature=[tf.TensorSpec([3])])
        def sorted(self, x: Any) -> Any:
            values, index = tf.unique(tf.cast(tf.sort(tf.abs(x)) // 2.0, tf.int32))
            return values, index, tf.math.top_k(x, 2), tf.sort(x, direction="DESCENDING")

    return Tools()


@model(
    ("parse", np.array([b"1,x", b"2.5,y"], object)), ("dates", np.array([b"2020-01-31"], object)),
    ("hashed", np.array([b"a", b"b"], object)), ("formatted", np.int32([1, 20])),
)  # fmt: skip
def texts(tf: Any) -> Any:
    """Strings: CSV, regular expressions, hashes, numbers as text."""

    class Texts(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def parse(self, lines: Any) -> Any:
            number, word = tf.io.decode_csv(lines, [0.0, ""])
            return {"number": number * 2.0, "word": tf.strings.join([word, "!"])}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def dates(self, lines: Any) -> Any:
            years = tf.strings.regex_replace(lines, r"^(\d+)-.*", r"\1")
            return tf.strings.to_number(years, tf.int32), tf.strings.substr(lines, 5, 2)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def hashed(self, words: Any) -> Any:
            return tf.strings.to_hash_bucket_fast(words, 100), tf.strings.bytes_split(words)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.int32)])
        def formatted(self, x: Any) -> Any:
            return tf.strings.as_string(x, width=4, fill="0"), tf.strings.format("{}!", x)

    return Texts()


@model(
    ("f", X), ("f", np.float32([[1.0]])), ("raises", ("f", np.int32([1]))), ("g", np.int32([3])),
    ("g", np.float32([3])), ("pick", X, True), ("pick", X, False), ("raises", ("pick", X)),
)  # fmt: skip
def overloads(tf: Any) -> Any:
    """Traces for several dtypes, ranks and flags of one function."""

    class Overloads(tf.Module):
        @tf.function
        def f(self, x: Any) -> Any:
            return x + 1.0 if x.shape.rank == 1 else tf.reduce_sum(x) * 10.0

        @tf.function
        def g(self, x: Any) -> Any:
            return x // 2 if x.dtype.is_integer else x / 2

        @tf.function
        def pick(self, x: Any, positive: bool) -> Any:
            return tf.nn.relu(x) if positive else -tf.nn.relu(-x)

    obj = Overloads()
    obj.f.get_concrete_function(tf.TensorSpec([None]))
    obj.f.get_concrete_function(tf.TensorSpec([None, None]))
    obj.g.get_concrete_function(tf.TensorSpec([None], tf.int32))
    obj.g.get_concrete_function(tf.TensorSpec([None], tf.float32))
    obj.pick(tf.constant(X), True)
    obj.pick(tf.constant(X), False)
    return obj


@model(
    ("draw", np.int32([7, 9])), ("embed", np.int64([[0, 2], [3, 3]])), ("bits", np.int32([5])),
    ("half", X), ("gradient", ("embed", np.int64([0, 3])), ["table"]),
)  # fmt: skip
def various_dtypes(tf: Any) -> Any:
    """Random numbers from seeds, embeddings, bits, half precision, complex numbers."""

    class Various(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = tf.Variable(wave(4, 3))
            self.small = tf.Variable(tf.cast(X, tf.bfloat16))

        @tf.function(input_signature=[tf.TensorSpec([2], tf.int32)])
        def draw(self, seed: Any) -> Any:
            noise = tf.random.stateless_normal([3], seed)
            return noise, tf.random.experimental.stateless_split(seed, 2)

        @tf.function(input_signature=[tf.TensorSpec(None, tf.int64)])
        def embed(self, ids: Any) -> Any:
            return tf.nn.embedding_lookup(self.table, ids)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.int32)])
        def bits(self, x: Any) -> Any:
            return tf.bitwise.left_shift(x, 2), tf.one_hot(x, 7, dtype=tf.uint8)

        @tf.function(input_signature=[tf.TensorSpec([3])])
        def half(self, x: Any) -> Any:
            y = tf.cast(x, tf.bfloat16) * self.small
            z = tf.signal.fft(tf.complex(x, -x))
            return y, tf.cast(y, tf.float16), z, tf.math.angle(z)

    return Various()
