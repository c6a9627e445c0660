"""Input signatures with lists and dicts in them."""

import pytest

import tidefall as tf

VECTOR = tf.TensorSpec([None], tf.float32)


def test_a_list_and_a_dict():
    @tf.function(input_signature=[[VECTOR, VECTOR], {"a": VECTOR}])
    def f(pair, named):
        return pair[0] - pair[1] + named["a"]

    one = tf.constant([1.0])
    assert f([one, 2.0 * one], {"a": 5.0 * one}).numpy().tolist() == [4.0]
    assert f((one, [2.0]), {"a": [5.0]}).numpy().tolist() == [4.0]
    assert len(f.get_concrete_function().inputs) == 3
    for wrong in ([one], one, [one, tf.constant([1])]):
        with pytest.raises(TypeError, match="Can not cast"):
            f(wrong, {"a": one})
