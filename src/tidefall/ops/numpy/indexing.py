"""`x[key]` with arrays among the keys, as NumPy's basic and advanced indexing together."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.composite.variables.variable import Variable
from tidefall.ops.array.selecting import where
from tidefall.ops.array.stacking import stack
from tidefall.ops.array.transposing import broadcast_to, transpose
from tidefall.ops.math.cast import cast
from tidefall.ops.numpy.promotion import to_tensor
from tidefall.ops.numpy.static_shape import broadcast_sizes, known_rank, sizes_of
from tidefall.ops.slices.gathering import boolean_mask, gather
from tidefall.ops.slices.gathering_nd import gather_nd
from tidefall.ops.slices.getitem import getitem as plain_getitem
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor


def getitem(tensor: Any, key: Any) -> Any:
    """What `tensor[key]` gives where NumPy's behaviour is enabled.

    Args:
        tensor: a tensor of any shape and dtype.
        key: an int, slice, Ellipsis, `tf.newaxis`, array of ints or booleans, or a tuple of these.

    Returns:
        A tensor; never a view.

    Raises:
        IndexError: for a key that is none of these, or too many of them.
        ValueError: for a scalar mask.
        InvalidArgumentError: for an index out of bounds.
    """
    keys = key if type(key) is tuple else (key,)
    if all(_is_basic(item) for item in keys):
        return plain_getitem(tensor, key)
    tensor = convert_to_tensor(tensor)
    return _advanced(tensor, keys)


def _is_basic(key: Any) -> bool:
    if key is None or key is Ellipsis or isinstance(key, slice):
        return True
    if isinstance(key, (bool, np.bool_)):
        return False
    if isinstance(key, (int, np.integer)):
        return True
    if isinstance(key, Tensor):
        return key.dtype.is_integer and key.shape.rank == 0
    return isinstance(key, np.ndarray) and key.ndim == 0 and key.dtype.kind in "iu"


def _as_index(key: Any) -> Any:
    """An array among the keys as a tensor of ints or booleans."""
    found = to_tensor(key) if not isinstance(key, Variable) else convert_to_tensor(key)
    if not (found.dtype.is_integer or found.dtype is dtypes.bool):
        raise IndexError(
            "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or "
            f"boolean arrays are valid indices, got {key!r}"
        )
    if found.dtype is dtypes.bool and found.shape.rank == 0:
        raise ValueError("mask cannot be scalar.")
    return found


def _taken(key: Any) -> int:
    """How many axes of the tensor a key is about."""
    if key is None:
        return 0
    if isinstance(key, Tensor) and key.dtype is dtypes.bool:
        return known_rank(key)
    return 1


def _expanded(keys: list[Any], rank: int) -> list[Any]:
    """The keys with slices in place of an ellipsis and of what is missing at the end."""
    ellipses = [i for i, key in enumerate(keys) if key is Ellipsis]
    if len(ellipses) > 1:
        raise IndexError("an index can only have a single ellipsis ('...')")
    taken = sum(_taken(key) for key in keys if key is not Ellipsis)
    if taken > rank:
        raise IndexError(
            f"too many indices for a tensor: it has {rank} dimensions, but {taken} were indexed"
        )
    fill = [slice(None)] * (rank - taken)
    at = ellipses[0] if ellipses else len(keys)
    return [*keys[:at], *fill, *keys[at + 1 :]]


def _advanced(tensor: Any, keys: tuple[Any, ...]) -> Any:
    prepared = [key if _is_basic(key) else _as_index(key) for key in keys]
    if len(prepared) == 1 and prepared[0].dtype is dtypes.bool:
        return boolean_mask(tensor, prepared[0])
    items = _expanded(prepared, known_rank(tensor))
    # First all slices and new axes; ints are arrays too, once there is an array.
    basic: list[Any] = []
    arrays: list[tuple[int, Any]] = []
    for item in items:
        if isinstance(item, Tensor) and item.dtype is dtypes.bool:
            places = where(item)
            for i in range(known_rank(item)):
                arrays.append((len(basic), places[:, i]))
                basic.append(slice(None))
        elif item is None or isinstance(item, slice):
            basic.append(item)
        else:
            arrays.append((len(basic), to_tensor(item)))
            basic.append(slice(None))
    tensor = plain_getitem(tensor, tuple(basic))
    return _pick(tensor, arrays)


def _pick(tensor: Any, arrays: list[tuple[int, Any]]) -> Any:
    """Elements at the places given by arrays, each for one axis."""
    axes = [axis for axis, _ in arrays]
    sizes = sizes_of(tensor)
    indices = [_from_front(index, sizes[axis]) for axis, index in arrays]
    together = axes == list(range(axes[0], axes[0] + len(axes)))
    if len(axes) == 1:
        return gather(tensor, indices[0], axis=axes[0])
    shape = broadcast_sizes(indices)
    wide = [broadcast_to(index, shape) for index in indices]
    rest = [axis for axis in range(len(sizes)) if axis not in axes]
    found = gather_nd(transpose(tensor, [*axes, *rest]), stack(wide, -1))
    before = axes[0] if together else 0
    picked = known_rank(wide[0])
    if not before:
        return found
    order = [*range(picked, picked + before), *range(picked)]
    return transpose(found, [*order, *range(picked + before, picked + len(rest))])


def _from_front(index: Any, size: Any) -> Any:
    """Negative places counted from the end."""
    if not index.dtype.is_unsigned:
        index = where(index < 0, index + cast(size, index.dtype), index)
    return cast(index, dtypes.int64)
