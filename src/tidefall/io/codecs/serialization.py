"""Tensors as bytes and bytes as tensors: TensorProtos, raw memory, base64."""

from __future__ import annotations

import base64
import re
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dispatch import UNARY
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import ELEMENTWISE, MOVES
from tidefall.ops.common import invalid, scalar, shape_text, unchanged, unknown


def _strings(shape: tuple[int, ...], items: list[bytes]) -> np.ndarray:
    result = np.empty(len(items), dtype=object)
    result[:] = items
    return result.reshape(shape)


# ---- TensorProto ----


def _serialize(tensor: np.ndarray, *, T: DType) -> np.ndarray:
    from tidefall.proto.tensors import make_tensor_proto

    if T in (dtypes.resource, dtypes.variant):
        raise invalid(f"A tensor of dtype {T.name} cannot be serialized.")
    proto = make_tensor_proto(tensor, T.as_datatype_enum, content=True)
    return np.array(proto.SerializeToString(), dtype=object)


serialize_tensor_op = op(
    "SerializeTensor", shape=scalar, host=_serialize, effects=PURE, gradient=NOT_DIFFERENTIABLE
)


@export("io.serialize_tensor")
def serialize_tensor(tensor: Any, name: str | None = None) -> Any:
    """A tensor as a serialized `TensorProto` message.

    Args:
        tensor: a tensor of any shape and dtype but resource and variant.
        name: name of the node in a graph.

    Returns:
        A string tensor of shape ().

    >>> import tidefall as tf
    >>> tf.io.parse_tensor(tf.io.serialize_tensor([1, 2]), tf.int32).numpy()
    array([1, 2], dtype=int32)
    """
    return serialize_tensor_op(tensor, name=name)


_SHOWN = 512
"""How many bytes of a text that is no tensor its error shows."""


def _parse(serialized: np.ndarray, *, out_type: DType) -> Any:
    from google.protobuf.message import DecodeError

    from tidefall.proto import TensorProto
    from tidefall.proto.tensors import dtype_name, tensor_proto_to_array

    if serialized.ndim:
        raise invalid(
            f"Expected `serialized` to be a scalar, got shape: {shape_text(serialized.shape)}"
        )
    try:
        proto = TensorProto.FromString(serialized.item())
        if proto.dtype != out_type.as_datatype_enum:
            raise invalid(
                f"Type mismatch between parsed tensor ({dtype_name(proto.dtype)}) and dtype "
                f"({out_type.name})"
            )
        return tensor_proto_to_array(proto)
    except (DecodeError, ValueError, TypeError) as error:
        shown = base64.b64encode(serialized.item()[:_SHOWN]).decode()
        raise invalid(
            f"Could not parse `serialized` as TensorProto, base64: {shown} ({error})"
        ) from None


parse_tensor_op = op(
    "ParseTensor", shape=unknown, host=_parse, effects=PURE, gradient=NOT_DIFFERENTIABLE
)


@export("io.parse_tensor")
def parse_tensor(serialized: Any, out_type: Any, name: str | None = None) -> Any:
    """The tensor in a serialized `TensorProto` message.

    Args:
        serialized: string tensor of shape ().
        out_type: the dtype the message must hold.
        name: name of the node in a graph.

    Returns:
        A tensor of dtype `out_type`; its shape is that of the message.

    Raises:
        InvalidArgumentError: if the bytes are not a TensorProto, or hold another dtype.

    >>> import tidefall as tf
    >>> tf.io.parse_tensor(tf.io.serialize_tensor([0.5, 1.5]), tf.float32).numpy()
    array([0.5, 1.5], dtype=float32)
    """
    return parse_tensor_op(serialized, out_type=as_dtype(out_type), name=name)


# ---- raw memory ----


def _in_order(raw: np.ndarray, dtype: np.dtype, little_endian: bool) -> np.ndarray:
    """View bytes as numbers of the machine's byte order."""
    parts = dtype.itemsize // 2 if dtype.kind == "c" else dtype.itemsize
    if parts > 1:
        raw = raw.view(f"{'<' if little_endian else '>'}u{parts}").astype(f"=u{parts}")
    return raw.view(dtype)


def _decoded_shape(c: Inference) -> TensorShape:
    return c.shape(0).concatenate([None])


