# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.io.gfile`."""

from collections.abc import Iterator
import tidefall as tf
from tidefall._api._types import FileStatistics
import types
from typing import Any

class GFile:
    """A file, or what a URL that fsspec knows stands for, as text in UTF-8 or as bytes."""
    def __init__(self, name: str, mode: str = 'r') -> None: ...
    @property
    def name(self) -> Any:
        """The name it was made with."""
    @property
    def mode(self) -> str:
        """The mode it was made with."""
    def read(self, n: int = -1) -> Any:
        """The next `n` bytes, or all that are left: `str` in text mode, `bytes` in binary."""
    def readline(self) -> Any:
        """The next line with its line end, or an empty text at the end of the file."""
    def readlines(self) -> list[Any]:
        """The lines that are left."""
    def __iter__(self) -> tf.io.gfile.GFile: ...
    def __next__(self) -> Any: ...
    def next(self) -> Any:
        """The next line; StopIteration at the end."""
    def size(self) -> int:
        """Size of the file in bytes."""
    def seek(self, offset: int | None = None, whence: int = 0, position: int | None = None) -> None:
        """Move to another place in the file."""
    def seekable(self) -> bool:
        """True: every file has places to go to."""
    def tell(self) -> int:
        """The current place, in bytes from the beginning."""
    def write(self, file_content: Any) -> None:
        """Write text, as UTF-8, or bytes."""
    def flush(self) -> None:
        """Hand everything written so far to the operating system."""
    def close(self) -> None:
        """Close the file. Using it again opens it again."""
    def __enter__(self) -> tf.io.gfile.GFile: ...
    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: types.TracebackType | None) -> None: ...
def copy(src: Any, dst: Any, overwrite: bool = False) -> None:
    """Copy a file."""
def exists(path: Any) -> bool:
    """Whether there is a file or folder of that name."""
def get_registered_schemes() -> list[str]:
    """The URL schemes that `tf.io.gfile` can open; the empty one is a plain path."""
def glob(pattern: Any) -> list[str]:
    """Paths that match a pattern, or one of several."""
def isdir(path: Any) -> bool:
    """Whether a path is a folder."""
def join(path: Any, *paths: Any) -> Any:
    """Join parts of a path, or of a URL."""
def listdir(path: Any) -> list[Any]:
    """Names of the entries of a folder, hidden ones included."""
def makedirs(path: Any) -> None:
    """Make a folder and those above it; nothing happens if they are there."""
def mkdir(path: Any) -> None:
    """Make a folder; nothing happens if it is there."""
def remove(path: Any) -> None:
    """Delete a file."""
def rename(src: Any, dst: Any, overwrite: bool = False) -> None:
    """Rename or move a file or folder."""
def rmtree(path: Any) -> None:
    """Delete a folder and all in it, or a file."""
def stat(path: Any) -> FileStatistics:
    """Size, time and kind of a file or folder."""
def walk(top: Any, topdown: bool = True, onerror: Any = None) -> Iterator[tuple[str, list[str], list[str]]]:
    """A folder and all below it."""
