"""Files by name or pattern, and what says that one of them is still the same."""

from __future__ import annotations

import glob
import gzip
import os
from collections.abc import Sequence
from typing import BinaryIO

from tidefall.lifecycle.data_validation.failures import invalid, missing


def matching(location: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> list[str]:
    """The files that a name, a pattern, a folder or a list of these means, in order.

    Raises:
        NotFoundError: one of them means none.
    """
    given = [location] if isinstance(location, str | os.PathLike) else list(location)
    found: list[str] = []
    for one in map(os.fspath, given):
        if os.path.isdir(one):
            names = sorted(os.path.join(one, name) for name in os.listdir(one))
            files = [name for name in names if os.path.isfile(name)]
        else:
            files = [one] if os.path.exists(one) else sorted(glob.glob(one))
        if not files:
            raise missing(f"no file found at {one!r}")
        found += files
    return found


def identity(path: str) -> str:
    """A file's name, size and time of change: other bytes, other text."""
    status = os.stat(path)
    return f"{os.path.abspath(path)}:{status.st_size}:{status.st_mtime_ns}"


def is_gzip(path: str) -> bool:
    """Whether a file begins as gzip does, whatever its name."""
    with open(path, "rb") as file:
        return file.read(2) == b"\x1f\x8b"


def opened(path: str, compression: str = "AUTO") -> BinaryIO:
    """A file, or what is compressed in it.

    Args:
        path: the file.
        compression: "AUTO", "", "NONE", "UNCOMPRESSED" or "GZIP".

    Raises:
        InvalidArgumentError: another compression.
    """
    kind = compression.upper()
    if kind not in ("AUTO", "", "NONE", "UNCOMPRESSED", "GZIP"):
        raise invalid(f"compression {compression!r}: expected AUTO, GZIP or UNCOMPRESSED")
    if kind == "GZIP" or (kind == "AUTO" and is_gzip(path)):
        return gzip.open(path, "rb")  # type: ignore[return-value]
    return open(path, "rb")
