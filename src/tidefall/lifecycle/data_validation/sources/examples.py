"""Serialized Examples and SequenceExamples to Arrow batches whose columns are lists, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tidefall.io.parsing.example_layout import NoLayout, groups_of
from tidefall.lifecycle.data_validation.failures import damaged, invalid

SEQUENCE = "##SEQUENCE##"
"""The structure that holds the feature lists of SequenceExamples."""
_KINDS = ("bytes_list", "float_list", "int64_list")
_NAMES = {"bytes_list": "strings", "float_list": "floats", "int64_list": "integers"}


class Gathered:
    """The values of one feature, as they are found.

    Args:
        name: the feature.
        rows: how many examples there are.
        place: what errors call them.
    """

    def __init__(self, name: str, rows: int, place: str):
        self.name, self.place = name, place
        self.kind = ""
        self.counts = np.full(rows, -1, np.int64)
        self._pieces: list[tuple[np.ndarray, Any]] = []

    def put(self, kind: str, rows: np.ndarray, counts: np.ndarray, values: Any) -> None:
        """Values of some examples, one example after the other.

        Raises:
            InvalidArgumentError: the feature was of another kind.
        """
        if self.kind and kind != self.kind:
            raise invalid(
                f"{self.place}, record {int(rows[0])}: feature {self.name!r} holds {_NAMES[kind]}, "
                f"and {_NAMES[self.kind]} in other records"
            )
        self.kind = kind
        self.counts[rows] = counts
        self._pieces.append((np.repeat(rows, counts), values))

    def array(self) -> Any:
        """A list array with a list or null for each example; an array of nulls without any."""
        import pyarrow as pa

        if not self.kind:
            return pa.nulls(len(self.counts))
        parts = [_arrow(self.kind, values) for _, values in self._pieces]
        values = parts[0] if len(parts) == 1 else pa.concat_arrays(parts)
        if len(self._pieces) > 1:
            order = np.argsort(np.concatenate([rows for rows, _ in self._pieces]), kind="stable")
            values = values.take(pa.array(order))
        offsets = np.concatenate([[0], np.cumsum(np.maximum(self.counts, 0))])
        absent = self.counts < 0
        mask = pa.array(absent) if absent.any() else None
        return pa.LargeListArray.from_arrays(pa.array(offsets), values, mask=mask)


def _arrow(kind: str, values: Any) -> Any:
    import pyarrow as pa

    if kind == "bytes_list":
        return pa.array(list(values), pa.large_binary())
    return pa.array(np.asarray(values, np.float32 if kind == "float_list" else np.int64))


def examples_to_batch(records: Sequence[bytes], place: str = "examples") -> Any:
    """Parse Examples.

    Args:
        records: serialized.
        place: what errors call them.

    Returns:
        An Arrow record batch; each column is a list, null where the feature is absent.

    Raises:
        DataLossError: a record is no Example.
        InvalidArgumentError: a feature is of several kinds.
    """
    groups, rest = groups_of(records)
    found: dict[str, Gathered] = {}

    def gathered(name: str) -> Gathered:
        if name not in found:
            found[name] = Gathered(name, len(records), place)
        return found[name]

    for group in groups:
        try:
            columns = {k: (p.kind, group.column(p)) for k, p in group.layout.parts.items()}
        except NoLayout:
            rest += [int(index) for index in group.indices]
            continue
        rows = np.asarray(group.indices)
        for name, (kind, (values, counts)) in columns.items():
            gathered(name).put(kind, rows, np.asarray(counts), values)
    _parse_rest(records, sorted(rest), gathered, place)
    # A feature that some record names without a value is known, too.
    return _batch({name: found[name].array() for name in sorted(found)}, len(records))


def _parse_rest(records: Sequence[bytes], rest: Iterable[int], gathered: Any, place: str) -> None:
    from google.protobuf.message import DecodeError

    from tidefall.proto import Example

    for row in rest:
        try:
            example = Example.FromString(records[row])
        except DecodeError:
            raise damaged(f"{place}, record {row}: not a serialized Example") from None
        _put_features(example.features.feature, row, gathered)


def _put_features(features: Any, row: int, gathered: Any) -> None:
    at = np.array([row])
    for name, feature in features.items():
        kind = feature.WhichOneof("kind")
        column = gathered(name)
        if kind is not None:
            values = getattr(feature, kind).value
            column.put(kind, at, np.array([len(values)]), list(values))


def _batch(columns: dict[str, Any], rows: int) -> Any:
    import pyarrow as pa

    if not columns:
        return pa.RecordBatch.from_struct_array(pa.array([{}] * rows, pa.struct([])))
    return pa.RecordBatch.from_arrays(list(columns.values()), list(columns))


def is_sequence(record: bytes) -> bool:
    """Whether a record is a SequenceExample that has feature lists."""
    from google.protobuf.message import DecodeError

    from tidefall.proto import SequenceExample

    try:
        return bool(SequenceExample.FromString(record).feature_lists.feature_list)
    except DecodeError:
        return False


def sequences_to_batch(records: Sequence[bytes], place: str = "examples") -> Any:
    """Parse SequenceExamples.

    Args:
        records: serialized.
        place: what errors call them.

    Returns:
        An Arrow record batch: a list column for each feature of the context, and the structure
        `##SEQUENCE##` of lists of lists.

    Raises:
        DataLossError: a record is no SequenceExample.
        InvalidArgumentError: a feature is of several kinds.
    """
    import pyarrow as pa
    from google.protobuf.message import DecodeError

    from tidefall.proto import SequenceExample

    context: dict[str, Gathered] = {}
    steps: dict[str, list[list[Any] | None]] = {}
    kinds: dict[str, str] = {}

    def gathered(name: str) -> Gathered:
        if name not in context:
            context[name] = Gathered(name, len(records), place)
        return context[name]

    for row, record in enumerate(records):
        try:
            example = SequenceExample.FromString(record)
        except DecodeError:
            raise damaged(f"{place}, record {row}: not a serialized SequenceExample") from None
        _put_features(example.context.feature, row, gathered)
        for name, listed in example.feature_lists.feature_list.items():
            rows = steps.setdefault(name, [None] * len(records))
            rows[row] = [
                _step(name, one, kinds, f"{place}, record {row}") for one in listed.feature
            ]
    types = {"bytes_list": pa.large_binary(), "float_list": pa.float32(), "int64_list": pa.int64()}
    columns = {name: context[name].array() for name in sorted(context)}
    if steps:
        fields = {
            name: pa.array(
                steps[name],
                pa.large_list(pa.large_list(types[kinds[name]] if name in kinds else pa.null())),
            )
            for name in sorted(steps)
        }
        columns[SEQUENCE] = pa.StructArray.from_arrays(list(fields.values()), list(fields))
    return _batch(columns, len(records))


def _step(name: str, feature: Any, kinds: dict[str, str], place: str) -> list[Any] | None:
    kind = feature.WhichOneof("kind")
    if kind is None:
        return None
    if kinds.setdefault(name, kind) != kind:
        raise invalid(
            f"{place}: feature list {name!r} holds {_NAMES[kind]}, and {_NAMES[kinds[name]]} before"
        )
    return list(getattr(feature, kind).value)


def batch_to_examples(batch: Any) -> list[bytes]:
    """Serialize the rows of an Arrow record batch as Examples.

    Whole numbers and truth values become integers, other numbers floats, texts, bytes and times
    bytes. A value that is null is a feature that the Example lacks.

    Args:
        batch: its columns hold values, or lists of values.

    Raises:
        InvalidArgumentError: a column holds something else, or a list has a null in it.
    """
    from tidefall.proto import Example

    columns = [(name, *_listed(batch.column(name), name)) for name in batch.schema.names]
    found = []
    for row in range(batch.num_rows):
        example = Example()
        features = example.features.feature
        for name, kind, values in columns:
            given = values[row]
            if given is None:
                continue
            if None in given:
                raise invalid(f"column {name!r}, row {row}: a list with a null is no feature")
            feature = features[name]
            getattr(feature, kind).value.extend(given)
        found.append(example.SerializeToString())
    return found


def _listed(column: Any, name: str) -> tuple[str, list[list[Any] | None]]:
    """The kind of a feature, and for each row its values."""
    import pyarrow as pa

    if pa.types.is_null(column.type):
        return "bytes_list", [None] * len(column)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    lists = pa.types.is_list(column.type) or pa.types.is_large_list(column.type)
    lists = lists or pa.types.is_fixed_size_list(column.type)
    inner = column.type.value_type if lists else column.type
    if pa.types.is_integer(inner) or pa.types.is_boolean(inner):
        kind, wanted = "int64_list", pa.int64()
    elif pa.types.is_floating(inner) or pa.types.is_decimal(inner):
        kind, wanted = "float_list", pa.float64()
    elif pa.types.is_temporal(inner) and not lists:
        kind, wanted = "bytes_list", pa.large_string()
    elif any(
        test(inner)
        for test in (
            pa.types.is_string, pa.types.is_large_string, pa.types.is_binary,
            pa.types.is_large_binary, pa.types.is_fixed_size_binary,
        )
    ):  # fmt: skip
        kind, wanted = "bytes_list", pa.large_binary()
    else:
        raise invalid(
            f"column {name!r} holds {inner}; a feature of an Example holds integers, floats or "
            "bytes"
        )
    try:
        values = column.cast(pa.large_list(wanted) if lists else wanted).to_pylist()
    except pa.ArrowInvalid as error:
        raise invalid(f"column {name!r}: {error}") from None
    if wanted == pa.large_string():
        values = [None if value is None else value.encode() for value in values]
    return kind, values if lists else [None if v is None else [v] for v in values]
