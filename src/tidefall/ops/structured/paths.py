"""Structured tensors with fields set, changed, deleted and moved up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tidefall.composite.ragged.conversions import merge_dims

_WHERE = "`StructuredTensor.with_updates`"


def _path(name: Any) -> tuple[str, ...]:
    return (name,) if isinstance(name, str) else tuple(name)


def with_updates(value: Any, updates: Mapping[Any, Any]) -> Any:
    """The same records with some fields set, changed or deleted."""
    given = {_path(name): update for name, update in updates.items()}
    for path in given:
        for size in range(1, len(path)):
            if path[:size] in given:
                raise ValueError(
                    f"{_WHERE} does not allow both parent and child nodes to be updated: "
                    f"parent={path[:size]!r}, child={path!r}. If needed you can update child nodes "
                    "in the parent update value."
                )
    for path, update in given.items():
        value = _updated(value, path, update, path)
    return value


def _updated(value: Any, path: tuple[str, ...], update: Any, whole: tuple[str, ...]) -> Any:
    fields, name = dict(value._fields), path[0]
    if len(path) > 1:
        inner = fields.get(name)
        if not hasattr(inner, "_fields"):
            parent = whole[: len(whole) - len(path) + 1]
            raise ValueError(
                f"{_WHERE} cannot create new sub-field {whole!r} if parent field {parent!r} is not "
                "set."
            )
        fields[name] = _updated(inner, path[1:], update, whole)
    elif update is None:
        if name not in fields:
            raise ValueError(f"{_WHERE} cannot delete field {whole!r} because it is not present.")
        del fields[name]
    elif callable(update):
        if name not in fields:
            raise ValueError(
                f"{_WHERE} cannot update the field {whole!r} because a transforming function was "
                "given, but that field does not already exist."
            )
        fields[name] = update(fields[name])
    else:
        fields[name] = update
    if not fields:
        return type(value).from_shape(value._ragged_shape)
    try:
        made = type(value).from_fields(fields, shape=value.shape)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{_WHERE} failed: {error}") from error
    return type(value)(made._fields, value._ragged_shape)


def promote(value: Any, source_path: Sequence[str], new_name: str) -> Any:
    """A copy of a field of a field beside the field it is in."""
    if not isinstance(new_name, str):
        raise ValueError(f"new_name must be a string, got {new_name!r}")
    path = tuple(source_path)
    if len(path) < 2:
        raise ValueError("source_path must have length at least two")
    if len(path) > 2:
        inner = promote(value.field_value(path[0]), path[1:], new_name)
        return with_updates(value, {path[0]: inner})
    parent = value.field_value(path[0])
    field = parent.field_value(path[1])
    return with_updates(value, {new_name: _raised(field, value.rank, parent.rank)})


def _raised(field: Any, rank: int, inner: int) -> Any:
    """A field whose dimensions from `rank` to `inner` are made one."""
    last = min(inner, field.shape.rank - 1)
    if last <= rank:
        return field
    if hasattr(field, "_fields"):
        return field.merge_dims(rank, min(last, field.rank - 1))
    return merge_dims(field, rank, last)