def _decode(bytes: np.ndarray, *, out_type: DType, little_endian: bool) -> np.ndarray:
    dtype = np.dtype(out_type.as_numpy_dtype)
    if not bytes.size:
        return np.zeros((*bytes.shape, 0), dtype)
    items = bytes.reshape(-1).tolist()
    length = len(items[0])
    for i, item in enumerate(items):
        if len(item) != length:
            raise invalid(
                "DecodeRaw requires input strings to all be the same size, but element "
                f"{i} has size {len(item)} != {length}"
            )
    if length % dtype.itemsize:
        raise invalid(
            f"Input to DecodeRaw has length {length} that is not a multiple of {dtype.itemsize}, "
            f"the size of {out_type.name}"
        )
    raw = np.frombuffer(b"".join(items), np.uint8)
    return _in_order(raw, dtype, little_endian).reshape(*bytes.shape, length // dtype.itemsize)


decode_raw_op = op(
    "DecodeRaw",
    shape=_decoded_shape,
    host=_decode,
    effects=PURE,
    traits=(MOVES,),
    gradient=NOT_DIFFERENTIABLE,
)


def _padded_shape(c: Inference) -> TensorShape:
    length = c.constant(1)
    if length is None:
        return c.shape(0).concatenate([None])
    # A length of zero is refused when it runs.
    width = _elements(int(length), c.attr("out_type")) if length else 0
    return c.shape(0).concatenate([width])


def _elements(length: int, out_type: DType) -> int:
    if length <= 0:
        raise ValueError(f"fixed_length ({length}) must be greater than zero.")
    if length % out_type.size:
        raise ValueError(
            f"fixed_length ({length}) must be a multiple of the size of out_type ({out_type.size})"
        )
    return length // out_type.size


def _decode_padded(
    input_bytes: np.ndarray, fixed_length: np.ndarray, *, out_type: DType, little_endian: bool
) -> np.ndarray:
    length = int(fixed_length)
    width = _elements(length, out_type)
    raw = np.frombuffer(
        b"".join(item[:length].ljust(length, b"\0") for item in input_bytes.reshape(-1)), np.uint8
    )
    dtype = np.dtype(out_type.as_numpy_dtype)
    return _in_order(raw, dtype, little_endian).reshape(*input_bytes.shape, width)


decode_padded_raw_op = op(
    "DecodePaddedRaw",
    shape=_padded_shape,
    host=_decode_padded,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


@export("io.decode_raw")
def decode_raw(
    input_bytes: Any,
    out_type: Any,
    little_endian: bool = True,
    fixed_length: Any = None,
    name: str | None = None,
) -> Any:
    """Bytes as numbers.

    Args:
        input_bytes: string tensor `[...]`, all of one length.
        out_type: dtype of the numbers.
        little_endian: the byte order of the numbers.
        fixed_length: where given, each string is cut, or filled with zero bytes, to this length.
        name: name of the node in a graph.

    Returns:
        A tensor `[..., numbers]` of dtype `out_type`.

    Raises:
        InvalidArgumentError: if the lengths differ or are no multiple of the dtype's size.

    >>> import tidefall as tf
    >>> tf.io.decode_raw(b"\\x01\\x00\\x02\\x00", tf.uint16).numpy()
    array([1, 2], dtype=uint16)
    """
    out_type = as_dtype(out_type)
    if fixed_length is not None:
        return decode_padded_raw_op(
            input_bytes, fixed_length, out_type=out_type, little_endian=little_endian, name=name
        )
    return decode_raw_op(input_bytes, out_type=out_type, little_endian=little_endian, name=name)


# ---- base64 ----

_BASE64 = re.compile(rb"[A-Za-z0-9_-]*={0,2}")


def _encode_base64(input: np.ndarray, *, pad: bool) -> np.ndarray:
    encoded = [base64.urlsafe_b64encode(item) for item in input.reshape(-1)]
    return _strings(input.shape, encoded if pad else [item.rstrip(b"=") for item in encoded])


encode_base64_op = op(
    "EncodeBase64",
    shape=unchanged,
    host=_encode_base64,
    effects=PURE,
    traits=(ELEMENTWISE,),
    gradient=NOT_DIFFERENTIABLE,
)


@export("io.encode_base64", dispatch=UNARY)
def encode_base64(input: Any, pad: bool = False, name: str | None = None) -> Any:
    """Strings in web-safe base64 ("-" and "_" instead of "+" and "/").

    Args:
        input: string tensor of any shape.
        pad: fill up with "=" to a multiple of 4.
        name: name of the node in a graph.

    Returns:
        A string tensor of the same shape.

    >>> import tidefall as tf
    >>> tf.io.encode_base64("ab").numpy()
    b'YWI'
    """
    return encode_base64_op(input, pad=pad, name=name)


def _from_base64(item: bytes) -> bytes:
    if len(item) % 4 == 1:
        raise invalid("Base64 string length cannot be 1 modulo 4.")
    padded = item.endswith(b"=")
    bare = item.rstrip(b"=")
    if not _BASE64.fullmatch(item) or (padded and (len(item) % 4 or len(bare) % 4 < 2)):
        raise invalid("Invalid character found in base64.")
    return base64.urlsafe_b64decode(bare + b"=" * (-len(bare) % 4))


def _decode_base64(input: np.ndarray) -> np.ndarray:
    return _strings(input.shape, [_from_base64(item) for item in input.reshape(-1)])


decode_base64_op = op(
    "DecodeBase64",
    shape=unchanged,
    host=_decode_base64,
    effects=PURE,
    traits=(ELEMENTWISE,),
    gradient=NOT_DIFFERENTIABLE,
)


@export("io.decode_base64", dispatch=UNARY)
def decode_base64(input: Any, name: str | None = None) -> Any:
    """Strings from web-safe base64, with or without "=" at the end.

    Args:
        input: string tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A string tensor of the same shape.

    Raises:
        InvalidArgumentError: if a string is not base64.

    >>> import tidefall as tf
    >>> tf.io.decode_base64("YWI").numpy()
    b'ab'
    """
    return decode_base64_op(input, name=name)
