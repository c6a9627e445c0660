"""The types of tensor elements: `tf.float32` and its kin, their numbers, names and NumPy twins."""

from __future__ import annotations

import builtins
import importlib
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

import numpy as np

_REF_OFFSET = 100  # DT_FLOAT is 1, DT_FLOAT_REF is 101, and so on.

# Family letters: (f)loat, (i)nt, (u)nsigned, (c)omplex, (b)ool, (s)tring, (q)uantized, (o)paque.
# Capitals are the types that TensorFlow does not call numeric; NumPy knows them by ml_dtypes.
_TABLE: tuple[tuple[int, str, str, Any, int], ...] = (
    (1, "float32", "f", np.float32, 4),
    (2, "float64", "f", np.float64, 8),
    (3, "int32", "i", np.int32, 4),
    (4, "uint8", "u", np.uint8, 1),
    (5, "int16", "i", np.int16, 2),
    (6, "int8", "i", np.int8, 1),
    (7, "string", "s", object, 0),
    (8, "complex64", "c", np.complex64, 8),
    (9, "int64", "i", np.int64, 8),
    (10, "bool", "b", np.bool_, 1),
    (11, "qint8", "q", np.int8, 1),
    (12, "quint8", "q", np.uint8, 1),
    (13, "qint32", "q", np.int32, 4),
    (14, "bfloat16", "f", None, 2),
    (15, "qint16", "q", np.int16, 2),
    (16, "quint16", "q", np.uint16, 2),
    (17, "uint16", "u", np.uint16, 2),
    (18, "complex128", "c", np.complex128, 16),
    (19, "float16", "f", np.float16, 2),
    (20, "resource", "o", None, 0),
    (21, "variant", "o", None, 0),
    (22, "uint32", "u", np.uint32, 4),
    (23, "uint64", "u", np.uint64, 8),
    (24, "float8_e5m2", "F", None, 1),
    (25, "float8_e4m3fn", "F", None, 1),
    (26, "float8_e4m3fnuz", "F", None, 1),
    (27, "float8_e4m3b11fnuz", "F", None, 1),
    (28, "float8_e5m2fnuz", "F", None, 1),
    (29, "int4", "I", None, 1),
    (30, "uint4", "U", None, 1),
    (31, "int2", "I", None, 1),
    (32, "uint2", "U", None, 1),
    (33, "float4_e2m1fn", "F", None, 1),
)
_SYNONYMS = {"half": "float16", "float": "float32", "double": "float64"}
_REAL = {"complex64": "float32", "complex128": "float64"}


