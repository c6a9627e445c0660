"""Ragged tensors; the expected texts were printed by TensorFlow 2.21."""

import pickle

import numpy as np
import pytest

import tidefall as tf

R = tf.RaggedTensor
c = tf.ragged.constant


def deep():
    return c([[[1, 2], [3]], [], [[4]]])


def flat():
    return c([[1, 2], [], [3]])


def wide():
    return R.from_row_splits(np.arange(12).reshape(6, 2), [0, 2, 2, 6])


def uniform():
    return R.from_uniform_row_length(c([[1, 2], [3], [], [4]]), 2)


MADE = {
    "from_row_splits": (lambda: R.from_row_splits([1, 2, 3], [0, 2, 2, 3]), "[[1, 2], [], [3]]"),
    "from_row_lengths": (lambda: R.from_row_lengths([1, 2, 3], [1, 0, 2]), "[[1], [], [2, 3]]"),
    "from_row_starts": (lambda: R.from_row_starts([1, 2, 3], [0, 1, 3]), "[[1], [2, 3], []]"),
    "from_row_limits": (lambda: R.from_row_limits([1, 2, 3], [0, 1, 3]), "[[], [1], [2, 3]]"),
    "from_value_rowids": (
        lambda: R.from_value_rowids([1, 2, 3], [0, 0, 3], nrows=6),
        "[[1, 2], [], [], [3], [], []]",
    ),
    "from_uniform_row_length": (
        lambda: R.from_uniform_row_length([1, 2, 3, 4], 2),
        "[[1, 2],\n [3, 4]]",
    ),
    "empty rows": (lambda: R.from_uniform_row_length([], 0, nrows=3), "[[], [], []]"),
    "from_nested_row_splits": (
        lambda: R.from_nested_row_splits([1, 2, 3], [[0, 1, 2], [0, 1, 3]]),
        "[[[1]],\n [[2, 3]]]",
    ),
    "from_tensor padding": (lambda: R.from_tensor([[1, 2], [3, 0]], padding=0), "[[1, 2], [3]]"),
    "from_tensor lengths": (
        lambda: R.from_tensor([[1, 2], [3, 0]], lengths=[1, 2]),
        "[[1], [3, 0]]",
    ),
    "from_tensor nested lengths": (
        lambda: R.from_tensor(
            [[[1, 2, 0], [3, 0, 0]], [[0, 0, 0], [4, 5, 6]]], lengths=([1, 2], [1, 2, 3])
        ),
        "[[[1]], [[0, 0], [4, 5, 6]]]",
    ),
    "from_tensor rank 2": (
        lambda: R.from_tensor(
            [[[1, 2, 0], [3, 0, 0]], [[0, 0, 0], [4, 5, 6]]], padding=0, ragged_rank=2
        ),
        "[[[1, 2], [3]],\n [[], [4, 5, 6]]]",
    ),
    "from_sparse": (
        lambda: R.from_sparse(tf.SparseTensor([[0, 0], [2, 0], [2, 1]], [1, 2, 3], [4, 5])),
        "[[1], [], [2, 3], []]",
    ),
    "constant of strings": (lambda: c([["a", "b"], [], ["c"]]), "[[b'a', b'b'], [], [b'c']]"),
    "constant of floats": (lambda: c([[1.5, 2], [], [3]]), "[[1.5, 2.0], [], [3.0]]"),
    "constant, dense inside": (
        lambda: c([[[1, 2], [3, 4]], [[5, 6]]], ragged_rank=1),
        "[[[1, 2],\n  [3, 4]], [[5, 6]]]",
    ),
    "empty constant": (lambda: c([[[]], []]), "[[[]], []]"),
    "range": (lambda: tf.ragged.range([0, 5, 8], [3, 3, 12], 2), "[[0, 2], [], [8, 10]]"),
    "range down": (lambda: tf.ragged.range([3, 5], [0, 0], -1), "[[3, 2, 1], [5, 4, 3, 2, 1]]"),
    "range of floats": (lambda: tf.ragged.range(0.0, 2.0, 0.5), "[[0.0, 0.5, 1.0, 1.5]]"),
    "merge 0 1": (lambda: deep().merge_dims(0, 1), "[[1, 2], [3], [4]]"),
    "merge 1 2": (lambda: deep().merge_dims(1, 2), "[[1, 2, 3], [], [4]]"),
    "merge dense": (
        lambda: wide().merge_dims(1, 2),
        "[[0, 1, 2, 3], [], [4, 5, 6, 7, 8, 9, 10, 11]]",
    ),
    "row_lengths 2": (lambda: deep().row_lengths(axis=2), "[[2, 1], [], [1]]"),
    "stack": (lambda: tf.ragged.stack([[1, 2], [3]]), "[[1, 2], [3]]"),
    "stack 1": (
        lambda: tf.stack([flat(), flat()], axis=1),
        "[[[1, 2], [1, 2]],\n [[], []],\n [[3], [3]]]",
    ),
    "stack 2": (
        lambda: tf.ragged.stack([flat(), flat()], 2),
        "[[[1, 1],\n  [2, 2]], [], [[3, 3]]]",
    ),
    "concat 0": (lambda: tf.concat([flat(), [[9, 9]]], 0), "[[1, 2], [], [3], [9, 9]]"),
    "concat 1": (lambda: tf.concat([flat(), [[9], [9], [9]]], 1), "[[1, 2, 9], [9], [3, 9]]"),
    "concat 2": (lambda: tf.concat([deep(), deep()], 2), "[[[1, 2, 1, 2], [3, 3]], [], [[4, 4]]]"),
    "mask": (
        lambda: tf.ragged.boolean_mask(
            [[1, 2, 3], [4, 5, 6]], [[True, False, True], [False, False, True]]
        ),
        "[[1, 3], [6]]",
    ),
    "ragged mask": (
        lambda: tf.ragged.boolean_mask(deep(), c([[True, False], [], [True]])),
        "[[[1, 2]], [], [[4]]]",
    ),
    "map_flat_values": (
        lambda: tf.ragged.map_flat_values(lambda x: x * 2, flat()),
        "[[2, 4], [], [6]]",
    ),
    "stack_dynamic_partitions": (
        lambda: tf.ragged.stack_dynamic_partitions(["a", "b", "c"], [0, 2, 0], 3),
        "[[b'a', b'c'], [], [b'b']]",
    ),
}


