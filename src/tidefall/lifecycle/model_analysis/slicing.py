"""Which slices each row of a batch is in.

A slice key is a tuple of (feature, value), `()` for all rows. Rows get numbers of slices once per
batch; whatever is added up afterwards goes by number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid, need

SliceKey = tuple[tuple[str, Any], ...]
OVERALL: SliceKey = ()
_TABLE_LIMIT = 1 << 20


@dataclass(frozen=True)
class Group:
    """Rows and their slices: of one row, or of many where a feature has several values.

    Attributes:
        rows: int64 [n], which rows; None for all of them in order.
        ids: int64 [n], their slices; an int where all are in one.
    """

    rows: np.ndarray | None
    ids: np.ndarray | int


class SliceTable:
    """The slices that were seen, numbered as they came."""

    def __init__(self) -> None:
        self.keys: list[SliceKey] = []
        self._numbers: dict[SliceKey, int] = {}

    def number(self, key: SliceKey) -> int:
        """The number of a slice; a new one for a new slice."""
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = len(self.keys)
            self.keys.append(key)
        return found

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True)
class Codes:
    """A column as small numbers.

    Attributes:
        rows: int64 [n], ascending; None for one value in each row.
        codes: int64 [n], places in `values`; below 0 for what is missing.
        values: what they stand for.
    """

    rows: np.ndarray | None
    codes: np.ndarray
    values: list[Any]


def encode(column: Any) -> Codes:
    """A column of an Arrow batch as codes; rows with several values are there several times."""
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = None
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        lengths = np.asarray(pc.list_value_length(column).fill_null(0))
        flat = pc.list_flatten(column)
        if len(lengths) and (lengths != 1).any():
            rows = np.repeat(np.arange(len(lengths)), lengths)
        column = flat
    if pa.types.is_dictionary(column.type):
        coded = column
    else:
        coded = column.dictionary_encode()
    values = [v.decode("utf-8", "replace") if isinstance(v, bytes) else v
              for v in coded.dictionary.to_pylist()]  # fmt: skip
    codes = np.asarray(coded.indices.fill_null(-1)).astype(np.int64)
    if rows is not None and len(rows):
        # The same value twice in a row counts once.
        order, first = np.unique(rows * (len(values) + 1) + codes, return_index=True)
        del order
        rows, codes = rows[first], codes[first]
    return Codes(rows, codes, values)


class Slicer:
    """The slices by the same features: those of one `SlicingSpec`, or of several at once.

    A slice that several specs name has its rows once.

    Args:
        specs: `SlicingSpec`s that name the same features, some with values; or one of SQL.

    Raises:
        InvalidArgumentError: one names a feature twice, or SQL beside features.
    """

    def __init__(self, specs: Sequence[Any]):
        self.specs = list(specs)
        for spec in specs:
            names = [*spec.feature_keys, *spec.feature_values]
            if len(set(names)) < len(names):
                raise invalid(f"slicing spec names a feature twice: {names}")
            if spec.slice_keys_sql and names:
                raise invalid(
                    "slicing spec has slice_keys_sql and features; one of them is possible"
                )
        first = self.specs[0]
        self.features = [*first.feature_keys, *sorted(first.feature_values)]
        self._sql = first.slice_keys_sql

    def groups(self, batch: Any, table: SliceTable) -> Group:
        """The rows of a batch with their slices.

        Args:
            batch: an Arrow record batch.
            table: numbers of slices.

        Raises:
            InvalidArgumentError: a feature is not there.
        """
        if self._sql:
            return _sql_groups(self._sql, batch, table)
        if not self.features:
            return Group(None, table.number(OVERALL))
        columns = []
        for name in self.features:
            if name not in batch.schema.names:
                raise invalid(
                    f"slicing: the data have no feature {name!r}; they have "
                    f"{sorted(batch.schema.names)}"
                )
            columns.append(encode(batch.column(name)))
        rows, picked = _joined(columns, batch.num_rows)
        return self.numbered(rows, self._wanted(picked, columns), columns, table)

    def _wanted(self, picked: list[np.ndarray], columns: Sequence[Codes]) -> list[np.ndarray]:
        """Codes, with those missing that no spec's values allow."""
        if not all(spec.feature_values for spec in self.specs):
            return picked
        allowed = np.zeros(len(picked[0]), bool)
        for spec in self.specs:
            matches = np.ones(len(picked[0]), bool)
            for name, text in spec.feature_values.items():
                place = self.features.index(name)
                is_same = [same_value(value, text) for value in columns[place].values]
                # The last one stands for a missing value.
                matches &= np.array([*is_same, False])[picked[place]]
            allowed |= matches
        return [np.where(allowed, codes, -1) for codes in picked]

    def numbered(
        self,
        rows: np.ndarray | None,
        picked: list[np.ndarray],
        columns: Sequence[Codes],
        table: SliceTable,
    ) -> Group:
        known = np.ones(len(picked[0]), bool)
        for codes in picked:
            known &= codes >= 0
        if not known.all():
            kept = np.flatnonzero(known)
            rows = kept if rows is None else rows[kept]
            picked = [codes[kept] for codes in picked]
        mixed, size = picked[0], len(columns[0].values)
        for codes, column in zip(picked[1:], columns[1:], strict=True):
            mixed = mixed * len(column.values) + codes
            size *= len(column.values)
        if size <= _TABLE_LIMIT:
            present = np.flatnonzero(np.bincount(mixed, minlength=size))
            numbers = np.zeros(max(size, 1), np.int64)
            numbers[present] = [self._number(int(m), columns, table) for m in present]
            return Group(rows, numbers[mixed])
        present, inverse = np.unique(mixed, return_inverse=True)
        numbers = np.array([self._number(int(m), columns, table) for m in present], np.int64)
        return Group(rows, numbers[inverse])

    def _number(self, mixed: int, columns: Sequence[Codes], table: SliceTable) -> int:
        pairs = []
        for name, column in zip(reversed(self.features), reversed(columns), strict=True):
            mixed, place = divmod(mixed, len(column.values))
            pairs.append((name, column.values[place]))
        return table.number(tuple(sorted(pairs, key=lambda pair: pair[0])))


