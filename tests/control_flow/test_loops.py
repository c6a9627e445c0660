"""map_fn, folds, scan and vectorized_map; the expected values are TensorFlow 2.21's."""

import collections
from typing import Any

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


# ---- sparse and ragged rows, arguments of loops ----

SPARSE = [[1, 0, 2], [0, 0, 3], [0, 0, 0]]
EACH_WAY = pytest.mark.parametrize("way", [lambda f: f, tf.function], ids=["eager", "host"])


@EACH_WAY
def test_map_over_the_rows_of_a_sparse_tensor(way):
    rows = tf.sparse.from_dense(SPARSE)
    dense = way(lambda: tf.map_fn(tf.sparse.to_dense, rows, fn_output_signature=tf.int32))
    assert dense().numpy().tolist() == SPARSE
    sums = way(lambda: tf.map_fn(tf.sparse.reduce_sum, rows, fn_output_signature=tf.int32))
    assert sums().numpy().tolist() == [3, 3, 0]


@EACH_WAY
def test_map_to_sparse_rows(way):
    spec = tf.SparseTensorSpec([None], tf.int32)
    run = way(lambda x: tf.map_fn(tf.sparse.from_dense, x, fn_output_signature=spec))
    found = run(tf.constant(SPARSE))
    assert found.dense_shape.numpy().tolist() == [3, 3]
    assert tf.sparse.to_dense(found).numpy().tolist() == SPARSE
    same = way(lambda: tf.map_fn(lambda row: row, tf.sparse.from_dense(SPARSE)))
    assert tf.sparse.to_dense(same()).numpy().tolist() == SPARSE


@EACH_WAY
def test_map_over_slices_of_a_sparse_tensor_of_three_dimensions(way):
    value = [[[1, 0], [2, 0]], [[0, 0], [0, 3]]]
    cubes = tf.sparse.from_dense(value)
    run = way(lambda: tf.map_fn(tf.sparse.to_dense, cubes, fn_output_signature=tf.int32))
    assert run().numpy().tolist() == value


def test_a_dense_result_is_not_sparse():
    with pytest.raises(ValueError, match="SparseTensor"):
        tf.map_fn(lambda x: x, tf.zeros([2, 2]), fn_output_signature=tf.SparseTensorSpec([2]))


@EACH_WAY
@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"maximum_iterations": [1, 2]}, ValueError, "must be a scalar"),
        ({"parallel_iterations": 0}, TypeError, "positive integer"),
    ],
    ids=["maximum", "parallel"],
)
def test_wrong_options_of_a_loop(way, options, error, message):
    with pytest.raises(error, match=message):
        way(lambda: tf.while_loop(lambda i: i < 3, lambda i: [i + 1], [0], **options))()


@EACH_WAY
def test_a_body_with_another_structure(way):
    with pytest.raises(ValueError, match="structure"):
        way(lambda: tf.while_loop(lambda i: i < 3, lambda i: [i, i], [tf.constant(0)]))()


@pytest.mark.parametrize("jit", [False, True])
def test_maximum_iterations_may_be_a_tensor(jit):
    run = tf.function(
        lambda n: tf.while_loop(
            lambda i: True, lambda i: [i + 1], [tf.constant(0)], maximum_iterations=n
        ),
        jit_compile=jit,
    )
    assert int(run(tf.constant(4))[0]) == 4


@EACH_WAY
def test_ragged_loop_variables_have_shape_invariants(way):
    start = tf.ragged.constant([[1, 2], [], [3]])

    def run():
        return tf.while_loop(
            lambda i, r: i < 2,
            lambda i, r: [i + 1, tf.concat([r, r], 1)],
            [tf.constant(0), start],
            shape_invariants=[tf.TensorShape([]), tf.RaggedTensorSpec([3, None], tf.int32)],
        )[1]

    assert way(run)().to_list() == [[1, 2] * 4, [], [3] * 4]


def test_shape_invariants_must_fit_the_variables():
    @tf.function
    def run():
        return tf.while_loop(
            lambda i, x: i < 2,
            lambda i, x: [i + 1, x],
            [0, 1],
            shape_invariants=[tf.TensorShape([])],
        )

    with pytest.raises(ValueError, match="loop variables"):
        run()


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("spec", [[2], None], ids=["known", "unknown"])
def test_a_condition_that_is_not_a_scalar_ends_the_loop_with_an_error(
    jit_compile: bool, spec: Any
) -> None:
    @tf.function(input_signature=[tf.TensorSpec(spec, tf.int32)], jit_compile=jit_compile)
    def count(x: Any) -> Any:
        return tf.while_loop(lambda i: i < 3, lambda i: (i + 1,), (x,))

    with pytest.raises((tf.errors.InvalidArgumentError, TypeError), match="scalar"):
        count(tf.constant([1, 2]))


Pair = collections.namedtuple("Pair", "a b")
# Loop variables, what the body gives, the type of the result eagerly and in a graph: TensorFlow's.
KINDS = [
    ([0, 1], lambda i, a: (i + 1, a), tuple, list),
    ([0, 1], lambda i, a: [i + 1, a], list, list),
    ((0, 1), lambda i, a: [i + 1, a], list, tuple),
    ((0, 1), lambda i, a: (i + 1, a), tuple, tuple),
    (Pair(0, 1), lambda i, a: Pair(i + 1, a), Pair, Pair),
    (Pair(0, 1), lambda i, a: (i + 1, a), tuple, Pair),
]


@pytest.mark.parametrize(("loop_vars", "body", "eager", "traced"), KINDS)
def test_the_result_of_a_loop_is_a_sequence_of_the_right_kind(loop_vars, body, eager, traced):
    kinds = []

    def loop():
        result = tf.while_loop(lambda i, _: i < 2, body, loop_vars)
        kinds.append(type(result))
        return result[0]

    assert loop() == tf.function(loop)() == 2
    assert kinds == [eager, traced]


def test_a_body_may_give_a_list_where_a_tuple_was():
    @tf.function
    def loop():
        return tf.while_loop(lambda i, _: i < 2, lambda i, p: (i + 1, [p[1], p[0]]), [0, (1, 2)])

    count, pair = loop()
    assert (int(count), tuple(map(int, pair))) == (2, (1, 2))
