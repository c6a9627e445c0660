"""`tf.io.gfile`: folders and files, local ones here, those behind URLs through fsspec."""

from __future__ import annotations

import errno
import importlib.util
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tidefall.base.errors import AlreadyExistsError, FailedPreconditionError, NotFoundError, OpError
from tidefall.base.exports import export
from tidefall.io.file_systems import remote_files
from tidefall.io.file_systems.open_file import is_remote, open_file
from tidefall.io.file_systems.os_errors import errors_from_os
from tidefall.io.file_systems.paths import local_path, path_text
from tidefall.io.file_systems.whole_files import whole_file
from tidefall.tensor.tensor import Tensor

_MAGIC = re.compile(r"[*?\[\\]")


def _error(error: OSError, path: str) -> OpError:
    if error.errno == errno.ENOTEMPTY:
        return FailedPreconditionError(None, None, f"{path}; {error.strerror}")
    return errors_from_os(error, path)


@export("io.gfile.exists")
def exists(path: Any) -> bool:
    """Whether there is a file or folder of that name.

    Args:
        path: a path.

    Raises:
        UnimplementedError: here and in all of `tf.io.gfile`, for a URL other than `file://` that
            fsspec does not know, or where that is not installed.

    >>> import tidefall as tf
    >>> tf.io.gfile.exists("/no/such/file")
    False
    """
    if is_remote(path):
        return remote_files.exists(path_text(path))
    return os.path.exists(local_path(path))


@export("io.gfile.isdir")
def isdir(path: Any) -> bool:
    """Whether a path is a folder.

    >>> import tempfile
    >>> import tidefall as tf
    >>> tf.io.gfile.isdir(tempfile.mkdtemp())
    True
    """
    if is_remote(path):
        return remote_files.isdir(path_text(path))
    return os.path.isdir(local_path(path))


@export("io.gfile.mkdir")
def mkdir(path: Any) -> None:
    """Make a folder; nothing happens if it is there.

    Raises:
        NotFoundError: if the folder above is not there.

    >>> import os, tempfile
    >>> import tidefall as tf
    >>> folder = tempfile.mkdtemp()
    >>> tf.io.gfile.mkdir(os.path.join(folder, "a"))
    >>> tf.io.gfile.listdir(folder)
    ['a']
    """
    if is_remote(path):
        remote_files.makedirs(path_text(path))
        return
    name = local_path(path)
    try:
        os.mkdir(name)
    except FileExistsError:
        if not os.path.isdir(name):
            raise AlreadyExistsError(None, None, f"{name}; File exists") from None
    except OSError as error:
        raise _error(error, name) from None


@export("io.gfile.makedirs")
def makedirs(path: Any) -> None:
    """Make a folder and those above it; nothing happens if they are there.

    Raises:
        FailedPreconditionError: if one of them is a file.

    >>> import os, tempfile
    >>> import tidefall as tf
    >>> folder = tempfile.mkdtemp()
    >>> tf.io.gfile.makedirs(os.path.join(folder, "a", "b"))
    >>> tf.io.gfile.isdir(os.path.join(folder, "a", "b"))
    True
    """
    if is_remote(path):
        remote_files.makedirs(path_text(path))
        return
    name = local_path(path)
    try:
        os.makedirs(name, exist_ok=True)
    except FileExistsError:
        raise FailedPreconditionError(None, None, f"{name} is not a directory") from None
    except OSError as error:
        raise _error(error, name) from None


@export("io.gfile.listdir")
def listdir(path: Any) -> list[Any]:
    """Names of the entries of a folder, hidden ones included.

    Args:
        path: a folder.

    Returns:
        Names without the folder, in the order the system has them.

    Raises:
        NotFoundError: if there is no such folder.

    >>> import os, tempfile
    >>> import tidefall as tf
    >>> folder = tempfile.mkdtemp()
    >>> tf.io.write_file(os.path.join(folder, "notes"), "text")
    >>> tf.io.gfile.listdir(folder)
    ['notes']
    """
    if is_remote(path):
        return remote_files.listdir(path_text(path))
    name = local_path(path)
    if not os.path.isdir(name):
        raise NotFoundError(None, None, f"Could not find directory {path_text(path)}")
    try:
        return os.listdir(name)
    except OSError as error:
        raise _error(error, name) from None


