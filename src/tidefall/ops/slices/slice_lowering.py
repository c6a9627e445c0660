"""Strided slices in compiled code, where bounds may be known only while running."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from tidefall.ops.common import invalid, jnp, lax
from tidefall.ops.slices.slice_spec import Entry, Masks, entries, numpy_index


def sliced_xla(
    x: Any, begin: Any, end: Any, strides: np.ndarray, masks: Masks, update: Any = None
) -> Any:
    """A strided slice of a jax array, or the array with that slice replaced by `update`.

    Args:
        x: the array.
        begin: lower bounds; a NumPy array when known, else a traced vector.
        end: upper bounds.
        strides: steps, always known.
        masks: the slice's bit masks.
        update: what to put there; None takes the slice out.

    Raises:
        InvalidArgumentError: if a slice (not a single index) has bounds not known while compiling.
    """
    if isinstance(begin, np.ndarray) and isinstance(end, np.ndarray):
        index = numpy_index(begin, end, strides, masks)
        return x[index] if update is None else jnp.asarray(x).at[index].set(update)
    return _dynamic(x, begin, end, strides, masks, update)


def _components(vector: Any) -> list[Any]:
    """The elements of a bounds vector: Python ints where known, traced scalars elsewhere."""
    if isinstance(vector, np.ndarray):
        return [int(v) for v in vector]
    parts = parts_of(vector)
    if parts is None:
        parts = [vector[i] for i in range(vector.shape[0])]
    return [int(p) if isinstance(p, (np.ndarray, np.generic)) else p for p in parts]


_parts: dict[int, tuple[weakref.ref[Any], list[Any]]] = {}


def remember_parts(vector: Any, parts: list[Any]) -> Any:
    """Note what a traced integer vector was packed from, so that slices see the constants in it.

    `x[i, 2:5]` has the bounds `[i, 2]` and `[i + 1, 5]`: traced vectors, though only one element of
    each is not known while compiling.
    """
    key = id(vector)
    _parts[key] = (weakref.ref(vector, lambda _: _parts.pop(key, None)), parts)
    return vector


def parts_of(vector: Any) -> list[Any] | None:
    """The elements given to `remember_parts` for this very vector."""
    found = _parts.get(id(vector))
    return found[1] if found is not None and found[0]() is vector else None


def _dynamic(x: Any, begin: Any, end: Any, strides: np.ndarray, masks: Masks, update: Any) -> Any:
    """Cut out (or put back) a window that holds the slice, then slice it with what is known."""
    lows, highs = _components(begin), _components(end)
    steps = [int(s) for s in strides]
    known = [[v if isinstance(v, int) else None for v in values] for values in (lows, highs)]
    spec = entries(known[0], known[1], steps, masks, x.ndim)
    kept = _update_sizes(spec, update)
    starts: list[Any] = []
    sizes: list[int] = []
    tail: list[Any] = []
    for entry, owner, length in zip(spec, _owners(len(steps), masks, x.ndim), kept, strict=True):
        if entry is None:
            tail.append(None)
            continue
        start, size, index = _window(entry, x.shape[len(starts)], owner, lows, length)
        starts.append(jnp.asarray(start, jnp.int32))
        sizes.append(size)
        tail.append(index)
    window = lax.dynamic_slice(x, starts, sizes)
    if update is None:
        return window[tuple(tail)]
    return lax.dynamic_update_slice(x, window.at[tuple(tail)].set(update), starts)


def _update_sizes(spec: list[Entry | None], update: Any) -> list[int | None]:
    """What `update` tells of the slice's size along each entry, where it has all its dimensions."""
    shape = () if update is None else tuple(update.shape)
    if len(shape) != sum(1 for entry in spec if entry is None or not entry.shrink):
        return [None] * len(spec)
    left = iter(shape)
    return [None if entry is not None and entry.shrink else next(left) for entry in spec]


def _window(
    entry: Entry, size: int, owner: int | None, lows: list[Any], length: int | None
) -> tuple[Any, int, Any]:
    """Where the window starts along one dimension, its size, and the index to use inside it."""
    if entry.shrink:
        assert owner is not None
        return _wrapped(lows[owner], size), 1, 0
    if not entry.unknown:
        return 0, size, slice(entry.begin, entry.end, entry.stride)
    if length is None or entry.stride != 1 or owner is None:
        raise invalid(
            "a slice whose bounds are not known while compiling has no static size; use tf.slice "
            "with a constant size, or jit_compile=False"
        )
    return _wrapped(lows[owner], size), length, slice(None)


def _wrapped(index: Any, size: int) -> Any:
    if isinstance(index, int):
        if not -size <= index < size:
            raise invalid(f"slice index {index} out of bounds for a dimension of size {size}")
        return index % size
    return jnp.where(index < 0, index + size, index)


def _owners(count: int, masks: Masks, rank: int) -> list[int | None]:
    """For each entry of the dense slice, the index of the sparse entry it came from."""
    taken = sum(1 for i in range(count) if not (masks.ellipsis | masks.new_axis) & (1 << i))
    owners: list[int | None] = []
    ellipsis = False
    for i in range(count):
        if masks.ellipsis & (1 << i):
            ellipsis = True
            owners += [None] * (rank - taken)
        else:
            owners.append(i)
    if not ellipsis:
        owners += [None] * (rank - taken)
    return owners
