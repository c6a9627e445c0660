"""`x[key]`: turns what stands between the brackets into a strided slice or a mask."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.core import dtypes
from tidefall.core.convert import convert_to_tensor
from tidefall.core.dimension import Dimension
from tidefall.core.op import find_op
from tidefall.core.state import state
from tidefall.core.tensor import EagerTensor, Tensor, ndarray
from tidefall.ops.slicing import strided_slice_op

_INDEX_DTYPES = (dtypes.int16, dtypes.int32, dtypes.int64)


def getitem(tensor: Any, key: Any) -> Any:
    """What `tensor[key]` gives.

    Args:
        tensor: a tensor of any shape and dtype.
        key: an int, slice, Ellipsis, `tf.newaxis`, scalar integer tensor, boolean mask, or a tuple
            or list of the first five.

    Returns:
        A tensor.

    Raises:
        TypeError: for a key that is none of these.
        InvalidArgumentError: for an index out of bounds; ValueError in a graph.
    """
    if type(tensor) is EagerTensor and not state.busy:
        value = tensor._value
        if type(value) is ndarray:
            index = _plain_index(key)
            if index is not None:
                try:
                    return EagerTensor(value[index])
                except (IndexError, ValueError):
                    pass  # the op below says what is wrong in TensorFlow's words
    if _is_mask(key):
        from tidefall.ops.gathering import boolean_mask

        return boolean_mask(tensor, key)
    return _strided(tensor, key)


def _plain_index(key: Any) -> Any:
    """The key as a NumPy index if it is made of ints, plain slices, ... and None, else None."""
    kind = type(key)
    if kind is int:
        return (key, ...)
    if kind is slice:
        return (key,) if _is_plain_slice(key) else None
    if kind is tuple:
        ellipses = 0
        for item in key:
            kind = type(item)
            if kind is int or item is None:
                continue
            if kind is slice and _is_plain_slice(item):
                continue
            if item is Ellipsis:
                ellipses += 1
                continue
            return None
        if ellipses:
            return key if ellipses == 1 else None
        return (*key, ...)
    if key is None or key is Ellipsis:
        return (key,)
    return None


def _is_plain_slice(key: slice) -> bool:
    start, stop, step = key.start, key.stop, key.step
    return (
        (start is None or type(start) is int)
        and (stop is None or type(stop) is int)
        and (step is None or type(step) is int)
    )


def _is_mask(key: Any) -> bool:
    if isinstance(key, bool):
        return True
    if isinstance(key, (Tensor, ndarray)):
        return key.dtype == (bool if isinstance(key, ndarray) else dtypes.bool)
    return getattr(key, "dtype", None) == dtypes.bool and hasattr(key, "__tf_tensor__")


def _check_index(index: Any) -> None:
    """Raise TypeError for what cannot be an index or a bound of a slice."""
    if isinstance(index, (int, np.integer, Dimension)) and not isinstance(index, bool):
        return
    dtype = getattr(index, "dtype", None)
    shape = getattr(index, "shape", None)
    if (dtype is not None and isinstance(index, Tensor)) or hasattr(index, "__tf_tensor__"):
        rank = getattr(shape, "rank", None)
        if dtype in _INDEX_DTYPES and rank in (None, 0):
            return
    elif (
        isinstance(index, (ndarray, np.generic))
        and np.ndim(index) == 0
        and index.dtype.kind in "iu"
    ):
        return
    raise TypeError(
        "Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar "
        f"tf.int32/tf.int64 tensors are valid indices, got {index!r}"
    )


class _Spec:
    """The vectors and masks of a strided slice while its entries are read one by one."""

    def __init__(self) -> None:
        self.begin: list[Any] = []
        self.end: list[Any] = []
        self.strides: list[Any] = []
        self.begin_mask = self.end_mask = self.ellipsis_mask = 0
        self.new_axis_mask = self.shrink_axis_mask = 0

    def add(self, item: Any) -> None:
        bit = 1 << len(self.begin)
        if isinstance(item, slice):
            self._add_slice(item, bit)
        elif item is Ellipsis:
            self._append(0, 0, 1)
            self.ellipsis_mask |= bit
        elif item is None:
            self._append(0, 0, 1)
            self.new_axis_mask |= bit
        else:
            _check_index(item)
            self._append(item, item + 1, 1)
            self.shrink_axis_mask |= bit

    def _append(self, begin: Any, end: Any, stride: Any) -> None:
        self.begin.append(begin)
        self.end.append(end)
        self.strides.append(stride)

    def _add_slice(self, item: slice, bit: int) -> None:
        for bound in (item.start, item.stop, item.step):
            if bound is not None:
                _check_index(bound)
        if item.start is None:
            self.begin_mask |= bit
        if item.stop is None:
            self.end_mask |= bit
        self._append(
            0 if item.start is None else item.start,
            0 if item.stop is None else item.stop,
            1 if item.step is None else item.step,
        )

    def masks(self) -> dict[str, int]:
        return {
            "begin_mask": self.begin_mask,
            "end_mask": self.end_mask,
            "ellipsis_mask": self.ellipsis_mask,
            "new_axis_mask": self.new_axis_mask,
            "shrink_axis_mask": self.shrink_axis_mask,
        }


def _strided(tensor: Any, key: Any) -> Any:
    spec = _Spec()
    for item in key if isinstance(key, (list, tuple)) else (key,):
        spec.add(item)
    if len(spec.begin) == 0:
        vectors = [np.zeros(0, np.int32)] * 3
        return strided_slice_op(tensor, *vectors, name="strided_slice")
    wanted = _bounds_dtype(spec)
    vectors = [_vector(values, wanted) for values in (spec.begin, spec.end, spec.strides)]
    return strided_slice_op(tensor, *vectors, name="strided_slice", **spec.masks())


def _bounds_dtype(spec: _Spec) -> Any:
    """int32, or the one dtype of the tensors among the bounds; int64 where they are mixed."""
    found = {
        v.dtype
        for values in (spec.begin, spec.end, spec.strides)
        for v in values
        if isinstance(v, Tensor) or hasattr(v, "__tf_tensor__")
    }
    if len(found) == 1:
        return found.pop()
    if found:
        return dtypes.int64
    big = any(
        abs(int(v)) > 2**31 - 1 for values in (spec.begin, spec.end, spec.strides) for v in values
    )
    return dtypes.int64 if big else dtypes.int32


def _vector(values: list[Any], dtype: Any) -> Any:
    if not any(isinstance(v, Tensor) or hasattr(v, "__tf_tensor__") for v in values):
        return np.array([int(v) for v in values], dtype.as_numpy_dtype)
    items = []
    for v in values:
        item = convert_to_tensor(v) if _tensor_like(v) else convert_to_tensor(int(v), dtype)
        items.append(item if item.dtype == dtype else find_op("Cast")(item, DstT=dtype))
    return find_op("Pack")(items, axis=0)


def _tensor_like(value: Any) -> bool:
    return isinstance(value, Tensor) or hasattr(value, "__tf_tensor__")
