"""Where a store keeps things: its folder, the database in it, and files that are written whole."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from tidefall.base import errors

DATABASE = "metadata.db"


def database_url(store: str | os.PathLike[str], must_exist: bool = False) -> str:
    """Return the database of a store.

    Args:
        store: the store's folder, a database file, or a URL.
        must_exist: whether a file that is not there is an error, instead of one to be made.

    Raises:
        NotFoundError: must_exist, and there is none.
    """
    given = os.fspath(store)
    if "://" in given:
        return given
    path = Path(given)
    if path.is_dir() or path.suffix not in (".db", ".sqlite", ".sqlite3"):
        path = path / DATABASE
    if must_exist and not path.exists():
        message = f"there is no metadata store at {path}; name one with --store"
        raise errors.NotFoundError(None, None, message)
    return str(path)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file under a temporary name and rename it, so that it is whole or not there.

    Raises:
        ResourceExhaustedError: the disk is full.
        UnavailableError: it cannot be written for another reason.
    """
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise disk_error(path, error) from None


def disk_error(path: Path | str, error: OSError) -> errors.OpError:
    """Return what to raise where a file cannot be written."""
    import errno

    message = f"cannot write {path}: {error.strerror or error}"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return errors.ResourceExhaustedError(None, None, message)
    return errors.UnavailableError(None, None, message)
