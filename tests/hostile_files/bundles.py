"""Changes of checkpoints that keep their checksums right, so that what lies behind is reached."""

from __future__ import annotations

import random
import struct
from pathlib import Path
from typing import Any

import numpy as np

from tests.hostile_files.messages import Mutator, spoiled
from tidefall.io.bundles import bundle_format, table
from tidefall.io.records import crc
from tidefall.proto import BundleEntryProto, BundleHeaderProto, TrackableObjectGraph, varint

OBJECT_GRAPH = b"_CHECKPOINTABLE_OBJECT_GRAPH"


def change_bundle(rng: random.Random, index: Path) -> str:
    """Change a bundle of one data file."""
    prefix = str(index).removesuffix(".index")
    data_path = Path(bundle_format.data_path(prefix, 0, 1))
    entries = dict(table.TableReader.open(index).items())
    data = data_path.read_bytes() if data_path.exists() else b""
    kind = rng.choice(["entry", "entry", "header", "keys", "data", "graph", "graph", "blocks"])
    if kind == "entry":
        what, data = _change_entry(rng, entries, data)
    elif kind == "header":
        header = BundleHeaderProto.FromString(entries[b""])
        what = Mutator(rng, header).change(header)
        entries[b""] = header.SerializeToString()
    elif kind == "keys":
        key = rng.choice(sorted(entries))
        new = spoiled(rng, key) if rng.random() < 0.5 else rng.choice(sorted(entries))
        entries[new] = entries.pop(key) if rng.random() < 0.5 else entries[key]
        what = f"key {key!r:.50} became {new!r:.50}"
    elif kind == "graph" and OBJECT_GRAPH in entries:
        what, data = _change_graph(rng, entries, data)
    elif kind == "blocks":
        return _change_blocks(rng, index)
    else:
        what, data = _change_data(rng, entries, data)
    with open(index, "wb") as file:
        writer = table.TableWriter(file, restart_interval=rng.choice([1, 16]))
        for key in sorted(entries):
            writer.add(key, entries[key])
        writer.finish()
    if data_path.exists():
        data_path.write_bytes(data)
    return what


def _change_entry(
    rng: random.Random, entries: dict[bytes, bytes], data: bytes
) -> tuple[str, bytes]:
    key = rng.choice([key for key in sorted(entries) if key])
    entry = BundleEntryProto.FromString(entries[key])
    if rng.random() < 0.2:
        entry.shape.dim.add(size=rng.choice([0, 1, 2**40, 10**12, -1]))
    if rng.random() < 0.1:
        for _ in range(rng.choice([1, 3])):
            part = entry.slices.add()
            for dim in entry.shape.dim:
                part.extent.add(
                    start=rng.choice([0, 1, -1]), length=rng.choice([dim.size, 1, 2**40])
                )
    what = Mutator(rng, entry).change(entry)
    if rng.random() < 0.5:
        _sign(entry, data)
    entries[key] = entry.SerializeToString()
    return f"{key!r:.60} {what}", data


def _change_data(rng: random.Random, entries: dict[bytes, bytes], data: bytes) -> tuple[str, bytes]:
    key = rng.choice([key for key in sorted(entries) if key])
    entry = BundleEntryProto.FromString(entries[key])
    start, size = entry.offset, entry.size
    new = spoiled(rng, data[start : start + size])[:size].ljust(size, b"\0")
    data = data[:start] + new + data[start + size :]
    _sign(entry, data)
    entries[key] = entry.SerializeToString()
    return f"{key!r:.60} has other data", data


def _change_graph(
    rng: random.Random, entries: dict[bytes, bytes], data: bytes
) -> tuple[str, bytes]:
    """Change the object graph, and put it at the end of the data."""
    entry = BundleEntryProto.FromString(entries[OBJECT_GRAPH])
    stored = data[entry.offset : entry.offset + entry.size]
    (serialized,), _ = bundle_format.unpack_strings(stored, 1, "<")
    graph = TrackableObjectGraph.FromString(serialized)
    mutator = Mutator(rng, graph)
    what = ", ".join(mutator.change(graph) for _ in range(rng.choice([1, 2, 4])))
    content = graph.SerializeToString()
    if rng.random() < 0.1:
        content = spoiled(rng, content)
    packed, checksum = bundle_format.pack_strings([content])
    entry.offset, entry.size, entry.crc32c = len(data), len(packed), crc.mask(checksum)
    entries[OBJECT_GRAPH] = entry.SerializeToString()
    return what, data + bytes(packed)


def _sign(entry: Any, data: bytes) -> None:
    """Make the checksum of an entry that of its data."""
    start, size = max(entry.offset, 0), max(entry.size, 0)
    part = data[start : start + size]
    count = int(np.prod([max(d.size, 0) for d in entry.shape.dim], dtype=object))
    if entry.dtype != 7 or count > len(part):
        entry.crc32c = crc.masked_crc32c(part)
        return
    lengths, position = [], 0
    try:
        for _ in range(count):
            length, position = varint.decode(part, position)
            lengths.append(length)
        checksum = bundle_format.lengths_checksum(lengths, "<")
    except (ValueError, struct.error, OverflowError):
        return
    rest = part[position + 4 :]
    entry.crc32c = crc.mask(crc.crc32c(rest, crc.crc32c(part[position : position + 4], checksum)))


def _change_blocks(rng: random.Random, path: Path) -> str:
    """Change the inside of blocks of a table, which may become compressed ones."""
    blocks = []
    entries = sorted(dict(table.TableReader.open(path).items()).items())
    builder = table._BlockBuilder(rng.choice([1, 16]))
    for key, value in entries:
        builder.add(key, value)
    blocks.append(builder.finish())
    what = rng.choice(["plain", "snappy", "bomb"])
    block, kind = blocks[0], 0
    if what == "plain":
        block = spoiled(rng, block)
    elif what == "snappy":
        block, kind = spoiled(rng, _stored_snappy(block)), 1
    else:
        block, kind = varint.encode(rng.choice([2**32 - 1, 10**9, len(block) * 21])) + block, 1
    out = bytearray()
    handle = _add_block(out, block, kind)
    empty = _add_block(out, table._BlockBuilder(1).finish(), 0)
    index = table._BlockBuilder(1)
    index.add(b"\xff", varint.encode(handle[0]) + varint.encode(handle[1]))
    content = index.finish() if rng.random() < 0.7 else spoiled(rng, index.finish())
    place = _add_block(out, content, 0)
    footer = b"".join(varint.encode(n) for n in (*empty, *place)).ljust(40, b"\0")
    path.write_bytes(bytes(out) + footer + table.MAGIC.to_bytes(8, "little"))
    return f"a {what} block"


def _add_block(out: bytearray, block: bytes, kind: int) -> tuple[int, int]:
    place = len(out), len(block)
    typed = block + bytes([kind])
    out += typed + crc.masked_crc32c(typed).to_bytes(4, "little")
    return place


def _stored_snappy(block: bytes) -> bytes:
    """A Snappy block of literals only."""
    out = bytearray(varint.encode(len(block)))
    for start in range(0, len(block), 60):
        part = block[start : start + 60]
        out += bytes([(len(part) - 1) << 2]) + part
    return bytes(out)
