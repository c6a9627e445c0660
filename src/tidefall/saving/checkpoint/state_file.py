"""The file `checkpoint` of a folder, which names its checkpoints and the latest of them."""

from __future__ import annotations

import glob
import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tidefall.base.exports import export
from tidefall.io.bundles import bundle_format
from tidefall.io.file_systems.whole_files import sync_folder, whole_file
from tidefall.saving.checkpoint.restoration import log

STATE_FILE = "checkpoint"


@export("train.get_checkpoint_state")
def get_checkpoint_state(checkpoint_dir: Any, latest_filename: str | None = None) -> Any:
    """What the state file of a folder says.

    Args:
        checkpoint_dir: the folder.
        latest_filename: name of the state file; "checkpoint" by default.

    Returns:
        A CheckpointState message, with paths that begin with the folder; None without the file or
        if it is damaged.

    >>> import tempfile
    >>> import tidefall as tf
    >>> folder = tempfile.mkdtemp()
    >>> checkpoint = tf.train.Checkpoint(step=tf.Variable(7))
    >>> path = checkpoint.save(folder + "/ckpt")
    >>> state = tf.train.get_checkpoint_state(folder)
    >>> state.model_checkpoint_path == path
    True
    """
    from google.protobuf import text_format

    from tidefall.proto import CheckpointState
    from tidefall.proto.registry import pool

    folder = os.fspath(checkpoint_dir)
    path = os.path.join(folder, latest_filename or STATE_FILE)
    try:
        with open(path) as file:
            state = text_format.Parse(file.read(), CheckpointState(), descriptor_pool=pool())
    except FileNotFoundError:
        return None
    except (OSError, RecursionError, text_format.ParseError, UnicodeDecodeError) as error:
        log.warning("%s: %s; the checkpoints it names are ignored.", path, error)
        return None
    if not state.model_checkpoint_path:
        log.warning("%s names no checkpoint; it is ignored.", path)
        return None
    state.model_checkpoint_path = os.path.join(folder, state.model_checkpoint_path)
    paths = [os.path.join(folder, name) for name in state.all_model_checkpoint_paths]
    del state.all_model_checkpoint_paths[:]
    state.all_model_checkpoint_paths.extend(paths)
    return state


def checkpoint_state(
    folder: str,
    latest: str,
    paths: Sequence[str] = (),
    timestamps: Sequence[float] = (),
    last_preserved: float | None = None,
    relative: bool = False,
) -> Any:
    """The CheckpointState message of a folder.

    Args:
        folder: the folder.
        latest: the path of the latest checkpoint.
        paths: those of all checkpoints; the latest is put last if it is not.
        timestamps: when they were written, in seconds since 1970.
        last_preserved: when the last one was kept for good.
        relative: make all paths relative to the folder; otherwise only if the folder's path is.
    """
    from tidefall.proto import CheckpointState

    paths = list(paths)
    if not paths or paths[-1] != latest:
        paths.append(latest)
    if relative or not os.path.isabs(folder):
        latest, *paths = (_relative(path, folder) for path in (latest, *paths))
    state = CheckpointState(model_checkpoint_path=latest)
    state.all_model_checkpoint_paths.extend(paths)
    state.all_model_checkpoint_timestamps.extend(timestamps)
    if last_preserved is not None:
        state.last_preserved_timestamp = last_preserved
    return state


def write_checkpoint_state(
    folder: str,
    latest: str,
    paths: Sequence[str] = (),
    timestamps: Sequence[float] = (),
    last_preserved: float | None = None,
    latest_filename: str | None = None,
    relative: bool = True,
) -> None:
    """Write the state file of a folder; see `checkpoint_state`."""
    from google.protobuf import text_format

    state = checkpoint_state(folder, latest, paths, timestamps, last_preserved, relative)
    _write(os.path.join(folder, latest_filename or STATE_FILE), text_format.MessageToString(state))


def _relative(path: str, folder: str) -> str:
    inside = os.path.relpath(os.path.abspath(path), os.path.abspath(folder))
    return os.path.abspath(path) if inside.startswith("..") else inside


def _write(path: str, text: str) -> None:
    with whole_file(path) as file:
        file.write(text.encode())
    sync_folder(os.path.dirname(path))


def checkpoint_exists(prefix: str) -> bool:
    """Whether a checkpoint of either format is there; `prefix` may be a pattern for its files."""
    return bool(_files_of(prefix))


def checkpoint_time(prefix: str) -> float | None:
    """When a checkpoint of either format was written; None if it is not there."""
    found = _files_of(prefix)
    return os.path.getmtime(found[0]) if found else None


def _files_of(prefix: str) -> list[str]:
    index = bundle_format.index_path(prefix)
    if os.path.exists(index):
        return [index]
    if os.path.isfile(prefix):
        return [prefix]
    return glob.glob(index) or [path for path in glob.glob(prefix) if os.path.isfile(path)]


@export("train.latest_checkpoint")
def latest_checkpoint(checkpoint_dir: Any, latest_filename: str | None = None) -> str | None:
    """The path of the latest checkpoint in a folder.

    Args:
        checkpoint_dir: the folder.
        latest_filename: name of the state file; "checkpoint" by default.

    Returns:
        The prefix to give to `tf.train.Checkpoint.restore`; None if there is no checkpoint.

    >>> import tidefall as tf
    >>> print(tf.train.latest_checkpoint("no/such/folder"))
    None
    """
    state = get_checkpoint_state(checkpoint_dir, latest_filename)
    if state is None:
        return None
    if checkpoint_exists(state.model_checkpoint_path):
        return state.model_checkpoint_path
    log.error("Couldn't match files for checkpoint %s", state.model_checkpoint_path)
    return None


@export("train.checkpoints_iterator")
def checkpoints_iterator(
    checkpoint_dir: Any,
    min_interval_secs: float = 0,
    timeout: float | None = None,
    timeout_fn: Callable[[], bool] | None = None,
) -> Iterator[str]:
    """Yield new checkpoints of a folder as they are written.

    Args:
        checkpoint_dir: the folder.
        min_interval_secs: wait at least this long between two.
        timeout: seconds to wait for the next; None waits for ever.
        timeout_fn: called when that time is over; a true result ends the iteration, as no function
            does.

    Yields:
        Paths of checkpoints.

    >>> import tempfile
    >>> import tidefall as tf
    >>> folder = tempfile.mkdtemp()
    >>> checkpoint = tf.train.Checkpoint(step=tf.Variable(7))
    >>> path = checkpoint.save(folder + "/ckpt")
    >>> list(tf.train.checkpoints_iterator(folder, timeout=0)) == [path]
    True
    """
    known: str | None = None
    while True:
        found = _wait_for_other(checkpoint_dir, known, timeout)
        if found is None:
            if timeout_fn is None or timeout_fn():
                return
            continue
        started = time.monotonic()
        known = found
        yield found
        time.sleep(max(0.0, min_interval_secs - (time.monotonic() - started)))


def _wait_for_other(folder: Any, known: str | None, timeout: float | None) -> str | None:
    end = None if timeout is None else time.monotonic() + timeout
    while True:
        found = latest_checkpoint(folder)
        if found is not None and found != known:
            return found
        if end is not None and time.monotonic() > end:
            return None
        time.sleep(1.0 if end is None else min(1.0, timeout or 0.01))