def same_value(value: Any, text: str) -> bool:
    """Whether a feature's value is the one that a slicing spec writes as text."""
    if isinstance(value, bool):
        return text.lower() in (str(value).lower(), str(int(value)))
    if isinstance(value, int | float):
        try:
            return float(text) == value
        except ValueError:
            return False
    return str(value) == text


def _joined(columns: Sequence[Codes], count: int) -> tuple[np.ndarray | None, list[np.ndarray]]:
    """All combinations of the values that a row has."""
    if all(column.rows is None for column in columns):
        return None, [column.codes for column in columns]
    rows = np.arange(count)
    picked: list[np.ndarray] = []
    for column in columns:
        if column.rows is None:
            picked.append(column.codes[rows])
            continue
        counts = np.bincount(column.rows, minlength=count)
        starts = np.cumsum(counts) - counts
        times = counts[rows]
        total = int(times.sum())
        within = np.arange(total) - np.repeat(np.cumsum(times) - times, times)
        picked = [np.repeat(codes, times) for codes in picked]
        picked.append(column.codes[np.repeat(starts[rows], times) + within])
        rows = np.repeat(rows, times)
    return rows, picked


_SELECT = re.compile(r"^\s*select\s+", re.IGNORECASE)
_STRUCT = re.compile(r"^\s*struct\s*\((.*?)\)\s*(from\b.*|where\b.*|)$", re.IGNORECASE | re.DOTALL)


