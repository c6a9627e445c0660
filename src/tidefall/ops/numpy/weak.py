"""Weakly typed tensors: made of Python numbers, they give way to the dtype of what they meet.

Which of them there are, and what two dtypes give, follows TensorFlow's table for its modes "all"
and "safe" of `experimental_enable_numpy_behavior`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.config import config
from tidefall.base.dtypes import DType, as_dtype
from tidefall.composite.weak_number import WeakNumber
from tidefall.ops.array.identity import identity
from tidefall.tensor.tensor import EagerTensor, SymbolicTensor, Tensor

Weak = tuple[DType, bool]
"""A dtype, and whether it is weak."""


class WeakTensor(EagerTensor):
    """An eager tensor of a weak dtype."""

    __slots__ = ()

    def __str__(self) -> str:
        return f"{super().__str__()[:-1]}, weak=True)"

    def __repr__(self) -> str:
        return f"{super().__repr__()[:-1]}, weak=True>"


class WeakSymbolicTensor(SymbolicTensor):
    """A symbolic tensor of a weak dtype."""

    __slots__ = ()


_CLASSES: dict[type, type] = {EagerTensor: WeakTensor, SymbolicTensor: WeakSymbolicTensor}
WEAK_DTYPES = frozenset(
    (dtypes.int32, dtypes.int64, dtypes.float32, dtypes.float64, dtypes.complex128)
)


def is_weak(value: Any) -> bool:
    """Whether a tensor's dtype is weak."""
    return isinstance(value, (WeakTensor, WeakSymbolicTensor))


def weaken(result: Any, inputs: Sequence[Any] = ()) -> Any:
    """The freshly computed `result` as a weak tensor, if there is such a weak dtype.

    Args:
        result: a tensor; other things come back as they are.
        inputs: tensors that must stay as they are, should `result` be one of them.
    """
    if is_weak(result) or getattr(result, "dtype", None) not in WEAK_DTYPES:
        return result
    if any(result is value for value in inputs):
        result = identity(result)
    found = _CLASSES.get(type(result))
    if found is not None:
        # In place, since tapes know tensors by identity, and so that a tensor without NumPy's
        # behaviour has no attribute for it.
        result.__class__ = found
    return result


def strengthen(value: Any) -> Any:
    """The same tensor with a dtype that is not weak."""
    return identity(value) if is_weak(value) else value


# ---- what two dtypes give ----

_SHORT = {
    "b": "bool", "u8": "uint8", "u16": "uint16", "u32": "uint32", "u64": "uint64", "i8": "int8",
    "i16": "int16", "i32": "int32", "i64": "int64", "bf": "bfloat16", "f16": "float16",
    "f32": "float32", "f64": "float64", "c": "complex64", "z": "complex128",
}  # fmt: skip

# One row and column each for the dtypes of _ORDER; `!` marks what mode "safe" does not do.
_ORDER = "b u8 u16 u32 u64 i8 i16 i32 i64 bf f16 f32 f64 c z i32* i64* f32* f64* z*"
_TABLE = """
b u8 u16 u32 u64 i8 i16 i32 i64 bf f16 f32 f64 c z i32* i64* f32* f64* z*
u8 u8 u16 u32 u64 i16! i16 i32 i64 bf f16 f32 f64 c z u8 u8 f64*! f64* z*
u16 u16 u16 u32 u64 i32! i32! i32 i64 bf! f16! f32 f64 c z u16 u16 f64*! f64* z*
u32 u32 u32 u32 u64 i64! i64! i64! i64 bf! f16! f32! f64 c! z u32 u32 f64*! f64* z*
u64 u64 u64 u64 u64 f64*! f64*! f64*! f64*! bf! f16! f32! f64! c! z! u64 u64 f64*! f64*! z*!
i8 i16! i32! i64! f64*! i8 i16 i32 i64 bf f16 f32 f64 c z i8 i8 f64*! f64* z*
i16 i16 i32! i64! f64*! i16 i16 i32 i64 bf! f16! f32 f64 c z i16 i16 f64*! f64* z*
i32 i32 i32 i64! f64*! i32 i32 i32 i64 bf! f16! f32! f64 c! z i32 i32 f64*! f64* z*
i64 i64 i64 i64 f64*! i64 i64 i64 i64 bf! f16! f32! f64! c! z! i64 i64 f64*! f64*! z*!
bf bf bf! bf! bf! bf bf! bf! bf! bf f32! f32 f64 c z bf bf bf bf c!
f16 f16 f16! f16! f16! f16 f16! f16! f16! f32! f16 f32 f64 c z f16 f16 f16 f16 c!
f32 f32 f32 f32! f32! f32 f32 f32! f32! f32 f32 f32 f64 c z f32 f32 f32 f32 c!
f64 f64 f64 f64 f64! f64 f64 f64 f64! f64 f64 f64 f64 z! z f64 f64 f64 f64 z
c c c c! c! c c c! c! c c c z! c z c c c c c
z z z z z! z z z z! z z z z z z z z z z z
i32* u8 u16 u32 u64 i8 i16 i32 i64 bf f16 f32 f64 c z i32* i64* f32* f64* z*
i64* u8 u16 u32 u64 i8 i16 i32 i64 bf f16 f32 f64 c z i64* i64* f32* f64* z*
f32* f64*! f64*! f64*! f64*! f64*! f64*! f64*! f64*! bf f16 f32 f64 c z f32* f32* f32* f64* z*
f64* f64* f64* f64* f64*! f64* f64* f64* f64*! bf f16 f32 f64 c z f64* f64* f64* f64* z*
z* z* z* z* z*! z* z* z* z*! c! c! c! z c z z* z* z* z* z*
"""


