"""Stateless random ops: numbers that are functions of a key and a counter, or of a seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType
from tidefall.base.errors import UnimplementedError
from tidefall.base.shapes import TensorShape
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import from_shape_input, invalid, jnp, same_as, shape_text
from tidefall.ops.random import draws, philox, threefry

PHILOX, THREEFRY, AUTO_SELECT = 1, 2, 3


def is_threefry(alg: Any) -> bool:
    """Whether an algorithm's number stands for ThreeFry; raises unless it or Philox is meant."""
    if int(np.asarray(alg).reshape(())) == THREEFRY:
        return True
    check_algorithm(alg)
    return False


def check_algorithm(alg: Any) -> None:
    """Raise unless an algorithm's number stands for Philox."""
    number = int(np.asarray(alg).reshape(()))
    if number == THREEFRY:
        raise UnimplementedError(
            None,
            None,
            "Orders and gamma, Poisson and binomial numbers do not come from the ThreeFry "
            "generator: use Philox or auto_select.",
        )
    if number not in (PHILOX, AUTO_SELECT):
        raise invalid(f"Unsupported algorithm id: {number}. Philox is 1, auto_select is 3.")


def static_shape(shape: Any) -> tuple[int, ...]:
    """A shape given as a vector."""
    if shape.ndim != 1:
        raise invalid(
            f"shape must be a vector of {{int32,int64}}, got shape {shape_text(shape.shape)}"
        )
    dims = tuple(shape.tolist())
    for dim in dims:
        if dim < 0:
            raise invalid(f"Dimension {dim} must be >= 0")
    return dims


def key_counter(key: np.ndarray, counter: np.ndarray) -> tuple[int, int]:
    """Key and counter inputs as Python integers."""
    if key.shape != (1,):
        raise invalid(f"key must have shape [1], not {shape_text(key.shape)}")
    if counter.ndim != 1 or counter.shape[0] < 2:
        raise invalid(
            "counter must be a vector with length at least 2; got shape: "
            f"{shape_text(counter.shape)}"
        )
    low, high = counter[:2].tolist()
    return int(key[0]), low | high << 64


def threefry_key(key: Any, counter: Any) -> tuple[Any, Any]:
    """Key and counter inputs for ThreeFry, whose counter has one word."""
    if tuple(key.shape) != (1,):
        raise invalid(f"key must have shape [1], not {shape_text(key.shape)}")
    if counter.ndim != 1 or counter.shape[0] < 1:
        raise invalid(
            "counter must be a vector with length at least 1; got shape: "
            f"{shape_text(counter.shape)}"
        )
    return key[0], counter[0]


def seeded(seed: np.ndarray) -> tuple[int, int]:
    """Key and counter of a seed."""
    if seed.shape != (2,):
        raise invalid(f"seed must have shape [2], not {shape_text(seed.shape)}")
    return philox.key_and_counter(*seed.tolist())


# ---- keys ----


