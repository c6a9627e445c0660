"""`tf.compat.v1.gfile`: functions on files by their old names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tidefall.base.exports import export
from tidefall.io.file_systems import file_system


@export("compat.v1.gfile.Copy")
def copy(oldpath: Any, newpath: Any, overwrite: bool = False) -> None:
    """See `tf.io.gfile.copy`."""
    file_system.copy(oldpath, newpath, overwrite)


@export("compat.v1.gfile.DeleteRecursively")
def delete_recursively(dirname: Any) -> None:
    """See `tf.io.gfile.rmtree`."""
    file_system.rmtree(dirname)


@export("compat.v1.gfile.Exists")
def exists(filename: Any) -> bool:
    """See `tf.io.gfile.exists`."""
    return file_system.exists(filename)


@export("compat.v1.gfile.Glob")
def glob(filename: Any) -> list[str]:
    """See `tf.io.gfile.glob`."""
    return file_system.glob(filename)


@export("compat.v1.gfile.IsDirectory")
def is_directory(dirname: Any) -> bool:
    """See `tf.io.gfile.isdir`."""
    return file_system.isdir(dirname)


@export("compat.v1.gfile.ListDirectory")
def list_directory(dirname: Any) -> list[Any]:
    """See `tf.io.gfile.listdir`."""
    return file_system.listdir(dirname)


@export("compat.v1.gfile.MakeDirs")
def make_dirs(dirname: Any) -> None:
    """See `tf.io.gfile.makedirs`."""
    file_system.makedirs(dirname)


@export("compat.v1.gfile.MkDir")
def mkdir(dirname: Any) -> None:
    """See `tf.io.gfile.mkdir`."""
    file_system.mkdir(dirname)


@export("compat.v1.gfile.Remove")
def remove(filename: Any) -> None:
    """See `tf.io.gfile.remove`."""
    file_system.remove(filename)


@export("compat.v1.gfile.Rename")
def rename(oldname: Any, newname: Any, overwrite: bool = False) -> None:
    """See `tf.io.gfile.rename`."""
    file_system.rename(oldname, newname, overwrite)


@export("compat.v1.gfile.Stat")
def stat(filename: Any) -> file_system.FileStatistics:
    """See `tf.io.gfile.stat`."""
    return file_system.stat(filename)


@export("compat.v1.gfile.Walk")
def walk(top: Any, in_order: bool = True) -> Iterator[tuple[str, list[str], list[str]]]:
    """See `tf.io.gfile.walk`: folders before what is in them, or after."""
    return file_system.walk(top, topdown=in_order)


@export("compat.v1.io.TFRecordCompressionType", "compat.v1.python_io.TFRecordCompressionType")
class TFRecordCompressionType:
    """Numbers of the ways in which records are compressed, as `TFRecordOptions` took them."""

    NONE = 0
    ZLIB = 1
    GZIP = 2
