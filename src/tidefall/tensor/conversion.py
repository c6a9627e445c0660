"""Turning Python values into tensors: `tf.convert_to_tensor` and the constants behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dimension import Dimension
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.float_errors import QUIET, begin_quiet, end_quiet
from tidefall.base.shapes import TensorShape
from tidefall.base.state import state
from tidefall.op import raw
from tidefall.tensor.tensor import (
    NUMPY_VALUES,
    EagerTensor,
    SymbolicTensor,
    Tensor,
    TypedTensor,
    ndarray,
)

Conversion = Callable[..., Any]
_conversions: list[tuple[int, type | tuple[type, ...], Conversion]] = []
_INT32_MIN, _INT32_MAX = -(1 << 31), (1 << 31) - 1
_INT64_MAX = np.iinfo(np.int64).max
# What a Python int becomes at once if it fits int32; None is no dtype asked for.
_HOLDS_INT32: dict[DType | None, Any] = {
    None: np.int32,
    dtypes.int32: np.int32,
    dtypes.int64: np.int64,
    dtypes.float32: np.float32,
    dtypes.float64: np.float64,
}
# The dtypes a Python bool may become: the ones TensorFlow allows.
_TAKES_BOOL = frozenset(
    {
        dtypes.bool,
        dtypes.int32,
        dtypes.int64,
        dtypes.uint64,
        dtypes.float16,
        dtypes.float32,
        dtypes.float64,
        dtypes.complex128,
    }
)
# While a graph is built they are all the dtypes of numbers.
_NUMBERS = _TAKES_BOOL | {
    *(dtypes.int8, dtypes.int16, dtypes.uint8, dtypes.uint16, dtypes.uint32),
    *(dtypes.bfloat16, dtypes.complex64),
}
_PLAIN = (bool, int, float, complex, str, bytes)
# Classes of values that may hold anything.
_class_of: Callable[[Any], Any] = type
_LIST_OR_TUPLE: tuple[type[Any], ...] = (list, tuple)
_SEQUENCES: tuple[type[Any], ...] = (list, tuple, range)
_OF_NUMBERS: tuple[type[Any], ...] = (*_SEQUENCES, complex)
_OF_STRINGS: tuple[type[Any], ...] = (list, tuple, ndarray)


def register_tensor_conversion_function(
    base_type: type | tuple[type, ...], conversion_func: Conversion, priority: int = 100
) -> None:
    """Teach `tf.convert_to_tensor` about a type.

    Args:
        base_type: a class or tuple of classes.
        conversion_func: called as `f(value, dtype, name, as_ref)`; returns a tensor or
            NotImplemented.
        priority: lower ones are asked first.

    >>> import tidefall as tf
    >>> class Celsius:
    ...     def __init__(self, degrees):
    ...         self.degrees = degrees
    >>> def convert(value, dtype=None, name=None, as_ref=False):
    ...     return tf.constant(value.degrees, dtype)
    >>> tf.register_tensor_conversion_function(Celsius, convert)
    >>> float(tf.convert_to_tensor(Celsius(21.5)))
    21.5
    """
    if not callable(conversion_func):
        raise TypeError(f"conversion_func must be callable. Received: {conversion_func!r}")
    _conversions.append((priority, base_type, conversion_func))
    _conversions.sort(key=lambda entry: entry[0])


def convert_to_tensor(
    value: Any,
    dtype: Any = None,
    dtype_hint: Any = None,
    name: str | None = None,
    *,
    preferred_dtype: Any = None,
) -> Any:
    """Convert a value to a tensor.

    Args:
        value: a tensor, variable, NumPy array, Python number, string, or nested list of these.
        dtype: the dtype wanted; None takes the value's own.
        dtype_hint: a dtype to use when the value allows it and `dtype` is None.
        name: name of the node in a graph.

    Returns:
        A tensor. A tensor comes back as it is.

    Raises:
        ValueError: for a tensor of another dtype, or a value no tensor can hold.
        TypeError: for a value that does not fit `dtype`.

    >>> import tidefall as tf
    >>> tf.convert_to_tensor([1, 2], dtype=tf.float32)
    <tf.Tensor: shape=(2,), dtype=float32, numpy=array([1., 2.], dtype=float32)>
    """
    if dtype is not None:
        dtype = as_dtype(dtype).base_dtype
    if isinstance(value, Tensor):
        if dtype is not None and not dtype.is_compatible_with(value.dtype):
            raise ValueError(
                f"Tensor conversion requested dtype {dtype.name} for Tensor with dtype "
                f"{value.dtype.name}: {value!r}. Use tf.cast to change the dtype."
            )
        return _into_scope(value)
    hint = dtype_hint if dtype_hint is not None else preferred_dtype
    if dtype is None and hint is not None:
        try:
            return _convert(value, as_dtype(hint), name)
        except (TypeError, ValueError):
            pass
    return _convert(value, dtype, name)


def _into_scope(value: Tensor) -> Tensor:
    graph = state.graph
    if graph is not None:
        return graph.capture(value)
    return value


def _convert(value: Any, dtype: DType | None, name: str | None) -> Any:
    if type(value) in _PLAIN or isinstance(value, NUMPY_VALUES):
        return constant(value, dtype, name=name)
    protocol = getattr(value, "__tf_tensor__", None)
    if protocol is not None and not isinstance(value, type):
        result = protocol(dtype, name)
        if dtype is not None and not dtype.is_compatible_with(result.dtype):
            raise ValueError(
                f"Tensor conversion requested dtype {dtype.name} for {type(value).__name__} "
                f"with dtype {result.dtype.name}: {value!r}. Use tf.cast to change the dtype."
            )
        return result
    for _, base, function in _conversions:
        if isinstance(value, base):
            result = function(value, dtype=dtype, name=name, as_ref=False)
            if result is not NotImplemented:
                return result
    if isinstance(value, (list, tuple)) and _holds_tensors(value):
        return _pack(value, dtype, name)
    return constant(value, dtype, name=name)


def _holds_tensors(value: Any) -> bool:
    for item in value:
        if isinstance(item, Tensor) or hasattr(item, "__tf_tensor__"):
            return True
        if type(item) not in _PLAIN and any(isinstance(item, base) for _, base, _ in _conversions):
            return True
        if isinstance(item, (list, tuple)) and _holds_tensors(item):
            return True
    return False


def _first_dtype(value: Any) -> DType | None:
    for item in value:
        if isinstance(item, Tensor) or hasattr(item, "__tf_tensor__"):
            return as_dtype(item.dtype)
        if isinstance(item, (list, tuple)):
            found = _first_dtype(item)
            if found is not None:
                return found
    return None


def _pack(value: Any, dtype: DType | None, name: str | None) -> Any:

    wanted = dtype or _first_dtype(value)
    if all(isinstance(item, EagerTensor) and type(item) is EagerTensor for item in value) and (
        state.graph is None and not state.needs_dispatch
    ):
        arrays = [item.host_array() for item in value]
        if all(a.shape == arrays[0].shape and a.dtype == arrays[0].dtype for a in arrays) and (
            wanted is None or arrays[0].dtype == wanted.as_numpy_dtype
        ):
            return EagerTensor(np.stack(arrays))
    if dtype is None:
        items = [convert_to_tensor(item, wanted) for item in value]
    else:
        items = [_cast_item(item, dtype) for item in value]
    return raw.Pack(items, axis=0, name=name)


def _cast_item(item: Any, dtype: DType) -> Any:
    """An item of a list as a tensor of the list's dtype: TensorFlow casts tensors in lists."""
    if isinstance(item, Tensor) or hasattr(item, "__tf_tensor__"):
        item = convert_to_tensor(item)
        if not dtype.is_compatible_with(item.dtype):
            return raw.Cast(item, DstT=dtype)
    return convert_to_tensor(item, dtype)


