"""Lines of comma-separated values as columns: `tf.io.decode_csv`."""

from __future__ import annotations

import itertools
from collections.abc import Container, Sequence
from typing import Any

import numpy as np

from tidefall.base.dtypes import DType
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid
from tidefall.ops.strings.number_text import parse_numbers
from tidefall.tensor.conversion import convert_to_tensor

_SPECIAL = (b'"', b"\n", b"\r")
_NAMES = {"float32": "float", "float64": "double"}


# ---- one record as fields ----


def _fields(record: bytes, delimiter: bytes, quotes: bool, last: int | None) -> list[bytes]:
    """The fields of a record, those after column `last` left out."""
    if not record:
        return []
    if not quotes or not any(mark in record for mark in _SPECIAL):
        return record.split(delimiter) if last is None else record.split(delimiter, last + 1)
    fields: list[bytes] = []
    position = 0
    while last is None or len(fields) <= last:
        if record[position : position + 1] == b'"':
            field, position = _quoted(record, position + 1, delimiter)
        else:
            field, position = _plain(record, position, delimiter)
        fields.append(field)
        if position >= len(record):
            break
        position += 1
        if position == len(record):
            fields.append(b"")
            break
    return fields


def _plain(record: bytes, start: int, delimiter: bytes) -> tuple[bytes, int]:
    """An unquoted field, and where the delimiter after it is."""
    end = record.find(delimiter, start)
    end = len(record) if end < 0 else end
    field = record[start:end]
    if any(mark in field for mark in _SPECIAL):
        raise invalid("Unquoted fields cannot have quotes/CRLFs inside")
    return field, end


def _quoted(record: bytes, start: int, delimiter: bytes) -> tuple[bytes, int]:
    """A field whose opening quote stands before `start`, and where the delimiter after it is."""
    parts = []
    while True:
        end = record.find(b'"', start)
        if end < 0:
            raise invalid("Quoted field has to end with quote followed by delim or end")
        parts.append(record[start:end])
        after = record[end + 1 : end + 2]
        if after in (b"", delimiter):
            return b"".join(parts), end + 1
        if after != b'"':
            raise invalid("Quote inside a string has to be escaped by another quote")
        parts.append(b'"')
        start = end + 2


# ---- fields as columns ----


def _column(
    items: list[bytes], index: int, dtype: DType, default: np.ndarray, na_value: bytes
) -> np.ndarray:
    """The values of one column, the default where a field is empty or `na_value`."""
    gaps = [i for i, item in enumerate(items) if not item or item == na_value]
    if gaps and not default.size:
        raise invalid(f"Field {index} is required but missing in record {gaps[0]}!")
    if dtype.name == "string":
        values = np.empty(len(items), object)
        values[:] = items
    else:
        values = _numbers(_without(items, gaps), index, dtype)
    if gaps:
        values[gaps] = default.reshape(-1)[0]
    return values


def _without(items: list[bytes], gaps: list[int]) -> list[bytes]:
    if not gaps:
        return items
    kept = list(items)
    for i in gaps:
        kept[i] = b"0"
    return kept


def _numbers(items: list[bytes], index: int, dtype: DType) -> np.ndarray:
    try:
        return parse_numbers(items, dtype)
    except InvalidArgumentError:
        for record, item in enumerate(items):
            try:
                parse_numbers([item], dtype)
            except InvalidArgumentError:
                raise invalid(
                    f"Field {index} in record {record} is not a valid "
                    f"{_NAMES.get(dtype.name, dtype.name)}: {item.decode(errors='replace')}"
                ) from None
        raise


def _check(delimiter: bytes, defaults: Sequence[np.ndarray]) -> None:
    if len(delimiter) != 1:
        raise invalid("field_delim should be only 1 char")
    for i, default in enumerate(defaults):
        if default.ndim > 1:
            raise invalid("Each record default should be at most rank 1")
        if default.size > 1:
            raise invalid(
                f"There should only be 1 default per field but field {i} has {default.size}"
            )


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _decode(
    records: np.ndarray,
    record_defaults: list[np.ndarray],
    *,
    OUT_TYPE: Sequence[DType],
    field_delim: Any,
    use_quote_delim: bool,
    na_value: Any,
    select_cols: Sequence[int],
) -> list[np.ndarray]:
    delimiter = _bytes(field_delim)
    _check(delimiter, record_defaults)
    na = _bytes(na_value)
    return decode_records(
        records, record_defaults, OUT_TYPE, delimiter, use_quote_delim, na, list(select_cols)
    )


