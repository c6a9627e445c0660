"""Tensors of a file: their types in NumPy, their quantization, and their constant data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tidefall.base import errors
from tidefall.lite.schema import QuantizationParameters, Tensor, TensorType

_TYPES: dict[TensorType, Any] = {
    TensorType.FLOAT32: np.float32,
    TensorType.FLOAT16: np.float16,
    TensorType.INT32: np.int32,
    TensorType.UINT8: np.uint8,
    TensorType.INT64: np.int64,
    TensorType.STRING: np.bytes_,
    TensorType.BOOL: np.bool_,
    TensorType.INT16: np.int16,
    TensorType.COMPLEX64: np.complex64,
    TensorType.INT8: np.int8,
    TensorType.FLOAT64: np.float64,
    TensorType.COMPLEX128: np.complex128,
    TensorType.UINT64: np.uint64,
    TensorType.RESOURCE: np.object_,
    TensorType.VARIANT: np.object_,
    TensorType.UINT32: np.uint32,
    TensorType.UINT16: np.uint16,
    TensorType.INT4: np.int8,
    TensorType.INT2: np.int8,
    TensorType.UINT4: np.uint8,
}
_PACKED = {TensorType.INT4: 4, TensorType.UINT4: 4, TensorType.INT2: 2}
"""Bits of elements that share bytes."""
MAX_ELEMENTS = 2**28
"""A tensor that would be computed with more elements is taken for damage."""


def numpy_type(kind: TensorType) -> Any:
    """The NumPy scalar type of a tensor's elements; strings are `np.bytes_`."""
    if kind == TensorType.BFLOAT16:
        import ml_dtypes

        return ml_dtypes.bfloat16
    if kind not in _TYPES:
        raise errors.UnimplementedError(
            None, None, f"Tensors of type {kind.name} cannot be run yet."
        )
    return _TYPES[kind]


def storage_dtype(kind: TensorType) -> np.dtype[Any]:
    """The dtype of arrays that hold such tensors: objects for strings."""
    found = numpy_type(kind)
    return np.dtype(object if found in (np.bytes_, np.void) else found)


