"""Ops that read and write checkpoints, as the graphs of SavedModels use them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes as dtypes_of_tensors
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.shapes import TensorShape
from tidefall.op.effects import PURE, READS_OUTSIDE, WRITES_OUTSIDE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.proto import tensors
from tidefall.saving.checkpoint.bundle import (
    BundleWriter,
    SliceCheckpointWriter,
    merge_bundles,
    open_checkpoint,
)


def _text(value: Any) -> str:
    value = np.asarray(value)[()]
    return value.decode() if isinstance(value, bytes) else str(value)


def _texts(values: Any) -> list[str]:
    return [_text(value) for value in np.asarray(values).reshape(-1)]


def parse_slice(text: str) -> tuple[list[int], list[tuple[int, int]]]:
    """A whole shape and the part of it that a slice specification such as "4 2 0,2:-" names.

    Raises:
        InvalidArgumentError: for a specification of another form.
    """
    try:
        *sizes, extents = text.split(" ")
        shape = [int(size) for size in sizes]
        parts = [
            (0, -1) if part == "-" else tuple(int(n) for n in part.split(",", 1))
            for part in extents.split(":")
        ]
        if len(parts) != len(shape) or any(len(part) != 2 for part in parts):
            raise ValueError(f"{len(shape)} sizes and {len(parts)} extents")
    except ValueError as error:
        raise InvalidArgumentError(
            None, None, f"{text!r} is not a tensor's shape and slice: {error}"
        ) from None
    return shape, parts  # type: ignore[return-value]


def _cut(array: np.ndarray, text: str) -> np.ndarray:
    shape, parts = parse_slice(text)
    if list(array.shape) != shape:
        raise InvalidArgumentError(
            None, None, f"The slice {text!r} is of another shape than {list(array.shape)}."
        )
    return array[tuple(slice(s, None if n < 0 else s + n) for s, n in parts)]


def _restore(prefix: Any, tensor_names: Any, shape_and_slices: Any, *, dtypes: Any) -> list[Any]:
    if not np.size(tensor_names) == np.size(shape_and_slices) == len(dtypes):
        raise InvalidArgumentError(
            None,
            None,
            f"RestoreV2 got {np.size(tensor_names)} names and {np.size(shape_and_slices)} slices "
            f"of tensors for {len(dtypes)} results.",
        )
    reader = open_checkpoint(_text(prefix))
    try:
        return [
            _restore_one(reader, name, part, dtype)
            for name, part, dtype in zip(
                _texts(tensor_names), _texts(shape_and_slices), dtypes, strict=True
            )
        ]
    finally:
        reader.close()


def _restore_one(reader: Any, name: str, part: str, dtype: DType) -> np.ndarray:
    stored = as_dtype(reader.entry(name).dtype_enum)
    if dtype.base_dtype == dtypes_of_tensors.variant and stored == dtypes_of_tensors.string:
        return reader.read(name)  # an iterator's state
    if stored.base_dtype != dtype.base_dtype:
        raise InvalidArgumentError(
            None,
            None,
            f"tensor_name = {name}; expected dtype {dtype.name} does not equal original dtype "
            f"{stored.name}",
        )
    value = reader.read(name)
    return _cut(value, part) if part else value


def _restored_shapes(c: Inference) -> list[TensorShape]:
    names, parts, count = c.shape(1), c.shape(2), len(c.attr("dtypes"))
    for what, shape in (("tensor_names", names), ("shape_and_slices", parts)):
        if shape.rank is not None and shape.as_list() not in ([None], [count]):
            raise ValueError(f"{what} must be a vector of {count} texts, not of shape {shape}")
    known = c.constant(2)
    if known is None:
        return [TensorShape(None)] * count
    return [_part_shape(text) for text in _texts(known)]


def _part_shape(text: str) -> TensorShape:
    """The shape of a part of a tensor; unknown where it is the whole."""
    if not text:
        return TensorShape(None)
    whole, parts = parse_slice(text)
    return TensorShape([size if n < 0 else n for size, (_, n) in zip(whole, parts, strict=True)])


def _restored_slice_shape(c: Inference) -> TensorShape:
    known = c.constant(2)
    return TensorShape(None) if known is None else _part_shape(_text(known))


op(
    "RestoreV2",
    shape=_restored_shapes,
    host=_restore,
    effects=READS_OUTSIDE,
    gradient=NOT_DIFFERENTIABLE,
)


def _restore_old(file_pattern: Any, tensor_name: Any, part: Any, dt: DType) -> np.ndarray:
    """One tensor, as the ops of the time before RestoreV2 read it."""
    reader = open_checkpoint(_text(file_pattern))
    try:
        return _restore_one(reader, _text(tensor_name), _text(part), dt)
    finally:
        reader.close()


op(
    "Restore",
    shape=lambda c: TensorShape(None),
    host=lambda pattern, name, *, dt, preferred_shard: _restore_old(pattern, name, b"", dt),
    effects=READS_OUTSIDE,
    gradient=NOT_DIFFERENTIABLE,
)
op(
    "RestoreSlice",
    shape=_restored_slice_shape,
    host=lambda pattern, name, part, *, dt, preferred_shard: _restore_old(pattern, name, part, dt),
    effects=READS_OUTSIDE,
    gradient=NOT_DIFFERENTIABLE,
)


def _add_tensors(
    writer: Any, tensor_names: Any, shape_and_slices: Any, values: Sequence[Any], types: Any
) -> None:
    """Give tensors, each whole or a part of a larger one, to a writer of either format."""
    parts = zip(
        _texts(tensor_names), _texts(shape_and_slices), values, types, strict=True
    )  # fmt: skip
    for name, part, value, dtype in parts:
        enum = as_dtype(dtype).base_dtype.as_datatype_enum
        known = enum if enum in tensors.QUANTIZED else None
        if part:
            shape, extents = parse_slice(part)
            writer.add_slice(name, shape, extents, value, known)
        else:
            writer.add(name, value, known)


def _save(
    prefix: Any, tensor_names: Any, shape_and_slices: Any, values: Sequence[Any], *, dtypes: Any
) -> None:
    if not np.size(tensor_names) == np.size(shape_and_slices) == len(values):
        raise InvalidArgumentError(
            None,
            None,
            f"SaveV2 got {np.size(tensor_names)} names and {np.size(shape_and_slices)} slices of "
            f"tensors for {len(values)} tensors.",
        )
    path = _text(prefix)
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with BundleWriter(path) as writer:
        _add_tensors(writer, tensor_names, shape_and_slices, values, dtypes)


op("SaveV2", shape=lambda c: [], host=_save, effects=WRITES_OUTSIDE, gradient=NOT_DIFFERENTIABLE)


def _save_slices(
    filename: Any, tensor_names: Any, shapes_and_slices: Any, data: Sequence[Any], *, T: Any
) -> None:
    """Write a checkpoint of the format before bundles."""
    if not np.size(tensor_names) == np.size(shapes_and_slices) == len(data):
        raise InvalidArgumentError(
            None,
            None,
            f"{np.size(tensor_names)} names and {np.size(shapes_and_slices)} slices of tensors do "
            f"not fit {len(data)} tensors.",
        )
    given = zip(_texts(tensor_names), _texts(shapes_and_slices), data, T, strict=True)
    names, parts, values, types = zip(*sorted(given, key=lambda row: row[0]), strict=True)
    with SliceCheckpointWriter(_text(filename)) as writer:
        _add_tensors(writer, names, parts, values, types)


op(
    "SaveSlices",
    shape=lambda c: [],
    host=_save_slices,
    effects=WRITES_OUTSIDE,
    gradient=NOT_DIFFERENTIABLE,
)
op(
    "Save",
    shape=lambda c: [],
    host=lambda filename, names, data, *, T: _save_slices(
        filename, names, [""] * np.size(names), data, T=T
    ),
    effects=WRITES_OUTSIDE,
    gradient=NOT_DIFFERENTIABLE,
)


def _merge(
    checkpoint_prefixes: Any,
    destination_prefix: Any,
    *,
    delete_old_dirs: bool,
    allow_missing_files: bool,
) -> None:
    sources, target = _texts(checkpoint_prefixes), _text(destination_prefix)
    if allow_missing_files:
        sources = [path for path in sources if os.path.exists(f"{path}.index")]
    os.makedirs(os.path.dirname(target) or ".", exist_ok=True)
    merge_bundles(sources, target)
    if delete_old_dirs:
        for folder in {os.path.dirname(path) for path in sources} - {os.path.dirname(target)}:
            if os.path.isdir(folder) and not os.listdir(folder):
                os.rmdir(folder)


op(
    "MergeV2Checkpoints",
    shape=lambda c: [],
    host=_merge,
    effects=WRITES_OUTSIDE,
    gradient=NOT_DIFFERENTIABLE,
)


def _sharded(basename: Any, shard: Any, num_shards: Any) -> np.ndarray:
    name = f"{_text(basename)}-{int(shard):05d}-of-{int(num_shards):05d}"
    return np.array(name.encode(), object)


op(
    "ShardedFilename",
    shape=lambda c: TensorShape(()),
    host=_sharded,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


def _file_pattern(basename: Any, num_shards: Any) -> np.ndarray:
    return np.array(f"{_text(basename)}-?????-of-{int(num_shards):05d}".encode(), object)


op(
    "ShardedFilespec",
    shape=lambda c: TensorShape(()),
    host=_file_pattern,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)
