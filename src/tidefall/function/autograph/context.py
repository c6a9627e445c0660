"""Whether functions called now are converted, and how much is told about it."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator

from tidefall.base.config import config


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


def log(level: int, message: str) -> None:
    """Tell what AutoGraph does, if the user asked for that much."""
    if config.autograph_verbosity < level:
        return
    from tidefall.base.logs import get_logger

    get_logger().info(message)
    if config.autograph_to_stdout:
        sys.stdout.write(message + "\n")


def warn(message: str) -> None:
    """Warn on TensorFlow's logger."""
    from tidefall.base.logs import get_logger

    get_logger().warning(message)
