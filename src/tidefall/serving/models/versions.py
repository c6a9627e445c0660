"""The versions of a model on disk, and which of them to serve."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tidefall.core import errors

MAX_VERSION = 2**63 - 1
MODEL_FILES = ("saved_model.pb", "saved_model.pbtxt")

# Names, sizes and modification times of all files of a version: what changes when somebody
# copies the rest of it, or replaces it.
Fingerprint = tuple[tuple[str, int, int], ...]


class VersionPolicy(Protocol):
    """Chooses the versions to serve among those that can be."""

    def select(self, versions: Collection[int]) -> set[int]:
        """The versions to serve, a subset of `versions`."""
        ...


@dataclass(frozen=True, slots=True)
class Latest:
    """Serve the versions with the highest numbers.

    Example:
      >>> sorted(Latest(2).select([1, 7, 3]))
      [3, 7]
    """

    count: int = 1

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError(f"Latest serves at least one version; got {self.count}")

    def select(self, versions: Collection[int]) -> set[int]:
        """The `count` highest version numbers."""
        return set(sorted(versions)[-self.count :])


@dataclass(frozen=True, slots=True)
class VersionDirectory:
    """A numbered directory below a model's base path."""

    version: int
    path: Path

    def is_complete(self) -> bool:
        """Whether the file that makes it a SavedModel is there."""
        return any((self.path / name).is_file() for name in MODEL_FILES)

    def fingerprint(self) -> Fingerprint:
        """What identifies the present content of the directory."""
        found = []
        for folder, _, names in os.walk(self.path):
            for name in names:
                file = os.path.join(folder, name)
                try:
                    status = os.stat(file)
                except OSError:
                    continue  # Being replaced; the next look sees another fingerprint.
                found.append((os.path.relpath(file, self.path), status.st_size, status.st_mtime_ns))
        return tuple(sorted(found))


def find_versions(base_path: Path) -> dict[int, VersionDirectory]:
    """The numbered directories below a base path, by version.

    Of two directories with the same number ("1" and "0001") the last in order of name counts.

    Raises:
      NotFoundError: the base path is not a readable directory.
    """
    found = {}
    try:
        for entry in sorted(os.scandir(base_path), key=lambda entry: entry.name):
            version = _version_number(entry.name)
            if version is not None and entry.is_dir():
                found[version] = VersionDirectory(version, Path(entry.path))
    except OSError as error:
        message = f"Could not find base path {base_path}: {error.strerror or error}"
        raise errors.NotFoundError(None, None, message) from None
    return found


def _version_number(name: str) -> int | None:
    is_number = name.isascii() and name.isdecimal() and len(name) < 40
    return int(name) if is_number and int(name) <= MAX_VERSION else None


def check_base_path(name: str, base_path: Path) -> None:
    """Refuses a base path that can never serve anything, with what to do instead.

    Raises:
      NotFoundError: it is no directory.
      InvalidArgumentError: it is itself a SavedModel, where its parent was meant.
    """
    if find_versions(base_path):
        return
    model_file = next((f for f in MODEL_FILES if (base_path / f).is_file()), None)
    if model_file:
        message = (
            f"No versions of servable {name} found under base path {base_path}, which holds "
            f"{model_file} itself. The base path is the folder around numbered versions: move "
            f"the model to {base_path / '1'}, or name the parent folder if that one is numbered"
        )
        raise errors.InvalidArgumentError(None, None, message)
