"""Nodes without builtins: TensorFlow's own op by the Flex delegate, or a custom operator."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from tidefall.base import dtypes
from tidefall.graph.codec.graph_def import node_to_proto
from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Operator, Value
from tidefall.lite.converter.lowering.builder import Builder, lite_dtype


class Fallback:
    """What a converter may use beside builtins.

    Args:
        flex: whether TensorFlow's ops may be used.
        custom: whether custom operators may be.
        user_ops: names of TensorFlow ops that the runtime knows beside its own.
    """

    def __init__(self, flex: bool, custom: bool, user_ops: Collection[str] = ()):
        self.flex, self.custom, self.user_ops = flex, custom, user_ops
        self.used: list[tuple[str, str, str]] = []

    def __call__(self, b: Builder, node: Operation, inputs: list[Any]) -> list[Value] | None:
        """Operators for a node, or None if there may be none."""
        if not (self.flex or self.custom) or any(
            t.dtype in (dtypes.resource, dtypes.variant) for t in (*node.inputs, *node.outputs)
        ):
            return None
        if any(t.shape.rank is None for t in node.outputs):
            return None
        outputs = [Value(b.name, lite_dtype(t.dtype), b.dims(t)) for t in node.outputs]
        if self.flex:
            code, options = f"Flex{node.type}", _flex_options(node)
        else:
            code, options = node.type, _custom_options(node)
        b.subgraph.operators.append(
            Operator(code, inputs, outputs, layer=b.name, line=b.line, custom=options)
        )
        self.used.append((code, b.name, b.line))
        return outputs


def _flex_options(node: Operation) -> bytes:
    from flatbuffers import flexbuffers

    message = node_to_proto(node)
    del message.input[:]
    builder: Any = flexbuffers.Builder()
    with builder.Vector():
        builder.String(node.type)
        builder.Blob(message.SerializeToString())
    return bytes(builder.Finish())


def _custom_options(node: Operation) -> bytes:
    from flatbuffers import flexbuffers

    builder: Any = flexbuffers.Builder()
    with builder.Map():
        for name, value in sorted(node.attrs.items()):
            if name.startswith("_"):
                continue
            builder.Key(name)
            if isinstance(value, bool):
                builder.Bool(value)
            elif isinstance(value, int):
                builder.Int(value)
            elif isinstance(value, float):
                builder.Float(value)
            elif isinstance(value, str):
                builder.String(value)
            elif hasattr(value, "as_datatype_enum"):
                builder.Int(value.as_datatype_enum)
            else:
                builder.String(str(value))
    return bytes(builder.Finish())
