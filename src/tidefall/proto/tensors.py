"""Tensors as TensorProto messages, and back.

A TensorProto holds its elements either as raw little-endian bytes (`tensor_content`) or in one
typed repeated field. The typed field may hold fewer elements than the shape says: the last
one then fills the rest, and an empty field means zeros.
"""

from __future__ import annotations

import math
import sys
from typing import Any, NamedTuple

import ml_dtypes
import numpy as np

from tidefall.proto import packed, varint

STRING = 7
RESOURCE = 20
VARIANT = 21
_REF_OFFSET = 100


class _Layout(NamedTuple):
    """How one data type travels: its NumPy dtype, its typed field, and when it goes as bytes."""

    dtype: np.dtype
    field: str
    content: bool = True  # arrays of two or more elements are written as tensor_content
    scalar_content: bool = False  # even one element is, as no typed field is read everywhere


def _layout(dtype: Any, field: str, content: bool = True, scalar_content: bool = False) -> _Layout:
    return _Layout(np.dtype(dtype), field, content, scalar_content)


# DataType number -> layout. The only such list in this package.
_LAYOUTS: dict[int, _Layout] = {
    1: _layout(np.float32, "float_val"),
    2: _layout(np.float64, "double_val"),
    3: _layout(np.int32, "int_val"),
    4: _layout(np.uint8, "int_val"),
    5: _layout(np.int16, "int_val"),
    6: _layout(np.int8, "int_val"),
    STRING: _layout(object, "string_val", content=False),
    8: _layout(np.complex64, "scomplex_val", content=False),
    9: _layout(np.int64, "int64_val"),
    10: _layout(np.bool_, "bool_val", content=False),
    11: _layout(np.int8, "int_val"),  # qint8
    12: _layout(np.uint8, "int_val"),  # quint8
    13: _layout(np.int32, "int_val"),  # qint32
    14: _layout(ml_dtypes.bfloat16, "half_val"),
    15: _layout(np.int16, "int_val"),  # qint16
    16: _layout(np.uint16, "int_val"),  # quint16
    17: _layout(np.uint16, "int_val", content=False),
    18: _layout(np.complex128, "dcomplex_val", content=False),
    19: _layout(np.float16, "half_val"),
    22: _layout(np.uint32, "uint32_val"),
    23: _layout(np.uint64, "uint64_val"),
    24: _layout(ml_dtypes.float8_e5m2, "float8_val"),
    25: _layout(ml_dtypes.float8_e4m3fn, "float8_val"),
    26: _layout(ml_dtypes.float8_e4m3fnuz, "float8_val", scalar_content=True),
    27: _layout(ml_dtypes.float8_e4m3b11fnuz, "float8_val", scalar_content=True),
    28: _layout(ml_dtypes.float8_e5m2fnuz, "float8_val", scalar_content=True),
    29: _layout(ml_dtypes.int4, "int_val", content=False),
    30: _layout(ml_dtypes.uint4, "int_val", content=False),
    31: _layout(ml_dtypes.int2, "int_val", content=False),
    32: _layout(ml_dtypes.uint2, "int_val", content=False),
    33: _layout(ml_dtypes.float4_e2m1fn, "float8_val"),
}
# The type of the numbers in each typed field.
_FIELD_DTYPES = {
    "float_val": np.dtype(np.float32),
    "double_val": np.dtype(np.float64),
    "scomplex_val": np.dtype(np.float32),
    "dcomplex_val": np.dtype(np.float64),
    "bool_val": np.dtype(np.bool_),
    "int_val": np.dtype(np.int32),
    "half_val": np.dtype(np.int32),
    "int64_val": np.dtype(np.int64),
    "uint32_val": np.dtype(np.uint32),
    "uint64_val": np.dtype(np.uint64),
}
QUANTIZED = frozenset({11, 12, 13, 15, 16})
_ENUMS = {v.dtype: k for k, v in _LAYOUTS.items() if k not in QUANTIZED and k != STRING}
_NAMES = {11: "qint8", 12: "quint8", 13: "qint32", 15: "qint16", 16: "quint16", 10: "bool"}
_NAMES |= {0: "invalid", STRING: "string", RESOURCE: "resource", VARIANT: "variant"}
_SUB_BYTE_BITS = {"int2": 2, "uint2": 2, "int4": 4, "uint4": 4, "float4_e2m1fn": 4}

