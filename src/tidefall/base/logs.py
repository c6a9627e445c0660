"""`tf.get_logger` and TensorFlow 1's logging functions, over Python's `logging`."""

from __future__ import annotations

import logging
import sys
from collections import Counter
from typing import Any

from tidefall.base.exports import export, export_value


@export("get_logger")
def get_logger() -> logging.Logger:
    """The logger of Tidefall's messages, called "tensorflow" as programs expect.

    It writes to stderr unless the program set up logging itself.

    >>> import tidefall as tf
    >>> tf.get_logger().name
    'tensorflow'
    """
    logger = logging.getLogger("tensorflow")
    if not logger.handlers and not logging.getLogger().handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(levelname)s:%(name)s:%(message)s"))
        logger.addHandler(handler)
    return logger


def _log(name: str, level: int) -> Any:
    def write(msg: str, *args: Any, **kwargs: Any) -> None:
        get_logger().log(level, msg, *args, **kwargs)

    write.__name__ = write.__qualname__ = name
    write.__doc__ = f"Log a message of level {logging.getLevelName(level)}."
    return export(f"compat.v1.logging.{name}")(write)


debug = _log("debug", logging.DEBUG)
info = _log("info", logging.INFO)
warn = _log("warn", logging.WARNING)
warning = _log("warning", logging.WARNING)
error = _log("error", logging.ERROR)
fatal = _log("fatal", logging.CRITICAL)


@export("compat.v1.logging.log", "compat.v1.logging.vlog")
def log(level: int, msg: str, *args: Any, **kwargs: Any) -> None:
    """Log a message of some level."""
    get_logger().log(level, msg, *args, **kwargs)


@export("compat.v1.logging.log_if")
def log_if(level: int, msg: str, condition: Any, *args: Any) -> None:
    """Log a message if a condition holds."""
    if condition:
        log(level, msg, *args)


_times: Counter[tuple[str, int]] = Counter()


def _times_here() -> int:
    """How many times the line that calls the caller has done so before."""
    frame = sys._getframe(2)  # pyright: ignore[reportPrivateUsage]  # documented
    where = frame.f_code.co_filename, frame.f_lineno
    _times[where] += 1
    return _times[where] - 1


@export("compat.v1.logging.log_every_n")
def log_every_n(level: int, msg: str, n: int, *args: Any) -> None:
    """Log a message at the first of every `n` times that its line comes to it."""
    log_if(level, msg, _times_here() % n == 0, *args)


@export("compat.v1.logging.log_first_n")
def log_first_n(level: int, msg: str, n: int, *args: Any) -> None:
    """Log a message only the first `n` times that its line comes to it."""
    log_if(level, msg, _times_here() < n, *args)


@export("compat.v1.logging.TaskLevelStatusMessage")
def task_level_status_message(msg: str) -> None:
    """Log an error: a message for whoever watches the task."""
    error(msg)


@export("compat.v1.logging.flush")
def flush() -> None:
    """Write what handlers have kept back."""
    for handler in get_logger().handlers:
        handler.flush()


@export("compat.v1.logging.get_verbosity")
def get_verbosity() -> int:
    """The level below which nothing is logged."""
    return get_logger().getEffectiveLevel()


@export("compat.v1.logging.set_verbosity")
def set_verbosity(v: int | str) -> None:
    """Set the level below which nothing is logged.

    Args:
        v: a level of `logging`, or its name.
    """
    get_logger().setLevel(v)


for _name in ("DEBUG", "INFO", "WARN", "ERROR", "FATAL"):
    export_value(getattr(logging, _name), f"compat.v1.logging.{_name}")
