"""Stateful random ops: each keeps a generator that moves on with every call."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base.dtypes import DType
from tidefall.op import raw
from tidefall.op.effects import DRAWS
from tidefall.op.inference import Inference
from tidefall.op.op import Op
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.batching import Call, Fallback, Rule, fold
from tidefall.ops.common import from_shape_input, jnp, same_as
from tidefall.ops.random import draws
from tidefall.ops.random.seeds import BLOCKS_PER_NUMBER, Stream, eager_stream, get_seed, node_stream
from tidefall.ops.random.stateless import check_logits, check_range, classes_shape, static_shape

__all__ = ["get_seed"]

# A kernel takes the stream to draw from before its inputs. Eagerly that is the stream shared by all
# calls with the same attributes; a plan made for a graph asks `kernel.for_node(node)`, which draws
# from the node's own. Compiled programs get the stream's position as a value at each call: the
# lowering's `stream` is uint64 `[3]`, key and counter, and `blocks` says how far a call moves on.

Blocks = Callable[..., int]


def _declare(
    name: str,
    host: Callable[..., Any],
    xla: Callable[..., Any],
    blocks: Blocks,
    shape: Callable[[Inference], Any],
    static: tuple[str, ...],
    batching: Rule | None = None,
) -> Op:
    declared = op(
        name,
        shape=shape,
        host=host,
        xla=xla,
        effects=DRAWS,
        batching=batching,
        gradient=NOT_DIFFERENTIABLE,
        static=static,
    )
    declared.random_blocks = blocks
    return declared


def _per_number(shape: Any, *_: Any) -> int:
    return math.prod(static_shape(shape)) * BLOCKS_PER_NUMBER


def _floats(name: str, draw: Callable[..., Any], draw_xla: Callable[..., Any]) -> Op:
    """An op that makes floating-point numbers of a shape."""

    def make(stream: Stream, shape: Any, dtype: DType) -> np.ndarray:
        where = stream.reserve(_per_number(shape))
        return draw(*where, static_shape(shape), dtype.as_numpy_dtype)

    def host(shape: Any, *, seed: int, seed2: int, dtype: DType, T: DType) -> np.ndarray:
        return make(eager_stream((name, dtype, T), seed, seed2), shape, dtype)

    def for_node(node: Any) -> Callable[..., Any]:
        def kernel(shape: Any, *, seed: int, seed2: int, dtype: DType, T: DType) -> np.ndarray:
            return make(node_stream(node), shape, dtype)

        return kernel

    host.for_node = for_node  # type: ignore[attr-defined]

    def xla(shape: Any, *, dtype: DType, stream: Any) -> Any:
        kind = np.dtype(dtype.as_numpy_dtype)
        return draw_xla(stream[0], stream[1:], static_shape(shape), kind)

    return _declare(
        name,
        host,
        xla,
        _per_number,
        from_shape_input(0),
        ("shape",),
        _random_numbers_batching,
    )


def _random_numbers_batching(call: Call) -> Any:
    """Every run draws numbers of its own."""
    shape = call.fixed(0)
    sizes = raw.Cast(call.runs.before(shape), DstT=shape.dtype)
    return call.run([sizes, *(call.fixed(i) for i in range(1, len(call)))])


random_uniform_op = _floats("RandomUniform", draws.uniform, draws.uniform_xla)
random_normal_op = _floats("RandomStandardNormal", draws.normal, draws.normal_xla)
truncated_normal_op = _floats("TruncatedNormal", draws.truncated_normal, draws.truncated_normal_xla)


# ---- RandomUniformInt ----


def _make_ints(stream: Stream, shape: Any, low: Any, high: Any, dtype: DType) -> np.ndarray:
    check_range(low, high)
    where = stream.reserve(_per_number(shape))
    kind = dtype.as_numpy_dtype
    return draws.integers_between(*where, static_shape(shape), low, high, kind)


def _ints_host(
    shape: Any, minval: Any, maxval: Any, *, seed: int, seed2: int, Tout: DType, T: DType
) -> np.ndarray:
    stream = eager_stream(("RandomUniformInt", Tout, T), seed, seed2)
    return _make_ints(stream, shape, minval, maxval, Tout)


def _ints_for_node(node: Any) -> Callable[..., Any]:
    def kernel(
        shape: Any, minval: Any, maxval: Any, *, seed: int, seed2: int, Tout: DType, T: DType
    ) -> np.ndarray:
        return _make_ints(node_stream(node), shape, minval, maxval, Tout)

    return kernel


def _ints_xla(shape: Any, minval: Any, maxval: Any, *, Tout: DType, stream: Any) -> Any:
    check_range(minval, maxval)
    kind = Tout.as_numpy_dtype
    dims = static_shape(shape)
    return draws.integers_between_xla(stream[0], stream[1:], dims, minval, maxval, kind)


_ints_host.for_node = _ints_for_node  # type: ignore[attr-defined]
random_uniform_int_op = _declare(
    "RandomUniformInt",
    _ints_host,
    _ints_xla,
    _per_number,
    from_shape_input(0),
    ("shape",),
    _random_numbers_batching,
)


# ---- RandomShuffle ----


def _shuffle_blocks(value: Any) -> int:
    return -(-max(value.shape[0] - 1, 0) // 4) if value.ndim else 0


def _shuffled(stream: Stream, value: np.ndarray) -> np.ndarray:
    if not value.ndim or value.shape[0] < 2:
        return value
    where = stream.reserve(_shuffle_blocks(value))
    return value[draws.permutation(*where, value.shape[0])]


def _shuffle_host(value: np.ndarray, *, seed: int, seed2: int, T: DType) -> np.ndarray:
    return _shuffled(eager_stream(("RandomShuffle", T), seed, seed2), value)


def _shuffle_for_node(node: Any) -> Callable[..., Any]:
    def kernel(value: np.ndarray, *, seed: int, seed2: int, T: DType) -> np.ndarray:
        return _shuffled(node_stream(node), value)

    return kernel


def _shuffle_xla(value: Any, *, stream: Any) -> Any:
    if not value.ndim:
        return value
    return jnp.asarray(value)[draws.permutation_xla(stream[0], stream[1:], value.shape[0])]


_shuffle_host.for_node = _shuffle_for_node  # type: ignore[attr-defined]
random_shuffle_op = _declare(
    "RandomShuffle", _shuffle_host, _shuffle_xla, _shuffle_blocks, same_as(0), ()
)


# ---- Multinomial ----


def _multinomial_blocks(logits: Any, num_samples: Any) -> int:
    samples = -(-int(num_samples) // 4) * 4
    return logits.shape[0] * samples * 2 * BLOCKS_PER_NUMBER


def _make_classes(stream: Stream, logits: Any, num_samples: Any, dtype: DType) -> np.ndarray:
    count = check_logits(logits, num_samples)
    where = stream.reserve(_multinomial_blocks(logits, num_samples))
    return draws.categorical(*where, logits, count).astype(dtype.as_numpy_dtype)


def _multinomial_host(
    logits: Any, num_samples: Any, *, seed: int, seed2: int, output_dtype: DType, T: DType
) -> np.ndarray:
    stream = eager_stream(("Multinomial", output_dtype, T), seed, seed2)
    return _make_classes(stream, logits, num_samples, output_dtype)


def _multinomial_for_node(node: Any) -> Callable[..., Any]:
    def kernel(
        logits: Any, num_samples: Any, *, seed: int, seed2: int, output_dtype: DType, T: DType
    ) -> np.ndarray:
        return _make_classes(node_stream(node), logits, num_samples, output_dtype)

    return kernel


def _multinomial_xla(logits: Any, num_samples: Any, *, output_dtype: DType, stream: Any) -> Any:
    count = check_logits(logits, num_samples)
    drawn = draws.categorical_xla(stream[0], stream[1:], jnp.asarray(logits), count)
    return drawn.astype(output_dtype.as_numpy_dtype)


_multinomial_host.for_node = _multinomial_for_node  # type: ignore[attr-defined]


def _random_rows_batching(call: Call) -> Any:
    """Runs and batch are one dimension, where the rows are independent."""
    if not call.is_stacked(0):
        raise Fallback
    folded, unfold = fold(call.tensor(0))
    return unfold(call.run([folded, call.fixed(1)]))


multinomial_op = _declare(
    "Multinomial",
    _multinomial_host,
    _multinomial_xla,
    _multinomial_blocks,
    classes_shape,
    ("num_samples",),
    _random_rows_batching,
)
