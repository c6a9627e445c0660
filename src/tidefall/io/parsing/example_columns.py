"""The features of a batch of serialized examples, column by column.

Examples that are laid out alike are read together (`example_layout.py`). protobuf parses the bytes
of the others; values are then taken one feature at a time for the whole batch, so that each column
becomes one array.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tidefall.base.dtypes import DType
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.shapes import TensorShape
from tidefall.io.parsing.example_layout import Group, NoLayout
from tidefall.ops.common import invalid, shape_text

_LISTS = {"float32": "float_list", "int64": "int64_list", "string": "bytes_list"}
_NAMES = {"float_list": "float", "int64_list": "int64", "bytes_list": "string"}
_MANY = 16  # from here on floats come faster from their bytes than one by one


def text(value: Any) -> str:
    """A scalar string as Python text."""
    value = value[()] if isinstance(value, np.ndarray) else value
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def kind_name(dtype: DType) -> str:
    """How messages call the values of a dtype: float, int64 or string."""
    return _NAMES[_LISTS[dtype.name]]


def array_of(values: Sequence[Any], dtype: DType) -> np.ndarray:
    """A vector of a feature's dtype."""
    if dtype.name != "string":
        return np.array(values, dtype.as_numpy_dtype)
    array = np.empty(len(values), object)
    array[:] = values
    return array


class Labels:
    """What errors call the examples of a batch."""

    def __init__(self, names: Any):
        self._names = [text(name) for name in np.asarray(names).reshape(-1)]

    def __getitem__(self, index: int) -> str:
        return self._names[index] if index < len(self._names) else "<unknown>"

    def error(self, index: int, key: str, message: str) -> InvalidArgumentError:
        """An error about one feature of one example."""
        return invalid(f"Name: {self[index]}, Key: {key}, Index: {index}.  {message}")


def parse_messages(
    message: Any,
    serialized: Iterable[bytes],
    labels: Labels,
    indices: Sequence[int] | None = None,
) -> list[Any]:
    """Parse each string as a message of one class.

    Args:
        message: the class.
        serialized: the strings.
        labels: what errors call them.
        indices: their places in the batch; one after the other by default.

    Raises:
        InvalidArgumentError: naming the first string that is none.
    """
    from google.protobuf.message import DecodeError

    parsed: list[Any] = []
    try:
        parsed.extend(map(message.FromString, serialized))
    except DecodeError:
        value = list(serialized)[len(parsed)]
        index = len(parsed) if indices is None else indices[len(parsed)]
        raise invalid(
            f"Name: {labels[index]}, Index: {index}. Could not parse example input, value: "
            f"{value[:100]!r}"
        ) from None
    return parsed


def batch_of(serialized: Any, names: Any) -> tuple[tuple[int, ...], Labels, list[bytes]]:
    """The shape of a scalar or vector of serialized messages, their labels, and the strings.

    Args:
        serialized: the array of strings.
        names: what errors call them.
    """
    serialized = np.asarray(serialized)
    if serialized.ndim > 1:
        raise invalid(
            "Expected serialized to be a scalar or vector, got shape: "
            f"{shape_text(serialized.shape)}"
        )
    return serialized.shape, Labels(names), serialized.reshape(-1).tolist()


@dataclass
class Column:
    """One feature of a batch.

    Attributes:
        key: its name.
        dtype: float32, int64 or string.
        values: the values of all examples, one after the other.
        counts: how many of them each example has.
        missing: the examples that do not have it.
        labels: what errors call the examples.
    """

    key: str
    dtype: DType
    values: np.ndarray
    counts: np.ndarray
    missing: list[int]
    labels: Labels

    def error(self, index: int, message: str) -> InvalidArgumentError:
        """An error about this feature of one example."""
        return self.labels.error(index, self.key, message)


def collect(features: Sequence[Any], dtype: DType, wrong_type: Any) -> tuple[Any, Any, list[int]]:
    """Values, counts and the indices without a value, of Feature messages (None: not there)."""
    kind = _LISTS[dtype.name]
    by_bytes = dtype.name == "float32"
    values: list[Any] = []
    counts: list[int] = []
    missing: list[int] = []
    for index, feature in enumerate(features):
        held = None if feature is None else feature.WhichOneof("kind")
        if held != kind:
            if held is not None:
                raise wrong_type(index, _types_differ(held, kind))
            missing.append(index)
            counts.append(0)
            continue
        part = getattr(feature, kind)
        found = part.value
        count = len(found)
        counts.append(count)
        if by_bytes and count > _MANY:
            values.extend(np.frombuffer(part.SerializeToString()[-4 * count :], "<f4"))
        else:
            values.extend(found)
    return array_of(values, dtype), np.array(counts, np.int64), missing


def _types_differ(held: str, wanted: str) -> str:
    return f"Data types don't match. Data type: {_NAMES[held]} but expected type: {_NAMES[wanted]}"


def read_column(maps: Sequence[Any], key: str, dtype: DType, labels: Labels) -> Column:
    """A feature of parsed examples.

    Args:
        maps: the map of features of each example.
        key: the feature.
        dtype: float32, int64 or string.
        labels: what errors call the examples.

    Raises:
        InvalidArgumentError: if an example holds values of another kind.
    """
    features = [m[key] if key in m else None for m in maps]  # noqa: SIM401 - get() is slower
    found = collect(features, dtype, lambda i, what: labels.error(i, key, what))
    return Column(key, dtype, *found, labels)


