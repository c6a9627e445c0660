"""Path names as `tf.io` takes them: text, bytes, path objects and `file://` URLs."""

from __future__ import annotations

import os
import re
from typing import Any

from tidefall.base.errors import UnimplementedError

_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*)://")
_FILE = "file://"


def path_text(path: Any) -> str:
    """A path as text, URLs unchanged.

    Raises:
        TypeError: not a path.
    """
    if isinstance(path, str):
        return path
    if isinstance(path, bytes):
        return path.decode("utf-8", "surrogateescape")
    if isinstance(path, os.PathLike):
        return path_text(os.fspath(path))
    if hasattr(path, "numpy"):
        return path_text(path.numpy())
    raise TypeError(f"Expected binary or unicode string, got {path!r}")


def local_path(path: Any) -> str:
    """The name of a local file for what may be a `file://` URL.

    Raises:
        UnimplementedError: a URL of another scheme (`gs://`, `s3://`, ...).
        TypeError: not a path.
    """
    text = path_text(path)
    scheme = _SCHEME.match(text)
    if scheme is None:
        return text
    if scheme[1] != "file":
        raise UnimplementedError(
            None,
            None,
            f"File system scheme '{scheme[1]}' not implemented (file: '{text}'): Tidefall reads "
            "and writes local files.",
        )
    return text[len(_FILE) :]
