"""Lookup tables: comparisons with all keys where these are numbers, the table itself for text."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import RESOURCE, Value
from tidefall.lite.converter.lowering.builder import Builder
from tidefall.lite.converter.lowering.interpreter import Table
from tidefall.lite.converter.lowering.registry import CannotLower, lower
from tidefall.op import raw

MAX_COMPARED = 1 << 14
"""Keys that a number is compared with; more would be slow."""


def handle(b: Builder, table: Table) -> Value:
    """What refers to a table that the model keeps."""
    options = {
        "table_id": table.number, "key_dtype": table.keys.dtype, "value_dtype": table.values.dtype,
    }  # fmt: skip
    return b.op("HASHTABLE", [], [], RESOURCE, **options)


def fill(b: Builder, table: Table) -> None:
    """Give a table its entries."""
    b.add("HASHTABLE_IMPORT", [handle(b, table), b.const(table.keys), b.const(table.values)], [])


def _known(item: Any) -> Table:
    if not isinstance(item, Table):
        raise CannotLower("what is in its table is not known when converting")
    return item


@lower(raw.LookupTableFindV2)
def _find(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    table, x, default = _known(inputs[0]), inputs[1], inputs[2]
    if table.is_kept:
        return b.like("HASHTABLE_FIND", [handle(b, table), x, default], node)
    if table.keys.dtype == object or table.values.dtype == object or table.keys.ndim != 1:
        raise CannotLower("LiteRT's tables take text to int64, or numbers to numbers")
    count = len(table.keys)
    if count > MAX_COMPARED:
        raise CannotLower(f"its table has {count} entries, and at most {MAX_COMPARED} are compared")
    if not count:
        return b.like("FILL", [b.shape_of(x), default], node)
    each = b.reshape(x, (*x.shape, 1), _one_more(b, x))
    hits = b.op("EQUAL", [each, b.const(table.keys)], (*x.shape, count), np.bool_)
    least = b.const(np.iinfo(table.values.dtype).min, table.values.dtype)
    values = b.op("SELECT_V2", [hits, b.const(table.values), least], hits.shape, table.values.dtype)
    last = b.const([x.rank], np.int32)
    chosen = b.op("REDUCE_MAX", [values, last], x.shape, keep_dims=False)
    is_there = b.op("REDUCE_ANY", [hits, last], x.shape, keep_dims=False)
    return b.like("SELECT_V2", [is_there, chosen, default], node)


def _one_more(b: Builder, x: Value) -> Value | None:
    if x.shape.count(None) < 2:
        return None
    return b.vector([*(b.size(x, axis) for axis in range(x.rank)), 1])


@lower(raw.LookupTableSizeV2)
def _size(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.const(len(_known(inputs[0]).keys), np.int64)