def to_numpy(value: Any, dtype: DType | None = None) -> np.ndarray:
    """The array a Python value means to TensorFlow: floats are float32, ints int32 if they fit.

    Raises:
        ValueError: for ragged or mixed sequences, and objects no tensor can hold.
        TypeError: for values that do not fit `dtype`.
    """
    if type(value) is int and _INT32_MIN <= value <= _INT32_MAX:
        target = _HOLDS_INT32.get(dtype)
        if target is not None:
            return np.array(value, target)
    if isinstance(value, EagerTensor):
        value = value.host_array()
    if isinstance(value, NUMPY_VALUES):
        return _from_numpy(np.asarray(value), dtype)
    if dtype is dtypes.uint64 and isinstance(_leaf(value), int):
        try:
            array = np.array(value, np.uint64)
            if (array == np.array(value, object)).all():
                return array
        except (OverflowError, ValueError):
            pass  # out of range or ragged: said better below
    array = _from_python(value, mixed=dtype is not None or state.graph is not None)
    if dtype is None:
        return _own(array)
    return _cast_python(value, array, dtype)


def _own(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array) if array.ndim else array


def _from_numpy(array: np.ndarray, dtype: DType | None) -> np.ndarray:
    kind = array.dtype.kind
    if kind in "SUO":
        array = _strings(array)
        if dtype is not None and dtype is not dtypes.string:
            raise TypeError(
                f"Cannot convert an array of strings to a tensor of dtype {dtype.name}."
            )
        return array
    if kind in "Mm":
        raise ValueError(
            f"Failed to convert a NumPy array to a Tensor (Unsupported numpy type {array.dtype})."
        )
    if dtype is not None:
        if dtype is dtypes.string:
            raise TypeError(
                f"Cannot convert an array of {array.dtype} to a tensor of dtype string."
            )
        target = dtype.as_numpy_dtype
        if array.dtype != target:
            return array.astype(target)
    if not array.dtype.isnative:
        return array.astype(array.dtype.newbyteorder("="))
    return np.array(array, order="C")


