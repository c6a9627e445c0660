"""Settings files: messages in protobuf's text format."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from tidefall.base import errors

_LARGEST = 16 * 1024 * 1024


def read_message(path: str | os.PathLike[str], kind: str) -> Any:
    """The message in a text file.

    Args:
        path: the file.
        kind: the message's name, such as "SSLConfig", in TensorFlow Serving or in TensorFlow.

    Raises:
        NotFoundError: the file cannot be read.
        InvalidArgumentError: it does not hold such a message; says in which line.
    """
    from google.protobuf import text_format

    from tidefall import proto
    from tidefall.proto import serving
    from tidefall.proto.registry import pool

    try:
        with Path(path).open("rb") as file:
            text = file.read(_LARGEST + 1)
    except OSError as error:
        message = f"cannot read {path}: {error.strerror or error}"
        raise errors.NotFoundError(None, None, message) from None
    try:
        if len(text) > _LARGEST:
            raise text_format.ParseError(f"it holds over {_LARGEST} bytes")
        message = getattr(serving if hasattr(serving, kind) else proto, kind)()
        return text_format.Parse(text, message, descriptor_pool=pool())
    except (text_format.ParseError, UnicodeDecodeError) as error:
        message = f"{path} is no {kind} in protobuf's text format: {error}"
        raise errors.InvalidArgumentError(None, None, message) from None
