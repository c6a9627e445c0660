"""Max and average pooling for XLA.

XLA's own gradient of max pooling, select-and-scatter, runs on one core and is slow: 50 to 90 ms
for 64 images of 32x32x64 where the forms below take 2 to 5. They first find which position of
each window holds its maximum, as an int8 per window, and then build the input's gradient with
elementwise code that XLA fuses: each input element adds up the windows that chose it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.ops.common import jax, jnp, lax
from tidefall.ops.nn.pooling.kernels import counts, lowest
from tidefall.ops.nn.windows import Geometry

MAX_TERMS = 64
"""Windows of more elements use XLA's windowed reductions: each element adds to the program."""


def _pad(x: Any, g: Geometry, value: Any) -> Any:
    if not g.padded:
        return jnp.asarray(x)
    config = [(b, a, 0) for b, a in g.pairs]
    return lax.pad(jnp.asarray(x), np.asarray(value, x.dtype), config)


def _small(g: Geometry) -> bool:
    return math.prod(g.windows) <= MAX_TERMS


def _over_everything(g: Geometry) -> bool:
    """True when every window spans its whole dimension, as in global pooling."""
    return not g.padded and all(
        w == n or (w == 1 and s == 1) for w, n, s in zip(g.windows, g.sizes, g.strides, strict=True)
    )


def _whole_axes(g: Geometry) -> tuple[int, ...]:
    return tuple(i for i, w in enumerate(g.windows) if w != 1)


def max_pool(x: Any, g: Geometry) -> Any:
    """Maximum of each window."""
    if _over_everything(g):
        return jnp.max(x, _whole_axes(g), keepdims=True)
    if not _small(g):
        return _windowed_max(x, g)
    padded = _pad(x, g, lowest(x.dtype))
    parts = [padded[seen] for seen in g.slices()]
    return _tree(jnp.maximum, parts)


def _windowed_max(x: Any, g: Geometry) -> Any:
    start = np.asarray(lowest(x.dtype), x.dtype)
    return lax.reduce_window(x, start, lax.max, g.windows, g.strides, g.pairs)


def _global_gradient(x: Any, y: Any, dy: Any, g: Geometry) -> Any:
    """`max_pool_gradient` where there is one window for everything."""
    axes = _whole_axes(g)
    sizes = [n if i in axes else 1 for i, n in enumerate(g.sizes)]
    count = math.prod(sizes)
    position = np.arange(count, dtype=np.int32).reshape(sizes)
    first = jnp.min(jnp.where(x == y, position, np.int32(count)), axes, keepdims=True)
    return jnp.where(position == first, dy, jnp.zeros((), dy.dtype))


def _tree(combine: Callable[[Any, Any], Any], parts: list[Any]) -> Any:
    result = parts[0]
    for part in parts[1:]:
        result = combine(result, part)
    return result


def first_maximum(x: Any, y: Any, g: Geometry) -> Any:
    """Which position of its window, counted in order, is each window's first maximum."""
    count = math.prod(g.windows)
    kind = np.int8 if count < 128 else np.int32
    padded = _pad(x, g, lowest(x.dtype))
    first = jnp.full(y.shape, count, kind)
    for position, seen in reversed(list(enumerate(g.slices()))):
        first = jnp.where(padded[seen] == y, kind(position), first)
    # Materialised once; otherwise XLA fuses the search into each of its uses.
    return lax.optimization_barrier(first)


def max_pool_gradient(x: Any, y: Any, dy: Any, g: Geometry) -> Any:
    """Hand each window's gradient to its first maximum."""
    if 0 in y.shape:
        return jnp.zeros(g.sizes, dy.dtype)
    if _over_everything(g):
        return _global_gradient(x, y, dy, g)
    if not _small(g):
        # The transpose of XLA's forward pass is select-and-scatter, which also takes the first.
        transpose = jax.vjp(lambda v: _windowed_max(v, g), x)[1]
        return transpose(dy.astype(x.dtype))[0].astype(dy.dtype)
    first = first_maximum(x, y, g)
    zero = jnp.zeros((), dy.dtype)
    return gather_windows(
        g, (first, dy), lambda position, parts: jnp.where(parts[0] == position, parts[1], zero)
    )


