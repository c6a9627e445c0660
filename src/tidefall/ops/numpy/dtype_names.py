"""Dtypes, constants and questions about dtypes under `tf.experimental.numpy`.

The dtypes are NumPy's own classes.

>>> import numpy as np
>>> import tidefall as tf
>>> tnp = tf.experimental.numpy
>>> [np.dtype(t).name for t in (tnp.bool_, tnp.int8, tnp.int16, tnp.int32, tnp.int64)]
['bool', 'int8', 'int16', 'int32', 'int64']
>>> [np.dtype(t).name for t in (tnp.uint8, tnp.uint16, tnp.uint32, tnp.uint64)]
['uint8', 'uint16', 'uint32', 'uint64']
>>> [np.dtype(t).name for t in (tnp.float16, tnp.float32, tnp.float64, tnp.float_)]
['float16', 'float32', 'float64', 'float64']
>>> [np.dtype(t).name for t in (tnp.complex64, tnp.complex128, tnp.complex_, tnp.int_)]
['complex64', 'complex128', 'complex128', 'int64']
>>> [np.dtype(t).kind for t in (tnp.object_, tnp.string_, tnp.unicode_)]
['O', 'S', 'U']
>>> issubclass(tnp.float16, tnp.inexact), tnp.iinfo(tnp.int8).max
(True, 127)
>>> round(tnp.pi, 5), round(tnp.e, 5), tnp.inf
(3.14159, 2.71828, inf)
>>> tnp.ones([2])[:, tnp.newaxis].shape
TensorShape([2, 1])
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.config import config
from tidefall.base.dtypes import DType
from tidefall.base.exports import export_value
from tidefall.ops.numpy.making import PREFIX, exported_as
from tidefall.ops.numpy.promotion import as_tf_dtype, common_dtype, leaves
from tidefall.ops.numpy.settings import default_float
from tidefall.tensor.tensor import Tensor

for _name in (
    "bool_", "complex128", "complex64", "float16", "float32", "float64", "inexact", "int16",
    "int32", "int64", "int8", "object_", "uint16", "uint32", "uint64", "uint8", "iinfo",
):  # fmt: skip
    export_value(getattr(np, _name), PREFIX + _name)

export_value(np.complex128, PREFIX + "complex_")
export_value(np.float64, PREFIX + "float_")
export_value(np.int64, PREFIX + "int_")
export_value(np.bytes_, PREFIX + "string_")
export_value(np.str_, PREFIX + "unicode_")
export_value(Tensor, PREFIX + "ndarray")
export_value(np.e, PREFIX + "e")
export_value(np.pi, PREFIX + "pi")
export_value(np.inf, PREFIX + "inf")
export_value(None, PREFIX + "newaxis")


def _numpy_dtype(dtype: Any) -> Any:
    return np.dtype(as_tf_dtype(dtype).as_numpy_dtype)


@exported_as("finfo")
def finfo(dtype: Any) -> Any:
    """The limits of a floating-point dtype, as `numpy.finfo`.

    Args:
        dtype: a floating-point dtype of NumPy or TensorFlow.

    Raises:
        ValueError: for a dtype that is not one of NumPy's floating-point dtypes.

    >>> import tidefall as tf
    >>> float(tf.experimental.numpy.finfo(tf.float32).max) > 1e38
    True
    """
    return np.finfo(_numpy_dtype(dtype))


@exported_as("issubdtype")
def issubdtype(arg1: Any, arg2: Any) -> bool:
    """Whether a dtype is of a kind, as `numpy.issubdtype`.

    Args:
        arg1: a dtype of NumPy.
        arg2: a dtype, or a kind such as `tf.experimental.numpy.inexact`.

    Raises:
        TypeError: for what NumPy does not take for a dtype.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.issubdtype("float32", tf.experimental.numpy.inexact)
    True
    """
    return bool(np.issubdtype(arg1, arg2))


@exported_as("promote_types")
def promote_types(type1: Any, type2: Any) -> Any:
    """The NumPy dtype two dtypes have in common, as `numpy.promote_types`.

    Args:
        type1, type2: dtypes of NumPy or TensorFlow.

    Raises:
        TypeError: if they have none in common.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.promote_types(tf.int32, tf.float32)
    dtype('float64')
    """
    found = np.promote_types(_numpy_dtype(type1), _numpy_dtype(type2))
    if config.numpy_prefer_float32 and float in (type1, type2) and found == np.float64:
        return np.dtype(np.float32)
    return found


@exported_as("result_type")
def result_type(*arrays_and_dtypes: Any) -> DType:
    """The dtype that arrays and dtypes have in common.

    Args:
        *arrays_and_dtypes: tensors, arrays, dtypes, Python numbers, and lists of these. Python
            numbers take the dtype of the others where that is of their kind.

    Returns:
        A `tf.DType`.

    Raises:
        TypeError: if they have none in common; in mode "safe" also if values might change.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.result_type(tf.constant(1), 1.5).name
    'float64'
    """
    if not list(leaves(arrays_and_dtypes)):
        return default_float()
    named = [np.dtype(v) if isinstance(v, str) else v for v in arrays_and_dtypes]
    return common_dtype(named)[0]