class DType:
    """The type of the elements of a tensor.

    There is one object per type: `tf.DType(1)`, `tf.as_dtype("float32")` and `tf.float32` are
    the same, and so are copies and unpickled ones. A dtype equals whatever `tf.as_dtype` turns
    into it.

    Args:
        type_enum: the type's number in the `DataType` enum, 1 for `DT_FLOAT`.
        handle_data: what a resource or variant handle points to; such a dtype is its own object.

    Raises:
        TypeError: there is no such number.

    >>> from tidefall.base import dtypes
    >>> dtypes.float32.size, dtypes.float32 == np.float32, dtypes.float32.as_datatype_enum
    (4, True, 1)
    """

    # Plain slots, not properties: these are read for every op that runs.
    __slots__ = {
        "_handle_data": "What a resource or variant handle points to, or None.",
        "_is_ref_dtype": "Whether this is a reference type, of TF1's mutable variables.",
        "_type_enum": "The type's number in the `DataType` enum.",
        "as_datatype_enum": "The type's number in the `DataType` enum.",
        "as_numpy_dtype": "The NumPy scalar type, or for quantized types the `np.dtype`.",
        "base_dtype": "The type itself, or what a reference type refers to.",
        "is_bool": "Whether this is `bool`.",
        "is_complex": "Whether this is `complex64` or `complex128`.",
        "is_floating": "Whether this is a real floating point type.",
        "is_integer": "Whether this is an integer type that is not quantized.",
        "is_numeric": "Whether arithmetic is generally defined on this type.",
        "is_numpy_compatible": "Whether NumPy can hold the values.",
        "is_quantized": "Whether this is a quantized type such as `qint8`.",
        "is_unsigned": "Whether this is an unsigned integer type that is not quantized.",
        "name": "The type's name, as in 'float32'.",
        "real_dtype": "The type of the real part: `float32` for `complex64`, else the type itself.",
        "size": "Bytes per element in memory; 0 where that is not fixed.",
    }

    _handle_data: Any
    _is_ref_dtype: builtins.bool
    _type_enum: int
    as_datatype_enum: int
    as_numpy_dtype: Any
    base_dtype: DType
    is_bool: builtins.bool
    is_complex: builtins.bool
    is_floating: builtins.bool
    is_integer: builtins.bool
    is_numeric: builtins.bool
    is_numpy_compatible: builtins.bool
    is_quantized: builtins.bool
    is_unsigned: builtins.bool
    name: str
    real_dtype: DType
    size: int

    def __new__(cls, type_enum: int, handle_data: Any = None) -> DType:
        known = _BY_ENUM.get(int(type_enum))
        if known is None:
            raise TypeError(f"{type_enum} does not correspond to a valid tensorflow::DataType")
        if handle_data is None:
            return known
        row = _TABLE[(known._type_enum - 1) % _REF_OFFSET]
        base = None if known.base_dtype is known else known.base_dtype
        return _create(*row, base=base, handle_data=handle_data)

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"tf.DType objects are immutable; cannot set {name!r}.")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"tf.DType objects are immutable; cannot delete {name!r}.")

    def __getattr__(self, name: str) -> Any:
        # Reached when a slot is empty: ml_dtypes is imported when one of its types is needed.
        if name != "as_numpy_dtype":
            raise AttributeError(f"'DType' object has no attribute {name!r}")
        if not self.is_numpy_compatible:
            raise KeyError(f"tf.{self.name} has no NumPy type.")
        scalar = getattr(importlib.import_module("ml_dtypes"), self.base_dtype.name)
        object.__setattr__(self, "as_numpy_dtype", scalar)
        return scalar

    @property
    def _as_ref(self) -> DType:
        return _BY_ENUM[self._type_enum % _REF_OFFSET + _REF_OFFSET]

    @property
    def min(self) -> Any:
        """The smallest finite value: a Python int, or a NumPy scalar of a floating type.

        Raises:
            TypeError: the type has no smallest value.
        """
        return self._extreme("min", "minimum")

    @property
    def max(self) -> Any:
        """The largest finite value: a Python int, or a NumPy scalar of a floating type.

        Raises:
            TypeError: the type has no largest value.
        """
        return self._extreme("max", "maximum")

    def _extreme(self, attribute: str, word: str) -> Any:
        if not (self.is_floating or self.is_integer):
            kind = f" with{' quantized' if self.is_quantized else ''} type {self.base_dtype}"
            known = kind if self.is_numpy_compatible else ""
            raise TypeError(f"Cannot find {word} value of {self}{known}.")
        # NumPy's own finfo does not know the ml_dtypes types; theirs knows NumPy's.
        source: Any = np if _is_native(self) else importlib.import_module("ml_dtypes")
        info = source.finfo if self.is_floating else source.iinfo
        return getattr(info(self.as_numpy_dtype), attribute)

    @property
    def limits(self) -> tuple[Any, Any]:
        """`(0, the largest value)` of an image with this type, where 1 is white in floats.

        Raises:
            ValueError: the type has no such limits.
        """
        if not self.is_numpy_compatible:
            raise KeyError(f"tf.{self.name} has no NumPy type and no limits.")
        if self.is_bool:
            return 0, True
        if self.base_dtype._type_enum in (1, 2):
            return 0, 1
        if self.is_integer and self.is_numeric:
            return 0, self.max
        raise ValueError(f"{self} does not have defined limits.")

    def is_compatible_with(self, other: Any) -> builtins.bool:
        """Whether a tensor of type `other` may be used where this type is asked for.

        Args:
            other: anything that `tf.as_dtype` takes.

        Returns:
            True if the types are equal, or `other` is the reference type to this one.

        Raises:
            TypeError: `other` is not a type.
        """
        other = as_dtype(other)
        return self._type_enum in (other._type_enum, other.base_dtype._type_enum)

    def is_subtype_of(self, other: Any) -> builtins.bool:
        """Whether the types are equal; there is no hierarchy of dtypes."""
        return self == other

    def most_specific_common_supertype(self, types: Sequence[Any]) -> DType | None:
        """This type if all of `types` equal it, else None."""
        return self if all(self == other for other in types) else None

    def placeholder_value(self, placeholder_context: Any) -> None:
        """A dtype has no value in a traced function."""

    def from_tensors(self, tensors: Iterator[Any]) -> None:
        """A dtype is made of no tensors."""

    def to_tensors(self, value: Any) -> list[Any]:
        """The tensors that make up a value: none."""
        return []

    def flatten(self) -> list[Any]:
        """The types of the tensors that make up a value: none."""
        return []

    def cast(self, value: Any, cast_context: Any) -> None:
        """Accepts None, the value of a dtype in a traced function.

        Raises:
            AssertionError: for any other value.
        """
        if value is not None:
            raise AssertionError(f"Can not cast {value!r} to type {self!r}")

    @classmethod
    def experimental_type_proto(cls) -> Any:
        """The message class that holds a dtype, `SerializedDType`."""
        return importlib.import_module("tidefall.proto").SerializedDType

    @classmethod
    def experimental_from_proto(cls, proto: Any) -> DType:
        """The dtype held by a `SerializedDType` message."""
        return cls(proto.datatype)

    def experimental_as_proto(self) -> Any:
        """This dtype as a `SerializedDType` message."""
        return self.experimental_type_proto()(datatype=self._type_enum)

    def __eq__(self, other: object) -> builtins.bool:
        if self is other:
            return True
        if isinstance(other, DType):
            return self._type_enum == other._type_enum
        if other is None:
            return False
        try:
            return self._type_enum == as_dtype(other)._type_enum
        except TypeError:
            return False

    def __ne__(self, other: object) -> builtins.bool:
        return self is not other and not self == other

    def __hash__(self) -> int:
        return self._type_enum

    def __int__(self) -> int:
        return self._type_enum

    def __repr__(self) -> str:
        return f"tf.{self.name}"

    def __str__(self) -> str:
        return f"<dtype: {self.name!r}>"

    def __reduce__(self) -> tuple[Any, ...]:
        if self._handle_data is None:
            return as_dtype, (self.name,)
        return DType, (self._type_enum, self._handle_data)


