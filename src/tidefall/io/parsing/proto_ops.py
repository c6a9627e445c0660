"""Protocol buffer messages as tensors: `tf.io.decode_proto` and `tf.io.encode_proto`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tidefall.base.dtypes import as_dtype
from tidefall.base.errors import DataLossError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.io.parsing.proto_descriptors import message_class, message_descriptor
from tidefall.io.parsing.proto_fields import KINDS, scan, values_of, written
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid, shape_text


class DecodeProtoV2(NamedTuple):
    """What `tf.io.decode_proto` returns."""

    sizes: Any
    values: Any


def _fields(source: Any, message_type: Any, names: Any) -> list[Any]:
    descriptor = message_descriptor(source, _text(message_type))
    found = []
    for name in map(_text, names):
        field = descriptor.fields_by_name.get(name)
        if field is None and name.startswith("["):
            field = descriptor.extensions_by_name.get(name.strip("[]").rpartition(".")[2])
        if field is None:
            raise invalid(f"Unknown field: {name} in message type {descriptor.full_name}")
        found.append(field)
    return found


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _repeated(field: Any) -> bool:
    repeated = getattr(field, "is_repeated", None)
    return field.label == field.LABEL_REPEATED if repeated is None else bool(repeated)


# ---- decoding ----


def _decoded_shapes(c: Inference) -> list[TensorShape]:
    batch, count = c.shape(0), len(c.attr("output_types"))
    each = batch.concatenate([None])
    return [batch.concatenate([count]), *[each] * count]


def _decode(
    bytes: Any, *, message_type: Any, field_names: Any, output_types: Any, descriptor_source: Any,
    message_format: Any, sanitize: bool,
) -> Any:  # fmt: skip
    if len(field_names) != len(output_types):
        raise invalid(
            "field_names and output_types attributes must have the same length, got "
            f"{len(field_names)} and {len(output_types)}"
        )
    kind = _text(message_format)
    if kind not in ("binary", "text"):
        raise invalid(f"format must be one of binary or text, got {kind!r}")
    fields = _fields(descriptor_source, message_type, field_names)
    for field, dtype in zip(fields, output_types, strict=True):
        if as_dtype(dtype).name not in KINDS[field.type].dtypes:
            raise invalid(
                f"Unexpected output type for {field.full_name}: {KINDS[field.type].name} to "
                f"{as_dtype(dtype).name}"
            )
    if not bytes.size:
        raise invalid("Bufs argument must contain at least one value")
    messages = bytes.reshape(-1).tolist()
    if kind == "text" or sanitize:
        made = message_class(descriptor_source, _text(message_type))
        messages = [_normal(made, message, kind) for message in messages]
    rows = [_read(message, fields) for message in messages]
    sizes = np.array([[len(v) for v in row] for row in rows], np.int32)
    sizes = sizes.reshape(*bytes.shape, len(fields))
    outputs = [
        _filled([row[i] for row in rows], field, as_dtype(dtype), bytes.shape)
        for i, (field, dtype) in enumerate(zip(fields, output_types, strict=True))
    ]
    return [sizes, outputs]


def _normal(made: Any, message: bytes, kind: str) -> bytes:
    """A message in its usual binary form."""
    from google.protobuf import text_format
    from google.protobuf.message import DecodeError

    value = made()
    if kind == "text":
        try:
            text_format.Parse(message.decode(), value)
        except (text_format.ParseError, UnicodeDecodeError) as error:
            raise DataLossError(None, None, f"Unable to parse text protobuf: {error}") from None
    else:
        try:
            value.ParseFromString(message)
        except DecodeError as error:
            raise DataLossError(None, None, f"Unable to parse binary protobuf: {error}") from None
    return value.SerializePartialToString()


def _read(message: bytes, fields: list[Any]) -> list[list[Any]]:
    """The values of the fields of one message; of a name given twice the first has them."""
    found: list[list[Any]] = [[] for _ in fields]
    first: dict[int, int] = {}
    for i, field in enumerate(fields):
        first.setdefault(field.number, i)
    for number, wire, payload in scan(message, first.__contains__):
        i = first[number]
        repeated = _repeated(fields[i])
        values = values_of(KINDS[fields[i].type], wire, payload, repeated)
        if values is None:
            continue
        if repeated:
            found[i] += values
        else:
            found[i] = values[-1:]
    return found


def _filled(rows: list[list[Any]], field: Any, dtype: Any, batch: Any) -> np.ndarray:
    """The values of all messages, padded with the field's default."""
    width = max(1, *(len(row) for row in rows))
    numpy_type = object if dtype.name == "string" else dtype.as_numpy_dtype
    result = np.empty((len(rows), width), numpy_type)
    result[:] = _default(field)
    for line, row in zip(result, rows, strict=True):
        line[: len(row)] = row
    return result.reshape(*batch, width)


