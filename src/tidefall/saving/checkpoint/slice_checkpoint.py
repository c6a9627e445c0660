"""Reads checkpoints of the format before bundles ("V1"): sorted tables of tensor slices.

The empty key holds a SavedTensorSlices message with the names, types and shapes of all tensors;
each other entry holds one with the values of one slice of one tensor.
"""

from __future__ import annotations

import glob
import math
import os
from typing import Any

import numpy as np

from tidefall.base import errors
from tidefall.io.bundles import bundle_format as layout
from tidefall.io.bundles.bundle_reader import BundleEntry, BundleReader
from tidefall.io.bundles.table import TableReader
from tidefall.proto import tensors


def open_checkpoint(prefix: str | os.PathLike[str]) -> BundleReader | SliceCheckpointReader:
    """Open a checkpoint of either format.

    Args:
        prefix: what the names of a bundle's files start with, or the name of a V1 checkpoint, or
            a pattern for the files of one: `model.ckpt-?????-of-00002`.

    Returns:
        A reader with `keys`, `entry` and `read`.

    Raises:
        NotFoundError: there is neither.
        DataLossError: the checkpoint is damaged.
    """
    prefix = os.fspath(prefix)
    if not os.path.exists(layout.index_path(prefix)) and _files(prefix):
        return SliceCheckpointReader(prefix)
    return BundleReader(prefix)


def _files(pattern: str) -> list[str]:
    if os.path.isfile(pattern):
        return [pattern]
    return sorted(path for path in glob.glob(pattern) if os.path.isfile(path))


class SliceCheckpointReader:
    """Reads a V1 checkpoint.

    Args:
        pattern: the file, or a pattern for several that hold a checkpoint together.

    Raises:
        NotFoundError: there is no such file.
        DataLossError: a file is damaged.

    ```python
    reader = SliceCheckpointReader("model.ckpt-1000")
    print({name: reader.read(name) for name in reader})
    ```
    """

    def __init__(self, pattern: str | os.PathLike[str]):
        self.prefix = os.fspath(pattern)
        paths = _files(self.prefix)
        if not paths:
            raise errors.NotFoundError(
                None, None, f"No checkpoint at {self.prefix}: no such file, nothing matches it."
            )
        self._tables: list[TableReader] = []
        self._entries: dict[str, BundleEntry] = {}
        for path in paths:
            self._open(path)

    def keys(self) -> list[str]:
        """The names of all tensors, sorted."""
        return sorted(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Any:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self._entries)

    def entry(self, name: str) -> BundleEntry:
        """The type, the shape and the slices of a tensor; `shard` is the file of the first.

        Args:
            name: the tensor's name.

        Raises:
            NotFoundError: the checkpoint has no such tensor.
        """
        if name not in self._entries:
            raise errors.NotFoundError(
                None, None, f"Key {name} not found in checkpoint {self.prefix}"
            )
        return self._entries[name]

    def read(self, name: str) -> np.ndarray:
        """The value of a tensor.

        Args:
            name: its name.

        Returns:
            An array of the entry's dtype and shape; strings are an object array of `bytes`.

        Raises:
            NotFoundError: the checkpoint has no such tensor.
            DataLossError: the data are damaged, or slices are missing.
            UnimplementedError: a type without an array form.
        """
        entry = self.entry(name)
        if entry.dtype is None:
            raise errors.UnimplementedError(
                None,
                None,
                f"{self.prefix}: tensor {name!r} has the type "
                f"{tensors.dtype_name(entry.dtype_enum)}, which cannot be read from checkpoints.",
            )
        # A slice that is listed again and again must not count again.
        slices = dict.fromkeys(entry.slices)
        parts = [(layout.place_of(extents, entry.shape), extents) for extents in slices]
        arrays = [self._read_part(entry, place, extents) for place, extents in parts]
        if sum(array.size for array in arrays) < entry.count:
            raise self._lost(self.prefix, f"the slices of tensor {name!r} do not cover it")
        whole = np.empty(entry.shape, dtype=entry.dtype)
        covered = np.zeros(entry.shape, dtype=np.bool_)
        for (place, _), array in zip(parts, arrays, strict=True):
            whole[place] = array
            covered[place] = True
        if not covered.all():
            raise self._lost(self.prefix, f"the slices of tensor {name!r} do not cover it")
        return whole

    def close(self) -> None:
        """Let go of the files."""
        self._tables.clear()

    def _open(self, path: str) -> None:
        table = TableReader.open(path)
        self._tables.append(table)
        serialized = table.get(b"")
        if serialized is None:
            raise self._lost(path, "it does not list its tensors")
        for tensor in self._parse(serialized, path).meta.tensor:
            self._add(tensor, path)

    def _add(self, tensor: Any, path: str) -> None:
        name, shape = tensor.name, tuple(dim.size for dim in tensor.shape.dim)
        known = self._entries.get(name)
        if known is None:
            known = BundleEntry(name, tensor.type, shape, len(self._tables) - 1, 0, 0, 0)
        extents = tuple(tuple(layout.extents_of(part)) for part in tensor.slice)
        entry = BundleEntry(
            name, known.dtype_enum, known.shape, known.shard, 0, 0, 0, known.slices + extents
        )
        consistent = (tensor.type, shape) == (known.dtype_enum, known.shape)
        valid = layout.is_valid_shape(shape) and not tensor.shape.unknown_rank
        places = [valid and layout.place_of(part, shape) is not None for part in extents]
        if not consistent or not valid or not all(places):
            raise self._lost(path, f"tensor {name!r} has the shape {list(shape)} and {extents}")
        self._entries[name] = entry

    def _read_part(self, entry: BundleEntry, place: Any, extents: layout.Extents) -> np.ndarray:
        key = layout.slice_key(entry.name, extents)
        for table in self._tables:
            serialized = table.get(key)
            if serialized is not None:
                return self._decode(entry, place, serialized, table.name)
        raise self._lost(self.prefix, f"tensor {entry.name!r} has no slice {list(extents)}")

    def _decode(self, entry: BundleEntry, place: Any, serialized: bytes, path: str) -> np.ndarray:
        proto = self._parse(serialized, path).data.data
        shape = [part.stop - part.start for part in place]
        # The slice's own message leaves out what the list of tensors says.
        proto.dtype = entry.dtype_enum
        proto.ClearField("tensor_shape")
        for size in shape:
            proto.tensor_shape.dim.add(size=size)
        stored = tensors.stored_elements(proto)
        try:
            if stored < math.prod(shape):
                raise ValueError(f"it has {stored} elements")
            return tensors.tensor_proto_to_array(proto)
        except ValueError as error:
            what = f"a slice of tensor {entry.name!r} of shape {shape} is damaged: {error}"
            raise self._lost(path, what) from None

    def _parse(self, serialized: bytes, path: str) -> Any:
        from google.protobuf.message import DecodeError

        from tidefall.proto import SavedTensorSlices

        try:
            return SavedTensorSlices.FromString(serialized)
        except DecodeError:
            raise self._lost(path, "an entry is not a SavedTensorSlices") from None

    @staticmethod
    def _lost(path: str, what: str) -> errors.DataLossError:
        return errors.DataLossError(None, None, f"{path}: bad checkpoint: {what}.")
