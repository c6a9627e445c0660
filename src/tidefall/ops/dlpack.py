"""`tf.experimental.dlpack`: tensors shared with other libraries without copying.

A capsule is Python's handle on a DLManagedTensor (https://dmlc.github.io/dlpack/latest/c_api.html).
NumPy writes and reads them. It does not know bfloat16: such an array travels as uint16, and the
code of the dtype in the capsule is changed.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.ops.common import invalid
from tidefall.tensor.conversion import eager
from tidefall.tensor.tensor import EagerTensor

_DTYPES = frozenset(
    (
        dtypes.bool, dtypes.int8, dtypes.int16, dtypes.int32, dtypes.int64, dtypes.uint8,
        dtypes.uint16, dtypes.uint32, dtypes.uint64, dtypes.float16, dtypes.bfloat16,
        dtypes.float32, dtypes.float64, dtypes.complex64, dtypes.complex128,
    )
)  # fmt: skip
_UNSIGNED, _BFLOAT = 1, 4
_CAPSULE = b"dltensor"
_CPU = 1


class _Header(ctypes.Structure):
    """A DLTensor, the beginning of a DLManagedTensor."""

    _fields_ = [
        ("data", ctypes.c_void_p),
        ("device_type", ctypes.c_int32),
        ("device_id", ctypes.c_int32),
        ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
        ("shape", ctypes.c_void_p),
        ("strides", ctypes.c_void_p),
        ("byte_offset", ctypes.c_uint64),
    ]


class _Writable:
    """Lends the memory of an array that may not be written to, which NumPy would not export."""

    def __init__(self, array: np.ndarray):
        self._owner = array
        interface = dict(array.__array_interface__)
        interface["data"] = (interface["data"][0], False)
        self.__array_interface__ = interface


class _Holder:
    """What libraries ask for a capsule."""

    def __init__(self, capsule: Any, device: tuple[int, int]):
        self._capsule = capsule
        self._device = device

    def __dlpack__(self, **_: Any) -> Any:
        return self._capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._device


def _header(capsule: Any) -> _Header:
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return _Header.from_address(get(capsule, _CAPSULE))


def _capsule_name(value: Any) -> bytes | None:
    name = ctypes.pythonapi.PyCapsule_GetName
    name.restype, name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    return name(value)


@export("experimental.dlpack.to_dlpack")
def to_dlpack(tf_tensor: Any) -> Any:
    """Lend a tensor's memory to another library.

    Args:
        tf_tensor: an eager tensor of bools, integers of 8 to 64 bits, floats (also bfloat16) or
            complex numbers.

    Returns:
        A capsule named "dltensor", which can be read once. Nothing is copied: who reads it must not
        write to the memory, since tensors do not change.

    Raises:
        InvalidArgumentError: for anything but an eager tensor, and for other dtypes.

    >>> import tidefall as tf
    >>> capsule = tf.experimental.dlpack.to_dlpack(tf.constant([1.0, 2.0]))
    >>> tf.experimental.dlpack.from_dlpack(capsule).numpy()
    array([1., 2.], dtype=float32)
    """
    if not isinstance(tf_tensor, EagerTensor):
        raise invalid(
            "The argument to `to_dlpack` must be a TF tensor, not Python object. Received: "
            f"{tf_tensor!r}"
        )
    if tf_tensor.dtype not in _DTYPES:
        raise invalid(f"{tf_tensor.dtype.name} is not supported by dlpack")
    value = tf_tensor.storage
    if not isinstance(value, np.ndarray) and next(iter(value.devices())).platform != "cpu":
        return value.__dlpack__()
    array = np.ascontiguousarray(tf_tensor.host_array()).reshape(tf_tensor.host_array().shape)
    narrow = tf_tensor.dtype is dtypes.bfloat16
    if narrow:
        array = array.view(np.uint16)
    capsule = np.asarray(_Writable(array)).__dlpack__()
    if narrow:
        _header(capsule).code = _BFLOAT
    return capsule


@export("experimental.dlpack.from_dlpack")
def from_dlpack(dlcapsule: Any) -> Any:
    """A tensor over memory that another library lends.

    Args:
        dlcapsule: a capsule named "dltensor", such as `array.__dlpack__()` of NumPy, JAX or PyTorch
            returns. It can be read once. Who lends the memory must not write to it any more.

    Returns:
        An eager tensor; nothing is copied.

    Raises:
        TypeError: for anything but a capsule.
        InvalidArgumentError: for a capsule that was read before, and for elements that are not side
            by side in row-major order.

    >>> import numpy as np, tidefall as tf
    >>> tf.experimental.dlpack.from_dlpack(np.arange(3).__dlpack__()).numpy()
    array([0, 1, 2])
    """
    if type(dlcapsule).__name__ != "PyCapsule":
        raise TypeError(
            "tf.experimental.dlpack.from_dlpack takes a capsule. Received: "
            f"{dlcapsule!r}. Call its `__dlpack__()` and pass what it returns."
        )
    name = _capsule_name(dlcapsule)
    if name != _CAPSULE:
        raise invalid(
            'DLPack tensor must be a capsule with name "dltensor", got '
            f'"{(name or b"").decode()}". Note that a DLPack tensor may be consumed at most once.'
        )
    header = _header(dlcapsule)
    holder = _Holder(dlcapsule, (header.device_type, header.device_id))
    if header.device_type != _CPU:
        from jax import dlpack

        return EagerTensor(dlpack.from_dlpack(holder))
    narrow = header.code == _BFLOAT and header.bits == 16
    if narrow:
        header.code = _UNSIGNED
    array = np.from_dlpack(holder)
    if not array.flags.c_contiguous:
        raise invalid(
            f"Invalid strides array from DLPack: shape {list(array.shape)} with strides "
            f"{list(array.strides)} in bytes is not in row-major order. Copy the array first."
        )
    return eager(array.view(dtypes.bfloat16.as_numpy_dtype) if narrow else array)
