"""Strings put together: joins, reductions, segments, n-grams."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dispatch import OTHER
from tidefall.base.errors import OutOfRangeError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid, shape_text
from tidefall.ops.strings.byte_arrays import text_tensor, to_array
from tidefall.tensor.conversion import convert_to_tensor


def _to_bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


# ---- elementwise ----


def _join_shape(c: Inference) -> TensorShape:
    known = [shape for shape in c.shapes() if shape.rank is None or shape.rank]
    result = known[0] if known else TensorShape(())
    for shape in known[1:]:
        if not result.is_compatible_with(shape):
            raise ValueError(
                f"Input shapes do not match: {shape_text(result)} vs. {shape_text(shape)}"
            )
        result = result.merge_with(shape)
    return result


def _join(inputs: list[np.ndarray], *, separator: str) -> np.ndarray:
    shapes = [value.shape for value in inputs if value.ndim]
    shape = shapes[0] if shapes else ()
    for other in shapes[1:]:
        if other != shape:
            raise invalid(f"Input shapes do not match: {shape_text(shape)} vs. {shape_text(other)}")
    count = int(np.prod(shape, dtype=np.int64))
    columns = [
        value.reshape(-1).tolist() if value.ndim else itertools.repeat(value.item(), count)
        for value in inputs
    ]
    if not columns:
        return to_array([b""] * count, shape)
    return to_array(map(_to_bytes(separator).join, zip(*columns, strict=True)), shape)


join_op = op("StringJoin", shape=_join_shape, host=_join, effects=PURE, gradient=NOT_DIFFERENTIABLE)


@export("strings.join", dispatch=OTHER)
def join(inputs: Sequence[Any], separator: str = "", name: str | None = None) -> Any:
    """Strings of several tensors joined element by element.

    Args:
        inputs: a list of string tensors of one shape, or of shape (); dense or ragged.
        separator: what to put between them.
        name: name of the node in a graph.

    Returns:
        A string tensor of the common shape.

    Raises:
        InvalidArgumentError: if the shapes differ.

    >>> import tidefall as tf
    >>> tf.strings.join([["abc", "123"], ["def", "456"]], separator=" ").numpy()
    array([b'abc def', b'123 456'], dtype=object)
    """
    if not isinstance(inputs, (list, tuple)):
        raise TypeError(f"Expected list for 'inputs' argument to 'string_join' Op, not {inputs!r}.")
    return join_op([text_tensor(value) for value in inputs], separator=separator, name=name)


# ---- along axes ----


def _reduce_shape(c: Inference) -> TensorShape:
    shape, axes = c.shape(0), c.constant(1)
    if shape.rank is None:
        return TensorShape(None)
    if axes is None:
        return TensorShape([None] * shape.rank) if c.attr("keep_dims") else TensorShape(None)
    found = set()
    for axis in axes.reshape(-1).tolist():
        if not -shape.rank <= axis < shape.rank:
            raise ValueError(
                f"Invalid reduction dimension {axis} for input with {shape.rank} dimension(s)"
            )
        if axis % shape.rank in found:
            raise ValueError(f"Duplicate reduction dimension {axis}")
        found.add(axis % shape.rank)
    kept = c.attr("keep_dims")
    return TensorShape(
        [1 if i in found else d for i, d in enumerate(shape.as_list()) if kept or i not in found]
    )


def _reduce(
    inputs: np.ndarray, reduction_indices: np.ndarray, *, keep_dims: bool, separator: str
) -> np.ndarray:
    axes: list[int] = []
    for axis in reduction_indices.reshape(-1).tolist():
        if not -inputs.ndim <= axis < inputs.ndim:
            raise OutOfRangeError(
                None,
                None,
                f"Invalid reduction dimension {axis} for input with {inputs.ndim} dimension(s) "
                "[Op:ReduceJoin]",
            )
        if axis % inputs.ndim in axes:
            raise invalid(f"Duplicate reduction dimension {axis}")
        axes.append(axis % inputs.ndim)
    if not axes:
        return inputs
    others = [i for i in range(inputs.ndim) if i not in axes]
    rest = [inputs.shape[i] for i in others]
    count = int(np.prod(rest, dtype=np.int64))
    length = int(np.prod([inputs.shape[i] for i in axes], dtype=np.int64))
    rows = inputs.transpose(others + axes[::-1]).reshape(count, length).tolist()
    joined = to_array(map(_to_bytes(separator).join, rows))
    shape = [1 if i in axes else d for i, d in enumerate(inputs.shape)] if keep_dims else rest
    return joined.reshape(shape)


reduce_join_op = op(
    "ReduceJoin", shape=_reduce_shape, host=_reduce, effects=PURE, gradient=NOT_DIFFERENTIABLE
)


@export("strings.reduce_join", dispatch=OTHER)
def reduce_join(
    inputs: Any,
    axis: Any = None,
    keepdims: bool = False,
    separator: str = "",
    name: str | None = None,
) -> Any:
    """Strings joined along dimensions.

    Args:
        inputs: a string tensor of any shape, dense or ragged.
        axis: the dimensions to join along, one after the other; by default all of them, the last
            one first.
        keepdims: keep those dimensions, with size 1.
        separator: what to put between the strings.
        name: name of the node in a graph.

    Returns:
        A string tensor without those dimensions.

    Raises:
        OutOfRangeError: for an axis that is not there.
        InvalidArgumentError: for one that is named twice.

    >>> import tidefall as tf
    >>> tf.strings.reduce_join([["abc", "123"], ["def", "456"]], axis=1, separator="+").numpy()
    array([b'abc+123', b'def+456'], dtype=object)
    """
    inputs = convert_to_tensor(inputs)
    if axis is None:
        rank = inputs.shape.rank
        axis = (
            np.arange(rank, dtype=np.int32)[::-1]
            if rank is not None
            else raw.Range(raw.Rank(inputs) - 1, np.int32(-1), np.int32(-1))
        )
    axis = convert_to_tensor(axis, dtypes.int32)
    return reduce_join_op(inputs, axis, keep_dims=keepdims, separator=separator, name=name)


# ---- segments ----


def _segment_shape(c: Inference) -> TensorShape:
    count = c.constant(2)
    inputs, ids = c.shape(0), c.shape(1)
    if inputs.rank is None or ids.rank is None:
        return TensorShape(None)
    lead = None if count is None or count.ndim else int(count)
    return TensorShape([lead]).concatenate(inputs[ids.rank :])


def _segment_join(
    inputs: np.ndarray, segment_ids: np.ndarray, num_segments: np.ndarray, *, separator: str
) -> np.ndarray:
    if num_segments.ndim:
        raise invalid("Number of segments must be a scalar")
    count = int(num_segments)
    if count < 0:
        raise invalid(f"Number of segments must be non-negative but got {count}")
    if not segment_ids.ndim:
        raise invalid("Segment_id cannot have rank 0")
    if segment_ids.shape != inputs.shape[: segment_ids.ndim]:
        raise invalid(
            f"Segment dimensions {shape_text(segment_ids.shape)} must be the first ones of the "
            f"input's, {shape_text(inputs.shape)}"
        )
    ids = segment_ids.reshape(-1)
    if ids.size and (ids.min() < 0 or ids.max() >= count):
        raise invalid(
            "segment_ids are not allowed to exceed num_segments or to have negative values."
        )
    inner = inputs.shape[segment_ids.ndim :]
    width = int(np.prod(inner, dtype=np.int64))
    order = np.argsort(ids, kind="stable")
    edges = np.searchsorted(ids[order], np.arange(count + 1))
    glue = _to_bytes(separator).join

    def join_segment(items: list[bytes]) -> bytes:
        # Nothing stands before the first string that is not empty, not even separators.
        return glue(itertools.dropwhile(operator.not_, items))

    columns = inputs.reshape(len(ids), width)[order].T.tolist()
    pairs = list(itertools.pairwise(edges.tolist()))
    joined = [[join_segment(column[a:b]) for a, b in pairs] for column in columns]
    flat = to_array(itertools.chain.from_iterable(joined), (width, count))
    return np.ascontiguousarray(flat.T).reshape(count, *inner)


segment_join_op = op(
    "UnsortedSegmentJoin",
    shape=_segment_shape,
    host=_segment_join,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


@export("strings.unsorted_segment_join")
def unsorted_segment_join(
    inputs: Any, segment_ids: Any, num_segments: Any, separator: str = "", name: str | None = None
) -> Any:
    """The strings of each segment, joined.

    Args:
        inputs: a string tensor.
        segment_ids: int32 or int64: the segment that each element or slice belongs to; its shape
            is the beginning of that of `inputs`.
        num_segments: how many segments there are, an integer of shape ().
        separator: what to put between the strings.
        name: name of the node in a graph.

    Returns:
        A string tensor `[num_segments, ...]`. A segment without elements is empty.

    Raises:
        InvalidArgumentError: for segments that are not there, or shapes that do not fit.

    >>> import tidefall as tf
    >>> tf.strings.unsorted_segment_join(["this", "a", "is"], [0, 1, 0], 2, ":").numpy()
    array([b'this:is', b'a'], dtype=object)
    """
    segment_ids = convert_to_tensor(segment_ids, name="segment_ids")
    return segment_join_op(
        text_tensor(inputs), segment_ids, num_segments, separator=separator, name=name
    )


# ---- n-grams ----


def _ngrams_shape(c: Inference) -> list[TensorShape]:
    return [TensorShape([None]), c.shape(1)]


def _ngrams(
    data: np.ndarray,
    data_splits: np.ndarray,
    *,
    separator: str,
    ngram_widths: list[int],
    left_pad: str,
    right_pad: str,
    pad_width: int,
    preserve_short_sequences: bool,
) -> tuple[np.ndarray, np.ndarray]:
    splits = data_splits.tolist()
    _check_splits(splits, data.size)
    glue = _to_bytes(separator).join
    before, behind = [_to_bytes(left_pad)], [_to_bytes(right_pad)]
    items = data.tolist()
    found: list[bytes] = []
    ends = [0]
    for start, stop in itertools.pairwise(splits):
        row, count = items[start:stop], len(found)
        for width in ngram_widths:
            pad = width - 1 if pad_width < 0 else min(pad_width, width - 1)
            padded = [*before * pad, *row, *behind * pad] if pad else row
            found += [glue(padded[i : i + width]) for i in range(len(padded) - width + 1)]
        if preserve_short_sequences and len(found) == count and row:
            width = ngram_widths[0]
            pad = width - 1 if pad_width < 0 else min(pad_width, width - 1)
            found.append(glue([*before * pad, *row, *behind * pad]))
        ends.append(len(found))
    return to_array(found), np.array(ends[: len(splits) or 1], data_splits.dtype)


def _check_splits(splits: list[int], size: int) -> None:
    if not splits:
        return
    if splits[0] != 0:
        raise invalid(f"First split value must be 0, got {splits[0]}")
    for one, two in itertools.pairwise(splits):
        if two < one or two > size:
            raise invalid(f"Invalid split value {two}, must be in [{one}, {size}]")
    if splits[-1] != size:
        raise invalid(f"Last split value must be data size. Expected {size}, got {splits[-1]}")


ngrams_op = op(
    "StringNGrams", shape=_ngrams_shape, host=_ngrams, effects=PURE, gradient=NOT_DIFFERENTIABLE
)


@export("strings.ngrams")
def ngrams(
    data: Any,
    ngram_width: Any,
    separator: str = " ",
    pad_values: Any = None,
    padding_width: int | None = None,
    preserve_short_sequences: bool = False,
    name: str | None = None,
) -> Any:
    """Runs of neighbouring strings, joined.

    Args:
        data: a string tensor, dense or ragged; the runs go along its last dimension.
        ngram_width: how many strings a run has, or several such numbers, whose runs follow each
            other in the result.
        separator: what to put between the strings.
        pad_values: strings put before and behind each row: one for both, or a pair. None for
            none.
        padding_width: how many of them at each end at most; a run is never padding alone. By
            default, one less than the run has strings.
        preserve_short_sequences: a row too short for any run becomes one.
        name: name of the nodes in a graph.

    Returns:
        A ragged tensor of strings; dense if the input is dense.

    Raises:
        TypeError: for widths or padding of another type.
        ValueError: for widths less than 1, or a scalar.

    >>> import tidefall as tf
    >>> tf.strings.ngrams(["A", "B", "C", "D"], 2).numpy()
    array([b'A B', b'B C', b'C D'], dtype=object)
    """
    from tidefall.base.state import name_scope
    from tidefall.composite.ragged.ragged_tensor import RaggedTensor

    with name_scope(name or "StringNGrams"):
        widths, (left, right), pad = _ngram_options(ngram_width, pad_values, padding_width)
        if not isinstance(data, RaggedTensor):
            data = text_tensor(data)
        rank = data.shape.rank
        if rank == 0:
            raise ValueError("Data must have rank>0")
        dense = not isinstance(data, RaggedTensor)
        ragged, vector = data, rank == 1
        if vector:
            ragged = raw.ExpandDims(data, 0)
        if dense:
            ragged = RaggedTensor.from_tensor(ragged, ragged_rank=ragged.shape.rank - 1)
        made, splits = ngrams_op(
            ragged.flat_values,
            ragged.nested_row_splits[-1],
            separator=separator,
            ngram_widths=widths,
            left_pad=left,
            right_pad=right,
            pad_width=pad,
            preserve_short_sequences=preserve_short_sequences,
        )
        result = RaggedTensor.from_nested_row_splits(
            made, [*ragged.nested_row_splits[:-1], splits], validate=False
        )
        if not dense:
            return result
        tensor = result.to_tensor()
        return raw.Squeeze(tensor, squeeze_dims=[0]) if vector else tensor


def _ngram_options(
    ngram_width: Any, pad_values: Any, padding_width: Any
) -> tuple[list[int], tuple[Any, Any], int]:
    widths = list(ngram_width) if isinstance(ngram_width, (list, tuple)) else [ngram_width]
    for width in widths:
        if operator.lt(width, 1):
            raise ValueError(f"All ngram_widths must be greater than 0. Got {ngram_width}")
    too_narrow = padding_width is not None and padding_width < 1
    if pad_values is None:
        if padding_width is not None:
            raise ValueError("pad_values must be provided if padding_width is set.")
        return widths, ("", ""), 0
    if isinstance(pad_values, (str, bytes)):
        pad_values = (pad_values, pad_values)
    if (
        not isinstance(pad_values, tuple)
        or len(pad_values) != 2
        or not all(isinstance(value, (str, bytes)) for value in pad_values)
    ):
        raise TypeError("pad_values must be a string, tuple of strings, or None.")
    if too_narrow:
        raise ValueError("padding_width must be greater than 0.")
    return widths, pad_values, -1 if padding_width is None else padding_width
