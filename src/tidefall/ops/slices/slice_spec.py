"""What a strided slice means: its six attributes and vectors as a NumPy index, and its shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tidefall.base.shapes import TensorShape
from tidefall.ops.common import invalid, shape_text

Index = tuple[Any, ...]


class Masks(NamedTuple):
    """The bit masks of a strided slice; bit i is about entry i of the slice."""

    begin: int
    end: int
    ellipsis: int
    new_axis: int
    shrink: int


class Entry(NamedTuple):
    """One dimension of the input: the bounds of its slice, None where the end is open.

    `unknown` marks bounds whose values are not known while inferring shapes.
    """

    begin: int | None
    end: int | None
    stride: int
    shrink: bool
    unknown: bool = False


def masks_of(attrs: dict[str, Any]) -> Masks:
    """The masks among a node's attributes."""
    return Masks(
        attrs["begin_mask"],
        attrs["end_mask"],
        attrs["ellipsis_mask"],
        attrs["new_axis_mask"],
        attrs["shrink_axis_mask"],
    )


def _check_vectors(begin: np.ndarray, end: np.ndarray, strides: np.ndarray) -> None:
    if not begin.shape == end.shape == strides.shape or begin.ndim != 1:
        raise invalid(
            "Expected begin, end, and strides to be 1D equal size tensors, but got shapes "
            f"{shape_text(begin.shape)}, {shape_text(end.shape)}, and "
            f"{shape_text(strides.shape)} instead."
        )
    if len(begin) >= 32:
        raise invalid(
            f"Too many dimensions in slice: {len(begin)} entries, at most 31 are allowed."
        )


def numpy_index(begin: np.ndarray, end: np.ndarray, strides: np.ndarray, masks: Masks) -> Index:
    """The NumPy index that takes the same slice; it always gives a view.

    Raises:
        InvalidArgumentError: for vectors of different sizes or a zero stride.
    """
    _check_vectors(begin, end, strides)
    index: list[Any] = []
    starts, ends, steps = begin.tolist(), end.tolist(), strides.tolist()
    for i, (b, e, s) in enumerate(zip(starts, ends, steps, strict=True)):
        bit = 1 << i
        if masks.ellipsis & bit:
            index.append(Ellipsis)
        elif masks.new_axis & bit:
            index.append(None)
        elif masks.shrink & bit:
            if s <= 0:
                raise invalid("only stride 1 allowed on non-range indexing.")
            index.append(b)
        else:
            if s == 0:
                raise invalid(f"strides[{i}] must be non-zero")
            index.append(slice(None if masks.begin & bit else b, None if masks.end & bit else e, s))
    if not masks.ellipsis & ((1 << len(starts)) - 1):
        index.append(Ellipsis)
    return tuple(index)


def updated(
    value: np.ndarray, begin: Any, end: Any, strides: Any, part: np.ndarray, masks: Masks
) -> np.ndarray:
    """A copy of `value` whose slice is `part`."""
    result = value.copy()
    place = numpy_index(begin, end, strides, masks)
    try:
        result[place] = part
    except ValueError:
        wanted = shape_text(result[place].shape)
        raise invalid(
            f"Cannot broadcast input shape {shape_text(part.shape)} into final shape {wanted}"
        ) from None
    return result


def entries(
    begin: Sequence[int | None],
    end: Sequence[int | None],
    strides: Sequence[int | None],
    masks: Masks,
    rank: int,
) -> list[Entry | None]:
    """The slice per dimension of the input, with None standing for each new axis.

    Args:
        begin: lower bounds, None where not known.
        end: upper bounds.
        strides: steps.
        masks: the bit masks.
        rank: number of dimensions of the input.

    Raises:
        ValueError: for too many entries or several ellipses.
    """
    size = len(strides)
    if bin(masks.ellipsis & ((1 << size) - 1)).count("1") > 1:
        raise ValueError("Multiple ellipses in slice spec not allowed")
    taken = sum(1 for i in range(size) if not (masks.ellipsis | masks.new_axis) & (1 << i))
    full = Entry(None, None, 1, shrink=False)
    found: list[Entry | None] = []
    used = 0
    open_end = True
    for i in range(size):
        bit = 1 << i
        if masks.ellipsis & bit:
            open_end = False
            found += [full] * (rank - taken)
            used += max(rank - taken, 0)
        elif masks.new_axis & bit:
            found.append(None)
        else:
            used += 1
            if used > rank:
                if not rank:
                    raise ValueError("Attempting to slice scalar input.")
                raise ValueError(
                    f"Index out of range using input dim {used - 1}; input has only {rank} dims"
                )
            found.append(_entry(i, begin[i], end[i], strides[i], masks))
    if open_end:
        found += [full] * (rank - used)
    return found


def _entry(i: int, begin: int | None, end: int | None, stride: int | None, masks: Masks) -> Entry:
    bit = 1 << i
    shrink = bool(masks.shrink & bit)
    if stride == 0:
        raise ValueError(f"strides[{i}] must be non-zero")
    if shrink:
        if stride is not None and stride <= 0:
            raise ValueError("only stride 1 allowed on non-range indexing.")
        return Entry(begin, None, 1, shrink=True, unknown=begin is None)
    open_begin, open_end = bool(masks.begin & bit), bool(masks.end & bit)
    unknown = stride is None or (begin is None and not open_begin) or (end is None and not open_end)
    return Entry(
        None if open_begin else begin, None if open_end else end, stride or 1, False, unknown
    )


def sliced_shape(
    source: TensorShape,
    begin: Sequence[int | None],
    end: Sequence[int | None],
    strides: Sequence[int | None],
    masks: Masks,
) -> TensorShape:
    """Shape of a strided slice, as far as it is known.

    Raises:
        ValueError: for a slice that cannot be taken.
    """
    if source.rank is None:
        return _rankless_shape(len(strides), masks)
    dims: list[int | None] = []
    at = 0
    for entry in entries(begin, end, strides, masks, source.rank):
        if entry is None:
            dims.append(1)
            continue
        size = source[at]
        if entry.shrink:
            _check_in_bounds(entry.begin, size, at)
        else:
            dims.append(_sliced_size(entry, size))
        at += 1
    return TensorShape(dims)


def _rankless_shape(size: int, masks: Masks) -> TensorShape:
    # TensorFlow knows nothing about a slice of a tensor whose rank it does not know.
    return TensorShape(None)


def _check_in_bounds(index: int | None, size: int | None, axis: int) -> None:
    if index is None or size is None:
        return
    if not -size <= index < size:
        raise ValueError(f"slice index {index} of dimension {axis} out of bounds.")


def _sliced_size(entry: Entry, size: int | None) -> int | None:
    if entry.unknown:
        return None
    if size is not None:
        return len(range(*slice(entry.begin, entry.end, entry.stride).indices(size)))
    begin, end, stride = entry.begin, entry.end, entry.stride
    if begin is None and end is None and stride == 1:
        return None
    return _size_of_unknown(begin, end, stride)


def _size_of_unknown(begin: int | None, end: int | None, stride: int) -> int | None:
    """What TensorFlow claims for a slice of a dimension of unknown size.

    Bounds of one sign are trusted to lie inside the dimension only as far as they make an empty
    slice; anything else depends on the size.
    """
    if begin is None or end is None:
        return None
    if (begin < 0) == (end < 0) and (
        (stride > 0 and begin >= end) or (stride < 0 and begin <= end)
    ):
        return 0
    return None
