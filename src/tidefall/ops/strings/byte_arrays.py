"""Object arrays of bytes, and strings side by side in one buffer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor


def to_array(items: Iterable[bytes], shape: Sequence[int] | None = None) -> np.ndarray:
    """An object array of bytes."""
    listed = list(items)
    result = np.empty(len(listed), dtype=object)
    result[:] = listed
    return result if shape is None else result.reshape(tuple(shape))


def each(function: Callable[[bytes], bytes], strings: np.ndarray) -> np.ndarray:
    """What a function makes of every string, in the same shape."""
    return to_array(map(function, strings.reshape(-1).tolist()), strings.shape)


def lengths_of(items: Sequence[bytes]) -> np.ndarray:
    """The number of bytes of each string, int64 `[n]`."""
    return np.fromiter(map(len, items), np.int64, len(items))


def to_splits(lengths: Any, dtype: Any = np.int64) -> np.ndarray:
    """Where rows of these lengths begin and end: `[n + 1]`."""
    splits = np.zeros(len(lengths) + 1, dtype)
    np.cumsum(lengths, out=splits[1:])
    return splits


def text_tensor(value: Any, name: str = "input") -> Any:
    """A tensor of strings; a tensor of another dtype is left to the op, which refuses it.

    Raises:
        TypeError: for a Python value that is not text.
    """
    if isinstance(value, Tensor):
        return value
    return convert_to_tensor(value, dtypes.string, name=name)
