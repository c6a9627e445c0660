"""Where the free size of a value comes from."""

from __future__ import annotations

from collections.abc import Collection

from tidefall.lite.converter.ir import Operator, Value


def source_of_size(
    value: Value, axis: int, among: Collection[int], depth: int = 0
) -> tuple[Value, int] | None:
    """A value among some, and its dimension, that is as large as a dimension of another value.

    Args:
        value: a value of a subgraph.
        axis: the dimension whose size is asked for.
        among: ids of values to be found.
    """
    if id(value) in among:
        return value, axis
    if value.producer is None or depth > 500:
        return None
    for source, at in _candidates(value.producer, value, axis):
        found = source_of_size(source, at, among, depth + 1)
        if found is not None:
            return found
    return None


def _candidates(operator: Operator, value: Value, axis: int) -> list[tuple[Value, int]]:
    """Inputs with a free size that may be the one asked for, likelier ones first."""
    inputs = [v for v in operator.inputs if v is not None and not v.is_constant]
    if operator.code == "TRANSPOSE":
        order = operator.input(1).data
        if order is not None:
            return [(operator.input(0), int(order[axis]))]
    if operator.code == "GATHER" and not operator.input(1).rank and not operator.options["axis"]:
        return [(operator.input(0), axis + 1)]
    same = [(v, axis) for v in inputs if v.rank == value.rank and v.shape[axis] is None]
    free = value.shape.count(None)
    if operator.code in ("RESHAPE", "DYNAMIC_UPDATE_SLICE", "BATCH_MATMUL", "FULLY_CONNECTED"):
        ordered = [v for v in inputs if v.shape.count(None) == free and v.dtype == value.dtype]
        if operator.code == "DYNAMIC_UPDATE_SLICE":
            same = same[::-1]  # what is written before what it is written to
        rank = value.shape[:axis].count(None)
        for v in ordered:
            places = [i for i, d in enumerate(v.shape) if d is None]
            if rank < len(places):
                same.append((v, places[rank]))
    elif not same:
        # Broadcast from the right.
        for v in inputs:
            at = axis - (value.rank - v.rank)
            if at >= 0 and v.shape[at] is None and v.rank:
                same.append((v, at))
    return same
