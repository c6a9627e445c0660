"""Searching runs: MLflow's filter and order, as SQL. `filters.py` reads the filter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from tidefall.base import errors
from tidefall.lifecycle.track.filters import Clause, matches, parse_filter, parse_key
from tidefall.lifecycle.track.records import RUN, Experiment, Records

VIEWS = ("ACTIVE_ONLY", "DELETED_ONLY", "ALL")
_MANY = 5_000
_STATES = {"SCHEDULED": 1, "RUNNING": 2, "FINISHED": 3, "FAILED": 4, "KILLED": 6}
_TAG_OF = {"run_name": "mlflow.runName", "user_id": "mlflow.user", "run name": "mlflow.runName"}


def search_runs(
    records: Records,
    experiments: Sequence[int],
    filter: str = "",
    order_by: Sequence[str] = (),
    max_results: int = 1000,
    offset: int = 0,
    view: str = "ACTIVE_ONLY",
) -> list[int]:
    """Return the executions' ids of runs.

    Args:
        records: where to look.
        experiments: ids of experiments.
        filter: conditions; "" for none.
        order_by: keys, each with ASC or DESC after it, such as "metrics.loss ASC"; the newest run
            comes first where these leave it open.
        max_results: how many at most.
        offset: how many to leave out.
        view: ACTIVE_ONLY, DELETED_ONLY or ALL.

    Raises:
        InvalidArgumentError: the filter, order or view is none.
    """
    if view not in VIEWS:
        raise errors.InvalidArgumentError(None, None, f"run view {view!r}; one of {VIEWS}")
    if not experiments:
        return []
    clauses, orders = parse_filter(filter), [_parse_order(text) for text in order_by]
    conditions = ["e.type_id + 0 = ?"]  # The type says less than the rest: not by its index.
    values: list[Any] = [records.run_type]
    if view != "ALL":
        sql = (
            "EXISTS (SELECT 1 FROM ExecutionProperty d WHERE d.execution_id = e.id "
            "AND d.name = 'deleted' AND d.is_custom_property = ?)"
        )
        conditions.append(sql if view == "DELETED_ONLY" else f"NOT {sql}")
        values.append(True)
    for clause in clauses:
        condition, given = _condition(clause)
        conditions.append(condition)
        values += given

    def found(source: _Source, orders: Sequence[_Order], limit: int, start: int) -> list[int]:
        order = [_order(one) for one in orders]
        first = [source.way] if source.way else []
        sorting = [*first, *(o[0] for o in order), "e.create_time_since_epoch DESC", "e.id DESC"]
        sql = (
            f"SELECT e.id FROM {source.sql} AND {' AND '.join(conditions)} "
            f"ORDER BY {', '.join(sorting)} LIMIT ? OFFSET ?"
        )
        ordered = [value for _, given in order for value in given]
        given = [*source.values, *values, *ordered, limit, start]
        return [row[0] for row in records.database.rows(sql, given)]

    source = _source(records, experiments, clauses, orders)
    if not source.way:
        return found(source, orders, max_results, offset)
    page = found(source, orders[1:], max_results, offset)
    if len(page) == max_results:
        return page
    # Those that lack what orders them come after the others; an index of it does not have them.
    sql = f"SELECT COUNT(*) FROM {source.sql} AND {' AND '.join(conditions)}"
    ((count,),) = records.database.rows(sql, [*source.values, *values])
    rest = source.without
    assert rest is not None
    return page + found(rest, orders[1:], max_results - len(page), max(0, offset - count))


class _Source(NamedTuple):
    """Where a search begins.

    Attributes:
        sql: tables and conditions.
        values: of its marks.
        way: the order of the column of x whose index it follows.
        without: then, the source of the runs that have nothing in that column.
    """

    sql: str
    values: list[Any]
    way: str = ""
    without: _Source | None = None


def _source(
    records: Records,
    experiments: Sequence[int],
    clauses: Sequence[Clause],
    orders: Sequence[_Order],
) -> _Source:
    """Where the search begins: from the fewest rows that hold every run it may find."""
    marks = ", ".join("?" * len(experiments))
    member = (
        "EXISTS (SELECT 1 FROM Association a WHERE a.execution_id = e.id "
        f"AND a.context_id IN ({marks}))"
    )
    size = _count(records, "Association x", f"x.context_id IN ({marks})", experiments)
    found = [rows for rows in map(_indexed, clauses) if rows is not None]
    counted = [(_count(records, f"{r.table} x", r.condition, r.values), r) for r in found]
    fewest, rows = min(counted, key=lambda pair: pair[0], default=(size, None))
    way, without = "", None
    if fewest >= size >= _MANY:
        if not orders:
            # By way of the index on the time: the newest of many are found without looking at all.
            return _Source(f"Execution e WHERE {member}", [*experiments])
        # By an index of what orders them: likewise for the first of many.
        ordering = _ordering_rows(orders[0])
        if ordering is not None:
            rows, column = ordering
            way, fewest = f"x.{column} {orders[0].way}", -1
            lacks = (
                f"NOT EXISTS (SELECT 1 FROM {rows.table} x "
                f"WHERE x.execution_id = e.id AND {rows.condition})"
            )
            without = _Source(
                f"Execution e WHERE {member} AND {lacks}", [*experiments, *rows.values]
            )
    if rows is None or fewest >= size:
        return _members(experiments)
    # A cross join: SQLite keeps its order, and so begins with the index of the clause.
    source = (
        f"{rows.table} x CROSS JOIN Execution e "
        f"WHERE {rows.condition} AND e.id = x.execution_id AND {member}"
    )
    return _Source(source, [*rows.values, *experiments], way, without)


def _members(experiments: Sequence[int]) -> _Source:
    """All runs of experiments."""
    marks = ", ".join("?" * len(experiments))
    sql = f"Association a JOIN Execution e ON e.id = a.execution_id WHERE a.context_id IN ({marks})"
    return _Source(sql, [*experiments])


def _count(records: Records, table: str, condition: str, values: Sequence[Any]) -> int:
    """How many rows meet a condition, or _MANY if they are more."""
    sql = f"SELECT COUNT(*) FROM (SELECT 1 FROM {table} WHERE {condition} LIMIT ?) n"
    return records.database.rows(sql, [*values, _MANY])[0][0]


def search_experiments(
    records: Records, filter: str = "", order_by: Sequence[str] = (), view: str = "ACTIVE_ONLY"
) -> list[Experiment]:
    """Return experiments, the newest first; see `search_runs`.

    Raises:
        InvalidArgumentError: the filter, order or view is none.
    """
    if view not in VIEWS:
        raise errors.InvalidArgumentError(None, None, f"experiment view {view!r}; one of {VIEWS}")
    clauses = parse_filter(filter)
    found = [
        e
        for e in records.experiments()
        if (view == "ALL" or e.is_deleted == (view == "DELETED_ONLY"))
        and all(matches(c, {"name": e.name}, e.tags) for c in clauses)
    ]
    keys = {
        "name": lambda e: e.name,
        "experiment_id": lambda e: e.id,
        "creation_time": lambda e: e.created,
        "last_update_time": lambda e: e.updated,
    }
    for given in reversed(list(order_by)):
        name, _, way = given.strip().partition(" ")
        key = keys.get(parse_key(name)[1])
        if key is None:
            raise errors.InvalidArgumentError(
                None, None, f"order_by {given!r}: experiments have {[*keys]}"
            )
        found.sort(key=key, reverse=way.strip().upper() == "DESC")
    return found


class _Rows(NamedTuple):
    """Rows of a table, called x, of which a run has at most one: those that meet a clause."""

    table: str
    condition: str
    values: list[Any]


def _condition(clause: Clause) -> tuple[str, list[Any]]:
    kind, key, op, value = clause
    if kind == "attribute" and key in ("status", "run_id", "artifact_uri"):
        return _attribute(key, op, value)
    if kind == "attribute" and key == "start_time":
        return f"e.create_time_since_epoch {op} ?", [value]
    table, condition, values = _rows(clause)
    sql = f"EXISTS (SELECT 1 FROM {table} x WHERE x.execution_id = e.id AND {condition})"
    return sql, values


def _rows(clause: Clause) -> _Rows:
    kind, key, op, value = clause
    if kind == "metric":
        return _Rows("TidefallLatest", f"x.name = ? AND x.value {op} ?", [key, value])
    if kind == "attribute":
        if key == "end_time":
            return _property(key, f"CAST(x.string_value AS DECIMAL(20)) {op} ?", [value])
        if key not in _TAG_OF:
            known = ["run_id", "run_name", "status", "start_time", "end_time", "user_id"]
            raise errors.InvalidArgumentError(
                None, None, f"filter: {RUN} has no attribute {key!r}; one of {known} was expected"
            )
        kind, key = "tag", _TAG_OF[key]
    comparison, values = _compare("x.string_value", op, value)
    return _property(("p." if kind == "param" else "t.") + key, comparison, values)


def _indexed(clause: Clause) -> _Rows | None:
    """The rows of a clause where an index leads to them: equal texts, and metrics in order."""
    if clause.kind == "attribute" and clause.key not in _TAG_OF:
        return None
    is_indexed = clause.op != "!=" if clause.kind == "metric" else clause.op in ("=", "IN")
    return _rows(clause) if is_indexed else None


def _attribute(key: str, op: str, value: Any) -> tuple[str, list[Any]]:
    if key == "run_id":
        return _compare("e.name", op, value)
    if key == "status" and op in ("=", "!=", "IN", "NOT IN"):
        named = value if isinstance(value, list) else [value]
        numbers = [_STATES.get(name.upper(), 0) for name in named]
        return _compare("e.last_known_state", "IN" if op in ("=", "IN") else "NOT IN", numbers)
    message = f"filter: {key} cannot be compared with {op}"
    raise errors.InvalidArgumentError(None, None, message)


def _compare(column: str, op: str, value: Any) -> tuple[str, list[Any]]:
    if op in ("IN", "NOT IN"):
        return f"{column} {op} ({', '.join('?' * len(value))})", list(value)
    if op == "ILIKE":
        return f"LOWER({column}) LIKE LOWER(?)", [value]
    return f"{column} {op} ?", [value]


def _property(name: str, comparison: str, values: list[Any]) -> _Rows:
    condition = f"x.name = ? AND x.is_custom_property = ? AND {comparison}"
    return _Rows("ExecutionProperty", condition, [name, True, *values])


class _Order(NamedTuple):
    """One key to sort by, and ASC or DESC."""

    kind: str
    key: str
    way: str


def _parse_order(text: str) -> _Order:
    words = text.strip().rsplit(None, 1)
    way = words[-1].upper() if len(words) == 2 else ""
    if way not in ("ASC", "DESC"):
        return _Order(*parse_key(text.strip()), "ASC")
    return _Order(*parse_key(words[0]), way)


def _ordering_rows(order: _Order) -> tuple[_Rows, str] | None:
    """The rows that hold what orders runs, one for each run that has it, and their column."""
    if order.kind == "metric":
        return _Rows("TidefallLatest", "x.name = ? AND x.value IS NOT NULL", [order.key]), "value"
    name = _property_name(order)
    if name is None:
        return None
    return _property(name, "x.string_value IS NOT NULL", []), "string_value"


def _property_name(order: _Order) -> str | None:
    """The property that orders runs; None where it is a column of theirs.

    Raises:
        InvalidArgumentError: runs have no such attribute.
    """
    kind, key, _ = order
    if kind == "attribute":
        if key in ("start_time", "run_id", "status", "Created"):
            return None
        if key not in (*_TAG_OF, "end_time"):
            raise errors.InvalidArgumentError(
                None, None, f"order_by {key!r}: runs have no such attribute"
            )
        return key if key == "end_time" else f"t.{_TAG_OF[key]}"
    return {"param": "p.", "tag": "t."}[kind] + key


def _order(order: _Order) -> tuple[str, list[Any]]:
    kind, key, way = order
    if kind == "metric":
        sql = "SELECT m.value FROM TidefallLatest m WHERE m.execution_id = e.id AND m.name = ?"
        values: list[Any] = [key]
    else:
        name = _property_name(order)
        if name is None:
            columns = {"run_id": "e.name", "status": "e.last_known_state"}
            return f"{columns.get(key, 'e.create_time_since_epoch')} {way}", []
        sql = (
            "SELECT x.string_value FROM ExecutionProperty x WHERE x.execution_id = e.id "
            "AND x.name = ? AND x.is_custom_property = ?"
        )
        values = [name, True]
    # Runs that lack it come last, whatever the order.
    return f"({sql}) IS NULL, ({sql}) {way}", values * 2
