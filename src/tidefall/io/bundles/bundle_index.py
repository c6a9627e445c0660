"""The index of tensor bundles: writing it, and making one of several."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Sequence
from typing import Any

from tidefall.base import errors
from tidefall.io.bundles import bundle_format as layout
from tidefall.io.bundles.bundle_reader import BundleEntry, BundleReader
from tidefall.io.bundles.table import TableWriter
from tidefall.io.file_systems.os_errors import errors_from_os
from tidefall.io.file_systems.whole_files import whole_file
from tidefall.proto import tensors


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
    write_index(destination, entries, num_shards)
    for reader in readers:
        if reader.index_path != layout.index_path(destination):
            os.unlink(reader.index_path)


def _collect(
    reader: BundleReader, first_shard: int, entries: dict[bytes, BundleEntry], destination: str
) -> None:
    for entry in reader.entries():
        key = layout.encode_name(entry.name)
        if entry.slices:
            entries[key] = merge_parts(entries.get(key), entry, destination)
        elif key in entries:
            raise errors.InvalidArgumentError(
                None, None, f"{destination}: two bundles to merge hold the tensor {entry.name!r}."
            )
        else:
            entries[key] = dataclasses.replace(entry, shard=entry.shard + first_shard)


def merge_parts(known: BundleEntry | None, more: BundleEntry, prefix: str) -> BundleEntry:
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


def write_index(prefix: str, entries: dict[bytes, BundleEntry], num_shards: int) -> None:
    """Write the index of a bundle whose data files are in place.

    Args:
        prefix: the bundle's prefix.
        entries: its tensors, by their keys in the index.
        num_shards: the number of data files.

    Raises:
        ResourceExhaustedError, ...: the disk refuses.
    """
    from tidefall.proto import BundleHeaderProto

    header = BundleHeaderProto(num_shards=num_shards)
    header.version.producer = layout.VERSION
    with whole_file(layout.index_path(prefix)) as file:
        table = TableWriter(file)
        table.add(layout.HEADER_KEY, header.SerializeToString())
        for key in sorted(entries):
            table.add(key, _entry_proto(entries[key]).SerializeToString())
        table.finish()


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
