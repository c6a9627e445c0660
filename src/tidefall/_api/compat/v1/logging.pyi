# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.logging`."""

from typing import Any

DEBUG: int
ERROR: int
FATAL: int
INFO: int
WARN: int
def debug(msg: str, *args: Any, **kwargs: Any) -> None:
    """Log a message of level DEBUG."""
def error(msg: str, *args: Any, **kwargs: Any) -> None:
    """Log a message of level ERROR."""
def fatal(msg: str, *args: Any, **kwargs: Any) -> None:
    """Log a message of level CRITICAL."""
def get_verbosity() -> int:
    """The level below which nothing is logged."""
def info(msg: str, *args: Any, **kwargs: Any) -> None:
    """Log a message of level INFO."""
def set_verbosity(v: int | str) -> None:
    """Set the level below which nothing is logged."""
def warn(msg: str, *args: Any, **kwargs: Any) -> None:
    """Log a message of level WARNING."""
def warning(msg: str, *args: Any, **kwargs: Any) -> None:
    """Log a message of level WARNING."""
