"""Copies of versions that lie in remote file systems, for as long as they are loaded."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import tempfile
import threading
from pathlib import Path, PurePosixPath

from tidefall.base import errors
from tidefall.serving.models.versions import VersionDirectory
from tidefall.serving.trust.manifest import AUDIT_LOG, MANIFEST

_PREFIX = "tidefall-models-"
_LOCK = "lock"


class LocalCopies:
    """A folder of this process with copies of remote version directories.

    The folder is made with the first copy. A process that was killed leaves its folder behind; the
    next one that makes copies in the same place removes it.

    A copy lies as deep as in a registry's store, with the store's audit log where it has one, so
    that what checks a version finds it there.

    Args:
        place: the folder to make it in; None for the system's place for temporary files.
    """

    def __init__(self, place: str | os.PathLike[str] | None = None) -> None:
        self._place = Path(place or tempfile.gettempdir())
        self._numbers = itertools.count()
        self._making = threading.Lock()
        self._folder: Path | None = None
        self._held: int | None = None

    def take(self, directory: VersionDirectory) -> Path:
        """A version as a folder of this machine: itself, or a copy that `drop` removes.

        Raises:
            OpError: it cannot be read, or there is no room for it.
        """
        if isinstance(directory.path, Path):
            return directory.path
        try:
            store = self._own_folder() / str(next(self._numbers))
            folder = store / "models" / "model" / str(directory.version)
            self._copy_whole(directory, folder, store)
        except OSError as error:
            if isinstance(error, errors.OpError):
                raise
            from tidefall.io.file_systems.os_errors import errors_from_os

            raise errors_from_os(error, f"copying {directory.path} to {self._place}") from None
        return folder

    def _copy_whole(self, directory: VersionDirectory, folder: Path, store: Path) -> None:
        try:
            self._copy(directory, folder)
            if (folder / MANIFEST).is_file():
                self._copy_log(str(directory.path), store)
        except BaseException:
            shutil.rmtree(store, ignore_errors=True)
            raise

    def drop(self, folder: Path) -> None:
        """Removes a copy; other folders stay."""
        if self._folder is not None and folder.is_relative_to(self._folder):
            store = folder.relative_to(self._folder).parts[0]
            shutil.rmtree(self._folder / store, ignore_errors=True)

    def close(self) -> None:
        """Removes all copies."""
        with self._making:
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)
            if self._held is not None:
                os.close(self._held)
            self._folder = self._held = None

    def _copy(self, directory: VersionDirectory, folder: Path) -> None:
        for file in directory.fingerprint():
            if ".." in PurePosixPath(file.name).parts:
                message = f"{directory.path} holds a file called {file.name!r}"
                raise errors.InvalidArgumentError(None, None, message)
            _copy_file(f"{directory.path}/{file.name}", folder / file.name)

    def _copy_log(self, version: str, store: Path) -> None:
        """Copies the audit log three folders above a version; what needs one says if there is none.

        The log only grows, so what is read after the version tells of it.
        """
        above = version.rstrip("/").rsplit("/", 3)[0]
        if above.partition("://")[2]:
            with contextlib.suppress(errors.NotFoundError, FileNotFoundError):
                _copy_file(f"{above}/{AUDIT_LOG}", store / AUDIT_LOG)

    def _own_folder(self) -> Path:
        with self._making:
            if self._folder is None:
                self._remove_abandoned()
                self._folder = self._new_folder()
            return self._folder

    def _new_folder(self) -> Path:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self._place))
        try:
            self._held = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR)
        except OSError:
            folder.rmdir()
            raise
        _lock(self._held)
        return folder

    def _remove_abandoned(self) -> None:
        """Removes the folders of processes that are no more."""
        for folder in self._place.glob(f"{_PREFIX}*"):
            try:
                held = os.open(folder / _LOCK, os.O_RDWR)
            except OSError:
                continue  # Being made just now, or another user's.
            try:
                if _lock(held):
                    shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(held)


def _copy_file(url: str, target: Path) -> None:
    from tidefall.io.file_systems.open_file import open_file

    target.parent.mkdir(parents=True, exist_ok=True)
    with open_file(url) as source, target.open("wb") as copy:
        shutil.copyfileobj(source, copy)


def _lock(file: int) -> bool:
    """Locks a file for this process, until it is closed; False where another one holds it."""
    try:
        import fcntl
    except ImportError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
