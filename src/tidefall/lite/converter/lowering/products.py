"""Matrix products: fully connected where one factor is constant, batched otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Value
from tidefall.lite.converter.lowering.builder import Builder, broadcast
from tidefall.lite.converter.lowering.registry import CannotLower, lower
from tidefall.op import raw


def product(
    b: Builder, x: Value, y: Value, shape: Any, adj_x: bool = False, adj_y: bool = False
) -> Value:
    """x @ y.

    Args:
        x: [..., m, k], or [..., k, m] with `adj_x`.
        y: [..., k, n], or [..., n, k] with `adj_y`.
        shape: the output's sizes.
    """
    if x.dtype != np.float32:
        raise CannotLower(f"LiteRT has no product of {x.dtype}")
    weights = y
    while weights.data is not None and weights.rank > 2 and weights.shape[0] == 1:
        weights = b.const(weights.data[0])
    if weights.data is not None and weights.rank == 2:
        if adj_x:
            x = b.transpose(x, [*range(x.rank - 2), x.rank - 1, x.rank - 2])
        data = weights.data if adj_y else weights.data.T
        rows = b.const(np.ascontiguousarray(data))
        keep = x.rank > 2
        return b.op("FULLY_CONNECTED", [x, rows, None], shape, keep_num_dims=keep)
    if x.data is not None and x.rank == 2 and y.rank == 2 and y.data is None:
        # (x y)' = y' x': the constant factor becomes the weights.
        other = y if adj_y else b.transpose(y, [1, 0])
        data = x.data.T if adj_x else x.data
        turned = b.op(
            "FULLY_CONNECTED", [other, b.const(np.ascontiguousarray(data)), None],
            [shape[1], shape[0]], keep_num_dims=False,
        )  # fmt: skip
        return b.transpose(turned, [1, 0])
    return b.op("BATCH_MATMUL", [x, y], shape, adj_x=adj_x, adj_y=adj_y)


@lower(raw.MatMul)
def _matmul(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, y = inputs
    a = node.attrs
    return product(b, x, y, b.dims(node.outputs[0]), a["transpose_a"], a["transpose_b"])


@lower(raw.BatchMatMul, raw.BatchMatMulV2, raw.BatchMatMulV3)
def _batch_matmul(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, y = inputs
    a = node.attrs
    return product(b, x, y, b.dims(node.outputs[0]), a["adj_x"], a["adj_y"])


@lower(raw.Einsum)
def _einsum(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    equation = node.attrs["equation"].replace(" ", "")
    left, _, out = equation.partition("->")
    terms = left.split(",")
    ranks = [v.rank for v in inputs]
    terms, out = _without_ellipsis(terms, out, ranks)
    if any(len(set(t)) != len(t) for t in (*terms, out)):
        raise CannotLower("its equation takes a diagonal")
    if len(terms) == 1:
        return _single(b, inputs[0], terms[0], out)
    if len(terms) != 2:
        raise CannotLower("its equation has more than two terms")
    return _pair(b, inputs, terms, out)


def _without_ellipsis(terms: list[str], out: str, ranks: list[int]) -> tuple[list[str], str]:
    if not any("..." in t for t in (*terms, out)):
        return terms, out
    free = [c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if c not in "".join(terms) + out]
    count = max(r - len(t) + 3 for t, r in zip(terms, ranks, strict=True) if "..." in t)
    names = "".join(free[:count])
    new: list[str] = []
    for t, r in zip(terms, ranks, strict=True):
        n = r - len(t) + 3
        new.append(t.replace("...", names[count - n :] if n else ""))
    return new, out.replace("...", names)


def _single(b: Builder, x: Value, term: str, out: str) -> Value:
    gone = [i for i, c in enumerate(term) if c not in out]
    if gone:
        dims = [d for i, d in enumerate(x.shape) if i not in gone]
        x = b.op("SUM", [x, b.const(gone, np.int32)], dims, keep_dims=False)
        term = "".join(c for c in term if c in out)
    return b.transpose(x, [term.index(c) for c in out])


def _pair(b: Builder, inputs: list[Value], terms: list[str], out: str) -> Value:
    """Two terms as one batched product: [batch, m, k] x [batch, k, n] -> [batch, m, n]."""
    (x, y), (s, t) = inputs, terms
    for position, (own, other) in enumerate([(s, t), (t, s)]):
        alone = "".join(c for c in own if c not in other and c not in out)
        if alone:
            kept = "".join(c for c in own if c not in alone)
            made = _single(b, (x, y)[position], own, kept)
            if position:
                y, t = made, kept
            else:
                x, s = made, kept
    size: dict[str, Any] = {}
    for value, term in ((x, s), (y, t)):
        for axis, (c, d) in enumerate(zip(term, value.shape, strict=True)):
            if c not in size or (size[c][0] is None and d is not None) or size[c][0] == 1:
                size[c] = (d, value, axis)
    batch = [c for c in s if c in t and c in out]
    inner = [c for c in s if c in t and c not in out]
    rows = [c for c in s if c not in t]
    columns = [c for c in t if c not in s]
    # Letters in the order of the output, so that few transposes are needed.
    batch.sort(key=out.index)
    rows.sort(key=out.index)
    columns.sort(key=out.index)

    def dims(letters: list[str]) -> list[Any]:
        return [size[c][0] for c in letters]

    def flat(letters: list[str]) -> int | None:
        sizes = dims(letters)
        return None if None in sizes else int(np.prod(sizes, dtype=np.int64))

    if y.data is not None and not batch:
        # Constant weights: rows may be many dimensions.
        weights = y.data.transpose([t.index(c) for c in (*columns, *inner)])
        weights = weights.reshape(flat(columns) or 1, -1)
        x = b.transpose(x, [s.index(c) for c in (*rows, *inner)])
        x = _reshaped(b, x, size, [*rows, inner])
        made = b.op(
            "FULLY_CONNECTED", [x, b.const(np.ascontiguousarray(weights)), None],
            [*dims(rows), flat(columns)], keep_num_dims=len(rows) != 1,
        )  # fmt: skip
        made = _reshaped(b, made, size, [*rows, *columns])
        order = [*rows, *columns]
        return b.transpose(made, [order.index(c) for c in out])
    x = b.transpose(x, [s.index(c) for c in (*batch, *rows, *inner)])
    y_order = (
        [*batch, *columns, *inner]
        if _keeps_order(t, [*batch, *columns, *inner])
        else [*batch, *inner, *columns]
    )
    adj_y = (
        y_order[-len(inner) :] == inner
        and bool(inner)
        and bool(columns)
        and y_order != [*batch, *inner, *columns]
    )
    y = b.transpose(y, [t.index(c) for c in y_order])
    x = _reshaped(b, x, size, [*batch, rows, inner])
    y = _reshaped(b, y, size, [*batch, columns, inner] if adj_y else [*batch, inner, columns])
    lead = broadcast(x.shape[:-2], y.shape[:-2])
    made = b.op(
        "BATCH_MATMUL", [x, y], [*lead, flat(rows), flat(columns)], adj_x=False, adj_y=adj_y
    )
    made = _reshaped(b, made, size, [*batch, *rows, *columns])
    order = [*batch, *rows, *columns]
    return b.transpose(made, [order.index(c) for c in out])


def _keeps_order(term: str, letters: list[str]) -> bool:
    return [c for c in term if c in letters] == letters


def _reshaped(b: Builder, x: Value, size: dict[str, Any], groups: list[Any]) -> Value:
    """x with one dimension for each group of letters."""
    target: list[int | None] = []
    items: list[Any] = []
    for group in groups:
        total, factors = 1, []
        for c in group:
            d, value, axis = size[c]
            if d is None:
                factors.append((value, axis))
            else:
                total *= d
        target.append(None if factors else total)
        items.append((total, factors))
    if len(target) == x.rank and tuple(target) == x.shape:
        return x
    if target.count(None) < 2:
        return b.reshape(x, target)
    numbers: list[Any] = []
    for total, factors in items:
        found: Any = total
        for value, axis in factors:
            one = b.size(value, axis)
            found = one if found == 1 else b.binary("MUL", one, found)
        numbers.append(found)
    return b.reshape(x, target, b.vector(numbers))
