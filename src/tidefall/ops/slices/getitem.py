"""`x[key]`: turns what stands between the brackets into a strided slice or a mask."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dimension import Dimension
from tidefall.base.dispatch import is_dispatched, redirect
from tidefall.base.state import name_scope, state
from tidefall.composite.variables.variable import Variable
from tidefall.composite.weak_number import WeakNumber
from tidefall.op import raw
from tidefall.ops.array.common import unrecorded
from tidefall.ops.slices.gathering import boolean_mask
from tidefall.ops.slices.slicing import strided_slice_op
from tidefall.ops.state.resource_slices import make_assignable
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor, Tensor, ndarray

_INDEX_DTYPES = (dtypes.int16, dtypes.int32, dtypes.int64)


def getitem(tensor: Any, key: Any) -> Any:
    """What `tensor[key]` gives.

    Args:
        tensor: a tensor of any shape and dtype.
        key: an int, slice, Ellipsis, `tf.newaxis`, scalar integer tensor, boolean mask, or a tuple
            or list of the first five.

    Returns:
        A tensor. A slice of a variable has a method `assign(value)`, which sets that part of it.

    Raises:
        TypeError: for a key that is none of these.
        InvalidArgumentError: for an index out of bounds; ValueError in a graph.
    """
    if type(tensor) is EagerTensor and (not state.needs_dispatch or unrecorded(tensor)):
        value = tensor.storage
        if type(value) is ndarray:
            index = _plain_index(key)
            if index is not None:
                try:
                    return EagerTensor(value[index])
                except (IndexError, ValueError):
                    pass  # the op below says what is wrong in TensorFlow's words
    if is_dispatched(tensor) or is_dispatched(key):
        taken = redirect("__operators__.getitem", tensor, key)
        if taken is not NotImplemented:
            return taken
    if _is_mask(key):
        return boolean_mask(tensor, key)
    return _strided(tensor, key)


def _plain_index(key: Any) -> Any:
    """The key as a NumPy index if it is made of ints, slices, ... and None, else None."""
    kind = type(key)
    if kind is int:
        return (key, ...)
    if kind is slice:
        key = _plain_slice(key)
        return None if key is None else (key,)
    if kind is tuple:
        return _plain_indices(key)
    if key is None or key is Ellipsis:
        return (key,)
    number = _number(key)
    return None if number is None else (number, ...)


def _plain_indices(key: tuple[Any, ...]) -> Any:
    items = []
    ellipses = 0
    for item in key:
        kind = type(item)
        if kind is int or item is None:
            items.append(item)
        elif item is Ellipsis:
            ellipses += 1
            items.append(item)
        else:
            item = _plain_slice(item) if kind is slice else _number(item)
            if item is None:
                return None
            items.append(item)
    if ellipses > 1:
        return None
    return tuple(items) if ellipses else (*items, ...)


def _plain_slice(key: slice) -> slice | None:
    """The slice with Python ints for bounds, or None if they are anything else."""
    bounds = []
    for bound in (key.start, key.stop, key.step):
        if bound is not None and type(bound) is not int:
            bound = _number(bound)
            if bound is None:
                return None
        bounds.append(bound)
    return slice(*bounds)


def _number(index: Any) -> int | None:
    """The int behind a scalar integer tensor."""
    if type(index) is EagerTensor and index.storage.ndim == 0 and index.dtype in _INDEX_DTYPES:
        return int(index.host_array())
    return None


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


def _weak(index: Any) -> Any:
    """A tensor in place of a number whose value is not known while tracing."""
    return index.as_tensor() if isinstance(index, WeakNumber) else index


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
            self._add_slice(slice(*map(_weak, (item.start, item.stop, item.step))), bit)
        elif item is Ellipsis:
            self._append(0, 0, 1)
            self.ellipsis_mask |= bit
        elif item is None:
            self._append(0, 0, 1)
            self.new_axis_mask |= bit
        else:
            item = _weak(item)
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
    part, bounds = _sliced(tensor, spec)
    if isinstance(tensor, Variable):
        return make_assignable(part, tensor, bounds, spec.masks())
    return part


def _sliced(tensor: Any, spec: _Spec) -> tuple[Any, list[Any]]:
    """The slice, and its begin, end and strides."""
    if len(spec.begin) == 0:
        vectors = [np.zeros(0, np.int32)] * 3
        return strided_slice_op(tensor, *vectors, name="strided_slice"), vectors
    wanted = _bounds_dtype(spec)
    if state.graph is not None:
        with name_scope("strided_slice") as scope:
            found = [
                convert_to_tensor(_vector(values, wanted), name="stack")
                for values in (spec.begin, spec.end, spec.strides)
            ]
            return strided_slice_op(tensor, *found, name=scope, **spec.masks()), found
    vectors = [_vector(values, wanted) for values in (spec.begin, spec.end, spec.strides)]
    return strided_slice_op(tensor, *vectors, name="strided_slice", **spec.masks()), vectors


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
        items.append(item if item.dtype == dtype else raw.Cast(item, DstT=dtype))
    return raw.Pack(items, axis=0, name="stack")


def _tensor_like(value: Any) -> bool:
    return isinstance(value, Tensor) or hasattr(value, "__tf_tensor__")