def max_pool_gradient_gradient(x: Any, y: Any, ddx: Any, g: Geometry) -> Any:
    """Pick from `ddx` what stands where each window has its first maximum."""
    first = first_maximum(x, y, g)
    padded = _pad(ddx, g, 0)
    out = jnp.zeros(y.shape, ddx.dtype)
    for position, seen in enumerate(g.slices()):
        out = jnp.where(first == position, padded[seen], out)
    return out


def max_pool_argmax(x: Any, g: Geometry, with_batch: bool) -> tuple[Any, Any]:
    """Maximum of each window and its flat index in the image (or in the batch)."""
    y = max_pool(x, g)
    index = lax.iota(np.int64, math.prod(x.shape)).reshape(x.shape)
    if not with_batch and x.shape[0]:
        index = index % (math.prod(x.shape[1:]) or 1)
    return y, max_pool_gradient_gradient(x, y, index, g)


def argmax_gradient(dy: Any, argmax: Any, g: Geometry, with_batch: bool) -> Any:
    """Hand each window's gradient to the element that `argmax` names."""
    if 0 in dy.shape:
        return jnp.zeros(g.sizes, dy.dtype)
    index = np.arange(math.prod(g.sizes), dtype=np.int64).reshape(g.sizes)
    if not with_batch:
        index = index % math.prod(g.sizes[1:])
    padded = _pad(index.astype(argmax.dtype), g, -1)
    count = math.prod(g.windows)
    kind = np.int8 if count < 128 else np.int32
    chosen = jnp.full(dy.shape, count, kind)
    for position, seen in enumerate(g.slices()):
        chosen = jnp.where(padded[seen] == argmax, kind(position), chosen)
    zero = jnp.zeros((), dy.dtype)
    chosen = lax.optimization_barrier(chosen)
    return gather_windows(
        g, (chosen, dy), lambda position, parts: jnp.where(parts[0] == position, parts[1], zero)
    )


def _wide(x: Any) -> Any:
    """float16 and bfloat16 as float32, in which sums are taken."""
    return x.astype(np.float32) if x.dtype.itemsize == 2 else x


def avg_pool(x: Any, g: Geometry) -> Any:
    """Mean of each window, padding left out."""
    values = _wide(x)
    if _over_everything(g):
        total = jnp.sum(values, _whole_axes(g), keepdims=True)
    elif _small(g):
        padded = _pad(values, g, 0)
        total = _tree(jnp.add, [padded[seen] for seen in g.slices()])
    else:
        start = np.asarray(0, values.dtype)
        total = lax.reduce_window(values, start, lax.add, g.windows, g.strides, g.pairs)
    return (total / counts(g).astype(values.dtype)).astype(x.dtype)


def avg_pool_gradient(dy: Any, g: Geometry) -> Any:
    """Share each window's gradient evenly among its elements."""
    if 0 in dy.shape:
        return jnp.zeros(g.sizes, dy.dtype)
    wide = _wide(dy)
    share = wide / counts(g).astype(wide.dtype)
    if _over_everything(g):
        return jnp.broadcast_to(share, g.sizes).astype(dy.dtype)
    if _small(g):
        return gather_windows(g, (share,), lambda position, parts: parts[0]).astype(dy.dtype)
    return _windowed_sum(share, g).astype(dy.dtype)


def _windowed_sum(share: Any, g: Geometry) -> Any:
    """The sum over the windows that hold each element, as a reduction over the spread gradient."""
    config = []
    for size, w, s, before, out in zip(
        g.sizes, g.windows, g.strides, g.before, g.outs, strict=True
    ):
        spread = (out - 1) * s + 1
        config.append((w - 1 - before, size + before - spread, s - 1))
    spread_out = lax.pad(share, np.asarray(0, share.dtype), config)
    ones = (1,) * len(g.sizes)
    return lax.reduce_window(
        spread_out, np.asarray(0, share.dtype), lax.add, g.windows, ones, "VALID"
    )