@export("io.gfile.glob")
def glob(pattern: Any) -> list[str]:
    """Paths that match a pattern, or one of several.

    Args:
        pattern: a path or several in which `*` stands for any characters but "/", `?` for
            one, `[abc]` and `[a-z]` for one of those, and a backslash takes the next character
            as it is. Names that begin with a dot match too.

    Returns:
        The paths, sorted; those of a pattern without a folder begin with "./".

    >>> import tidefall as tf
    >>> tf.io.gfile.glob("/no/such/folder/*")
    []
    """
    if isinstance(pattern, Iterable) and not isinstance(pattern, (str, bytes, Tensor)):
        return [path for one in pattern for path in glob(one)]
    return match_pattern(path_text(pattern))


def match_pattern(pattern: str) -> list[str]:
    """The paths that match one pattern, sorted."""
    if is_remote(pattern):
        return remote_files.glob(pattern)
    name = local_path(pattern)
    prefix = pattern[: len(pattern) - len(name)]
    if not _MAGIC.search(name):
        return [pattern] if os.path.exists(name) else []
    folder, _, last = name.rpartition("/")
    above = _folders(folder) if folder else ["/" if name.startswith("/") else "."]
    matches = _matcher(last)
    found: list[str] = []
    for parent in above:
        try:
            names = os.listdir(parent)
        except OSError:
            continue
        found += [os.path.join(parent, entry) for entry in names if matches(entry)]
    return sorted(prefix + path for path in found)


def _folders(folder: str) -> list[str]:
    return match_pattern(folder) if _MAGIC.search(folder) else [folder]


def _matcher(pattern: str) -> Callable[[str], Any]:
    """`fnmatch` as the C library has it: with escapes, and dots that are like any character."""
    parts: list[str] = []
    i = 0
    while i < len(pattern):
        letter = pattern[i]
        close = pattern.find("]", i + 2) if letter == "[" else -1
        if letter == "*":
            parts.append(".*")
        elif letter == "?":
            parts.append(".")
        elif close > 0:
            inside = pattern[i + 1 : close].replace("\\", "\\\\").replace("[", "\\[")
            parts.append(f"[{'^' + inside[1:] if inside[0] in '!^' else inside}]")
            i = close
        elif letter == "\\" and i + 1 < len(pattern):
            i += 1
            parts.append(re.escape(pattern[i]))
        else:
            parts.append(re.escape(letter))
        i += 1
    return re.compile("".join(parts), re.DOTALL).fullmatch


@export("io.gfile.walk")
def walk(
    top: Any, topdown: bool = True, onerror: Any = None
) -> Iterator[tuple[str, list[str], list[str]]]:
    """A folder and all below it.

    Args:
        top: a folder.
        topdown: give a folder before the ones below it.
        onerror: called with the error for a folder that cannot be read; those are left out.

    Yields:
        The path of a folder, the names of the folders in it, the names of its other files.

    >>> import os, tempfile
    >>> import tidefall as tf
    >>> folder = tempfile.mkdtemp()
    >>> tf.io.write_file(os.path.join(folder, "a", "notes"), "text")
    >>> [(folders, files) for _, folders, files in tf.io.gfile.walk(folder)]
    [(['a'], []), ([], ['notes'])]
    """
    top = path_text(top)
    try:
        names = listdir(top)
    except NotFoundError as error:
        if onerror is not None:
            onerror(error)
        return
    folders = [name for name in names if isdir(join(top, name))]
    here = (top, folders, [name for name in names if name not in folders])
    if topdown:
        yield here
    for name in folders:
        yield from walk(join(top, name), topdown, onerror)
    if not topdown:
        yield here


