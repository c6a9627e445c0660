"""Columns of Arrow batches as statistics see them: presence and numbers of values by level, values.

A column of plain values is one in which each row has one value or none. A list may have any number
of values, and an empty one is present. Lists in lists have a level each. A structure is a feature
too, and its fields are features below it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.paths import FeaturePath

Weights = np.ndarray | None


@dataclass(slots=True)
class Level:
    """One level of lists: the rows of a batch, or the lists in the lists above.

    Args:
        rows: how many places there are for a list.
        present: how many lists are there.
        lengths: how many values each list that is there has, int64 `[present]`; None where each
            has one.
        present_weight: the weight of the rows that have one.
        value_weight: the weight of all their values.
        row_of: the row of each place; None where they are the same.
        valid: whether each place has a list, bool `[rows]`; None where all have.
    """

    rows: int
    present: int
    lengths: np.ndarray | None = None
    present_weight: float = 0.0
    value_weight: float = 0.0
    row_of: np.ndarray | None = None
    valid: np.ndarray | None = None

    @property
    def rows_present(self) -> np.ndarray:
        """The row of each list that is there, int64 `[present]`."""
        rows = np.arange(self.rows) if self.row_of is None else self.row_of
        return rows if self.valid is None else rows[self.valid]

    @property
    def rows_absent(self) -> np.ndarray:
        """The row of each place without a list."""
        if self.valid is None:
            return np.zeros(0, np.int64)
        rows = np.arange(self.rows) if self.row_of is None else self.row_of
        return rows[~self.valid]


@dataclass(slots=True)
class Column:
    """What a batch says about one feature.

    Args:
        path: the feature.
        kind: "INT", "FLOAT", "STRING" or "STRUCT"; "" of a column that has only nulls.
        levels: outermost first.
        values: the innermost values, an Arrow array without nulls; None of a structure.
        weights: of each value.
        totals: how many innermost values each row has that has any list; of more than one level.
        row_of: the row of each innermost value; None where each row has exactly one.
        present: whether each place of the outermost level has a list, bool; None where all have.
    """

    path: FeaturePath
    kind: str
    levels: list[Level]
    values: Any
    weights: Weights
    totals: np.ndarray | None
    row_of: np.ndarray | None
    present: np.ndarray | None = None

    @property
    def is_univalent(self) -> bool:
        """Whether no row has more than one value."""
        lengths = self.levels[0].lengths
        return len(self.levels) == 1 and (lengths is None or int(lengths.max(initial=0)) <= 1)


def kind_of(arrow_type: Any) -> str:
    """What statistics call the innermost type of an Arrow type.

    Raises:
        TypeError: they have no name for it.
    """
    import pyarrow as pa

    types = pa.types
    while _is_list(arrow_type):
        arrow_type = arrow_type.value_type
    if types.is_dictionary(arrow_type):
        arrow_type = arrow_type.value_type
    if types.is_null(arrow_type):
        return ""
    if types.is_struct(arrow_type):
        return "STRUCT"
    if (
        types.is_integer(arrow_type)
        or types.is_boolean(arrow_type)
        or types.is_temporal(arrow_type)
    ):
        return "INT"
    if types.is_floating(arrow_type) or types.is_decimal(arrow_type):
        return "FLOAT"
    if _is_text(arrow_type):
        return "STRING"
    raise TypeError(f"columns of Arrow type {arrow_type} have no statistics")


def _is_list(arrow_type: Any) -> bool:
    import pyarrow as pa

    return (
        pa.types.is_list(arrow_type)
        or pa.types.is_large_list(arrow_type)
        or pa.types.is_fixed_size_list(arrow_type)
    )


def _is_text(arrow_type: Any) -> bool:
    import pyarrow as pa

    types = pa.types
    return (
        types.is_string(arrow_type)
        or types.is_large_string(arrow_type)
        or types.is_binary(arrow_type)
        or types.is_large_binary(arrow_type)
        or types.is_fixed_size_binary(arrow_type)
        or types.is_string_view(arrow_type)
        or types.is_binary_view(arrow_type)
    )


def columns_of(
    array: Any, path: FeaturePath, weights: Weights, rows: np.ndarray | None = None
) -> Iterator[Column]:
    """The feature at a path, and those below it.

    Args:
        array: the Arrow array of the batch; or of a field of the structures above.
        path: where it is.
        weights: float64 `[len(array)]`.
        rows: the row of the batch for each place of `array`; by default they are the same.
    """
    import pyarrow as pa

    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if pa.types.is_dictionary(array.type) and array.dictionary.null_count:
        array = array.dictionary_decode()
    try:
        kind = kind_of(array.type)
    except TypeError as error:
        raise TypeError(f"feature {path}: {error}") from None
    column, inner, inner_rows, inner_weights = _unwrapped(array, path, kind, weights, rows)
    yield column
    if kind == "STRUCT":
        for i, field in enumerate(inner.type):
            child = pa.compute.struct_field(inner, [i])
            yield from columns_of(child, path.child(field.name), inner_weights, inner_rows)


def _unwrapped(
    array: Any, path: FeaturePath, kind: str, weights: Weights, rows: np.ndarray | None
) -> tuple[Column, Any, np.ndarray | None, Weights]:
    levels: list[Level] = []
    present = np.asarray(array.is_valid()) if array.null_count else None
    totals: np.ndarray | None = None
    row_of = rows
    wrapped = _is_list(array.type)
    while _is_list(array.type):
        array, level, parents = _peeled(array, weights)
        level.row_of = row_of
        levels.append(level)
        weights = None if weights is None else weights[parents]
        totals = level.lengths if totals is None else _summed(totals, level, parents)
        row_of = parents if row_of is None else row_of[parents]
    if not wrapped:
        size = len(array)
        level = Level(size, size - array.null_count if kind else 0, row_of=row_of)
        if array.null_count or kind == "":
            level.valid = valid = np.asarray(array.is_valid()) if kind else np.zeros(size, bool)
            array = array.drop_null()
            weights = None if weights is None else weights[valid]
            row_of = np.flatnonzero(valid) if row_of is None else row_of[valid]
        if weights is not None:
            level.present_weight = level.value_weight = float(weights.sum())
        levels.append(level)
    elif array.null_count and kind != "STRUCT":
        # A null inside a list is a value that is not there.
        valid = np.asarray(array.is_valid())
        array = array.drop_null()
        weights = None if weights is None else weights[valid]
        row_of = None if row_of is None else row_of[valid]
    deep = totals if len(levels) > 1 else None
    values = None if kind in ("STRUCT", "") else array
    column = Column(path, kind, levels, values, weights, deep, row_of, present)
    return column, array, row_of, weights


def _peeled(array: Any, weights: Weights) -> tuple[Any, Level, np.ndarray]:
    """The lists' values, what the level says, and the place of each value's list."""
    import pyarrow.compute as pc

    lengths = pc.list_value_length(array)
    valid = np.asarray(array.is_valid())
    counts = np.asarray(lengths.fill_null(0)).astype(np.int64)
    there = counts[valid]
    level = Level(len(array), len(there), there, valid=None if len(there) == len(array) else valid)
    if weights is not None:
        level.present_weight = float(weights[valid].sum())
        level.value_weight = float((weights * counts).sum())
    return pc.list_flatten(array), level, np.repeat(np.arange(len(array)), counts)


def _summed(totals: np.ndarray, level: Level, parents: np.ndarray) -> np.ndarray:
    """How many values each outermost list has, one level deeper."""
    starts = np.concatenate([[0], np.cumsum(totals)])
    # `totals` counted the lists of this level; lists that are missing have no values.
    deeper = np.zeros(level.rows, np.int64)
    np.add.at(deeper, parents, 1)
    sums = np.concatenate([[0], np.cumsum(deeper)])
    return sums[starts[1:]] - sums[starts[:-1]]


def numbers_of(values: Any) -> np.ndarray:
    """Numeric Arrow values as float64; times as their count of units since 1970."""
    import pyarrow as pa

    kind = values.type
    if pa.types.is_dictionary(kind):
        values = values.dictionary_decode()
        kind = values.type
    if pa.types.is_temporal(kind):
        width = pa.int32() if kind.bit_width == 32 else pa.int64()
        values = values.cast(width)
    elif pa.types.is_decimal(kind):
        values = values.cast(pa.float64())
    elif pa.types.is_boolean(kind):
        values = values.cast(pa.uint8())
    return np.asarray(values).astype(np.float64, copy=False)
