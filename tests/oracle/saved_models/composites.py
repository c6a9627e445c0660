"""Ragged, sparse and other composite tensors as arguments and results."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.oracle.saved_models.harness import model

X = np.float32([1.0, -2.0, 3.0])


def ragged(tf: Any) -> Any:
    return tf.ragged.constant([[1.0, 2.0], [], [3.0]])


def deep_ragged(tf: Any) -> Any:
    return tf.ragged.constant([[[1, 2], [3]], [], [[4]]])


def sparse(tf: Any) -> Any:
    return tf.SparseTensor([[0, 1], [2, 0]], [5.0, 7.0], [3, 2])


@model(
    ("total", ragged), ("double", ragged), ("deep", deep_ragged), ("raises", ("total", X)),
    ("signatures/serving_default", {"x": np.int64([2, 0, 1])}), ("made", np.int64([2, 0, 1])),
    ("gradient", ("made", np.int64([2, 1])), ["v"]),
)  # fmt: skip
def ragged_tensors(tf: Any) -> Any:
    class Ragged(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.v = tf.Variable(2.0)

        @tf.function(input_signature=[tf.RaggedTensorSpec([None, None], tf.float32)])
        def total(self, x: Any) -> Any:
            return tf.reduce_sum(x, 1), x.row_lengths(), x.to_tensor(-1.0)

        @tf.function(input_signature=[tf.RaggedTensorSpec([None, None], tf.float32)])
        def double(self, x: Any) -> Any:
            return {"ragged": x * self.v, "mean": tf.reduce_mean(x.flat_values)}

        @tf.function(
            input_signature=[tf.RaggedTensorSpec([None, None, None], tf.int32, ragged_rank=2)]
        )
        def deep(self, x: Any) -> Any:
            return x + 1, tf.concat([x, x], 1), x.bounding_shape()

        @tf.function(input_signature=[tf.TensorSpec([None], tf.int64)])
        def made(self, x: Any) -> Any:
            return tf.RaggedTensor.from_row_lengths(tf.range(tf.reduce_sum(x)), x), self.v * 1.0

    obj = Ragged()
    return obj, tf.function(
        lambda x: {"dense": obj.made(x)[0].to_tensor()},
        input_signature=[tf.TensorSpec([None], tf.int64, name="x")],
    )


@model(
    ("total", sparse), ("scaled", sparse), ("product", sparse, np.ones([2, 3], np.float32)),
    ("made", X), ("gradient", ("made", X), []),
)  # fmt: skip
def sparse_tensors(tf: Any) -> Any:
    class Sparse(tf.Module):
        @tf.function(input_signature=[tf.SparseTensorSpec([None, 2], tf.float32)])
        def total(self, x: Any) -> Any:
            return tf.sparse.reduce_sum(x), tf.sparse.to_dense(x)

        @tf.function(input_signature=[tf.SparseTensorSpec([None, 2], tf.float32)])
        def scaled(self, x: Any) -> Any:
            return x * 3.0

        @tf.function(
            input_signature=[tf.SparseTensorSpec([None, None]), tf.TensorSpec([None, None])]
        )
        def product(self, x: Any, y: Any) -> Any:
            return tf.sparse.sparse_dense_matmul(x, y)

        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
        def made(self, x: Any) -> Any:
            return tf.SparseTensor([[0], [4], [5]], x * 2.0, [6])

    return Sparse()


@model(("f", np.int32([1, 1, 3])), ("g", X), ("optional", X), ("arrays", X))
def other_composites(tf: Any) -> Any:
    """Indexed slices and tensor arrays inside functions, and results made of them."""

    class Composites(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = tf.Variable(np.arange(12, dtype=np.float32).reshape(4, 3))

        @tf.function(input_signature=[tf.TensorSpec([None], tf.int32)])
        def f(self, ids: Any) -> Any:
            with tf.GradientTape() as tape:
                total = tf.reduce_sum(tf.gather(self.table, ids) ** 2)
            slices = tape.gradient(total, self.table)
            return slices.values, slices.indices, tf.convert_to_tensor(slices)

        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
        def g(self, x: Any) -> Any:
            return tf.IndexedSlices(tf.stack([x, x]), tf.constant([0, 2]), tf.constant([4, 3]))

        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
        def optional(self, x: Any) -> Any:
            some = tf.experimental.Optional.from_value((x, 2.0 * x))
            return some.has_value(), some.get_value()

        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
        def arrays(self, x: Any) -> Any:
            array = tf.TensorArray(tf.float32, 0, dynamic_size=True, infer_shape=False)
            array = array.unstack(x)
            array = array.write(5, 7.0)
            return array.size(), array.gather([0, 2, 5])

    return Composites()


@model(("total", np.int64(6)), ("batches", X), ("find", np.int64(5)))
def datasets(tf: Any) -> Any:
    """Input pipelines inside functions."""

    class Datasets(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.v = tf.Variable(2, dtype=tf.int64)

        @tf.function(input_signature=[tf.TensorSpec([], tf.int64)])
        def total(self, n: Any) -> Any:
            dataset = tf.data.Dataset.range(n).map(lambda i: i * 3).filter(lambda i: i % 2 == 0)
            return dataset.reduce(np.int64(0), lambda total, i: total + i)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
        def batches(self, x: Any) -> Any:
            result = tf.zeros([0, 2])
            for batch in tf.data.Dataset.from_tensor_slices(x).repeat(2).batch(2):
                result = tf.concat([result, batch[None]], 0)
                result.set_shape([None, 2])
            return result

        @tf.function(input_signature=[tf.TensorSpec([], tf.int64)])
        def find(self, n: Any) -> Any:
            count = tf.constant(0)
            for i in tf.data.Dataset.range(100):
                if i * i > n:
                    break
                count += 1
            return count

    return Datasets()