def _refuse_to_overwrite(target: str, overwrite: bool) -> None:
    if not overwrite and os.path.exists(target):
        raise AlreadyExistsError(None, None, f"{target}: file already exists")


@export("io.gfile.copy")
def copy(src: Any, dst: Any, overwrite: bool = False) -> None:
    """Copy a file.

    Args:
        src: the file.
        dst: the name of the copy.
        overwrite: replace what has that name.

    Raises:
        AlreadyExistsError: if there is a file called `dst` and `overwrite` is False.
        NotFoundError: if there is no `src`, or no folder for `dst`.

    >>> import os, tempfile
    >>> import tidefall as tf
    >>> folder = tempfile.mkdtemp()
    >>> one, two = os.path.join(folder, "one"), os.path.join(folder, "two")
    >>> tf.io.write_file(one, "text")
    >>> tf.io.gfile.copy(one, two)
    >>> sorted(tf.io.gfile.listdir(folder))
    ['one', 'two']
    """
    if is_remote(src) or is_remote(dst):
        _copy_remote(src, dst, overwrite)
        return
    source, target = local_path(src), local_path(dst)
    if not os.path.exists(source):
        raise NotFoundError(None, None, f"{source}; No such file or directory")
    _refuse_to_overwrite(target, overwrite)
    if os.path.isdir(source) or os.path.isdir(target):
        raise FailedPreconditionError(
            None, None, f"{source if os.path.isdir(source) else target}; Is a directory"
        )
    replace_file(target, lambda file: _copy_into(source, file))


def _copy_remote(src: Any, dst: Any, overwrite: bool) -> None:
    """Copy a file from or to a URL."""
    if not overwrite and exists(dst):
        raise AlreadyExistsError(None, None, f"{path_text(dst)}: file already exists")
    with open_file(src) as original:
        if not is_remote(dst):
            replace_file(local_path(dst), lambda file: shutil.copyfileobj(original, file))
            return
        with open_file(dst, "wb") as copied:
            shutil.copyfileobj(original, copied)


def _copy_into(source: str, file: Any) -> None:
    try:
        original = open(source, "rb")  # noqa: SIM115
    except OSError as error:
        raise _error(error, source) from None
    with original:
        shutil.copyfileobj(original, file)


def replace_file(name: str, fill: Callable[[Any], None]) -> None:
    """Write a file under a temporary name in its folder, then give it its own.

    Args:
        name: the file; replaced if it is there.
        fill: writes to the open binary file it is given.

    Raises:
        OpError: of the class for what went wrong; nothing is left behind.
    """
    there = os.path.exists(name)
    if os.path.isdir(name):
        raise _error(IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR)), name)
    if there and not _is_writable(name):
        raise _error(PermissionError(errno.EACCES, os.strerror(errno.EACCES)), name)
    with whole_file(name, durable=False) as file:
        fill(file)
        if there:
            shutil.copymode(name, file.name)