def _strings(array: np.ndarray) -> np.ndarray:
    flat = np.empty(array.size, dtype=object)
    items = array.reshape(-1).tolist()
    if set(map(type, items)) == {bytes}:
        flat[:] = items
        return flat.reshape(array.shape)
    for i, item in enumerate(items):
        if isinstance(item, str):
            item = item.encode()
        elif not isinstance(item, bytes):
            raise ValueError(
                "Failed to convert a NumPy array to a Tensor (Unsupported object type "
                f"{type(item).__name__})."
            )
        flat[i] = item
    return flat.reshape(array.shape)


def _leaf(value: Any) -> Any:
    while isinstance(value, _SEQUENCES) and len(value):
        value = value[0]
    return value


def _from_python(value: Any, mixed: bool = True) -> np.ndarray:
    """The array of a Python value; `mixed` allows bools and complex numbers among others."""
    kind = _class_of(value)
    if kind is float:
        return np.array(value, np.float32)
    if kind is bool:
        return np.array(value, np.bool_)
    if kind is int:
        return _ints(np.array(value), value)
    if kind is str:
        return np.array(value.encode(), dtype=object)
    if kind is bytes:
        return np.array(value, dtype=object)
    if value is None:
        raise ValueError(
            "Attempt to convert a value (None) with an unsupported type (<class 'NoneType'>) to a "
            "Tensor."
        )
    if not isinstance(value, _OF_NUMBERS) and not hasattr(value, "__array__"):
        if (
            hasattr(value, "__iter__")
            and hasattr(value, "__len__")
            and not isinstance(value, (dict, set))
        ):
            value = list(value)
        elif isinstance(value, int):  # IntEnum and other subclasses
            return _ints(np.array(int(value)), int(value))
        elif isinstance(value, float):
            return np.array(float(value), np.float32)
        elif isinstance(value, (str, bytes)):
            return _from_python(str(value) if isinstance(value, str) else bytes(value))
        else:
            raise ValueError(
                f"Attempt to convert a value ({value!r}) with an unsupported type ({kind}) to a "
                "Tensor."
            )
    if hasattr(value, "__array__"):
        return _from_numpy(np.asarray(value), None)
    try:
        array = np.array(value)
    except ValueError as error:
        if isinstance(_leaf(value), (bytes, str)):  # NumPy decodes bytes that stand among text
            return _string_list(value, np.array(value, dtype=object).shape)
        raise ValueError("Can't convert non-rectangular Python sequence to Tensor.") from error
    return _resolve(value, array, mixed)


def _mixed(message: str) -> Exception:
    """The error for a list of this and that; TensorFlow's constants of graphs raise TypeError."""
    return (ValueError if state.graph is None else TypeError)(message)


def _resolve(value: Any, array: np.ndarray, mixed: bool) -> np.ndarray:
    """Give an array NumPy made of a Python sequence the dtype TensorFlow gives it."""
    kind = array.dtype.kind
    if array.size == 0 and kind == "f":
        return array.astype(np.float32)
    leaf = _leaf(value)
    first = leaf.dtype if isinstance(leaf, NUMPY_VALUES) else np.array(leaf).dtype
    if not mixed and ((first.kind in "biuf" and kind == "c") or first.kind == "b" != kind):
        raise ValueError("Can't convert Python sequence with mixed types to Tensor.")
    if kind == "f":
        _reject_mixed(value, (str, bytes))
        return _quietly(array, _float_of(leaf, first, array.dtype))
    if kind in "iu":
        if isinstance(leaf, NUMPY_VALUES) and state.graph is not None:
            return _ints(array, value) if array.dtype == np.int64 else array
        return _ints(array, value)
    if kind == "c":
        return array if state.graph is not None else array.astype(np.complex128)
    if kind == "b":
        return array
    if kind in "SU":
        return _string_list(value, array.shape)
    if kind == "O":
        if isinstance(_leaf(value), (bytes, str)):
            return _string_list(value, array.shape)
        raise _mixed(
            f"Attempt to convert a value ({value!r}) with an unsupported type "
            f"({type(_leaf(value))}) to a Tensor."
        )
    return _from_numpy(array, None)


