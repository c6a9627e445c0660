"""Ragged tensors as variants: how datasets carry them, one value for each element."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from tidefall.base.dtypes import DType
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid


class RaggedVariant:
    """A ragged tensor in one value: its row splits, outermost first, and its flat values."""

    __slots__ = ("splits", "values")

    def __init__(self, splits: Sequence[np.ndarray], values: np.ndarray):
        self.splits = tuple(splits)
        self.values = values

    @property
    def rows(self) -> int:
        """The size of its outermost dimension."""
        return (len(self.splits[0]) - 1) if self.splits else self.values.shape[0]

    def __repr__(self) -> str:
        return f"<RaggedTensorVariant(dtype={self.values.dtype}, ragged_rank={len(self.splits)})>"


def objects(items: Sequence[Any], shape: Sequence[int]) -> np.ndarray:
    """Python objects as an array of them, however much they look like arrays themselves."""
    array = np.empty(len(items), object)
    for i, item in enumerate(items):
        array[i] = item
    return array.reshape(shape)


def encoded_shape(encoded: Any) -> tuple[int, ...]:
    """The shape of a raw variant: a Python object is a scalar."""
    return encoded.shape if isinstance(encoded, np.ndarray) else ()


def items_of(encoded: Any) -> list[Any]:
    """The Python objects of a raw variant, flat."""
    return list(encoded.reshape(-1)) if isinstance(encoded, np.ndarray) else [encoded]


# ---- into variants ----


def _to_variant_shape(c: Inference) -> TensorShape:
    if not c.attr("batched_input"):
        return TensorShape([])
    splits = c.shape(0)
    size = splits[0] if splits.rank == 1 else None
    return TensorShape([None if size is None else size - 1])


def _to_variant(
    rt_nested_splits: list[np.ndarray],
    rt_dense_values: np.ndarray,
    *,
    RAGGED_RANK: int,
    batched_input: bool,
) -> Any:
    if not batched_input:
        return RaggedVariant(rt_nested_splits, rt_dense_values)
    if RAGGED_RANK < 1:
        raise invalid(f"Ragged rank must be at least 1 for a batch. Received: {RAGGED_RANK}")
    return objects(*_rows(rt_nested_splits, rt_dense_values))


def _rows(nested: list[np.ndarray], values: np.ndarray) -> tuple[list[RaggedVariant], list[int]]:
    ends = np.asarray(nested[0])
    inner = []
    for splits in nested[1:]:
        # Splits of one row begin at zero, and end with the row's last limit.
        inner.append([splits[a : b + 1] - splits[a] for a, b in pairwise(ends)])
        ends = np.asarray(splits)[ends]
    parts = [values[a:b] for a, b in pairwise(ends)]
    rows = [RaggedVariant([level[i] for level in inner], part) for i, part in enumerate(parts)]
    return rows, [len(rows)]


def _to_variant_grad(op: Any, dy: Any) -> list[Any]:
    *splits, values = op.inputs
    first = splits[0] if splits else np.zeros([0], np.int64)
    gradient = raw.RaggedTensorToVariantGradient(dy, first, raw.Shape(values), Tvalues=values.dtype)
    if not hasattr(gradient, "numpy"):
        gradient.set_shape(values.shape)
    return [None] * len(splits) + [gradient]


op(
    "RaggedTensorToVariant",
    shape=_to_variant_shape,
    host=_to_variant,
    effects=PURE,
    gradient=_to_variant_grad,
)


def _variant_gradient_shape(c: Inference) -> TensorShape:
    return c.constant_shape(2)


def _variant_gradient(
    encoded_ragged_grad: Any,
    row_splits: np.ndarray,
    dense_values_shape: np.ndarray,
    *,
    Tvalues: DType,
) -> np.ndarray:
    shape = [int(d) for d in dense_values_shape]
    parts = []
    for item in items_of(encoded_ragged_grad):
        if isinstance(item, RaggedVariant):
            parts.append(item.values.reshape(-1, *shape[1:]))
        elif item != 0:
            raise invalid(f"Expected the gradient of a ragged tensor. Received: {item!r}")
    if not parts:
        return np.zeros(shape, Tvalues.as_numpy_dtype)
    return np.concatenate(parts).reshape(shape)


op(
    "RaggedTensorToVariantGradient",
    shape=_variant_gradient_shape,
    host=_variant_gradient,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


# ---- out of variants ----


def _from_variant_shape(c: Inference) -> list[TensorShape]:
    rank = c.attr("output_ragged_rank")
    return [TensorShape([None])] * rank + [TensorShape(None)]


def _from_variant(
    encoded_ragged: Any,
    *,
    input_ragged_rank: int,
    output_ragged_rank: int,
    Tsplits: DType,
    Tvalues: DType,
) -> tuple[list[np.ndarray], np.ndarray]:
    shape, items = encoded_shape(encoded_ragged), items_of(encoded_ragged)
    if input_ragged_rank < 0:
        input_ragged_rank = output_ragged_rank - len(shape)
        if input_ragged_rank < 0:
            raise invalid(
                "Inferred input_ragged_rank (output_ragged_rank - encoded_variant.dims()) must be "
                f">= 0, found output_ragged_rank: {output_ragged_rank}, "
                f"encoded_variant.dims(): {len(shape)}, inferred input_ragged_rank: "
                f"{input_ragged_rank}"
            )
    if output_ragged_rank != input_ragged_rank + len(shape):
        raise invalid(
            "output_ragged_rank must be equal to input_ragged_rank + encoded_ragged.dims(); "
            f"output_ragged_rank: {output_ragged_rank}, input_ragged_rank: {input_ragged_rank}, "
            f"encoded_variant.dims(): {len(shape)}."
        )
    for item in items:
        _check(item, input_ragged_rank, Tsplits, Tvalues)
    kind = np.dtype(Tsplits.as_numpy_dtype)
    if not shape:
        return [np.asarray(s, kind) for s in items[0].splits], items[0].values
    return _joined(items, shape, input_ragged_rank, kind, Tvalues)


def _check(item: Any, ragged_rank: int, splits_dtype: DType, dtype: DType) -> None:
    if not isinstance(item, RaggedVariant):
        raise invalid(
            f"Input Variant element doesn't hold a RaggedTensorVariant. Received: {item!r}"
        )
    if len(item.splits) != ragged_rank:
        raise invalid(
            f"Encoded input RaggedTensorVariant has ragged_rank={len(item.splits)}.  Expected "
            f"ragged_rank={ragged_rank}."
        )
    if item.values.dtype != dtype.as_numpy_dtype and item.values.dtype.kind != "O":
        raise invalid(
            f"Expected values Tensor dtype: {dtype.name}, found: {item.values.dtype.name}"
        )
    if item.splits and item.splits[0].dtype != splits_dtype.as_numpy_dtype:
        raise invalid(
            f"Expected row_splits Tensor dtype: {splits_dtype.name}, found: "
            f"{item.splits[0].dtype.name}"
        )


def _joined(
    items: list[RaggedVariant], shape: tuple[int, ...], depth: int, kind: np.dtype, dtype: DType
) -> tuple[list[np.ndarray], np.ndarray]:
    """The elements below each other: their dimensions, where each begins, then their own."""
    nested = [
        np.arange(int(np.prod(shape[:i])) + 1, dtype=kind) * kind.type(size)
        for i, size in enumerate(shape)
        if i
    ]
    if any(not item.splits and item.values.ndim == 0 for item in items):
        raise invalid("Ragged values must have rank >= 1; a scalar was encoded.")
    nested.append(_ends([item.rows for item in items], kind))
    for level in range(depth):
        lengths = [np.diff(item.splits[level]) for item in items]
        nested.append(_ends(np.concatenate(lengths) if lengths else [], kind))
    if not items:
        return nested, np.zeros([0], dtype.as_numpy_dtype)
    inner = items[0].values.shape[1:]
    for item in items:
        if item.values.shape[1:] != inner:
            raise invalid(
                "All flat_values must have compatible shapes. Shape at index 0: "
                f"{list(items[0].values.shape)}. Received also: {list(item.values.shape)}. If you "
                "are using tf.map_fn, then you may need to specify an explicit "
                "fn_output_signature with appropriate ragged_rank, and/or convert output tensors "
                "to RaggedTensors."
            )
    return nested, np.concatenate([item.values for item in items])


def _ends(lengths: Any, kind: np.dtype) -> np.ndarray:
    return np.concatenate([np.zeros(1, kind), np.cumsum(np.asarray(lengths, kind), dtype=kind)])


def _from_variant_grad(op: Any, *gradients: Any) -> list[Any]:
    *splits, _ = op.outputs
    encoded = op.inputs[0]
    rank = op.get_attr("output_ragged_rank")
    given = op.get_attr("input_ragged_rank")
    dims = encoded.shape.rank if given < 0 else rank - given
    return [
        raw.RaggedTensorToVariant(splits, gradients[-1], batched_input=dims != 0),
    ]


op(
    "RaggedTensorFromVariant",
    shape=_from_variant_shape,
    host=_from_variant,
    effects=PURE,
    gradient=_from_variant_grad,
)
