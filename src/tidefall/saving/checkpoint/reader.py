"""Looking into checkpoints by the names of their tensors."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.exports import export
from tidefall.io.bundles.bundle_format import FULL_EXTENT, encode_name, slice_key
from tidefall.saving.checkpoint.bundle import BundleReader, open_checkpoint
from tidefall.saving.checkpoint.state_file import latest_checkpoint


class CheckpointReader:
    """What `tf.train.load_checkpoint` returns: the tensors of a checkpoint by name."""

    def __init__(self, prefix: str):
        self._reader = open_checkpoint(prefix)

    def has_tensor(self, tensor_str: str) -> bool:
        """Whether there is a tensor of that name."""
        return tensor_str in self._reader

    def get_tensor(self, tensor_str: str) -> Any:
        """The value of a tensor, as an array that may be changed.

        Raises:
            NotFoundError: if there is no tensor of that name.
            DataLossError: if it is damaged.
        """
        value = np.array(self._reader.read(tensor_str))
        return value[()] if value.ndim == 0 else value

    def get_variable_to_shape_map(self) -> dict[str, list[int]]:
        """The shape of each tensor by name."""
        return {name: list(self._reader.entry(name).shape) for name in self._reader}

    def get_variable_to_dtype_map(self) -> dict[str, DType]:
        """The dtype of each tensor by name."""
        return {name: as_dtype(self._reader.entry(name).dtype_enum) for name in self._reader}

    def debug_string(self) -> bytes:
        """The tensors in words, one on a line."""
        from tidefall.proto import DataType

        lines = []
        for name in self._reader:
            entry = self._reader.entry(name)
            rows, more = [(encode_name(name), entry.shape)], b""
            if entry.slices and isinstance(self._reader, BundleReader):
                rows = [(slice_key(name, part), _size(part, entry.shape)) for part in entry.slices]
            elif len(entry.slices) > 1:
                more = f", {len(entry.slices)} slices".encode()
            for key, shape in rows:
                sizes = ",".join(map(str, shape)).encode()
                kind = DataType.Name(entry.dtype_enum).encode()
                lines.append(key + b" (" + kind + b") [" + sizes + b"]" + more + b"\n")
        return b"".join(sorted(lines))


def _size(extents: Any, shape: Any) -> list[int]:
    """The shape of a part of a tensor."""
    pairs = zip(shape, extents, strict=True)
    return [size if length == FULL_EXTENT else length for size, (_, length) in pairs]


@export("train.load_checkpoint")
def load_checkpoint(ckpt_dir_or_file: Any) -> CheckpointReader:
    """Open a checkpoint to look at its tensors.

    Args:
        ckpt_dir_or_file: the path of a checkpoint, or a folder whose latest checkpoint is meant.

    Raises:
        ValueError: if the folder has no checkpoint.
        NotFoundError: if there is no checkpoint of that name.

    >>> import tempfile
    >>> import tidefall as tf
    >>> folder = tempfile.mkdtemp()
    >>> checkpoint = tf.train.Checkpoint(step=tf.Variable(7))
    >>> path = checkpoint.write(folder + "/ckpt")
    >>> reader = tf.train.load_checkpoint(path)
    >>> reader.has_tensor("step/.ATTRIBUTES/VARIABLE_VALUE")
    True
    """
    return CheckpointReader(checkpoint_prefix(ckpt_dir_or_file))


def checkpoint_prefix(path: Any) -> str:
    path = os.fspath(path)
    if not os.path.isdir(path):
        return path
    found = latest_checkpoint(path)
    if found is None:
        raise ValueError(
            f"Couldn't find 'checkpoint' file or checkpoints in given directory {path}"
        )
    return found


@export("train.list_variables")
def list_variables(ckpt_dir_or_file: Any) -> list[tuple[str, list[int]]]:
    """The names and shapes of a checkpoint's tensors, sorted by name.

    Args:
        ckpt_dir_or_file: see `load_checkpoint`.

    >>> import tempfile
    >>> import tidefall as tf
    >>> folder = tempfile.mkdtemp()
    >>> checkpoint = tf.train.Checkpoint(step=tf.Variable(7))
    >>> path = checkpoint.write(folder + "/ckpt")
    >>> tf.train.list_variables(path)
    [('_CHECKPOINTABLE_OBJECT_GRAPH', []), ('step/.ATTRIBUTES/VARIABLE_VALUE', [])]
    """
    return sorted(load_checkpoint(ckpt_dir_or_file).get_variable_to_shape_map().items())


@export("train.load_variable")
def load_variable(ckpt_dir_or_file: Any, name: str) -> Any:
    """The value of one tensor of a checkpoint.

    Args:
        ckpt_dir_or_file: see `load_checkpoint`.
        name: the tensor's name; a trailing ":0" is dropped.

    Returns:
        An array of the tensor's shape and dtype.

    Raises:
        NotFoundError: if the checkpoint has no such tensor.

    >>> import tempfile
    >>> import tidefall as tf
    >>> folder = tempfile.mkdtemp()
    >>> checkpoint = tf.train.Checkpoint(step=tf.Variable(7))
    >>> path = checkpoint.write(folder + "/ckpt")
    >>> int(tf.train.load_variable(path, "step/.ATTRIBUTES/VARIABLE_VALUE"))
    7
    """
    return load_checkpoint(ckpt_dir_or_file).get_tensor(name.removesuffix(":0"))
