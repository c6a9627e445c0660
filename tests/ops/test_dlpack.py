"""Tensors shared through DLPack capsules: nothing copied, each capsule read once."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import tidefall as tf

dlpack = tf.experimental.dlpack
DTYPES = (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16",
    "bfloat16", "float32", "float64", "complex64", "complex128",
)  # fmt: skip


def address(array):
    return np.asarray(array).__array_interface__["data"][0]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (3,), (2, 0), (2, 3, 4)])
def test_a_tensor_comes_back_over_the_same_memory(dtype, shape):
    tensor = tf.cast(tf.reshape(tf.range(int(np.prod(shape))), shape), dtype)
    back = dlpack.from_dlpack(dlpack.to_dlpack(tensor))
    assert back.dtype == tensor.dtype and back.shape == tensor.shape
    np.testing.assert_array_equal(back.numpy(), tensor.numpy())
    if 0 not in shape:
        assert address(back) == address(tensor)


def test_memory_outlives_the_array_it_came_from():
    back = dlpack.from_dlpack(dlpack.to_dlpack(tf.range(1000)))
    other = [tf.range(1000) * i for i in range(20)]
    assert int(tf.reduce_sum(back)) == 499500 and len(other) == 20


def test_numpy_and_jax_arrays_are_taken_without_copying():
    array = np.arange(6.0)
    tensor = dlpack.from_dlpack(array.__dlpack__())
    array[0] = 9.0
    assert tensor.numpy().tolist() == [9.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    for dtype in (jnp.float32, jnp.bfloat16):
        values = jnp.arange(4, dtype=dtype)
        tensor = dlpack.from_dlpack(values.__dlpack__())
        assert tensor.dtype.name == values.dtype.name
        assert address(tensor) == values.unsafe_buffer_pointer()


def test_jax_takes_tensors():
    class Lent:
        def __init__(self, tensor):
            self.capsule = dlpack.to_dlpack(tensor)

        def __dlpack__(self, **_):
            return self.capsule

        def __dlpack_device__(self):
            return (1, 0)

    for dtype in ("float32", "bfloat16", "int8"):
        taken = jax.dlpack.from_dlpack(Lent(tf.cast([1, 2, 3], dtype)))
        assert taken.dtype == dtype and taken.tolist() == [1, 2, 3]


def test_torch_takes_and_gives_tensors():
    torch = pytest.importorskip("torch")
    taken = torch.utils.dlpack.from_dlpack(dlpack.to_dlpack(tf.constant([1.0, 2.0])))
    assert taken.tolist() == [1.0, 2.0]
    given = dlpack.from_dlpack(torch.utils.dlpack.to_dlpack(torch.ones(2, 3)))
    assert given.numpy().tolist() == [[1.0] * 3] * 2


def test_results_of_compiled_functions_are_lent():
    tensor = tf.function(lambda x: x * 2, jit_compile=True)(tf.constant([1.0, 2.0]))
    assert dlpack.from_dlpack(dlpack.to_dlpack(tensor)).numpy().tolist() == [2.0, 4.0]


def test_a_capsule_is_read_once():
    capsule = dlpack.to_dlpack(tf.constant([1.0]))
    dlpack.from_dlpack(capsule)
    with pytest.raises(tf.errors.InvalidArgumentError, match="consumed at most once"):
        dlpack.from_dlpack(capsule)


@pytest.mark.parametrize("value", [[1.0], np.arange(3), "text", None])
def test_only_tensors_are_lent(value):
    with pytest.raises(tf.errors.InvalidArgumentError, match="must be a TF tensor"):
        dlpack.to_dlpack(value)


@pytest.mark.parametrize("value", [tf.constant(["a"]), tf.cast([1], "int4")])
def test_other_dtypes_are_refused(value):
    with pytest.raises(tf.errors.InvalidArgumentError, match="not supported by dlpack"):
        dlpack.to_dlpack(value)


def test_only_capsules_in_row_major_order_are_taken():
    with pytest.raises(TypeError, match="__dlpack__"):
        dlpack.from_dlpack(np.arange(3))
    with pytest.raises(tf.errors.InvalidArgumentError, match="strides"):
        dlpack.from_dlpack(np.zeros((2, 3)).T.__dlpack__())
