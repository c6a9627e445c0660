"""`tf.io.gfile.GFile`: a file that is opened when it is first used."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from tidefall.base.errors import InvalidArgumentError, OutOfRangeError, PermissionDeniedError
from tidefall.base.exports import export
from tidefall.io.file_systems.file_system import stat
from tidefall.io.file_systems.open_file import open_file
from tidefall.io.file_systems.os_errors import errors_from_os
from tidefall.io.file_systems.paths import path_text

_MODES = ("r", "w", "a", "r+", "w+", "a+")


@export("io.gfile.GFile")
class GFile:
    """A file, or what a URL that fsspec knows stands for, as text in UTF-8 or as bytes.

    Nothing is opened before the first read or write. Line ends are left as they are when reading
    all at once; `readline` drops carriage returns, as TensorFlow's does.

    Args:
        name: a path.
        mode: "r", "w" or "a", each perhaps with "+" (read and write) and "b" (bytes, not text).

    >>> import os, tempfile
    >>> import tidefall as tf
    >>> path = os.path.join(tempfile.mkdtemp(), "notes.txt")
    >>> with tf.io.gfile.GFile(path, "w") as file:
    ...     file.write("one\\ntwo\\n")
    >>> with tf.io.gfile.GFile(path) as file:
    ...     print([line.rstrip() for line in file])
    ['one', 'two']
    """

    def __init__(self, name: Any, mode: str = "r"):
        kind = mode.replace("b", "")
        if kind not in _MODES:
            raise InvalidArgumentError(
                None,
                None,
                f"mode is not 'r' or 'w' or 'a' or 'r+' or 'w+' or 'a+'. Received: {mode!r}",
            )
        path_text(name)
        self._name = name
        self._mode = mode
        self._binary = "b" in mode
        self._readable = kind in ("r", "r+", "w+", "a+")
        self._writable = kind != "r"
        self._append = kind.startswith("a")
        self._reader: Any = None
        self._writer: Any = None

    @property
    def name(self) -> Any:
        """The name it was made with."""
        return self._name

    @property
    def mode(self) -> str:
        """The mode it was made with."""
        return self._mode

    def _open_reader(self) -> Any:
        if not self._readable:
            raise PermissionDeniedError(None, None, "File isn't open for reading")
        if self._reader is None:
            self._reader = self._open("rb")
        return self._reader

    def _open_writer(self) -> Any:
        if not self._writable:
            raise PermissionDeniedError(None, None, "File isn't open for writing")
        if self._writer is None:
            self._writer = self._open("ab" if self._append else "wb")
        return self._writer

    def _open(self, mode: str) -> Any:
        return open_file(self._name, mode)

    def _decoded(self, data: bytes) -> Any:
        return data if self._binary else data.decode("utf-8")

    # ---- reading ----

    def read(self, n: int = -1) -> Any:
        """The next `n` bytes, or all that are left: `str` in text mode, `bytes` in binary.

        Raises:
            PermissionDeniedError: if the file is open for writing only.
            NotFoundError: if there is no such file.
        """
        reader = self._open_reader()
        try:
            return self._decoded(reader.read(n))
        except OSError as error:
            raise errors_from_os(error, path_text(self._name)) from None

    def readline(self) -> Any:
        """The next line with its line end, or an empty text at the end of the file."""
        return self._decoded(self._open_reader().readline().replace(b"\r", b""))

    def readlines(self) -> list[Any]:
        """The lines that are left."""
        return list(iter(self.readline, b"" if self._binary else ""))

    def __iter__(self) -> GFile:
        return self

    def __next__(self) -> Any:
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def next(self) -> Any:
        """The next line; StopIteration at the end."""
        return self.__next__()

    def size(self) -> int:
        """Size of the file in bytes."""
        return stat(self._name).length

    def seek(self, offset: int | None = None, whence: int = 0, position: int | None = None) -> None:
        """Move to another place in the file.

        Args:
            offset: bytes from the place that `whence` names.
            whence: 0 for the beginning, 1 for the current place, 2 for the end.
            position: old name of `offset`.

        Raises:
            TypeError: without an offset.
            InvalidArgumentError: for a place before the beginning, or an unknown `whence`.
            OutOfRangeError: for a place behind the end.
        """
        reader = self._open_reader()
        offset = position if offset is None else offset
        if offset is None:
            raise TypeError("seek(): offset argument required")
        size = stat(self._name).length
        base = {0: 0, 1: reader.tell(), 2: size}.get(whence)
        if base is None:
            raise InvalidArgumentError(
                None, None, f"Invalid whence argument: {whence}. Valid values are 0, 1, or 2."
            )
        if base + offset < 0:
            raise InvalidArgumentError(
                None, None, f"Seeking to a negative position: {base + offset}"
            )
        if base + offset > size:
            raise OutOfRangeError(None, None, f"reached end of file: it has {size} bytes")
        reader.seek(base + offset)

    def seekable(self) -> bool:
        """True: every file has places to go to."""
        return True

    def tell(self) -> int:
        """The current place, in bytes from the beginning."""
        if self._readable:
            return self._open_reader().tell()
        return self._open_writer().tell()

    # ---- writing ----

    def write(self, file_content: Any) -> None:
        """Write text, as UTF-8, or bytes.

        Raises:
            PermissionDeniedError: if the file is open for reading only.
            TypeError: for anything else.
        """
        writer = self._open_writer()
        if isinstance(file_content, str):
            file_content = file_content.encode("utf-8")
        elif not isinstance(file_content, (bytes, bytearray, memoryview)):
            raise TypeError(f"Expected binary or unicode string, got {file_content!r}")
        try:
            writer.write(file_content)
        except OSError as error:
            raise errors_from_os(error, path_text(self._name)) from None

    def flush(self) -> None:
        """Hand everything written so far to the operating system."""
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Close the file. Using it again opens it again."""
        reader, self._reader = self._reader, None
        writer, self._writer = self._writer, None
        try:
            if reader is not None:
                reader.close()
        finally:
            if writer is not None:
                writer.close()

    def __enter__(self) -> GFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        # TensorFlow's files are written when they are forgotten, and programs count on it.
        if hasattr(self, "_writer"):
            self.close()
