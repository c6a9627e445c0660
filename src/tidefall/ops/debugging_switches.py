"""Switches of `tf.debugging`."""

from __future__ import annotations

from tidefall.core.errors import UnimplementedError
from tidefall.core.exports import export

_switches = {"traceback_filtering": True}


@export("debugging.is_traceback_filtering_enabled")
def is_traceback_filtering_enabled() -> bool:
    """Whether tracebacks are to leave out this package's own frames."""
    return _switches["traceback_filtering"]


@export("debugging.enable_traceback_filtering")
def enable_traceback_filtering() -> None:
    """Ask for tracebacks without this package's own frames. They are never left out yet."""
    _switches["traceback_filtering"] = True


@export("debugging.disable_traceback_filtering")
def disable_traceback_filtering() -> None:
    """Ask for whole tracebacks."""
    _switches["traceback_filtering"] = False


@export("debugging.get_log_device_placement")
def get_log_device_placement() -> bool:
    """Whether devices of ops are logged; they are not."""
    return False


@export("debugging.set_log_device_placement")
def set_log_device_placement(enabled: bool) -> None:
    """Log the devices of ops.

    Raises:
        UnimplementedError: for True.
    """
    if enabled:
        raise UnimplementedError(
            None, None, "tf.debugging.set_log_device_placement is not implemented in Tidefall yet."
        )
