"""Whether functions called now are converted, and how much is told about it."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator


class _Context(threading.local):
    """Per thread: False inside of functions marked `do_not_convert`."""

    converts: bool = True


context = _Context()


@contextlib.contextmanager
def conversion(enabled: bool) -> Iterator[None]:
    """Convert, or do not convert, what is called inside the block."""
    saved, context.converts = context.converts, enabled
    try:
        yield
    finally:
        context.converts = saved


class _Verbosity:
    level = int(os.environ.get("AUTOGRAPH_VERBOSITY", "0") or 0)
    to_stdout = False


verbosity = _Verbosity()


def log(level: int, message: str) -> None:
    """Tell what AutoGraph does, if the user asked for that much."""
    if verbosity.level < level:
        return
    from tidefall.base.logs import get_logger

    get_logger().info(message)
    if verbosity.to_stdout:
        sys.stdout.write(message + "\n")


def warn(message: str) -> None:
    """Warn on TensorFlow's logger."""
    from tidefall.base.logs import get_logger

    get_logger().warning(message)
