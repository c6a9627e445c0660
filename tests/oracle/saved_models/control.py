"""Control flow."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.oracle.saved_models.harness import model, wave

X = np.float32([1.0, -2.0, 3.0])


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


@model(
    ("collatz", np.int32(27)), ("primes", np.int32(20)), ("early", X), ("early", -X),
    ("rows", wave(4, 3)), ("nested", np.int32(4)), ("gradient", ("rows", wave(4, 3)), ["v"]),
    ("train", ("rows", wave(4, 3)), ["v"]),
)  # fmt: skip
def autograph(tf: Any) -> Any:
    """Python's if, while, for, break, continue and return over tensors."""

    class Autograph(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.v = tf.Variable(0.5)

        @tf.function(input_signature=[tf.TensorSpec([], tf.int32)])
        def collatz(self, n: Any) -> Any:
            steps = 0
            while n != 1:
                if n % 2 == 0:
                    n = n // 2
                else:
                    n = 3 * n + 1
                steps += 1
            return steps

        @tf.function(input_signature=[tf.TensorSpec([], tf.int32)])
        def primes(self, n: Any) -> Any:
            found = tf.TensorArray(tf.int32, 0, dynamic_size=True)
            for i in tf.range(2, n):
                prime = True
                for j in tf.range(2, i):
                    if i % j == 0:
                        prime = False
                        break
                if not prime:
                    continue
                found = found.write(found.size(), i)
            return found.stack()

        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
        def early(self, x: Any) -> Any:
            if x[0] < 0.0:
                return x[0] * 10.0
            return tf.reduce_sum(x)

        @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32)])
        def rows(self, x: Any) -> Any:
            total = tf.zeros([3])
            for row in x:
                if tf.reduce_sum(row) > 0.0:
                    total += row * self.v
                else:
                    total -= tf.sin(row) * self.v
            return total

        @tf.function(input_signature=[tf.TensorSpec([], tf.int32)])
        def nested(self, n: Any) -> Any:
            total = tf.constant(0)
            i = tf.constant(0)
            while i < n:
                j = tf.constant(0)
                while j < 100:
                    j += 1
                    if j > i:
                        break
                    total += i * j
                i += 1
            return total, i

    return Autograph()


