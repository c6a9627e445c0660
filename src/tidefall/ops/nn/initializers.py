"""Initialisers: objects that make the first value of a variable, given its shape."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.exports import export
from tidefall.ops.array.constants import ones, zeros
from tidefall.ops.random.stateful_functions import normal, uniform
from tidefall.ops.random.stateless_functions import stateless_normal, stateless_uniform
from tidefall.tensor.conversion import constant

_PARTITION = ("partition_shape", "partition_offset")


class Initializer:
    """Base of the initialisers: called with a shape and a dtype, it gives a tensor."""

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        """Make a tensor.

        Args:
            shape: shape of the tensor.
            dtype: its dtype.
            **kwargs: `partition_shape` and `partition_offset`, for one part of a tensor.
        """
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an initialiser like this one."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """An initialiser from what `get_config` returned; a "dtype" in it is left out."""
        return cls(**{key: value for key, value in config.items() if key != "dtype"})


def _part(shape: Any, options: dict[str, Any]) -> Any:
    """The shape to make: that of the part, if only a part is wanted."""
    for name in options:
        if name not in _PARTITION:
            raise TypeError(
                f"Keyword argument should be one of {list(_PARTITION)}. Received: {name}"
            )
    return options.get("partition_shape", shape)


def _numeric(dtype: Any) -> DType:
    dtype = as_dtype(dtype)
    if dtype in (dtypes.string, dtypes.resource, dtypes.variant):
        raise ValueError(f"Argument `dtype` expected to be numeric or boolean. Received {dtype}.")
    return dtype


@export("zeros_initializer")
class Zeros(Initializer):
    """Makes tensors of zeros.

    >>> import tidefall as tf
    >>> tf.zeros_initializer()([3]).numpy()
    array([0., 0., 0.], dtype=float32)
    """

    def __call__(self, shape: Any, dtype: Any = dtypes.float32, **kwargs: Any) -> Any:
        shape = _part(shape, kwargs)
        return zeros(shape, _numeric(dtype))


@export("ones_initializer")
class Ones(Initializer):
    """Makes tensors of ones.

    >>> import tidefall as tf
    >>> tf.ones_initializer()([3], dtype=tf.int32).numpy()
    array([1, 1, 1], dtype=int32)
    """

    def __call__(self, shape: Any, dtype: Any = dtypes.float32, **kwargs: Any) -> Any:
        shape = _part(shape, kwargs)
        return ones(shape, _numeric(dtype))


@export("constant_initializer")
class Constant(Initializer):
    """Makes tensors of one number, or of given values.

    Args:
        value: a number, or a list, tuple or array of as many values as the tensor will have.
        support_partition: accept arguments for a part of a tensor, which gets the same values.

    Raises:
        TypeError: for a value of another type.

    >>> import tidefall as tf
    >>> tf.constant_initializer([1.0, 2.0, 3.0, 4.0])([2, 2]).numpy()
    array([[1., 2.],
           [3., 4.]], dtype=float32)
    """

    def __init__(self, value: Any = 0, support_partition: bool = False):
        if not (np.isscalar(value) or isinstance(value, (list, tuple, np.ndarray))):
            raise TypeError(
                f"Invalid type for initial value: {type(value).__name__}. Expected Python scalar, "
                "list or tuple of values, or numpy.ndarray."
            )
        self.value = value
        self.support_partition = support_partition

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        _part(shape, kwargs)
        if kwargs and not self.support_partition:
            raise ValueError("Constant initializer doesn't support partition-related arguments")
        return constant(self.value, None if dtype is None else as_dtype(dtype), shape)

    def get_config(self) -> dict[str, Any]:
        return {"value": self.value}


@export("random_uniform_initializer")
class RandomUniform(Initializer):
    """Makes tensors of random numbers, uniform in [minval, maxval).

    Args:
        minval: smallest value.
        maxval: upper limit.
        seed: an integer; the same one gives the same numbers at every call.

    >>> import tidefall as tf
    >>> tf.random_uniform_initializer(-1.0, 1.0, seed=3)([2]).numpy()
    array([-0.6081743,  0.8786905], dtype=float32)
    """

    def __init__(self, minval: Any = -0.05, maxval: Any = 0.05, seed: int | None = None):
        self.minval, self.maxval, self.seed = minval, maxval, seed

    def __call__(self, shape: Any, dtype: Any = dtypes.float32, **kwargs: Any) -> Any:
        shape, dtype = _part(shape, kwargs), as_dtype(dtype)
        if not dtype.is_floating and not dtype.is_integer:
            raise ValueError(
                f"Argument `dtype` expected to be numeric or boolean. Received {dtype}."
            )
        if self.seed is None:
            return uniform(shape, self.minval, self.maxval, dtype)
        return stateless_uniform(shape, [self.seed, 0], self.minval, self.maxval, dtype)

    def get_config(self) -> dict[str, Any]:
        return {"minval": self.minval, "maxval": self.maxval, "seed": self.seed}


@export("random_normal_initializer")
class RandomNormal(Initializer):
    """Makes tensors of random numbers with a normal distribution.

    Args:
        mean: mean of the distribution.
        stddev: its standard deviation.
        seed: an integer; the same one gives the same numbers at every call.

    >>> import tidefall as tf
    >>> tf.random_normal_initializer(seed=1)([2]).numpy().round(4)
    array([ 0.0063, -0.0247], dtype=float32)
    """

    def __init__(self, mean: Any = 0.0, stddev: Any = 0.05, seed: int | None = None):
        self.mean, self.stddev, self.seed = mean, stddev, seed

    def __call__(self, shape: Any, dtype: Any = dtypes.float32, **kwargs: Any) -> Any:
        shape, dtype = _part(shape, kwargs), as_dtype(dtype)
        if not dtype.is_floating:
            raise ValueError(
                f"Argument `dtype` is expected to be floating point. Received: {dtype}."
            )
        if self.seed is None:
            return normal(shape, self.mean, self.stddev, dtype)
        return stateless_normal(shape, [self.seed, 0], self.mean, self.stddev, dtype)

    def get_config(self) -> dict[str, Any]:
        return {"mean": self.mean, "stddev": self.stddev, "seed": self.seed}
