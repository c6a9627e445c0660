# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.gfile`."""

from collections.abc import Iterator
import tidefall as tf
from tidefall._api._types import FileStatistics
from tidefall._api._types import TensorLike
from tidefall._api.io.gfile import GFile as GFile
from typing import Any

def Copy(oldpath: Any, newpath: Any, overwrite: bool = False) -> None:
    """See `tf.io.gfile.copy`."""
def DeleteRecursively(dirname: Any) -> None:
    """See `tf.io.gfile.rmtree`."""
def Exists(filename: TensorLike) -> bool:
    """See `tf.io.gfile.exists`."""
FastGFile = tf.io.gfile.GFile
def Glob(filename: TensorLike) -> list[str]:
    """See `tf.io.gfile.glob`."""
def IsDirectory(dirname: Any) -> bool:
    """See `tf.io.gfile.isdir`."""
def ListDirectory(dirname: Any) -> list[Any]:
    """See `tf.io.gfile.listdir`."""
def MakeDirs(dirname: Any) -> None:
    """See `tf.io.gfile.makedirs`."""
def MkDir(dirname: Any) -> None:
    """See `tf.io.gfile.mkdir`."""
Open = tf.io.gfile.GFile
def Remove(filename: TensorLike) -> None:
    """See `tf.io.gfile.remove`."""
def Rename(oldname: Any, newname: Any, overwrite: bool = False) -> None:
    """See `tf.io.gfile.rename`."""
def Stat(filename: TensorLike) -> FileStatistics:
    """See `tf.io.gfile.stat`."""
def Walk(top: Any, in_order: bool = True) -> Iterator[tuple[str, list[str], list[str]]]:
    """See `tf.io.gfile.walk`: folders before what is in them, or after."""
