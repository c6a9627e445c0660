"""Tensors of Predict requests to the arrays a signature asks for, and arrays to the reply."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tidefall.proto import DataType
from tidefall.proto import tensors as wire
from tidefall.serving.models.servable import Arrays, Signature, TensorInfo
from tidefall.serving.status import invalid

_ENUMS = {wire.dtype_name(number): number for number in DataType.values() if number}


def dtype_enum(name: str) -> int:
    """The DataType number of a type that TensorFlow calls by that name; 0 where it has none."""
    return _ENUMS.get(name, 0)


def decode_inputs(
    tensors: Mapping[str, Any], signature: Signature, most_bytes: int
) -> dict[str, np.ndarray]:
    """The input arrays of a Predict request, and the defaults of those it leaves out.

    Args:
        tensors: TensorProtos by input name.
        signature: what the inputs must be; names and shapes are not checked here.
        most_bytes: the size that one array may have. A tensor may stand for more elements than it
            holds, so that a short message could take all memory.

    Raises:
        InvalidArgumentError: a tensor is malformed, too large, or not of the signature's type.
    """
    inputs = signature.inputs
    received = {
        name: _array(name, tensor, inputs[name], most_bytes) if name in inputs else np.empty(0)
        for name, tensor in tensors.items()
    }
    return {**signature.defaults, **received} if signature.defaults else received


def _array(name: str, tensor: Any, info: TensorInfo, most_bytes: int) -> np.ndarray:
    wanted = info.dtype.removesuffix("_ref")
    if tensor.dtype != dtype_enum(wanted):
        found = wire.dtype_name(tensor.dtype)
        raise invalid(f"Input {name!r}: expected a tensor of type {wanted}, received {found}")
    try:
        size = math.prod(dim.size for dim in tensor.tensor_shape.dim)
        size *= wire.numpy_dtype(tensor.dtype).itemsize
        if size > most_bytes:
            raise invalid(
                f"Input {name!r}: a tensor of {size} bytes is too large; at most {most_bytes} are "
                "accepted"
            )
        return wire.tensor_proto_to_array(tensor)
    except (TypeError, ValueError) as error:
        raise invalid(f"tensor parsing error: {name}. {error}") from None


def check_filter(names: Sequence[str], signature: Signature) -> None:
    """Checks the outputs that a request asks for.

    Raises:
        InvalidArgumentError: one is not in the signature, or is named twice.
    """
    for index, name in enumerate(names):
        if name not in signature.outputs:
            known = ",".join(sorted(signature.outputs))
            raise invalid(
                f"output tensor alias not found in signature: {name} Outputs expected to be in "
                f"the set {{{known}}}."
            )
        if name in names[:index]:
            raise invalid(f"duplicate output tensor alias: {name}")


def encode_outputs(
    target: Any, outputs: Arrays, names: Iterable[str], signature: Signature, as_content: bool
) -> None:
    """Puts output arrays into the reply to a Predict request.

    Args:
        target: the reply's map of TensorProtos by name.
        outputs: the arrays.
        names: which of them to send.
        signature: what they are.
        as_content: write elements as `tensor_content` where their type allows.
    """
    for name in names:
        _encode(target[name], outputs[name], signature.outputs[name], as_content)


def _encode(tensor: Any, array: np.ndarray, info: TensorInfo, as_content: bool) -> None:
    enum = dtype_enum(info.dtype.removesuffix("_ref"))
    array, enum = wire.as_typed_array(array, enum if enum in wire.QUANTIZED else None)
    tensor.dtype = enum
    tensor.tensor_shape.SetInParent()
    for size in array.shape:
        tensor.tensor_shape.dim.add(size=size)
    if as_content and enum != wire.STRING:
        tensor.tensor_content = array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
    else:
        wire.fill_typed_field(tensor, array, enum)
