"""Random numbers that are functions of a seed: `tf.random.stateless_*`, splitting of seeds."""

from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import as_dtype
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope, state
from tidefall.op import raw
from tidefall.op.registry import find_op
from tidefall.ops.random.stateless import (
    AUTO_SELECT,
    FLOATS,
    INTEGERS,
    PHILOX,
    THREEFRY,
    key_counter_op,
)
from tidefall.tensor.conversion import convert_to_tensor


@export("random.Algorithm", "random.experimental.Algorithm")
class Algorithm(Enum):
    """Generators of random numbers. AUTO_SELECT means Philox.

    ThreeFry makes the numbers that compiled programs of TensorFlow make with it, here also in
    eager code.

    >>> import tidefall as tf
    >>> tf.random.Algorithm.PHILOX.value
    1
    """

    PHILOX = PHILOX
    THREEFRY = THREEFRY
    AUTO_SELECT = AUTO_SELECT


_NAMES = {"philox": PHILOX, "threefry": THREEFRY, "auto_select": AUTO_SELECT}


def algorithm_id(alg: Any) -> int:
    """The number of a generator given by name, number or `tf.random.Algorithm`.

    Raises:
        ValueError: for an unknown name.
        TypeError: for another type.
    """
    if isinstance(alg, Algorithm):
        return alg.value
    if isinstance(alg, str):
        if alg.lower() in _NAMES:
            return _NAMES[alg.lower()]
        raise ValueError(
            f"Argument `alg` got unsupported value {alg}. Supported values are philox for the "
            "Philox algorithm, threefry for the ThreeFry algorithm, and auto_select for "
            "auto-selection."
        )
    if isinstance(alg, (int, np.integer)):
        return int(alg)
    if hasattr(alg, "host_array"):
        return int(alg.host_array())
    raise TypeError(f"Can't convert argument `alg` (of value {alg} and type {type(alg)}) to int.")


def shape_tensor(shape: Any) -> Any:
    """A shape argument as an integer vector."""
    if isinstance(shape, TensorShape):
        shape = shape.as_list()
    if isinstance(shape, (list, tuple)) and not shape:
        return np.zeros(0, np.int32)
    if isinstance(shape, (int, np.integer)):
        shape = [int(shape)]
    return convert_to_tensor(shape, dtype_hint=dtypes.int32, name="shape")


def moments(stddev: Any, mean: Any, dtype: Any) -> tuple[Any, Any]:
    """Mean and standard deviation as nodes of a graph, which has them even where they do nothing.

    Outside of graphs they are left as they are.
    """
    if state.graph is None:
        return stddev, mean
    mean = convert_to_tensor(mean, dtype, name="mean")
    return convert_to_tensor(stddev, dtype, name="stddev"), mean


def scaled(drawn: Any, stddev: Any, mean: Any, dtype: Any, name: str | None) -> Any:
    """`drawn * stddev + mean`, leaving out what changes nothing."""
    if isinstance(stddev, (int, float)) and stddev == 1 and isinstance(mean, (int, float)):
        if mean == 0:
            return raw.Identity(drawn, name=name) if name else drawn
    else:
        stddev = convert_to_tensor(stddev, dtype, name="stddev")
        drawn = raw.Mul(drawn, stddev, name="mul")
    return raw.AddV2(drawn, convert_to_tensor(mean, dtype, name="mean"), name=name)


def require_floating(dtype: Any, function: str) -> None:
    """Raise TypeError for the dtypes that normal numbers do not come in."""
    if dtype not in FLOATS:
        names = ", ".join(allowed.name for allowed in FLOATS)
        raise TypeError(f"{function} makes numbers of the dtypes {names}, not {dtype.name}.")


def _threefry_key(seed: Any) -> tuple[Any, Any]:
    """ThreeFry takes a seed as its key, and counts from 0."""
    seed = convert_to_tensor(seed)
    if not seed.shape.is_compatible_with([2]):
        raise ValueError(f"seed must have shape [2], not {seed.shape}")
    words = raw.Cast(raw.Cast(seed, DstT=dtypes.uint32), DstT=dtypes.uint64)
    high = raw.LeftShift(words[1:], convert_to_tensor(32, dtypes.uint64))
    return raw.BitwiseOr(words[:1], high), convert_to_tensor([0], dtypes.uint64)


