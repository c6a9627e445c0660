"""Strings cut into parts."""

from __future__ import annotations

import re
from itertools import chain
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.composite.sparse_tensor import SparseTensor
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid, shape_text
from tidefall.ops.strings.byte_arrays import text_tensor, to_array
from tidefall.tensor.conversion import convert_to_tensor

# ---- parts as a sparse matrix ----


def _split_shape(c: Inference) -> list[TensorShape]:
    c.shape(0).assert_has_rank(1)
    return [TensorShape([None, 2]), TensorShape([None]), TensorShape([2])]


def _sparse(parts: list[list[bytes]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    counts = np.fromiter(map(len, parts), np.int64, len(parts))
    values = to_array(chain.from_iterable(parts))
    indices = np.empty((len(values), 2), np.int64)
    indices[:, 0] = np.repeat(np.arange(len(parts)), counts)
    indices[:, 1] = np.arange(len(values)) - np.repeat(np.cumsum(counts) - counts, counts)
    return indices, values, np.array([len(parts), counts.max(initial=0)], np.int64)


def check_vector(input: np.ndarray) -> None:
    """Refuse strings of another rank."""
    if input.ndim != 1:
        raise invalid(f"input must be a vector, got shape: {shape_text(input.shape)}")


def _scalar(value: np.ndarray, what: str) -> bytes:
    if value.ndim:
        raise invalid(f"{what} must be a scalar, got shape: {shape_text(value.shape)}")
    return value.item()


def _split_v2(input: np.ndarray, sep: np.ndarray, *, maxsplit: int) -> Any:
    check_vector(input)
    separator = _scalar(sep, "sep") or None
    limit = maxsplit if maxsplit > 0 else -1
    parts = [text.split(separator, limit) for text in input.tolist()]
    if separator is None and limit > 0:
        # What is left behind the last split is a part, even if it is empty.
        parts = [[*row, b""] if len(row) == limit else row for row in parts]
    return _sparse(parts)


def _split_v1(input: np.ndarray, delimiter: np.ndarray, *, skip_empty: bool) -> Any:
    check_vector(input)
    if delimiter.ndim > 1 or delimiter.size != 1:
        raise invalid(f"delimiter must be a scalar, got shape: {shape_text(delimiter.shape)}")
    characters = delimiter.item()
    if not characters:
        parts = [[text[i : i + 1] for i in range(len(text))] for text in input.tolist()]
        return _sparse(parts)
    cut = re.compile(b"[" + b"".join(map(re.escape, _single_bytes(characters))) + b"]").split
    parts = [cut(text) if text else [] for text in input.tolist()]
    if skip_empty:
        parts = [[part for part in row if part] for row in parts]
    return _sparse(parts)


def _single_bytes(text: bytes) -> list[bytes]:
    return [text[i : i + 1] for i in range(len(text))]


split_v2_op = op(
    "StringSplitV2", shape=_split_shape, host=_split_v2, effects=PURE, gradient=NOT_DIFFERENTIABLE
)
split_op = op(
    "StringSplit", shape=_split_shape, host=_split_v1, effects=PURE, gradient=NOT_DIFFERENTIABLE
)


# ---- parts as a ragged tensor ----


def _rows(indices: Any, values: Any, shape: Any) -> RaggedTensor:
    return RaggedTensor.from_value_rowids(values, indices[:, 0], shape[0], validate=False)


def over_vector(function: Any, input: Any) -> Any:
    """Apply a function from a vector of strings to ragged rows to strings of any shape.

    Args:
        function: makes a ragged tensor (or several in a tuple) of a vector.
        input: strings, dense or ragged.
    """

    def each(rebuild: Any, vector: Any) -> Any:
        made = function(vector)
        return tuple(map(rebuild, made)) if isinstance(made, tuple) else rebuild(made)

    if isinstance(input, RaggedTensor):
        if input.flat_values.shape.rank == 1:
            return each(input.with_flat_values, input.flat_values)
        made = over_vector(function, input.flat_values)
        return (
            tuple(map(input.with_flat_values, made))
            if isinstance(made, tuple)
            else input.with_flat_values(made)
        )
    input = convert_to_tensor(input)
    rank = input.shape.rank
    if rank is None:
        raise ValueError("Rank of `input` must be statically known.")
    if rank == 0:
        return each(lambda rows: rows.values, raw.ExpandDims(input, 0))
    if rank == 1:
        return function(input)
    ragged = RaggedTensor.from_tensor(input, ragged_rank=rank - 1)
    return each(ragged.with_flat_values, ragged.flat_values)


@export("strings.split")
def split(input: Any, sep: Any = None, maxsplit: int = -1, name: str | None = None) -> Any:
    """Each string cut at a separator.

    Args:
        input: a string tensor of any known rank, dense or ragged.
        sep: the separator, a string or a string tensor of shape (). Without one, strings are cut
            at runs of blanks, and blanks at the ends are skipped.
        maxsplit: how often a string is cut at most; -1 for no limit.
        name: name of the nodes in a graph.

    Returns:
        A ragged tensor with one dimension more than the input; a vector for a scalar.

    >>> import tidefall as tf
    >>> tf.strings.split(["hello world", "a b c"])
    <tf.RaggedTensor [[b'hello', b'world'], [b'a', b'b', b'c']]>
    >>> tf.strings.split("3<>4<>5", sep="<>").numpy()
    array([b'3', b'4', b'5'], dtype=object)
    """
    with name_scope(name or "StringSplit"):
        if not isinstance(input, RaggedTensor):
            input = text_tensor(input)
        separator = text_tensor("" if sep is None else sep, "sep")
        return over_vector(
            lambda vector: _rows(*split_v2_op(vector, separator, maxsplit=maxsplit)), input
        )


@export("compat.v1.strings.split")
def split_v1(
    input: Any = None,
    sep: Any = None,
    maxsplit: int = -1,
    result_type: str = "SparseTensor",
    source: Any = None,
    name: str | None = None,
) -> Any:
    """Each string cut at a separator; see `tf.strings.split`.

    Args:
        input: strings; a sparse result needs a vector or a scalar.
        sep, maxsplit: see there.
        result_type: "SparseTensor" or "RaggedTensor".
        source: old name of `input`.
        name: name of the nodes.
    """
    input = source if input is None else input
    if result_type not in ("SparseTensor", "RaggedTensor"):
        raise ValueError(f"result_type must be 'RaggedTensor' or 'SparseTensor': {result_type!r}")
    with name_scope(name or "StringSplit"):
        input = text_tensor(input)
        if result_type == "RaggedTensor":
            return split(input, sep, maxsplit)
        if input.shape.rank == 0:
            input = raw.ExpandDims(input, 0)
        return SparseTensor(*split_v2_op(input, "" if sep is None else sep, maxsplit=maxsplit))


@export("compat.v1.string_split")
def string_split(
    source: Any,
    sep: Any = None,
    skip_empty: bool = True,
    delimiter: Any = " ",
    result_type: str = "SparseTensor",
    name: str | None = None,
) -> Any:
    """Each string of a vector cut at every one of some characters.

    Args:
        source: a string vector.
        sep: the characters; takes precedence over `delimiter`.
        skip_empty: leave out empty parts.
        delimiter: the characters; each byte if there are none.
        result_type: "SparseTensor" or "RaggedTensor".
        name: name of the nodes.
    """
    characters = delimiter if sep is None else sep
    source = text_tensor(source)
    characters = text_tensor(characters, "delimiter")
    found = split_op(source, characters, skip_empty=skip_empty, name=name)
    return SparseTensor(*found) if result_type == "SparseTensor" else _rows(*found)


@export("strings.bytes_split")
def bytes_split(input: Any, name: str | None = None) -> Any:
    """The single bytes of each string.

    Args:
        input: a string tensor of any known rank, dense or ragged.
        name: name of the nodes in a graph.

    Returns:
        A ragged tensor with one dimension more than the input; a vector for a scalar.

    >>> import tidefall as tf
    >>> tf.strings.bytes_split(["abc", "de"])
    <tf.RaggedTensor [[b'a', b'b', b'c'], [b'd', b'e']]>
    """
    with name_scope(name or "StringsByteSplit"):
        if not isinstance(input, RaggedTensor):
            input = text_tensor(input)
        empty = convert_to_tensor("", dtypes.string)
        return over_vector(lambda vector: _rows(*split_op(vector, empty, skip_empty=False)), input)
