"""A product or convolution and what follows it become one node.

The fused ops are TensorFlow's own `_FusedMatMul` and `_FusedConv2D`, with more steps than it knows:
a bias, a factor for each channel (together a batch normalisation at inference), activations, and
the sum with an array of the same shape. They work in the memory of the product, which saves
allocating and reading an array for each step. XLA fuses products by itself, so those are for the
host; convolutions on a CPU are native kernels, which XLA takes as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.graph.passes.rewriting import Rewriter, Rule, known, rules_for
from tidefall.op import raw
from tidefall.op.op import Op
from tidefall.op.traits import ACTIVATION

_FUSED_MATMUL: Op = raw._FusedMatMul  # pyright: ignore[reportPrivateUsage]  # TensorFlow's name
_FUSED_CONV2D: Op = raw._FusedConv2D  # pyright: ignore[reportPrivateUsage]  # TensorFlow's name
_FUSED: dict[Op, Op] = {
    raw.MatMul: _FUSED_MATMUL,
    raw.Conv2D: _FUSED_CONV2D,
    raw.DepthwiseConv2dNative: _FUSED_CONV2D,
}
_PRODUCTS: frozenset[Op] = frozenset({raw.MatMul})
_CONVOLUTIONS: frozenset[Op] = frozenset({raw.Conv2D, raw.DepthwiseConv2dNative})
_NORMS = (raw.FusedBatchNorm, raw.FusedBatchNormV2, raw.FusedBatchNormV3)
_DTYPES = frozenset({dtypes.float32})
_BIAS, _FACTOR, _SUM, _SWISH = raw.BiasAdd.name, raw.Mul.name, raw.Add.name, "Swish"
"""What fused nodes call steps that are no activations of their own."""
MAX_STEPS = 16
"""Of one fused node; oneDNN takes 32."""


def fuse_products(graph: FuncGraph) -> int:
    """Fuse MatMul with what follows it.

    What is between the steps must have no other reader.
    """
    return _fuse(graph, _PRODUCTS)


def fuse_convolutions(graph: FuncGraph) -> int:
    """The same for convolutions, which also take the zeros around pictures as their own padding."""
    return _fuse(graph, _CONVOLUTIONS)


def is_convolution(node: Operation) -> bool:
    """Whether `fuse_convolutions` may change it."""
    return node.op_type in _CONVOLUTIONS


def _fuse(graph: FuncGraph, kinds: frozenset[Op]) -> int:
    if not any(node.op_type in kinds for node in graph.nodes):
        return 0
    rewriter = Rewriter(graph)
    rewriter.count_uses()
    steps = _Steps(kinds)
    rules: dict[Op, Rule] = dict.fromkeys((raw.AddV2, raw.Add, raw.BiasAdd), steps.sum)
    rules |= rules_for(graph, {ACTIVATION: steps.activation}) | {raw.Mul: steps.product}
    if kinds == _CONVOLUTIONS:
        rules |= dict.fromkeys(_NORMS, steps.norm) | dict.fromkeys(kinds, _padding)
    return rewriter.run(rules)


class _Steps:
    """Rules for what follows products of some kinds."""

    def __init__(self, kinds: frozenset[Op]):
        self.kinds = kinds | {_FUSED[kind] for kind in kinds}

    def takes(self, tensor: Any, readers: int, rewriter: Rewriter) -> bool:
        """Whether a tensor is a product with just so many readers."""
        node = tensor.op
        return (
            node.op_type in self.kinds
            and tensor.dtype in _DTYPES
            and rewriter.uses(tensor) == readers
            and not node.control_inputs
            and len(node.attrs.get("fused_ops", ())) < MAX_STEPS
            and (node.op_type is not raw.DepthwiseConv2dNative or _is_grouped(node))
        )

    def sum(self, node: Operation, rewriter: Rewriter) -> Sequence[Any] | None:
        """A bias, or an array of the same shape."""
        for product, other in self.sides(node, rewriter):
            vector = _vector(node, product, other)
            if vector is not None:
                return _followed(node, product.op, rewriter, [(_BIAS, vector)])
            if _are_alike(product, other):
                return _followed(node, product.op, rewriter, [(_SUM, other)])
        return None

    def product(self, node: Operation, rewriter: Rewriter) -> Sequence[Any] | None:
        """A factor for each channel, or swish: `x * sigmoid(x)`."""
        for x, gate in (node.inputs, node.inputs[::-1]):
            if gate.op.op_type is raw.Sigmoid and gate.op.inputs[0] is x:
                alone = rewriter.uses(gate) == 1 and not gate.op.control_inputs
                if node.control_inputs or not alone or not self.takes(x, 2, rewriter):
                    return None
                rewriter.drop(gate.op)
                return _followed(node, x.op, rewriter, [(_SWISH, None)])
        for product, other in self.sides(node, rewriter):
            vector = _vector(node, product, other)
            if vector is not None:
                return _followed(node, product.op, rewriter, [(_FACTOR, vector)])
        return None

    def activation(self, node: Operation, rewriter: Rewriter) -> Sequence[Any] | None:
        """One of the activations."""
        if node.control_inputs or not self.takes(node.inputs[0], 1, rewriter):
            return None
        inner, alpha = node.inputs[0].op, node.attrs.get("alpha")
        if raw.LeakyRelu.name in inner.attrs.get("fused_ops", ()) and alpha is not None:
            return None  # there is one alpha for all steps
        return _followed(node, inner, rewriter, [(node.type, None)], alpha)

    def norm(self, node: Operation, rewriter: Rewriter) -> Sequence[Any] | None:
        """Batch normalisation at inference, if the statistics that it hands on are not read."""
        x, scale, offset, mean, variance = node.inputs
        if node.attrs["is_training"] or any(rewriter.uses(t) for t in node.outputs[1:]):
            return None
        if node.control_inputs or not self.takes(x, 1, rewriter):
            return None
        if x.op.attrs["data_format"] != node.attrs["data_format"]:
            return None

        def add(kind: Op, *inputs: Any) -> Any:
            return rewriter.add(kind, inputs, {"T": dtypes.float32}, node).outputs[0]

        epsilon = rewriter.constant(
            np.array(node.attrs["epsilon"], np.float32), dtypes.float32, node
        )
        factor = add(raw.RealDiv, scale, add(raw.Sqrt, add(raw.AddV2, variance, epsilon)))
        steps = [(_BIAS, add(raw.Neg, mean)), (_FACTOR, factor), (_BIAS, offset)]
        rest = [mean, variance, mean, variance, mean][: len(node.outputs) - 1]
        return [*_followed(node, x.op, rewriter, steps), *rest]

    def sides(self, node: Operation, rewriter: Rewriter) -> list[tuple[Any, Any]]:
        """The product that a node takes and its other input; both ways if both are products."""
        if node.control_inputs:
            return []
        first, second = node.inputs
        both = (
            [(first, second)] if node.op_type is raw.BiasAdd else [(first, second), (second, first)]
        )
        return [(x, y) for x, y in both if x is not y and self.takes(x, 1, rewriter)]


def _vector(node: Operation, product: Any, other: Any) -> Any:
    """What has one value for each channel, in any shape, or None if it is something else."""
    layout = product.op.attrs.get("data_format", "NHWC")
    if product.shape.rank is None:
        return None
    channels = product.shape[1 if layout == "NCHW" else -1]
    if node.op_type is raw.BiasAdd:
        same = node.attrs["data_format"] == layout or product.shape.rank == 2
        return other if same and other.shape.rank == 1 else None
    if layout != "NHWC" or channels is None or not other.shape.rank:
        return None
    # Keras gives vectors leading dimensions of size 1.
    dims = other.shape.as_list()
    if dims != [1] * (len(dims) - 1) + [channels] or len(dims) > product.shape.rank:
        return None
    source = other.op.inputs[0] if other.op.op_type is raw.Reshape else other
    return source if source.shape.as_list() == [channels] else other


def _are_alike(product: Any, other: Any) -> bool:
    """Whether two pictures have one shape; how many there are may be unknown."""
    dims = product.shape.as_list() if product.shape.rank == 4 else [None]
    layout = product.op.attrs.get("data_format")
    return layout == "NHWC" and None not in dims[1:] and other.shape.as_list() == dims


def _followed(
    node: Operation,
    product: Operation,
    rewriter: Rewriter,
    steps: Sequence[tuple[str, Any]],
    alpha: float | None = None,
) -> Sequence[Any]:
    """The product with more steps, each with its argument, in the place of `node`; named for the
    product, whose errors it raises.
    """
    kind = product.op_type
    if kind in _FUSED:
        inputs, attrs = _started(product, rewriter)
    else:
        inputs, attrs = list(product.inputs), dict(product.attrs)
    args = [arg for _, arg in steps if arg is not None]
    attrs["fused_ops"] = [*attrs["fused_ops"], *(step for step, _ in steps)]
    attrs["num_args"] += len(args)
    if "TArgs" in attrs:
        attrs["TArgs"] = [*attrs["TArgs"], *(arg.dtype for arg in args)]
    if alpha is not None:
        attrs["leakyrelu_alpha"] = alpha
    rewriter.drop(product)
    new = rewriter.add(_FUSED.get(kind, kind), [*inputs, *args], attrs, product)
    new.outputs[0].set_shape(node.outputs[0].shape)
    return new.outputs


def _started(product: Operation, rewriter: Rewriter) -> tuple[list[Any], dict[str, Any]]:
    """Inputs and attributes of a fused node without a step yet."""
    a, inputs = product.attrs, list(product.inputs)
    attrs: dict[str, Any] = {"T": a["T"], "num_args": 0, "fused_ops": []}
    if product.op_type is raw.MatMul:
        return inputs, attrs | {key: a[key] for key in ("transpose_a", "transpose_b")}
    names = ("strides", "padding", "explicit_paddings", "data_format", "dilations")
    attrs |= {key: a[key] for key in names} | {"TArgs": [], "num_host_args": 0}
    if product.op_type is raw.DepthwiseConv2dNative:
        inputs[1] = _grouped(product, rewriter)
    return inputs, attrs


# ---- depthwise convolutions, as convolutions in groups ----


def _is_grouped(product: Operation) -> bool:
    """Whether it is known that the filter fits the channels: in groups, more would do."""
    x, w = (t.shape.as_list() if t.shape.rank == 4 else [None] * 4 for t in product.inputs)
    channels = x[1 if product.attrs["data_format"] == "NCHW" else 3]
    return None not in w and channels == w[2]


def _grouped(product: Operation, rewriter: Rewriter) -> Any:
    """The filter, with one channel for each group."""
    w = product.inputs[1]
    *window, channels, multiplier = np.array(w.shape.as_list(), np.int32)
    dims = np.array([*window, 1, channels * multiplier], np.int32)
    shape = rewriter.constant(dims, dtypes.int32, product)
    attrs = {"T": w.dtype, "Tshape": dtypes.int32}
    return rewriter.add(raw.Reshape, [w, shape], attrs, product).outputs[0]


# ---- padding ----


def _padding(node: Operation, rewriter: Rewriter) -> Sequence[Any] | None:
    """Zeros around pictures that nobody else reads become padding of the convolution."""
    padded, w = node.inputs
    pad = padded.op
    if pad.op_type is not raw.Pad or rewriter.uses(padded) != 1 or node.attrs["padding"] == "SAME":
        return None
    if node.control_inputs or pad.control_inputs:
        return None
    widths = known(pad.inputs[1])
    first = node.attrs["data_format"] == "NCHW"
    if widths is None or widths.shape != (4, 2) or widths.min() < 0:
        return None
    if widths[0].any() or widths[1 if first else 3].any():
        return None
    own = node.attrs["explicit_paddings"] or [0] * 8
    total = [int(a + b) for a, b in zip(widths.ravel(), own, strict=True)]
    attrs = {**node.attrs, "padding": "EXPLICIT", "explicit_paddings": total}
    rewriter.drop(pad)
    return rewriter.instead(node, node.op_type, [pad.inputs[0], w], attrs)
