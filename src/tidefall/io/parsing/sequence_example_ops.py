"""The ops that parse serialized `tf.train.SequenceExample` messages into tensors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tidefall.base.dtypes import DType
from tidefall.base.shapes import TensorShape
from tidefall.io.parsing.example_columns import (
    batch_of,
    collect,
    dense,
    kind_name,
    parse_messages,
    ragged,
    read_column,
    sizes_of,
    sparse,
    splits_of,
    text,
)
from tidefall.io.parsing.example_ops import sparse_shapes, splits_shape
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid


@dataclass
class _Lists:
    """One feature list of a batch.

    Attributes:
        values: the values of all steps of all examples, one after the other.
        counts: how many values each step has.
        steps: how many steps each example has.
    """

    values: np.ndarray
    counts: np.ndarray
    steps: np.ndarray

    def positions(self) -> tuple[np.ndarray, np.ndarray]:
        """Of each step, its example and its number in that example."""
        owners = np.repeat(np.arange(len(self.steps)), self.steps)
        return owners, np.arange(len(owners)) - (np.cumsum(self.steps) - self.steps)[owners]


class _Batch:
    """Parsed sequence examples, looked at feature by feature."""

    def __init__(self, serialized: Any, names: Any):
        from tidefall.proto import SequenceExample

        self.shape, self._labels, strings = batch_of(serialized, names)
        parsed = parse_messages(SequenceExample, strings, self._labels)
        self._contexts = [message.context.feature for message in parsed]
        self._lists = [message.feature_lists.feature_list for message in parsed]

    def context_dense(self, keys: Any, types: Any, shapes: Any, defaults: Any) -> list[Any]:
        wanted = zip(keys, types, shapes, defaults, strict=True)
        return [dense(self._column(k, t), s, d, self.shape) for k, t, s, d in wanted]

    def context_sparse(self, keys: Any, types: Any) -> list[Any]:
        wanted = zip(keys, types, strict=True)
        return _columns([sparse(self._column(k, t), self.shape) for k, t in wanted], 3)

    def context_ragged(self, keys: Any, types: Any, splits: Any) -> list[Any]:
        wanted = zip(keys, types, splits, strict=True)
        return _columns([ragged(self._column(k, t), s, self.shape) for k, t, s in wanted], 2)

    def lists_dense(self, keys: Any, types: Any, shapes: Any, missing: set[str]) -> list[Any]:
        wanted = zip(keys, types, shapes, strict=True)
        found = [self._dense_list(text(k), t, s, text(k) in missing) for k, t, s in wanted]
        return _columns(found, 2)

    def lists_sparse(self, keys: Any, types: Any) -> list[Any]:
        wanted = zip(keys, types, strict=True)
        return _columns([self._sparse_list(text(k), t) for k, t in wanted], 3)

    def lists_ragged(self, keys: Any, types: Any, splits: Any) -> list[Any]:
        wanted = zip(keys, types, splits, strict=True)
        return _columns([self._ragged_list(text(k), t, s) for k, t, s in wanted], 3)

    def _column(self, key: Any, dtype: DType) -> Any:
        return read_column(self._contexts, text(key), dtype, self._labels)

    def _read(self, key: str, dtype: DType, required: bool = False) -> _Lists:
        features: list[Any] = []
        steps = []
        for index, lists in enumerate(self._lists):
            if key in lists:
                found = lists[key].feature
                features.extend(found)
                steps.append(len(found))
                continue
            if required:
                raise invalid(
                    f"Name: {self._labels[index]}, Feature list '{key}' is required but could not "
                    f"be found. Is it to be assumed empty where it is missing?"
                )
            steps.append(0)
        counted = np.array(steps, np.int64)

        def wrong_type(position: int, message: str) -> Exception:
            return self._step_error(key, counted, position, message)

        values, counts, _ = collect(features, dtype, wrong_type)
        return _Lists(values, counts, counted)

    def _step_error(self, key: str, steps: np.ndarray, position: int, message: str) -> Exception:
        index = int(np.searchsorted(np.cumsum(steps), position, "right"))
        step = position - int(steps[:index].sum())
        return invalid(
            f"Name: {self._labels[index]}, Feature list: {key}, Index: {step}.  {message}"
        )

    def _dense_list(self, key: str, dtype: DType, shape: TensorShape, missing: bool) -> Any:
        sizes = sizes_of(shape)
        count = math.prod(sizes)
        lists = self._read(key, dtype, required=not missing)
        wrong = np.flatnonzero(lists.counts != count)
        if wrong.size:
            first = int(wrong[0])
            message = (
                f"Number of {kind_name(dtype)} values != expected.  Values size: "
                f"{lists.counts[first]} but output shape: {list(sizes)}"
            )
            raise self._step_error(key, lists.steps, first, message)
        rows = lists.values.reshape((-1, *sizes))
        if not self.shape:
            return rows, np.array(len(rows), np.int64)
        longest = int(lists.steps.max(initial=0))
        padded = np.empty((len(lists.steps), longest, *sizes), rows.dtype)
        padded[...] = b"" if dtype.name == "string" else 0
        padded[lists.positions()] = rows
        return padded, lists.steps

    def _sparse_list(self, key: str, dtype: DType) -> Any:
        lists = self._read(key, dtype)
        counts = lists.counts
        owner = np.repeat(np.arange(len(counts)), counts)
        column = np.arange(len(owner)) - (np.cumsum(counts) - counts)[owner]
        examples, steps = lists.positions()
        indices = np.stack([examples[owner], steps[owner], column], 1).astype(np.int64)
        sizes = [len(lists.steps), lists.steps.max(initial=0), counts.max(initial=0)]
        skipped = 0 if self.shape else 1
        return indices[:, skipped:], lists.values, np.array(sizes[skipped:], np.int64)

    def _ragged_list(self, key: str, dtype: DType, splits: DType) -> Any:
        lists = self._read(key, dtype)
        outer = splits_of(lists.steps, splits)
        if not self.shape:
            outer = np.zeros(0, splits.as_numpy_dtype)
        return lists.values, outer, splits_of(lists.counts, splits)


def _columns(rows: Sequence[Sequence[Any]], width: int) -> list[list[Any]]:
    return [list(part) for part in zip(*rows, strict=True)] or [[] for _ in range(width)]


# ---- the ops ----


def _parse_v2(
    serialized: Any,
    debug_name: Any,
    context_sparse_keys: Any,
    context_dense_keys: Any,
    context_ragged_keys: Any,
    feature_list_sparse_keys: Any,
    feature_list_dense_keys: Any,
    feature_list_ragged_keys: Any,
    feature_list_dense_missing_assumed_empty: Any,
    context_dense_defaults: Any,
    *,
    Tcontext_dense: Any,
    context_sparse_types: Any,
    context_ragged_value_types: Any,
    context_ragged_split_types: Any,
    context_dense_shapes: Any,
    feature_list_sparse_types: Any,
    feature_list_dense_types: Any,
    feature_list_dense_shapes: Any,
    feature_list_ragged_value_types: Any,
    feature_list_ragged_split_types: Any,
) -> tuple[Any, ...]:
    batch = _Batch(serialized, debug_name)
    allowed = np.asarray(feature_list_dense_missing_assumed_empty).reshape(-1)
    missing = {text(k) for k, m in zip(feature_list_dense_keys, allowed, strict=True) if m}
    return (
        *batch.context_sparse(context_sparse_keys, context_sparse_types),
        batch.context_dense(
            context_dense_keys, Tcontext_dense, context_dense_shapes, context_dense_defaults
        ),
        *batch.context_ragged(
            context_ragged_keys, context_ragged_value_types, context_ragged_split_types
        ),
        *batch.lists_sparse(feature_list_sparse_keys, feature_list_sparse_types),
        *batch.lists_dense(
            feature_list_dense_keys, feature_list_dense_types, feature_list_dense_shapes, missing
        ),
        *batch.lists_ragged(
            feature_list_ragged_keys,
            feature_list_ragged_value_types,
            feature_list_ragged_split_types,
        ),
    )


def _parse(
    serialized: Any,
    debug_name: Any,
    context_dense_defaults: Any,
    *,
    feature_list_dense_missing_assumed_empty: Any,
    context_sparse_keys: Any,
    context_dense_keys: Any,
    feature_list_sparse_keys: Any,
    feature_list_dense_keys: Any,
    Tcontext_dense: Any,
    context_sparse_types: Any,
    context_dense_shapes: Any,
    feature_list_sparse_types: Any,
    feature_list_dense_types: Any,
    feature_list_dense_shapes: Any,
) -> tuple[Any, ...]:
    batch = _Batch(serialized, debug_name)
    missing = {text(key) for key in feature_list_dense_missing_assumed_empty}
    return (
        *batch.context_sparse(context_sparse_keys, context_sparse_types),
        batch.context_dense(
            context_dense_keys, Tcontext_dense, context_dense_shapes, context_dense_defaults
        ),
        *batch.lists_sparse(feature_list_sparse_keys, feature_list_sparse_types),
        *batch.lists_dense(
            feature_list_dense_keys, feature_list_dense_types, feature_list_dense_shapes, missing
        ),
    )


def _parse_single(
    serialized: Any,
    feature_list_dense_missing_assumed_empty: Any,
    context_sparse_keys: Any,
    context_dense_keys: Any,
    feature_list_sparse_keys: Any,
    feature_list_dense_keys: Any,
    context_dense_defaults: Any,
    debug_name: Any,
    *,
    Tcontext_dense: Any,
    context_sparse_types: Any,
    context_dense_shapes: Any,
    feature_list_sparse_types: Any,
    feature_list_dense_types: Any,
    feature_list_dense_shapes: Any,
) -> tuple[Any, ...]:
    return _parse(
        serialized,
        debug_name,
        context_dense_defaults,
        feature_list_dense_missing_assumed_empty=list(feature_list_dense_missing_assumed_empty),
        context_sparse_keys=context_sparse_keys,
        context_dense_keys=context_dense_keys,
        feature_list_sparse_keys=feature_list_sparse_keys,
        feature_list_dense_keys=feature_list_dense_keys,
        Tcontext_dense=Tcontext_dense,
        context_sparse_types=context_sparse_types,
        context_dense_shapes=context_dense_shapes,
        feature_list_sparse_types=feature_list_sparse_types,
        feature_list_dense_types=feature_list_dense_types,
        feature_list_dense_shapes=feature_list_dense_shapes,
    )[:-1]


# ---- shapes ----


def _context_shapes(c: Inference, batch: TensorShape) -> list[TensorShape]:
    return sparse_shapes(batch, len(c.attr("context_sparse_types"))) + [
        batch.concatenate(shape) for shape in c.attr("context_dense_shapes")
    ]


def _list_shapes(c: Inference, batch: TensorShape) -> list[TensorShape]:
    shapes = c.attr("feature_list_dense_shapes")
    steps = batch.concatenate([None])
    return sparse_shapes(steps, len(c.attr("feature_list_sparse_types"))) + [
        steps.concatenate(shape) for shape in shapes
    ]


def _shapes_v2(c: Inference) -> list[TensorShape]:
    batch, vector = c.shape(0), TensorShape([None])
    context, lists = (
        len(c.attr(f"{part}_ragged_value_types")) for part in ("context", "feature_list")
    )
    lengths = [batch] * len(c.attr("feature_list_dense_shapes"))
    return (
        _context_shapes(c, batch)
        + [vector] * context
        + [splits_shape(batch)] * context
        + _list_shapes(c, batch)
        + lengths
        + [vector] * lists
        + [splits_shape(batch)] * lists
        + [vector] * lists
    )


def _shapes(c: Inference) -> list[TensorShape]:
    batch = c.shape(0)
    lengths = [batch] * len(c.attr("feature_list_dense_shapes"))
    return _context_shapes(c, batch) + _list_shapes(c, batch) + lengths


def _single_shapes(c: Inference) -> list[TensorShape]:
    batch = TensorShape([])
    return _context_shapes(c, batch) + _list_shapes(c, batch)


parse_sequence_example_v2_op = op(
    "ParseSequenceExampleV2",
    shape=_shapes_v2,
    host=_parse_v2,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)
op("ParseSequenceExample", shape=_shapes, host=_parse, effects=PURE, gradient=NOT_DIFFERENTIABLE)


op(
    "ParseSingleSequenceExample",
    shape=_single_shapes,
    host=_parse_single,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)
