"""Structured tensors to and from Python values, and as text."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.composite.ragged.row_partition import known
from tidefall.ops.ragged.constants import constant
from tidefall.tensor.conversion import convert_to_tensor


def from_pyval(cls: Any, value: Any, typespec: Any, path: tuple[str, ...]) -> Any:
    """What a Python value becomes: a structured tensor, a ragged tensor, or a tensor."""
    if isinstance(value, dict):
        fields = {
            name: from_pyval(cls, item, _field_type(typespec, name), (*path, name))
            for name, item in value.items()
        }
        return cls.from_fields(fields, shape=())
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        depth = _depth_of_records(value)
        if depth is not None or _field_names(typespec) is not None:
            return _records(cls, value, depth or typespec.rank, typespec, path)
        return _plain(value, typespec, path)
    return _plain(value, typespec, path)


def _plain(value: Any, typespec: Any, path: tuple[str, ...]) -> Any:
    dtype = getattr(typespec, "dtype", None)
    try:
        if isinstance(value, (list, tuple)):
            return constant(list(value), dtype)
        if value is None:
            raise ValueError("None is no value of a tensor.")
        return convert_to_tensor(value, dtype)
    except (TypeError, ValueError) as error:
        raise ValueError(f"Error parsing path {path}") from error


def _field_names(typespec: Any) -> Any:
    fields = getattr(typespec, "_fields", None)
    return fields if isinstance(fields, dict) else None


def _field_type(typespec: Any, name: str) -> Any:
    fields = _field_names(typespec)
    return None if fields is None else fields[name]


def _depth_of_records(value: Any) -> int | None:
    """How many lists there are around the first dict, or None if there is none."""
    if isinstance(value, dict):
        return 0
    if isinstance(value, (list, tuple)):
        for item in value:
            depth = _depth_of_records(item)
            if depth is not None:
                return depth + 1
    return None


def _records(cls: Any, value: Any, depth: int, typespec: Any, path: tuple[str, ...]) -> Any:
    """Nested lists of dicts, turned into a dict of nested lists."""
    rows, partitions = list(value), []
    for _ in range(depth - 1):
        if not all(isinstance(row, (list, tuple)) for row in rows):
            raise ValueError("Expected dict or nested list/tuple of dict")
        partitions.append([len(row) for row in rows])
        rows = [item for row in rows for item in row]
    if not all(isinstance(row, dict) for row in rows):
        raise ValueError("Expected dict or nested list/tuple of dict")
    names: dict[str, None] = {}
    for row in rows:
        names.update(dict.fromkeys(row))
    if not rows:
        names = dict.fromkeys(_field_names(typespec) or {})
    fields = {}
    for name in names:
        items = [row[name] for row in rows]
        for lengths in reversed(partitions):
            ends = [0]
            for length in lengths:
                ends.append(ends[-1] + length)
            items = [items[a:b] for a, b in pairwise(ends)]
        fields[name] = from_pyval(cls, items, _field_type(typespec, name), (*path, name))
    if fields:
        return cls.from_fields_and_rank(fields, depth)
    from tidefall.composite.ragged.dynamic_shape import DynamicRaggedShape

    sizes: list[Any] = [len(value), *(tuple(p) for p in partitions)]
    return cls.from_shape(DynamicRaggedShape.from_lengths(sizes))


# ---- out again ----


def to_pyval(value: Any) -> Any:
    """Dicts in nested lists."""
    fields = {name: _listed(field) for name, field in value._fields.items()}
    if value.rank == 0:
        return fields
    rows = known(value.nrows())
    assert rows is not None
    lengths: list[list[int]] = [[int(rows)]]
    for partition in value.row_partitions:
        found = known(partition.row_lengths())
        assert found is not None
        lengths.append([int(n) for n in found])
    return _zipped(fields, lengths)


def _zipped(fields: dict[str, Any], lengths: list[list[int]]) -> list[Any]:
    """Lists of dicts for dicts of lists, nested as deep as there are lengths."""
    flat = dict(fields)
    for _ in lengths[1:]:
        flat = {name: [item for row in items for item in row] for name, items in flat.items()}
    rows: list[Any] = [
        {name: items[i] for name, items in flat.items()} for i in range(sum(lengths[-1]))
    ]
    for sizes in reversed(lengths[1:]):
        grouped, start = [], 0
        for size in sizes:
            grouped.append(rows[start : start + size])
            start += size
        rows = grouped
    return rows


def _listed(field: Any) -> Any:
    if hasattr(field, "to_pyval"):
        return field.to_pyval()
    if isinstance(field, RaggedTensor):
        return field.to_list()
    array = field.numpy()
    return array.tolist() if getattr(array, "ndim", 0) else array


# ---- text ----


def text(value: Any) -> str:
    """The fields, one below the other, and the shape."""
    lines = []
    for name in sorted(value._fields):
        field = value._fields[name]
        composite = isinstance(field, RaggedTensor) or hasattr(field, "field_names")
        shown = repr(field) if composite else str(field)
        lines.append(f'        "{name}": ' + shown.replace("\n", "\n" + " " * 12))
    body = ",\n".join(lines) if lines else "        "
    return f"<StructuredTensor(\n    fields={{\n{body}}},\n    shape={value.shape})>"
