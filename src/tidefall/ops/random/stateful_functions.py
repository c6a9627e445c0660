"""Random numbers from generators that move on: `tf.random.uniform` and its kin."""

from __future__ import annotations

from typing import Any

from tidefall.base import dtypes
from tidefall.base.dtypes import as_dtype
from tidefall.base.exports import export
from tidefall.base.state import name_scope, state
from tidefall.ops.random.seeds import op_seeds
from tidefall.ops.random.stateful import (
    multinomial_op,
    random_normal_op,
    random_shuffle_op,
    random_uniform_int_op,
    random_uniform_op,
    truncated_normal_op,
)
from tidefall.ops.random.stateless import FLOATS
from tidefall.ops.random.stateless_functions import (
    between,
    moments,
    require_floating,
    scaled,
    shape_tensor,
)
from tidefall.tensor.conversion import convert_to_tensor

_UNIFORM = (*FLOATS, dtypes.int32, dtypes.int64)


@export("random.uniform")
def uniform(
    shape: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Uniform random numbers in [minval, maxval).

    Args:
        shape: shape of the result.
        minval: smallest value.
        maxval: upper limit, excluded; None is 1 for floating-point dtypes.
        dtype: float16, bfloat16, float32, float64, int32 or int64.
        seed: seed of this op; see `tf.random.set_seed`.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of that shape and dtype. After the same `tf.random.set_seed`, TensorFlow draws the
        same numbers on a CPU.

    Raises:
        ValueError: for another dtype, or integers without `maxval`.

    >>> import tidefall as tf
    >>> tf.random.uniform([2, 3], maxval=10, dtype=tf.int32).shape
    TensorShape([2, 3])
    """
    dtype = as_dtype(dtype)
    if dtype not in _UNIFORM:
        raise ValueError(
            f"Argument `dtype` got invalid value {dtype!r}. Accepted dtypes are {_UNIFORM}."
        )
    if maxval is None:
        if dtype.is_integer:
            raise ValueError(f"Must specify maxval for integer dtype {dtype!r}")
        maxval = 1
    with name_scope(name or "random_uniform") as scope:
        shape = shape_tensor(shape)
        seeds = op_seeds(seed)
        if state.graph is not None and not _is_unit(minval, maxval):
            minval = convert_to_tensor(minval, dtype, name="min")
            maxval = convert_to_tensor(maxval, dtype, name="max")
        if dtype.is_integer:
            low = convert_to_tensor(minval, dtype, name="min")
            high = convert_to_tensor(maxval, dtype, name="max")
            for what, bound in (("minval", low), ("maxval", high)):
                if bound.shape.rank not in (None, 0):
                    raise ValueError(
                        f"{what} must be a scalar; got a tensor of shape {bound.shape}"
                    )
            return random_uniform_int_op(shape, low, high, **seeds, name=scope)
        drawn = random_uniform_op(shape, dtype=dtype, **seeds)
        return between(drawn, minval, maxval, dtype, scope)


def _is_unit(minval: Any, maxval: Any) -> bool:
    plain = isinstance(minval, (int, float)) and isinstance(maxval, (int, float))
    return plain and minval == 0 and maxval == 1


@export("random.normal")
def normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Normal random numbers.

    Args:
        shape: shape of the result.
        mean, stddev: of the distribution; broadcast against `shape`.
        dtype: float16, bfloat16, float32 or float64.
        seed: seed of this op; see `tf.random.set_seed`.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of that shape and dtype.

    >>> import tidefall as tf
    >>> tf.random.normal([4], mean=10.0, stddev=0.1).shape
    TensorShape([4])
    """
    dtype = as_dtype(dtype)
    require_floating(dtype, "tf.random.normal")
    with name_scope(name or "random_normal") as scope:
        shape = shape_tensor(shape)
        stddev, mean = moments(stddev, mean, dtype)
        drawn = random_normal_op(shape, dtype=dtype, **op_seeds(seed))
        return scaled(drawn, stddev, mean, dtype, scope)


@export("random.truncated_normal")
def truncated_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Normal random numbers within two standard deviations of the mean.

    Args:
        shape: shape of the result.
        mean, stddev: of the distribution before truncation.
        dtype: float16, bfloat16, float32 or float64.
        seed: seed of this op; see `tf.random.set_seed`.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of that shape and dtype.

    >>> import tidefall as tf
    >>> bool(tf.reduce_all(tf.abs(tf.random.truncated_normal([9])) < 2))
    True
    """
    dtype = as_dtype(dtype)
    require_floating(dtype, "tf.random.truncated_normal")
    with name_scope(name or "truncated_normal") as scope:
        shape = shape_tensor(shape)
        stddev, mean = moments(stddev, mean, dtype)
        drawn = truncated_normal_op(shape, dtype=dtype, **op_seeds(seed))
        return scaled(drawn, stddev, mean, dtype, scope)


@export("random.shuffle")
def shuffle(value: Any, seed: int | None = None, name: str | None = None) -> Any:
    """Put a tensor's rows in a random order.

    Args:
        value: tensor of shape `[n, ...]`.
        seed: seed of this op; see `tf.random.set_seed`.
        name: name of the node in a graph.

    Returns:
        A tensor of the same shape and dtype.

    >>> import tidefall as tf
    >>> sorted(tf.random.shuffle([3, 1, 2]).numpy().tolist())
    [1, 2, 3]
    """
    return random_shuffle_op(value, **op_seeds(seed), name=name)


@export("random.categorical")
def categorical(
    logits: Any,
    num_samples: Any,
    dtype: Any = None,
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Class numbers drawn with given log probabilities.

    Args:
        logits: tensor of shape `[batch, classes]`: unnormalised log probabilities.
        num_samples: how many to draw for each row.
        dtype: int32, or int64 (None means that).
        seed: seed of this op; see `tf.random.set_seed`.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of shape `[batch, num_samples]`.

    >>> import tidefall as tf
    >>> tf.random.categorical([[0.0, -1e9]], 3).numpy()
    array([[0, 0, 0]])
    """
    with name_scope(name or "categorical"):
        logits = convert_to_tensor(logits, name="logits")
        count = convert_to_tensor(num_samples, dtypes.int32, name="num_samples")
        kind = dtypes.int64 if dtype is None else as_dtype(dtype)
        return multinomial_op(logits, count, output_dtype=kind, **op_seeds(seed))
