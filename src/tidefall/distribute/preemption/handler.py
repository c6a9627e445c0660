"""`PreemptionCheckpointHandler`: a checkpoint before a machine is taken away."""

from __future__ import annotations

import contextlib
import sys
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

from tidefall.base import dtypes
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.exports import export
from tidefall.base.logs import get_logger
from tidefall.composite.variables.variable import Variable
from tidefall.distribute.preemption.agreement import agreement_of
from tidefall.distribute.preemption.notice import PollingWatcher, SignalWatcher, Watcher
from tidefall.saving.checkpoint.checkpoint import Checkpoint
from tidefall.saving.checkpoint.manager import CheckpointManager

RESTART_CODE = 42
"""What the process exits with, for whoever starts it again."""

STEPS_IN_RESERVE = 6
"""How many steps before the end of the grace period the last checkpoint is begun."""


@export("distribute.experimental.TerminationConfig")
class TerminationConfig:
    """How `PreemptionCheckpointHandler` notices the end, and what it does then.

    Args:
        termination_watcher_fn: asked every second in a thread, returns whether the process is about
            to be ended; by default SIGTERM says so.
        exit_fn: called when the checkpoint is saved; by default the process exits with code 42.
        grace_period: seconds from the notice to the end. They are used for training: one checkpoint
            is saved at once, another one when they are almost over. By default none.
        save_fn: called in place of `CheckpointManager.save`.

    >>> import tidefall as tf
    >>> config = tf.distribute.experimental.TerminationConfig(exit_fn=lambda: print("leaving"))
    >>> config.exit_fn()
    leaving
    """

    def __init__(
        self,
        termination_watcher_fn: Callable[[], bool] | None = None,
        exit_fn: Callable[[], Any] | None = None,
        grace_period: float | None = None,
        save_fn: Callable[..., Any] | None = None,
    ):
        self.termination_watcher_fn = termination_watcher_fn
        self.exit_fn = exit_fn
        self.grace_period = grace_period
        self.save_fn = save_fn


@export("distribute.experimental.PreemptionCheckpointHandler")
class PreemptionCheckpointHandler:
    """Saves a checkpoint and exits when the process is about to be ended.

    When it is made it restores the latest checkpoint, if there is one. Of several workers each has
    a handler, and all save after the same step, no matter which of them is to be ended.

    Args:
        cluster_resolver: what knows of the other workers; None for a single one.
        checkpoint_or_checkpoint_manager: a `tf.train.Checkpoint` or `tf.train.CheckpointManager`.
        checkpoint_dir: the folder, for a `Checkpoint`.
        termination_config: a `tf.distribute.experimental.TerminationConfig`.

    Raises:
        InvalidArgumentError: for a `Checkpoint` without a folder.
        TypeError: for something that is neither.
        NotImplementedError: for a cluster with parameter servers.
        FailedPreconditionError: for several workers that have no strategy which connects them.

    >>> import tempfile
    >>> import tidefall as tf
    >>> step = tf.Variable(0)
    >>> handler = tf.distribute.experimental.PreemptionCheckpointHandler(
    ...     None, tf.train.Checkpoint(step=step), tempfile.mkdtemp()
    ... )
    >>> for _ in range(3):
    ...     _ = handler.run(lambda: step.assign_add(1))
    >>> handler.total_run_calls
    3
    """

    def __init__(
        self,
        cluster_resolver: Any,
        checkpoint_or_checkpoint_manager: Any,
        checkpoint_dir: Any = None,
        termination_config: TerminationConfig | None = None,
    ):
        config = termination_config or TerminationConfig()
        self._agree = agreement_of(cluster_resolver)
        self._save_after: int | None = None  # how many runs, once the workers have agreed
        self._manager = _manager(checkpoint_or_checkpoint_manager, checkpoint_dir)
        self._exit = config.exit_fn or _exit
        self._grace_period = config.grace_period or 0
        self._save_fn = config.save_fn or self._manager.save
        checkpoint: Any = self._manager.checkpoint
        if not hasattr(checkpoint, "checkpointed_runs"):
            checkpoint.checkpointed_runs = Variable(
                0, trainable=False, dtype=dtypes.int64, name="checkpointed_runs"
            )
        self._checkpointed_runs = checkpoint.checkpointed_runs
        self._manager.restore_or_initialize()
        self._runs = int(self._checkpointed_runs.numpy())
        self._seconds_per_run = 0.0
        self._in_grace_period = False
        watch = config.termination_watcher_fn
        self._watcher: Watcher = PollingWatcher(watch) if watch else SignalWatcher()
        weakref.finalize(self, self._watcher.stop)

    @property
    def total_run_calls(self) -> int:
        """How many times `run` was called, those before the last restart included."""
        return self._runs

    def run(self, distributed_train_function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run a training step; if the end is near, save a checkpoint and exit first.

        Args:
            distributed_train_function: does one step.
            *args, **kwargs: its arguments.

        Returns:
            What it returned.
        """
        self._save_if_due()
        start = time.time()
        result = distributed_train_function(*args, **kwargs)
        self._runs += 1
        self._seconds_per_run += (time.time() - start - self._seconds_per_run) / self._runs
        return result

    def save_checkpoint_if_preempted(self, *args: Any, **kwargs: Any) -> None:
        """Save a checkpoint and exit, if the end is near: call it after each step, or use `run`.

        Args:
            *args, **kwargs: those of `tf.train.CheckpointManager.save`, or the config's `save_fn`.
        """
        self._save_if_due(*args, **kwargs)
        self._runs += 1
        self._seconds_per_run = 0.0

    @contextlib.contextmanager
    def watch_preemption_scope(self) -> Iterator[None]:
        """A block of `run`s, for programs written for TPUs; here `run` itself saves and exits."""
        yield

    def _save_if_due(self, *args: Any, **kwargs: Any) -> None:
        if self._save_after is None:
            if self._agree(self._is_due()):
                self._save_after = self._runs + 1
        elif self._save_after == self._runs:
            self._save(*args, **kwargs)
            self._leave_or_go_on()

    def _is_due(self) -> bool:
        """Whether this worker has to save now: at the notice, and before the grace period ends."""
        noticed_at = self._watcher.noticed_at
        if noticed_at is None or not self._in_grace_period:
            return noticed_at is not None
        reserve = STEPS_IN_RESERVE * self._seconds_per_run
        return time.time() >= noticed_at + self._grace_period - reserve

    def _save(self, *args: Any, **kwargs: Any) -> None:
        self._checkpointed_runs.assign(self._runs)
        self._save_fn(*args, **kwargs)
        self._manager.sync()
        get_logger().info("Checkpoint saved in %s before preemption", self._manager.directory)

    def _leave_or_go_on(self) -> None:
        if self._grace_period > 0 and not self._in_grace_period:
            self._in_grace_period = True
            self._save_after = None
            return
        self._watcher.stop()
        self._exit()


def _manager(given: Any, folder: Any) -> CheckpointManager:
    if isinstance(given, CheckpointManager):
        return given
    if not isinstance(given, Checkpoint):
        raise TypeError(
            "checkpoint_or_checkpoint_manager must be a tf.train.Checkpoint or a "
            f"tf.train.CheckpointManager, got {given!r}"
        )
    if not folder:
        raise InvalidArgumentError(
            None, None, "When a checkpoint is passed, a checkpoint_dir must be passed as well."
        )
    return CheckpointManager(given, folder, max_to_keep=1)


def _exit() -> None:
    sys.exit(RESTART_CODE)
