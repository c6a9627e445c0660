"""The versions of a model, as directories on disk or behind a URL."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tidefall.base import errors
from tidefall.serving.models.config import Location

_T = TypeVar("_T")
MAX_VERSION = 2**63 - 1
MODEL_FILES = ("saved_model.pb", "saved_model.pbtxt")
LITE_FILE = "model.tflite"
"""A TensorFlow Lite model, which is served where there is no SavedModel."""
SERVED_FILES = (*MODEL_FILES, LITE_FILE)
_NOT_LOADED = "assets.extra/"


@dataclass(frozen=True, slots=True, order=True)
class File:
    """A file of a version: its name below the version's directory, its size in bytes, and when it
    last changed, in nanoseconds since 1970."""

    name: str
    size: int
    changed: int


Fingerprint = tuple[File, ...]
"""All files of a version: what changes when somebody copies the rest of it, or replaces it."""


@dataclass(frozen=True, slots=True)
class VersionDirectory:
    """A numbered directory below a model's base path."""

    version: int
    path: Location

    def fingerprint(self) -> Fingerprint:
        """What identifies the present content of the directory; sorted by name.

        Raises:
            OpError: a remote directory cannot be listed.
        """
        files = _local_files(self.path) if isinstance(self.path, Path) else _urls_below(self.path)
        return tuple(sorted(files))


def needed_bytes(files: Fingerprint) -> int:
    """About how much memory a version takes: its variables are its files, and little is added."""
    return sum(file.size for file in files if not file.name.startswith(_NOT_LOADED))


def find_versions(base_path: Location) -> dict[int, VersionDirectory]:
    """The numbered directories below a base path, by version.

    Of two directories with the same number ("1" and "0001") the last in order of name counts.

    Raises:
        NotFoundError: the base path is not a readable directory.
        OpError: a remote one cannot be listed.
    """
    found: dict[int, VersionDirectory] = {}
    for name in sorted(_folders_in(base_path)):
        version = _version_number(name)
        if version is not None:
            path = base_path / name if isinstance(base_path, Path) else f"{base_path}/{name}"
            found[version] = VersionDirectory(version, path)
    return found


def check_base_path(name: str, base_path: Location) -> None:
    """Refuses a base path that can never serve anything, with what to do instead.

    Raises:
        NotFoundError: it is no directory.
        InvalidArgumentError: it is itself a model, where its parent was meant.
    """
    if find_versions(base_path) or not isinstance(base_path, Path):
        return
    model_file = next((f for f in SERVED_FILES if (base_path / f).is_file()), None)
    if model_file:
        message = (
            f"No versions of servable {name} found under base path {base_path}, which holds "
            f"{model_file} itself. The base path is the folder around numbered versions: move "
            f"the model to {base_path / '1'}, or name the parent folder if that one is numbered"
        )
        raise errors.InvalidArgumentError(None, None, message)


def _version_number(name: str) -> int | None:
    is_number = name.isascii() and name.isdecimal() and len(name) < 40
    return int(name) if is_number and int(name) <= MAX_VERSION else None


def _folders_in(base_path: Location) -> list[str]:
    """Names of the folders directly below a base path."""
    if not isinstance(base_path, Path):
        listed = _listing(base_path, _entries)
        return [_last_part(entry["name"]) for entry in listed if entry["type"] == "directory"]
    try:
        with os.scandir(base_path) as entries:
            return [entry.name for entry in entries if entry.is_dir()]
    except OSError as error:
        message = f"Could not find base path {base_path}: {error.strerror or error}"
        raise errors.NotFoundError(None, None, message) from None


def _local_files(folder: Path) -> Iterator[File]:
    known: set[str] = set()  # A link may lead back up.
    for parent, folders, names in os.walk(folder, followlinks=True):
        identity = os.path.realpath(parent)
        if identity in known:
            folders.clear()
            continue
        known.add(identity)
        for name in names:
            path = os.path.join(parent, name)
            try:
                status = os.stat(path)
            except OSError:
                continue  # Being replaced; the next look sees another fingerprint.
            # What copies a file may keep its time of modification, but not this one.
            yield File(os.path.relpath(path, folder), status.st_size, status.st_ctime_ns)


def _urls_below(folder: str) -> Iterator[File]:
    from tidefall.io.file_systems.remote_files import changed_nsec

    root, found = _listing(folder, _files)
    start = len(root.rstrip("/")) + 1
    for path, info in found.items():
        yield File(path[start:], int(info.get("size") or 0), changed_nsec(info))


def _entries(system: Any, path: str) -> list[dict[str, Any]]:
    return system.ls(path, detail=True)


def _files(system: Any, path: str) -> tuple[str, dict[str, dict[str, Any]]]:
    return path, system.find(path, detail=True)


def _listing(url: str, function: Callable[[Any, str], _T]) -> _T:
    """What a remote file system says now, not what it said before."""
    from tidefall.io.file_systems.open_file import remote
    from tidefall.io.file_systems.os_errors import errors_from_os

    system, path = remote(url)
    try:
        system.invalidate_cache(path)
        return function(system, path)
    except FileNotFoundError:
        raise errors.NotFoundError(None, None, f"Could not find base path {url}") from None
    except OSError as error:
        raise errors_from_os(error, url) from None


def _last_part(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]