@dataclass(slots=True)
class TensorInfo:
    """What a file says of a tensor.

    Args:
        index: its number in the subgraph.
        name: its name; names need not differ.
        type: its element type.
        shape: its shape; unknown dimensions are 1 here.
        signature: the same with -1 for unknown dimensions.
        scales: float32 scales of quantization; none, one, or one for each slice along `axis`.
        zero_points: as many zero points.
        axis: the quantized dimension.
        constant: the value, of tensors that have one in the file.
        is_variable: whether it keeps its value from one run to the next.
    """

    index: int
    name: str
    type: TensorType
    shape: tuple[int, ...]
    signature: tuple[int, ...]
    scales: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    zero_points: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    axis: int = 0
    constant: np.ndarray | None = None
    is_variable: bool = False

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of arrays that hold it."""
        return storage_dtype(self.type)

    @property
    def is_quantized(self) -> bool:
        """Whether its integers stand for real numbers."""
        return self.scales.size > 0

    @property
    def scale(self) -> np.float32:
        """The scale of a tensor that has one for all; 0 for one without."""
        return self.scales[0] if self.scales.size else np.float32(0)

    @property
    def zero_point(self) -> int:
        """The zero point of a tensor that has one for all."""
        return int(self.zero_points[0]) if self.zero_points.size else 0


def tensor_info(index: int, tensor: Tensor, data: Any, where: str) -> TensorInfo:
    """The facts of a tensor, checked; `data` are the bytes of its buffer, "" for none.

    Raises:
        tf.errors.DataLossError: if shape, data or quantization contradict each other.
    """

    def damage(why: str) -> errors.DataLossError:
        return errors.DataLossError(
            None, None, f"{where}: tensor {index} ({tensor.name!r}) is damaged: {why}."
        )

    shape = tuple(tensor.shape)
    if any(each < 0 for each in shape):
        raise damage(f"its shape is {list(shape)}")
    signature = tuple(tensor.shape_signature)
    if signature and len(signature) != len(shape):
        raise damage(f"its shape is {list(shape)} and its shape_signature {list(signature)}")
    info = TensorInfo(index, tensor.name, tensor.type, shape, signature or shape)
    info.is_variable = tensor.is_variable
    if tensor.quantization is not None:
        _add_quantization(info, tensor.quantization, damage)
    if tensor.external_buffer:
        raise errors.UnimplementedError(
            None, None, f"{where}: tensor {index} has its data in another file."
        )
    if len(data):
        if tensor.is_variable:
            raise damage("it is a variable and has a value in the file")
        info.constant = constant(info, tensor, data, damage)
    return info


def _add_quantization(info: TensorInfo, given: QuantizationParameters, damage: Any) -> None:
    scales = np.array(given.scale, np.float32)
    zero_points = np.array(given.zero_point, np.int64)
    if zero_points.size == 0:
        zero_points = np.zeros(scales.size, np.int64)
    elif zero_points.size == 1 and scales.size > 1:
        zero_points = np.repeat(zero_points, scales.size)
    if zero_points.size != scales.size:
        if scales.size == 0:
            return
        raise damage(f"it has {scales.size} scales and {zero_points.size} zero points")
    axis = given.quantized_dimension
    if scales.size > 1 and (not 0 <= axis < len(info.shape) or info.shape[axis] != scales.size):
        raise damage(
            f"it has {scales.size} scales for dimension {axis} of its shape {list(info.shape)}"
        )
    if given.details is not None and scales.size == 0:
        return
    info.scales, info.zero_points, info.axis = scales, zero_points, axis


def constant(info: TensorInfo, tensor: Tensor, data: Any, damage: Any) -> np.ndarray:
    """The value of a tensor that has one in the file."""
    count = 1
    for each in info.shape:
        count *= each
    if info.type == TensorType.STRING:
        return unpack_strings(data, damage).reshape(_string_shape(info, data))
    if tensor.sparsity is not None:
        from tidefall.lite.interpreter.sparse import densify

        return densify(info, tensor.sparsity, data, damage)
    bits = _PACKED.get(info.type)
    if bits:
        needed = (count * bits + 7) // 8
        if len(data) < needed:
            raise damage(f"its shape {list(info.shape)} takes {needed} bytes, not {len(data)}")
        return _unpack(np.frombuffer(data, np.uint8, needed), bits, info.dtype, count).reshape(
            info.shape
        )
    dtype = info.dtype
    needed = count * dtype.itemsize
    if len(data) != needed:
        raise damage(f"its shape {list(info.shape)} takes {needed} bytes, not {len(data)}")
    if info.type == TensorType.BOOL:
        return (np.frombuffer(data, np.uint8) != 0).reshape(info.shape)
    found = np.frombuffer(data, dtype).reshape(info.shape)
    # Buffers may begin anywhere in the file, and arithmetic on such arrays is slow.
    return found if found.flags.aligned else found.copy()


def _string_shape(info: TensorInfo, data: Any) -> tuple[int, ...]:
    count = int.from_bytes(bytes(data[:4]), "little")
    expected = 1
    for each in info.shape:
        expected *= each
    return info.shape if expected == count else (count,)


def _unpack(data: np.ndarray, bits: int, dtype: Any, count: int) -> np.ndarray:
    parts = 8 // bits
    shifts = np.arange(parts, dtype=np.uint8) * np.uint8(bits)
    elements = (data[:, None] >> shifts) & np.uint8((1 << bits) - 1)
    elements = elements.reshape(-1)[:count]
    if dtype == np.int8:
        top = 8 - bits
        elements = (elements << np.uint8(top)).view(np.int8) >> np.int8(top)
    return elements.astype(dtype)


def unpack_strings(data: Any, damage: Any) -> np.ndarray:
    """Strings of a buffer: their number, where each begins, where the last ends, the bytes."""
    view = memoryview(data)
    if len(view) < 4:
        raise damage("its strings have no number")
    count = int.from_bytes(view[:4], "little")
    if 4 * (count + 2) > len(view):
        raise damage(f"it is said to hold {count} strings, and its buffer has {len(view)} bytes")
    offsets = np.frombuffer(view[4 : 4 * (count + 2)], np.int32)
    steps = np.diff(offsets)
    if offsets[0] < 0 or offsets[-1] > len(view) or (steps < 0).any():
        raise damage("its strings lie outside its buffer")
    found = np.empty(count, object)
    for index in range(count):
        found[index] = bytes(view[offsets[index] : offsets[index + 1]])
    return found
