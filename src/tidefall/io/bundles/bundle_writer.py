"""Writes tensor bundles, the files of a TensorFlow checkpoint."""

from __future__ import annotations

import contextlib
import glob
import os
from collections.abc import Sequence
from types import TracebackType
from typing import Any

import numpy as np

from tidefall.base import errors
from tidefall.io.bundles import bundle_format as layout
from tidefall.io.bundles.bundle_index import merge_parts, write_index
from tidefall.io.bundles.bundle_reader import BundleEntry
from tidefall.io.file_systems.os_errors import errors_from_os
from tidefall.io.file_systems.whole_files import WholeFile, remove_abandoned, sync_folder
from tidefall.io.records import crc
from tidefall.proto import tensors

_LARGE = 4096  # bytes


class BundleWriter:
    """Writes a tensor bundle (a "V2" checkpoint), byte for byte as TensorFlow does.

    The tensors go to a temporary file as they are added. `finish` gives the data files their names,
    then the index; each is on the disk before the next step. Killed at any point, a writer leaves
    the bundle that had its prefix before, or the new one; its temporary files go when the next
    writer in the folder begins. Left as a context manager the bundle is finished, or discarded on
    an error.

    Args:
        prefix: what the names of its files start with. Its folder must be there.
        alignment: large tensors begin at multiples of so many bytes. A multiple of 64 lets compiled
            code use them where they are mapped; TensorFlow leaves no gaps, and does not mind them.

    Raises:
        NotFoundError: the folder is not there.

    ```python
    with BundleWriter("saved/variables/variables") as writer:
        writer.add("kernel", np.ones([3, 2], np.float32))
        writer.add("names", ["first", "second"])
    ```
    """

    def __init__(self, prefix: str | os.PathLike[str], alignment: int = 1):
        self.prefix = os.fspath(prefix)
        self._alignment = alignment
        self._folder = os.path.dirname(self.prefix)
        remove_abandoned(self._folder)
        self._shards = [self._new_shard()]
        self._offset = 0
        self._count = 0
        self._entries: dict[bytes, BundleEntry] = {}

    def _new_shard(self) -> WholeFile:
        return WholeFile(layout.data_path(self.prefix, 0, 1))

    def begin_shard(self) -> None:
        """Put the tensors that follow into a further data file."""
        self._check_open()
        self._shards.append(self._new_shard())
        self._offset = 0

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
        place = (len(self._shards) - 1, self._offset, size, crc.mask(checksum))
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
        place = (len(self._shards) - 1, self._offset, len(data), crc.mask(checksum))
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
            extents: where the part lies: (start, length) in each dimension, length -1 for all of
                it.
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
        merged = merge_parts(self._entries.get(layout.encode_name(name)), whole, self.prefix)
        self.add(layout.decode_name(layout.slice_key(name, extents)), array, enum)
        self._entries[layout.encode_name(name)] = merged

    def finish(self) -> None:
        """Give the files their names, the index last. Once finished, nothing can be added."""
        self._check_open()
        count = len(self._shards)
        used = self._counts()
        staged = count
        if count in used and os.path.exists(layout.index_path(self.prefix)):
            # The data of the bundle that is there stay until its index is replaced.
            staged = next(n for n in range(count + 1, count + len(used) + 2) if n not in used)
        try:
            for shard in self._shards:
                shard.force()
            while len(self._shards) < staged:
                self._shards.append(self._new_shard())
            for number, shard in enumerate(self._shards):
                shard.place(layout.data_path(self.prefix, number, staged))
        except OSError as error:
            self.discard()
            raise errors_from_os(error, self.prefix) from None
        except errors.OpError:
            self.discard()
            raise
        self._commit(staged)
        if staged != count:
            self._rename(staged, count)
        self._remove_all_but(count if self._count == count else staged)

    def _counts(self) -> set[int]:
        """The numbers of data files that there are names for under this prefix."""
        found = glob.glob(f"{glob.escape(self.prefix)}.data-?????-of-?????")
        return {int(path[-5:]) for path in found if path[-5:].isdigit()}

    def _commit(self, count: int) -> None:
        sync_folder(self._folder)
        write_index(self.prefix, self._entries, count)
        sync_folder(self._folder)
        self._count = count

    def _rename(self, staged: int, count: int) -> None:
        """Give the data files the names for their real number; either set is whole meanwhile."""
        with contextlib.suppress(OSError):  # without hard links they keep the names they have
            for number in range(count):
                link = self._new_shard()
                os.unlink(link.temporary)
                os.link(layout.data_path(self.prefix, number, staged), link.temporary)
                os.replace(link.temporary, layout.data_path(self.prefix, number, count))
                link.discard()
            self._commit(count)

    def _remove_all_but(self, count: int) -> None:
        for other in self._counts() - {count}:
            pattern = f"{glob.escape(self.prefix)}.data-?????-of-{other:05d}"
            for path in glob.glob(pattern):
                with contextlib.suppress(OSError):
                    os.unlink(path)

    def discard(self) -> None:
        """Remove what was written so far."""
        for shard in self._shards:
            shard.discard()

    def _check_open(self) -> None:
        if self._shards[-1].file.closed:
            raise errors.FailedPreconditionError(
                None, None, f"The checkpoint {self.prefix} is already finished."
            )

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
        self._check_open()
        try:
            self._shards[-1].file.write(data)
        except OSError as error:
            raise errors_from_os(error, self._shards[-1].path) from None

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
        elif not self._shards[-1].file.closed:
            self.finish()