# A filled-up tensor takes memory that its message did not; a message is at most this long.
_LARGEST_FILL = 2**31
# From here on, `packed` pays.
_MANY = 64
_STRING_SIZE = 24  # what TensorFlow counts for an element, its bytes apart
LARGEST_RANK = 64


def dtype_name(enum: int) -> str:
    """TensorFlow's name of a DataType number: `float32`, `qint8`, `string_ref`.

    >>> dtype_name(14)
    'bfloat16'
    """
    if _REF_OFFSET < enum <= 2 * _REF_OFFSET:
        return f"{dtype_name(enum - _REF_OFFSET)}_ref"
    if enum in _NAMES:
        return _NAMES[enum]
    return _LAYOUTS[enum].dtype.name if enum in _LAYOUTS else f"unknown type {enum}"


def numpy_dtype(enum: int) -> np.dtype:
    """The NumPy dtype that holds elements of a DataType number.

    Args:
        enum: a DataType number; quantised types give their integer base, strings give `object`.

    Returns:
        A `np.dtype`.

    Raises:
        TypeError: the type has no NumPy form (resource, variant, unknown numbers).

    >>> numpy_dtype(1)
    dtype('float32')
    """
    layout = _LAYOUTS.get(enum)
    if layout is None:
        raise TypeError(f"DataType {enum} ({dtype_name(enum)}) has no NumPy dtype.")
    return layout.dtype


def datatype_enum(dtype: Any) -> int:
    """The DataType number of a NumPy dtype; any string-like dtype is DT_STRING.

    Args:
        dtype: anything `np.dtype` accepts.

    Returns:
        An int, as in `tidefall.proto.DataType`.

    Raises:
        TypeError: TensorFlow has no such type.

    >>> datatype_enum("int64")
    9
    """
    dtype = np.dtype(dtype)
    if dtype.kind in "OSU":
        return STRING
    enum = _ENUMS.get(dtype.newbyteorder("="))
    if enum is None:
        raise TypeError(f"TensorFlow has no data type for NumPy dtype {dtype}.")
    return enum


def bytes_array(values: Any) -> np.ndarray:
    """An object array of `bytes` from nested strings; text is encoded as UTF-8.

    Args:
        values: an array or nested lists of `bytes` or `str`, any shape.

    Returns:
        An array of dtype `object` and the same shape; every element is `bytes`.

    Raises:
        TypeError: an element is neither text nor bytes.
    """
    # NumPy's own bytes dtype would drop trailing zero bytes.
    is_array = isinstance(values, np.ndarray | np.generic)
    source = np.asarray(values) if is_array else np.asarray(values, dtype=object)
    result = np.empty(source.shape, dtype=object)
    flat = result.reshape(-1)
    for index, value in enumerate(source.reshape(-1).tolist()):
        if isinstance(value, str):
            value = value.encode("utf-8")
        elif not isinstance(value, bytes):
            raise TypeError(
                f"String tensors hold bytes or str; element {index} is {type(value).__name__}."
            )
        flat[index] = value
    return result


