# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.logging`."""

import tidefall as tf
from typing import Any

DEBUG: int
ERROR: int
FATAL: int
INFO: int
def TaskLevelStatusMessage(msg: str) -> None:
    """Log an error: a message for whoever watches the task."""
WARN: int
def debug(msg: str, *args: Any, **kwargs: Any) -> None:
    """Log a message of level DEBUG."""
def error(msg: str, *args: Any, **kwargs: Any) -> None:
    """Log a message of level ERROR."""
def fatal(msg: str, *args: Any, **kwargs: Any) -> None:
    """Log a message of level CRITICAL."""
def flush() -> None:
    """Write what handlers have kept back."""
def get_verbosity() -> int:
    """The level below which nothing is logged."""
def info(msg: str, *args: Any, **kwargs: Any) -> None:
    """Log a message of level INFO."""
def log(level: int, msg: str, *args: Any, **kwargs: Any) -> None:
    """Log a message of some level."""
def log_every_n(level: int, msg: str, n: int, *args: Any) -> None:
    """Log a message at the first of every `n` times that its line comes to it."""
def log_first_n(level: int, msg: str, n: int, *args: Any) -> None:
    """Log a message only the first `n` times that its line comes to it."""
def log_if(level: int, msg: str, condition: Any, *args: Any) -> None:
    """Log a message if a condition holds."""
def set_verbosity(v: int | str) -> None:
    """Set the level below which nothing is logged."""
vlog = tf.compat.v1.logging.log
def warn(msg: str, *args: Any, **kwargs: Any) -> None:
    """Log a message of level WARNING."""
def warning(msg: str, *args: Any, **kwargs: Any) -> None:
    """Log a message of level WARNING."""