def _is_native(dtype: DType) -> builtins.bool:
    """Whether NumPy itself, without ml_dtypes, has the type."""
    return _TABLE[(dtype.as_datatype_enum - 1) % _REF_OFFSET][3] is not None


def _create(
    number: int,
    name: str,
    family: str,
    scalar: Any,
    size: int,
    base: DType | None = None,
    handle_data: Any = None,
) -> DType:
    dtype = object.__new__(DType)
    number += 0 if base is None else _REF_OFFSET
    fields: dict[str, Any] = {
        "_handle_data": handle_data,
        "_is_ref_dtype": base is not None,
        "_type_enum": number,
        "as_datatype_enum": number,
        "base_dtype": base or dtype,
        "is_bool": family == "b",
        "is_complex": family == "c",
        "is_floating": family in "fF",
        "is_integer": family in "iIuU",
        "is_numeric": family in "fiucq",
        "is_numpy_compatible": family != "o",
        "is_quantized": family == "q",
        "is_unsigned": family in "uU",
        "name": name if base is None else f"{name}_ref",
        "real_dtype": _BY_NAME[_REAL[name]] if name in _REAL else dtype,
        "size": size,
    }
    if family == "q":
        fields["as_numpy_dtype"] = np.dtype([(name, scalar)])
    elif scalar is not None:
        fields["as_numpy_dtype"] = scalar
    for field, value in fields.items():
        object.__setattr__(dtype, field, value)
    return dtype


_BY_NAME: dict[str, DType] = {}
for _row in _TABLE:
    _base = _create(*_row)
    _BY_NAME[_base.name] = _base
    _BY_NAME[f"{_base.name}_ref"] = _create(*_row, base=_base)
_BY_ENUM: dict[int, DType] = {dtype.as_datatype_enum: dtype for dtype in _BY_NAME.values()}
for _synonym, _name in _SYNONYMS.items():
    _BY_NAME[_synonym] = _BY_NAME[_name]
    _BY_NAME[f"{_synonym}_ref"] = _BY_NAME[f"{_name}_ref"]

float16 = half = _BY_NAME["float16"]
float32 = _BY_NAME["float32"]
float64 = double = _BY_NAME["float64"]
bfloat16 = _BY_NAME["bfloat16"]
complex64 = _BY_NAME["complex64"]
complex128 = _BY_NAME["complex128"]
int8 = _BY_NAME["int8"]
int16 = _BY_NAME["int16"]
int32 = _BY_NAME["int32"]
int64 = _BY_NAME["int64"]
uint8 = _BY_NAME["uint8"]
uint16 = _BY_NAME["uint16"]
uint32 = _BY_NAME["uint32"]
uint64 = _BY_NAME["uint64"]
bool = _BY_NAME["bool"]
string = _BY_NAME["string"]
resource = _BY_NAME["resource"]
variant = _BY_NAME["variant"]
qint8 = _BY_NAME["qint8"]
qint16 = _BY_NAME["qint16"]
qint32 = _BY_NAME["qint32"]
quint8 = _BY_NAME["quint8"]
quint16 = _BY_NAME["quint16"]
float8_e5m2 = _BY_NAME["float8_e5m2"]
float8_e4m3fn = _BY_NAME["float8_e4m3fn"]
float8_e4m3fnuz = _BY_NAME["float8_e4m3fnuz"]
float8_e4m3b11fnuz = _BY_NAME["float8_e4m3b11fnuz"]
float8_e5m2fnuz = _BY_NAME["float8_e5m2fnuz"]
float4_e2m1fn = _BY_NAME["float4_e2m1fn"]
int2 = _BY_NAME["int2"]
int4 = _BY_NAME["int4"]
uint2 = _BY_NAME["uint2"]
uint4 = _BY_NAME["uint4"]