def as_typed_array(array: Any, enum: int | None = None) -> tuple[np.ndarray, int]:
    """An array that a tensor can hold, and its DataType number.

    Args:
        array: an array, or what `np.asarray` takes. Strings may be `bytes` or `str`.
        enum: the DataType number wanted; found from the array by default.

    Returns:
        The array, of `numpy_dtype(enum)`, and the number.

    Raises:
        TypeError: TensorFlow has no such type, or the array is not of type `enum`.
    """
    if enum is not None:
        numpy_dtype(enum)
    if enum == STRING:
        return bytes_array(array), STRING
    if enum is None or isinstance(array, np.ndarray | np.generic):
        try:
            result = np.asarray(array)
        except UnicodeDecodeError:  # bytes among text
            return bytes_array(array), STRING
    else:
        result = np.asarray(array, dtype=_LAYOUTS[enum].dtype)
    found = datatype_enum(result.dtype)
    if enum is None and found == STRING:
        return bytes_array(array), STRING
    if enum is not None and _LAYOUTS[found].dtype != _LAYOUTS[enum].dtype:
        raise TypeError(f"The array is {dtype_name(found)}, expected {dtype_name(enum)}.")
    return result, enum or found


def elements_from_bytes(data: Any, dtype: np.dtype, order: str = "<") -> np.ndarray:
    """The elements that a buffer holds, over the same memory where possible.

    Args:
        data: a buffer whose size is a multiple of the element size. Types narrower than a byte
            take a byte for each element.
        dtype: their NumPy dtype, other than `object`.
        order: "<" or ">", the byte order in the buffer.

    Returns:
        An array of one dimension, read-only if it shares the buffer's memory.

    Raises:
        ValueError: a bool is neither 0 nor 1.

    >>> elements_from_bytes(b"\\x01\\x00", np.dtype("int16"))
    array([1], dtype=int16)
    """
    raw = np.frombuffer(data, dtype=np.uint8) if len(data) else np.empty(0, np.uint8)
    if dtype == np.bool_ and raw.size and raw.max() > 1:
        raise ValueError("a bool is stored as a byte other than 0 and 1")
    bits = _SUB_BYTE_BITS.get(dtype.name)
    if bits is not None:
        return (raw & ((1 << bits) - 1)).view(dtype)
    parts = dtype.itemsize // 2 if dtype.kind == "c" else dtype.itemsize
    if parts > 1 and (order == "<") != (sys.byteorder == "little"):
        return raw.view(f"u{parts}").byteswap().view(dtype)
    elements = raw.view(dtype)
    return elements if elements.flags.aligned else elements.copy()


def make_tensor_proto(
    array: Any,
    dtype_enum: int | None = None,
    *,
    compress: bool = False,
    content: bool = False,
    shape: tuple[int, ...] | None = None,
) -> Any:
    """Encode an array as a TensorProto, the way `tf.make_tensor_proto` lays it out.

    Args:
        array: an array, or what `np.asarray` takes. Strings may be `bytes` or `str`.
        dtype_enum: the DataType number; found from the array by default. Needed for quantised
            types, whose arrays are plain integers.
        compress: write one element where all are equal (and `content` is not asked for).
        content: write any number of elements, of any type but string, as `tensor_content`.
        shape: the shape to write; the array's by default. Where it has room for more elements, the
            last one stands for those that lack.

    Returns:
        A `TensorProto`.

    Raises:
        ValueError: the array has more elements than `shape`.
        TypeError: TensorFlow has no such type, or the array is not of type `dtype_enum`.

    >>> make_tensor_proto(np.float32([1, 2])).tensor_content
    b'\\x00\\x00\\x80?\\x00\\x00\\x00@'
    """
    from tidefall.proto import TensorProto

    array, enum = as_typed_array(array, dtype_enum)
    layout = _LAYOUTS[enum]
    proto = TensorProto(dtype=enum)
    proto.tensor_shape.SetInParent()
    dims = array.shape if shape is None else shape
    for size in dims:
        proto.tensor_shape.dim.add(size=size)
    elements = array.reshape(-1)
    room = math.prod(dims)
    if elements.size > room:
        raise ValueError(
            f"Too many elements provided. Takes at most {room}, but got {elements.size}."
        )
    as_content = (content or layout.scalar_content) and enum != STRING
    if compress and not as_content and array.size > 1 and _all_equal(elements):
        elements = elements[:1]
    if as_content or (layout.content and elements.size > 1 and array.size == room):
        little = elements.astype(elements.dtype.newbyteorder("<"), copy=False)
        proto.tensor_content = little.tobytes()
    elif elements.size:
        _fill_typed_field(proto, layout, elements)
    return proto


