"""Where components find files of artifacts, and messages in parameters."""

from __future__ import annotations

import glob
import json
import os
from typing import Any

from tidefall.lifecycle.pipelines import proto
from tidefall.lifecycle.pipelines.failures import missing
from tidefall.lifecycle.pipelines.utils.proto_utils import json_to_proto


def message(name: str, parameters: dict[str, Any], key: str) -> Any:
    """Return the message that a parameter holds as JSON; an empty one where it is not given."""
    found = getattr(proto, name)()
    return json_to_proto(parameters[key], found) if parameters.get(key) else found


def listed(parameters: dict[str, Any], key: str) -> list[Any]:
    """Return a list that a parameter holds as JSON."""
    return json.loads(parameters.get(key) or "null") or []


def split_files(artifact: Any, split: str) -> list[str]:
    """Return the files of a split.

    Raises:
        NotFoundError: there is no such split, or nothing in it.
    """
    folder = artifact.path(split=split)
    found = sorted(glob.glob(os.path.join(glob.escape(folder), "*")))
    if not found:
        raise missing(f"split {split!r} of {artifact!r} has no file")
    return found


def schema_path(artifact: Any) -> str:
    """Return the file of a schema."""
    return os.path.join(artifact.uri, "schema.pbtxt")


def serving_model(artifact: Any) -> str:
    """Return the folder of a model for serving.

    Raises:
        NotFoundError: there is none.
    """
    path = os.path.join(artifact.uri, "Format-Serving")
    if not os.path.exists(os.path.join(path, "saved_model.pb")):
        raise missing(f"{artifact!r} has no SavedModel in Format-Serving")
    return path
