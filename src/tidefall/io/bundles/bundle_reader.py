"""Reads tensor bundles, the files of a TensorFlow checkpoint."""

from __future__ import annotations

import dataclasses
import functools
import math
import mmap
import os
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

import numpy as np

from tidefall.base import errors
from tidefall.io.bundles import bundle_format as layout
from tidefall.io.bundles.table import TableReader
from tidefall.io.file_systems.os_errors import errors_from_os
from tidefall.io.records import crc
from tidefall.proto import tensors


@dataclasses.dataclass(frozen=True)
class BundleEntry:
    """What a bundle says about one tensor.

    Attributes:
        name: the tensor's name.
        dtype_enum: its DataType number.
        shape: its sizes.
        shard: the number of the data file that holds it.
        offset, size: where in that file, in bytes.
        crc32c: the masked checksum of those bytes.
        slices: the (start, length) of each dimension, for each part of a partitioned tensor.
            Such an entry has no bytes of its own.
    """

    name: str
    dtype_enum: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    crc32c: int
    slices: tuple[tuple[tuple[int, int], ...], ...] = ()

    @property
    def dtype(self) -> np.dtype | None:
        """The NumPy dtype, None for types without one (variant)."""
        try:
            return tensors.numpy_dtype(self.dtype_enum)
        except TypeError:
            return None

    @property
    def count(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)


