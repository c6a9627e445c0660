"""`tf.train.CheckpointOptions`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from tidefall.core.errors import UnimplementedError
from tidefall.core.exports import export


@export("train.CheckpointOptions")
class CheckpointOptions:
    """How to write and read a checkpoint.

    Args:
        experimental_io_device: accepted; files are written by this process.
        experimental_enable_async_checkpoint: old name of `enable_async`.
        experimental_write_callbacks: functions called after a checkpoint was written, with its
            path if they take an argument.
        enable_async: accepted; checkpoints are whole when the call returns.
        experimental_skip_slot_variables: accepted; optimizers here have no slot variables.
        experimental_sharding_callback: must be None; a checkpoint is one data file.

    >>> import tidefall as tf
    >>> tf.train.CheckpointOptions(enable_async=True).enable_async
    True
    """

    def __init__(
        self,
        experimental_io_device: str | None = None,
        experimental_enable_async_checkpoint: bool = False,
        experimental_write_callbacks: list[Callable[..., Any]] | None = None,
        enable_async: bool = False,
        experimental_skip_slot_variables: bool = False,
        experimental_sharding_callback: Any = None,
    ):
        if experimental_sharding_callback is not None:
            raise UnimplementedError(
                None,
                None,
                "CheckpointOptions(experimental_sharding_callback=...) is not "
                "implemented in Tidefall: a checkpoint is one data file.",
            )
        self.experimental_io_device = experimental_io_device
        self.enable_async = enable_async or experimental_enable_async_checkpoint
        self.experimental_enable_async_checkpoint = self.enable_async
        self.experimental_write_callbacks = experimental_write_callbacks
        self.experimental_skip_slot_variables = experimental_skip_slot_variables
        self.experimental_sharding_callback = experimental_sharding_callback

    def _written(self, path: str) -> None:
        """Call the callbacks."""
        for callback in self.experimental_write_callbacks or ():
            if inspect.signature(callback).parameters:
                callback(path)
            else:
                callback()
