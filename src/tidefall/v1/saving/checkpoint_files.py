"""Checkpoints as files: which are there, how old they are, which is the newest."""

from __future__ import annotations

import os
from typing import Any

from tidefall.base.exports import export
from tidefall.saving.checkpoint.manager import delete_checkpoint
from tidefall.saving.checkpoint.reader import CheckpointReader
from tidefall.saving.checkpoint.state_file import (
    checkpoint_exists,
    checkpoint_state,
    checkpoint_time,
    write_checkpoint_state,
)
from tidefall.v1.saving.saver_files import meta_graph_path


@export("compat.v1.train.update_checkpoint_state")
def update_checkpoint_state(
    save_dir: Any,
    model_checkpoint_path: str,
    all_model_checkpoint_paths: Any = None,
    latest_filename: str | None = None,
    all_model_checkpoint_timestamps: Any = None,
    last_preserved_timestamp: float | None = None,
) -> None:
    """Write the file that names the checkpoints of a folder.

    Args:
        save_dir: the folder.
        model_checkpoint_path: the latest checkpoint.
        all_model_checkpoint_paths: all of them.
        latest_filename: name of the file; "checkpoint" by default.
        all_model_checkpoint_timestamps: when they were written.
        last_preserved_timestamp: when the last one was kept for good.
    """
    write_checkpoint_state(
        os.fspath(save_dir),
        model_checkpoint_path,
        all_model_checkpoint_paths or (),
        all_model_checkpoint_timestamps or (),
        last_preserved_timestamp,
        latest_filename=latest_filename,
        relative=False,
    )


@export("compat.v1.train.generate_checkpoint_state_proto")
def generate_checkpoint_state_proto(
    save_dir: Any,
    model_checkpoint_path: str,
    all_model_checkpoint_paths: Any = None,
    all_model_checkpoint_timestamps: Any = None,
    last_preserved_timestamp: float | None = None,
) -> Any:
    """The message for the file that names the checkpoints of a folder.

    Args:
        save_dir: the folder.
        model_checkpoint_path: the latest checkpoint.
        all_model_checkpoint_paths: all of them; the latest is put last if it is not.
        all_model_checkpoint_timestamps: when they were written.
        last_preserved_timestamp: when the last one was kept for good.

    Returns:
        A CheckpointState message, with relative paths if `save_dir` is relative.

    Raises:
        ValueError: if there are not as many times as paths.

    >>> import tidefall as tf
    >>> make = tf.compat.v1.train.generate_checkpoint_state_proto
    >>> make("models", "models/ckpt-2", ["models/ckpt-1"]).all_model_checkpoint_paths
    ['ckpt-1', 'ckpt-2']
    """
    paths, times = all_model_checkpoint_paths or (), all_model_checkpoint_timestamps or ()
    if times and len(times) != len(paths):
        raise ValueError(
            f"There are {len(paths)} paths of checkpoints and {len(times)} times: one for each."
        )
    return checkpoint_state(
        os.fspath(save_dir), model_checkpoint_path, paths, times, last_preserved_timestamp
    )


@export("compat.v1.train.NewCheckpointReader")
def new_checkpoint_reader(filepattern: Any) -> CheckpointReader:
    """Open a checkpoint to look at its tensors.

    Args:
        filepattern: what the names of its files begin with, or a pattern for those of a sharded
            checkpoint of the first format.

    Raises:
        NotFoundError: if there is none.

    >>> import tempfile
    >>> import tidefall as tf
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = tf.train.Checkpoint(v=tf.Variable([1.0, 2.0])).write(folder + "/ckpt")
    ...     reader = tf.compat.v1.train.NewCheckpointReader(path)
    ...     reader.get_variable_to_shape_map()["v/.ATTRIBUTES/VARIABLE_VALUE"]
    [2]
    """
    return CheckpointReader(os.fspath(filepattern))


@export("compat.v1.train.checkpoint_exists")
def checkpoint_exists_v1(checkpoint_prefix: Any) -> bool:
    """Whether a checkpoint is there.

    Args:
        checkpoint_prefix: what the names of its files begin with.
    """
    return checkpoint_exists(os.fspath(checkpoint_prefix))


@export("compat.v1.train.get_checkpoint_mtimes")
def get_checkpoint_mtimes(checkpoint_prefixes: Any) -> list[float]:
    """When checkpoints were written, of those that are there."""
    found = [checkpoint_time(os.fspath(prefix)) for prefix in checkpoint_prefixes]
    return [time for time in found if time is not None]


@export("compat.v1.train.remove_checkpoint")
def remove_checkpoint(
    checkpoint_prefix: Any, checkpoint_format_version: int = 2, meta_graph_suffix: str = "meta"
) -> None:
    """Delete a checkpoint and the file with its graph.

    Args:
        checkpoint_prefix: what the names of its files begin with.
        checkpoint_format_version: accepted.
        meta_graph_suffix: ending of the file with the graph.
    """
    prefix = os.fspath(checkpoint_prefix)
    delete_checkpoint(prefix)
    graph = meta_graph_path(prefix, meta_graph_suffix)
    if os.path.exists(graph):
        os.unlink(graph)
