"""A product or convolution, the bias added to it and the activation after it become one node.

The fused ops are TensorFlow's own `_FusedMatMul` and `_FusedConv2D`. They add and activate in the
memory of the product, which saves allocating and reading an array for each step. XLA fuses products
by itself, so those are for the host; convolutions on a CPU are native kernels, which XLA takes as
they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from tidefall.core import dtypes
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.graph import Operation
from tidefall.graph.passes.rewriting import Rewriter

ACTIVATIONS = frozenset({"Relu", "Relu6", "Elu", "LeakyRelu", "Sigmoid", "Tanh"})
_FUSED = {"MatMul": "_FusedMatMul", "Conv2D": "_FusedConv2D"}
_SUMS = ("AddV2", "Add", "BiasAdd")
_DTYPES = frozenset({dtypes.float32})


def fuse_products(graph: FuncGraph) -> int:
    """Fuse MatMul, BiasAdd (or an addition of a vector) and an activation.

    What is between them must have no other reader.
    """
    return _fuse(graph, "MatMul")


def fuse_convolutions(graph: FuncGraph) -> int:
    """The same for Conv2D."""
    return _fuse(graph, "Conv2D")


def is_convolution(node: Operation) -> bool:
    """Whether `fuse_convolutions` may change it."""
    return node.op_type.name == "Conv2D"


def _fuse(graph: FuncGraph, kind: str) -> int:
    if not any(node.op_type.name == kind for node in graph.nodes):
        return 0
    rewriter = Rewriter(graph)
    rewriter.count_uses()
    rules = dict.fromkeys(_SUMS, partial(_bias, kind)) | dict.fromkeys(ACTIVATIONS, _activation)
    return rewriter.run(rules)


def _bias(fused: str, node: Operation, rewriter: Rewriter) -> Sequence[Any] | None:
    product, bias = node.inputs
    if node.op_type.name != "BiasAdd" and product.op.op_type.name != fused:
        product, bias = bias, product
    inner = product.op
    if inner.op_type.name != fused or product.dtype not in _DTYPES or rewriter.uses(product) != 1:
        return None
    if node.control_inputs or inner.control_inputs:
        return None
    bias = _vector(node, product, bias)
    if bias is None:
        return None
    return _instead(node, inner, rewriter, _FUSED[fused], *_fused(inner, bias))


def _instead(
    node: Operation, product: Operation, rewriter: Rewriter, kind: str, inputs: Any, attrs: Any
) -> Sequence[Any]:
    """A fused node in the place of `node`, named for the product, whose errors it raises."""
    rewriter.drop(product)
    new = rewriter.add(kind, inputs, attrs, product)
    out = new.outputs[0]
    out._shape = out.shape.merge_with(node.outputs[0].shape)
    return new.outputs


def _vector(node: Operation, product: Any, bias: Any) -> Any:
    """The bias as a vector along the channels, or None if it is something else."""
    layout = product.op.attrs.get("data_format", "NHWC")
    if product.shape.rank is None:
        return None
    channels = product.shape[1 if layout == "NCHW" else -1]
    if node.op_type.name == "BiasAdd":
        same = node.attrs["data_format"] == layout or product.shape.rank == 2
        return bias if same and bias.shape.rank == 1 else None
    if layout != "NHWC" or channels is None:
        return None
    if bias.shape.rank is not None and bias.shape.rank > 1 and bias.op.op_type.name == "Reshape":
        # Keras gives the bias leading dimensions of size 1.
        dims = bias.shape.as_list()
        if dims != [1] * (len(dims) - 1) + [channels] or len(dims) > product.shape.rank:
            return None
        bias = bias.op.inputs[0]
    return bias if bias.shape.rank == 1 and bias.shape[0] == channels else None


def _fused(inner: Operation, bias: Any) -> tuple[list[Any], dict[str, Any]]:
    a = inner.attrs
    attrs: dict[str, Any] = {"T": a["T"], "num_args": 1, "fused_ops": ["BiasAdd"]}
    if inner.op_type.name == "MatMul":
        attrs |= {key: a[key] for key in ("transpose_a", "transpose_b")}
    else:
        names = ("strides", "padding", "explicit_paddings", "data_format", "dilations")
        attrs |= {key: a[key] for key in names}
        attrs |= {"TArgs": [bias.dtype], "num_host_args": 0}
    return [*inner.inputs, bias], attrs


def _activation(node: Operation, rewriter: Rewriter) -> Sequence[Any] | None:
    source = node.inputs[0]
    inner = source.op
    if inner.op_type.name not in _FUSED.values() or rewriter.uses(source) != 1:
        return None
    if node.control_inputs or inner.attrs["fused_ops"] != ["BiasAdd"]:
        return None
    attrs = dict(inner.attrs)
    attrs["fused_ops"] = ["BiasAdd", node.op_type.name]
    if node.op_type.name == "LeakyRelu":
        attrs["leakyrelu_alpha"] = node.attrs["alpha"]
    return _instead(node, inner, rewriter, inner.op_type.name, inner.inputs, attrs)
