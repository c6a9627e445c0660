"""Wrappers of recurrent cells, against values that TensorFlow 2.21 gave for the same cell."""

import numpy as np
import pytest

import tidefall as tf


class Cell(tf.Module):
    """Outputs `inputs @ ones + state`, and a state that counts up."""

    output_size = 3
    state_size = 3
    built = True

    def __init__(self):
        super().__init__()
        self.w = tf.Variable(tf.ones([3, 3]))

    def call(self, inputs, state):
        return inputs @ self.w + state, state + 1

    def zero_state(self, batch_size, dtype):
        return tf.zeros([batch_size, 3], dtype)


ONES = np.ones((2, 3), np.float32)


def _rows(*values):
    """Rows of one value each, or given whole."""
    return [[v] * 3 if np.isscalar(v) else v for v in values]


# What is dropped, and two calls in a row: outputs and state.
DROPPED = [
    ({}, [_rows(4, 4), _rows(2, 2), _rows(4, 4), _rows(2, 2)]),
    (
        {"input_keep_prob": 0.5, "seed": 3},
        [_rows(3, 5), _rows(2, 2), _rows(3, 7), _rows(2, 2)],
    ),
    (
        {"state_keep_prob": 0.5, "seed": 3},
        [_rows(4, 4), _rows([0, 4, 4], [0, 4, 4]), _rows(4, 4), _rows([0, 4, 0], 4)],
    ),
    (
        {"output_keep_prob": 0.5, "seed": 3},
        [_rows([0, 0, 8], [0, 8, 8]), _rows(2, 2), _rows(0, [8, 0, 0]), _rows(2, 2)],
    ),
    (
        {
            "variational_recurrent": True,
            "input_size": 3,
            "dtype": tf.float32,
            "input_keep_prob": 0.5,
            "state_keep_prob": 0.5,
            "output_keep_prob": 0.5,
            "seed": 4,
        },
        [_rows([2, 0, 0], [2, 0, 0]), _rows(0, 0)] * 2,
    ),
]


@pytest.mark.parametrize(("how", "expected"), DROPPED)
def test_dropout_drops_what_tensorflow_drops(how, expected):
    tf.random.set_seed(1)
    cell = tf.nn.RNNCellDropoutWrapper(Cell(), **how)
    given = [part for _ in range(2) for part in cell(ONES, tf.ones([2, 3]))]
    for ours, theirs in zip(given, expected, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs)


@pytest.mark.parametrize(
    ("how", "error", "said"),
    [
        ({"variational_recurrent": True}, ValueError, "dtype must be provided"),
        (
            {"variational_recurrent": True, "input_keep_prob": 0.5, "dtype": "float32"},
            ValueError,
            "input_size must be provided",
        ),
        ({"input_keep_prob": 2.0}, ValueError, "between 0 and 1"),
        ({"dropout_state_filter_visitor": 3}, TypeError, "must be callable"),
        ({"nonsense": 3}, TypeError, "not understood"),
    ],
)
def test_bad_arguments_of_dropout(how, error, said):
    with pytest.raises(error, match=said):
        tf.nn.RNNCellDropoutWrapper(Cell(), **how)


def test_what_is_not_a_cell_is_refused():
    with pytest.raises(AttributeError, match="no attribute 'call'"):
        tf.nn.RNNCellResidualWrapper(3)


class Pair(Cell):
    """A cell whose state has two parts, one of them a dict."""

    state_size = (3, {"memory": 3})

    def call(self, inputs, state):
        return inputs + 0, state


def test_a_visitor_chooses_parts_of_the_state():
    state = (tf.ones([2, 3]), {"memory": tf.ones([2, 3])})
    cell = tf.nn.RNNCellDropoutWrapper(
        Pair(),
        state_keep_prob=1e-6,
        seed=1,
        dropout_state_filter_visitor=lambda s: (True, False) if isinstance(s, tuple) else True,
    )
    _, (first, second) = cell(ONES, state)
    assert not first.numpy().any()
    assert second["memory"].numpy().all()
    everything = tf.nn.RNNCellDropoutWrapper(Pair(), state_keep_prob=1e-6, seed=1)
    assert not everything(ONES, state)[1][1]["memory"].numpy().any()


def test_residual_connections():
    outputs, state = tf.nn.RNNCellResidualWrapper(Cell())(ONES, tf.ones([2, 3]))
    np.testing.assert_array_equal(outputs.numpy(), 5 * ONES)
    np.testing.assert_array_equal(state.numpy(), 2 * ONES)
    own = tf.nn.RNNCellResidualWrapper(Cell(), residual_fn=lambda i, o: i * 10 + o)
    np.testing.assert_array_equal(own(ONES, tf.ones([2, 3]))[0].numpy(), 14 * ONES)


def test_residual_connections_need_outputs_like_the_inputs():
    class Narrow(Cell):
        def call(self, inputs, state):
            return inputs[:, :2], state

    with pytest.raises(ValueError, match=r"\(2, 3\) and \(2, 2\) are incompatible"):
        tf.nn.RNNCellResidualWrapper(Narrow())(ONES, tf.ones([2, 3]))


def test_a_device_and_its_zero_state():
    cell = tf.nn.RNNCellDeviceWrapper(Cell(), "/cpu:0")
    np.testing.assert_array_equal(cell(ONES, tf.ones([2, 3]))[0].numpy(), 4 * ONES)
    assert cell.zero_state(2, tf.float64).dtype == tf.float64


def test_initial_states_follow_the_sizes():
    class Shaped(Cell):
        state_size = (3, tf.TensorShape([2, 2]))

    cell = tf.nn.RNNCellResidualWrapper(Shaped())
    shapes = [s.shape.as_list() for s in cell.get_initial_state(batch_size=2, dtype="float64")]
    assert shapes == [[2, 3], [2, 2, 2]]
    assert cell.get_initial_state(ONES)[0].shape == [2, 3]
    with pytest.raises(ValueError, match="batch_size and dtype cannot be None"):
        cell.get_initial_state(batch_size=2)


def test_wrappers_nest_track_variables_and_compile():
    inner = Cell()
    cell = tf.nn.RNNCellDropoutWrapper(tf.nn.RNNCellResidualWrapper(inner), input_keep_prob=0.5)
    assert [v is inner.w for v in cell.trainable_variables] == [True]
    assert cell.wrapped_cell.cell is inner
    step = tf.function(cell, jit_compile=True)
    outputs, _ = step(tf.constant(ONES), tf.ones([2, 3]))
    assert outputs.shape == [2, 3]


def test_configurations_make_the_same_wrapper_again():
    keras_cell = tf.keras.layers.SimpleRNNCell(3)
    for cell in (
        tf.nn.RNNCellDropoutWrapper(keras_cell, input_keep_prob=0.25, seed=2),
        tf.nn.RNNCellResidualWrapper(keras_cell),
        tf.nn.RNNCellDeviceWrapper(keras_cell, "/cpu:0"),
    ):
        config = cell.get_config()
        again = type(cell).from_config(config)
        assert type(again.cell) is type(keras_cell)
        assert again.get_config() == config
    function = tf.nn.RNNCellResidualWrapper(keras_cell, residual_fn=lambda i, o: o)
    with pytest.raises(tf.errors.UnimplementedError, match="residual_fn"):
        function.get_config()