def _key_counter_host(seed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    key, counter = seeded(seed)
    return np.array([key], np.uint64), np.array([counter & (2**64 - 1), counter >> 64], np.uint64)


def seeded_xla(seed: Any) -> tuple[Any, Any]:
    """Key `[1]` and counter `[2]` of a seed, for jax."""
    counter = jnp.asarray(seed).astype(np.int64).astype(np.uint64)
    words = philox.words_xla(np.uint64(philox.SCRAMBLE_KEY), counter, np.zeros(2, np.uint64))
    wide = [word.astype(np.uint64) for word in words]
    key = wide[0][:1] | wide[1][:1] << np.uint64(32)
    high = wide[2][:1] | wide[3][:1] << np.uint64(32)
    return key, jnp.concatenate([jnp.zeros_like(high), high])


def _key_counter_shape(c: Inference) -> list[TensorShape]:
    seed = c.shape(0)
    if not seed.is_compatible_with([2]):
        raise ValueError(f"seed must have shape [2], not {shape_text(seed)}")
    return [TensorShape([1]), TensorShape([2])]


def _alg() -> np.ndarray:
    return np.array(PHILOX, np.int32)


key_counter_op = op(
    "StatelessRandomGetKeyCounter",
    shape=_key_counter_shape,
    host=_key_counter_host,
    xla=seeded_xla,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)
op(
    "StatelessRandomGetAlg",
    shape=lambda c: TensorShape(()),
    host=_alg,
    xla=_alg,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)
op(
    "StatelessRandomGetKeyCounterAlg",
    shape=lambda c: [*_key_counter_shape(c), TensorShape(())],
    host=lambda seed: (*_key_counter_host(seed), _alg()),
    xla=lambda seed: (*seeded_xla(seed), _alg()),
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


# ---- distributions ----


def _declare(
    name: str, host: Callable[..., Any], xla: Callable[..., Any], other: Callable[..., Any]
) -> None:
    """Declare `<name>V2` over a key and counter, and `<name>` over a seed.

    Args:
        host, xla: `f(key, counter, shape, dtype)`, with Philox.
        other: `f(xp, key, counter, shape, dtype)`, with ThreeFry.
    """

    def over_key(shape: Any, key: Any, counter: Any, alg: Any, *, dtype: DType) -> np.ndarray:
        if is_threefry(alg):
            where = threefry_key(key, counter)
            return other(np, *where, static_shape(shape), dtype.as_numpy_dtype)
        return host(*key_counter(key, counter), static_shape(shape), dtype.as_numpy_dtype)

    def over_key_xla(shape: Any, key: Any, counter: Any, alg: Any, *, dtype: DType) -> Any:
        if is_threefry(alg):
            where = threefry_key(jnp.asarray(key), jnp.asarray(counter))
            return other(jnp, *where, static_shape(shape), np.dtype(dtype.as_numpy_dtype))
        return xla(key[0], counter, static_shape(shape), np.dtype(dtype.as_numpy_dtype))

    def over_seed(shape: Any, seed: Any, *, dtype: DType) -> np.ndarray:
        return host(*seeded(seed), static_shape(shape), dtype.as_numpy_dtype)

    def over_seed_xla(shape: Any, seed: Any, *, dtype: DType) -> Any:
        key, counter = seeded_xla(seed)
        return xla(key[0], counter, static_shape(shape), np.dtype(dtype.as_numpy_dtype))

    op(
        f"{name}V2",
        shape=from_shape_input(0),
        host=over_key,
        xla=over_key_xla,
        effects=PURE,
        gradient=NOT_DIFFERENTIABLE,
        static=("shape", "alg"),
    )
    op(
        name,
        shape=from_shape_input(0),
        host=over_seed,
        xla=over_seed_xla,
        effects=PURE,
        gradient=NOT_DIFFERENTIABLE,
        static=("shape",),
    )


_declare("StatelessRandomUniform", draws.uniform, draws.uniform_xla, threefry.uniform)
_declare("StatelessRandomNormal", draws.normal, draws.normal_xla, threefry.normal)
_declare(
    "StatelessTruncatedNormal",
    draws.truncated_normal,
    draws.truncated_normal_xla,
    threefry.truncated_normal,
)
_declare("StatelessRandomUniformFullInt", draws.integers, draws.integers_xla, threefry.integers)


def check_range(low: Any, high: Any) -> None:
    """Raise unless two scalars bound a range that holds something."""
    for name, limit in (("minval", low), ("maxval", high)):
        if limit.ndim:
            raise invalid(f"{name} must be 0-D, got shape {shape_text(limit.shape)}")
    if isinstance(low, np.ndarray) and isinstance(high, np.ndarray) and not low < high:
        raise invalid(f"Need minval < maxval, got {low} >= {high}")


def _between_key(
    shape: Any, key: Any, counter: Any, alg: Any, minval: Any, maxval: Any, *, dtype: DType
) -> np.ndarray:
    check_range(minval, maxval)
    kind = dtype.as_numpy_dtype
    if is_threefry(alg):
        where = threefry_key(key, counter)
        return threefry.integers_between(np, *where, static_shape(shape), minval, maxval, kind)
    where = key_counter(key, counter)
    return draws.integers_between(*where, static_shape(shape), minval, maxval, kind)


def _between_key_xla(
    shape: Any, key: Any, counter: Any, alg: Any, minval: Any, maxval: Any, *, dtype: DType
) -> Any:
    check_range(minval, maxval)
    kind = dtype.as_numpy_dtype
    if is_threefry(alg):
        where = threefry_key(jnp.asarray(key), jnp.asarray(counter))
        return threefry.integers_between(jnp, *where, static_shape(shape), minval, maxval, kind)
    return draws.integers_between_xla(key[0], counter, static_shape(shape), minval, maxval, kind)


def _between_seed(shape: Any, seed: Any, minval: Any, maxval: Any, *, dtype: DType) -> np.ndarray:
    check_range(minval, maxval)
    kind = dtype.as_numpy_dtype
    return draws.integers_between(*seeded(seed), static_shape(shape), minval, maxval, kind)


def _between_seed_xla(shape: Any, seed: Any, minval: Any, maxval: Any, *, dtype: DType) -> Any:
    check_range(minval, maxval)
    key, counter = seeded_xla(seed)
    kind = dtype.as_numpy_dtype
    return draws.integers_between_xla(key[0], counter, static_shape(shape), minval, maxval, kind)


op(
    "StatelessRandomUniformIntV2",
    shape=from_shape_input(0),
    host=_between_key,
    xla=_between_key_xla,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
    static=("shape", "alg"),
)
op(
    "StatelessRandomUniformInt",
    shape=from_shape_input(0),
    host=_between_seed,
    xla=_between_seed_xla,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
    static=("shape",),
)


# ---- orders and classes ----


def _shuffle_host(value: Any, key: Any, counter: Any, alg: Any) -> np.ndarray:
    check_algorithm(alg)
    if not value.ndim:
        return value
    return value[draws.permutation(*key_counter(key, counter), value.shape[0])]


def _shuffle_xla(value: Any, key: Any, counter: Any, alg: Any) -> Any:
    check_algorithm(alg)
    if not value.ndim:
        return value
    return jnp.asarray(value)[draws.permutation_xla(key[0], counter, value.shape[0])]


op(
    "StatelessShuffle",
    shape=same_as(0),
    host=_shuffle_host,
    xla=_shuffle_xla,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
    static=("alg",),
)


def classes_shape(c: Inference) -> TensorShape:
    """Shape of class numbers drawn from `[batch, classes]` logits: `[batch, num_samples]`."""
    logits = c.shape(0)
    if logits.rank not in (None, 2):
        raise ValueError(f"logits should be a matrix, got shape {shape_text(logits)}")
    samples = c.constant(1)
    count = None if samples is None else int(samples.reshape(()))
    if count is not None and count < 0:
        raise ValueError(f"num_samples should be nonnegative, got {count}")
    return TensorShape([logits.with_rank(2)[0], count])


def check_logits(logits: Any, samples: Any) -> int:
    """The number of samples; raises for logits that nothing can be drawn from."""
    if logits.ndim != 2:
        raise invalid(f"logits should be a matrix, got shape {shape_text(logits.shape)}")
    if samples.ndim:
        raise invalid(f"num_samples should be a scalar, got shape {shape_text(samples.shape)}")
    if int(samples) < 0:
        raise invalid(f"num_samples should be nonnegative, got {int(samples)}")
    if not logits.shape[1] and logits.shape[0] and int(samples):
        raise invalid(f"num_classes should be positive, got {logits.shape[1]}")
    return int(samples)


def _multinomial_host(
    logits: Any, num_samples: Any, seed: Any, *, output_dtype: DType
) -> np.ndarray:
    count = check_logits(logits, num_samples)
    return draws.categorical(*seeded(seed), logits, count).astype(output_dtype.as_numpy_dtype)


def _multinomial_xla(logits: Any, num_samples: Any, seed: Any, *, output_dtype: DType) -> Any:
    count = check_logits(logits, num_samples)
    key, counter = seeded_xla(seed)
    drawn = draws.categorical_xla(key[0], counter, jnp.asarray(logits), count)
    return drawn.astype(output_dtype.as_numpy_dtype)


op(
    "StatelessMultinomial",
    shape=classes_shape,
    host=_multinomial_host,
    xla=_multinomial_xla,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
    static=("num_samples",),
)

FLOATS = (dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64)
INTEGERS = (dtypes.int32, dtypes.int64, dtypes.uint32, dtypes.uint64)
