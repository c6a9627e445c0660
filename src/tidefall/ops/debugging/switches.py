"""Switches of `tf.debugging`."""

from __future__ import annotations

from tidefall.base.config import config
from tidefall.base.exports import export


@export("debugging.is_traceback_filtering_enabled")
def is_traceback_filtering_enabled() -> bool:
    """Whether tracebacks are to leave out this package's own frames.

    >>> import tidefall as tf
    >>> tf.debugging.is_traceback_filtering_enabled()
    True
    """
    return config.traceback_filtering


@export("debugging.enable_traceback_filtering")
def enable_traceback_filtering() -> None:
    """Ask for tracebacks without this package's own frames. They are never left out yet.

    >>> import tidefall as tf
    >>> tf.debugging.enable_traceback_filtering()
    """
    config.traceback_filtering = True


@export("debugging.disable_traceback_filtering")
def disable_traceback_filtering() -> None:
    """Ask for whole tracebacks.

    >>> import tidefall as tf
    >>> tf.debugging.disable_traceback_filtering()
    >>> tf.debugging.is_traceback_filtering_enabled()
    False
    >>> tf.debugging.enable_traceback_filtering()
    """
    config.traceback_filtering = False