@pytest.mark.parametrize("name", MADE)
def test_ragged_tensors_print_as_tensorflow_prints_them(name):
    make, expected = MADE[name]
    assert repr(make()) == f"<tf.RaggedTensor {expected}>"


PICKED = [
    (deep, "x[0]", "[[1, 2], [3]]", (2, None)),
    (deep, "x[-1]", "[[4]]", (1, None)),
    (deep, "x[1:]", "[[], [[4]]]", (2, None, None)),
    (deep, "x[::-1]", "[[[4]], [], [[1, 2], [3]]]", (3, None, None)),
    (deep, "x[:, 0:1]", "[[[1, 2]], [], [[4]]]", (3, None, None)),
    (deep, "x[:, -1:]", "[[[3]], [], [[4]]]", (3, None, None)),
    (deep, "x[:, :, ::-1]", "[[[2, 1], [3]], [], [[4]]]", (3, None, None)),
    (deep, "x[..., 0:1]", "[[[1],\n  [3]], [], [[4]]]", (3, None, None)),
    (deep, "x[tf.newaxis, 0]", "[[[1, 2], [3]]]", (1, 2, None)),
    (deep, "x[:, tf.newaxis]", "[[[[1, 2], [3]]],\n [[]],\n [[[4]]]]", (3, 1, None, None)),
    (wide, "x[:, :, 0]", "[[0, 2], [], [4, 6, 8, 10]]", (3, None)),
    (wide, "x[:, 1:, 0]", "[[2], [], [6, 8, 10]]", (3, None)),
    (uniform, "x[:, 0]", "[[1, 2], []]", (2, None)),
    (uniform, "x[:, 1:]", "[[[3]],\n\n [[4]]]", (2, 1, None)),
]


