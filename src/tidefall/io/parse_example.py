"""The ops that parse serialized `tf.train.Example` messages into tensors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.core.dtypes import DType
from tidefall.core.errors import InvalidArgumentError
from tidefall.core.inference import Inference
from tidefall.core.op import NOT_DIFFERENTIABLE, op
from tidefall.core.shapes import TensorShape

_LISTS = {"float32": "float_list", "int64": "int64_list", "string": "bytes_list"}
_NAMES = {"float_list": "float", "int64_list": "int64", "bytes_list": "string"}


class _Batch:
    """Parsed examples, looked at feature by feature."""

    def __init__(self, serialized: np.ndarray, names: np.ndarray):
        self.shape = serialized.shape
        self.labels = [_text(n) for n in np.asarray(names).reshape(-1)]
        self.features = [
            self._parse(i, value) for i, value in enumerate(np.asarray(serialized).reshape(-1))
        ]

    def label(self, index: int) -> str:
        return self.labels[index] if index < len(self.labels) else "<unknown>"

    def _parse(self, index: int, value: bytes) -> Any:
        from google.protobuf.message import DecodeError

        from tidefall.proto import Example

        try:
            return Example.FromString(value).features.feature
        except DecodeError:
            raise InvalidArgumentError(
                None,
                None,
                f"Name: {self.label(index)}, Index: {index}. Could not parse example input, value: "
                f"{value[:100]!r}",
            ) from None

    def values(self, index: int, key: str, dtype: DType) -> np.ndarray | None:
        """The values of a feature of one example; None if it is not there or empty."""
        feature = self.features[index]
        if key not in feature:
            return None
        kind = feature[key].WhichOneof("kind")
        if kind is None:
            return None
        if kind != _LISTS[dtype.name]:
            raise InvalidArgumentError(
                None,
                None,
                f"Name: {self.label(index)}, Key: {key}, Index: {index}.  Data types don't match. "
                f"Data type: {_NAMES[kind]} but expected type: {_NAMES[_LISTS[dtype.name]]}",
            )
        return _array(getattr(feature[key], kind).value, dtype)


def _text(value: Any) -> str:
    value = value[()] if isinstance(value, np.ndarray) else value
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _array(values: Sequence[Any], dtype: DType) -> np.ndarray:
    if dtype.name == "string":
        array = np.empty(len(values), object)
        array[:] = list(values)
        return array
    return np.array(values, dtype.as_numpy_dtype)


def _dense(batch: _Batch, key: str, dtype: DType, shape: TensorShape, default: Any) -> np.ndarray:
    if shape.rank and shape[0] is None:
        return _padded(batch, key, dtype, _sizes(shape[1:]), default)
    sizes = _sizes(shape)
    count = math.prod(sizes)
    rows = []
    for i in range(len(batch.features)):
        values = batch.values(i, key, dtype)
        if values is None:
            values = _default(batch, i, key, dtype, default)
        if values.size != count:
            raise InvalidArgumentError(
                None,
                None,
                f"Name: {batch.label(i)}, Key: {key}, Index: {i}.  Number of "
                f"{_NAMES[_LISTS[dtype.name]]} values != expected.  Values size: {values.size} but "
                f"output shape: {sizes}",
            )
        rows.append(values.reshape(sizes))
    return _stacked(rows, batch.shape, tuple(sizes), dtype)


def _sizes(shape: TensorShape) -> list[int]:
    sizes = shape.as_list()
    if any(size is None for size in sizes):
        raise InvalidArgumentError(
            None,
            None,
            f"A dense feature has the shape {shape}: only its first size may be unknown.",
        )
    return [size for size in sizes if size is not None]


def _default(batch: _Batch, index: int, key: str, dtype: DType, default: Any) -> np.ndarray:
    default = np.asarray(default)
    if default.size == 0:
        raise InvalidArgumentError(
            None,
            None,
            f"Name: {batch.label(index)}, Feature: {key} (data type: "
            f"{_NAMES[_LISTS[dtype.name]]}) is required but could not be found.",
        )
    return default.reshape(-1)


def _stacked(
    rows: list[np.ndarray], batch_shape: tuple[int, ...], sizes: tuple[int, ...], dtype: DType
) -> np.ndarray:
    found = np.empty(
        (len(rows), *sizes), object if dtype.name == "string" else dtype.as_numpy_dtype
    )
    for i, row in enumerate(rows):
        found[i] = row
    return found.reshape((*batch_shape, *sizes))


def _padded(batch: _Batch, key: str, dtype: DType, sizes: list[int], default: Any) -> np.ndarray:
    """A feature of any length: filled up to the longest of the batch."""
    stride = math.prod(sizes)
    rows = []
    for i in range(len(batch.features)):
        values = batch.values(i, key, dtype)
        values = _array([], dtype) if values is None else values
        if stride == 0 or values.size % stride:
            raise InvalidArgumentError(
                None,
                None,
                f"Name: {batch.label(i)}, Key: {key}, Index: {i}.  Number of "
                f"{_NAMES[_LISTS[dtype.name]]} values is not a multiple of stride length. Saw "
                f"{values.size} values but output shape is: [?,{','.join(map(str, sizes))}]",
            )
        rows.append(values.reshape([-1, *sizes]))
    longest = max((len(row) for row in rows), default=0)
    fill = np.asarray(default).reshape(-1)
    empty = b"" if dtype.name == "string" else 0
    full = []
    for row in rows:
        padded = np.empty((longest, *sizes), row.dtype)
        padded[...] = fill[0] if fill.size else empty
        padded[: len(row)] = row
        full.append(padded)
    return _stacked(full, batch.shape, (longest, *sizes), dtype)


def _sparse(batch: _Batch, key: str, dtype: DType) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    found = [batch.values(i, key, dtype) for i in range(len(batch.features))]
    rows = [_array([], dtype) if values is None else values for values in found]
    longest = max((row.size for row in rows), default=0)
    values = np.concatenate([*rows, _array([], dtype)])
    columns = np.concatenate([*(np.arange(r.size) for r in rows), np.zeros(0)]).astype(np.int64)
    if not batch.shape:
        return columns[:, None], values, np.array([longest], np.int64)
    owners = np.repeat(np.arange(len(rows)), [row.size for row in rows]).astype(np.int64)
    return np.stack([owners, columns], 1), values, np.array([len(rows), longest], np.int64)


def _ragged(batch: _Batch, key: str, dtype: DType, splits: DType) -> tuple[Any, Any]:
    found = [batch.values(i, key, dtype) for i in range(len(batch.features))]
    rows = [_array([], dtype) if values is None else values for values in found]
    values = np.concatenate([*rows, _array([], dtype)])
    if not batch.shape:
        return values, np.zeros(0, splits.as_numpy_dtype)
    ends = np.cumsum([0, *(row.size for row in rows)])
    return values, ends.astype(splits.as_numpy_dtype)


def _dense_values(
    batch: _Batch, keys: Sequence[str], types: Any, shapes: Any, defaults: Sequence[Any]
) -> list[np.ndarray]:
    columns = zip(keys, types, shapes, defaults, strict=True)
    return [_dense(batch, key, dtype, shape, default) for key, dtype, shape, default in columns]


def _sparse_values(batch: _Batch, keys: Sequence[str], types: Any) -> list[list[np.ndarray]]:
    found = [_sparse(batch, key, dtype) for key, dtype in zip(keys, types, strict=True)]
    return [list(column) for column in zip(*found, strict=True)] or [[], [], []]


def _parse_example(
    serialized: Any,
    names: Any,
    sparse_keys: list[Any],
    dense_keys: list[Any],
    dense_defaults: list[Any],
    *,
    sparse_types: Any,
    Tdense: Any,
    dense_shapes: Any,
) -> tuple[Any, ...]:
    batch = _Batch(serialized, names)
    sparse = _sparse_values(batch, [_text(key) for key in sparse_keys], sparse_types)
    dense = _dense_values(
        batch, [_text(key) for key in dense_keys], Tdense, dense_shapes, dense_defaults
    )
    return (*sparse, dense)


def _parse_example_v2(
    serialized: Any,
    names: Any,
    sparse_keys: Any,
    dense_keys: Any,
    ragged_keys: Any,
    dense_defaults: list[Any],
    *,
    sparse_types: Any,
    Tdense: Any,
    dense_shapes: Any,
    ragged_value_types: Any,
    ragged_split_types: Any,
) -> tuple[Any, ...]:
    batch = _Batch(serialized, names)
    sparse = _sparse_values(batch, [_text(key) for key in sparse_keys], sparse_types)
    dense = _dense_values(
        batch, [_text(key) for key in dense_keys], Tdense, dense_shapes, dense_defaults
    )
    ragged = [
        _ragged(batch, _text(key), dtype, splits)
        for key, dtype, splits in zip(
            ragged_keys, ragged_value_types, ragged_split_types, strict=True
        )
    ]
    return (*sparse, dense, [v for v, _ in ragged], [s for _, s in ragged])


def _batch_shape(c: Inference) -> TensorShape:
    return c.shape(0)


def _sparse_shapes(c: Inference, count: int) -> list[TensorShape]:
    batch = _batch_shape(c)
    rank = None if batch.rank is None else batch.rank + 1
    return (
        [TensorShape([None, rank])] * count
        + [TensorShape([None])] * count
        + [TensorShape([rank])] * count
    )


def _dense_shapes(c: Inference) -> list[TensorShape]:
    return [_batch_shape(c).concatenate(shape) for shape in c.attr("dense_shapes")]


def _shapes(c: Inference) -> list[TensorShape]:
    return _sparse_shapes(c, c.attr("Nsparse")) + _dense_shapes(c)


def _shapes_v2(c: Inference) -> list[TensorShape]:
    batch = _batch_shape(c)
    if batch.rank is None:
        splits = TensorShape([None])
    elif batch.rank == 0:
        splits = TensorShape([0])
    else:
        splits = TensorShape([None if batch[0] is None else batch[0] + 1])
    ragged = len(c.attr("ragged_value_types"))
    return (
        _sparse_shapes(c, c.attr("num_sparse"))
        + _dense_shapes(c)
        + [TensorShape([None])] * ragged
        + [splits] * ragged
    )


op("ParseExample", shape=_shapes, host=_parse_example, gradient=NOT_DIFFERENTIABLE)
op("ParseExampleV2", shape=_shapes_v2, host=_parse_example_v2, gradient=NOT_DIFFERENTIABLE)
