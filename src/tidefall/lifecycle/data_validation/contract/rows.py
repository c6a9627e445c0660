"""Rows against a schema, many at once.

Rules of data sets as a whole (drift, shares of rows, masses of a domain, distinct values)
say nothing of one row and are left aside, and so are features that are not expected in the
environment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, NamedTuple

import numpy as np

from tidefall.lifecycle.data_validation.paths import FeaturePath
from tidefall.lifecycle.data_validation.protos import check_type, own
from tidefall.lifecycle.data_validation.rules.tree import SchemaTree, is_deprecated
from tidefall.lifecycle.data_validation.statistics.columns import (
    Column,
    Level,
    columns_of,
    kind_of,
    numbers_of,
)
from tidefall.lifecycle.data_validation.statistics.texts import as_texts

_INTEGER = re.compile(r"\s*[+-]?\d+\s*\Z")

Wrong = Callable[[Any], np.ndarray]
"""Arrow values to which of them are wrong, bool `[n]`."""


class Refusal(NamedTuple):
    """Why a row is refused.

    Args:
        row: its number in the batch.
        feature: the path.
        type: the type of anomaly.
        reason: a sentence.
    """

    row: int
    feature: str
    type: str
    reason: str


@dataclass(frozen=True)
class Demand:
    """What is demanded of one feature in each row.

    Args:
        path: the feature.
        kind: "INT", "FLOAT", "BYTES" or "STRUCT"; "" for any.
        required: whether each row must have it.
        shape: how many values a row that has it must have; None where any will do.
        levels: how many items each level of lists has, the fewest and the most, None for any
            number; empty where any will do.
        values: what each value must be: the type of anomaly, words, and the test.
    """

    path: FeaturePath
    kind: str
    required: bool
    shape: int | None
    levels: tuple[tuple[int, int | None], ...]
    values: tuple[tuple[str, str, Wrong], ...]


class RowContract:
    """What a schema demands of each row.

    Args:
        schema: a `Schema`.
        environment: one of its environments, such as "SERVING"; all features by default.

    Raises:
        TypeError: it is no schema.
        ValueError: it has no such environment.
        InvalidArgumentError: a feature names a domain that the schema does not have.

    >>> import pyarrow as pa
    >>> from tidefall.proto import metadata
    >>> schema = metadata.Schema()
    >>> age = schema.feature.add(name="age", type=metadata.FeatureType.INT)
    >>> age.presence.min_fraction, age.int_domain.min = 1.0, 0
    >>> contract = RowContract(schema)
    >>> for refusal in contract.refusals(pa.record_batch({"age": [31, -4, None]})):
    ...     print(refusal.row, refusal.type)
    1 INT_TYPE_SMALL_INT
    2 FEATURE_TYPE_LOW_FRACTION_PRESENT
    """

    def __init__(self, schema: Any, environment: str | None = None):
        check_type(schema, "Schema", "schema")
        schema = own(schema)
        if environment is not None and environment not in schema.default_environment:
            raise ValueError(f"Environment {environment} not found in the schema.")
        tree = SchemaTree(schema)
        self.demands = list(_demands(tree, schema.feature, FeaturePath(), environment))

    def refusals(self, batch: Any) -> Iterator[Refusal]:
        """What is wrong with the rows of an Arrow record batch, by row and feature."""
        found: list[Refusal] = []
        columns: dict[FeaturePath, Column] = {}
        for name, array in zip(batch.schema.names, batch.columns, strict=True):
            columns.update((c.path, c) for c in columns_of(array, FeaturePath([name]), None))
        for demand in self.demands:
            found += _refusals(demand, columns.get(demand.path), batch.num_rows)
        return iter(sorted(found))


def _demands(
    tree: SchemaTree, features: Any, parent: FeaturePath, environment: str | None
) -> Iterator[Demand]:
    from tidefall.proto.metadata import FeatureType

    for feature in features:
        path = parent.child(feature.name)
        if is_deprecated(feature) or not tree.in_environment(feature, environment):
            continue
        kind = FeatureType.Name(feature.type)
        required = feature.presence.min_fraction >= 1 or feature.group_presence.required
        shaped = feature.HasField("shape")
        yield Demand(
            path,
            "" if kind == "TYPE_UNKNOWN" else kind,
            required or shaped,
            prod(dim.size for dim in feature.shape.dim) if shaped else None,
            tuple(_levels(feature)),
            tuple(_value_rules(tree, feature)),
        )
        if feature.HasField("struct_domain"):
            yield from _demands(tree, feature.struct_domain.feature, path, environment)


def _levels(feature: Any) -> Iterator[tuple[int, int | None]]:
    counts = [feature.value_count] if feature.HasField("value_count") else []
    for count in feature.value_counts.value_count or counts:
        yield count.min, count.max if count.HasField("max") else None


def _value_rules(tree: SchemaTree, feature: Any) -> Iterator[tuple[str, str, Wrong]]:
    domain = tree.domain(feature)
    kind = type(domain).__name__
    if kind == "IntDomain":
        yield "INT_TYPE_NOT_INT_STRING", "an integer", _not_integers
        yield from _ranges("INT_TYPE_SMALL_INT", "INT_TYPE_BIG_INT", domain)
    elif kind == "FloatDomain":
        yield "FLOAT_TYPE_STRING_NOT_FLOAT", "a number", _not_numbers
        yield from _ranges("FLOAT_TYPE_SMALL_FLOAT", "FLOAT_TYPE_BIG_FLOAT", domain)
        if domain.disallow_nan:
            yield "FLOAT_TYPE_HAS_NAN", "no NaN", lambda v: np.isnan(_numbers(v))
        if domain.disallow_inf:
            yield "FLOAT_TYPE_HAS_INF", "no infinity", lambda v: np.isinf(_numbers(v))
    elif kind == "BoolDomain":
        yield from _boolean(domain)
    elif kind == "StringDomain":
        mass = feature.distribution_constraints
        # Where a share of the values may be others, one row cannot be blamed.
        if not mass.HasField("min_domain_mass") or mass.min_domain_mass >= 1:
            yield "ENUM_TYPE_UNEXPECTED_STRING_VALUES", *_one_of(domain.value)


def _ranges(small: str, big: str, domain: Any) -> Iterator[tuple[str, str, Wrong]]:
    # A NaN is neither small nor big; `disallow_nan` refuses it.
    if domain.HasField("min"):
        low = domain.min
        yield small, f"at least {low:g}", lambda v: _numbers(v) < low
    if domain.HasField("max"):
        high = domain.max
        yield big, f"at most {high:g}", lambda v: _numbers(v) > high


def _boolean(domain: Any) -> Iterator[tuple[str, str, Wrong]]:
    known = [getattr(domain, n) for n in ("true_value", "false_value") if domain.HasField(n)]
    yield "BOOL_TYPE_UNEXPECTED_STRING", *_one_of(known)
    for name, kind, wrong in (
        ("BOOL_TYPE_SMALL_INT", "INT", lambda x: x < 0),
        ("BOOL_TYPE_BIG_INT", "INT", lambda x: x > 1),
        ("BOOL_TYPE_UNEXPECTED_FLOAT", "FLOAT", lambda x: (x != 0) & (x != 1)),
    ):
        yield name, "0 or 1", _of_kind(kind, wrong)


def _of_kind(kind: str, wrong: Callable[[np.ndarray], np.ndarray]) -> Wrong:
    """A test of numbers of a kind; other values pass."""
    return lambda v: wrong(numbers_of(v)) if kind_of(v.type) == kind else np.zeros(len(v), bool)


def _one_of(values: Any) -> tuple[str, Wrong]:
    known = [value.encode() for value in values]
    shown = ", ".join(repr(value) for value in list(values)[:5])
    more = f" and {len(known) - 5} more" if len(known) > 5 else ""

    def wrong(array: Any) -> np.ndarray:
        import pyarrow as pa
        import pyarrow.compute as pc

        if not _is_text(array):
            return np.zeros(len(array), bool)  # Its type is wrong, which is said already.
        allowed = pa.array(known, pa.large_binary())
        inside = pc.is_in(array.cast(pa.large_binary()), value_set=allowed)
        return ~np.asarray(inside)

    return f"one of {shown}{more}", wrong


def _is_text(array: Any) -> bool:
    import pyarrow as pa

    kinds = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary)
    return any(kind(array.type) for kind in (*kinds, pa.types.is_large_binary))


def _numbers(values: Any) -> np.ndarray:
    """Numbers, or what strings say; NaN for those that say none."""
    if not _is_text(values):
        return numbers_of(values)
    return np.array([np.nan if (n := _number(v)) is None else n for v in values.to_pylist()])


def _number(text: str | bytes) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _not_numbers(values: Any) -> np.ndarray:
    if not _is_text(values):
        return np.zeros(len(values), bool)
    return np.array([_number(value) is None for value in values.to_pylist()], bool)


def _not_integers(values: Any) -> np.ndarray:
    if not _is_text(values):
        return np.zeros(len(values), bool)
    texts = as_texts(values)[0].to_pylist()
    return np.array([not _INTEGER.match(text) for text in texts], bool)


_KINDS: Mapping[str, tuple[str, ...]] = {
    "BYTES": ("STRING",),
    "INT": ("INT",),
    "FLOAT": ("FLOAT",),
    "STRUCT": ("STRUCT",),
}


def _refusals(demand: Demand, column: Column | None, rows: int) -> Iterator[Refusal]:
    name = str(demand.path)
    if column is None:
        if demand.required:
            for row in range(rows):
                yield Refusal(row, name, "SCHEMA_MISSING_COLUMN", "the column is not there")
        return
    first = column.levels[0]
    if demand.required:
        absent = first.rows_absent if column.kind else np.arange(rows)
        for row in _distinct(absent):
            text = "no value, and every row needs one"
            yield Refusal(row, name, "FEATURE_TYPE_LOW_FRACTION_PRESENT", text)
    if column.kind and demand.kind and column.kind not in _KINDS[demand.kind]:
        for row in _distinct(first.rows_present):
            text = f"expected {demand.kind}, received {column.kind}"
            yield Refusal(row, name, "UNEXPECTED_DATA_TYPE", text)
        return
    yield from _count_refusals(demand, column, rows)
    if column.values is None or not len(column.values):
        return
    for kind, expected, test in demand.values:
        wrong = np.flatnonzero(test(column.values))
        row_of = wrong if column.row_of is None else column.row_of[wrong]
        blamed, first = np.unique(row_of, return_index=True)
        for row, place in zip(blamed, wrong[first], strict=True):
            text = f"expected {expected}, received {shown(column.values[int(place)])}"
            yield Refusal(int(row), name, kind, text)


def _distinct(rows: np.ndarray) -> list[int]:
    return np.unique(rows).tolist()


def _count_refusals(demand: Demand, column: Column, rows: int) -> Iterator[Refusal]:
    """What is wrong with how many values rows have."""
    name, first = str(demand.path), column.levels[0]
    if demand.shape is not None:
        counts = _values_of(column, first)
        for row, count in _outside(first, counts, demand.shape, demand.shape):
            text = f"{count} values, expected {demand.shape} of them"
            yield Refusal(row, name, "INVALID_FEATURE_SHAPE", text)
    elif demand.levels and len(demand.levels) != len(column.levels):
        for row in _distinct(first.rows_present):
            text = f"{len(column.levels)} levels of lists, expected {len(demand.levels)}"
            yield Refusal(row, name, "VALUE_NESTEDNESS_MISMATCH", text)
    else:
        for number, (level, (least, most)) in enumerate(
            zip(column.levels, demand.levels, strict=bool(demand.levels))
        ):
            counts = np.ones(level.present, np.int64) if level.lengths is None else level.lengths
            where = f" in level {number} of its lists" if len(column.levels) > 1 else ""
            for row, count in _outside(level, counts, least, most):
                kind, words = "FEATURE_TYPE_LOW_NUMBER_VALUES", f"at least {least}"
                if count > least:
                    kind, words = "FEATURE_TYPE_HIGH_NUMBER_VALUES", f"at most {most}"
                yield Refusal(row, name, kind, f"{count} values{where}, expected {words}")


def _values_of(column: Column, first: Level) -> np.ndarray:
    """How many innermost values each list of the outermost level has."""
    if column.totals is not None:
        return column.totals
    return np.ones(first.present, np.int64) if first.lengths is None else first.lengths


def _outside(
    level: Level, counts: np.ndarray, least: int, most: int | None
) -> Iterator[tuple[int, int]]:
    """The rows with a list that has too few or too many items, and how many the first has."""
    wrong = counts < least
    if most is not None:
        wrong |= counts > most
    if wrong.any():
        places = np.flatnonzero(wrong)
        rows, first = np.unique(level.rows_present[places], return_index=True)
        yield from zip(rows.tolist(), counts[places[first]].tolist(), strict=True)


def shown(value: Any) -> str:
    """An Arrow scalar for people."""
    plain = value.as_py()
    text = repr(plain.decode(errors="replace") if isinstance(plain, bytes) else plain)
    return text if len(text) <= 60 else text[:57] + "..."