def _draw(op_name: str, shape: Any, seed: Any, alg: Any, dtype: Any, *limits: Any) -> Any:
    number = algorithm_id(alg)
    shape = shape_tensor(shape)
    key, counter = _threefry_key(seed) if number == THREEFRY else key_counter_op(seed)
    alg_tensor = np.array(number, np.int32)
    return find_op(op_name)(shape, key, counter, alg_tensor, *limits, dtype=dtype)


def check_limits(dtype: Any, allowed: tuple[Any, ...], minval: Any, maxval: Any) -> None:
    """Raise ValueError for a dtype or limits that no uniform numbers can have."""
    if dtype not in allowed:
        raise ValueError(
            f"Argument `dtype` got invalid value {dtype!r}. Accepted dtypes are {allowed}."
        )
    if not dtype.is_integer:
        return
    if (minval is None) != (maxval is None):
        raise ValueError(
            f"For integer `dtype` argument {dtype!r}, argument `minval` and `maxval` must be both "
            f"None or not None. Got `minval`={minval} and `maxval`={maxval}."
        )
    if minval is not None and dtype in (dtypes.uint32, dtypes.uint64):
        raise ValueError(
            f"Argument `dtype` got invalid value {dtype!r} when argument `minval` is not None. "
            "Please don't use unsigned integers in this case."
        )


@export("random.stateless_uniform")
def stateless_uniform(
    shape: Any,
    seed: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = dtypes.float32,
    name: str | None = None,
    alg: Any = "auto_select",
) -> Any:
    """Uniform random numbers that depend on the seed alone.

    Args:
        shape: shape of the result.
        seed: int tensor of shape `[2]`.
        minval: smallest value; None, with `maxval` None, for the whole range of an integer dtype.
        maxval: upper limit, excluded; None is 1 for floating-point dtypes.
        dtype: float16, bfloat16, float32, float64, int32, int64, uint32 or uint64.
        name: name scope of the nodes in a graph.
        alg: "philox", "threefry" or "auto_select".

    Returns:
        A tensor of that shape and dtype; TensorFlow draws the same numbers on a CPU.

    Raises:
        ValueError: for a dtype or limits that make no sense.
        InvalidArgumentError: for an empty range, or a seed of another shape.

    >>> import tidefall as tf
    >>> tf.random.stateless_uniform([2], seed=[1, 2]).numpy()
    array([0.8440604 , 0.19204533], dtype=float32)
    """
    dtype = as_dtype(dtype)
    check_limits(dtype, FLOATS + INTEGERS, minval, maxval)
    with name_scope(name or "stateless_random_uniform") as scope:
        if dtype.is_integer:
            if minval is None:
                return _draw("StatelessRandomUniformFullIntV2", shape, seed, alg, dtype)
            low, high = convert_to_tensor(minval, dtype), convert_to_tensor(maxval, dtype)
            return _draw("StatelessRandomUniformIntV2", shape, seed, alg, dtype, low, high)
        drawn = _draw("StatelessRandomUniformV2", shape, seed, alg, dtype)
        return between(drawn, minval, 1 if maxval is None else maxval, dtype, scope)


def between(drawn: Any, minval: Any, maxval: Any, dtype: Any, name: str | None) -> Any:
    """Numbers in [0, 1) stretched to [minval, maxval)."""
    plain = isinstance(minval, (int, float)) and isinstance(maxval, (int, float))
    if plain and minval == 0 and maxval == 1:
        return drawn
    low = convert_to_tensor(minval, dtype, name="min")
    high = convert_to_tensor(maxval, dtype, name="max")
    span = raw.Sub(high, low, name="sub")
    return raw.AddV2(raw.Mul(drawn, span, name="mul"), low, name=name)


@export("random.stateless_normal")
def stateless_normal(
    shape: Any,
    seed: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    name: str | None = None,
    alg: Any = "auto_select",
) -> Any:
    """Normal random numbers that depend on the seed alone.

    Args:
        shape: shape of the result.
        seed: int tensor of shape `[2]`.
        mean, stddev: of the distribution; broadcast against `shape`.
        dtype: float16, bfloat16, float32 or float64.
        name: name scope of the nodes in a graph.
        alg: "philox", "threefry" or "auto_select".

    Returns:
        A tensor of that shape and dtype.

    >>> import tidefall as tf
    >>> tf.random.stateless_normal([2], seed=[1, 2]).numpy().round(4)
    array([0.5441, 0.2074], dtype=float32)
    """
    dtype = as_dtype(dtype)
    require_floating(dtype, "tf.random.stateless_normal")
    with name_scope(name or "stateless_random_normal") as scope:
        drawn = _draw("StatelessRandomNormalV2", shape, seed, alg, dtype)
        return scaled(drawn, stddev, mean, dtype, scope)


