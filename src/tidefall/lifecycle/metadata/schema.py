"""The tables, as data: those of ML Metadata's schema version 10, and those of this project.

A column is a name and a kind; a dialect says what a kind is called in its database. Names, order
and kinds are ML Metadata's, so that its own library opens what is written here. PostgreSQL and
MySQL hold integers in 64 bits, where ML Metadata has 32.
"""

from __future__ import annotations

from typing import NamedTuple

VERSION = 10
"""The version of ML Metadata's schema."""

OLDEST = 6
"""The oldest version that is brought up to date; ML Metadata 1.0 wrote it."""

OWN_VERSION = 1
"""The version of the project's own tables beside it."""

ARTIFACT, EXECUTION, CONTEXT = 1, 0, 2
"""The values of `Type.type_kind`."""

SYSTEM_TYPES = (
    ("mlmd.Dataset", ARTIFACT),
    ("mlmd.Model", ARTIFACT),
    ("mlmd.Metrics", ARTIFACT),
    ("mlmd.Statistics", ARTIFACT),
    ("mlmd.Train", EXECUTION),
    ("mlmd.Transform", EXECUTION),
    ("mlmd.Process", EXECUTION),
    ("mlmd.Evaluate", EXECUTION),
    ("mlmd.Deploy", EXECUTION),
)
"""The types every store begins with, which others name as their base type."""


class Column(NamedTuple):
    """A column: its name, its kind, and whether it may be null."""

    name: str
    kind: str
    is_required: bool = False


class Table(NamedTuple):
    """A table: its columns, and the columns that are unique together."""

    name: str
    columns: tuple[Column, ...]
    primary: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()


class Index(NamedTuple):
    """An index; a sparse one leaves out the rows whose last column is null."""

    name: str
    table: str
    columns: tuple[str, ...]
    is_sparse: bool = False


def _columns(text: str) -> tuple[Column, ...]:
    """Columns from "name:kind" and "name:kind!", which must not be null."""
    pairs = (word.split(":") for word in text.split())
    return tuple(Column(name, kind.rstrip("!"), kind.endswith("!")) for name, kind in pairs)


_TIMES = "create_time_since_epoch:time! last_update_time_since_epoch:time!"
_VALUES = (
    "name:name! is_custom_property:flag! int_value:int double_value:double string_value:text "
    "byte_value:blob proto_value:blob bool_value:bool"
)


def _property_table(node: str) -> Table:
    owner = f"{node.lower()}_id"
    primary = (owner, "name", "is_custom_property")
    return Table(f"{node}Property", _columns(f"{owner}:ref! {_VALUES}"), primary)


def _pair_table(name: str, columns: str) -> Table:
    pair = tuple(column.name for column in _columns(columns))
    return Table(name, _columns(f"id:key {columns}"), unique=(pair,))


TABLES = (
    Table(
        "Type",
        _columns(
            "id:key name:name! version:name type_kind:flag_number! description:text "
            "input_type:text output_type:text external_id:unique_name"
        ),
    ),
    Table("TypeProperty", _columns("type_id:ref! name:name! data_type:ref"), ("type_id", "name")),
    Table(
        "ParentType",
        _columns("type_id:ref! parent_type_id:ref!"),
        ("type_id", "parent_type_id"),
    ),
    Table(
        "Artifact",
        _columns(
            f"id:key type_id:ref! uri:text state:ref name:name external_id:unique_name {_TIMES}"
        ),
        unique=(("type_id", "name"),),
    ),
    _property_table("Artifact"),
    Table(
        "Execution",
        _columns(
            "id:key type_id:ref! last_known_state:ref name:name external_id:unique_name " + _TIMES
        ),
        unique=(("type_id", "name"),),
    ),
    _property_table("Execution"),
    Table(
        "Context",
        _columns(f"id:key type_id:ref! name:name! external_id:unique_name {_TIMES}"),
        unique=(("type_id", "name"),),
    ),
    _property_table("Context"),
    Table(
        "ParentContext",
        _columns("context_id:ref! parent_context_id:ref!"),
        ("context_id", "parent_context_id"),
    ),
    Table(
        "Event",
        _columns(
            "id:key artifact_id:ref! execution_id:ref! type:ref! milliseconds_since_epoch:bigint"
        ),
        unique=(("artifact_id", "execution_id", "type"),),
    ),
    Table("EventPath", _columns("event_id:ref! is_index_step:flag! step_index:ref step_key:text")),
    _pair_table("Association", "context_id:ref! execution_id:ref!"),
    _pair_table("Attribution", "context_id:ref! artifact_id:ref!"),
    Table("MLMDEnv", _columns("schema_version:version")),
)

INDICES = (
    Index("idx_artifact_uri", "Artifact", ("uri",)),
    Index("idx_event_execution_id", "Event", ("execution_id",)),
    Index("idx_parentcontext_parent_context_id", "ParentContext", ("parent_context_id",)),
    Index("idx_type_name", "Type", ("name",)),
    Index("idx_eventpath_event_id", "EventPath", ("event_id",)),
    *(
        Index(f"idx_{node.lower()}_{column}", node, (column,))
        for node in ("Artifact", "Execution", "Context")
        for column in ("create_time_since_epoch", "last_update_time_since_epoch")
    ),
    *(
        Index(
            f"idx_{node.lower()}_property_{kind}",
            f"{node}Property",
            ("name", "is_custom_property", f"{kind}_value"),
            is_sparse=True,
        )
        for node in ("Artifact", "Execution", "Context")
        for kind in ("int", "double", "string")
    ),
    *(
        Index(f"idx_{node.lower()}_external_id", node, ("external_id",))
        for node in ("Type", "Artifact", "Execution", "Context")
    ),
)

OWN_TABLES = (
    Table("TidefallEnv", _columns("schema_version:version")),
    # The history of a run's metrics. NaN is null, as SQLite holds it.
    Table(
        "TidefallMetric",
        _columns("id:key execution_id:ref! name:name! value:double step:bigint! time:bigint!"),
    ),
    # The value of the last step of each.
    Table(
        "TidefallLatest",
        _columns("execution_id:ref! name:name! value:double step:bigint! time:bigint!"),
        ("execution_id", "name"),
    ),
)

OWN_INDICES = (
    Index("idx_tidefall_metric", "TidefallMetric", ("execution_id", "name", "step")),
    Index("idx_tidefall_latest", "TidefallLatest", ("name", "value")),
    # ML Metadata asks by the context first; the way from a node to its contexts is as common.
    Index("idx_tidefall_association", "Association", ("execution_id",)),
    Index("idx_tidefall_attribution", "Attribution", ("artifact_id",)),
)