def gather_windows(g: Geometry, sources: tuple[Any, ...], term: Callable[..., Any]) -> Any:
    """Sum `term(position, sources)` into the input element at each position of each window.

    The sources have the output's shape. An input element `s * a + p` lies at positions
    `p, p + s, ...` of the windows `a, a - 1, ...`: for each remainder `p` the sum is over shifted
    slices of the sources, and the remainders are then interleaved.
    """
    if g.tiled:
        return _fit(_tiled(g, sources, term), g)
    rank = len(g.sizes)
    shifts = [(w - 1) // s for w, s in zip(g.windows, g.strides, strict=True)]
    totals = [b + n + a for b, n, a in zip(g.before, g.sizes, g.after, strict=True)]
    lengths = [-(-t // s) for t, s in zip(totals, g.strides, strict=True)]
    config = [(k, n - o, 0) for k, n, o in zip(shifts, lengths, g.outs, strict=True)]
    shifted = [lax.pad(s, _none(s, g), config) for s in sources]
    strides = [math.prod(g.windows[i + 1 :]) for i in range(rank)]

    def at(remainders: tuple[int, ...]) -> Any:
        total = None
        options = [range(p, g.windows[i], g.strides[i]) for i, p in enumerate(remainders)]
        for offsets in itertools.product(*options):
            window = tuple(
                slice(start := shifts[i] - (o - remainders[i]) // g.strides[i], start + lengths[i])
                for i, o in enumerate(offsets)
            )
            position = sum(o * stride for o, stride in zip(offsets, strides, strict=True))
            value = term(position, [s[window] for s in shifted])
            total = value if total is None else total + value
        return jnp.zeros(lengths, sources[-1].dtype) if total is None else total

    def interleave(axis: int, remainders: tuple[int, ...]) -> Any:
        if axis == rank:
            return at(remainders)
        parts = [interleave(axis + 1, (*remainders, p)) for p in range(g.strides[axis])]
        # Dimensions after this one are already split in two when they have a stride.
        return parts[0] if len(parts) == 1 else jnp.stack(parts, axis + 1)

    result = interleave(0, ())
    result = result.reshape([n * s for n, s in zip(lengths, g.strides, strict=True)])
    return _fit(result, g)


def _none(source: Any, g: Geometry) -> Any:
    """A padding value no position matches: beyond all positions for indices, else zero."""
    value = math.prod(g.windows) if source.dtype in (np.int8, np.int32) else 0
    return np.asarray(value, source.dtype)


def _tiled(g: Geometry, sources: tuple[Any, ...], term: Callable[..., Any]) -> Any:
    """`_scatter` for windows side by side: each element has one window, so it is a broadcast."""
    apart: list[int] = []
    full: list[int] = []
    for out, window in zip(g.outs, g.windows, strict=True):
        apart += [out] if window == 1 else [out, 1]
        full += [out] if window == 1 else [out, window]
    position: Any = None
    axis = 0
    for i, window in enumerate(g.windows):
        axis += 1
        if window == 1:
            continue
        step = math.prod(g.windows[i + 1 :])
        kind = np.int8 if math.prod(g.windows) < 128 else np.int32
        shape = [1] * len(full)
        shape[axis] = window
        place = (np.arange(window) * step).astype(kind).reshape(shape)
        position = place if position is None else position + place
        axis += 1
    parts = [s.reshape(apart) for s in sources]
    value = jnp.broadcast_to(term(0 if position is None else position, parts), full)
    return value.reshape([o * w for o, w in zip(g.outs, g.windows, strict=True)])


def _fit(padded: Any, g: Geometry) -> Any:
    """Cut the padding off, and add zeros for what no window reaches."""
    config = [
        (-b, n + b - padded.shape[i], 0)
        for i, (b, n) in enumerate(zip(g.before, g.sizes, strict=True))
    ]
    if not any(low or high for low, high, _ in config):
        return padded
    return lax.pad(padded, np.asarray(0, padded.dtype), config)
