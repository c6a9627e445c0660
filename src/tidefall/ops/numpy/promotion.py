"""The dtype that several arguments have in common, and arguments made tensors of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.config import config
from tidefall.base.dtypes import DType, as_dtype
from tidefall.composite.weak_number import WeakNumber
from tidefall.ops.math.cast import cast
from tidefall.ops.numpy.settings import default_float, weak_numbers
from tidefall.ops.numpy.weak import promoted, strengthen, weaken
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor, Tensor

_NUMBERS = (bool, int, float, complex)
_STAND_IN = {bool: False, int: 0, float: 0.0, complex: 0j}


def leaves(value: Any) -> Iterator[Any]:
    """What nested lists and tuples hold."""
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from leaves(item)
    else:
        yield value


def as_tf_dtype(dtype: Any) -> DType:
    """The DType for what NumPy accepts as a dtype; Python's float is float64, int is int64."""
    if isinstance(dtype, DType):
        return dtype.base_dtype
    if dtype is int:
        return dtypes.int64
    if dtype is float:
        return dtypes.float32 if config.numpy_prefer_float32 else dtypes.float64
    if dtype is complex:
        return dtypes.complex64 if config.numpy_prefer_float32 else dtypes.complex128
    return as_dtype(dtype)


def _seen_by_numpy(value: Any) -> Any:
    """What NumPy's own promotion is to look at in place of a value."""
    if isinstance(value, WeakNumber):
        value = _STAND_IN[value.kind]
    if isinstance(value, float):
        return np.float32(value) if config.numpy_prefer_float32 else value
    if isinstance(value, complex):
        return np.complex64(value) if config.numpy_prefer_float32 else value
    if isinstance(value, DType):
        return np.dtype(value.as_numpy_dtype)
    if isinstance(value, (bool, int, np.generic, np.ndarray, np.dtype, type)):
        return value
    if isinstance(value, (str, bytes)):
        return np.dtype(object)
    dtype = getattr(value, "dtype", None)
    if dtype is None:
        if value is None:
            convert_to_tensor(value)  # says that None is no tensor
        raise TypeError(f"{type(value).__name__} has no dtype: {value!r}")
    return np.dtype(as_dtype(dtype).base_dtype.as_numpy_dtype)


def legacy_result_type(values: Any) -> DType:
    """The dtype NumPy gives values, Python numbers being weak."""
    seen = [_seen_by_numpy(value) for value in leaves(values)]
    if not seen:
        return default_float()
    strings = [isinstance(v, np.dtype) and v.kind == "O" for v in seen]
    if any(strings):
        if all(strings):
            return dtypes.string
        raise TypeError("Strings and numbers have no dtype in common.")
    return as_dtype(np.result_type(*seen))


def common_dtype(values: Any) -> tuple[DType, bool]:
    """The dtype values have in common by the current rules, and whether it is weak."""
    if weak_numbers():
        return promoted(list(values))
    return legacy_result_type(values), False


def _python_array(value: Any) -> np.ndarray:
    """A Python value as an array of the dtype NumPy gives it."""
    array = np.asarray(value)
    if config.numpy_prefer_float32 and any(not isinstance(v, np.ndarray) for v in leaves(value)):
        if array.dtype == np.float64:
            return array.astype(np.float32)
        if array.dtype == np.complex128:
            return array.astype(np.complex64)
    return array


def to_tensor(value: Any, dtype: Any = None) -> Any:
    """A tensor with the dtype `tf.experimental.numpy` gives a value, or with `dtype`.

    Args:
        value: a tensor, array, Python number, string, or nested list of these.
        dtype: the dtype wanted; the value is cast to it.
    """
    if isinstance(value, Tensor) or hasattr(value, "_is_variable"):
        tensor = value if isinstance(value, Tensor) else convert_to_tensor(value)
        if dtype is None:
            return tensor
        wanted = as_tf_dtype(dtype)
        if tensor.dtype.base_dtype == wanted:
            return strengthen(tensor)
        return cast(tensor, wanted)
    wanted = None if dtype is None else as_tf_dtype(dtype)
    if isinstance(value, WeakNumber):
        plain = wanted or legacy_result_type([value])
        return cast(value.as_tensor(legacy_result_type([value])), plain)
    if isinstance(value, (list, tuple)) and any(
        isinstance(v, (Tensor, WeakNumber)) or hasattr(v, "__tf_tensor__") for v in leaves(value)
    ):
        return _stacked(value, wanted or common_dtype([value])[0])
    if weak_numbers() and wanted is None and _is_python(value, _NUMBERS):
        tensor = convert_to_tensor(value)
        return tensor if tensor.dtype.base_dtype == dtypes.bool else weaken(tensor)
    if isinstance(value, (np.ndarray, np.generic)):
        tensor = convert_to_tensor(value)
        return tensor if wanted is None else cast(tensor, wanted)
    if hasattr(value, "__tf_tensor__") or not _is_python(value):
        tensor = convert_to_tensor(value)
        return tensor if wanted is None else cast(tensor, wanted)
    tensor = convert_to_tensor(_python_array(value))
    return tensor if wanted is None or tensor.dtype == wanted else cast(tensor, wanted)


def _is_python(value: Any, kinds: tuple[type, ...] = (*_NUMBERS, np.generic)) -> bool:
    if kinds is _NUMBERS and isinstance(value, np.generic):  # np.float64 is a float, too
        return False
    return all(isinstance(leaf, kinds) for leaf in leaves(value))


def _stacked(value: Any, dtype: DType) -> Any:
    """Nested lists that hold tensors, as one tensor."""
    if isinstance(value, (list, tuple)):
        return convert_to_tensor([_stacked(item, dtype) for item in value])
    return to_tensor(value, dtype)


def promote(*values: Any) -> list[Any]:
    """Values as tensors of the dtype they have in common.

    Between tensors, arrays and Python numbers NumPy's rules hold in every mode; lists follow the
    rules of the current one.
    """
    if all(type(v) is EagerTensor for v in values):
        first = values[0].dtype
        if all(v.dtype is first for v in values):
            return list(values)
    if weak_numbers() and any(isinstance(v, (list, tuple)) for v in values):
        dtype = promoted(values)[0]
    else:
        dtype = legacy_result_type(values)
    return [to_tensor(v, dtype) for v in values]


def promote_by_mode(*values: Any) -> list[Any]:
    """Values as tensors of the dtype they have in common by the rules of the current mode."""
    dtype = common_dtype(values)[0]
    return [to_tensor(v, dtype) for v in values]


def to_float(x: Any) -> Any:
    """A tensor that is floating-point or complex: others are cast to the default float dtype."""
    x = to_tensor(x)
    if x.dtype.is_complex or (x.dtype.is_floating and x.dtype is not dtypes.bfloat16):
        return x
    return cast(x, default_float())  # bfloat16 is no floating-point dtype of NumPy's