def _float_of(leaf: Any, first: np.dtype[Any], promoted: np.dtype[Any]) -> Any:
    """The dtype of a sequence of floats: its first element decides, float32 for Python's."""
    if not isinstance(leaf, NUMPY_VALUES) or first.kind != "f":
        return np.float32
    if state.graph is not None:
        return np.float32 if promoted == np.float64 else promoted
    return first


def _string_list(value: Any, shape: tuple[int, ...]) -> np.ndarray:
    flat: list[bytes] = []

    def visit(item: Any) -> None:
        if isinstance(item, str):
            flat.append(item.encode())
        elif isinstance(item, bytes):
            flat.append(bytes(item))
        elif isinstance(item, _OF_STRINGS):
            for sub in item:
                visit(sub)
        else:
            raise _mixed("Can't convert Python sequence with mixed types to Tensor.")

    visit(value)
    if len(flat) != int(np.prod(shape)):
        raise ValueError("Can't convert non-rectangular Python sequence to Tensor.")
    array = np.empty(len(flat), dtype=object)
    array[:] = flat
    return array.reshape(shape)


def _reject_mixed(value: Any, kinds: tuple[type, ...]) -> None:
    if isinstance(value, _LIST_OR_TUPLE):
        for item in value:
            if isinstance(item, kinds):
                raise _mixed("Can't convert Python sequence with mixed types to Tensor.")
            _reject_mixed(item, kinds)


def _ints(array: np.ndarray, value: Any) -> np.ndarray:
    if array.dtype == object or (array.dtype == np.uint64 and array.max(initial=0) > _INT64_MAX):
        raise ValueError(f"Python int too large to convert to a tensor of dtype int64: {value!r}")
    if array.size == 0:
        return array.astype(np.int32)
    low, high = _range_of(array)
    if low >= _INT32_MIN and high <= _INT32_MAX:
        return array.astype(np.int32)
    return array.astype(np.int64)


def _range_of(array: np.ndarray) -> tuple[int, int]:
    """The smallest and the largest of some integers; of few, Python is the faster to find them."""
    if array.size > 32:
        return int(array.min()), int(array.max())
    items = array.reshape(-1).tolist()
    return min(items), max(items)


def _cast_python(value: Any, array: np.ndarray, dtype: DType) -> np.ndarray:
    kind = array.dtype.kind
    if dtype is dtypes.string:
        if array.dtype == object or array.size == 0:
            return array.astype(object, copy=False)
    elif array.dtype != object:
        fits = (
            array.size == 0
            or (kind == "b" and dtype in _takes(_leaf(value)))
            or (
                kind in "iu"
                and (
                    dtype.is_integer or dtype.is_floating or dtype.is_complex or dtype.is_quantized
                )
            )
            or (kind in "f" and (dtype.is_floating or dtype.is_complex))
            or (kind == "V" and (dtype.is_floating or dtype.is_complex))
            or (kind == "c" and dtype.is_complex)
        )
        if fits:
            return _fit(value, array, dtype)
    raise TypeError(f"Cannot convert {value!r} to EagerTensor of dtype {dtype.name}")


def _takes(leaf: Any) -> frozenset[DType]:
    """The dtypes that a sequence of bools such as this one may become."""
    if isinstance(leaf, NUMPY_VALUES):
        return frozenset((dtypes.bool,))
    return _TAKES_BOOL if state.graph is None else _NUMBERS


def _fit(value: Any, array: np.ndarray, dtype: DType) -> np.ndarray:
    target = dtype.as_numpy_dtype
    if array.dtype.kind in "iu" and dtype.is_integer and array.size:
        low, high = _range_of(array)
        if low < dtype.min or high > dtype.max:
            raise TypeError(
                f"Cannot convert {value!r} to EagerTensor of dtype {dtype.name}: the dtype holds "
                f"{dtype.min} to {dtype.max}."
            )
    if array.dtype == np.float32 and target == np.float64:
        return np.array(value, np.float64)
    return _quietly(array, target)


