"""Branches and loops."""

from __future__ import annotations

from typing import Any

import numpy as np

import tidefall as tf
from tidefall.export.onnx.importer.registry import Call, CannotImport, dims_of, onnx_op
from tidefall.graph.static_values import static_value


def _known_scalar(value: Any) -> Any:
    if value is None:
        return None
    found = value if isinstance(value, np.ndarray) else static_value(value)
    return None if found is None else np.asarray(found).reshape(()).item()


@onnx_op("If")
def _if(c: Call) -> Any:
    branches = c.attr("then_branch"), c.attr("else_branch")
    known = _known_scalar(c[0])
    if known is not None:
        return c.execution.run(branches[0 if known else 1], [], c.scope)

    def runs(graph: Any) -> Any:
        return lambda: [tf.convert_to_tensor(v) for v in c.execution.run(graph, [], c.scope)]

    return tf.cond(tf.reshape(c[0], []), runs(branches[0]), runs(branches[1]))


@onnx_op("Loop")
def _loop(c: Call) -> Any:
    body = c.attr("body")
    count, go, starts = c.get(0), c.get(1), list(c.inputs[2:])
    number = _known_scalar(count)
    scans = len(body.output) - 1 - len(starts)
    if any(isinstance(v, list) or v is None for v in starts) or (
        number is not None and number == 0
    ):
        return _unrolled(c, body, number, go, starts, scans)
    starts = [tf.convert_to_tensor(v) for v in starts]
    most = np.iinfo(np.int64).max if count is None else tf.cast(tf.reshape(count, []), tf.int64)
    alive = tf.constant(True) if go is None else tf.reshape(go, [])
    kinds = _scan_kinds(c, body, starts, scans)
    lists = [tf.TensorArray(k, 0, dynamic_size=True, infer_shape=False) for k, _ in kinds]

    def cond(i: Any, go: Any, values: Any, arrays: Any) -> Any:
        return tf.logical_and(go, i < most)

    def step(i: Any, go: Any, values: Any, arrays: Any) -> Any:
        found = c.execution.run(body, [i, go, *values], c.scope)
        new = [tf.convert_to_tensor(v) for v in found[1 : 1 + len(starts)]]
        added = [
            a.write(tf.cast(i, tf.int32), v)
            for a, v in zip(arrays, found[1 + len(starts) :], strict=True)
        ]
        return i + 1, tf.reshape(tf.convert_to_tensor(found[0]), []), new, added

    shapes = [tf.TensorShape([None] * len(v.shape)) for v in starts]
    free = [tf.TensorShape(None)] * len(lists)
    _, _, values, arrays = tf.while_loop(
        cond, step, [tf.constant(0, tf.int64), alive, starts, lists],
        shape_invariants=[tf.TensorShape([]), tf.TensorShape([]), shapes, free],
    )  # fmt: skip
    stacked = [
        tf.ensure_shape(a.stack(), [None, *dims])
        for a, (_, dims) in zip(arrays, kinds, strict=True)
    ]
    return [*values, *stacked]


def _scan_kinds(c: Call, body: Any, starts: list[Any], scans: int) -> list[tuple[Any, Any]]:
    """Dtypes and sizes of what rounds give, found by tracing one."""
    if not scans:
        return []

    def once(*values: Any) -> Any:
        found = c.execution.run(body, values, c.scope)
        return [tf.convert_to_tensor(v) for v in found[len(found) - scans :]]

    specs = [tf.TensorSpec([], tf.int64), tf.TensorSpec([], tf.bool)]
    specs += [tf.TensorSpec([None] * len(v.shape), v.dtype) for v in starts]
    graph = tf.function(once, autograph=False).get_concrete_function(*specs)
    return [(t.dtype, t.shape.as_list() if t.shape.rank is not None else [])
            for t in graph.outputs[:scans]]  # fmt: skip


def _unrolled(c: Call, body: Any, number: Any, go: Any, values: list[Any], scans: int) -> Any:
    """A loop over lists, whose rounds are counted beforehand."""
    if number is None:
        raise CannotImport(
            "it carries a sequence, and its rounds are only known when the model runs"
        )
    collected: list[list[Any]] = [[] for _ in range(scans)]
    alive = True if go is None else _known_scalar(go)
    for i in range(number):
        if alive is None:
            raise CannotImport(
                "it carries a sequence, and its end is only known when the model runs"
            )
        if not alive:
            break
        found = c.execution.run(body, [np.array(i, np.int64), np.array(True), *values], c.scope)
        alive, values = _known_scalar(found[0]), found[1 : 1 + len(values)]
        for items, value in zip(collected, found[1 + len(values) :], strict=True):
            items.append(value)
    stacked = [tf.stack(items) if items else _nothing(body.output[len(body.output) - scans + k])
               for k, items in enumerate(collected)]  # fmt: skip
    return [*values, *stacked]


def _nothing(info: Any) -> Any:
    from tidefall.export.onnx.importer.values import tensor_dtype

    tensor = info.type.tensor_type
    dims = [d.dim_value for d in tensor.shape.dim]
    return tf.zeros([0, *dims], tensor_dtype(tensor.elem_type))


@onnx_op("Scan")
def _scan(c: Call) -> Any:
    body, count = c.attr("body"), c.attr("num_scan_inputs")
    inputs = list(c.inputs)
    if c.opset < 9:
        raise CannotImport("Scan of opset 8 has a batch")
    states, given = inputs[: len(inputs) - count], inputs[len(inputs) - count :]
    outs = len(body.output) - len(states)
    axes = c.attr("scan_input_axes", [0] * count)
    back = c.attr("scan_input_directions", [0] * count)
    out_axes, out_back = (
        c.attr("scan_output_axes", [0] * outs),
        c.attr("scan_output_directions", [0] * outs),
    )
    rounds = {dims_of(v)[a] for v, a in zip(given, axes, strict=True)}
    if len(rounds) != 1 or None in rounds:
        raise CannotImport("the number of its rounds is only known when the model runs")
    (number,) = rounds
    parts = [
        tf.unstack(tf.convert_to_tensor(v), number, a) for v, a in zip(given, axes, strict=True)
    ]
    parts = [p[::-1] if b else p for p, b in zip(parts, back, strict=True)]
    collected: list[list[Any]] = [[] for _ in range(outs)]
    for i in range(int(number or 0)):
        found = c.execution.run(body, [*states, *(p[i] for p in parts)], c.scope)
        states = found[: len(states)]
        for items, value in zip(collected, found[len(states) :], strict=True):
            items.append(value)
    return [
        *states,
        *(
            tf.stack(items[::-1] if b else items, a)
            for items, b, a in zip(collected, out_back, out_axes, strict=True)
        ),
    ]
