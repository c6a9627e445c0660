"""Writes tensor bundles, the files of a TensorFlow checkpoint."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import secrets
import shutil
from collections.abc import Sequence
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np

from tidefall.core import errors
from tidefall.io import bundle_format as layout
from tidefall.io import crc
from tidefall.io.bundle_reader import BundleEntry, BundleReader
from tidefall.io.table import TableWriter
from tidefall.io.tfrecord import errors_from_os
from tidefall.proto import tensors

_LARGE = 4096  # bytes


class BundleWriter:
    """Writes a tensor bundle (a "V2" checkpoint), byte for byte as TensorFlow does.

    The tensors go to a temporary file as they are added. `finish` gives the data file its name,
    then the index. Left as a context manager the bundle is finished, or discarded on an error.

    Args:
      prefix: what the names of its files start with. Its folder must be there.
      alignment: large tensors begin at multiples of so many bytes. A multiple of 64 lets compiled
        code use them where they are mapped; TensorFlow leaves no gaps, and does not mind them.

    Raises:
      NotFoundError: the folder is not there.

    Example:

    ```python
    with BundleWriter("saved/variables/variables") as writer:
        writer.add("kernel", np.ones([3, 2], np.float32))
        writer.add("names", ["first", "second"])
    ```
    """

    def __init__(self, prefix: str | os.PathLike[str], alignment: int = 1):
        self.prefix = os.fspath(prefix)
        self._alignment = alignment
        self._path = layout.data_path(self.prefix, 0, 1)
        self._temporary, self._file = create_beside(self._path)
        self._offset = 0
        self._entries: dict[bytes, BundleEntry] = {}

    def add(self, name: str, array: Any, dtype_enum: int | None = None) -> None:
        """Append a tensor.

        Args:
          name: its name, new to the bundle.
          array: its value: an array of any shape, or what `np.asarray` takes. Strings may be
            `bytes` or `str`.
          dtype_enum: its DataType number; found from the array by default.

        Raises:
          InvalidArgumentError: the name is taken, or empty.
          TypeError: TensorFlow has no such type.
        """
        key = layout.encode_name(name)
        if key == layout.HEADER_KEY or key in self._entries:
            problem = "is empty" if not name else "was added before"
            raise errors.InvalidArgumentError(
                None, None, f"{self.prefix}: the tensor name {name!r} {problem}."
            )
        array, enum = tensors.as_typed_array(array, dtype_enum)
        if array.nbytes >= _LARGE:
            gap = -self._offset % self._alignment
            self._append(bytes(gap))
            self._offset += gap
        size, checksum = self._write(array, enum)
        place = (0, self._offset, size, crc.mask(checksum))
        self._entries[key] = BundleEntry(name, enum, array.shape, *place)
        self._offset += size

    def add_stored(
        self, name: str, data: bytes, checksum: int, dtype_enum: int, shape: Sequence[int]
    ) -> None:
        """Append a tensor whose stored form is there already, such as one of variants.

        Args:
          name: its name, new to the bundle.
          data: its bytes in the data file.
          checksum: the crc32c to be stored.
          dtype_enum: its DataType number.
          shape: its shape.
        """
        place = (0, self._offset, len(data), crc.mask(checksum))
        self._append(data)
        self._entries[layout.encode_name(name)] = BundleEntry(
            name, dtype_enum, tuple(shape), *place
        )
        self._offset += len(data)

    def add_slice(
        self,
        name: str,
        shape: Sequence[int],
        extents: layout.Extents,
        array: Any,
        dtype_enum: int | None = None,
    ) -> None:
        """Append one part of a partitioned tensor.

        Args:
          name: the name of the whole tensor.
          shape: the sizes of the whole tensor.
          extents: where the part lies: (start, length) in each dimension, length -1 for all of it.
          array: the part's value, of the shape that `extents` say.
          dtype_enum: its DataType number; found from the array by default.

        Raises:
          InvalidArgumentError: the shapes do not fit, or the parts differ in type or whole shape.
          TypeError: TensorFlow has no such type.
        """
        array, enum = tensors.as_typed_array(array, dtype_enum)
        part = tuple((start, length) for start, length in extents)
        whole = BundleEntry(name, enum, tuple(shape), 0, 0, 0, 0, (part,))
        fits = len(extents) == len(shape) and array.shape == tuple(
            size if length == layout.FULL_EXTENT else length
            for size, (_, length) in zip(shape, extents, strict=True)
        )
        if not fits:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"{self.prefix}: a part of shape {list(array.shape)} does not fit at "
                f"{list(extents)} of tensor {name!r} of shape {list(shape)}.",
            )
        merged = _merge_parts(self._entries.get(layout.encode_name(name)), whole, self.prefix)
        self.add(layout.decode_name(layout.slice_key(name, extents)), array, enum)
        self._entries[layout.encode_name(name)] = merged

    def finish(self) -> None:
        """Give the files their names, the index last. Once finished, nothing can be added.

        If the disk is full, no file is touched that was there before.
        """
        try:
            self._file.close()
            index = _write_index(self.prefix, self._entries, num_shards=1)
            os.replace(self._temporary, self._path)
        except OSError as error:
            self.discard()
            raise errors_from_os(error, self._path) from None
        except BaseException:
            self.discard()
            raise
        _name_index(index, self.prefix)

    def discard(self) -> None:
        """Remove what was written so far."""
        with contextlib.suppress(OSError):  # the disk is full: that is why
            self._file.close()
        if os.path.exists(self._temporary):
            os.unlink(self._temporary)

    def _write(self, array: np.ndarray, enum: int) -> tuple[int, int]:
        """Append the elements; their size in bytes and their crc32c."""
        data: Any
        if enum == tensors.STRING:
            data, checksum = layout.pack_strings(array.reshape(-1).tolist())
            size = len(data)
        else:
            little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
            data = little.reshape(-1).view(np.uint8)
            size, checksum = data.nbytes, crc.crc32c(data)
        self._append(data)
        return size, checksum

    def _append(self, data: Any) -> None:
        try:
            self._file.write(data)
        except OSError as error:
            raise errors_from_os(error, self._path) from None
        except ValueError:
            raise errors.FailedPreconditionError(
                None, None, f"The checkpoint {self.prefix} is already finished."
            ) from None

    def __enter__(self) -> BundleWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None:
            self.discard()
        elif not self._file.closed:
            self.finish()


def merge_bundles(
    sources: Sequence[str | os.PathLike[str]], destination: str | os.PathLike[str]
) -> None:
    """Make one bundle of several, whose data files become its shards.

    The sources are used up: their data files are moved and their indexes removed.

    Args:
      sources: prefixes of bundles. Their tensors have different names, but for parts of one
        partitioned tensor.
      destination: the prefix of the result.

    Raises:
      NotFoundError: a source is not there.
      InvalidArgumentError: two sources hold the same tensor.
      DataLossError: the index of a source is damaged.
    """
    destination = os.fspath(destination)
    readers = [BundleReader(source) for source in sources]
    num_shards = sum(reader.num_shards for reader in readers)
    entries: dict[bytes, BundleEntry] = {}
    moves = []
    for reader in readers:
        _collect(reader, first_shard=len(moves), entries=entries, destination=destination)
        for number in range(reader.num_shards):
            target = layout.data_path(destination, len(moves), num_shards)
            moves.append((layout.data_path(reader.prefix, number, reader.num_shards), target))
    for source, target in moves:
        try:
            shutil.move(source, target)
        except OSError as error:
            raise errors_from_os(error, source) from None
    _name_index(_write_index(destination, entries, num_shards), destination)
    for reader in readers:
        if reader.index_path != layout.index_path(destination):
            os.unlink(reader.index_path)


def _collect(
    reader: BundleReader, first_shard: int, entries: dict[bytes, BundleEntry], destination: str
) -> None:
    for entry in reader.entries():
        key = layout.encode_name(entry.name)
        if entry.slices:
            entries[key] = _merge_parts(entries.get(key), entry, destination)
        elif key in entries:
            raise errors.InvalidArgumentError(
                None, None, f"{destination}: two bundles to merge hold the tensor {entry.name!r}."
            )
        else:
            entries[key] = dataclasses.replace(entry, shard=entry.shard + first_shard)


def _merge_parts(known: BundleEntry | None, more: BundleEntry, prefix: str) -> BundleEntry:
    """The entry of a partitioned tensor that has the parts of both."""
    if known is None:
        return more
    same_tensor = (known.dtype_enum, known.shape) == (more.dtype_enum, more.shape)
    if not known.slices or not same_tensor:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"{prefix}: tensor {more.name!r} was saved as {_describe(known)}; "
            f"a part cannot say {_describe(more)}.",
        )
    return dataclasses.replace(known, slices=known.slices + more.slices)


def _describe(entry: BundleEntry) -> str:
    kind = "parts of " if entry.slices else ""
    return f"{kind}{tensors.dtype_name(entry.dtype_enum)}{list(entry.shape)}"


def _write_index(prefix: str, entries: dict[bytes, BundleEntry], num_shards: int) -> str:
    """Write an index under a temporary name; returns that."""
    from tidefall.proto import BundleHeaderProto

    header = BundleHeaderProto(num_shards=num_shards)
    header.version.producer = layout.VERSION
    path = layout.index_path(prefix)
    temporary, file = create_beside(path)
    try:
        with file:
            table = TableWriter(file)
            table.add(layout.HEADER_KEY, header.SerializeToString())
            for key in sorted(entries):
                table.add(key, _entry_proto(entries[key]).SerializeToString())
            table.finish()
    except OSError as error:
        os.unlink(temporary)
        raise errors_from_os(error, path) from None
    return temporary


def _name_index(temporary: str, prefix: str) -> None:
    path = layout.index_path(prefix)
    try:
        os.replace(temporary, path)
    except OSError as error:
        os.unlink(temporary)
        raise errors_from_os(error, path) from None


def _entry_proto(entry: BundleEntry) -> Any:
    from tidefall.proto import BundleEntryProto

    proto = BundleEntryProto(dtype=entry.dtype_enum, crc32c=entry.crc32c)
    proto.shard_id, proto.offset, proto.size = entry.shard, entry.offset, entry.size
    proto.shape.SetInParent()
    for size in entry.shape:
        proto.shape.dim.add(size=size)
    for extents in entry.slices:
        part = proto.slices.add()
        for start, length in extents:
            extent = part.extent.add(start=start)
            if length != layout.FULL_EXTENT:
                extent.length = length
    return proto


def create_beside(path: str) -> tuple[str, BinaryIO]:
    """A new temporary file in the folder of `path`, to be renamed to it when it is whole.

    Args:
      path: the file to write in the end.

    Returns:
      The temporary file's path, and the file, open for writing.

    Raises:
      NotFoundError: the folder is not there.
    """
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    try:
        return temporary, open(temporary, "xb")
    except OSError as error:
        raise errors_from_os(error, path) from None