@pytest.mark.parametrize(("make", "expression", "expected", "shape"), PICKED)
def test_indexing(make, expression, expected, shape):
    result = eval(expression, {"x": make(), "tf": tf})
    assert repr(result) == f"<tf.RaggedTensor {expected}>"
    assert tuple(result.shape) == shape


@pytest.mark.parametrize(("expression", "expected"), [("x[0, 1]", [3]), ("x[0, 1, 0]", 3)])
def test_indexing_down_to_a_dense_tensor(expression, expected):
    result = eval(expression, {"x": deep()})
    assert isinstance(result, tf.Tensor)
    assert result.numpy().tolist() == expected


WRONG = [
    (lambda: R.from_row_splits([1, 2, 3], [0, 2, 2]), tf.errors.InvalidArgumentError, "x == y"),
    (lambda: R.from_row_splits([1, 2, 3], [0, 2, 1, 3]), tf.errors.InvalidArgumentError, "x >= 0"),
    (lambda: R.from_row_splits([1, 2, 3], [1, 2, 3]), tf.errors.InvalidArgumentError, "zero"),
    (lambda: R.from_row_splits([1, 2, 3], []), ValueError, "may not be empty"),
    (lambda: R.from_row_splits([1, 2, 3], [0.0, 3.0]), ValueError, "int32 or int64"),
    (lambda: R.from_row_lengths([1, 2, 3], [-1, 2, 2]), tf.errors.InvalidArgumentError, "x >= 0"),
    (lambda: R.from_row_starts([1, 2, 3], [0, 1, 4]), tf.errors.InvalidArgumentError, "x <= y"),
    (lambda: R.from_value_rowids([1, 2, 3], [0, 0, 3], nrows=2), ValueError, "nrows=2"),
    (lambda: R.from_uniform_row_length([1, 2, 3, 4], 3), ValueError, "must equal nvals=4"),
    (lambda: R(1, 2), ValueError, "constructor is private"),
    (lambda: deep()[:, 0], ValueError, "inner ragged dimension"),
    (lambda: deep()[5], IndexError, "out of bounds"),
    (lambda: uniform()[:, 5], tf.errors.InvalidArgumentError, "out of bounds"),
    (lambda: c([[1, 2], 3]), ValueError, "same nesting depth"),
    (lambda: c([[1, 2]], ragged_rank=5), ValueError, "max depth smaller"),
    (lambda: tf.ragged.range([3], [5], 0), tf.errors.InvalidArgumentError, "delta != 0"),
    (lambda: tf.ragged.boolean_mask([1, 2], True), ValueError, "scalar"),
    (lambda: bool(flat()), TypeError, "boolean"),
    (lambda: hash(flat()), TypeError, "unhashable"),
    (lambda: tf.transpose(flat()), ValueError, "RaggedTensor"),
    (lambda: tf.convert_to_tensor(flat()), ValueError, "to_tensor"),
    (lambda: flat().to_tensor(shape=[1]), tf.errors.InvalidArgumentError, "shape.rank = 1"),
    (lambda: tf.RaggedTensorSpec([2], ragged_rank=1), ValueError, "less than rank"),
    (lambda: tf.RaggedTensorSpec(), ValueError, "known rank"),
]


@pytest.mark.parametrize(("call", "error", "message"), WRONG)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_dense_and_sparse_forms():
    assert flat().to_tensor(9, shape=[2, 2]).numpy().tolist() == [[1, 2], [9, 9]]
    assert deep().to_tensor().numpy().tolist() == [
        [[1, 2], [3, 0]],
        [[0, 0], [0, 0]],
        [[4, 0], [0, 0]],
    ]
    assert wide().to_tensor(default_value=[7, 8])[0, 2:].numpy().tolist() == [[7, 8], [7, 8]]
    sparse = deep().to_sparse()
    assert sparse.indices.numpy().tolist() == [[0, 0, 0], [0, 0, 1], [0, 1, 0], [2, 0, 0]]
    assert sparse.dense_shape.numpy().tolist() == [3, 2, 2]
    assert deep().to_list() == [[[1, 2], [3]], [], [[4]]]
    assert uniform().numpy().shape == (2, 2)
    assert wide().bounding_shape().numpy().tolist() == [3, 4, 2]


