"""Finding and parsing the `saved_model.pb` of a directory."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from tidefall.base.errors import DataLossError
from tidefall.base.exports import export
from tidefall.io.file_systems.os_errors import errors_from_os
from tidefall.saving.saved_model import constants as names


@export("saved_model.contains_saved_model")
def contains_saved_model(export_dir: Any) -> bool:
    """Whether a directory holds a SavedModel.

    Args:
        export_dir: path of the directory.

    >>> import tidefall as tf
    >>> tf.saved_model.contains_saved_model("no/such/directory")
    False
    """
    return any(os.path.isfile(path) for path in _paths(os.fspath(export_dir)))


def _paths(folder: str) -> tuple[str, str]:
    return (
        os.path.join(folder, names.SAVED_MODEL_FILENAME_PB),
        os.path.join(folder, names.SAVED_MODEL_FILENAME_PBTXT),
    )


def read_saved_model(export_dir: Any) -> Any:
    """The SavedModel message of a directory.

    Raises:
        OSError: if there is none, or it cannot be parsed.
    """
    folder = os.fspath(export_dir)
    binary, text = _paths(folder)
    if os.path.isfile(binary):
        return _parse_binary(binary)
    if os.path.isfile(text):
        return _parse_text(text)
    raise OSError(
        f"SavedModel file does not exist at: {folder}{os.path.sep}"
        f"{{{names.SAVED_MODEL_FILENAME_PBTXT}|{names.SAVED_MODEL_FILENAME_PB}}}"
    )


def _parse_binary(path: str) -> Any:
    from google.protobuf.message import DecodeError

    from tidefall.proto import SavedModel

    try:
        return SavedModel.FromString(_read(path))
    except DecodeError as error:
        raise OSError(f"Cannot parse file {path}: {error}.") from None


def _parse_text(path: str) -> Any:
    from google.protobuf import text_format

    from tidefall.proto import SavedModel
    from tidefall.proto.registry import pool

    try:
        return text_format.Parse(_read(path).decode(), SavedModel(), descriptor_pool=pool())
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise OSError(f"Cannot parse file {path}: {error}.") from None
    except RecursionError:
        raise OSError(f"Cannot parse file {path}: its messages are nested too deeply.") from None


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise errors_from_os(error, path) from None


def choose_meta_graph(saved_model: Any, export_dir: Any, tags: Any) -> Any:
    """The MetaGraphDef with the given tags; the only one when `tags` is None.

    Raises:
        ValueError: if there is none with these tags, or the choice is left open.
        OSError: if there is none at all.
    """
    found = [sorted(meta.meta_info_def.tags) for meta in saved_model.meta_graphs]
    wanted = _tags(tags)
    if not found:
        raise OSError(f"The SavedModel at {os.fspath(export_dir)} is empty: it holds no program.")
    if wanted is None:
        if len(found) == 1:
            return saved_model.meta_graphs[0]
        raise ValueError(
            f"Importing a SavedModel with `tf.saved_model.load` requires a `tags=` argument if "
            f"there is more than one MetaGraph. Got `tags=None`, but there are {len(found)} "
            f"MetaGraphs in the SavedModel at {os.fspath(export_dir)} with tag sets: {found}. Pass "
            "a `tags=` argument to load this SavedModel."
        )
    for meta, have in zip(saved_model.meta_graphs, found, strict=True):
        if set(have) == wanted:
            return meta
    if len(found) == 1:
        raise ValueError(
            f"Got an incompatible argument to `tags`: {tags}. The SavedModel at "
            f"{os.fspath(export_dir)} has one MetaGraph with tags {found[0]}. You may omit the "
            "argument, pass 'None', or pass matching tags."
        )
    raise ValueError(
        f"MetaGraphDef associated with tags {sorted(wanted)} could not be found in SavedModel at "
        f"{os.fspath(export_dir)}, with available tags {found}."
    )


def _tags(tags: Any) -> set[str] | None:
    if tags is None:
        return None
    if isinstance(tags, str):
        return {tags}
    return set(tags) if isinstance(tags, Iterable) else {str(tags)}


def asset_path(export_dir: str, name: str) -> str:
    """The path of a file that belongs to a SavedModel.

    Raises:
        DataLossError: if the name, or a link of that name, leads out of the directory. Links may
            lead to where `saved_model.pb` lies itself, as in stores that link whole models.
    """
    path = os.path.join(export_dir, names.ASSETS_DIRECTORY, name)
    outside = (
        os.path.isabs(name)
        or "\0" in name
        or os.path.normpath(name).split(os.path.sep)[0] == os.path.pardir
    )
    if outside or not _lies_in(path, _homes(export_dir)):
        raise DataLossError(
            None, None, f"The SavedModel at {export_dir} has an asset {name!r} outside of itself."
        )
    return path


def _homes(export_dir: str) -> list[str]:
    """The directories that the files of a model may lie in."""
    files = [path for path in _paths(export_dir) if os.path.islink(path)]
    folders = [os.path.dirname(os.path.realpath(path)) for path in files]
    return [os.path.realpath(export_dir), *folders]


def _lies_in(path: str, folders: Iterable[str]) -> bool:
    real = os.path.realpath(path)
    return any(os.path.commonpath([real, folder]) == folder for folder in folders)
