"""`tf.experimental.numpy.random`: draws with NumPy's names from TensorFlow's generators."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.ops.array.shapes_of import broadcast_dynamic_shape, shape
from tidefall.ops.numpy.making import exported_as
from tidefall.ops.numpy.promotion import as_tf_dtype, to_tensor
from tidefall.ops.numpy.settings import default_float
from tidefall.ops.random.distribution_functions import poisson as tf_poisson
from tidefall.ops.random.seeds import set_seed
from tidefall.ops.random.stateful_functions import normal as random_normal
from tidefall.ops.random.stateful_functions import uniform as random_uniform


def _shape(size: Any) -> Any:
    if size is None:
        return []
    return [size] if isinstance(size, (int, np.integer)) else size


@exported_as("random.seed")
def seed(s: Any) -> None:
    """Set the global seed, as `tf.random.set_seed`.

    Args:
        s: an int.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.random.seed(1)
    """
    try:
        s = int(s)
    except TypeError as error:
        raise ValueError(f"seed takes an int, got {s!r}.") from error
    set_seed(s)


@exported_as("random.standard_normal")
def standard_normal(size: Any = None) -> Any:
    """Draws from the normal distribution with mean 0 and deviation 1.

    Args:
        size: shape of the result, by default ().

    >>> import tidefall as tf
    >>> tf.experimental.numpy.random.standard_normal((2, 3)).shape
    TensorShape([2, 3])
    """
    return random_normal(_shape(size), dtype=default_float())


@exported_as("random.randn")
def randn(*args: Any) -> Any:
    """Draws from the normal distribution with mean 0 and deviation 1.

    Args:
        *args: the sizes of the result.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.random.randn(2, 3).shape
    TensorShape([2, 3])
    """
    return standard_normal(args)


@exported_as("random.uniform")
def uniform(low: Any = 0.0, high: Any = 1.0, size: Any = None) -> Any:
    """Draws from the uniform distribution.

    Args:
        low: lower bounds, among the draws.
        high: upper bounds, not among them.
        size: shape of the result, by default that the bounds broadcast to.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.random.uniform(2.0, 5.0, 3).shape
    TensorShape([3])
    """
    dtype = default_float()
    low, high = to_tensor(low, dtype), to_tensor(high, dtype)
    if size is not None:
        target = _shape(size)
    elif low.shape.is_fully_defined() and high.shape.is_fully_defined():
        target = np.broadcast_shapes(tuple(low.shape.as_list()), tuple(high.shape.as_list()))
    else:
        target = broadcast_dynamic_shape(shape(low), shape(high))
    return random_uniform(target, low, high, dtype)


@exported_as("random.rand")
def rand(*size: Any) -> Any:
    """Draws between 0 and 1.

    Args:
        *size: the sizes of the result.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.random.rand(2, 3).shape
    TensorShape([2, 3])
    """
    return uniform(0.0, 1.0, size)


@exported_as("random.random")
def random(size: Any = None) -> Any:
    """Draws between 0 and 1.

    Args:
        size: shape of the result, by default ().

    >>> import tidefall as tf
    >>> tf.experimental.numpy.random.random((2,)).dtype.name
    'float64'
    """
    return uniform(0.0, 1.0, size)


@exported_as("random.poisson")
def poisson(lam: Any = 1.0, size: Any = None) -> Any:
    """Draws from the Poisson distribution, as int64.

    Args:
        lam: expected numbers.
        size: shape of the draws for each of them, by default ().

    >>> import tidefall as tf
    >>> tf.experimental.numpy.random.poisson(3.0, (4,)).dtype.name
    'int64'
    """
    return tf_poisson(_shape(size), to_tensor(lam), dtype=dtypes.int64)


@exported_as("random.randint")
def randint(low: Any, high: Any = None, size: Any = None, dtype: Any = int) -> Any:
    """Integers from the uniform distribution.

    Args:
        low: the smallest; without `high`, draws lie from 0 to below `low`.
        high: the draws lie below it.
        size: shape of the result, by default ().
        dtype: int32 or int64.

    Raises:
        ValueError: for another dtype.

    >>> import tidefall as tf
    >>> tf.experimental.numpy.random.randint(0, 10, 3).dtype.name
    'int64'
    """
    wanted = as_tf_dtype(dtype)
    if wanted not in (dtypes.int32, dtypes.int64):
        raise ValueError(f"randint draws int32 or int64, not {wanted.name}.")
    if high is None:
        low, high = 0, low
    return random_uniform(_shape(size), low, high, wanted)
