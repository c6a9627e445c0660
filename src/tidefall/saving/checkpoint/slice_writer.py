"""Writes checkpoints of the format before bundles ("V1"); `slice_checkpoint` says what they are."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base import errors
from tidefall.io.bundles import bundle_format as layout
from tidefall.io.bundles.table import TableWriter
from tidefall.io.file_systems.os_errors import errors_from_os
from tidefall.io.file_systems.whole_files import WholeFile, remove_abandoned, sync_folder
from tidefall.proto import tensors

_VERSION = 1
# What TensorFlow writes in this format: not bfloat16, nor any type younger than the format.
_TYPES = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 17, 18, 19})
_LARGEST_PART = (1 << 31) - (1 << 20)  # bytes; a part is one message


class SliceCheckpointWriter:
    """Writes a V1 checkpoint, byte for byte as TensorFlow does.

    The file appears when `finish` is called, or the context manager is left without an error.

    Args:
        path: the file to write. Its folder must be there.

    ```python
    with SliceCheckpointWriter("model.ckpt-1000") as writer:
        writer.add("kernel", np.ones([3, 2], np.float32))
    ```
    """

    def __init__(self, path: str | os.PathLike[str]):
        from tidefall.proto import SavedTensorSlices

        self.path = os.fspath(path)
        self._listing = SavedTensorSlices()
        self._listing.meta.versions.producer = _VERSION
        self._listed: dict[str, Any] = {}
        self._parts: dict[bytes, bytes] = {}

    def add(self, name: str, array: Any, dtype_enum: int | None = None) -> None:
        """Add a tensor.

        Args:
            name: its name.
            array: its value.
            dtype_enum: its DataType number; found from the array by default.

        Raises:
            UnimplementedError: the format has no such type.
        """
        shape = np.shape(array)
        whole = [(0, layout.FULL_EXTENT)] * len(shape)
        self.add_slice(name, shape, whole, array, dtype_enum)

    def add_slice(
        self,
        name: str,
        shape: Sequence[int],
        extents: layout.Extents,
        array: Any,
        dtype_enum: int | None = None,
    ) -> None:
        """Add a part of a tensor.

        Args:
            name: the name of the whole tensor.
            shape: its whole shape.
            extents: start and length of the part in each dimension; a length of -1 is all of it.
            array: the part.
            dtype_enum: its DataType number; found from the array by default.

        Raises:
            InternalError: other parts say another type or shape, or the part lies outside.
            InvalidArgumentError: the part has another shape, or more bytes than a message may have.
            UnimplementedError: the format has no such type.
        """
        from tidefall.proto import SavedTensorSlices

        array, enum = tensors.as_typed_array(array, dtype_enum)
        self._check(name, shape, extents, array, enum)
        listed = self._list(name, shape, enum)
        entry = SavedTensorSlices()
        entry.data.name = name
        for part in (listed.slice.add(), entry.data.slice):
            part.SetInParent()
            for start, length in extents:
                extent = part.extent.add()
                if length != layout.FULL_EXTENT:
                    extent.length = length
                    if start:
                        extent.start = start
        tensors.fill_typed_field(entry.data.data, array, enum)
        self._parts[layout.slice_key(name, extents)] = entry.SerializeToString()

    def _check(
        self, name: str, shape: Sequence[int], extents: layout.Extents, array: Any, enum: int
    ) -> None:
        if enum not in _TYPES:
            raise errors.UnimplementedError(
                None, None, f"Saving data type {tensors.dtype_name(enum)} not yet supported: the "
                f"first format of checkpoints ({self.path}) has no such tensors as {name!r}.",
            )  # fmt: skip
        wanted = tuple(
            size if length == layout.FULL_EXTENT else length
            for size, (_, length) in zip(shape, extents, strict=False)
        )
        if len(extents) != len(shape) or array.shape != wanted:
            raise errors.InvalidArgumentError(
                None, None, "Slice in shape_and_slice specification does not match the shape of "
                f"the tensor to save: {list(extents)} of {list(shape)}, tensor {name!r}: "
                f"{list(array.shape)}",
            )  # fmt: skip
        if layout.place_of(extents, shape) is None:
            raise errors.InternalError(
                None, None, f"Slice out of range: {list(extents)} of tensor {name!r} of shape "
                f"{list(shape)}",
            )  # fmt: skip
        size = sum(map(len, array.reshape(-1))) if array.dtype == object else array.nbytes
        if size > _LARGEST_PART:
            raise errors.InvalidArgumentError(
                None, None, f"Tensor slice is too large to serialize: {name!r} has {size} bytes, "
                f"and the first format of checkpoints ({self.path}) takes {_LARGEST_PART}. "
                "Write the second (write_version=SaverDef.V2).",
            )  # fmt: skip

    def _list(self, name: str, shape: Sequence[int], enum: int) -> Any:
        """The entry of a tensor in the list of all."""
        known = self._listed.get(name)
        if known is None:
            known = self._listed[name] = self._listing.meta.tensor.add(name=name, type=enum)
            known.shape.SetInParent()
            for size in shape:
                known.shape.dim.add(size=size)
            return known
        if known.type != enum:
            raise errors.InternalError(
                None, None, f"Mismatching types: existing type = {tensors.dtype_name(known.type)}, "
                f"trying to add name {name}, type = {tensors.dtype_name(enum)}",
            )  # fmt: skip
        there = [dim.size for dim in known.shape.dim]
        if there != list(shape):
            raise errors.InternalError(
                None, None, f"Mismatching shapes: existing tensor = {there}, trying to add name "
                f"{name}, shape = {list(shape)}",
            )  # fmt: skip
        return known

    def finish(self) -> None:
        """Write the file.

        Raises:
            NotFoundError: its folder is not there.
            ResourceExhaustedError, ...: the disk refuses.
        """
        folder = os.path.dirname(self.path)
        remove_abandoned(folder)
        whole = WholeFile(self.path)
        try:
            table = TableWriter(whole.file)
            table.add(b"", self._listing.SerializeToString())
            for key in sorted(self._parts):
                table.add(key, self._parts[key])
            table.finish()
        except OSError as error:
            whole.discard()
            raise errors_from_os(error, self.path) from None
        whole.place()
        sync_folder(folder)

    def __enter__(self) -> SliceCheckpointWriter:
        return self

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        if kind is None:
            self.finish()
