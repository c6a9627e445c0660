"""Statistics of finished shards, kept in a folder, so that a scan that was ended goes on.

A file holds the tree of numbers, texts, arrays and tables that accumulators say in `state`: JSON,
and behind it the arrays and Arrow tables. It appears whole or not at all. Nothing in it is code.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
import zlib
from typing import Any

import numpy as np

from tidefall.io.file_systems.whole_files import WholeFile

_FORMAT = 3


class KeptShards:
    """A folder of finished shards.

    Args:
        folder: made if need be.
        about: what else decides the result: the options of the scan.
    """

    def __init__(self, folder: str | os.PathLike[str], about: str):
        self.folder = os.fspath(folder)
        self._about = about
        os.makedirs(self.folder, exist_ok=True)

    def _path(self, key: str) -> str:
        name = hashlib.sha256(f"{_FORMAT}\0{self._about}\0{key}".encode()).hexdigest()
        return os.path.join(self.folder, f"shard-{name[:40]}.zip")

    def get(self, key: str) -> dict[str, Any] | None:
        """What the source noted with a shard; None if it is not kept, or its file is damaged."""
        found = self._read(key, ("notes",))
        return None if found is None else found["notes"]

    def state(self, key: str) -> dict[str, Any] | None:
        """The statistics of a shard, and notes; None if it is not kept."""
        return self._read(key, ())

    def keep(self, key: str, notes: dict[str, Any], state: dict[str, Any]) -> None:
        """Write down a finished shard."""
        whole = WholeFile(self._path(key))
        try:
            with zipfile.ZipFile(whole.file, "w", zipfile.ZIP_STORED) as archive:
                blobs: list[bytes] = []
                tree = _encoded({"state": state}, blobs)
                archive.writestr("notes.json", json.dumps({"notes": notes}))
                archive.writestr("tree.json", json.dumps(tree))
                for number, blob in enumerate(blobs):
                    archive.writestr(f"{number}", blob)
            whole.place(durable=False)
        except BaseException:
            whole.discard()
            raise

    def clear(self) -> None:
        """Remove what is kept; the folder too if nothing else is in it."""
        for name in os.listdir(self.folder):
            if name.startswith("shard-") and name.endswith(".zip"):
                os.unlink(os.path.join(self.folder, name))
        if not os.listdir(self.folder):
            os.rmdir(self.folder)

    def _read(self, key: str, only: tuple[str, ...]) -> dict[str, Any] | None:
        try:
            with zipfile.ZipFile(self._path(key)) as archive:
                found = json.loads(archive.read("notes.json"))
                if only and archive.testzip() is not None:
                    return None
                if not only:
                    tree = json.loads(archive.read("tree.json"))
                    found |= _decoded(tree, lambda number: archive.read(str(number)))
                return found
        except FileNotFoundError:
            return None
        except (zipfile.BadZipFile, KeyError, ValueError, zlib.error, OSError):
            return None  # A disk lost it; the shard is read again.


def _encoded(value: Any, blobs: list[bytes]) -> Any:
    import pyarrow as pa

    if isinstance(value, dict):
        return {"d": [[k, _encoded(v, blobs)] for k, v in value.items()]}
    if isinstance(value, list | tuple):
        return [_encoded(one, blobs) for one in value]
    if isinstance(value, np.ndarray):
        buffer = io.BytesIO()
        np.save(buffer, value, allow_pickle=False)
        blobs.append(buffer.getvalue())
        return {"a": len(blobs) - 1}
    if isinstance(value, pa.Table):
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, value.schema) as writer:
            writer.write_table(value)
        blobs.append(sink.getvalue().to_pybytes())
        return {"t": len(blobs) - 1}
    if isinstance(value, np.generic):
        return value.item()
    return value


def _decoded(value: Any, blob: Any) -> Any:
    import pyarrow as pa

    if isinstance(value, list):
        return [_decoded(one, blob) for one in value]
    if not isinstance(value, dict):
        return value
    if "d" in value:
        return {k: _decoded(v, blob) for k, v in value["d"]}
    if "a" in value:
        return np.load(io.BytesIO(blob(value["a"])), allow_pickle=False)
    with pa.ipc.open_stream(blob(value["t"])) as reader:
        return reader.read_all()
