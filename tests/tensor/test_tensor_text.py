"""How tensors are shown."""

import pytest

import tidefall as tf


@pytest.mark.parametrize(
    ("value", "dtype", "shown", "printed"),
    [
        (1.1, "float32", "1.100000023841858", "1.1"),
        (1e-5, "float16", "1.0013580322265625e-05", "1e-05"),
        (0.0, "bfloat16", "0.0", "0"),
        (1.1, "float64", "1.1", "1.1"),
        (1e10, "float16", "inf", "inf"),
        (1.1 + 2.2j, "complex64", "(1.100000023841858+2.200000047683716j)", "(1.1+2.2j)"),
        (True, "bool", "True", "True"),
        (3, "uint8", "3", "3"),
        ("a", "string", "b'a'", "b'a'"),
    ],
)
def test_scalars_are_shown_as_tensorflow_does(value, dtype, shown, printed):
    x = tf.constant(value, dtype)
    assert repr(x) == f"<tf.Tensor: shape=(), dtype={dtype}, numpy={shown}>"
    assert str(x) == f"tf.Tensor({printed}, shape=(), dtype={dtype})"


@pytest.mark.parametrize(
    ("value", "spec", "text"),
    [
        (1, "", "1"),
        (1.5, ".2f", "1.50"),
        ([1, 2], "", "[1 2]"),
        ([[1.0, 2.0]], "", "[[1. 2.]]"),
        (["a", "b"], "", "[b'a' b'b']"),
    ],
)
def test_tensors_are_formatted_as_their_values(value, spec, text):
    assert format(tf.constant(value), spec) == text


def test_a_format_that_arrays_do_not_have_is_refused():
    with pytest.raises(TypeError, match="unsupported format string"):
        format(tf.constant([1, 2]), ".2f")