def _default(field: Any) -> Any:
    if not KINDS[field.type].stored:
        given = field.default_value if not _repeated(field) else None
        return given.encode() if isinstance(given, str) else given or b""
    return 0 if _repeated(field) else field.default_value


decode_proto_op = op(
    "DecodeProtoV2", shape=_decoded_shapes, host=_decode, effects=PURE, gradient=NOT_DIFFERENTIABLE
)


@export("io.decode_proto", "compat.v1.io.decode_proto")
def decode_proto(
    bytes: Any,
    message_type: str,
    field_names: Any,
    output_types: Any,
    descriptor_source: Any = "local://",
    message_format: str = "binary",
    sanitize: bool = False,
    name: str | None = None,
) -> Any:
    """Take fields out of serialized protocol buffer messages.

    Args:
        bytes: string tensor of any shape, with a message in each element.
        message_type: full name of the message type, such as "tensorflow.Example".
        field_names: names of the fields wanted; of nested messages one gets the bytes.
        output_types: the dtype of each of them: that of the field, or a wider one.
        descriptor_source: where the message type is described: "local://" for TensorFlow's own
            messages and those of the process, the path of a file with a serialized
            FileDescriptorSet, or "bytes://" followed by one.
        message_format: "binary" or "text".
        sanitize: parse messages whole, and read them as they are then written.
        name: name of the node in a graph.

    Returns:
        A named tuple of `sizes`, an int32 tensor `bytes.shape + [fields]` with the number of values
        of each field, and `values`, a list with a tensor `bytes.shape + [most values]` for each.
        Rows are filled up with the field's default.

    Raises:
        InvalidArgumentError: for an unknown message type or field, or another dtype.
        DataLossError: for a message that cannot be parsed.

    >>> import tidefall as tf
    >>> data = tf.io.serialize_tensor(tf.zeros([2, 3]))
    >>> found = tf.io.decode_proto(data, "tensorflow.TensorProto", ["dtype"], [tf.int32])
    >>> found.values[0].numpy(), found.sizes.numpy()
    (array([1], dtype=int32), array([1], dtype=int32))
    """
    result = decode_proto_op(
        bytes,
        message_type=message_type,
        field_names=list(field_names),
        output_types=[as_dtype(t) for t in output_types],
        descriptor_source=descriptor_source,
        message_format=message_format,
        sanitize=sanitize,
        name=name,
    )
    return DecodeProtoV2(*result)


# ---- encoding ----


def _encoded_shape(c: Inference) -> TensorShape:
    sizes = c.shape(0)
    if sizes.rank is None:
        return TensorShape(None)
    batch = sizes[:-1]
    for i in range(1, c.n_inputs):
        values = c.shape(i)
        if values.rank is not None:
            batch = batch.merge_with(values[:-1])
    return batch


