"""Normal numbers between given bounds, however far from the mean.

Three ways to draw them (Robert, 1995, https://arxiv.org/abs/0907.4010): normal numbers, where the
bounds are wide; numbers uniform between the bounds, where they are narrow; and exponential ones in
the tail. Numbers that are refused are drawn again, from one generator for all elements, so that
where an element's numbers come from depends on those before it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tidefall.base.errors import InternalError
from tidefall.base.exports import export
from tidefall.base.state import name_scope
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.registry import op
from tidefall.ops.common import from_shape_input, invalid, shape_text, unbroadcast
from tidefall.ops.random import philox
from tidefall.ops.random.stateless import seeded, static_shape
from tidefall.ops.random.stateless_functions import shape_tensor
from tidefall.tensor.conversion import convert_to_tensor

WIDE = 1.3
"""So many deviations on one side of the mean, normal numbers are mostly within the bounds."""
_TRIES = 1000
"""Refused numbers in a row after which TensorFlow gives up."""
_AHEAD = 256


class _Blocks:
    """Blocks of the generator, one after the other; made ahead of their use."""

    def __init__(self, key: int, counter: int):
        self._key, self._counter = key, counter
        self._made = np.empty((0, 4), np.uint32)
        self._at = self._start = 0

    def peek(self, count: int) -> np.ndarray:
        """The next blocks `[count, 4]`, which stay the next ones."""
        if self._at + count > self._start + len(self._made):
            self._start = self._at
            index = np.arange(self._at, self._at + max(count, _AHEAD), dtype=np.uint64)
            self._made = philox.blocks(self._key, self._counter, index)
        first = self._at - self._start
        return self._made[first : first + count]

    def skip(self, count: int) -> None:
        """Leave out the next blocks."""
        self._at += count


class _Normal:
    """Candidates from the normal distribution itself."""

    blocks = 1

    def __init__(self, low: Any, high: Any):
        self._low, self._high = low, high

    def candidates(self, words: np.ndarray, dtype: Any) -> tuple[np.ndarray, np.ndarray]:
        z = philox.normal_pairs(np, words, dtype).astype(dtype, copy=False)
        return z, (z >= self._low) & (z <= self._high)


class _Uniform:
    """Candidates uniform between the bounds, refused as the density falls."""

    blocks = 2

    def __init__(self, low: Any, high: Any):
        self._low, self._width = low, high - low
        self._top = low.dtype.type(0) if low < 0 else low * low

    def candidates(self, words: np.ndarray, dtype: Any) -> tuple[np.ndarray, np.ndarray]:
        unit = _unit(words, dtype).reshape(len(words) // 2, 2, -1)
        z = unit[:, 0] * self._width + self._low
        return z, unit[:, 1] <= np.exp((self._top - z * z) / z.dtype.type(2))


class _Exponential:
    """Candidates from an exponential distribution that begins at the lower bound."""

    blocks = 1

    def __init__(self, low: Any, high: Any):
        kind = low.dtype.type
        self._low, self._high = low, high
        self._rate = (low + np.sqrt(low * low + kind(4))) / kind(2)

    def candidates(self, words: np.ndarray, dtype: Any) -> tuple[np.ndarray, np.ndarray]:
        unit = _unit(words, dtype).reshape(len(words), -1, 2)
        z = -np.log(unit[..., 0]) / self._rate + self._low
        x = self._rate - z if self._low < self._rate else self._low - self._rate
        accepted = unit[..., 1] <= np.exp(-x * x / z.dtype.type(2))
        return z, accepted & (z < self._high)


def _unit(words: np.ndarray, dtype: Any) -> np.ndarray:
    if np.dtype(dtype) == np.float64:
        words = words.reshape(-1, 2, 2)
    return philox.to_unit(np, words, dtype)


def _way(low: Any, high: Any) -> Any:
    """How to draw between two bounds, given in deviations from the mean."""
    if (low < -WIDE and high >= 0) or (high > WIDE and low <= 0):
        return _Normal(low, high)
    kind = low.dtype.type
    root = np.sqrt(low * low + kind(4))
    cutoff = kind(2) * np.exp(kind(0.5) + low * (low - root) / kind(4)) / (low + root)
    return (_Uniform if high - low < cutoff else _Exponential)(low, high)


def _accepted(blocks: _Blocks, way: Any, count: int, dtype: Any) -> np.ndarray:
    """The first `count` numbers that are not refused; the rest of the last block is left out."""
    found: list[np.ndarray] = []
    missing, refused = count, 0
    while missing > 0:
        steps = -(-missing * way.blocks // 4) + 1
        z, good = way.candidates(blocks.peek(steps * way.blocks), dtype)
        z, good = z.reshape(steps, -1), good.reshape(steps, -1)
        total = np.cumsum(good)
        if total[-1] >= missing:
            steps = int(np.searchsorted(total, missing)) // good.shape[1] + 1
            z, good = z[:steps], good[:steps]
        blocks.skip(steps * way.blocks)
        picked = z[good][:missing]
        refused = 0 if picked.size else refused + z.size
        if refused > _TRIES:
            raise InternalError(
                None, None, "TruncatedNormal rejection sampler failed to accept a sample."
            )
        found.append(picked)
        missing -= len(picked)
    return np.concatenate(found) if found else np.empty(0, dtype)


def _drawn(blocks: _Blocks, count: int, mean: Any, deviation: Any, low: Any, high: Any) -> Any:
    """Numbers for one mean, one deviation and two bounds."""
    if not (deviation > 0 and low < high and (np.isfinite(low) or np.isfinite(high))):
        raise invalid(
            f"Invalid parameters: stddevs must be positive and minvals below maxvals, one of them "
            f"finite; got {deviation}, {low} and {high}"
        )
    if np.isinf(low) or high < mean:
        # Mirrored, so that the lower bound is the one near the mean.
        low, high, deviation = high, low, -deviation
    way = _way((low - mean) / deviation, (high - mean) / deviation)
    return _accepted(blocks, way, count, mean.dtype) * deviation + mean


def _host(
    shape: Any, seed: Any, means: Any, stddevs: Any, minvals: Any, maxvals: Any
) -> np.ndarray:
    dims = static_shape(shape)
    where = seeded(seed)
    try:
        parameters = np.broadcast_arrays(means, stddevs, minvals, maxvals)
    except ValueError:
        shapes = [shape_text(p.shape) for p in (means, stddevs, minvals, maxvals)]
        raise invalid(f"means, stddevs, minvals and maxvals must broadcast: {shapes}") from None
    rank = parameters[0].ndim
    if rank > len(dims) or dims[len(dims) - rank :] != parameters[0].shape:
        raise invalid(
            f"Shape passed in must end with broadcasted shape: got {shape_text(dims)} for "
            f"{shape_text(parameters[0].shape)}"
        )
    samples = math.prod(dims[: len(dims) - rank])
    blocks = _Blocks(*where)
    rows = [_drawn(blocks, samples, *one) for one in zip(*map(np.ravel, parameters), strict=True)]
    if not rows:
        return np.zeros(dims, means.dtype)
    return np.ascontiguousarray(np.stack(rows).T).reshape(dims)


# ---- gradient ----


def _ndtr(x: Any) -> Any:
    """Distribution function of the standard normal distribution, exact in both tails."""
    root = math.sqrt(0.5)
    w = x * root
    z = raw.Abs(w)
    far = raw.Erfc(z)
    select = raw.SelectV2
    outside = select(w > 0, 2 - far, far)
    return 0.5 * select(z < root, 1 + raw.Erf(w), outside)


def _gradient(op: Any, dy: Any) -> list[Any]:
    """Implicit differentiation (Figurnov et al., 2018, https://arxiv.org/abs/1805.08498)."""
    means, stddevs, minvals, maxvals = op.inputs[2:]
    low, high, x = ((v - means) / stddevs for v in (minvals, maxvals, op.outputs[0]))
    share = (_ndtr(x) - _ndtr(low)) / (_ndtr(high) - _ndtr(low))
    limits = np.finfo(means.dtype.as_numpy_dtype)
    share = raw.ClipByValue(share, _like(share, limits.tiny), _like(share, 1 - limits.eps))
    exp, half = raw.Exp, 0.5
    to_high = exp(half * (x * x - high * high) + raw.Log(share))
    to_low = exp(half * (x * x - low * low) + raw.Log1p(-share))
    parts = ((means, dy), (stddevs, dy * x), (minvals, dy * to_low), (maxvals, dy * to_high))
    return [None, None, *(unbroadcast(grad, source, grad) for source, grad in parts)]


def _like(x: Any, value: Any) -> Any:
    return convert_to_tensor(value, dtype=x.dtype)


op(
    "StatelessParameterizedTruncatedNormal",
    shape=from_shape_input(0),
    host=_host,
    effects=PURE,
    gradient=_gradient,
)


@export("random.stateless_parameterized_truncated_normal")
def stateless_parameterized_truncated_normal(
    shape: Any,
    seed: Any,
    means: Any = 0.0,
    stddevs: Any = 1.0,
    minvals: Any = -2.0,
    maxvals: Any = 2.0,
    name: str | None = None,
) -> Any:
    """Normal random numbers between bounds, which depend on the seed alone.

    The means, deviations and bounds broadcast against each other, and `shape` ends with the shape
    they make. The result has gradients with respect to them.

    Args:
        shape: shape of the result.
        seed: int tensor of shape `[2]`.
        means: floating-point tensor, the means before truncation.
        stddevs: floating-point tensor, the standard deviations before truncation.
        minvals: floating-point tensor, the lower bounds.
        maxvals: floating-point tensor, the upper bounds.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of that shape and of the dtype of `means`.

    Raises:
        InvalidArgumentError: for deviations that are not positive, bounds that leave nothing
            between them or are both infinite, and a shape that does not end with theirs.

    >>> import tidefall as tf
    >>> draw = tf.random.stateless_parameterized_truncated_normal
    >>> x = draw([1000], [1, 2], means=1.0, minvals=0.0, maxvals=1.5)
    >>> bool(tf.reduce_all((x >= 0) & (x <= 1.5)))
    True
    """
    with name_scope(name or "stateless_parameterized_truncated_normal"):
        parameters = (means, stddevs, minvals, maxvals)
        return raw.StatelessParameterizedTruncatedNormal(
            shape_tensor(shape), seed, *map(convert_to_tensor, parameters)
        )
