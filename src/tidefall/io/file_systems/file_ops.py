"""Ops that read, write and find whole files."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import state
from tidefall.composite.variables.variable import Variable
from tidefall.io.file_systems.file_system import makedirs, match_pattern, replace_file
from tidefall.io.file_systems.open_file import is_remote, open_file
from tidefall.io.file_systems.os_errors import errors_from_os
from tidefall.io.file_systems.paths import local_path, path_text
from tidefall.op.effects import READS_OUTSIDE, WRITES_OUTSIDE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid, shape_text


def _require_scalar(array: Any, what: str) -> None:
    if array.ndim:
        raise invalid(
            f"Input {what} tensor must be scalar, but had shape: {shape_text(array.shape)}"
        )


def _one_file(c: Inference) -> TensorShape:
    if c.shape(0).rank not in (None, 0):
        raise ValueError(f"Shape must be rank 0 but is rank {c.shape(0).rank}")
    return TensorShape(())


def _read(filename: np.ndarray) -> np.ndarray:
    _require_scalar(filename, "filename")
    name = path_text(filename.item())
    try:
        # Without a buffer a small local file takes two calls less.
        with open_file(name, buffer_size=0) as file:
            content = np.empty((), object)
            content[()] = file.read()
            return content
    except OSError as error:
        raise errors_from_os(error, name) from None


read_file_op = op(
    "ReadFile", shape=_one_file, host=_read, effects=READS_OUTSIDE, gradient=NOT_DIFFERENTIABLE
)


@export("io.read_file")
def read_file(filename: Any, name: str | None = None) -> Any:
    """The whole content of a file.

    Args:
        filename: string tensor of shape ().
        name: name of the node in a graph.

    Returns:
        A string tensor of shape ().

    Raises:
        NotFoundError: if there is no such file; other classes for other reasons.

    >>> import os, tempfile
    >>> import tidefall as tf
    >>> path = os.path.join(tempfile.mkdtemp(), "a")
    >>> tf.io.write_file(path, "content")
    >>> tf.io.read_file(path).numpy()
    b'content'
    """
    return read_file_op(filename, name=name)


def _nothing(c: Inference) -> list[TensorShape]:
    for index in (0, 1):
        if c.shape(index).rank not in (None, 0):
            raise ValueError(f"Shape must be rank 0 but is rank {c.shape(index).rank}")
    return []


def _write(filename: np.ndarray, contents: np.ndarray) -> None:
    _require_scalar(filename, "filename")
    _require_scalar(contents, "contents")
    if is_remote(filename.item()):
        with open_file(filename.item(), "wb") as file:
            file.write(contents.item())
        return
    name = local_path(filename.item())
    folder = name.rpartition("/")[0]
    if folder:
        makedirs(folder)
    replace_file(name, lambda file: file.write(contents.item()))


write_file_op = op(
    "WriteFile", shape=_nothing, host=_write, effects=WRITES_OUTSIDE, gradient=NOT_DIFFERENTIABLE
)


@export("io.write_file")
def write_file(filename: Any, contents: Any, name: str | None = None) -> Any:
    """Write a file, and the folders above it where they are missing.

    The file is written under a temporary name and renamed, so it is never seen half written.

    Args:
        filename: string tensor of shape (); what has that name is replaced.
        contents: string tensor of shape ().
        name: name of the node in a graph.

    Returns:
        The node in a graph, None otherwise.

    Raises:
        FailedPreconditionError: if the name is that of a folder, or lies below a file.

    >>> import os, tempfile
    >>> import tidefall as tf
    >>> folder = tempfile.mkdtemp()
    >>> tf.io.write_file(os.path.join(folder, "new", "notes"), "text")
    >>> tf.io.read_file(os.path.join(folder, "new", "notes")).numpy()
    b'text'
    """
    return write_file_op(filename, contents, name=name)


def _matching_shape(c: Inference) -> TensorShape:
    return TensorShape([None])


def _matching(pattern: np.ndarray) -> np.ndarray:
    if pattern.ndim > 1:
        raise invalid(
            "Input patterns tensor must be scalar or vector, but had shape: "
            f"{shape_text(pattern.shape)}"
        )
    found = [path for one in pattern.reshape(-1) for path in match_pattern(path_text(one))]
    names = np.empty(len(found), dtype=object)
    names[:] = sorted(path.encode("utf-8", "surrogateescape") for path in found)
    return names


matching_files_op = op(
    "MatchingFiles",
    shape=_matching_shape,
    host=_matching,
    effects=READS_OUTSIDE,
    gradient=NOT_DIFFERENTIABLE,
)


@export("io.matching_files")
def matching_files(pattern: Any, name: str | None = None) -> Any:
    """The files that match one or more patterns.

    Args:
        pattern: string tensor of shape () or `[patterns]`, each as in `tf.io.gfile.glob`.
        name: name of the node in a graph.

    Returns:
        A string tensor `[files]`, sorted.

    >>> import tidefall as tf
    >>> tf.io.matching_files("/no/such/folder/*").shape
    TensorShape([0])
    """
    return matching_files_op(pattern, name=name)


@export("io.match_filenames_once", "compat.v1.io.match_filenames_once")
def match_filenames_once(pattern: Any, name: str | None = None) -> Any:
    """A variable with the files that match patterns when it is initialized.

    Args:
        pattern: string tensor of shape () or `[patterns]`, as for `tf.io.matching_files`.
        name: name of the variable.

    Returns:
        A string variable `[files]`, not trainable; in a graph of TensorFlow 1 a local one.

    >>> import tidefall as tf
    >>> tf.io.match_filenames_once("/no/such/folder/*").numpy()
    array([], dtype=object)
    """
    options = {"trainable": False, "validate_shape": False, "name": name}
    graph = state.graph
    if graph is None or graph.building_function:
        return Variable(matching_files(pattern), **options)
    return graph.make_variable(
        True, initial_value=matching_files(pattern), collections=["local_variables"], **options
    )
