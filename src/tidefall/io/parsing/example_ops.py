"""The ops that parse serialized `tf.train.Example` messages into tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base.dtypes import DType
from tidefall.base.shapes import TensorShape
from tidefall.io.parsing.example_columns import (
    Column,
    batch_of,
    dense,
    parse_messages,
    ragged,
    read_column,
    read_groups,
    sparse,
    text,
)
from tidefall.io.parsing.example_layout import NoLayout, groups_of
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import MOVES
from tidefall.ops.batching import Call, Fallback


class _Batch:
    """Parsed examples, looked at feature by feature."""

    def __init__(self, serialized: Any, names: Any):
        self.shape, self._labels, self._strings = batch_of(serialized, names)
        self._rest: Sequence[int]
        self._groups, self._rest = groups_of(self._strings)
        self._maps: list[Any] | None = None
        if self._rest:
            self._parse(self._rest)

    def _parse(self, indices: Sequence[int]) -> None:
        """Parse the strings at these places one by one."""
        from tidefall.proto import Example

        strings = [self._strings[i] for i in indices]
        parsed = parse_messages(Example, strings, self._labels, indices)
        self._maps = [message.features.feature for message in parsed]

    def column(self, key: Any, dtype: DType) -> Column:
        if self._groups:
            try:
                return read_groups(
                    self._groups, self._rest, self._maps or (), text(key), dtype, self._labels
                )
            except NoLayout:
                # Something is wrong, or rare: one by one it is found out what.
                self._groups, self._rest = [], range(len(self._strings))
                self._parse(self._rest)
        return read_column(self._maps or (), text(key), dtype, self._labels)

    def dense(
        self, keys: Sequence[Any], types: Any, shapes: Any, defaults: Sequence[Any]
    ) -> list[np.ndarray]:
        wanted = zip(keys, types, shapes, defaults, strict=True)
        return [dense(self.column(k, t), s, d, self.shape) for k, t, s, d in wanted]

    def sparse(self, keys: Sequence[Any], types: Any) -> list[list[np.ndarray]]:
        found = [sparse(self.column(k, t), self.shape) for k, t in zip(keys, types, strict=True)]
        return [list(part) for part in zip(*found, strict=True)] or [[], [], []]

    def ragged(self, keys: Sequence[Any], types: Any, splits: Any) -> list[list[np.ndarray]]:
        wanted = zip(keys, types, splits, strict=True)
        found = [ragged(self.column(k, t), s, self.shape) for k, t, s in wanted]
        return [list(part) for part in zip(*found, strict=True)] or [[], []]


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
    return (
        *batch.sparse(sparse_keys, sparse_types),
        batch.dense(dense_keys, Tdense, dense_shapes, dense_defaults),
    )


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
    return (
        *batch.sparse(sparse_keys, sparse_types),
        batch.dense(dense_keys, Tdense, dense_shapes, dense_defaults),
        *batch.ragged(ragged_keys, ragged_value_types, ragged_split_types),
    )


def _parse_single_example(
    serialized: Any,
    dense_defaults: list[Any],
    *,
    sparse_keys: Any,
    dense_keys: Any,
    sparse_types: Any,
    Tdense: Any,
    dense_shapes: Any,
) -> tuple[Any, ...]:
    batch = _Batch(serialized, ())
    return (
        *batch.sparse(sparse_keys, sparse_types),
        batch.dense(dense_keys, Tdense, dense_shapes, dense_defaults),
    )


# ---- shapes ----


def sparse_shapes(batch: TensorShape, count: int) -> list[TensorShape]:
    """Static shapes of the indices, values and dense shapes of `count` sparse features."""
    rank = None if batch.rank is None else batch.rank + 1
    return (
        [TensorShape([None, rank])] * count
        + [TensorShape([None])] * count
        + [TensorShape([rank])] * count
    )


def splits_shape(batch: TensorShape) -> TensorShape:
    """Static shape of the row splits of a ragged feature."""
    if batch.rank is None:
        return TensorShape([None])
    if batch.rank == 0:
        return TensorShape([0])
    return TensorShape([None if batch[0] is None else batch[0] + 1])


def _dense_shapes(c: Inference) -> list[TensorShape]:
    return [c.shape(0).concatenate(shape) for shape in c.attr("dense_shapes")]


def _shapes(c: Inference) -> list[TensorShape]:
    return sparse_shapes(c.shape(0), c.attr("Nsparse")) + _dense_shapes(c)


def _shapes_v2(c: Inference) -> list[TensorShape]:
    batch = c.shape(0)
    if batch.rank is not None and batch.rank > 1:
        raise ValueError(f"Shape must be at most rank 1 but is rank {batch.rank}")
    count = len(c.attr("ragged_value_types"))
    return (
        sparse_shapes(batch, c.attr("num_sparse"))
        + _dense_shapes(c)
        + [TensorShape([None])] * count
        + [splits_shape(batch)] * count
    )


def _single_shapes(c: Inference) -> list[TensorShape]:
    return sparse_shapes(TensorShape([]), c.attr("num_sparse")) + list(c.attr("dense_shapes"))


parse_example_op = op(
    "ParseExample", shape=_shapes, host=_parse_example, effects=PURE, gradient=NOT_DIFFERENTIABLE
)


def _parse_example_batching(call: Call) -> Any:
    """A vector of examples instead of a scalar."""
    _check(call)
    if call.attrs["ragged_value_types"]:
        raise Fallback
    return call.run([call.tensor(0), *(call.fixed(i) for i in range(1, len(call)))])


def _check(call: Call) -> None:
    """Only dense features of known shapes have one size in all runs."""
    if not call.is_stacked(0):
        raise Fallback
    if call.node.inputs[0].shape.rank != 0 or call.attrs["num_sparse"]:
        raise Fallback
    if not all(shape.is_fully_defined() for shape in call.attrs["dense_shapes"]):
        raise Fallback


parse_example_v2_op = op(
    "ParseExampleV2",
    shape=_shapes_v2,
    host=_parse_example_v2,
    effects=PURE,
    traits=(MOVES,),
    batching=_parse_example_batching,
    gradient=NOT_DIFFERENTIABLE,
)


def _parse_single_example_batching(call: Call) -> Any:
    """`ParseExampleV2` of all examples."""
    _check(call)
    keys = call.attrs["dense_keys"]
    found = raw.ParseExampleV2(
        call.tensor(0),
        [],
        [],
        keys,
        [],
        [call.fixed(i) for i in range(1, len(call))],
        num_sparse=0,
        sparse_types=[],
        ragged_value_types=[],
        ragged_split_types=[],
        dense_shapes=call.attrs["dense_shapes"],
    )
    return list(found[3])


parse_single_example_op = op(
    "ParseSingleExample",
    shape=_single_shapes,
    host=_parse_single_example,
    effects=PURE,
    traits=(MOVES,),
    batching=_parse_single_example_batching,
    gradient=NOT_DIFFERENTIABLE,
)
