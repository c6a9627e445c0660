"""How many nodes a listing gives, and in which order."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

from tidefall.base import errors
from tidefall.lifecycle.metadata.kinds import Kind


class OrderByField(enum.Enum):
    """What a listing is ordered by; the values are ML Metadata's."""

    CREATE_TIME = 1
    UPDATE_TIME = 2
    ID = 3


_COLUMNS = {
    OrderByField.CREATE_TIME: "n.create_time_since_epoch",
    OrderByField.UPDATE_TIME: "n.last_update_time_since_epoch",
    OrderByField.ID: "n.id",
}


@dataclass
class ListOptions:
    """ML Metadata's options of a listing.

    Args:
        limit: how many nodes at most, or None.
        order_by: the field to order by, or None.
        is_asc: whether the least comes first.
        filter_query: a condition in ML Metadata's language; not done.
    """

    limit: int | None = None
    order_by: OrderByField | None = None
    is_asc: bool = True
    filter_query: str | None = None


def list_condition(kind: Kind, options: ListOptions | None) -> tuple[str, tuple[Any, ...]]:
    """Return the end of a query, and its parameters.

    Raises:
        InvalidArgumentError: the limit is not positive.
        UnimplementedError: there is a filter_query.
    """
    if options is None:
        return "ORDER BY n.id", ()
    if options.filter_query:
        raise errors.UnimplementedError(
            None,
            None,
            f"get_{kind.word}s: filter_query is not done; get them by type, context, name or uri",
        )
    column = _COLUMNS[options.order_by or OrderByField.ID]
    way = "ASC" if options.is_asc else "DESC"
    order = f"ORDER BY {column} {way}, n.id {way}"
    if options.limit is None:
        return order, ()
    if options.limit < 1:
        message = f"get_{kind.word}s: limit is {options.limit}; a positive number was expected"
        raise errors.InvalidArgumentError(None, None, message)
    return f"{order} LIMIT ?", (options.limit,)
