"""Reductions, and choices of elements by their order."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Value
from tidefall.lite.converter.lowering.builder import Builder, lite_dtype
from tidefall.lite.converter.lowering.registry import FACET, CannotLower, Rule, lower
from tidefall.op import raw
from tidefall.op.registry import register_facet


def _reduction(code: str) -> Rule:
    def rule(b: Builder, node: Operation, inputs: list[Any]) -> Value:
        x, axes = inputs
        if axes.data is None:
            raise CannotLower("its axes are not known when converting")
        chosen = sorted({int(a) % max(x.rank, 1) for a in np.asarray(axes.data).reshape(-1)})
        if not chosen:
            return x
        kept = bool(node.attrs["keep_dims"])
        return b.like(code, [x, b.const(chosen, np.int32)], node, keep_dims=kept)

    return rule


_TABLE: dict[Any, Rule] = {
    raw.All: _reduction("REDUCE_ALL"),
    raw.Any: _reduction("REDUCE_ANY"),
    raw.Max: _reduction("REDUCE_MAX"),
    raw.Mean: _reduction("MEAN"),
    raw.Min: _reduction("REDUCE_MIN"),
    raw.Prod: _reduction("REDUCE_PROD"),
    raw.Sum: _reduction("SUM"),
}
register_facet(FACET, _TABLE)


def _extreme(code: str) -> Rule:
    def rule(b: Builder, node: Operation, inputs: list[Any]) -> Value:
        x, axis = inputs
        if axis.data is None:
            raise CannotLower("its axis is not known when converting")
        place = b.const(int(axis.data) % x.rank, np.int32)
        if x.dtype == np.bool_:
            x = b.cast(x, np.int32)
        dtype = lite_dtype(node.outputs[0].dtype)
        return b.like(code, [x, place], node, output_type=dtype)

    return rule


register_facet(FACET, {raw.ArgMax: _extreme("ARG_MAX"), raw.ArgMin: _extreme("ARG_MIN")})


@lower(raw.TopKV2, raw.TopK)
def _top_k(b: Builder, node: Operation, inputs: list[Any]) -> list[Value]:
    x = inputs[0]
    k = inputs[1] if len(inputs) > 1 else b.const(node.attrs["k"], np.int32)
    values, indices = node.outputs
    made = [Value(b.name, x.dtype, b.dims(values)), Value(b.name, np.int32, b.dims(indices))]
    b.add("TOPK_V2", [x, b.cast(k, np.int32)], made)
    if lite_dtype(indices.dtype) != np.int32:
        made[1] = b.cast(made[1], lite_dtype(indices.dtype))
    return made


@lower(raw.Where)
def _where(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.like("WHERE", inputs, node)


@lower(raw.Unique)
def _unique(b: Builder, node: Operation, inputs: list[Any]) -> list[Value]:
    values, places = node.outputs
    made = [
        Value(b.name, inputs[0].dtype, b.dims(values)),
        Value(b.name, lite_dtype(places.dtype), b.dims(places)),
    ]
    b.add("UNIQUE", inputs, made, idx_out_type=made[1].dtype)
    return made


@lower(raw.SegmentSum)
def _segment_sum(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return b.like("SEGMENT_SUM", inputs, node)


def _unsorted(code: str) -> Rule:
    def rule(b: Builder, node: Operation, inputs: list[Any]) -> Value:
        return b.like(code, [inputs[0], *(b.cast(v, np.int32) for v in inputs[1:])], node)

    return rule


register_facet(
    FACET,
    {
        raw.UnsortedSegmentMax: _unsorted("UNSORTED_SEGMENT_MAX"),
        raw.UnsortedSegmentMin: _unsorted("UNSORTED_SEGMENT_MIN"),
        raw.UnsortedSegmentProd: _unsorted("UNSORTED_SEGMENT_PROD"),
        raw.UnsortedSegmentSum: _unsorted("UNSORTED_SEGMENT_SUM"),
    },
)