def _is_writable(name: str) -> bool:
    """Whether this process may write a file: a new one in its place would not ask."""
    return os.access(name, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


@export("io.gfile.rename")
def rename(src: Any, dst: Any, overwrite: bool = False) -> None:
    """Rename or move a file or folder.

    Args:
        src: its name.
        dst: its new name.
        overwrite: replace the file of that name.

    Raises:
        AlreadyExistsError: if there is a file called `dst` and `overwrite` is False.
        NotFoundError: if there is no `src`.

    >>> import os, tempfile
    >>> import tidefall as tf
    >>> folder = tempfile.mkdtemp()
    >>> tf.io.write_file(os.path.join(folder, "one"), "text")
    >>> tf.io.gfile.rename(os.path.join(folder, "one"), os.path.join(folder, "two"))
    >>> tf.io.gfile.listdir(folder)
    ['two']
    """
    if is_remote(src) or is_remote(dst):
        remote_files.rename(path_text(src), path_text(dst), overwrite)
        return
    source, target = local_path(src), local_path(dst)
    _refuse_to_overwrite(target, overwrite)
    try:
        os.replace(source, target)
    except OSError as error:
        raise _error(error, source) from None


@export("io.gfile.remove")
def remove(path: Any) -> None:
    """Delete a file.

    Raises:
        NotFoundError: if there is no such file.
        FailedPreconditionError: if it is a folder.

    >>> import os, tempfile
    >>> import tidefall as tf
    >>> folder = tempfile.mkdtemp()
    >>> tf.io.write_file(os.path.join(folder, "one"), "text")
    >>> tf.io.gfile.remove(os.path.join(folder, "one"))
    >>> tf.io.gfile.listdir(folder)
    []
    """
    if is_remote(path):
        remote_files.remove(path_text(path))
        return
    name = local_path(path)
    try:
        os.remove(name)
    except OSError as error:
        raise _error(error, name) from None


@export("io.gfile.rmtree")
def rmtree(path: Any) -> None:
    """Delete a folder and all in it, or a file.

    Raises:
        NotFoundError: if there is no such folder.

    >>> import os, tempfile
    >>> import tidefall as tf
    >>> folder = tempfile.mkdtemp()
    >>> tf.io.gfile.rmtree(folder)
    >>> tf.io.gfile.exists(folder)
    False
    """
    if is_remote(path):
        remote_files.rmtree(path_text(path))
        return
    name = local_path(path)
    if not os.path.lexists(name):
        raise NotFoundError(None, None, f"{name} not found")
    try:
        if os.path.isdir(name) and not os.path.islink(name):
            shutil.rmtree(name)
        else:
            os.remove(name)
    except OSError as error:
        raise _error(error, name) from None


class FileStatistics:
    """What `tf.io.gfile.stat` tells.

    Attributes:
        length: size in bytes.
        mtime_nsec: time of the last change, in nanoseconds since 1970.
        is_directory: whether it is a folder.
    """

    __slots__ = ("is_directory", "length", "mtime_nsec")

    def __init__(self, length: int, mtime_nsec: int, is_directory: bool):
        self.length = length
        self.mtime_nsec = mtime_nsec
        self.is_directory = is_directory

    def __repr__(self) -> str:
        return (
            f"FileStatistics(length={self.length}, mtime_nsec={self.mtime_nsec}, "
            f"is_directory={self.is_directory})"
        )


@export("io.gfile.stat")
def stat(path: Any) -> FileStatistics:
    """Size, time and kind of a file or folder.

    Raises:
        NotFoundError: if there is none of that name.

    >>> import tidefall as tf
    >>> tf.io.gfile.stat("/").is_directory
    True
    """
    if is_remote(path):
        return FileStatistics(*remote_files.stat(path_text(path)))
    name = local_path(path)
    try:
        found = os.stat(name)
    except OSError as error:
        raise _error(error, name) from None
    return FileStatistics(found.st_size, found.st_mtime_ns, os.path.isdir(name))


@export("io.gfile.join")
def join(path: Any, *paths: Any) -> Any:
    """Join parts of a path, or of a URL.

    Args:
        path: the first part; text, bytes or a path object.
        *paths: the others, of the same kind.

    Returns:
        Text, or bytes for bytes.

    >>> import tidefall as tf
    >>> tf.io.gfile.join("a", "b", "c")
    'a/b/c'
    """
    return os.path.join(os.fspath(path), *(os.fspath(p) for p in paths))


@export("io.gfile.get_registered_schemes")
def get_registered_schemes() -> list[str]:
    """The URL schemes that `tf.io.gfile` can open; the empty one is a plain path.

    Some of those that fsspec knows need a further package, which their first use names.

    >>> import tidefall as tf
    >>> "file" in tf.io.gfile.get_registered_schemes()
    True
    """
    known = [] if importlib.util.find_spec("fsspec") is None else remote_files.schemes()
    return ["file", "", *known]
