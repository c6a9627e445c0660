"""Rows and requests that were refused, kept with the reasons: a file of JSON lines.

Numbers come back as they were, bytes that are no text as base64.
"""

from __future__ import annotations

import base64
import errno
import json
import os
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from tidefall.base import errors
from tidefall.io.records.appending import append

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class Why(Protocol):
    """A reason for which something is refused."""

    @property
    def feature(self) -> str:
        """The path of the feature."""
        ...

    @property
    def type(self) -> str:
        """The type of anomaly."""
        ...

    @property
    def reason(self) -> str:
        """A sentence."""
        ...


class Reason(NamedTuple):
    """Why something is refused.

    Args:
        feature: the path of the feature.
        type: the type of anomaly.
        reason: a sentence.
    """

    feature: str
    type: str
    reason: str


class Quarantine:
    """A file to which what is refused is added, each with one write: whole, or not at all.

    Args:
        path: the file; its folder is made if need be.
        max_bytes: how large the file may get; None for any size.
    """

    def __init__(self, path: str | os.PathLike[str], max_bytes: int | None = None):
        self.path, self._max_bytes = os.fspath(path), max_bytes
        os.makedirs(os.path.dirname(os.path.abspath(self.path)), exist_ok=True)
        self._lock = threading.Lock()

    def add(self, features: Mapping[str, Any], reasons: Sequence[Why], **about: Any) -> None:
        """Add a row, or a request.

        Args:
            features: its values by name, as Python objects.
            reasons: why it is refused.
            about: what else is to be known of it.

        Raises:
            OSError: it cannot be written, or the file would become too large.
        """
        line = json.dumps(
            {
                **about,
                "reasons": [
                    {"feature": r.feature, "type": r.type, "reason": r.reason} for r in reasons
                ],
                "features": {name: _plain(value) for name, value in features.items()},
            }
        )
        record = line.encode() + b"\n"
        with self._lock, open(self.path, "ab", buffering=0) as file:
            if self._max_bytes is not None and file.tell() + len(record) > self._max_bytes:
                message = f"the quarantine holds {self._max_bytes} bytes at most"
                raise OSError(errno.EFBIG, message, self.path)
            append(file, record)


def read_quarantine(path: str | os.PathLike[str]) -> Iterator[dict[str, Any]]:
    """What a quarantine holds, each with "reasons" and "features".

    Raises:
        NotFoundError: there is no such file.
        DataLossError: a line is damaged; the message says which.
    """
    if not os.path.exists(path):
        raise errors.NotFoundError(None, None, f"{os.fspath(path)} is not there")
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            try:
                row = json.loads(line)
                row["features"] = {k: _restored(v) for k, v in row["features"].items()}
            except (ValueError, KeyError, AttributeError, TypeError) as error:
                message = f"{os.fspath(path)}, line {number}: no refused row: {error}"
                raise errors.DataLossError(None, None, message) from None
            yield row


def in_base64(value: bytes) -> dict[str, str]:
    """Bytes as a quarantine holds those that come back as bytes in any case."""
    return {"base64": base64.b64encode(value).decode()}


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        try:
            text = value.decode()
        except UnicodeDecodeError:
            return in_base64(value)
        # Serialized messages may happen to be UTF-8, too; they have control characters.
        return in_base64(value) if _CONTROL.search(text) else text
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)


def _restored(value: Any) -> Any:
    if isinstance(value, list):
        return [_restored(one) for one in value]
    if isinstance(value, dict):
        if set(value) == {"base64"}:
            return base64.b64decode(value["base64"])
        return {name: _restored(one) for name, one in value.items()}
    return value