def _sql_groups(sql: str, batch: Any, table: SliceTable) -> Group:
    """The slices that a query gives: its columns are features, its rows those of `example`."""
    try:
        import duckdb
    except ImportError:
        raise need("duckdb") from None
    import pyarrow as pa

    if not _SELECT.match(sql):
        raise invalid(f"slice_keys_sql: expected SELECT ..., received {sql!r}")
    rest = _SELECT.sub("", sql, count=1)
    struct = _STRUCT.match(rest)
    if struct:
        rest = f"{struct.group(1)} {struct.group(2)}"
    if not re.search(r"\bfrom\b", rest, re.IGNORECASE):
        where = re.search(r"\bwhere\b", rest, re.IGNORECASE)
        at = where.start() if where else len(rest)
        rest = f"{rest[:at]} FROM example {rest[at:]}"
    numbered = pa.Table.from_batches([batch]).append_column(
        "__row", pa.array(np.arange(batch.num_rows))
    )
    connection = duckdb.connect()
    try:
        connection.register("example", numbered)
        found = connection.sql(f"SELECT DISTINCT __row, {rest} ORDER BY __row").to_arrow_table()
    except duckdb.Error as error:
        raise invalid(f"slice_keys_sql {sql!r}: {error}") from None
    finally:
        connection.close()
    names = found.schema.names[1:]
    if not names:
        raise invalid(f"slice_keys_sql {sql!r} selects no column")
    columns = [encode(found.column(name).combine_chunks()) for name in names]
    if any(column.rows is not None for column in columns):
        raise invalid(f"slice_keys_sql {sql!r} selects lists; unnest them")
    from tidefall.proto import evaluation

    slicer = Slicer([evaluation.SlicingSpec(feature_keys=names)])
    rows = np.asarray(found.column("__row"))
    return slicer.numbered(rows, [column.codes for column in columns], columns, table)


def slicers_of(config: Any) -> list[Slicer]:
    """The slicers of an EvalConfig, those of its comparisons between slices too."""
    from tidefall.proto import evaluation

    specs = list(config.slicing_specs)
    for cross in config.cross_slicing_specs:
        specs += [cross.baseline_spec, *cross.slicing_specs]
    together: dict[Any, list[Any]] = {}
    for spec in specs or [evaluation.SlicingSpec()]:
        features = frozenset([*spec.feature_keys, *spec.feature_values])
        together.setdefault(spec.slice_keys_sql or features, []).append(spec)
    return [Slicer(several) for several in together.values()]


def spec_matches(spec: Any, key: SliceKey) -> bool:
    """Whether a slice is one of a `SlicingSpec`'s.

    A spec of SQL matches what it could have made; that cannot be told from a key.
    """
    if spec.slice_keys_sql:
        return bool(key)
    values: Mapping[str, Any] = dict(key)
    if set(values) != {*spec.feature_keys, *spec.feature_values}:
        return False
    return all(same_value(values[name], text) for name, text in spec.feature_values.items())


def stringify(key: SliceKey) -> str:
    """A slice key as text, as in `a_X_b:1_X_2`; "Overall" for all rows.

    >>> stringify((("a", 1), ("b", "x")))
    'a_X_b:1_X_x'
    """
    if not key:
        return "Overall"
    names, values = zip(*key, strict=True)
    return f"{'_X_'.join(map(str, names))}:{'_X_'.join(map(str, values))}"


def slice_name(key: SliceKey | tuple[SliceKey, SliceKey]) -> str:
    """A slice key, or a pair of slices that are compared, as text.

    >>> slice_name(((), (("a", 1),)))
    'Overall against a:1'
    """
    if len(key) == 2 and (not key[0] or isinstance(key[0][0], tuple)):
        return f"{stringify(key[0])} against {stringify(key[1])}"
    return stringify(key)


def serialize(key: SliceKey) -> Any:
    """A slice key as the message `SliceKey`."""
    from tidefall.proto import evaluation

    message = evaluation.SliceKey()
    for name, value in key:
        one = message.single_slice_keys.add(column=name)
        if isinstance(value, bool | np.bool_ | int | np.integer):
            one.int64_value = int(value)
        elif isinstance(value, float | np.floating):
            one.float_value = float(value)
        else:
            one.bytes_value = value if isinstance(value, bytes) else str(value).encode()
    return message


def deserialize(message: Any) -> SliceKey:
    """The slice key that a message says."""
    pairs = []
    for one in message.single_slice_keys:
        kind = one.WhichOneof("kind")
        value: Any = getattr(one, kind) if kind else ""
        if isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        pairs.append((one.column, value))
    return tuple(sorted(pairs, key=lambda pair: pair[0]))
