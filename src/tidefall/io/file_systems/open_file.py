"""Files of every file system, opened by path or URL.

Local paths and `file://` are ours; every other scheme (`memory://`, `s3://`, `gs://`, ...) goes
through fsspec, which is imported with the first such URL.
"""

from __future__ import annotations

import re
from typing import Any

from tidefall.base import errors
from tidefall.io.file_systems.os_errors import errors_from_os
from tidefall.io.file_systems.paths import local_path, path_text

_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*)://")


def is_remote(path: Any) -> bool:
    """Whether a path is a URL of another scheme than `file`."""
    found = _SCHEME.match(path_text(path))
    return found is not None and found[1] != "file"


def remote(path: Any) -> tuple[Any, str]:
    """The fsspec file system of a URL, and the path in it.

    Raises:
        UnimplementedError: fsspec is not installed, or does not know the scheme.
    """
    text = path_text(path)
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise _unknown(text, "needs fsspec: pip install 'tidefall[remote]'") from None
    try:
        return url_to_fs(text)
    except (ValueError, ImportError) as error:
        raise _unknown(text, f"cannot be opened: {error}") from None


def _unknown(url: str, problem: str) -> errors.UnimplementedError:
    scheme = url.partition("://")[0]
    message = f"File system scheme '{scheme}' not implemented (file: '{url}'): it {problem}"
    return errors.UnimplementedError(None, None, message)


def open_file(path: Any, mode: str = "rb", buffer_size: int = -1) -> Any:
    """Open a file in binary.

    Args:
        path: a path or URL.
        mode: "rb", "wb" or "ab".
        buffer_size: bytes to read ahead of a local file; -1 leaves it to Python.

    Raises:
        OpError: NotFoundError and the like, naming the path.
        UnimplementedError: for a scheme that nobody reads.
    """
    text = path_text(path)
    try:
        if is_remote(text):
            system, name = remote(text)
            return system.open(name, mode)
        return open(local_path(text), mode, buffering=buffer_size)
    except OSError as error:
        raise errors_from_os(error, text) from None