def test_gradient_of_to_tensor_goes_to_what_was_kept_and_to_the_default():
    values, default = tf.constant([1.0, 2.0, 3.0]), tf.constant(0.5)
    weights = tf.constant([[1.0], [10.0], [100.0]])
    with tf.GradientTape() as tape:
        tape.watch([values, default])
        ragged = R.from_row_splits(values, [0, 2, 2, 3])
        total = tf.reduce_sum(ragged.to_tensor(default, shape=[3, 1]) * weights)
    found = tape.gradient(total, [values, default])
    assert [g.numpy().tolist() for g in found] == [[1.0, 0.0, 100.0], 10.0]


def test_ragged_arguments_results_and_slices_of_a_function():
    traces = []

    @tf.function
    def double(x):
        traces.append(x.shape)
        return x.with_values(x.values * 2)[1:], x.to_tensor(shape=[None, 3])

    tail, dense = double(flat())
    assert tail.to_list() == [[], [6]]
    assert dense.numpy().tolist() == [[1, 2, 0], [0, 0, 0], [3, 0, 0]]
    double(c([[5], [], [6, 7]]))
    assert traces == [tf.TensorShape([3, None])]


def test_compiled_to_tensor():
    compiled = tf.function(lambda x: x.to_tensor(shape=[None, 3]) + 1, jit_compile=True)
    assert compiled(flat()).numpy().tolist() == [[2, 3, 1], [1, 1, 1], [4, 1, 1]]


def test_spec_components_and_round_trips():
    x = deep()
    spec = tf.type_spec_from_value(x)
    assert repr(spec) == "RaggedTensorSpec(TensorShape([3, None, None]), tf.int32, 2, tf.int64)"
    assert spec.value_type is R
    assert (
        repr(spec._batch(2))
        == "RaggedTensorSpec(TensorShape([2, 3, None, None]), tf.int32, 3, tf.int64)"
    )
    assert (
        repr(spec._unbatch())
        == "RaggedTensorSpec(TensorShape([None, None]), tf.int32, 1, tf.int64)"
    )
    assert pickle.loads(pickle.dumps(spec)) == spec
    assert pickle.loads(pickle.dumps(x)).to_list() == x.to_list()
    again = tf.nest.pack_sequence_as(
        x, tf.nest.flatten(x, expand_composites=True), expand_composites=True
    )
    assert again.to_list() == x.to_list()
    assert R.__module__.startswith("tensorflow.python.")


def test_row_partition_says_the_same_in_every_form():
    made = [
        tf.experimental.RowPartition.from_row_splits([0, 2, 2, 3]),
        tf.experimental.RowPartition.from_row_lengths([2, 0, 1]),
        tf.experimental.RowPartition.from_value_rowids([0, 0, 2]),
        tf.experimental.RowPartition.from_row_starts([0, 2, 2], nvals=3),
        tf.experimental.RowPartition.from_row_limits([2, 2, 3]),
    ]
    for rows in made:
        assert rows.row_splits().numpy().tolist() == [0, 2, 2, 3]
        assert rows.row_lengths().numpy().tolist() == [2, 0, 1]
        assert rows.value_rowids().numpy().tolist() == [0, 0, 2]
        assert rows.offsets_in_rows().numpy().tolist() == [0, 1, 0]
        assert (int(rows.nrows()), int(rows.nvals())) == (3, 3)


def test_segment_ids():
    assert tf.ragged.row_splits_to_segment_ids([0, 3, 3, 5]).numpy().tolist() == [0, 0, 0, 2, 2]
    splits = tf.ragged.segment_ids_to_row_splits([0, 0, 2], num_segments=5)
    assert splits.numpy().tolist() == [0, 2, 2, 3, 3, 3]
