"""Nodes of a graph: `tf.Operation`."""

from __future__ import annotations

from traceback import FrameSummary
from typing import TYPE_CHECKING, Any

import numpy as np

from tidefall.base.dtypes import DType
from tidefall.base.errors import OpError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.type_guards import is_list
from tidefall.graph.sessions import session_for
from tidefall.graph.static_values import GraphInference
from tidefall.graph.user_code import user_frame
from tidefall.op.definition import Attrs
from tidefall.op.op import Op
from tidefall.tensor.tensor import NOT_ASKED, SymbolicTensor

if TYPE_CHECKING:
    from tidefall.graph.graph import Graph


@export("Operation")
class Operation:
    """A node of a graph: an op, its inputs and attributes, and its outputs.

    What a node keeps between runs is not part of it but of a `RunState`.

    Attributes:
        number: the version of its graph when it was added.
        backward: the gradient function that this node came with, instead of its op's.
        takes_missing_gradients: whether `backward` takes None for outputs without a gradient.
        traced_gradient: `backward` as a graph, once it was traced.
        needed: which inputs a gradient is asked for, while it is computed.
        residuals: for a loop which of its outputs holds the values of a tensor of its body.
        origin: for a copy made by the optimizer the traced node, behind the calls it was inlined
            from; empty for a node that belongs to no traced one. None for a traced node.
        inlined_from: ids of the graphs that it was inlined from.
        short_value: a constant's array and the message it was read from, if that is shorter.
        full_type: the FullTypeDef that somebody set.

    >>> import tidefall as tf
    >>> with tf.Graph().as_default():
    ...     x = tf.constant(1.0, name='x')
    >>> x.op.name, x.op.type
    ('x', 'Const')
    """

    # Users may set attributes of their own, as TensorFlow lets them; none of ours are kept there.
    __slots__ = (
        "__dict__",
        "__weakref__",
        "attrs",
        "backward",
        "control_inputs",
        "device",
        "frame",
        "full_type",
        "graph",
        "inlined_from",
        "inputs",
        "name",
        "needed",
        "number",
        "op_type",
        "origin",
        "outputs",
        "residuals",
        "short_value",
        "takes_missing_gradients",
        "traced_gradient",
    )

    def __init__(
        self,
        graph: Graph,
        name: str,
        op_type: Op,
        inputs: list[SymbolicTensor],
        attrs: Attrs,
        control_inputs: list[Operation],
        device: str = "",
        frame: Any = NOT_ASKED,
    ):
        self.graph = graph
        self.name = name
        self.op_type = op_type
        self.inputs = inputs
        self.attrs = attrs
        self.control_inputs = control_inputs
        self.device = device
        self.outputs: list[SymbolicTensor] = []
        if frame is NOT_ASKED:
            frame = user_frame(graph.traced_in) if graph.notes_lines else None
        self.frame = frame
        self.number = 0
        self.backward: Any = None
        self.takes_missing_gradients = False
        self.traced_gradient: Any = None
        self.needed: list[bool] | None = None
        self.residuals: dict[int | None, int] | None = None
        self.origin: Site | None = None
        self.inlined_from: tuple[int, ...] = ()
        self.short_value: Any = None
        self.full_type: Any = None

    @property
    def site(self) -> Site:
        """What tells this node from all others that a program runs: the traced nodes of the calls
        that lead to it, and its own."""
        origin = self.origin
        return (self,) if origin is None else origin

    @property
    def type(self) -> str:
        """Name of the op."""
        return self.op_type.name

    @property
    def user_line(self) -> str:
        """`file:line` of the user's code that made this node, or an empty string."""
        return f"{self.frame[0]}:{self.frame[1]}" if self.frame else ""

    # ---- attributes ----

    def get_attr(self, name: str) -> Any:
        """Value of an attribute: a tensor, shape or function comes as its message.

        Raises:
            ValueError: if the node has no attribute of that name.
        """
        try:
            value = self.attrs[name]
        except KeyError:
            raise ValueError(f"Operation '{self.name}' has no attr named '{name}'.") from None
        if isinstance(value, str):
            return value.encode()
        if isinstance(value, (np.ndarray, TensorShape)) or hasattr(value, "graph"):
            from tidefall.graph.codec.attributes import plain_to_proto, value_of_proto

            return value_of_proto(plain_to_proto(value, self.attrs.get("dtype")))
        if hasattr(value, "WhichOneof"):
            from tidefall.graph.codec.attributes import value_of_proto

            return value_of_proto(value)
        if is_list(value) and value and isinstance(value[0], (str, TensorShape)):
            return [v.encode() if isinstance(v, str) else v.as_proto() for v in value]
        return value

    def _set_attr(self, name: str, value: Any) -> None:
        """Set an attribute from its AttrValue message."""
        from tidefall.graph.codec.attributes import attr_from_proto

        definition = self.op_type.definition.attrs.get(name)
        self.attrs[name] = (
            value if definition is None else attr_from_proto(definition.kind, value, str)
        )

    def colocation_groups(self) -> list[bytes]:
        """The groups of nodes that this one lives with; by default one of its own."""
        if "_class" in self.attrs:
            found = [g for g in self.get_attr("_class") if g.startswith(b"loc:@")]
            if found:
                return found
        return [colocation_group(self.name)]

    # ---- running, and what TensorFlow's programs ask ----

    def values(self) -> tuple[SymbolicTensor, ...]:
        """The outputs."""
        return tuple(self.outputs)

    def run(self, feed_dict: Any = None, session: Any = None) -> None:
        """Run this node in a session.

        Args:
            feed_dict: values for tensors of the graph.
            session: the session; the default one if None.

        Raises:
            ValueError: if there is no session, or it runs another graph.
        """
        session_for(session, self.graph, "execute operation", "run").run(self, feed_dict)

    @property
    def op_def(self) -> Any:
        """The OpDef message of the node's op."""
        from tidefall.graph.codec.op_messages import op_def_message

        return op_def_message(self.op_type.name)

    @property
    def node_def(self) -> Any:
        """The NodeDef message of the node."""
        from tidefall.graph.codec.graph_def import node_to_proto

        return node_to_proto(self)

    @property
    def traceback(self) -> list[FrameSummary]:
        """Where the user's code made the node, if known."""
        if self.frame is None:
            return []
        file, line, name = self.frame
        return [FrameSummary(file, line, name, lookup_line=False)]

    # ---- changing ----

    def _add_control_input(self, op: Any) -> None:
        self._add_control_inputs([op])

    def _add_control_inputs(self, ops: Any) -> None:
        self.control_inputs.extend(op for op in ops if op not in self.control_inputs)
        self.graph.changed()

    def _set_device(self, device: Any) -> None:
        """Place the node on a device, given by name or as a `tf.DeviceSpec`."""
        self.device = device if isinstance(device, str) else device.to_string()

    def experimental_set_type(self, type_proto: Any) -> None:
        """Annotate the node with a FullTypeDef; kept, and used by nothing."""
        self.full_type = type_proto

    @classmethod
    def from_node_def(
        cls,
        node_def: Any,
        g: Any,
        inputs: Any = None,
        output_types: Any = None,
        control_inputs: Any = None,
        input_types: Any = None,
        original_op: Any = None,
        op_def: Any = None,
    ) -> Operation:
        """Add a node like a NodeDef to a graph.

        Args:
            node_def: the message; its inputs are not looked at.
            g: the graph.
            inputs: the node's inputs, tensors of the graph.
            output_types, input_types, original_op, op_def: accepted.
            control_inputs: nodes it waits for.
        """
        from tidefall.graph.create import create_op

        node = create_op(g, node_def.op, inputs or [], f"{node_def.name}/", dict(node_def.attr))
        node.device = node_def.device
        node._add_control_inputs(control_inputs or [])
        return node

    # ---- printing ----

    def __repr__(self) -> str:
        return f"<tf.Operation '{self.name}' type={self.type}>"

    def describe(self) -> str:
        """The node in one line: name, op, attributes that matter, inputs."""
        defaults = self.op_type.definition.defaults
        shown = ", ".join(
            f"{key}={_attr_text(value)}"
            for key, value in sorted(self.attrs.items())
            if not key.startswith("_")
            and (isinstance(value, np.ndarray) or value != defaults.get(key, object()))
        )
        args = ", ".join(_input_text(t) for t in self.inputs)
        return f"{{{{node {self.name}}}}} = {self.type}[{shown}]({args})"


