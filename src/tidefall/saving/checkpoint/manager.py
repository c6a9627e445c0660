"""`tf.train.CheckpointManager`: numbered checkpoints in a folder, old ones deleted."""

from __future__ import annotations

import glob
import os
import time
from collections.abc import Callable
from typing import Any

from tidefall.base.exports import export
from tidefall.base.state import state
from tidefall.io.bundles import bundle_format
from tidefall.saving.checkpoint.checkpoint import Checkpoint, write_and_tell
from tidefall.saving.checkpoint.in_session import in_session, run
from tidefall.saving.checkpoint.options import CheckpointOptions
from tidefall.saving.checkpoint.restoration import log
from tidefall.saving.checkpoint.state_file import get_checkpoint_state, write_checkpoint_state


@export("train.CheckpointManager")
class CheckpointManager:
    """Saves checkpoints into a folder and keeps the last few.

    A checkpoint is deleted only when the one that takes its place is whole and noted as the latest.

    Args:
        checkpoint: a `tf.train.Checkpoint`.
        directory: the folder.
        max_to_keep: how many checkpoints to keep; None keeps all.
        keep_checkpoint_every_n_hours: of those that would be deleted, keep one every so often.
        checkpoint_name: what the names of the files begin with.
        step_counter: an integer variable, for `checkpoint_interval`.
        checkpoint_interval: save only when the counter has grown by this much.
        init_fn: called by `restore_or_initialize` when there is no checkpoint.
        last_checkpoint_step: the step of the last checkpoint.

    Raises:
        ValueError: for a `max_to_keep` below 1, or an interval without a counter.

    >>> import tempfile
    >>> import tidefall as tf
    >>> checkpoint = tf.train.Checkpoint(v=tf.Variable(1.0))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     manager = tf.train.CheckpointManager(checkpoint, folder, max_to_keep=2)
    ...     for _ in range(3):
    ...         path = manager.save()
    ...     [path[-1] for path in manager.checkpoints]
    ['2', '3']
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        directory: Any,
        max_to_keep: int | None,
        keep_checkpoint_every_n_hours: float | None = None,
        checkpoint_name: str = "ckpt",
        step_counter: Any = None,
        checkpoint_interval: int | None = None,
        init_fn: Callable[[], Any] | None = None,
        last_checkpoint_step: Any = None,
    ):
        if max_to_keep is not None and max_to_keep <= 0:
            raise ValueError(
                f"Expected a positive integer or `None` for `max_to_keep`, got {max_to_keep}."
            )
        if checkpoint_interval is not None and step_counter is None:
            raise ValueError(
                "`step_counter` should be passed if `checkpoint_interval` is not None."
            )
        self._checkpoint = checkpoint
        self._directory = os.fspath(directory)
        self._max_to_keep = max_to_keep
        self._keep_every = keep_checkpoint_every_n_hours
        self._prefix = os.path.join(self._directory, checkpoint_name)
        self._step_counter = step_counter
        self._interval = checkpoint_interval
        self._init_fn = init_fn
        self._last_step = last_checkpoint_step
        self._kept: dict[str, float] = {}
        self._last_preserved = time.time()
        self._latest: str | None = None
        self._recover()

    def _recover(self) -> None:
        """Take over the checkpoints that the folder's state file names."""
        found = get_checkpoint_state(self._directory)
        if found is None:
            return
        self._latest = found.model_checkpoint_path
        paths = list(found.all_model_checkpoint_paths)
        times = list(found.all_model_checkpoint_timestamps)
        if len(times) != len(paths):
            return  # written by tf.train.Checkpoint.save: these files are left alone
        self._last_preserved = found.last_preserved_timestamp or self._last_preserved
        self._kept = dict(zip(paths, times, strict=True))

    @property
    def checkpoint(self) -> Checkpoint:
        """The `tf.train.Checkpoint` that is saved."""
        return self._checkpoint

    @property
    def directory(self) -> str:
        """The folder."""
        return self._directory

    @property
    def checkpoint_interval(self) -> int | None:
        """How far apart in steps checkpoints are."""
        return self._interval

    @property
    def latest_checkpoint(self) -> str | None:
        """Path of the newest checkpoint, or None."""
        return self._latest

    @property
    def checkpoints(self) -> list[str]:
        """Paths of the checkpoints that are kept, oldest first."""
        return list(self._kept)

    def save(
        self,
        checkpoint_number: Any = None,
        check_interval: bool = True,
        options: CheckpointOptions | None = None,
    ) -> str | None:
        """Save a checkpoint, and delete those that are too old.

        Args:
            checkpoint_number: its number, an integer or an integer variable; by default that of
                saves so far.
            check_interval: do nothing if `checkpoint_interval` steps have not passed.
            options: a `tf.train.CheckpointOptions`.

        Returns:
            The path of the checkpoint, or None if nothing was saved.
        """
        if self._interval is not None and check_interval:
            if not self._is_time():
                return None
            self._last_step = _value(self._step_counter)
        count = self._checkpoint.count_saves()
        number = count if checkpoint_number is None else _value(checkpoint_number)
        return write_and_tell(self._checkpoint, f"{self._prefix}-{number}", options, self._note)

    def _note(self, path: str) -> None:
        self._kept.pop(path, None)
        self._kept[path] = time.time()
        self._latest = path
        # Noted before anything is deleted, and once more without what was.
        self._write_state()
        if self._sweep():
            self._write_state()

    def _is_time(self) -> bool:
        if self._last_step is None:
            return True
        return _value(self._step_counter) >= _value(self._last_step) + (self._interval or 0)

    def _write_state(self) -> None:
        assert self._latest is not None
        write_checkpoint_state(
            self._directory,
            self._latest,
            list(self._kept),
            list(self._kept.values()),
            self._last_preserved,
        )

    def _sweep(self) -> bool:
        """Delete old checkpoints; returns whether any was dropped from the list."""
        dropped = False
        while self._max_to_keep is not None and len(self._kept) > self._max_to_keep:
            path, saved = next(iter(self._kept.items()))
            del self._kept[path]
            dropped = True
            if self._keep_every and saved - self._keep_every * 3600 >= self._last_preserved:
                self._last_preserved = saved
            elif self._is_inside(path):
                delete_checkpoint(path)
        return dropped

    def _is_inside(self, path: str) -> bool:
        """Whether a checkpoint lies in the folder: the state file may name any other."""
        folder = os.path.realpath(self._directory)
        return os.path.commonpath([os.path.realpath(path), folder]) == folder

    def restore_or_initialize(self) -> str | None:
        """Restore the latest checkpoint, or call `init_fn` if there is none.

        Returns:
            The path restored, or None.
        """
        self.sync()
        if self._latest is not None:
            self._checkpoint.restore(self._latest)
            if self._interval is not None:
                self._last_step = _value(self._step_counter)
            return self._latest
        if self._init_fn is not None:
            self._init_fn()
        return None

    def sync(self) -> None:
        """Wait for a checkpoint that is being written in the background.

        Raises:
            Exception: what kept it from being written.
        """
        self._checkpoint.sync()


def _value(number: Any) -> int:
    """A number; in a graph of TensorFlow 1, that of the default session."""
    in_graph = in_session() and not isinstance(number, int) and hasattr(number, "graph")
    return int(run(None, state.graph, number) if in_graph else number)


def delete_checkpoint(prefix: str) -> None:
    """Remove a checkpoint's files, its index first so that it never looks whole.

    Args:
        prefix: what their names begin with; for the format before bundles the name of the file, or
            the pattern for several.
    """
    data = glob.glob(f"{glob.escape(prefix)}.data-?????-of-?????")
    index = bundle_format.index_path(prefix)
    found = [index, *data]
    if not os.path.exists(index):
        found += [prefix] if os.path.isfile(prefix) else glob.glob(prefix)
    for path in found:
        try:
            os.unlink(path)
        except FileNotFoundError:
            continue
        except OSError as error:
            log.warning("The old checkpoint file %s cannot be deleted: %s", path, error)
