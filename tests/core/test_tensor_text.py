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


def test_tensors_in_format_strings_look_like_their_values():
    assert f"{tf.constant([1, 2])} {tf.constant(1.25):.1f}" == "[1 2] 1.2"
    with pytest.raises(TypeError):
        f"{tf.constant([1.0]):.1f}"
