"""Graphs of TensorFlow ops: `tf.Graph`, `tf.Operation`, the graph of a function being traced."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from tidefall.base.background import yield_gil
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.errors import OpError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import graph_scope, state
from tidefall.base.type_guards import is_list
from tidefall.graph.elements import Collections, Elements
from tidefall.graph.operation_api import OperationApi, session_for
from tidefall.graph.scopes import Scopes, check_node_name
from tidefall.graph.static_values import GraphInference, static_shape, static_value
from tidefall.graph.user_code import user_frame
from tidefall.op import raw
from tidefall.op.registry import Attrs, Op, observe
from tidefall.tensor.device_scope import GraphDeviceScope, device_of_node
from tidefall.tensor.tensor import NOT_ASKED, EagerTensor, SymbolicTensor, TypedTensor

T = TypeVar("T")


@export("Operation")
class Operation(OperationApi):
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

    def __repr__(self) -> str:
        return f"<tf.Operation '{self.name}' type={self.type}>"

    def describe(self) -> str:
        """The node in one line: name, op, attributes that matter, inputs."""
        shown = ", ".join(
            f"{key}={_attr_text(value)}"
            for key, value in sorted(self.attrs.items())
            if not key.startswith("_") and value != self.op_type.defaults.get(key, object())
        )
        args = ", ".join(_input_text(t) for t in self.inputs)
        return f"{{{{node {self.name}}}}} = {self.type}[{shown}]({args})"


Site = tuple[Operation, ...]
"""The traced nodes of calls, from the outermost on, and the traced node that they lead to."""


def _input_text(tensor: SymbolicTensor) -> str:
    return tensor.op.name if tensor.value_index == 0 else tensor.name


def _attr_text(value: Any) -> str:
    if isinstance(value, DType):
        return f"DT_{value.name.upper()}" if value.name != "float32" else "DT_FLOAT"
    if isinstance(value, np.ndarray):
        return "<tensor>"
    return str(value)


@export("Graph")
class Graph(Elements, Collections, Scopes):
    """A program as data: nodes in the order they were added.

    >>> import tidefall as tf
    >>> graph = tf.Graph()
    >>> with graph.as_default():
    ...     x = tf.constant(1.0, name="x")
    >>> [node.name for node in graph.get_operations()]
    ['x']
    """

    building_function = False
    notes_lines = True  # nodes know the user's line that made them
    traced_in: Any = None  # while tracing: the frame that does it, and the user's line around that

    def __init__(self) -> None:
        self._nodes: list[Operation] = []
        self._version = 0
        self._analyses: dict[Any, tuple[int, Any]] = {}
        self.by_name: dict[str, Operation] = {}
        self.outer_graph: Graph | None = None
        self.seed: int | None = None
        self.created_variables: list[Any] = []
        self.first_created: tuple[str, int, str] | None = None
        self.random_ops = 0  # random ops that took their seed from the graph's
        self.jit_scopes = 0
        self.imported_functions: dict[Any, Any] = {}  # messages and functions, by name
        self.kept_alive: list[Any] = []  # what its nodes refer to by number or token
        self._finalized = False
        self._unfeedable: set[int] = set()
        self._unfetchable: set[int] = set()
        Collections.__init__(self)
        Scopes.__init__(self)

    # ---- building ----

    def as_default(self) -> Any:
        """A context manager that adds the ops created inside it to this graph."""
        return graph_scope(self)

    def device(self, device_name_or_function: Any) -> Any:
        """A context manager for the device of the nodes made inside it; see `tf.device`.

        Args:
            device_name_or_function: a name, a `tf.DeviceSpec`, None, or a function that is given
                each new node and returns a name.
        """
        return GraphDeviceScope(device_name_or_function)

    def add_variable(self, reference: Any) -> None:
        """Remember a variable, by a weak reference, that is created while this graph is built."""
        self.created_variables.append(reference)
        if self.first_created is None:
            self.first_created = user_frame()

    def add_op(self, op: Op, inputs: Sequence[Any], attrs: Attrs, name: str | None) -> Any:
        """Add a node for a call of `op`; returns what the call returns.

        Inputs that are no tensors become constants under the name of the node, as `sub/y`.
        """
        if self._finalized:
            self._check_not_finalized()
        full = name[:-1] if name and name.endswith("/") else self.unique_name(name or op.name)
        saved = state.name_scope
        state.name_scope = full
        try:
            tensors, attrs = op.bind(inputs, attrs)
        finally:
            state.name_scope = saved
        node = self.add_node(op, tensors, attrs, f"{full}/")
        return op.pack(node.outputs, attrs) if node.outputs else self._no_outputs(op, node, attrs)

    @staticmethod
    def _no_outputs(op: Op, node: Operation, attrs: Attrs) -> Any:
        return node if op.n_outputs == 0 else op.pack([], attrs)

    def add_node(
        self, op: Op, tensors: Sequence[Any], attrs: Attrs, name: str | None = None
    ) -> Operation:
        """Add a node for `op` with its inputs as tensors and its attributes complete."""
        if self._finalized:
            self._check_not_finalized()
        yield_gil()
        inputs = [self.capture(t) for t in tensors]
        if name and name.endswith("/"):
            full = name[:-1]
            self._names.setdefault(full.lower(), 1)
        else:
            full = self.unique_name(name or op.name)
        if not full.isidentifier() or full[0] == "_":
            check_node_name(full)
        node = Operation(self, full, op, inputs, attrs, list(state.control_inputs))
        if state.device:
            node.device = device_of_node(node)
        if self._colocated:
            self._colocate(node)
        if self._gradient_overrides:
            self._override_gradient(node)
        dtypes_out = op.output_dtypes(attrs)
        shapes = infer_shapes(node, len(dtypes_out))
        pairs = zip(dtypes_out, shapes, strict=True)
        node.outputs = [SymbolicTensor(node, i, *pair) for i, pair in enumerate(pairs)]
        self.adopt(node)
        if state.tapes or state.hooks:
            observe(op, inputs, attrs, node.outputs, node)
        return node

    # ---- nodes and what is known of them ----

    @property
    def nodes(self) -> list[Operation]:
        """The nodes in the order in which they run; the list itself, to be read only."""
        return self._nodes

    @nodes.setter
    def nodes(self, nodes: Sequence[Operation]) -> None:
        self._nodes[:] = nodes
        self.changed()

    @property
    def version(self) -> int:
        """A number that grows with every change: nodes added or replaced, other inputs, outputs."""
        return self._version

    def changed(self) -> None:
        """Note a change that the graph cannot see, as of a node's inputs in place."""
        self._version += 1

    def adopt(self, node: Operation) -> None:
        """Add a node that was made for this graph."""
        version = self._version = self._version + 1
        node.number = version
        self._nodes.append(node)
        self.by_name[node.name] = node

    def move_last(self, start: int, at: int) -> None:
        """Move the nodes from number `start` of the list on to position `at`."""
        moved = self._nodes[start:]
        del self._nodes[start:]
        self._nodes[at:at] = moved
        self.changed()

    def remove_nodes(self, start: int = 0) -> None:
        """Remove the nodes from number `start` of the list on."""
        for node in self._nodes[start:]:
            self.by_name.pop(node.name, None)
        del self._nodes[start:]
        self.changed()

    def analysis(self, find: Callable[[Any], T]) -> T:
        """What a function finds out about this graph; found again after a change of the graph."""
        version = self.version
        found = self._analyses.get(find)
        if found is None or found[0] != version:
            # The version before: an analysis that notes a change is to be done again.
            found = self._analyses[find] = (version, find(self))
        return found[1]

    def constant(self, value: np.ndarray, dtype: DType | None, name: str) -> SymbolicTensor:
        """A Const node holding `value`."""
        dtype = dtype or as_dtype(value.dtype)
        attrs: Attrs = {"value": value, "dtype": dtype}
        return self.add_node(raw.Const, [], attrs, name).outputs[0]

    def capture(self, tensor: Any, name: str | None = None) -> SymbolicTensor:
        """The tensor of this graph that stands for `tensor`."""
        if isinstance(tensor, SymbolicTensor) and tensor.op.graph is self:
            return tensor
        if isinstance(tensor, EagerTensor) and not isinstance(tensor, TypedTensor):
            return self.constant(tensor.host_array(), tensor.dtype, name="Const")
        raise ValueError(
            f"Tensor {tensor!r} is not an element of this graph. Build the ops that use it inside "
            "the same `with graph.as_default():` block."
        )

    def session_of(self, session: Any) -> Any:
        """The session that is to evaluate a tensor of this graph; the default one for None."""
        return session_for(session, self, "evaluate tensor", "eval")

    def make_variable(self, use_resource: bool, **options: Any) -> Any:
        """A variable of this graph, to be initialised and run by sessions."""
        from tidefall.graph.v1.variables import make_variable

        return make_variable(self, use_resource, **options)

    # ---- values known without running ----

    @staticmethod
    def static_value(tensor: SymbolicTensor) -> np.ndarray | None:
        """The value of a tensor if constants and static shapes determine it, else None."""
        return static_value(tensor)

    @staticmethod
    def static_shape(tensor: SymbolicTensor) -> TensorShape:
        """The shape that an integer vector stands for, as far as it is known."""
        return static_shape(tensor)

    @staticmethod
    def evaluate(tensor: SymbolicTensor) -> EagerTensor:
        """The value of a tensor that depends on no placeholder."""
        from tidefall.graph.evaluate_outside import evaluate_outside

        return evaluate_outside(tensor)

    # ---- reading ----

    def finalize(self) -> None:
        """Make the graph read-only."""
        self._finalized = True

    @property
    def finalized(self) -> bool:
        return self._finalized

    def _check_not_finalized(self) -> None:
        if self._finalized:
            raise RuntimeError("Graph is finalized and cannot be modified.")

    @property
    def graph_def_versions(self) -> Any:
        """The VersionDef of the GraphDef this graph would be written as."""
        from tidefall.graph.codec.graph_def import versions

        return versions()

    def op_def_for_type(self, type: str) -> Any:
        """The OpDef message of the op called `type`."""
        from tidefall.graph.codec.op_messages import op_def_message

        return op_def_message(type)

    def create_op(
        self,
        op_type: str,
        inputs: Sequence[Any],
        dtypes: Any = None,
        input_types: Any = None,
        name: str | None = None,
        attrs: dict[str, Any] | None = None,
        op_def: Any = None,
        compute_shapes: bool = True,
        compute_device: bool = True,
    ) -> Operation:
        """Add a node; gradient functions and importers of other libraries use this.

        Args:
            op_type: name of the op.
            inputs: its inputs, tensors of this graph.
            dtypes: accepted; the dtypes of the outputs follow from the op.
            input_types: accepted.
            name: the node's name; the op's by default. With a "/" at its end it is taken as it is.
            attrs: attributes, as AttrValue messages or plain values.
            op_def, compute_shapes, compute_device: accepted.

        Raises:
            TypeError: if an input is not a tensor.
        """
        from tidefall.graph.create import create_op

        return create_op(self, op_type, inputs, name, attrs)

    def is_feedable(self, tensor: Any) -> bool:
        """Whether a session may be given a value for `tensor`."""
        return id(tensor) not in self._unfeedable

    def is_fetchable(self, tensor_or_op: Any) -> bool:
        """Whether a session may be asked for `tensor_or_op`."""
        return id(tensor_or_op) not in self._unfetchable

    def prevent_feeding(self, tensor: Any) -> None:
        """Let sessions refuse values for `tensor`."""
        self._unfeedable.add(id(tensor))

    def prevent_fetching(self, op: Any) -> None:
        """Let sessions refuse to be asked for `op`."""
        self._unfetchable.add(id(op))

    def switch_to_thread_local(self) -> None:
        """Keep scopes per thread; they always are."""

    def get(self) -> Graph:
        """This graph."""
        return self

    def Dismantle(self) -> None:
        """Drop the nodes, so that their memory is freed at once."""
        self.remove_nodes()

    def as_graph_def(
        self,
        from_version: int | None = None,
        add_shapes: bool = False,
        use_pybind11_proto: bool = False,
    ) -> Any:
        """The graph as a GraphDef message.

        Args:
            from_version: leave out the nodes that were there when `version` was this.
            add_shapes: write the static shapes of the outputs in attributes `_output_shapes`.
            use_pybind11_proto: accepted.
        """
        from tidefall.graph.codec.graph_def import graph_to_proto

        return graph_to_proto(self, since=from_version or 0, add_shapes=add_shapes, all_attrs=True)


def infer_shapes(node: Operation, count: int) -> list[TensorShape]:
    """Run the node's shape rule; bad inputs raise ValueError naming the node and its line."""
    rule = node.op_type.shape
    if rule is None:
        return [TensorShape(None)] * count
    context = GraphInference(node.op_type, node.inputs, node.attrs)
    try:
        result = rule(context)
    except (ValueError, OpError) as error:
        message = error.message if isinstance(error, OpError) else str(error)
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