def tensor_proto_to_array(proto: Any) -> np.ndarray:
    """Decode a TensorProto.

    Args:
        proto: a `TensorProto`.

    Returns:
        An array of the proto's shape: of `numpy_dtype(proto.dtype)`, strings as an object array of
        `bytes`. It may be read-only, and repeated elements may share memory.

    Raises:
        TypeError: the type has no NumPy form.
        ValueError: the shape or the content is malformed.

    >>> tensor_proto_to_array(make_tensor_proto([[1, 2]], 9))
    array([[1, 2]])
    """
    layout = _LAYOUTS.get(proto.dtype)
    if layout is None:
        raise TypeError(f"A {dtype_name(proto.dtype)} TensorProto has no NumPy form.")
    shape = _shape_of(proto)
    count = math.prod(shape)
    content = proto.tensor_content  # Each look at it copies it.
    if not content:
        return _fill(_typed_elements(proto, layout, count), shape, count, layout.dtype)
    if proto.dtype == STRING:
        return _split_strings(content, count).reshape(shape)
    return _from_content(content, proto.dtype, layout.dtype, count).reshape(shape)


def fill_typed_field(proto: Any, array: np.ndarray, enum: int) -> None:
    """Put elements into the typed field of a TensorProto, and nothing else: no dtype, no shape.

    Args:
        proto: a `TensorProto`.
        array: the elements.
        enum: their DataType number.

    >>> from tidefall.proto import TensorProto
    >>> proto = TensorProto()
    >>> fill_typed_field(proto, np.float32([1, 2]), 1)
    >>> list(proto.float_val)
    [1.0, 2.0]
    """
    _fill_typed_field(proto, _LAYOUTS[enum], array.reshape(-1))


def stored_elements(proto: Any) -> int:
    """How many elements a TensorProto really holds; its shape may say more, or less.

    Args:
        proto: a `TensorProto` of a type that has a NumPy form.

    Returns:
        The number of elements in its typed field, or of bytes in `tensor_content`.
    """
    layout = _LAYOUTS[proto.dtype]
    present = len(getattr(proto, layout.field))
    return len(proto.tensor_content) or present // (2 if layout.dtype.kind == "c" else 1)


def _all_equal(elements: np.ndarray) -> bool:
    if elements.dtype == object:
        return all(value == elements[0] for value in elements)
    # Compared as bytes: NaN equals itself, and -0.0 is not 0.0.
    rows = np.ascontiguousarray(elements).view(np.uint8).reshape(elements.size, -1)
    return bool((rows == rows[0]).all())


def _fill_typed_field(proto: Any, layout: _Layout, elements: Any) -> None:
    if layout.field == "float8_val":
        proto.float8_val = elements.tobytes()
        return
    if layout.field == "half_val":
        elements = elements.view(np.uint16)
    elif layout.field in ("scomplex_val", "dcomplex_val"):
        elements = np.ascontiguousarray(elements).view(elements.real.dtype)
    elif layout.dtype.name in _SUB_BYTE_BITS:
        elements = elements.astype(np.int8)
    if elements.size > _MANY and _is_packed(layout.field):
        packed.write(proto, layout.field, elements)
    else:
        getattr(proto, layout.field).extend(elements.tolist())


def _shape_of(proto: Any) -> tuple[int, ...]:
    shape = tuple(dim.size for dim in proto.tensor_shape.dim)
    if any(size < 0 for size in shape):
        raise ValueError(f"TensorProto has the shape {list(shape)}; a size is negative.")
    # NumPy multiplies the sizes other than 0 too.
    if math.prod(filter(None, shape)) > np.iinfo(np.int64).max // 32:
        raise ValueError(f"TensorProto has the shape {list(shape)}, too large for a tensor.")
    if len(shape) > LARGEST_RANK:
        raise ValueError(f"TensorProto has {len(shape)} dimensions; NumPy takes {LARGEST_RANK}.")
    return shape


