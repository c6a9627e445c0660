"""Ops on the state of a `tf.random.Generator`: an int64 variable of counter (two) and key."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType
from tidefall.base.errors import UnimplementedError
from tidefall.base.shapes import TensorShape
from tidefall.op.effects import READS_OUTSIDE, writes
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import from_shape_input, invalid, jnp
from tidefall.ops.random import draws
from tidefall.ops.random.seeds import BLOCKS_PER_NUMBER
from tidefall.ops.random.stateless import PHILOX, THREEFRY, check_range, static_shape

STATE_SIZES = {PHILOX: 3, 3: 3, THREEFRY: 2}
STATE_SIZE = 3


def _check(value: Any, alg: Any) -> int:
    """The number of the algorithm; raises for another state than it has."""
    number = int(np.asarray(alg).reshape(()))
    if number not in STATE_SIZES:
        raise invalid(
            f"Unsupported algorithm id: {number}. Philox is 1, ThreeFry 2, auto_select 3."
        )
    if value.dtype != np.int64:
        raise invalid(
            f"dtype of RNG state variable must be int64, not {dtypes.as_dtype(value.dtype).name}"
        )
    size = STATE_SIZES[number]
    if value.ndim != 1 or value.shape[0] < size:
        raise invalid(
            f"For the {'ThreeFry' if number == THREEFRY else 'Philox'} algorithm, the size of "
            f"state must be at least {size}; got {value.shape[0] if value.ndim else 0}"
        )
    return number


def _no_threefry(alg: Any) -> None:
    if int(np.asarray(alg).reshape(())) == THREEFRY:
        raise UnimplementedError(
            None, None, "The ThreeFry algorithm is not implemented for ops that draw from a state."
        )


def skip_state(resource: Any, alg: Any, numbers: int) -> np.ndarray:
    """Move the state on by what `numbers` numbers take; returns it as it was."""
    with resource.lock:
        value = resource.read()
        number = _check(value, alg)
        words = value.astype(np.uint64).tolist()
        if number == THREEFRY:
            moved = value.astype(np.uint64)
            moved[0] = (words[0] + numbers * BLOCKS_PER_NUMBER) & (2**64 - 1)
            resource.value = moved.astype(np.int64)
            # The state has two words, and the op gives three.
            return np.append(value[:2], np.int64(0))
        counter = (words[0] | words[1] << 64) + numbers * BLOCKS_PER_NUMBER
        moved = value.astype(np.uint64)
        low = 2**64 - 1
        moved[:2] = counter & low, counter >> 64 & low
        resource.value = moved.astype(np.int64)
    return value


def _skip_xla(resource: Any, alg: Any, numbers: Any) -> Any:
    value = jnp.asarray(resource.read())
    number = _check(value, alg)
    words = value.astype(np.uint64)
    # The product has up to 72 bits: what does not fit into the low word goes to the high one.
    numbers = jnp.asarray(numbers).astype(np.uint64).reshape(())
    step = numbers * np.uint64(BLOCKS_PER_NUMBER)
    low = words[0] + step
    if number == THREEFRY:
        resource.value = words.at[0].set(low).astype(np.int64)
        return jnp.append(value[:2], np.int64(0))
    over = numbers >> np.uint64(64 - (BLOCKS_PER_NUMBER - 1).bit_length())
    high = words[1] + over + (low < step).astype(np.uint64)
    resource.value = words.at[0].set(low).at[1].set(high).astype(np.int64)
    return value


def _state_shape(c: Inference) -> TensorShape:
    return TensorShape([None])


def _read_and_skip(resource: Any, alg: Any, delta: Any) -> np.ndarray:
    return skip_state(resource, alg, int(delta))


def _rng_skip(resource: Any, algorithm: Any, delta: Any) -> None:
    skip_state(resource, algorithm, int(delta))


def _rng_skip_xla(resource: Any, algorithm: Any, delta: Any) -> None:
    _skip_xla(resource, algorithm, delta)


op(
    "RngReadAndSkip",
    shape=_state_shape,
    host=_read_and_skip,
    xla=_skip_xla,
    effects=writes("resource"),
    gradient=NOT_DIFFERENTIABLE,
    static=("alg",),
)
op(
    "RngSkip",
    shape=lambda c: [],
    host=_rng_skip,
    xla=_rng_skip_xla,
    effects=writes("resource"),
    gradient=NOT_DIFFERENTIABLE,
    static=("algorithm",),
)


def _non_deterministic(shape: Any, *, dtype: DType) -> np.ndarray:
    kind = np.dtype(dtype.as_numpy_dtype)
    limits = np.iinfo(kind)
    drawn = np.random.default_rng().integers(
        limits.min, limits.max, static_shape(shape), dtype=kind, endpoint=True
    )
    return np.asarray(drawn, kind)


op(
    "NonDeterministicInts",
    shape=from_shape_input(0),
    host=_non_deterministic,
    effects=READS_OUTSIDE,
    gradient=NOT_DIFFERENTIABLE,
)


# ---- the older ops, which draw from the state at once ----


def _declare(name: str, host: Callable[..., Any], xla: Callable[..., Any]) -> None:
    """Declare an op that draws numbers of a shape: `host` and `xla` take key, counter, shape."""

    def on_host(resource: Any, algorithm: Any, shape: Any, *, dtype: DType) -> np.ndarray:
        _no_threefry(algorithm)
        dims = static_shape(shape)
        words = skip_state(resource, algorithm, math.prod(dims)).astype(np.uint64).tolist()
        return host(words[2], words[0] | words[1] << 64, dims, dtype.as_numpy_dtype)

    def compiled(resource: Any, algorithm: Any, shape: Any, *, dtype: DType) -> Any:
        _no_threefry(algorithm)
        dims = static_shape(shape)
        words = _skip_xla(resource, algorithm, np.uint64(math.prod(dims))).astype(np.uint64)
        return xla(words[2], words[:2], dims, np.dtype(dtype.as_numpy_dtype))

    op(
        name,
        shape=from_shape_input(2),
        host=on_host,
        xla=compiled,
        effects=writes("resource"),
        gradient=NOT_DIFFERENTIABLE,
        static=("algorithm", "shape"),
    )


_declare("StatefulStandardNormalV2", draws.normal, draws.normal_xla)
_declare("StatefulUniform", draws.uniform, draws.uniform_xla)
_declare("StatefulTruncatedNormal", draws.truncated_normal, draws.truncated_normal_xla)
_declare("StatefulUniformFullInt", draws.integers, draws.integers_xla)


def _between(
    resource: Any, algorithm: Any, shape: Any, minval: Any, maxval: Any, *, dtype: DType
) -> np.ndarray:
    _no_threefry(algorithm)
    check_range(minval, maxval)
    dims = static_shape(shape)
    words = skip_state(resource, algorithm, math.prod(dims)).astype(np.uint64).tolist()
    where = words[2], words[0] | words[1] << 64
    return draws.integers_between(*where, dims, minval, maxval, dtype.as_numpy_dtype)


def _between_xla(
    resource: Any, algorithm: Any, shape: Any, minval: Any, maxval: Any, *, dtype: DType
) -> Any:
    _no_threefry(algorithm)
    check_range(minval, maxval)
    dims = static_shape(shape)
    words = _skip_xla(resource, algorithm, np.uint64(math.prod(dims))).astype(np.uint64)
    kind = dtype.as_numpy_dtype
    return draws.integers_between_xla(words[2], words[:2], dims, minval, maxval, kind)


op(
    "StatefulUniformInt",
    shape=from_shape_input(2),
    host=_between,
    xla=_between_xla,
    effects=writes("resource"),
    gradient=NOT_DIFFERENTIABLE,
    static=("algorithm", "shape"),
)