def _quietly(array: np.ndarray, target: Any) -> np.ndarray:
    """The array in another dtype; what does not fit becomes infinite without a warning."""
    token = begin_quiet(QUIET)
    try:
        return array.astype(target)
    finally:
        end_quiet(token)


def _same_tensor(value: EagerTensor, dtype: DType | None, shape: Any) -> EagerTensor | None:
    """The tensor itself, through which gradients flow, if nothing about it shall change."""
    if dtype is not None and value.dtype != dtype:
        raise TypeError(
            f"Expected tensor {value} with dtype {dtype!r}, but got dtype {value.dtype!r}. Use "
            "tf.cast to change the dtype."
        )
    return value if shape is None or value.shape == TensorShape(shape) else None


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = "Const") -> Any:
    """A tensor with a fixed value: eager, or a Const node while a graph is being built.

    Args:
        value: a Python number, string, nested list, NumPy array or eager tensor.
        dtype: dtype of the result; None infers it (float32, int32 or int64, bool, string).
        shape: shape of the result; a scalar is repeated to fill it, other values are reshaped.
        name: name of the node in a graph.

    Returns:
        A tensor of `shape`, or of the value's own shape.

    Raises:
        TypeError: if the value does not fit `dtype` or `shape`, or is a tensor of another dtype.
        ValueError: for values no tensor can hold.

    >>> import tidefall as tf
    >>> tf.constant([1.5, 2])
    <tf.Tensor: shape=(2,), dtype=float32, numpy=array([1.5, 2. ], dtype=float32)>
    """
    if isinstance(value, SymbolicTensor):
        raise NotImplementedError(
            "Cannot make a constant of a symbolic tensor "
            f"({value.name}): it has no value while the function is being traced."
        )
    wanted = None if dtype is None else as_dtype(dtype).base_dtype
    if isinstance(value, EagerTensor) and state.graph is None:
        same = _same_tensor(value, wanted, shape)
        if same is not None:
            return same
    array = to_numpy(value, wanted)
    if shape is not None:
        array = _reshaped(value, array, shape)
    if state.graph is not None:
        return state.graph.constant(array, wanted, name or "Const")
    return eager(array, wanted)


def _reshaped(value: Any, array: np.ndarray, shape: Any) -> np.ndarray:
    target = TensorShape(shape)
    dims: list[Any] = target.as_list()
    if array.shape == tuple(dims):
        return array
    count = target.num_elements()
    if array.size == count:
        return array.reshape(dims)
    if array.ndim == 0:
        return np.full(dims, array, dtype=array.dtype)
    raise TypeError(
        f"Eager execution of tf.constant with unsupported shape. Tensor {value!r} has {array.size} "
        f"elements, but got `shape` {target} with {count} elements)."
    )


def _shape_to_tensor(
    value: TensorShape, dtype: DType | None = None, name: str | None = None, as_ref: bool = False
) -> Any:
    if not value.is_fully_defined():
        raise ValueError(f"Cannot convert a partially known TensorShape {value} to a Tensor.")
    dims: list[Any] = value.as_list()
    if dtype is None:
        dtype = dtypes.int64 if any(d > _INT32_MAX for d in dims) else dtypes.int32
    elif dtype not in (dtypes.int32, dtypes.int64):
        raise TypeError(f"Cannot convert a TensorShape to dtype {dtype.name}.")
    return constant(np.array(dims, dtype.as_numpy_dtype), dtype, name=name or "shape_as_tensor")


register_tensor_conversion_function(TensorShape, _shape_to_tensor)


def _dimension_to_tensor(
    value: Dimension, dtype: DType | None = None, name: str | None = None, as_ref: bool = False
) -> Any:
    if value.value is None:
        raise ValueError(f"Cannot convert unknown Dimension {value} to a Tensor.")
    if dtype not in (None, dtypes.int32, dtypes.int64):
        raise TypeError(f"Cannot convert Dimension {value} to dtype {dtype}: only to int32, int64.")
    return constant(value.value, dtype or dtypes.int32, name=name or "shape_as_tensor")


register_tensor_conversion_function(Dimension, _dimension_to_tensor)


def eager(array: Any, dtype: DType | None = None) -> EagerTensor:
    """Wrap an array as an eager tensor, on the device of the `tf.device` block around it.

    `dtype` is needed where NumPy cannot tell it.
    """
    if dtype is not None and (dtype.is_quantized or dtype in (dtypes.resource, dtypes.variant)):
        return TypedTensor(array, dtype)
    tensor = EagerTensor(array)
    return tensor if state.op_device is None else state.op_device.keep(tensor)
