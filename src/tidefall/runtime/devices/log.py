"""`tf.debugging.set_log_device_placement`: a line on stderr for every op that runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from tidefall.base.config import config
from tidefall.base.devices import CPU
from tidefall.base.exports import export
from tidefall.base.state import refresh, state


def _log(op: Any, tensors: Sequence[Any], attrs: dict[str, Any], outputs: Sequence[Any]) -> None:
    if state.graph is not None:
        return
    function = attrs.get("f")
    name = op.name if function is None else getattr(function, "name", op.name)
    op_device = state.op_device
    device = CPU if op_device is None else op_device.name
    sys.stderr.write(f"Executing op {name} in device {device}\n")


@export("debugging.get_log_device_placement")
def get_log_device_placement() -> bool:
    """Whether the devices of ops are logged.

    >>> import tidefall as tf
    >>> tf.debugging.get_log_device_placement()
    False
    """
    return config.log_device_placement


@export("debugging.set_log_device_placement")
def set_log_device_placement(enabled: bool) -> None:
    """Say on stderr which device each op runs on, or stop it.

    It holds for this thread and for those that start later. A function is one op.

    Args:
        enabled: True for a line per op, such as
            "Executing op AddV2 in device /job:localhost/replica:0/task:0/device:CPU:0".

    >>> import tidefall as tf
    >>> tf.debugging.set_log_device_placement(True)
    >>> tf.debugging.set_log_device_placement(False)
    """
    config.log_device_placement = bool(enabled)


def apply(enabled: bool) -> None:
    """Show `_log` the ops of this thread and of those that start later, or no longer."""
    for target in (state, type(state)):
        hooks = tuple(hook for hook in target.hooks if hook is not _log)
        target.hooks = (*hooks, _log) if enabled else hooks
    type(state).needs_dispatch = bool(type(state).hooks) or type(state).graph is not None
    refresh()