def decode_records(
    records: np.ndarray,
    defaults: Sequence[np.ndarray],
    types: Sequence[DType],
    delimiter: bytes,
    quotes: bool,
    na_value: bytes,
    select: Sequence[int] = (),
    exclude: Container[int] = (),
    blank: Sequence[bytes] = (),
) -> list[np.ndarray]:
    """Records as one array for each column.

    Args:
        records: strings, of any shape.
        defaults: what stands for empty fields of each column; empty where they are not allowed.
        types: the dtypes of the columns.
        delimiter: the character between fields.
        quotes: whether fields may be quoted.
        na_value: a further text that stands for an empty field.
        select: the columns wanted, increasing; all if it is empty.
        exclude: those that are not wanted, instead.
        blank: the fields of an empty record.

    Raises:
        InvalidArgumentError: a record has another number of fields, or a field cannot be read.
    """
    last = select[-1] if select else None
    count = len(types)
    rows = []
    for i, record in enumerate(records.reshape(-1).tolist()):
        row = _fields(record, delimiter, quotes, last) or list(blank)
        if select:
            row = [row[c] for c in select if c < len(row)]
        elif exclude:
            row = [field for c, field in enumerate(row) if c not in exclude]
        if len(row) != count:
            raise invalid(f"Expect {count} fields but have {len(row)} in record {i}")
        rows.append(row)
    found = zip(*rows, strict=True) if rows else [()] * count
    return [
        _column(list(items), i, dtype, default, na_value).reshape(records.shape)
        for i, (items, dtype, default) in enumerate(zip(found, types, defaults, strict=True))
    ]


def _shapes(c: Inference) -> list[TensorShape]:
    for i in range(1, c.n_inputs):
        default = c.shape(i)
        if default.rank is not None and default.as_list() not in ([], [None], [0], [1]):
            raise ValueError(
                "Shape of a default must be a length-0 or length-1 vector, or a scalar. Received "
                f"{default} for column {i - 1}."
            )
    return [c.shape(0)] * len(c.attr("OUT_TYPE"))


decode_csv_op = op(
    "DecodeCSV", shape=_shapes, host=_decode, effects=PURE, gradient=NOT_DIFFERENTIABLE
)


@export("io.decode_csv")
def decode_csv(
    records: Any,
    record_defaults: Any,
    field_delim: str = ",",
    use_quote_delim: bool = True,
    na_value: str = "",
    select_cols: Any = None,
    name: str | None = None,
) -> Any:
    """Lines of comma-separated values (RFC 4180) as one tensor for each column.

    Args:
        records: string tensor of any shape, each string one record without a line end.
        record_defaults: for each column a tensor of shape () or `[1]`, whose dtype (float32,
            float64, int32, int64 or string) is the column's and whose value stands for empty
            fields; of shape `[0]` where a field must not be empty.
        field_delim: the character between fields.
        use_quote_delim: whether fields may stand in double quotes, which then may hold
            delimiters, line ends and, doubled, quotes. Otherwise quotes are characters like others.
        na_value: a further text that stands for an empty field.
        select_cols: the columns wanted, in increasing order; all by default.
        name: name of the node in a graph.

    Returns:
        A list of tensors shaped like `records`.

    Raises:
        ValueError: if `select_cols` is not increasing, negative or not as long as
            `record_defaults`.
        InvalidArgumentError: if a record has more or fewer fields, a field is no number of the
            column's dtype, a required field is empty, or quotes are misplaced.

    >>> import tidefall as tf
    >>> name, size = tf.io.decode_csv(['"Rhine, Upper",3', "Elbe,"], ["", -1])
    >>> name.numpy().tolist(), size.numpy().tolist()
    ([b'Rhine, Upper', b'Elbe'], [3, -1])
    """
    defaults = [convert_to_tensor(default) for default in record_defaults]
    columns = [] if select_cols is None else [int(c) for c in select_cols]
    if select_cols is not None:
        _check_columns(columns, len(defaults))
    return decode_csv_op(
        records,
        defaults,
        field_delim=field_delim,
        use_quote_delim=use_quote_delim,
        na_value=na_value,
        select_cols=columns,
        name=name,
    )


def _check_columns(columns: list[int], count: int) -> None:
    if any(a >= b for a, b in itertools.pairwise(columns)):
        raise ValueError(f"select_cols is not strictly increasing: {columns}.")
    if columns and columns[0] < 0:
        raise ValueError(f"select_cols contains negative values: {columns}.")
    if len(columns) != count:
        raise ValueError(
            f"Length of select_cols ({len(columns)}) and record_defaults ({count}) do not match."
        )


@export("compat.v1.decode_csv", "compat.v1.io.decode_csv")
def decode_csv_v1(
    records: Any,
    record_defaults: Any,
    field_delim: str = ",",
    use_quote_delim: bool = True,
    name: str | None = None,
    na_value: str = "",
    select_cols: Any = None,
) -> Any:
    """`tf.io.decode_csv` with TensorFlow 1's order of arguments.

    >>> import tidefall as tf
    >>> [column.numpy().tolist() for column in tf.compat.v1.decode_csv(["1;2"], [0, 0], ";")]
    [[1], [2]]
    """
    return decode_csv(
        records, record_defaults, field_delim, use_quote_delim, na_value, select_cols, name
    )