def _encode(
    sizes: Any, values: Any, *, message_type: Any, field_names: Any, descriptor_source: Any
) -> Any:
    if len(values) != len(field_names):
        raise invalid(
            f"Length of inputs list must match field_names, got {len(values)} and "
            f"{len(field_names)}"
        )
    fields = _fields(descriptor_source, message_type, field_names)
    for field, value in zip(fields, values, strict=True):
        _check_values(field, value)
    batch = values[0].shape[:-1]
    for field, value in zip(fields, values, strict=True):
        if value.shape[:-1] != batch:
            raise invalid(
                f"Values must match up to the last dimension; field {field.name} has shape "
                f"{shape_text(value.shape)} and the first one {shape_text(values[0].shape)}"
            )
    if sizes.shape != (*batch, len(fields)):
        raise invalid(
            f"sizes should be batch_size + [len(field_names)].  Saw: {shape_text(sizes.shape)} but "
            f"expected: {shape_text((*batch, len(fields)))}"
        )
    counts = sizes.reshape(-1, len(fields))
    result = np.empty(len(counts), object)
    result[:] = [b""] * len(counts)
    for i in sorted(range(len(fields)), key=lambda i: fields[i].number):
        result += _written(fields[i], values[i], counts[:, i], i)
    return result.reshape(batch)


def _check_values(field: Any, value: Any) -> None:
    kind = KINDS[field.type]
    name = "string" if value.dtype.kind in "OSU" else value.dtype.name
    if name not in kind.dtypes:
        raise invalid(
            f"Incompatible type for field {field.name}.  Saw dtype: {name} but field type is: "
            f"{kind.name}"
        )
    if value.ndim < 2:
        raise invalid(
            f"Invalid shape for field {field.name}.  Saw shape {shape_text(value.shape)} but it "
            "should be at least a matrix."
        )


def _written(field: Any, values: Any, counts: Any, i: int) -> np.ndarray:
    """The bytes of one field of each message."""
    rows = values.reshape(len(counts), values.shape[-1])
    if counts.size and counts.max() > values.shape[-1]:
        at = int(counts.argmax())
        raise invalid(
            f"Size to write must not be larger than value tensor; but saw: {counts[at]} > "
            f"{values.shape[-1]} at message {at} field {i}"
        )
    kind, packed = KINDS[field.type], _packed(field)
    result = np.empty(len(counts), object)
    for at, (row, count) in enumerate(zip(rows, counts.tolist(), strict=True)):
        taken = row[: max(count, 0)].tolist()
        result[at] = written(kind, field.number, taken, packed) if taken else b""
    return result


def _packed(field: Any) -> bool:
    packed = getattr(field, "is_packed", None)
    return bool(field.GetOptions().packed) if packed is None else bool(packed)


encode_proto_op = op(
    "EncodeProto", shape=_encoded_shape, host=_encode, effects=PURE, gradient=NOT_DIFFERENTIABLE
)


@export("io.encode_proto", "compat.v1.io.encode_proto")
def encode_proto(
    sizes: Any,
    values: Any,
    field_names: Any,
    message_type: str,
    descriptor_source: Any = "local://",
    name: str | None = None,
) -> Any:
    """Make serialized protocol buffer messages of the values of their fields.

    Args:
        sizes: int32 tensor `batch + [fields]`, how many values of each field to write.
        values: a list with a tensor `batch + [most values]` for each field.
        field_names: names of the fields.
        message_type: full name of the message type.
        descriptor_source: where the message type is described; see `tf.io.decode_proto`.
        name: name of the node in a graph.

    Returns:
        A string tensor of shape `batch`; fields are written in the order of their numbers.

    Raises:
        InvalidArgumentError: for an unknown message type or field, another dtype, or sizes that do
            not fit the values.

    >>> import tidefall as tf
    >>> tf.io.encode_proto([[1]], [tf.constant([["x"]])], ["device"], "tensorflow.NodeDef").numpy()
    array([b'"\\x01x'], dtype=object)
    """
    return encode_proto_op(
        sizes,
        list(values),
        field_names=list(field_names),
        message_type=message_type,
        descriptor_source=descriptor_source,
        name=name,
    )
