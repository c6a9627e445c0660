"""Templates share their variables, and checkpoints take them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tidefall as tf

v1 = tf.compat.v1


def _make(name: str) -> Any:
    def inner() -> tf.Variable:
        return v1.get_variable("v", [1], initializer=v1.zeros_initializer())

    def outer() -> tuple:
        one, two = v1.make_template("i1", inner), v1.make_template("i2", inner)
        return (one, two), (one(), two(), two())

    return v1.make_template(name, outer)


def test_nested_templates_are_saved_and_restored(tmp_path: Path) -> None:
    saved = _make("s1")
    (one, two), (_, second, again) = saved()
    assert second is again
    one.variables[0].assign([20.0])
    two.variables[0].assign([25.0])
    path = tf.train.Checkpoint(template=saved).save(tmp_path / "ckpt")
    loaded = _make("s2")
    status = tf.train.Checkpoint(template=loaded).restore(path)
    _, values = loaded()
    status.assert_consumed()
    assert [float(value[0]) for value in values] == [20.0, 25.0, 25.0]


def test_a_variable_of_a_mapped_function_is_that_of_the_scope_around() -> None:
    def doubled(x: tf.Tensor) -> tf.Tensor:
        with v1.variable_scope("body"):
            start = v1.constant_initializer(2)
            return x * v1.get_variable("two", [], dtype=tf.int32, initializer=start)

    with tf.Graph().as_default(), v1.variable_scope("root"):
        result = tf.map_fn(doubled, tf.constant([1, 2, 3]))
        assert [variable.name for variable in v1.trainable_variables()] == ["root/body/two:0"]
        with v1.Session() as session:
            session.run(v1.global_variables_initializer())
            assert session.run(result).tolist() == [2, 4, 6]


def test_a_function_in_a_graph_sees_its_collections() -> None:
    with tf.Graph().as_default(), v1.Session() as session:
        v1.add_to_collection("x", 2)

        @tf.function
        def function() -> tf.Tensor:
            v1.add_to_collection("x", 3)
            return tf.constant(sum(v1.get_collection("x")))

        assert session.run(function()) == 5
        assert v1.get_collection("x") == [2]


def test_arguments_that_do_not_fit(tmp_path: Path) -> None:
    with tf.Graph().as_default():
        start = tf.constant(1)
        with pytest.raises(ValueError, match="don't match"):
            v1.get_variable("v", initializer=start, dtype=tf.float64)
        with pytest.raises(TypeError, match="auxiliary_name_scope"):
            v1.variable_scope(None, "scope", auxiliary_name_scope="no")
        variable = v1.get_variable("w", [])
        with v1.Session() as session:
            session.run(variable.initializer)
            with pytest.raises(ValueError, match="collides with"):
                v1.train.Saver().save(session, tmp_path / "checkpoint")


def test_blocks_of_one_size() -> None:
    image = tf.reshape(tf.range(16), [1, 4, 4, 1])
    blocks = v1.space_to_batch(image, [[0, 0], [0, 0]], block_size=2)
    assert blocks.shape == [4, 2, 2, 1]
    assert bool(tf.reduce_all(v1.batch_to_space(blocks, [[0, 0], [0, 0]], 2) == image))


@pytest.mark.parametrize("shape", ([], [1], [1, 1]))
@pytest.mark.parametrize("value", (True, False))
def test_a_condition_of_one_element_of_unknown_shape(shape: list[int], value: bool) -> None:

    with tf.Graph().as_default(), v1.Session() as session:
        condition = v1.placeholder(tf.bool)
        chosen = tf.cond(condition, lambda: 1, lambda: 2)
        assert session.run(chosen, {condition: np.full(shape, value)}) == (1 if value else 2)


def test_a_loop_without_gradients() -> None:
    with tf.Graph().as_default():
        x = tf.constant(2.0)
        (y,) = tf.while_loop(lambda y: y < 9.0, lambda y: [y * y], [x], back_prop=False)
        assert v1.gradients(y, x) == [None]