Site = tuple[Operation, ...]
"""The traced nodes of calls, from the outermost on, and the traced node that they lead to."""


def colocation_group(name: str) -> bytes:
    """The group of the nodes that live with the one of that name."""
    return f"loc:@{name}".encode()


def _input_text(tensor: SymbolicTensor) -> str:
    return tensor.op.name if tensor.value_index == 0 else tensor.name


def _attr_text(value: Any) -> str:
    if isinstance(value, DType):
        return f"DT_{value.name.upper()}" if value.name != "float32" else "DT_FLOAT"
    if isinstance(value, np.ndarray):
        return "<tensor>"
    return str(value)


def infer_shapes(node: Operation, count: int) -> list[TensorShape]:
    """Run the node's shape rule; bad inputs raise ValueError naming the node and its line."""
    rule = node.op_type.shape
    if rule is None:
        return [TensorShape(None)] * count
    context = GraphInference(node.op_type.definition, node.inputs, node.attrs)
    try:
        result = rule(context)
    except (ValueError, IndexError, ArithmeticError, OpError) as error:
        message = error.message if isinstance(error, OpError) else str(error)
        if isinstance(error, (IndexError, ArithmeticError)):
            message = f"The rank of an input, or a number in it, does not fit: {message}"
        shapes = ", ".join(_shape_text(t.shape) for t in node.inputs)
        raise ValueError(
            f"{message} for '{node.describe()}' with input shapes: {shapes}."
        ) from error
    if count == 1:
        if isinstance(result, TensorShape):
            return [result]
        if not (is_list(result) and result and isinstance(result[0], TensorShape)):
            return [TensorShape(result)]
    shapes_out = [s if isinstance(s, TensorShape) else TensorShape(s) for s in result or ()]
    if len(shapes_out) != count:
        raise ValueError(
            f"The shape rule of {node.type} gave {len(shapes_out)} shapes for {count} outputs."
        )
    return shapes_out


def _shape_text(shape: TensorShape) -> str:
    if shape.rank is None:
        return "<unknown>"
    return "[" + ",".join("?" if d is None else str(d) for d in shape.as_list()) + "]"
