"""What `tf.Operation` tells about a node, in TensorFlow's terms."""

from __future__ import annotations

from traceback import FrameSummary
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from tidefall.base.services import services
from tidefall.base.shapes import TensorShape
from tidefall.base.type_guards import is_list

if TYPE_CHECKING:
    from tidefall.graph.graph import Graph, Operation
    from tidefall.op.registry import Attrs, Op
    from tidefall.tensor.tensor import SymbolicTensor

NO_SESSION = (
    "Cannot {action} using `{method}()`: No default session is registered. Use `with "
    "sess.as_default():` or pass an explicit session to `{method}(session=sess)`"
)


class OperationApi:
    """The part of `Operation` that describes it."""

    __slots__ = ()
    if TYPE_CHECKING:
        graph: Graph
        name: str
        device: str
        op_type: Op
        attrs: Attrs
        outputs: list[SymbolicTensor]
        control_inputs: list[Any]
        frame: tuple[str, int, str] | None
        full_type: Any

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
        return [f"loc:@{self.name}".encode()]

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

        return node_to_proto(cast("Operation", self))

    @property
    def traceback(self) -> list[FrameSummary]:
        """Where the user's code made the node, if known."""
        if self.frame is None:
            return []
        file, line, name = self.frame
        return [FrameSummary(file, line, name, lookup_line=False)]

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
    ) -> Any:
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


def session_for(session: Any, graph: Any, action: str, method: str) -> Any:
    """The session that is to run something.

    Args:
        session: one given, or None for the default one.
        graph: the graph that the thing belongs to.
        action, method: what was asked for, for errors.

    Raises:
        ValueError: if there is no session, or it runs another graph.
    """
    given, session = session, session if session is not None else services.default_session()
    if session is None:
        raise ValueError(NO_SESSION.format(action=action, method=method))
    if session.graph is not graph:
        which = "The passed" if given is not None else "The default"
        thing = action.partition(" ")[2]
        raise ValueError(
            f"Cannot use the {which.split()[1]} session to {action}: the {thing}'s graph is "
            "different from the session's graph. Pass an explicit session to "
            f"`{method}(session=sess)`."
        )
    return session
