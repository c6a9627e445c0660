"""`tf.train.CheckpointOptions`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from tidefall.base.exports import export


@export("train.CheckpointOptions")
class CheckpointOptions:
    """How to write and read a checkpoint.

    Args:
        experimental_io_device: accepted; files are written by this process.
        experimental_enable_async_checkpoint: old name of `enable_async`.
        experimental_write_callbacks: functions called after a checkpoint was written, with its
            path if they take an argument.
        enable_async: write in the background. The values are those at the time of the call; errors
            are raised by the next `save`, `restore` or `sync`.
        experimental_skip_slot_variables: do not restore the variables that optimizers of TensorFlow
            1 keep beside those they train.
        experimental_sharding_callback: a `tf.train.experimental.ShardingCallback`, which divides
            the values among data files; by default there is one.

    Raises:
        AssertionError: if a callback takes more than one argument.
        TypeError: if a callback is not a function.

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
        for callback in experimental_write_callbacks or ():
            assert len(inspect.signature(callback).parameters) <= 1, (
                "A write callback takes the path of the checkpoint, or nothing."
            )
        self.experimental_io_device = experimental_io_device
        self.enable_async = enable_async or experimental_enable_async_checkpoint
        self.experimental_enable_async_checkpoint = self.enable_async
        self.experimental_write_callbacks = experimental_write_callbacks
        self.experimental_skip_slot_variables = experimental_skip_slot_variables
        self.experimental_sharding_callback = experimental_sharding_callback

    def __copy__(self) -> CheckpointOptions:
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        if self.experimental_write_callbacks is not None:
            made.experimental_write_callbacks = list(self.experimental_write_callbacks)
        return made


def call_write_callbacks(options: CheckpointOptions, path: str) -> None:
    """Tell those who want to know that a checkpoint was written."""
    for callback in options.experimental_write_callbacks or ():
        if inspect.signature(callback).parameters:
            callback(path)
        else:
            callback()
