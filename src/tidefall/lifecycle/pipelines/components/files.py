"""Where components find files of artifacts, and messages in parameters."""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Iterator
from typing import Any

from tidefall.lifecycle.pipelines import proto
from tidefall.lifecycle.pipelines.failures import invalid, missing
from tidefall.lifecycle.pipelines.types.artifact import single
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


def model_to_serve(inputs: dict[str, list[Any]]) -> str:
    """Return the folder of the one model that a component reads.

    Raises:
        NotFoundError: it is not for serving.
        InvalidArgumentError: there are several.
    """
    return serving_model(single(inputs["model"], "model"))


def files_by_split(
    inputs: dict[str, list[Any]], wanted: list[str], who: str
) -> dict[str, list[str]]:
    """Return the files of the examples that a component reads, by split.

    Args:
        inputs: the component's.
        wanted: splits; all for none.
        who: the component's name, for errors.

    Raises:
        InvalidArgumentError: no split is called so.
    """
    found: dict[str, list[str]] = {}
    for examples in inputs["examples"]:
        for split in examples.splits:
            if not wanted or split in wanted:
                found.setdefault(split, []).extend(split_files(examples, split))
    if not found:
        known = sorted({split for examples in inputs["examples"] for split in examples.splits})
        raise invalid(f"{who}: no split is called {wanted}; there are {known}")
    return found


def read_examples(files: list[str]) -> Iterator[bytes]:
    """Yield the records of files of examples."""
    from tidefall.io.records.tfrecord import read_records

    for path in files:
        yield from read_records(path, "GZIP")
