"""The schema that travels in a SavedModel.

It stands in `assets.extra/schema.pbtxt`, where TensorFlow's tools leave it alone. The model server
reads it from there and refuses requests that break it.
"""

from __future__ import annotations

import os
from typing import Any

from tidefall.lifecycle.data_validation.failures import missing
from tidefall.lifecycle.data_validation.protos import (
    check_type,
    load_schema_text,
    write_schema_text,
)

FOLDER, FILE, SERVING = "assets.extra", "schema.pbtxt", "SERVING"


def attach_schema(schema: Any, export_dir: str | os.PathLike[str]) -> str:
    """Put a schema into a SavedModel.

    Args:
        schema: a `Schema`. Features that are not in the environment SERVING, such as labels, are
            not demanded of requests.
        export_dir: the folder of the SavedModel.

    Returns:
        The file.

    Raises:
        TypeError: it is no schema.
        NotFoundError: there is no SavedModel.
    """
    check_type(schema, "Schema", "schema")
    folder = os.fspath(export_dir)
    if not os.path.exists(os.path.join(folder, "saved_model.pb")):
        raise missing(f"{folder} is no SavedModel: it has no saved_model.pb")
    os.makedirs(os.path.join(folder, FOLDER), exist_ok=True)
    path = os.path.join(folder, FOLDER, FILE)
    write_schema_text(schema, path)
    return path


def served_part(schema: Any) -> Any:
    """A copy of what a schema demands of requests: without what the environment SERVING lacks.

    Args:
        schema: a `Schema`. Where it names no environments, features are left out that say
            `not_in_environment: "SERVING"`.
    """
    part = type(schema)()
    part.CopyFrom(schema)
    _keep_served(part, schema.default_environment)
    return part


def _keep_served(holder: Any, default: Any) -> None:
    """Leave out features of a schema, or a structure, that serving does not have."""
    for number in reversed(range(len(holder.feature))):
        feature = holder.feature[number]
        if not _is_served(feature, default):
            del holder.feature[number]
        elif feature.HasField("struct_domain"):
            _keep_served(feature.struct_domain, default)


def _is_served(feature: Any, default: Any) -> bool:
    if SERVING in feature.in_environment:
        return True
    return SERVING not in feature.not_in_environment and (not default or SERVING in default)


def attached_schema(export_dir: str | os.PathLike[str]) -> Any:
    """The schema in a SavedModel.

    Raises:
        NotFoundError: it has none.
        DataLossError: its file is damaged.
    """
    return load_schema_text(os.path.join(os.fspath(export_dir), FOLDER, FILE))
