"""Rows against a schema, many at once.

Rules of data sets as a whole (drift, shares of rows, masses of a domain, distinct values)
say nothing of one row and are left aside, and so are features that are not expected in the
environment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, NamedTuple

import numpy as np

from tidefall.lifecycle.data_validation.paths import FeaturePath
from tidefall.lifecycle.data_validation.protos import check_type, own
from tidefall.lifecycle.data_validation.rules.tree import SchemaTree, is_deprecated
from tidefall.lifecycle.data_validation.statistics.columns import Column, columns_of, numbers_of

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
        least, most: how many values a row that has it may have; None for any number.
        values: what each value must be: the type of anomaly, words, and the test.
    """

    path: FeaturePath
    kind: str
    required: bool
    least: int
    most: int | None
    values: tuple[tuple[str, str, Wrong], ...]


class RowContract:
    """What a schema demands of each row.

    Args:
        schema: a `Schema`.
        environment: one of its environments, such as "SERVING"; all features by default.

    Raises:
        TypeError: it is no schema.
        ValueError: it has no such environment.

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
        least, most = _counts(feature)
        required = feature.presence.min_fraction >= 1 or feature.group_presence.required
        # In a structure, what must be there must be there where the structure is.
        yield Demand(
            path,
            "" if kind == "TYPE_UNKNOWN" else kind,
            (required or feature.HasField("shape")) and not parent,
            least,
            most,
            tuple(_value_rules(tree, feature)),
        )
        if feature.HasField("struct_domain"):
            yield from _demands(tree, feature.struct_domain.feature, path, environment)


def _counts(feature: Any) -> tuple[int, int | None]:
    if feature.HasField("shape"):
        size = prod(dim.size for dim in feature.shape.dim)
        return size, size
    if feature.HasField("value_counts"):
        counts = feature.value_counts.value_count
        most = prod(c.max for c in counts) if all(c.HasField("max") for c in counts) else None
        return prod(c.min for c in counts), most
    count = feature.value_count
    return count.min, count.max if count.HasField("max") else None


def _value_rules(tree: SchemaTree, feature: Any) -> Iterator[tuple[str, str, Wrong]]:
    which = feature.WhichOneof("domain_info")
    if which == "int_domain":
        yield from _ranges("INT_TYPE_SMALL_INT", "INT_TYPE_BIG_INT", feature.int_domain)
    elif which == "float_domain":
        domain = feature.float_domain
        yield from _ranges("FLOAT_TYPE_SMALL_FLOAT", "FLOAT_TYPE_BIG_FLOAT", domain)
        if domain.disallow_nan:
            yield "FLOAT_TYPE_HAS_NAN", "no NaN", lambda v: np.isnan(_numbers(v))
        if domain.disallow_inf:
            yield "FLOAT_TYPE_HAS_INF", "no infinity", lambda v: np.isinf(_numbers(v))
    elif which == "bool_domain":
        yield from _boolean(feature.bool_domain)
    elif which in ("domain", "string_domain"):
        shared = tree.string_domain(feature.domain) if which == "domain" else feature.string_domain
        mass = feature.distribution_constraints
        # Where a share of the values may be others, one row cannot be blamed.
        if shared is not None and not (
            mass.HasField("min_domain_mass") and mass.min_domain_mass < 1
        ):
            yield "ENUM_TYPE_UNEXPECTED_STRING_VALUES", *_one_of(shared.value)


def _ranges(small: str, big: str, domain: Any) -> Iterator[tuple[str, str, Wrong]]:
    if domain.HasField("min"):
        low = domain.min
        yield small, f"at least {low:g}", lambda v: _numbers(v) < low
    if domain.HasField("max"):
        high = domain.max
        yield big, f"at most {high:g}", lambda v: _numbers(v) > high


def _boolean(domain: Any) -> Iterator[tuple[str, str, Wrong]]:
    known = [getattr(domain, n) for n in ("true_value", "false_value") if domain.HasField(n)]
    if known:
        yield "BOOL_TYPE_UNEXPECTED_STRING", *_one_of(known)
    else:
        yield "BOOL_TYPE_BIG_INT", "0 or 1", lambda v: ~np.isin(_numbers(v), (0, 1))


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
    found = np.full(len(values), np.nan)
    for index, value in enumerate(values.to_pylist()):
        try:
            found[index] = float(value)
        except ValueError:
            continue
    return found


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
    counts = row_counts(column, rows)
    if demand.required:
        for row in np.flatnonzero(counts < 0):
            text = "no value, and every row needs one"
            yield Refusal(int(row), name, "FEATURE_TYPE_LOW_FRACTION_PRESENT", text)
    if column.kind and demand.kind and column.kind not in _KINDS[demand.kind]:
        for row in np.flatnonzero(counts > 0):
            text = f"expected {demand.kind}, received {column.kind}"
            yield Refusal(int(row), name, "UNEXPECTED_DATA_TYPE", text)
        return
    for row in np.flatnonzero((counts >= 0) & (counts < demand.least)):
        text = f"{counts[row]} values, expected at least {demand.least}"
        yield Refusal(int(row), name, "FEATURE_TYPE_LOW_NUMBER_VALUES", text)
    if demand.most is not None:
        for row in np.flatnonzero(counts > demand.most):
            text = f"{counts[row]} values, expected at most {demand.most}"
            yield Refusal(int(row), name, "FEATURE_TYPE_HIGH_NUMBER_VALUES", text)
    if column.values is None or not len(column.values):
        return
    for kind, expected, test in demand.values:
        wrong = np.flatnonzero(test(column.values))
        row_of = wrong if column.row_of is None else column.row_of[wrong]
        blamed, first = np.unique(row_of, return_index=True)
        for row, place in zip(blamed, wrong[first], strict=True):
            text = f"expected {expected}, received {shown(column.values[int(place)])}"
            yield Refusal(int(row), name, kind, text)


def row_counts(column: Column, rows: int) -> np.ndarray:
    """How many innermost values each row has, int64 `[rows]`; -1 where it has no list at all."""
    if column.row_of is None:
        return np.ones(rows, np.int64)
    counts = np.bincount(column.row_of, minlength=rows)[:rows].astype(np.int64)
    if column.kind == "":
        counts[:] = -1
    elif len(column.path) > 1:
        counts[counts == 0] = -1
    elif column.present is not None:
        counts[~column.present] = -1
    return counts


def shown(value: Any) -> str:
    """An Arrow scalar for people."""
    plain = value.as_py()
    text = repr(plain.decode(errors="replace") if isinstance(plain, bytes) else plain)
    return text if len(text) <= 60 else text[:57] + "..."
