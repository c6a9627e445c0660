"""map_fn, folds, scan and vectorized_map; the expected values are TensorFlow 2.21's."""

import pytest

import tidefall as tf

MODES = ["eager", "graph", "xla"]
c = tf.constant

CASES = {
    "map": (lambda: tf.map_fn(lambda x: x * x, c([1, 2, 3])), [1, 4, 9]),
    "map of pairs": (
        lambda: tf.map_fn(lambda x: (x[0] + x[1], x[0] * x[1]), (c([1, 2, 3]), c([4, 5, 6]))),
        ([5, 7, 9], [4, 10, 18]),
    ),
    "map to another dtype": (
        lambda: tf.map_fn(
            lambda x: tf.cast(x, tf.float32), c([1, 2]), fn_output_signature=tf.float32
        ),
        [1.0, 2.0],
    ),
    "map to a dict": (
        lambda: tf.map_fn(lambda x: {"a": x}, c([1, 2]), fn_output_signature={"a": tf.int32}),
        {"a": [1, 2]},
    ),
    "map of nothing": (lambda: tf.map_fn(lambda x: x, tf.zeros([0, 2])), []),
    "foldl": (lambda: tf.foldl(lambda a, x: a - x, c([1, 2, 3, 4])), -8),
    "foldl from": (lambda: tf.foldl(lambda a, x: a - x, c([1, 2, 3, 4]), initializer=10), 0),
    "foldr": (lambda: tf.foldr(lambda a, x: a - x, c([1, 2, 3, 4])), -2),
    "foldl of pairs": (
        lambda: tf.foldl(
            lambda a, x: (a[0] + x[0], a[1] * x[1]),
            (c([1, 2, 3]), c([4, 5, 6])),
            initializer=(0, 1),
        ),
        (6, 120),
    ),
    "scan": (lambda: tf.scan(lambda a, x: a + x, c([1, 2, 3, 4])), [1, 3, 6, 10]),
    "scan from": (lambda: tf.scan(lambda a, x: a + x, c([1, 2, 3]), initializer=10), [11, 13, 16]),
    "scan backwards": (
        lambda: tf.scan(lambda a, x: a + x, c([1, 2, 3, 4]), reverse=True),
        [10, 9, 7, 4],
    ),
    "fibonacci": (
        lambda: tf.scan(lambda a, x: (a[1], a[0] + a[1]), tf.zeros(6), initializer=(c(0), c(1))),
        ([1, 1, 2, 3, 5, 8], [1, 2, 3, 5, 8, 13]),
    ),
    "vectorized": (
        lambda: tf.vectorized_map(lambda x: x * x + tf.reduce_sum(x), c([[1.0, 2.0], [3.0, 4.0]])),
        [[4.0, 7.0], [16.0, 23.0]],
    ),
    "vectorized, repeated": (
        lambda: tf.vectorized_map(lambda x: x[0] * x[1], (tf.ones([3, 2]), tf.ones([1, 2]) * 2)),
        [[2.0, 2.0]] * 3,
    ),
    "vectorized constant": (lambda: tf.vectorized_map(lambda x: 1.0, c([1.0, 2.0])), [1.0, 1.0]),
}


def plain(value):
    return tf.nest.map_structure(lambda t: t.numpy().tolist(), value)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", CASES)
def test_values(name, mode):
    call, expected = CASES[name]
    if mode != "eager":
        call = tf.function(call, jit_compile=mode == "xla")
    assert plain(call()) == expected


GRADIENTS = {
    "map": (lambda x: tf.map_fn(lambda v: v * v, x), [2.0, 4.0, 6.0]),
    "scan": (lambda x: tf.scan(lambda a, v: a * v, x), [9.0, 4.0, 2.0]),
    "foldl": (lambda x: tf.foldl(lambda a, v: a * v, x), [6.0, 3.0, 2.0]),
    "vectorized": (lambda x: tf.vectorized_map(lambda v: v * v, x), [2.0, 4.0, 6.0]),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients(name, mode):
    function, expected = GRADIENTS[name]

    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        return tape.gradient(y, x)

    if mode != "eager":
        gradient = tf.function(gradient, jit_compile=mode == "xla")
    assert gradient(c([1.0, 2.0, 3.0])).numpy().tolist() == expected


@pytest.mark.parametrize("mode", ["eager", "graph"])
def test_ragged_slices_and_ragged_results(mode):
    def rows():
        made = tf.map_fn(
            tf.range, c([1, 2, 3]), fn_output_signature=tf.RaggedTensorSpec([None], tf.int32)
        )
        return made, tf.map_fn(tf.reduce_sum, made, fn_output_signature=tf.int32)

    made, sums = (rows if mode == "eager" else tf.function(rows))()
    assert made.to_list() == [[0], [0, 1], [0, 1, 2]]
    assert sums.numpy().tolist() == [0, 1, 3]


WRONG = [
    (lambda: tf.map_fn(lambda x: x, c(3)), ValueError, "1\\+ dimensional"),
    (lambda: tf.map_fn(lambda x: x, (c([3]), c([1, 2]))), ValueError, "Dimensions 1 and 2"),
    (lambda: tf.map_fn(lambda x: (x, x), c([3])), ValueError, "same nested structure"),
    (
        lambda: tf.map_fn(lambda x: tf.cast(x, tf.float32), c([1])),
        tf.errors.InvalidArgumentError,
        "trying to write dtype float32",
    ),
    (lambda: tf.scan(lambda a, x: (a, a), c([1, 2]), initializer=0), ValueError, "same nested"),
]


@pytest.mark.parametrize(("call", "error", "message"), WRONG)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
