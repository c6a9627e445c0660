"""Random numbers that are functions of a seed: `tf.random.stateless_*`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.core import dtypes
from tidefall.core.convert import convert_to_tensor
from tidefall.core.dtypes import DType, as_dtype
from tidefall.core.inference import Inference
from tidefall.core.op import NOT_DIFFERENTIABLE, export, find_op, op
from tidefall.core.shapes import TensorShape
from tidefall.core.state import name_scope
from tidefall.ops import random_philox
from tidefall.ops.common import from_shape_input, invalid, jnp

PHILOX = 1


def _check_algorithm(alg: Any) -> None:
    if int(np.asarray(alg)) not in (PHILOX, 3):
        raise invalid(
            f"Unsupported algorithm id: {int(np.asarray(alg))}. Tidefall has Philox (1) and "
            "auto_select (3)."
        )


# ---- keys ----


def _key_counter(seed: Any, xp: Any) -> Any:
    return random_philox.scramble_seed(seed, xp)


key_counter_op = op(
    "StatelessRandomGetKeyCounter",
    shape=lambda c: [TensorShape([1]), TensorShape([2])],
    host=lambda seed: _key_counter(seed, np),
    xla=lambda seed: _key_counter(seed, jnp),
    gradient=NOT_DIFFERENTIABLE,
)
op(
    "StatelessRandomGetAlg",
    shape=lambda c: TensorShape(()),
    host=lambda: np.array(PHILOX, np.int32),
    xla=lambda: np.array(PHILOX, np.int32),
    gradient=NOT_DIFFERENTIABLE,
)
op(
    "StatelessRandomGetKeyCounterAlg",
    shape=lambda c: [TensorShape([1]), TensorShape([2]), TensorShape(())],
    host=lambda seed: (*_key_counter(seed, np), np.array(PHILOX, np.int32)),
    xla=lambda seed: (*_key_counter(seed, jnp), np.array(PHILOX, np.int32)),
    gradient=NOT_DIFFERENTIABLE,
)


# ---- distributions ----


def _count(shape: Any) -> tuple[tuple[int, ...], int]:
    dims = tuple(int(d) for d in shape)
    if any(d < 0 for d in dims):
        raise invalid(f"Dimensions must be non-negative, got shape {list(dims)}.")
    return dims, int(np.prod(dims, dtype=np.int64))


def _declare(name: str, draw: Callable[..., Any]) -> None:
    """Declare `Stateless<name>V2` over key and counter, and `Stateless<name>` over a seed."""

    def kernel(xp_of: Callable[[], Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
        def over_key(shape: Any, key: Any, counter: Any, alg: Any, *, dtype: DType) -> Any:
            _check_algorithm(alg)
            dims, count = _count(shape)
            return draw(key, counter, count, dtype, xp_of()).reshape(dims)

        def over_seed(shape: Any, seed: Any, *, dtype: DType) -> Any:
            dims, count = _count(shape)
            key, counter = _key_counter(seed, xp_of())
            return draw(key, counter, count, dtype, xp_of()).reshape(dims)

        return over_key, over_seed

    host_key, host_seed = kernel(lambda: np)
    xla_key, xla_seed = kernel(lambda: jnp)
    op(
        f"Stateless{name}V2",
        shape=from_shape_input(0),
        host=host_key,
        xla=xla_key,
        gradient=NOT_DIFFERENTIABLE,
        static=("shape", "alg"),
    )
    op(
        f"Stateless{name}" if name != "TruncatedNormal" else "StatelessTruncatedNormal",
        shape=from_shape_input(0),
        host=host_seed,
        xla=xla_seed,
        gradient=NOT_DIFFERENTIABLE,
        static=("shape",),
    )


_declare("RandomUniform", random_philox.uniform)
_declare("RandomNormal", random_philox.normal)
_declare("TruncatedNormal", random_philox.truncated_normal)


def _check_range(low: Any, high: Any) -> None:
    if isinstance(low, (np.ndarray, np.generic)) and isinstance(high, (np.ndarray, np.generic)):
        if not low < high:
            raise invalid(f"Need minval < maxval, got {low} >= {high}")


def _int_over_key(xp_of: Callable[[], Any]) -> Callable[..., Any]:
    def kernel(shape: Any, key: Any, counter: Any, alg: Any, minval: Any, maxval: Any, *, dtype: DType) -> Any:
        _check_algorithm(alg)
        _check_range(minval, maxval)
        dims, count = _count(shape)
        drawn = random_philox.uniform_int(key, counter, count, minval, maxval, dtype, xp_of())
        return drawn.reshape(dims)

    return kernel


def _int_over_seed(xp_of: Callable[[], Any]) -> Callable[..., Any]:
    def kernel(shape: Any, seed: Any, minval: Any, maxval: Any, *, dtype: DType) -> Any:
        _check_range(minval, maxval)
        dims, count = _count(shape)
        key, counter = _key_counter(seed, xp_of())
        return random_philox.uniform_int(key, counter, count, minval, maxval, dtype, xp_of()).reshape(dims)

    return kernel


def _full_over_key(xp_of: Callable[[], Any]) -> Callable[..., Any]:
    def kernel(shape: Any, key: Any, counter: Any, alg: Any, *, dtype: DType) -> Any:
        _check_algorithm(alg)
        dims, count = _count(shape)
        return random_philox.full_int(key, counter, count, dtype, xp_of()).reshape(dims)

    return kernel


def _full_over_seed(xp_of: Callable[[], Any]) -> Callable[..., Any]:
    def kernel(shape: Any, seed: Any, *, dtype: DType) -> Any:
        dims, count = _count(shape)
        key, counter = _key_counter(seed, xp_of())
        return random_philox.full_int(key, counter, count, dtype, xp_of()).reshape(dims)

    return kernel


for _name, _make, _static in (
    ("StatelessRandomUniformIntV2", _int_over_key, ("shape", "alg")),
    ("StatelessRandomUniformInt", _int_over_seed, ("shape",)),
    ("StatelessRandomUniformFullIntV2", _full_over_key, ("shape", "alg")),
    ("StatelessRandomUniformFullInt", _full_over_seed, ("shape",)),
):
    op(
        _name,
        shape=from_shape_input(0),
        host=_make(lambda: np),
        xla=_make(lambda: jnp),
        gradient=NOT_DIFFERENTIABLE,
        static=_static,
    )


# ---- public functions ----


def _key(seed: Any) -> tuple[Any, Any, Any]:
    key, counter = key_counter_op(seed)
    return key, counter, convert_to_tensor(PHILOX, dtypes.int32)


def _shape(shape: Any) -> Any:
    if isinstance(shape, TensorShape):
        shape = shape.as_list()
    if isinstance(shape, (list, tuple)) and not shape:
        return np.zeros(0, np.int32)
    return convert_to_tensor(shape, dtype_hint=dtypes.int32)


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
        seed: two integers, shape `[2]`.
        minval: smallest value; None (integers only) for the whole range of the dtype.
        maxval: upper limit, excluded; 1 for floating-point dtypes by default.
        dtype: float16, bfloat16, float32, float64, int32, int64, uint32 or uint64.

    Returns:
        A tensor of that shape and dtype; TensorFlow draws the same numbers on the CPU.

    Raises:
        ValueError: for a dtype or limits that make no sense.

    >>> import tidefall as tf
    >>> tf.random.stateless_uniform([2], seed=[1, 2]).numpy()
    array([0.8440604, 0.1920453], dtype=float32)
    """
    dtype = as_dtype(dtype)
    if dtype.is_integer and (minval is None) != (maxval is None):
        raise ValueError(
            f"For integer `dtype` argument {dtype!r}, argument `minval` and `maxval` must be both "
            f"None or not None. Got `minval`={minval} and `maxval`={maxval}."
        )
    if not dtype.is_integer and maxval is None:
        maxval = 1
    with name_scope(name or "stateless_random_uniform"):
        size = _shape(shape)
        key, counter, alg_id = _key(seed)
        if dtype.is_integer and minval is None:
            return find_op("StatelessRandomUniformFullIntV2")(size, key, counter, alg_id, dtype=dtype)
        low = convert_to_tensor(minval, dtype)
        high = convert_to_tensor(maxval, dtype)
        if dtype.is_integer:
            return find_op("StatelessRandomUniformIntV2")(size, key, counter, alg_id, low, high)
        drawn = find_op("StatelessRandomUniformV2")(size, key, counter, alg_id, dtype=dtype)
        return find_op("AddV2")(find_op("Mul")(drawn, find_op("Sub")(high, low)), low)


def _scaled(name: str, shape: Any, seed: Any, mean: Any, stddev: Any, dtype: Any) -> Any:
    dtype = as_dtype(dtype)
    key, counter, alg_id = _key(seed)
    drawn = find_op(name)(_shape(shape), key, counter, alg_id, dtype=dtype)
    scaled = find_op("Mul")(drawn, convert_to_tensor(stddev, dtype))
    return find_op("AddV2")(scaled, convert_to_tensor(mean, dtype))


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
        seed: two integers, shape `[2]`.
        mean, stddev: of the distribution; broadcast against `shape`.
        dtype: a floating-point dtype.

    Returns:
        A tensor of that shape and dtype.
    """
    with name_scope(name or "stateless_random_normal"):
        return _scaled("StatelessRandomNormalV2", shape, seed, mean, stddev, dtype)


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
        seed: two integers, shape `[2]`.
        mean, stddev: of the distribution before truncation.
        dtype: a floating-point dtype.

    Returns:
        A tensor of that shape and dtype.
    """
    with name_scope(name or "stateless_truncated_normal"):
        return _scaled("StatelessTruncatedNormalV2", shape, seed, mean, stddev, dtype)
