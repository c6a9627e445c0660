"""ShardedVariable is used like one variable, and saved like one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import tidefall as tf
from tidefall.distribute.sharded_variable import ShardedVariable

VALUE = np.arange(20, dtype=np.float32).reshape(10, 2)
RECORDED = json.loads(Path(__file__).with_name("partitioners.json").read_text())


def sharded(count=3, value=VALUE):
    return ShardedVariable([tf.Variable(part) for part in np.array_split(value, count)], "table")


@pytest.mark.parametrize(
    "key",
    [
        0,
        -1,
        9,
        slice(None),
        slice(2, 7),
        slice(3, None),
        slice(None, None, 2),
        slice(8, 2, -3),
        slice(5, 5),
        (slice(1, 9), 1),
        (4, slice(0, 1)),
        (Ellipsis, 0),
    ],
    ids=str,
)
def test_parts_are_those_of_the_whole(key):
    np.testing.assert_array_equal(sharded()[key].numpy(), VALUE[key])


@pytest.mark.parametrize("ids", [[9, 0, 3, 4], [[1, 8], [7, 7]], np.int64([2])], ids=str)
def test_lookups_read_rows_in_the_order_asked_for(ids):
    for lookup in (tf.nn.embedding_lookup, tf.gather):
        np.testing.assert_array_equal(lookup(sharded(), ids).numpy(), VALUE[np.asarray(ids)])


def test_a_lookup_out_of_range_is_refused():
    for ids in ([10], [-1]):
        with pytest.raises(tf.errors.InvalidArgumentError):
            tf.nn.embedding_lookup(sharded(), ids)


UPDATES = ["assign", "assign_add", "assign_sub"]
SCATTERS = ["add", "sub", "mul", "div", "max", "min", "update"]


@pytest.mark.parametrize("method", UPDATES)
def test_updates_are_those_of_one_variable(method):
    one, many = tf.Variable(VALUE), sharded()
    for variable in (one, many):
        getattr(variable, method)(VALUE[::-1] * 2)
    np.testing.assert_array_equal(many.numpy(), one.numpy())


@pytest.mark.parametrize("method", SCATTERS)
def test_scatters_are_those_of_one_variable(method):
    one, many = tf.Variable(VALUE), sharded()
    for variable in (one, many):
        rows = tf.IndexedSlices(tf.constant([[2.0, 3.0], [5.0, 7.0]]), tf.constant([8, 1]))
        getattr(variable, f"scatter_{method}")(rows)
    np.testing.assert_array_equal(many.numpy(), one.numpy())


@pytest.mark.parametrize(
    "loss",
    [
        lambda v: tf.reduce_sum(tf.nn.embedding_lookup(v, [1, 8, 8]) ** 2),
        lambda v: tf.reduce_sum(v * v),
        lambda v: tf.reduce_sum(v[2:5]),
        lambda v: tf.reduce_sum(v @ tf.ones([2, 1])),
    ],
    ids=["lookup", "dense", "rows", "product"],
)
def test_gradients_are_those_of_one_variable(loss):
    found = []
    for variable in (tf.Variable(VALUE), sharded()):
        with tf.GradientTape() as tape:
            value = loss(variable)
        found.append(tf.convert_to_tensor(tape.gradient(value, variable)).numpy())
    np.testing.assert_array_equal(*found)


def test_a_lookup_has_sparse_gradients():
    table = sharded()
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(tf.nn.embedding_lookup(table, [1]))
    assert isinstance(tape.gradient(value, table), tf.IndexedSlices)


@pytest.mark.parametrize(("before", "after"), [(3, 4), (1, 3), (3, 1), (2, 2)])
def test_checkpoints_are_restored_to_other_numbers_of_shards(before, after, tmp_path):
    def table(count, value):
        return tf.Variable(value) if count == 1 else sharded(count, value)

    path = tf.train.Checkpoint(table=table(before, VALUE)).save(str(tmp_path / "ckpt"))
    assert ("table/.ATTRIBUTES/VARIABLE_VALUE", [10, 2]) in tf.train.list_variables(path)
    restored = table(after, VALUE * 0)
    tf.train.Checkpoint(table=restored).restore(path).assert_consumed()
    np.testing.assert_array_equal(restored.numpy(), VALUE)


@pytest.mark.parametrize(
    ("shards", "error", "said"),
    [
        ([], TypeError, "non-empty"),
        (3, TypeError, "non-empty"),
        ([np.zeros(2)], TypeError, "Variable"),
        ([tf.Variable([1.0]), tf.Variable([1])], ValueError, "same dtype"),
        ([tf.Variable([[1.0]]), tf.Variable([[1.0, 2.0]])], ValueError, "same shapes"),
    ],
)
def test_shards_that_do_not_fit_are_refused(shards, error, said):
    with pytest.raises(error, match=said):
        ShardedVariable(shards)


@pytest.mark.parametrize("case", RECORDED, ids=lambda c: f"{c['kind']}{c['arguments']}{c['shape']}")
def test_partitioners_divide_as_tensorflows(case):
    kind = getattr(tf.distribute.experimental.partitioners, case["kind"])
    found = kind(*case["arguments"])(tf.TensorShape(case["shape"]), tf.as_dtype(case["dtype"]))
    assert found == case["parts"]


def test_one_shard_is_read_as_it_is():
    np.testing.assert_array_equal(sharded(1).numpy(), VALUE)


@pytest.mark.parametrize("row", [10, -11])
def test_rows_out_of_range_are_refused(row):
    with pytest.raises(IndexError, match=f"slice index {row} of dimension 0 out of bounds"):
        sharded()[row]


def test_modules_have_the_shards_among_their_variables():
    module = tf.Module()
    module.table, module.all = sharded(), [sharded(2)]
    assert [v.shape[0] for v in module.trainable_variables] == [5, 5, 4, 3, 3]


def test_it_is_an_argument_of_functions():
    table = sharded()
    lookup = tf.function(tf.nn.embedding_lookup)
    np.testing.assert_array_equal(lookup(table, tf.constant([9, 1])).numpy(), VALUE[[9, 1]])


class Lookup(tf.Module):
    def __init__(self):
        super().__init__()
        self.table = sharded()

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int32)])
    def rows(self, ids):
        return self.inner(ids) + self.table[-1]

    @tf.function
    def inner(self, ids):
        return tf.nn.embedding_lookup(self.table, ids)

    @tf.function
    def product(self, x):
        return x @ self.table


def test_a_saved_model_has_one_variable(tmp_path):
    model, x = Lookup(), np.ones([1, 10], np.float32)
    model.product(x)  # traced for the shards
    path = str(tmp_path / "model")
    tf.saved_model.save(model, path, signatures=model.rows)
    assert tf.train.list_variables(path + "/variables/variables")[1:] == [
        ("table/.ATTRIBUTES/VARIABLE_VALUE", [10, 2])
    ]
    loaded = tf.saved_model.load(path)
    assert loaded.table.shape == [10, 2]
    expected = VALUE[[9, 4]] + VALUE[-1]
    served = loaded.signatures["serving_default"](ids=tf.constant([9, 4]))
    for found in (loaded.rows([9, 4]), *served.values()):
        np.testing.assert_array_equal(found.numpy(), expected)
    np.testing.assert_array_equal(loaded.product(x).numpy(), x @ VALUE)
    # The model itself goes on with its shards.
    model.table.assign(VALUE * 2)
    np.testing.assert_array_equal(model.product(x).numpy(), x @ VALUE * 2)
    np.testing.assert_array_equal(model.rows([0]).numpy(), (VALUE[[0]] + VALUE[9]) * 2)
