"""Putting a whole directory in place at once."""

from __future__ import annotations

import ctypes
import os
import re
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tidefall.io.file_systems.os_errors import errors_from_os

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_RENAME_SWAP = 2  # what macOS calls the same


_FILES_OF_A_MODEL = frozenset({"saved_model.pb", "saved_model.pbtxt", "keras_metadata.pb"})
_FOLDERS_OF_A_MODEL = frozenset({"assets", "debug"})


@contextmanager
def written_at_once(path: str) -> Iterator[str]:
    """A directory to write into, that takes the place of `path` when the block ends.

    What is in an existing directory at `path` and is not part of a model stays in it. When the
    block fails, or the process ends in the middle of it, `path` is as it was; what a killed process
    left behind goes when the next one writes there. (Where the system cannot exchange two
    directories there is a moment without any at `path`; Linux and macOS can.)

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
        _remove_leftovers(parent, name)
        os.makedirs(temporary)
        lock = _lock(temporary)
        try:
            yield temporary
            _keep_others(path, temporary)
            _put_in_place(temporary, path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
            if lock is not None:
                os.close(lock)
    except OSError as error:
        raise errors_from_os(error, path) from error


def _remove_leftovers(parent: str, name: str) -> None:
    """Remove what processes left that were killed while they wrote `name`."""
    pattern = re.compile(rf"\.{re.escape(name)}\.(\d+)\.[0-9a-f]{{8}}\.tmp")
    for found in os.listdir(parent) if os.path.isdir(parent) else ():
        match = pattern.fullmatch(found)
        if match is None or _is_running(int(match[1])):
            continue
        # The process may be one of another machine, or container, that uses the same disk.
        left = os.path.join(parent, found)
        lock = _lock(left)
        if lock is not None:
            shutil.rmtree(left, ignore_errors=True)
            os.close(lock)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True  # someone else's
    return True


def _lock(folder: str) -> int | None:
    """Lock a directory until the result is closed, or the process ends; None if it is locked."""
    try:
        import fcntl

        descriptor = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _keep_others(old: str, new: str) -> None:
    """Take over the files of the old directory that are not the old model's.

    TensorFlow leaves all files, where those of the old model pass for files of the new one. What
    others add to a model is in `assets.extra`.
    """
    for folder, _, files in os.walk(old):
        relative = os.path.relpath(folder, old)
        if relative.split(os.sep)[0] in _FOLDERS_OF_A_MODEL:
            continue
        target = os.path.normpath(os.path.join(new, relative))
        os.makedirs(target, exist_ok=True)
        for name in files:
            source, copy = os.path.join(folder, name), os.path.join(target, name)
            if not os.path.lexists(copy) and not _is_leftover(relative, name):
                _link(source, copy)


def _is_leftover(relative: str, name: str) -> bool:
    """Whether a file belongs to the model that is being replaced."""
    if relative == "variables":
        return name.startswith("variables.")
    return relative == "." and name in _FILES_OF_A_MODEL


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
    names = os.fsencode(one), os.fsencode(two)
    if sys.platform == "darwin":
        swap = getattr(ctypes.CDLL(None), "renamex_np", None)
        return swap is not None and swap(names[0], names[1], _RENAME_SWAP) == 0
    rename = None
    if sys.platform.startswith("linux"):
        rename = getattr(ctypes.CDLL(None), "renameat2", None)
    if rename is None:
        return False
    return rename(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) == 0
