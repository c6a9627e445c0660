"""Strided slices in compiled code, where bounds may be known only while running."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.ops.common import invalid, jnp, lax
from tidefall.ops.slice_spec import Entry, Masks, entries, numpy_index


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
        return x[index] if update is None else x.at[index].set(update)
    return _dynamic(x, begin, end, strides, masks, update)


def _components(vector: Any) -> list[Any]:
    """The elements of a bounds vector: Python ints where known, traced scalars elsewhere."""
    if isinstance(vector, np.ndarray):
        return [int(v) for v in vector]
    parts = parts_of(vector)
    if parts is None:
        parts = [vector[i] for i in range(vector.shape[0])]
    return [int(p) if isinstance(p, (np.ndarray, np.generic)) else p for p in parts]


_parts: dict[int, tuple[Any, list[Any]]] = {}
_MAX_PARTS = 1024


def remember_parts(vector: Any, parts: list[Any]) -> Any:
    """Note which elements a traced integer vector was packed from, so that slices see constants."""
    if len(_parts) >= _MAX_PARTS:
        _parts.pop(next(iter(_parts)))
    _parts[id(vector)] = (vector, parts)
    return vector


def parts_of(vector: Any) -> list[Any] | None:
    """The elements given to `remember_parts` for this very vector."""
    found = _parts.get(id(vector))
    return found[1] if found is not None and found[0] is vector else None


def _dynamic(x: Any, begin: Any, end: Any, strides: np.ndarray, masks: Masks, update: Any) -> Any:
    lows, highs = _components(begin), _components(end)
    steps = [int(s) for s in strides]
    known = [[v if isinstance(v, int) else None for v in values] for values in (lows, highs)]
    spec = entries(known[0], known[1], steps, masks, x.ndim)
    owners = _owners(len(steps), masks, x.ndim)
    starts: list[Any] = []
    sizes: list[int] = []
    tail: list[Any] = []
    axis = 0
    for entry, owner in zip(spec, owners, strict=True):
        if entry is None:
            tail.append(None)
            continue
        size = x.shape[axis]
        low = None if owner is None else lows[owner]
        if entry.shrink:
            starts.append(_wrapped(low, size))
            sizes.append(1)
            tail.append(0)
        elif entry.unknown:
            start, length = _window(low, None if owner is None else highs[owner], entry, size)
            starts.append(start)
            sizes.append(length)
            tail.append(slice(None))
        else:
            starts.append(0)
            sizes.append(size)
            tail.append(slice(entry.begin, entry.end, entry.stride))
        axis += 1
    starts = [jnp.asarray(s, jnp.int32) for s in starts]
    window = lax.dynamic_slice(x, starts, sizes)
    if update is None:
        return window[tuple(tail)]
    return lax.dynamic_update_slice(x, window.at[tuple(tail)].set(update), starts)


def _window(low: Any, high: Any, entry: Entry, size: int) -> tuple[Any, int]:
    """Start and length of a slice whose bounds move but whose length is fixed: `x[i:i + 3]`."""
    length = _fixed_length(low, high)
    if length is None or entry.stride != 1:
        raise invalid(
            "a slice whose bounds are not known while compiling has no static size; use tf.slice "
            "with a constant size, or jit_compile=False"
        )
    return _wrapped(low, size), min(length, size)


def _fixed_length(low: Any, high: Any) -> int | None:
    """`high - low` when the one was computed from the other by adding a constant."""
    return None


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
