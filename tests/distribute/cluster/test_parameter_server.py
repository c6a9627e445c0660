"""ParameterServerStrategy puts variables on servers, and what belongs to them beside them."""

from __future__ import annotations

import numpy as np
import pytest

import tidefall as tf

VALUE = np.arange(10, dtype=np.float32).reshape(5, 2)


@pytest.fixture(scope="module")
def strategy(cluster):
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(cluster, rpc_layer="grpc")
    return tf.distribute.ParameterServerStrategy(
        resolver, tf.distribute.experimental.partitioners.FixedShardsPartitioner(2)
    )


def server(index):
    return f"/job:ps/replica:0/task:{index}/device:CPU:0"


def test_variables_go_to_the_servers_in_turn(strategy):
    with strategy.scope():
        first = tf.Variable(0.0)
        devices = [tf.Variable(float(i)).device for i in range(3)]
    other = {server(0): server(1), server(1): server(0)}[first.device]
    assert devices == [other, first.device, other]


def test_what_belongs_to_a_variable_is_beside_it(strategy):
    with strategy.scope():
        variable, table = tf.Variable(0.0), tf.Variable(VALUE)
        for _ in range(3):
            with strategy.extended.colocate_vars_with(variable):
                assert tf.Variable(1.0).device == variable.device
            with strategy.extended.colocate_vars_with(table):
                slot = tf.Variable(VALUE * 0)
            assert [v.device for v in slot.variables] == [v.device for v in table.variables]
            tf.Variable(2.0)  # the next server is another one


def test_an_initializer_may_be_told_of_its_shard(strategy):
    told = []

    def initial(shard_info=None):
        told.append((shard_info.shape.as_list(), shard_info.offset))
        begin = shard_info.offset[0]
        return tf.constant(VALUE[begin : begin + shard_info.shape[0]])

    with strategy.scope():
        table = tf.Variable(initial, shape=[5, 2], dtype=tf.float32)
    np.testing.assert_array_equal(tf.convert_to_tensor(table).numpy(), VALUE)
    assert told == [([3, 2], (0, 0)), ([2, 2], (3, 0))]


class Scores(tf.Module):
    def __init__(self):
        super().__init__()
        self.table = tf.Variable(VALUE, name="table")
        self.bias = tf.Variable(1.0)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int32)])
    def __call__(self, ids):
        return tf.nn.embedding_lookup(self.table, ids) + self.bias


def test_a_model_on_servers_is_saved_as_one_of_plain_variables(strategy, tmp_path):
    with strategy.scope():
        model = Scores()
    assert [v.device for v in model.table.variables] != [model.bias.device] * 2
    path = str(tmp_path / "model")
    tf.saved_model.save(model, path)
    assert dict(tf.train.list_variables(path + "/variables/variables")) == {
        "_CHECKPOINTABLE_OBJECT_GRAPH": [],
        "table/.ATTRIBUTES/VARIABLE_VALUE": [5, 2],
        "bias/.ATTRIBUTES/VARIABLE_VALUE": [],
    }
    loaded = tf.saved_model.load(path)
    np.testing.assert_array_equal(loaded([4, 0]).numpy(), VALUE[[4, 0]] + 1)


SUMS = {
    "the variable first": lambda v, x: v.assign(v + x),
    "the variable last": lambda v, x: v.assign(x + v),
    "a difference": lambda v, x: v.assign(v - (-x)),
}


@pytest.mark.parametrize("case", SUMS)
def test_what_others_added_before_a_sum_was_assigned_is_kept(strategy, case):
    with strategy.scope():
        total = tf.Variable(1.0)

    def others():
        total.assign_add(10.0)
        return np.float32(2.0)

    @tf.function
    def add():
        x = tf.ensure_shape(tf.py_function(others, [], tf.float32), [])
        SUMS[case](total, x)
        return total.read_value()

    assert float(add()) == 13.0


def test_a_sum_of_an_older_value_is_assigned_as_it_is(strategy):
    with strategy.scope():
        total = tf.Variable(1.0)

    @tf.function
    def add():
        old = total.read_value()
        total.assign(5.0)
        total.assign(old + 1.0)
        return total.read_value()

    assert float(add()) == 2.0
