"""Tensors as TensorProto messages: `tf.make_tensor_proto` and `tf.make_ndarray`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.dtypes import as_dtype
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.tensor.conversion import to_numpy


@export("make_tensor_proto")
def make_tensor_proto(
    values: Any,
    dtype: Any = None,
    shape: Any = None,
    verify_shape: bool = False,
    allow_broadcast: bool = False,
) -> Any:
    """A TensorProto message of values.

    Args:
        values: what `tf.constant` takes, or a TensorProto, which comes back as it is.
        dtype: its dtype; found from the values by default.
        shape: its shape; the values' own by default. The last value stands for those that lack.
        verify_shape: refuse values of another shape.
        allow_broadcast: refuse values of another shape, but for a single one, which fills `shape`.

    Returns:
        A TensorProto.

    Raises:
        TypeError: if the values do not fit the dtype, or with one of the flags the shape.
        ValueError: if there are too many values, or both flags are set.

    >>> import tidefall as tf
    >>> tf.make_tensor_proto([1, 2]).dtype == tf.int32.as_datatype_enum
    True
    """
    from tidefall.proto import TensorProto
    from tidefall.proto.tensors import make_tensor_proto as write

    if allow_broadcast and verify_shape:
        raise ValueError("allow_broadcast and verify_shape are not both allowed.")
    if isinstance(values, TensorProto):
        return values
    wanted = None if dtype is None else as_dtype(dtype)
    array = to_numpy(values, wanted)
    dims: Any = array.shape if shape is None else tuple(TensorShape(shape).as_list())
    if (verify_shape or (allow_broadcast and array.size != 1)) and array.shape != dims:
        raise TypeError(f"Expected Tensor's shape: {dims}, but got {array.shape}.")
    return write(array, None if wanted is None else wanted.as_datatype_enum, shape=dims)


@export("make_ndarray")
def make_ndarray(tensor: Any) -> np.ndarray:
    """The array of a TensorProto message.

    Args:
        tensor: the message.

    Returns:
        An array of its dtype and shape; strings are bytes in an object array.

    Raises:
        TypeError: for a dtype that NumPy does not have.

    >>> import tidefall as tf
    >>> tf.make_ndarray(tf.make_tensor_proto([[1, 2]])).tolist()
    [[1, 2]]
    """
    from tidefall.proto.tensors import tensor_proto_to_array

    return tensor_proto_to_array(tensor)
