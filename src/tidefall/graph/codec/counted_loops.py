"""Loops as TensorFlow writes them: their first two variables count the iterations and bound them.

TensorFlow's gradient of a While node takes these two for granted. Loops that are traced here do not
have them, so they get them in files; a loop that was read from a file keeps its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.dtypes import int32
from tidefall.graph.codec.attributes import write_attrs
from tidefall.graph.operation import Operation
from tidefall.op import raw
from tidefall.op.traits import LOOP

COUNTER, LIMIT = "loop_counter", "maximum_iterations"
ADDED = 2
"""How many variables are added."""


def lacks_counter(node: Operation) -> bool:
    """Whether a node is a loop without a counter in front."""
    if LOOP not in node.op_type.traits:
        return False
    body = node.attrs["body"].graph
    first = body.inputs[:ADDED]
    if len(first) < ADDED or any(t.dtype != int32 or t.shape.rank not in (0, None) for t in first):
        return True
    result = body.outputs[0].op
    while result.op_type is raw.Identity:
        result = result.inputs[0].op
    is_counted = result.op_type is raw.AddV2 and result.inputs[0] is first[0]
    return not (is_counted and COUNTER in first[0].op.name)


def add_start(proto: Any, names: list[str]) -> list[str]:
    """Add the constants that a loop starts from; returns what inputs call them.

    Args:
        proto: the FunctionDef with the loop.
        names: names for them.
    """
    for name, value in zip(names, (0, -1), strict=True):  # -1: accumulators may grow
        _add_constant(proto, name, value)
    return [f"{name}:output:0" for name in names]


def add_arguments(proto: Any, names: list[str]) -> None:
    """Add the two variables to the arguments of a loop's condition or body."""
    for name in names:
        proto.signature.input_arg.add(name=name, type=int32.as_datatype_enum)


def add_results(proto: Any, names: list[str], counted: str) -> None:
    """Let a loop's body return the two variables, the first one more than it was.

    Args:
        proto: the FunctionDef of the body, whose other results are not there yet.
        names: its two arguments.
        counted: a name for the node that counts.
    """
    _add_constant(proto, f"{counted}/y", 1)
    node = proto.node_def.add(name=counted, op="AddV2", input=[names[0], f"{counted}/y:output:0"])
    node.attr["T"].type = int32.as_datatype_enum
    for name, source in zip(names, (f"{counted}:z:0", names[1]), strict=True):
        proto.signature.output_arg.add(name=name, type=int32.as_datatype_enum)
        proto.ret[name] = source


def counted_attrs(node: Operation) -> dict[str, Any]:
    """The attributes of a loop with the two variables."""
    attrs = dict(node.attrs)
    attrs.pop("_num_original_outputs", None)  # which a loop that was read from a file may have
    attrs["T"] = [int32] * ADDED + list(attrs["T"])
    if attrs.get("output_shapes"):
        attrs["output_shapes"] = [()] * ADDED + list(attrs["output_shapes"])
    return attrs


def _add_constant(proto: Any, name: str, value: int) -> None:
    node = proto.node_def.add(name=name, op="Const")
    attrs = {"dtype": int32, "value": np.array(value, np.int32)}
    write_attrs(node, raw.Const.definition, attrs, str)
