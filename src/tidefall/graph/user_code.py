"""Which code is the user's, and where in it a node was made."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType

PACKAGE = str(Path(__file__).parents[1])
"""The folder of our own code."""


def is_own_file(file: str) -> bool:
    """Whether a file of source code is one of ours or of Keras's."""
    return file.startswith(PACKAGE) or "/keras/src/" in file


_known: dict[str, bool] = {}
"""The answers for files of code that ran: every node of a graph asks for the same ones."""


SourceLocation = tuple[str, int, str] | None
"""File, line and function."""


def user_frame(
    outside: tuple[FrameType, SourceLocation] | None = None, depth: int = 2
) -> SourceLocation:
    """File, line and function of the innermost frame that is neither ours nor Keras's.

    Args:
        outside: a frame that is running, and the answer for the frames around it; between a
            program and what Keras traces there are dozens.
        depth: how many frames there are between the caller and the first one to look at.
    """
    # The standard library's documentation has it, under this name.
    frame: FrameType | None = sys._getframe(depth)  # pyright: ignore[reportPrivateUsage]
    known = _known
    last, around = (None, None) if outside is None else outside
    while frame is not None:
        if frame is last:
            return around
        file = frame.f_code.co_filename
        own = known.get(file)
        if own is None:
            own = known[file] = is_own_file(file)
        if not own:
            return file, frame.f_lineno, frame.f_code.co_name
        frame = frame.f_back
    return None
