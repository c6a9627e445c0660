"""Functions of all sorts: the converter runs each file beside the function it was made of."""

from __future__ import annotations

import numpy as np
import pytest

import tidefall as tf


def array_of(x):
    count = tf.shape(x)[0]
    rows = tf.TensorArray(tf.float32, size=count)
    for i in tf.range(count):
        rows = rows.write(i, x[i] * tf.cast(i, tf.float32))
    return rows.stack()


def collatz(n):
    steps = 0
    while n > 1:
        if n % 2 == 0:
            n = n // 2
        else:
            n = 3 * n + 1
        steps += 1
    return steps


def growing(x):
    rows = tf.TensorArray(tf.float32, 0, dynamic_size=True)
    return rows.write(0, x).write(1, x * 2).stack()


def spec(shape, dtype=tf.float32):
    return tf.TensorSpec(shape, dtype)


INT = tf.int32
FUNCTIONS = {
    "no arguments": (lambda: tf.constant([1.0, 2.0]) * 2, []),
    "an argument that is not used": (lambda x, y: x * 2, [spec([2]), spec([3])]),
    "identity": (lambda x: x, [spec([None, 2])]),
    "a constant": (lambda x: (x + 1, tf.constant([3, 4])), [spec([2])]),
    "one output twice": (lambda x: [x * 2] * 2, [spec([2])]),
    "booleans": (lambda x: tf.logical_not(x), [spec([None], tf.bool)]),
    "pictures": (lambda x: tf.cast(x, tf.float32) / 255, [spec([None, 4, 4, 3], tf.uint8)]),
    "nested outputs": (
        lambda x: {"a": x * 2, "b": {"c": x + 1, "d": [x - 1, x]}}, [spec([2])],
    ),
    "nothing to join": (lambda x: tf.concat([x, tf.zeros([0, 2])], 0), [spec([3, 2])]),
    "six dimensions": (
        lambda x: tf.transpose(tf.reshape(x, [2, 1, 2, 1, 2, 2]), [5, 4, 3, 2, 1, 0]) + 1,
        [spec([16])],
    ),
    "half precision": (lambda x: x * 2, [spec([3], tf.float16)]),
    "a list of any length": (array_of, [spec([None, 2])]),
    "map": (lambda x: tf.map_fn(lambda r: tf.reduce_sum(r) * r, x), [spec([None, 3])]),
    "scan": (lambda x: tf.scan(lambda a, b: a + b, x), [spec([5, 3])]),
    "fold": (lambda x: tf.foldl(lambda a, b: a * 0.5 + b, x), [spec([5, 3])]),
    "a loop with a branch": (collatz, [spec([], INT)]),
    "branches of two sizes": (
        lambda x: tf.cond(tf.reduce_sum(x) > 0, lambda: x[:1], lambda: x), [spec([3])],
    ),
    "where": (lambda x: tf.where(x > 0), [spec([None])]),
    "a mask": (lambda x: tf.boolean_mask(x, x > 0), [spec([None])]),
    "unique": (lambda x: tf.unique(x)[0], [spec([None], INT)]),
    "gather": (lambda x, i: tf.gather_nd(x, i), [spec([4, 4]), spec([None, 2], INT)]),
    "update": (
        lambda x, i, u: tf.tensor_scatter_nd_update(x, i, u),
        [spec([8]), spec([None, 1], INT), spec([None])],
    ),
    "two free sizes": (
        lambda x: tf.reshape(x, [tf.shape(x)[0], -1]), [spec([None, None, 3])],
    ),
    "three factors": (
        lambda a, b, c: tf.einsum("ij,jk,kl->il", a, b, c),
        [spec([2, 3]), spec([3, 4]), spec([4, 2])],
    ),
    "contraction of two": (
        lambda a, b: tf.einsum("abcd,ecd->abe", a, b), [spec([None, None, 3, 4]), spec([5, 3, 4])],
    ),
    "counting": (lambda n: tf.range(n) * 2, [spec([], INT)]),
    "sequence mask": (lambda n: tf.sequence_mask(n, 5), [spec([None], INT)]),
    "suppression": (
        lambda b, s: tf.image.non_max_suppression(b, s, 3), [spec([None, 4]), spec([None])],
    ),
    "suppression by class": (
        lambda b, s: tf.image.combined_non_max_suppression(b, s, 3, 5, 0.4, 0.2, clip_boxes=False),
        [spec([2, 6, 3, 4]), spec([2, 6, 3])],
    ),
    "division": (
        lambda x, y: tf.math.divide_no_nan(x, tf.nn.relu(y)), [spec([4]), spec([4])],
    ),
    "segments": (
        lambda x: tf.math.unsorted_segment_sum(x, [0, 1, 0], 2), [spec([3, 2])],
    ),
    "standardization": (lambda x: tf.image.per_image_standardization(x), [spec([8, 8, 3])]),
    "noise": (lambda x: x + tf.random.normal([3], seed=1) * 0, [spec([3])]),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_give_the_same(name):
    function, specs = FUNCTIONS[name]
    concrete = tf.function(function).get_concrete_function(*specs)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete])
    assert converter.convert()[4:8] == b"TFL3"
    (difference,) = converter.report.differences.values()  # it ran
    assert difference < 1e-5


REFUSED = {
    "a list that grows": (growing, [spec([2])], "its list grows; give it its size"),
    "combined suppression": (
        lambda b, s: tf.image.combined_non_max_suppression(b, s, 3, 5),
        [spec([None, 6, 1, 4]), spec([None, 6, 2])], "CombinedNonMaxSuppression in ",
    ),
    "integers' products": (
        lambda a, b: tf.matmul(a, b), [spec([2, 3], INT), spec([3, 2], INT)],
        "LiteRT has no product of int32",
    ),
    "a diagonal": (
        lambda a: tf.einsum("ii->i", a), [spec([3, 3])], "its equation takes a diagonal",
    ),
    "axes that are computed": (
        lambda x, a: tf.reduce_sum(x, a), [spec([2, 3]), spec([], INT)],
        "its axes are not known when converting",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_go_says_why(name):
    function, specs, text = REFUSED[name]
    concrete = tf.function(function).get_concrete_function(*specs)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete])
    with pytest.raises(tf.errors.UnimplementedError) as caught:
        converter.convert()
    assert text in caught.value.message and "test_converter_functions.py" in caught.value.message


def test_a_file_that_does_something_else_is_not_returned(monkeypatch):
    """Whatever lowering gets wrong, the converter finds out."""
    from tidefall.lite.converter import converter as module

    def wrong(program, with_fused_lstm=False):
        operator = next(iter(program.operators()))
        operator.code = "SUB" if operator.code == "ADD" else "ADD"

    monkeypatch.setattr(module, "run_rewrites", wrong)
    concrete = tf.function(lambda x, y: x + y).get_concrete_function(spec([2]), spec([2]))
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete])
    with pytest.raises(tf.errors.InternalError, match="does not do what its source does"):
        converter.convert()
    converter.verify = False
    content = converter.convert()
    runner = tf.lite.Interpreter(model_content=content).get_signature_runner()
    one = np.ones(2, np.float32)
    assert runner(x=one, y=one)["output_0"].tolist() == [0, 0]
