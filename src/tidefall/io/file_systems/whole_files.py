"""Files that appear whole or not at all, also when the process is killed or the power fails.

A file is written under a temporary name in its folder, forced to the disk, and renamed. While it
is written its process holds a lock on it (`flock`). The system lets go of the lock when the process
ends, however it ends: a temporary file that can be locked belongs to a process that is dead, on
this machine or, on network file systems that pass locks on, on another. Where a file system has no
locks, nothing is known about temporary files, and none is removed.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Iterator
from typing import BinaryIO

from tidefall.io.file_systems.os_errors import errors_from_os

try:
    import fcntl
except ImportError:  # not a POSIX system
    fcntl = None  # type: ignore[assignment]

_TEMPORARY = re.compile(r"\..+\.\d+\.[0-9a-f]{8}\.tmp")


class WholeFile:
    """A file that gets its name when it is complete.

    Args:
        path: the name it will have. Its folder must be there.

    Attributes:
        file: open for writing in binary.
        temporary: the name it has until `place`.

    Raises:
        NotFoundError: the folder is not there.

    ```python
    whole = WholeFile("folder/checkpoint")
    whole.file.write(b"content")
    whole.place()
    sync_folder("folder")
    ```
    """

    def __init__(self, path: str):
        self.path = path
        self.temporary, self.file = create_beside(path)

    def place(self, path: str | None = None, durable: bool = True) -> None:
        """Force the file to the disk and give it its name.

        Args:
            path: another name in the same folder than the one it was made for.
            durable: whether it has to be whole after a power failure, too; that takes a disk some
                milliseconds.

        Raises:
            ResourceExhaustedError, ...: the disk refuses; the file is gone then.
        """
        target = self.path if path is None else path
        try:
            if durable:
                self.force()
            elif not self.file.closed:
                self.file.flush()
            # Still open, and so still locked: nobody takes it for abandoned before it has its name.
            os.replace(self.temporary, target)
            self.file.close()
        except OSError as error:
            self.discard()
            raise errors_from_os(error, target) from None

    def force(self) -> None:
        """Force what was written to the disk."""
        if not self.file.closed:
            self.file.flush()
            os.fsync(self.file.fileno())

    def discard(self) -> None:
        """Remove the file."""
        with contextlib.suppress(OSError):
            self.file.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.temporary)


@contextlib.contextmanager
def whole_file(path: str, durable: bool = True) -> Iterator[BinaryIO]:
    """A file to write, which gets its name when the block ends, and is gone if it raises.

    Args:
        path: the name it will have. Its folder must be there.
        durable: see `WholeFile.place`.

    Yields:
        The file, open for writing in binary.

    Raises:
        NotFoundError, ResourceExhaustedError, ...: the folder is not there, or the disk refuses.
    """
    whole = WholeFile(path)
    try:
        yield whole.file
    except OSError as error:
        whole.discard()
        raise errors_from_os(error, path) from None
    except BaseException:
        whole.discard()
        raise
    whole.place(durable=durable)


def create_beside(path: str) -> tuple[str, BinaryIO]:
    """A new, locked temporary file in the folder of `path`, to be renamed to it when it is whole.

    Args:
        path: the file to write in the end.

    Returns:
        The temporary file's path, and the file, open for writing.

    Raises:
        NotFoundError: the folder is not there.
    """
    folder, name = os.path.split(path)
    while True:
        made = os.path.join(folder, f".{name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
        try:
            file = open(made, "xb")  # noqa: SIM115 - its user closes it
        except OSError as error:
            raise errors_from_os(error, path) from None
        if _lock(file) is not False and os.fstat(file.fileno()).st_nlink:
            return made, file
        file.close()  # somebody who cleans up was faster than the lock


def _lock(file: BinaryIO) -> bool | None:
    """Whether the file is locked now; None if the file system has no locks."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def remove_abandoned(folder: str) -> list[str]:
    """Remove the temporary files that processes left in a folder when they were killed.

    Args:
        folder: where to look; the folders in it are left alone.

    Returns:
        The paths of what was removed.
    """
    removed = []
    try:
        names = os.listdir(folder or ".")
    except OSError:
        return []
    for name in filter(_TEMPORARY.fullmatch, names):
        path = os.path.join(folder, name)
        with contextlib.suppress(OSError), open(path, "rb") as file:
            if _lock(file):
                os.unlink(path)
                removed.append(path)
    return removed


def sync_folder(folder: str) -> None:
    """Force the names of a folder's files to the disk: those renamed, and those removed."""
    with contextlib.suppress(OSError):  # not every file system can
        handle = os.open(folder or ".", os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