def _typed_elements(proto: Any, layout: _Layout, count: int) -> np.ndarray:
    """The elements present in the typed field, at most `count`."""
    if layout.field == "float8_val":
        return elements_from_bytes(proto.float8_val[:count], layout.dtype)
    field = getattr(proto, layout.field)
    if layout.field == "string_val":
        strings = np.empty(min(len(field), count), dtype=object)
        strings[:] = field[:count]
        return strings
    if layout.field in ("scomplex_val", "dcomplex_val"):
        parts = _numbers(proto, layout.field, 2 * min(len(field) // 2, count))
        return parts.view(layout.dtype) if parts.size else np.empty(0, layout.dtype)
    numbers = _numbers(proto, layout.field, count)
    if layout.field not in ("int_val", "half_val"):
        return numbers.astype(layout.dtype, copy=False)
    if layout.field == "half_val":
        return numbers.astype(np.uint16).view(layout.dtype)
    if layout.dtype.name in _SUB_BYTE_BITS:
        return elements_from_bytes(numbers.astype(np.uint8), layout.dtype)
    return numbers.astype(layout.dtype)  # wraps, as C does


def _numbers(proto: Any, field: str, most: int) -> np.ndarray:
    """The first elements of a typed field, in a type that holds them all."""
    elements, dtype = getattr(proto, field), _FIELD_DTYPES[field]
    if len(elements) > _MANY and _is_packed(field):
        return packed.read(proto, field, dtype)[:most]
    return np.array(elements[:most], dtype)


def _is_packed(field: str) -> bool:
    return field in _FIELD_DTYPES and _FIELD_DTYPES[field].kind in "fb"


def _fill(elements: np.ndarray, shape: tuple[int, ...], count: int, dtype: np.dtype) -> np.ndarray:
    """Repeat the last element until there are `count` of them."""
    missing = count - elements.size
    if missing == 0:
        return elements.reshape(shape)
    size = count * (_STRING_SIZE if dtype.kind == "O" else dtype.itemsize)
    if size > _LARGEST_FILL:
        raise ValueError(
            f"TensorProto holds {elements.size} elements for the shape {list(shape)}, and filling "
            f"it up would take {size} bytes."
        )
    if elements.size == 0:
        zero = np.zeros((), dtype=dtype)
        if dtype.kind == "O":
            zero[()] = b""
        return np.broadcast_to(zero, shape)
    if elements.size == 1:
        # A view of the one element: a large shape costs nothing until someone copies it.
        return np.broadcast_to(elements.reshape(()), shape)
    return np.concatenate([elements, np.broadcast_to(elements[-1:], missing)]).reshape(shape)


def _from_content(content: bytes, enum: int, dtype: np.dtype, count: int) -> np.ndarray:
    if len(content) != count * dtype.itemsize:
        raise ValueError(
            f"TensorProto of type {dtype_name(enum)} and {count} elements needs "
            f"{count * dtype.itemsize} bytes of tensor_content, and has {len(content)}."
        )
    return elements_from_bytes(content, dtype)


def _split_strings(content: bytes, count: int) -> np.ndarray:
    """Strings packed as all lengths (varints), then all bytes."""
    lengths, position = [], 0
    if count > len(content):
        raise ValueError(f"TensorProto has {len(content)} bytes for {count} strings.")
    for _ in range(count):
        length, position = varint.decode(content, position)
        lengths.append(length)
    if sum(lengths) != len(content) - position:
        raise ValueError(
            f"TensorProto's {count} strings take {sum(lengths)} bytes, "
            f"but {len(content) - position} follow their lengths."
        )
    strings = np.empty(count, dtype=object)
    for index, length in enumerate(lengths):
        strings[index] = content[position : position + length]
        position += length
    return strings
