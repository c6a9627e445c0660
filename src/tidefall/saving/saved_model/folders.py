"""Putting a whole directory in place at once."""

from __future__ import annotations

import ctypes
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tidefall.io.tfrecord import errors_from_os

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


@contextmanager
def written_at_once(path: str) -> Iterator[str]:
    """A directory to write into, that takes the place of `path` when the block ends.

    What else is in an existing directory at `path` stays in it. When the block fails, `path` is
    as it was.

    Args:
        path: the directory to make or to replace.

    Yields:
        The path of an empty directory beside it.

    Raises:
        FailedPreconditionError: `path` is a file.
        PermissionDeniedError, ResourceExhaustedError, ...: the disk refuses.
    """
    path = os.path.abspath(path)
    parent, name = os.path.split(path)
    temporary = os.path.join(parent, f".{name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    try:
        if os.path.lexists(path) and not os.path.isdir(path):
            raise NotADirectoryError(f"{path} is a file")
        os.makedirs(temporary)
        try:
            yield temporary
            _keep_others(path, temporary)
            _put_in_place(temporary, path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        raise errors_from_os(error, path) from error


def _keep_others(old: str, new: str) -> None:
    """Take over the files of the old directory that the new one does not have."""
    for folder, _, files in os.walk(old):
        relative = os.path.relpath(folder, old)
        target = os.path.normpath(os.path.join(new, relative))
        os.makedirs(target, exist_ok=True)
        for name in files:
            source, copy = os.path.join(folder, name), os.path.join(target, name)
            if not os.path.lexists(copy) and not _is_leftover(relative, name):
                _link(source, copy)


def _is_leftover(relative: str, name: str) -> bool:
    """Whether a file belongs to the variables of the model that is being replaced."""
    return relative == "variables" and name.startswith("variables.")


def _link(source: str, copy: str) -> None:
    try:
        os.link(source, copy, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, copy, follow_symlinks=False)


def _put_in_place(new: str, path: str) -> None:
    if not os.path.isdir(path):
        os.rename(new, path)
    elif not _exchange(new, path):
        old = f"{new}.old"
        os.rename(path, old)
        os.rename(new, path)
        shutil.rmtree(old, ignore_errors=True)


def _exchange(one: str, two: str) -> bool:
    """Let two directories change places in one step, where the system can."""
    if not sys.platform.startswith("linux"):
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    names = os.fsencode(one), os.fsencode(two)
    return rename(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) == 0
