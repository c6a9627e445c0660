"""Rows that were refused, kept with the reasons: a file of JSON lines.

Numbers come back as they were, bytes that are no text as base64.
"""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from tidefall.lifecycle.data_validation.contract.rows import Refusal
from tidefall.lifecycle.data_validation.failures import damaged, missing


class Quarantine:
    """A file to which refused rows are added, each with one write.

    Args:
        path: the file; its folder is made if need be.
    """

    def __init__(self, path: str | os.PathLike[str]):
        self.path = os.fspath(path)
        os.makedirs(os.path.dirname(os.path.abspath(self.path)), exist_ok=True)
        self._lock = threading.Lock()

    def add(self, features: dict[str, Any], refusals: Sequence[Refusal]) -> None:
        """Add a row.

        Args:
            features: its values by name, as Python objects.
            refusals: why.
        """
        line = json.dumps(
            {
                "reasons": [
                    {"feature": r.feature, "type": r.type, "reason": r.reason} for r in refusals
                ],
                "features": {name: _plain(value) for name, value in features.items()},
            }
        )
        with self._lock, open(self.path, "ab", buffering=0) as file:
            file.write(line.encode() + b"\n")


def read_quarantine(path: str | os.PathLike[str]) -> Iterator[dict[str, Any]]:
    """The rows of a quarantine, each with "reasons" and "features".

    Raises:
        NotFoundError: there is no such file.
        DataLossError: a line is damaged; the message says which.
    """
    if not os.path.exists(path):
        raise missing(f"{os.fspath(path)} is not there")
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            try:
                row = json.loads(line)
                row["features"] = {k: _restored(v) for k, v in row["features"].items()}
            except (ValueError, KeyError, AttributeError, TypeError) as error:
                raise damaged(
                    f"{os.fspath(path)}, line {number}: no refused row: {error}"
                ) from None
            yield row


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return {"base64": base64.b64encode(value).decode()}
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
