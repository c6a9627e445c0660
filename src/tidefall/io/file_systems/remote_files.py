"""What `tf.io.gfile` does with URLs of other schemes than `file://`, through fsspec."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from tidefall.base.errors import AlreadyExistsError, FailedPreconditionError, NotFoundError
from tidefall.io.file_systems.open_file import remote
from tidefall.io.file_systems.os_errors import errors_from_os

Result = TypeVar("Result")


@contextmanager
def _told(url: str) -> Iterator[None]:
    """Errors of the operating system's classes as TensorFlow's."""
    try:
        yield
    except OSError as error:
        raise errors_from_os(error, url) from None


def _call(url: str, function: Callable[[Any, str], Result]) -> Result:
    system, path = remote(url)
    with _told(url):
        return function(system, path)


def exists(url: str) -> bool:
    """Whether there is a file or folder."""
    return _call(url, lambda system, path: bool(system.exists(path)))


def isdir(url: str) -> bool:
    """Whether it is a folder."""
    return _call(url, lambda system, path: bool(system.isdir(path)))


def makedirs(url: str) -> None:
    """Make a folder and those above it."""
    _call(url, lambda system, path: system.makedirs(path, exist_ok=True))


def listdir(url: str) -> list[str]:
    """Names of the entries of a folder; NotFoundError if there is none."""
    if not isdir(url):
        raise NotFoundError(None, None, f"Could not find directory {url}")
    found = _call(url, lambda system, path: system.ls(path, detail=False))
    return [str(path).rstrip("/").rpartition("/")[2] for path in found]


def glob(pattern: str) -> list[str]:
    """URLs that match a pattern, sorted."""
    scheme = pattern.partition("://")[0]
    found = _call(pattern, lambda system, path: system.glob(path))
    return sorted(path if "://" in path else f"{scheme}://{path.lstrip('/')}" for path in found)


def remove(url: str) -> None:
    """Delete a file; NotFoundError if there is none, FailedPreconditionError for a folder."""
    if isdir(url):
        raise FailedPreconditionError(None, None, f"{url}; Is a directory")
    _call(url, lambda system, path: system.rm_file(path))


def rmtree(url: str) -> None:
    """Delete a folder and all in it."""
    if not exists(url):
        raise NotFoundError(None, None, f"{url} not found")
    _call(url, lambda system, path: system.rm(path, recursive=True))


def rename(source: str, target: str, overwrite: bool) -> None:
    """Move a file within one file system."""
    refuse_to_overwrite(target, overwrite)
    system, path = remote(source)
    other, new_path = remote(target)
    if system != other:
        raise FailedPreconditionError(
            None, None, f"{source} cannot be renamed to {target}, which is in another file system."
        )
    with _told(source):
        system.mv(path, new_path, recursive=system.isdir(path))


def refuse_to_overwrite(target: str, overwrite: bool) -> None:
    """AlreadyExistsError if there is a file and it must not be replaced."""
    if not overwrite and exists(target):
        raise AlreadyExistsError(None, None, f"{target}: file already exists")


def stat(url: str) -> tuple[int, int, bool]:
    """Size, time of the last change in nanoseconds, and whether it is a folder."""
    found = _call(url, lambda system, path: system.info(path))
    is_folder = found.get("type") == "directory"
    return int(found.get("size") or 0), changed_nsec(found), is_folder


def changed_nsec(info: Mapping[str, Any]) -> int:
    """When a file last changed, in nanoseconds since 1970, by what fsspec says of it."""
    changed = next((info[k] for k in ("mtime", "LastModified", "created") if k in info), 0)
    seconds = changed.timestamp() if isinstance(changed, datetime) else changed or 0
    return int(float(seconds) * 1e9)


def schemes() -> list[str]:
    """The schemes that fsspec knows."""
    from fsspec import available_protocols

    return sorted(set(available_protocols()) - {"file", "local"})