def read_groups(
    groups: Sequence[Group],
    rest: Sequence[int],
    maps: Sequence[Any],
    key: str,
    dtype: DType,
    labels: Labels,
) -> Column:
    """A feature of examples most of which have a layout.

    Args:
        groups: examples of one layout each.
        rest: the places of the others.
        maps: the map of features of each of those.
        key: the feature.
        dtype: float32, int64 or string.
        labels: what errors call the examples.

    Raises:
        NoLayout: an example holds values of another kind.
    """
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    missing: list[int] = []
    for group in groups:
        part = group.layout.parts.get(key)
        if part is None:
            missing += group.indices.tolist()
            continue
        if part.kind != _LISTS[dtype.name]:
            raise NoLayout("another kind")
        parts.append((group.indices, *group.column(part)))
    if rest:
        features = [m[key] if key in m else None for m in maps]  # noqa: SIM401
        values, counts, lacking = collect(features, dtype, lambda i, what: NoLayout(what))
        parts.append((np.asarray(rest), values, counts))
        missing += [rest[i] for i in lacking]
    size = len(rest) + sum(len(group.indices) for group in groups)
    values, counts = _in_order(parts, size, dtype)
    return Column(key, dtype, values, counts, sorted(missing), labels)


def _in_order(
    parts: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]], size: int, dtype: DType
) -> tuple[np.ndarray, np.ndarray]:
    """The values and counts of all examples, from those of some examples each."""
    if len(parts) == 1 and len(parts[0][0]) == size:
        return parts[0][1], parts[0][2]
    counts = np.zeros(size, np.int64)
    for indices, _, some in parts:
        counts[indices] = some
    starts = np.cumsum(counts) - counts
    merged = np.empty(int(counts.sum()), dtype.as_numpy_dtype)
    for indices, values, some in parts:
        first = np.repeat(starts[indices] - (np.cumsum(some) - some), some)
        merged[first + np.arange(len(values))] = values
    return merged, counts


# ---- columns as tensors ----


def sizes_of(shape: TensorShape) -> tuple[int, ...]:
    """The sizes of a fully known shape."""
    sizes = tuple(size for size in shape.as_list() if size is not None)
    if len(sizes) != shape.rank:
        raise invalid(f"A dense feature has the shape {shape}: only its first size may be unknown.")
    return sizes


def dense(column: Column, shape: TensorShape, default: Any, batch: tuple[int, ...]) -> np.ndarray:
    """A feature of one shape in all examples: `[batch..., shape...]`."""
    if shape.rank and shape[0] is None:
        return padded(column, sizes_of(shape[1:]), default, batch)
    sizes = sizes_of(shape)
    count = math.prod(sizes)
    present = np.ones(len(column.counts), bool)
    present[column.missing] = False
    wrong = np.flatnonzero(present & (column.counts != count))
    if wrong.size:
        raise column.error(
            int(wrong[0]),
            f"Number of {kind_name(column.dtype)} values != expected.  Values size: "
            f"{column.counts[wrong[0]]} but output shape: {list(sizes)}",
        )
    if not column.missing:
        return column.values.reshape((*batch, *sizes))
    fill = np.asarray(default).reshape(-1)
    if fill.size == 0:
        first = column.missing[0]
        raise invalid(
            f"Name: {column.labels[first]}, Feature: {column.key} (data type: "
            f"{kind_name(column.dtype)}) is required but could not be found."
        )
    if fill.size != count:
        raise invalid(
            f"The default of feature {column.key} has {fill.size} values, its shape "
            f"{list(sizes)} needs {count}."
        )
    rows = np.empty((len(column.counts), count), column.values.dtype)
    rows[present] = column.values.reshape(-1, count)
    rows[~present] = fill
    return rows.reshape((*batch, *sizes))


def padded(
    column: Column, sizes: tuple[int, ...], default: Any, batch: tuple[int, ...]
) -> np.ndarray:
    """A feature of any length: filled up to the longest of the batch."""
    stride = math.prod(sizes)
    wrong = np.flatnonzero(column.counts % stride) if stride else np.arange(len(column.counts))
    if wrong.size:
        raise column.error(
            int(wrong[0]),
            f"Number of {kind_name(column.dtype)} values is not a multiple of stride length. Saw "
            f"{column.counts[wrong[0]]} values but output shape is: "
            f"[?,{','.join(map(str, sizes))}]",
        )
    longest = int(column.counts.max(initial=0))
    fill = np.asarray(default).reshape(-1)
    empty = b"" if column.dtype.name == "string" else 0
    rows = np.empty((len(column.counts), longest), column.values.dtype)
    rows[...] = fill[0] if fill.size else empty
    rows[np.arange(longest) < column.counts[:, None]] = column.values
    return rows.reshape((*batch, longest // max(stride, 1), *sizes))


def sparse(column: Column, batch: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Indices, values and dense shape of a feature of any length."""
    counts = column.counts
    longest = int(counts.max(initial=0))
    if not batch:
        columns = np.arange(longest, dtype=np.int64)
        return columns[:, None], column.values, np.array([longest], np.int64)
    return row_indices(counts), column.values, np.array([len(counts), longest], np.int64)


def row_indices(counts: np.ndarray) -> np.ndarray:
    """int64 `[n, 2]`: row and column of each value, where row i has `counts[i]`."""
    rows = np.repeat(np.arange(len(counts)), counts)
    starts = np.cumsum(counts) - counts
    columns = np.arange(len(rows)) - starts[rows]
    return np.stack([rows, columns], 1).astype(np.int64)


def ragged(column: Column, splits: DType, batch: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Values and row splits of a feature of any length."""
    if not batch:
        return column.values, np.zeros(0, splits.as_numpy_dtype)
    return column.values, splits_of(column.counts, splits)


def splits_of(counts: np.ndarray, splits: DType) -> np.ndarray:
    """Row splits from row lengths."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(splits.as_numpy_dtype)