def _named(name: str) -> Weak:
    return as_dtype(_SHORT[name.rstrip("*")]), name.endswith("*")


def _read_table() -> dict[tuple[Weak, Weak], tuple[Weak, bool]]:
    order = [_named(name) for name in _ORDER.split()]
    found = {}
    for x, row in zip(order, _TABLE.strip().splitlines(), strict=True):
        for y, entry in zip(order, row.split(), strict=True):
            found[x, y] = _named(entry.rstrip("!")), not entry.endswith("!")
    return found


_promoted = _read_table()


def promoted_pair(x: Weak, y: Weak) -> Weak:
    """The dtype two dtypes have in common in the current mode.

    Raises:
        TypeError: if mode "safe" does not convert one of them, or one cannot be promoted at all.
    """
    if x == y:
        return x
    entry = _promoted.get((x, y))
    if entry is None:
        if x[0] == y[0]:
            return x[0], x[1] and y[1]
        raise TypeError(
            f"There is no implicit conversion between {x[0].name} and {y[0].name}. Use tf.cast."
        )
    found, safe = entry
    if not safe and config.numpy_dtype_mode == "safe":
        raise TypeError(
            f'In promotion mode "safe" {_text(x)} and {_text(y)} have no dtype in common that '
            'keeps every value. Use tf.cast, or dtype_conversion_mode="all".'
        )
    return found


def _text(x: Weak) -> str:
    return f"{'weak ' if x[1] else ''}{x[0].name}"


_PYTHON: dict[type, Weak] = {
    bool: (dtypes.bool, False),
    int: (dtypes.int32, True),
    float: (dtypes.float32, True),
    complex: (dtypes.complex128, True),
}


def weak_dtype(value: Any) -> Weak:
    """The dtype a value has in modes "all" and "safe", and whether it is weak.

    Args:
        value: a tensor, variable, array, dtype, Python number, or nested list of these.

    Raises:
        OverflowError: for an int that does not fit int32.
        TypeError: for other things.
    """
    kind = value.kind if isinstance(value, WeakNumber) else type(value)
    if kind in _PYTHON:
        if kind is int and not isinstance(value, WeakNumber) and not -(2**31) <= value < 2**31:
            raise OverflowError(f"Python int {value} too large to convert to int32.")
        return _PYTHON[kind]
    if isinstance(value, DType):
        return value.base_dtype, False
    if isinstance(value, (type, np.dtype, str)):
        return as_dtype(value), False
    if isinstance(value, Tensor):
        return value.dtype.base_dtype, is_weak(value)
    dtype = getattr(value, "dtype", None)
    if dtype is not None:
        return as_dtype(dtype).base_dtype, False
    if isinstance(value, (list, tuple)):
        return promoted(value) if value else (dtypes.float32, True)
    raise TypeError(f"{type(value).__name__} has no dtype: {value!r}")


def promoted(values: Sequence[Any]) -> Weak:
    """The dtype several values have in common in modes "all" and "safe"."""
    found = weak_dtype(values[0])
    for value in values[1:]:
        found = promoted_pair(found, weak_dtype(value))
    return found
