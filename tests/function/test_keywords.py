"""What the tensor arguments of concrete functions are called; names are TensorFlow's."""

import pytest

import tidefall as tf

S = tf.TensorSpec([2])
NAMED = tf.TensorSpec([2], name="hello")


@tf.function
def several(x, *others, y=None, **more):
    return x


@tf.function
def clashing(x, x_1):
    return x_1


CASES = [
    (several, (S, S, S), {"y": S, "z": S}, ["x", "others_0", "others_1", "y", "z"]),
    (several, ([S, (S, {"k": S})], S), {"y": [S, S], "z": S},
     ["x", "x_1", "x_2", "others_0", "y", "y_1", "z"]),
    (several, ({"q": NAMED, "a": S},), {}, ["x", "hello"]),
    (several, (NAMED, NAMED), {}, ["hello", "hello_1"]),
    (clashing, ([S, S], S), {}, ["x", "x_1", "x_1_1"]),
]  # fmt: skip


@pytest.mark.parametrize(("function", "args", "kwargs", "expected"), CASES)
def test_keywords(function, args, kwargs, expected):
    assert function.get_concrete_function(*args, **kwargs)._arg_keywords == expected


def test_names_given_later_count():
    @tf.function
    def f(x, y):
        return x - y

    f(tf.ones([2]), tf.ones([2]))
    unnamed = f.get_concrete_function(S, S)
    named = f.get_concrete_function(tf.TensorSpec([2], name="a"), tf.TensorSpec([2], name="b"))
    assert unnamed._arg_keywords == ["x", "y"]
    assert named._arg_keywords == ["a", "b"]
    assert named(b=tf.ones([2]), a=tf.zeros([2])).numpy().tolist() == [-1.0, -1.0]
    same = f.get_concrete_function(tf.TensorSpec([2], name="x"), S)
    assert same is unnamed
    assert f.experimental_get_tracing_count() == 2
