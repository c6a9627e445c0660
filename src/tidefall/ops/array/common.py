"""Pieces the array ops share: static dimensions, axes, and arrays of Python objects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tidefall.base.errors import OpError
from tidefall.base.shapes import TensorShape
from tidefall.base.state import state
from tidefall.op import raw
from tidefall.op.inference import Inference
from tidefall.ops.common import known_value
from tidefall.tensor.tensor import EagerTensor, ndarray

Dims = list[int | None]


def objects(value: Any) -> np.ndarray:
    """The array behind a kernel input; a lone resource or variant becomes an array of shape ()."""
    if isinstance(value, ndarray):
        return value
    array = np.empty((), dtype=object)
    array[()] = value
    return array


def unwrap(array: np.ndarray) -> Any:
    """The reverse of `objects`: a resource or variant alone in an array of shape ()."""
    if array.ndim or not array.dtype.hasobject or isinstance(array[()], bytes):
        return array
    return array[()]


def zero_of(dtype: np.dtype[Any]) -> Any:
    """The element TensorFlow fills zeros with: b"" for strings."""
    return b"" if dtype.kind == "O" else np.zeros((), dtype)


def zeros_array(shape: Sequence[int], dtype: Any) -> np.ndarray:
    """An array of zeros, or of empty strings."""
    dtype = np.dtype(dtype)
    return np.full(shape, b"", dtype=object) if dtype.kind == "O" else np.zeros(shape, dtype)


def product(dims: Sequence[int | None]) -> int | None:
    """Number of elements of a shape, None when a dimension is unknown (zero wins)."""
    result: int | None = 1
    for d in dims:
        if d is None:
            result = None
        elif result is not None:
            result *= d
    return result


def check_axis(axis: int, rank: int, what: str = "axis") -> int:
    """The axis counted from the front.

    Raises:
        ValueError: if it lies outside `[-rank, rank)`.
    """
    if not -rank <= axis < rank:
        raise ValueError(f"{what} {axis} must be in the range [{-rank}, {rank})")
    return axis + rank if axis < 0 else axis


def constant_int(c: Inference, index: int) -> int | None:
    """Value of a scalar integer input if it is known."""
    value = c.constant(index)
    return None if value is None else int(np.asarray(value).reshape(()))


def require_rank(shape: TensorShape, rank: int, what: str = "Shape") -> None:
    """Raise what TensorFlow raises for an input of another rank."""
    if shape.rank is not None and shape.rank != rank:
        raise ValueError(f"{what} must be rank {rank} but is rank {shape.rank}")


def full_shape(c: Inference, index: int) -> TensorShape:
    """The shape an input spells out; unlike in a reshape, -1 is an error."""
    require_rank(c.shape(index), 1)
    value = c.constant(index)
    if value is not None and value.size and int(value.min()) < 0:
        raise ValueError(f"Dimension {int(value.min())} must be >= 0")
    return c.constant_shape(index)


def merge_dims(a: int | None, b: int | None) -> int | None:
    """One dimension from two views of it.

    Raises:
        ValueError: if both are known and differ.
    """
    if a is None or a == b:
        return b
    if b is None:
        return a
    raise ValueError(f"Dimensions must be equal, but are {a} and {b}")


def merge_shapes(a: TensorShape, b: TensorShape) -> TensorShape:
    """Two views of one shape, merged; raises ValueError where they differ."""
    if a.rank is None:
        return b
    if b.rank is None:
        return a
    if a.rank != b.rank:
        raise ValueError(f"Shapes must be equal rank, but are {a.rank} and {b.rank}")
    return TensorShape([merge_dims(x, y) for x, y in zip(a.as_list(), b.as_list(), strict=True)])


def place_text(index: Sequence[int]) -> str:
    """A place in a tensor as TensorFlow's messages print it: `[0,3]`."""
    return "[" + ",".join(str(i) for i in index) + "]"


def unrecorded(*tensors: Any) -> bool:
    """True when a call on these tensors need not be noted: no graph, no tape that watches them."""
    if not state.needs_dispatch:
        return True
    if state.off_host or state.hooks:
        return False
    return not any(tape.watches(tensors) for tape in state.tapes)


def shortcut(kernel: Callable[..., Any], *args: Any, **kwargs: Any) -> EagerTensor | None:
    """What a kernel gives as a tensor, or None if it fails: the op then says what is wrong."""
    try:
        result = kernel(*args, **kwargs)
    except (ValueError, TypeError, IndexError, OpError):
        return None
    return EagerTensor(result if type(result) is ndarray else np.asarray(result))


def plain_array(tensor: Any) -> Any:
    """The NumPy array of an ordinary eager tensor, else None."""
    if type(tensor) is EagerTensor:
        value = tensor.storage
        if type(value) is ndarray:
            return value
    return None


def known_int(tensor: Any) -> int | None:
    """The value of a scalar integer tensor if it is known now."""
    value = known_value(tensor)
    return None if value is None else int(value)


def shape_piece(shape: Any, begin: int, end: int) -> Any:
    """Dimensions `begin` to `end - 1` of a shape, an array or a tensor."""
    if isinstance(shape, ndarray):
        return shape[begin:end]
    return raw.StridedSlice(shape, [begin], [end], [1])


def join_shapes(parts: Sequence[Any]) -> Any:
    """Parts of a shape put together: an array if all of them are."""
    if all(isinstance(p, ndarray) for p in parts):
        return np.concatenate(parts)
    return raw.ConcatV2(list(parts), 0)


def plain_arrays(values: Sequence[Any]) -> list[np.ndarray] | None:
    """The arrays of eager tensors of one dtype, or None if there is anything else."""
    arrays = []
    dtype = None
    for v in values:
        if type(v) is not EagerTensor:
            return None
        array = v.storage
        if type(array) is not ndarray:
            return None
        if dtype is None:
            dtype = array.dtype
        elif array.dtype is not dtype:
            return None
        arrays.append(array)
    return arrays