@export("random.stateless_truncated_normal")
def stateless_truncated_normal(
    shape: Any,
    seed: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    name: str | None = None,
    alg: Any = "auto_select",
) -> Any:
    """Normal random numbers within two deviations of the mean that depend on the seed alone.

    Args:
        shape: shape of the result.
        seed: int tensor of shape `[2]`.
        mean, stddev: of the distribution before truncation.
        dtype: float16, bfloat16, float32 or float64.
        name: name scope of the nodes in a graph.
        alg: "philox", "threefry" or "auto_select".

    Returns:
        A tensor of that shape and dtype.

    >>> import tidefall as tf
    >>> bool(tf.reduce_all(tf.abs(tf.random.stateless_truncated_normal([9], [1, 2])) < 2))
    True
    """
    dtype = as_dtype(dtype)
    require_floating(dtype, "tf.random.stateless_truncated_normal")
    with name_scope(name or "stateless_truncated_normal") as scope:
        drawn = _draw("StatelessTruncatedNormalV2", shape, seed, alg, dtype)
        return scaled(drawn, stddev, mean, dtype, scope)


@export("random.stateless_categorical")
def stateless_categorical(
    logits: Any,
    num_samples: Any,
    seed: Any,
    dtype: Any = dtypes.int64,
    name: str | None = None,
) -> Any:
    """Class numbers drawn with given log probabilities, depending on the seed alone.

    Args:
        logits: tensor of shape `[batch, classes]`: unnormalised log probabilities.
        num_samples: how many to draw for each row.
        seed: int tensor of shape `[2]`.
        dtype: int32 or int64.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of shape `[batch, num_samples]`.

    >>> import tidefall as tf
    >>> tf.random.stateless_categorical([[0.0, -1e9]], 3, seed=[1, 2]).numpy()
    array([[0, 0, 0]])
    """
    with name_scope(name or "stateless_categorical"):
        logits = convert_to_tensor(logits, name="logits")
        count = convert_to_tensor(num_samples, dtypes.int32, name="num_samples")
        operation = raw.StatelessMultinomial
        return operation(logits, count, seed, output_dtype=as_dtype(dtype))


@export("random.split", "random.experimental.stateless_split")
def split(seed: Any, num: int = 2, alg: Any = "auto_select") -> Any:
    """Make several seeds of one.

    Args:
        seed: int tensor of shape `[2]`.
        num: how many seeds to make.
        alg: "philox", "threefry" or "auto_select".

    Returns:
        A tensor of shape `[num, 2]` and the seed's dtype.

    >>> import tidefall as tf
    >>> tf.random.split([1, 2], num=3).shape
    TensorShape([3, 2])
    """
    seed = convert_to_tensor(seed)
    return stateless_uniform([num, 2], seed, None, None, seed.dtype, alg=alg)


@export("random.fold_in", "random.experimental.stateless_fold_in")
def fold_in(seed: Any, data: Any, alg: Any = "auto_select") -> Any:
    """Make a new seed of a seed and a number, such as a step or replica number.

    Args:
        seed: int tensor of shape `[2]`.
        data: int32 or int64 scalar.
        alg: "philox", "threefry" or "auto_select".

    Returns:
        A tensor of shape `[2]` and the dtype of `data`.

    >>> import tidefall as tf
    >>> tf.random.fold_in([1, 2], 7).shape
    TensorShape([2])
    """
    data = convert_to_tensor(data)
    first = stateless_uniform([], seed, None, None, data.dtype, alg=alg)
    return raw.Pack([first, data], axis=0)


@export("random.experimental.stateless_shuffle")
def stateless_shuffle(
    value: Any, seed: Any, alg: Any = "auto_select", name: str | None = None
) -> Any:
    """Put a tensor's rows in an order that depends on the seed alone.

    Args:
        value: tensor of shape `[n, ...]`.
        seed: int tensor of shape `[2]`.
        alg: "philox", "threefry" or "auto_select".
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of the same shape and dtype.

    >>> import tidefall as tf
    >>> tf.random.experimental.stateless_shuffle([10, 20, 30], seed=[1, 2]).numpy()
    array([20, 30, 10], dtype=int32)
    """
    with name_scope(name or "stateless_shuffle"):
        key, counter = key_counter_op(seed)
        alg_tensor = np.array(algorithm_id(alg), np.int32)
        return raw.StatelessShuffle(value, key, counter, alg_tensor)
