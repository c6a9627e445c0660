"""Content hashes of files and folders: what makes two artifacts the same."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from tidefall.base import errors


def file_hashes(path: str | os.PathLike[str]) -> dict[str, tuple[int, str]]:
    """Return size and SHA-256 of every file below a folder, or of one file.

    Args:
        path: a folder or a file.

    Returns:
        (bytes, hexadecimal hash) by relative path with forward slashes, sorted.

    Raises:
        NotFoundError: there is nothing at the path.
        InvalidArgumentError: a link, a pipe or another special file lies in the folder.
    """
    root = Path(path)
    if root.is_file():
        return {root.name: _hash(root)}
    if not root.is_dir():
        raise errors.NotFoundError(None, None, f"content hash: nothing is at {root}")
    found = {}
    for folder, folders, files in os.walk(root):
        for name in [*folders, *files]:
            place = Path(folder) / name
            mode = place.lstat().st_mode
            if stat.S_ISREG(mode):
                found[place.relative_to(root).as_posix()] = _hash(place)
            elif not stat.S_ISDIR(mode):
                message = f"content hash: {place} is neither a file nor a folder"
                raise errors.InvalidArgumentError(None, None, message)
    return dict(sorted(found.items()))


def content_hash(path: str | os.PathLike[str]) -> str:
    """Return one SHA-256 for a file or a folder: of the files' names, sizes and contents.

    Args:
        path: a folder or a file; of a file the name does not count.

    Raises:
        NotFoundError: there is nothing at the path.

    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "a.txt").write_text("a")
    >>> content_hash(folder / "a.txt")[:8], content_hash(folder)[:8]
    ('ca978112', '87b570f7')
    """
    hashes = file_hashes(path)
    if Path(path).is_file():
        return next(iter(hashes.values()))[1]
    total = hashlib.sha256()
    for name, (size, digest) in hashes.items():
        total.update(f"{digest} {size} {name}\n".encode())
    return total.hexdigest()


def _hash(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), digest