QUANTIZED_DTYPES = frozenset(dtype for dtype in _BY_ENUM.values() if dtype.is_quantized)
# What a `TensorProto` can hold by value.
TF_VALUE_DTYPES = {
    dtype for dtype in _BY_ENUM.values() if dtype.is_numpy_compatible and dtype.base_dtype is dtype
}


class _FromNumpy(dict["np.dtype[Any]", DType]):
    """DTypes by `np.dtype`; the ones not listed are worked out when first asked for."""

    __slots__ = ()

    def __missing__(self, dtype: np.dtype[Any]) -> DType:
        if dtype.kind in "SUT":
            return string
        if not dtype.isnative and dtype.fields is None:
            return self[dtype.newbyteorder("=")]
        found = _BY_NAME.get(dtype.name) if dtype.type.__module__ == "ml_dtypes" else None
        if found is None:
            raise TypeError(_not_a_dtype(dtype))
        self[dtype] = found
        return found


FROM_NUMPY: dict[np.dtype[Any], DType] = _FromNumpy(
    {np.dtype(dtype.as_numpy_dtype): dtype for dtype in TF_VALUE_DTYPES if _is_native(dtype)}
)

# TensorFlow takes Python's float, bool and object, but neither int nor complex nor str.
_BY_KEY: dict[Any, DType] = {
    **_BY_ENUM,
    **_BY_NAME,
    **{dtype.type: value for dtype, value in FROM_NUMPY.items() if dtype.fields is None},
    np.longlong: int64,  # a scalar type of its own beside np.int64; their np.dtypes are equal
    np.ulonglong: uint64,
    np.str_: string,
    np.bytes_: string,
    object: string,
    builtins.float: float32,
    builtins.bool: bool,
}


_NAMES_A_DTYPE: tuple[type[Any], ...] = (np.dtype, str, type)
"""What the `dtype` of an object may be."""


def _not_a_dtype(value: Any) -> str:
    return f"Cannot convert the argument `type_value`: {value!r} to a TensorFlow DType."


def from_numpy(dtype: np.dtype[Any]) -> DType:
    """The DType of arrays with a NumPy dtype.

    Args:
        dtype: an `np.dtype`; byte order does not matter, text and objects are `string`.

    Returns:
        The DType.

    Raises:
        TypeError: there is none.

    >>> from tidefall.base import dtypes
    >>> dtypes.from_numpy(np.dtype("U3"))
    tf.string
    """
    return FROM_NUMPY[dtype]


def as_dtype(type_value: Any) -> DType:
    """The DType that a value stands for.

    Args:
        type_value: a DType, a name ("float32", "half", "int32_ref"), a number of the `DataType`
            enum, an `np.dtype` or NumPy scalar type, an object whose `dtype` is NumPy's, or
            Python's `float`, `bool` or `object`.

    Returns:
        The DType.

    Raises:
        TypeError: the value stands for no DType; Python's `int`, `complex` and `str` do not,
            because their width is not said.

    >>> from tidefall.base import dtypes
    >>> dtypes.as_dtype("half"), dtypes.as_dtype(np.int64), dtypes.as_dtype(float)
    (tf.float16, tf.int64, tf.float32)
    """
    if isinstance(type_value, DType):
        return type_value
    if isinstance(type_value, np.dtype):
        return FROM_NUMPY[type_value]
    try:
        return _BY_KEY[type_value]
    except (KeyError, TypeError):  # TypeError: not hashable
        pass
    inner = getattr(type_value, "dtype", None)
    if isinstance(inner, _NAMES_A_DTYPE):
        try:
            return FROM_NUMPY[np.dtype(inner)]
        except TypeError:
            pass
    raise TypeError(_not_a_dtype(type_value))