class BundleReader:
    """Reads a tensor bundle (a "V2" checkpoint).

    Args:
        prefix: what the names of its files start with, such as `ckpt-1` or `variables/variables`.
        mapped: map the data files, so that values are read as they are used; else they are read
            whole into memory of this process, where no change of the files reaches them.

    Raises:
        NotFoundError: there is no such bundle.
        DataLossError: its index is damaged.
        InvalidArgumentError: a newer format.

    ```python
    with BundleReader("saved/variables/variables") as reader:
        for name in reader:
            print(name, reader.entry(name).shape, reader.read(name))
    ```
    """

    def __init__(self, prefix: str | os.PathLike[str], mapped: bool = True):
        self.prefix = os.fspath(prefix)
        self._mapped = mapped
        self.index_path = layout.index_path(self.prefix)
        values = dict(self._open_index().items())
        self._read_header(values.pop(layout.HEADER_KEY, None))
        entries = (self._parse_entry(layout.decode_name(k), v) for k, v in values.items())
        self._entries = {entry.name: entry for entry in entries}
        self._parts = {
            layout.decode_name(layout.slice_key(entry.name, extents))
            for entry in self._entries.values()
            for extents in entry.slices
        }
        self._shards: dict[int, Any] = {}

    def keys(self) -> list[str]:
        """The names of all tensors, sorted; the parts of partitioned tensors are left out."""
        return [name for name in self._entries if name not in self._parts]

    def __contains__(self, name: object) -> bool:
        return name in self._entries and name not in self._parts

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())

    def entry(self, name: str) -> BundleEntry:
        """What the index says about a tensor.

        Args:
            name: the tensor's name.

        Returns:
            Its `BundleEntry`: type, shape, place.

        Raises:
            NotFoundError: the bundle has no such tensor.
        """
        entry = self._entries.get(name)
        if entry is None:
            raise errors.NotFoundError(
                None, None, f"Key {name} not found in checkpoint {self.prefix}"
            )
        return entry

    def entries(self) -> list[BundleEntry]:
        """All entries of the index, those of the parts of partitioned tensors included."""
        return list(self._entries.values())

    def read(self, name: str) -> np.ndarray:
        """The value of a tensor.

        Args:
            name: its name.

        Returns:
            An array of the entry's dtype and shape; strings are an object array of `bytes`. It is
            read-only where it maps the file, which is then read as it is used.

        Raises:
            NotFoundError: the bundle has no such tensor, or a data file is missing.
            DataLossError: the data are damaged.
            UnimplementedError: a variant tensor.
        """
        entry = self.entry(name)
        if entry.dtype is None:
            raise errors.UnimplementedError(
                None,
                None,
                f"{self.index_path}: tensor {name!r} has the type "
                f"{tensors.dtype_name(entry.dtype_enum)}, which cannot be read from checkpoints.",
            )
        if entry.slices:
            return self._read_parts(entry, entry.dtype)
        return self._decode(entry, entry.dtype, self._bytes_of(entry))

    def read_later(self, name: str) -> Callable[[], np.ndarray]:
        """A function that gives the value of a tensor, which is not looked at before.

        That the data are there is found out at once, their checksum when the function is called.
        The function needs neither the reader nor the names of the files: these may be replaced.

        Args:
            name: the tensor's name.

        Returns:
            A function without arguments; what it returns and raises is said at `read`.

        Raises:
            NotFoundError: the bundle has no such tensor, or a data file is missing.
            DataLossError: the data are cut short.
            UnimplementedError: a variant tensor.
        """
        entry = self.entry(name)
        if entry.slices or entry.dtype is None or entry.dtype_enum == tensors.STRING:
            value = self.read(name)
            return lambda: value
        return functools.partial(self._decode, entry, entry.dtype, self._bytes_of(entry))

    def _decode(self, entry: BundleEntry, dtype: np.dtype, data: memoryview) -> np.ndarray:
        """The elements that bytes of a data file hold, once their checksum is known to be right."""
        self._check_size(entry, data)
        if entry.dtype_enum == tensors.STRING:
            return self._strings(entry, bytes(data))
        if crc.mask(crc.crc32c(data)) != entry.crc32c:
            raise self._damaged(entry, "the checksum does not match")
        try:
            elements = tensors.elements_from_bytes(data, dtype, self._order)
        except ValueError as error:
            raise self._damaged(entry, str(error)) from None
        return elements.reshape(entry.shape)

    def stored(self, name: str) -> tuple[bytes, int]:
        """A tensor in its stored form, and its checksum, which is not compared.

        For variants, which have no dtype of NumPy, and a checksum of their own kind.

        Raises:
            NotFoundError: the bundle has no such tensor, or a data file is missing.
            DataLossError: the data are cut short.
        """
        entry = self.entry(name)
        return bytes(self._bytes_of(entry)), crc.unmask(entry.crc32c)

    def close(self) -> None:
        """Let go of the data files. Arrays that map them keep them open."""
        self._shards.clear()

    def __enter__(self) -> BundleReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _open_index(self) -> TableReader:
        try:
            return TableReader.open(self.index_path)
        except errors.NotFoundError:
            raise errors.NotFoundError(
                None,
                None,
                f"No checkpoint at {self.prefix}: there is no file {self.index_path}. Give the "
                "path without `.index` and without `.data-...`.",
            ) from None

    def _read_header(self, serialized: bytes | None) -> None:
        from tidefall.proto import BundleHeaderProto

        if serialized is None:
            raise self._bad_index("it has no header")
        header = self._parse(BundleHeaderProto, serialized, "the header")
        if header.num_shards < 1:
            raise self._bad_index(f"it speaks of {header.num_shards} data files")
        version = header.version
        if version.min_consumer > layout.VERSION or layout.VERSION in version.bad_consumers:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"{self.index_path}: needs a reader of checkpoint format {version.min_consumer}, "
                f"this one reads {layout.VERSION}.",
            )
        self.num_shards: int = header.num_shards
        self._order = ">" if header.endianness == BundleHeaderProto.BIG else "<"

    def _parse_entry(self, name: str, serialized: bytes) -> BundleEntry:
        from tidefall.proto import BundleEntryProto

        proto = self._parse(BundleEntryProto, serialized, f"entry {name!r}")
        shape = tuple(dim.size for dim in proto.shape.dim)
        valid_shape = layout.is_valid_shape(shape) and not proto.shape.unknown_rank
        valid_place = min(proto.offset, proto.size, proto.shard_id) >= 0
        if not (valid_shape and valid_place and proto.shard_id < self.num_shards):
            raise self._bad_index(
                f"entry {name!r} of shape {list(shape)} has {proto.size} bytes at byte "
                f"{proto.offset} of data file {proto.shard_id}"
            )
        slices = tuple(tuple(layout.extents_of(part)) for part in proto.slices)
        where = (proto.shard_id, proto.offset, proto.size, proto.crc32c)
        return BundleEntry(name, proto.dtype, shape, *where, slices)

    def _parse(self, message: Any, serialized: bytes, what: str) -> Any:
        from google.protobuf.message import DecodeError

        try:
            return message.FromString(serialized)
        except DecodeError:
            raise self._bad_index(f"{what} is not a {message.DESCRIPTOR.name}") from None

    def _bytes_of(self, entry: BundleEntry) -> memoryview:
        """The tensor's bytes in its data file, after a check of its size and place."""
        is_open = entry.dtype is None or entry.dtype_enum == tensors.STRING
        expected = entry.count * (1 if is_open or not entry.dtype else entry.dtype.itemsize)
        if entry.size < expected or (entry.size != expected and not is_open):
            raise self._damaged(
                entry, f"the shape {list(entry.shape)} takes {expected} bytes, not {entry.size}"
            )
        shard = self._shard(entry.shard) if entry.size else memoryview(b"")
        if entry.size and entry.offset + entry.size > len(shard):
            raise self._damaged(entry, f"the file has {len(shard)} bytes")
        return shard[entry.offset : entry.offset + entry.size]

    def _check_size(self, entry: BundleEntry, data: memoryview) -> None:
        """Refuse a file that became shorter: reading a map beyond its end would end the process."""
        if not self._mapped:
            return
        file = data.obj
        if isinstance(file, mmap.mmap) and entry.offset + entry.size > (size := file.size()):
            raise self._damaged(entry, f"the file was cut to {size} bytes after it was opened")

    def _shard(self, number: int) -> memoryview:
        if number not in self._shards:
            path = self._data_path(number)
            try:
                with open(path, "rb", buffering=0) as file:
                    size = os.fstat(file.fileno()).st_size
                    # An empty file cannot be mapped.
                    data = (_map if self._mapped else _read)(file, size) if size else b""
            except OSError as error:
                raise errors_from_os(error, path) from None
            self._shards[number] = memoryview(data)
        return self._shards[number]

    def _strings(self, entry: BundleEntry, data: bytes) -> np.ndarray:
        try:
            strings, checksum = layout.unpack_strings(data, entry.count, self._order)
        except ValueError as error:
            raise self._damaged(entry, str(error)) from None
        if crc.mask(checksum) != entry.crc32c:
            raise self._damaged(entry, "the checksum does not match")
        return strings.reshape(entry.shape)

    def _read_parts(self, entry: BundleEntry, dtype: np.dtype) -> np.ndarray:
        self._check_parts(entry)
        whole = np.empty(entry.shape, dtype=dtype)
        covered = np.zeros(entry.shape, dtype=np.bool_)
        for extents in entry.slices:
            place = self._place(entry, extents)
            if covered[place].any():
                raise self._bad_index(f"the parts of tensor {entry.name!r} overlap")
            covered[place] = True
            part = self.entry(layout.decode_name(layout.slice_key(entry.name, extents)))
            if part.slices or part.dtype_enum != entry.dtype_enum:
                raise self._bad_index(f"a part of tensor {entry.name!r} is of another type")
            if part.shape != whole[place].shape:
                raise self._bad_index(
                    f"a part of tensor {entry.name!r} has the shape {list(part.shape)} for "
                    f"a place of shape {list(whole[place].shape)}"
                )
            whole[place] = self.read(part.name)
        if not covered.all():
            raise self._bad_index(f"the parts of tensor {entry.name!r} do not cover it")
        return whole

    def _check_parts(self, entry: BundleEntry) -> None:
        """Refuse a shape that the files cannot fill, before memory is taken for it."""
        total = sum(len(self._shard(number)) for number in range(self.num_shards))
        if entry.count > total:
            raise self._bad_index(
                f"tensor {entry.name!r} has the shape {list(entry.shape)}, more than the "
                f"{total} bytes of data hold"
            )

    def _place(self, entry: BundleEntry, extents: layout.Extents) -> tuple[slice, ...]:
        place = layout.place_of(extents, entry.shape)
        if place is None:
            raise self._bad_index(
                f"tensor {entry.name!r} of shape {list(entry.shape)} has a part at {extents}"
            )
        return place

    def _data_path(self, shard: int) -> str:
        return layout.data_path(self.prefix, shard, self.num_shards)

    def _bad_index(self, what: str) -> errors.DataLossError:
        return errors.DataLossError(None, None, f"{self.index_path}: bad checkpoint index: {what}.")

    def _damaged(self, entry: BundleEntry, what: str) -> errors.DataLossError:
        return errors.DataLossError(
            None,
            None,
            f"{self._data_path(entry.shard)}: tensor {entry.name!r} ({entry.size} bytes at byte "
            f"{entry.offset}): {what}.",
        )


def _map(file: Any, size: int) -> mmap.mmap:
    return mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ)


def _read(file: Any, size: int) -> memoryview:
    """The content of a file in memory that begins with a page, as compiled code likes it, and that
    goes back to the system as soon as nothing refers to it."""
    memory = memoryview(mmap.mmap(-1, size))
    count = 0
    while count < size and (read := file.readinto(memory[count:])):
        count += read
    return memory[:count].toreadonly()