@model(
    ("case", np.float32(0.5)), ("case", np.float32(1.5)), ("case", np.float32(9)),
    ("switch", np.int32(0), X), ("switch", np.int32(1), X), ("switch", np.int32(7), X),
    ("gradient", ("case", np.float32(1.5)), ["v"]), ("nested", X), ("nested", -X),
    ("gradient", ("nested", X), ["v"]), ("effects", X), ("effects", -X), ("v",), ("count",),
)  # fmt: skip
def branches(tf: Any) -> Any:
    """tf.case, tf.switch_case, conditions in conditions, branches with effects."""

    class Branches(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.v = tf.Variable(3.0)
            self.count = tf.Variable(0)

        @tf.function(input_signature=[tf.TensorSpec([], tf.float32)])
        def case(self, x: Any) -> Any:
            pairs = [(x < 1.0, lambda: x * self.v), (x < 2.0, lambda: tf.square(x) + self.v)]
            return tf.case(pairs, default=lambda: -x)

        @tf.function(input_signature=[tf.TensorSpec([], tf.int32), tf.TensorSpec([3])])
        def switch(self, i: Any, x: Any) -> Any:
            return tf.switch_case(i, {0: lambda: x, 1: lambda: x * self.v}, lambda: tf.zeros([3]))

        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
        def nested(self, x: Any) -> Any:
            def inner() -> Any:
                return tf.cond(x[1] > 0.0, lambda: x * 100.0, lambda: tf.exp(x) * self.v)

            return tf.cond(x[0] > 0.0, inner, lambda: -x)

        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
        def effects(self, x: Any) -> Any:
            if x[0] > 0.0:
                self.v.assign_add(1.0)
            else:
                self.count.assign_add(1)
                self.v.assign(self.v * 2.0)
            return x * self.v

    return Branches()


@model(
    ("mapped", X),
    ("scanned", X),
    ("folded", X),
    ("recurrent", wave(4, 2, 3)),
    ("gradient", ("mapped", X), []),
    ("gradient", ("scanned", X), ["v"]),
    ("gradient", ("recurrent", wave(4, 2, 3)), ["w"]),
    ("train", ("recurrent", wave(4, 2, 3)), ["w"]),
    ("power", np.float32(3), np.int32(5)),
    ("gradient", ("power", np.float32(3), np.int32(5)), []),
    ("vectorized", X),
)
def loops(tf: Any) -> Any:
    """Loops that keep tensors: map_fn, scan, foldl, arrays, and their gradients."""

    class Loops(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.v = tf.Variable(2.0)
            self.w = tf.Variable(wave(3, 3))

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
        def mapped(self, x: Any) -> Any:
            return tf.map_fn(lambda i: tf.stack([i, i * i]), x)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
        def scanned(self, x: Any) -> Any:
            return tf.scan(lambda a, i: a * self.v + i, x)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
        def folded(self, x: Any) -> Any:
            return tf.foldl(lambda a, i: a + i, x), tf.foldr(lambda a, i: a - i, x)

        @tf.function(input_signature=[tf.TensorSpec([None, None, 3], tf.float32)])
        def recurrent(self, x: Any) -> Any:
            steps = tf.shape(x)[0]
            outputs = tf.TensorArray(tf.float32, steps, element_shape=[None, 3])
            inputs = tf.TensorArray(tf.float32, steps).unstack(x)
            h = tf.zeros_like(x[0])
            for t in tf.range(steps):
                h = tf.tanh(tf.matmul(h, self.w) + inputs.read(t))
                outputs = outputs.write(t, h)
            return outputs.stack()

        @tf.function(input_signature=[tf.TensorSpec([]), tf.TensorSpec([], tf.int32)])
        def power(self, x: Any, n: Any) -> Any:
            return tf.while_loop(
                lambda i, y: i < n, lambda i, y: (i + 1, y * x), (0, 1.0), maximum_iterations=10
            )[1]

        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
        def vectorized(self, x: Any) -> Any:
            return tf.vectorized_map(lambda i: tf.reduce_sum(x * i), x)

    return Loops()


@model(("lists", X), ("concat", wave(2, 3)), ("stacked", X), ("gradient", ("stacked", X), []))
def tensor_lists(tf: Any) -> Any:
    """Lists of tensors by their ops, also as state of a loop."""
    raw = tf.raw_ops

    class Lists(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
        def lists(self, x: Any) -> Any:
            items = raw.TensorListFromTensor(tensor=x, element_shape=tf.constant([], tf.int32))
            items = raw.TensorListPushBack(input_handle=items, tensor=tf.constant(9.0))
            items = raw.TensorListSetItem(input_handle=items, index=0, item=tf.constant(-1.0))
            shape = tf.constant([], tf.int32)
            rest, last = raw.TensorListPopBack(
                input_handle=items, element_shape=shape, element_dtype=tf.float32
            )
            stacked = raw.TensorListStack(
                input_handle=rest, element_shape=shape, element_dtype=tf.float32
            )
            return last, stacked, raw.TensorListLength(input_handle=rest)

        @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32)])
        def concat(self, x: Any) -> Any:
            array = tf.TensorArray(tf.float32, 2, infer_shape=False)
            array = array.write(0, x[:1])
            return array.write(1, x).concat()

        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
        def stacked(self, x: Any) -> Any:
            items = raw.TensorListReserve(
                element_shape=tf.constant([3]), num_elements=4, element_dtype=tf.float32
            )

            def body(i: Any, held: Any) -> Any:
                item = x * tf.cast(i + 1, tf.float32)
                return i + 1, raw.TensorListSetItem(input_handle=held, index=i, item=item)

            held = tf.while_loop(lambda i, _: i < 4, body, (0, items))[1]
            return raw.TensorListStack(
                input_handle=held, element_shape=tf.constant([3]), element_dtype=tf.float32
            )

    return Lists()
