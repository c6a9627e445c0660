"""Which code is the user's, and where in it a node was made."""

from __future__ import annotations

import sys
from pathlib import Path

PACKAGE = str(Path(__file__).parents[1])
"""The folder of our own code."""


def is_own_file(file: str) -> bool:
    """Whether a file of source code is one of ours or of Keras's."""
    return file.startswith(PACKAGE) or "/keras/src/" in file


def user_frame() -> tuple[str, int, str] | None:
    """File, line and function of the innermost frame that is neither ours nor Keras's."""
    frame = sys._getframe(2)
    while frame is not None:
        file = frame.f_code.co_filename
        if not is_own_file(file):
            return file, frame.f_lineno, frame.f_code.co_name
        frame = frame.f_back  # type: ignore[assignment]
    return None
