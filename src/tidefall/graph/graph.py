"""Graphs of TensorFlow ops: `tf.Graph`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeVar

import numpy as np

from tidefall.base.background import yield_gil
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import check_node_name, graph_scope, name_scope, state
from tidefall.graph.control_dependencies import control_dependencies
from tidefall.graph.elements import find_element
from tidefall.graph.operation import Operation, infer_shapes
from tidefall.graph.scopes import Scope
from tidefall.graph.sessions import session_for
from tidefall.graph.static_values import static_shape, static_value
from tidefall.graph.user_code import user_frame
from tidefall.op import raw
from tidefall.op.binding import bind
from tidefall.op.definition import Attrs
from tidefall.op.observers import observe
from tidefall.op.op import Op
from tidefall.tensor.device_scope import GraphDeviceScope, device_of_node
from tidefall.tensor.tensor import EagerTensor, SymbolicTensor, TypedTensor

T = TypeVar("T")

_SHARED_COLLECTIONS = (
    "variables",
    "trainable_variables",
    "local_variables",
    ("__variable_store",),
    ("__varscope",),
)
"""Collections of variables, and of what makes them: a function in a graph adds to those of that."""


@export("Graph")
class Graph:
    """A program as data: nodes in the order they were added.

    >>> import tidefall as tf
    >>> graph = tf.Graph()
    >>> with graph.as_default():
    ...     x = tf.constant(1.0, name="x")
    >>> [node.name for node in graph.get_operations()]
    ['x']
    """

    building_function = False

    def _get_control_flow_context(self) -> None:
        """None: conditions and loops are functional ops, not contexts. Keras 2 asks."""

    notes_lines = True  # nodes know the user's line that made them
    traced_in: Any = None  # while tracing: the frame that does it, and the user's line around that

    def __init__(self) -> None:
        self._nodes: list[Operation] = []
        self._version = 0
        self._analyses: dict[Any, tuple[int, Any]] = {}
        self.by_name: dict[str, Operation] = {}
        self.enclosing: Graph | None = None
        self.seed: int | None = None
        self.created_variables: list[Any] = []
        self.first_created: tuple[str, int, str] | None = None
        self.random_ops = 0  # random ops that took their seed from the graph's
        self.jit_scopes = 0
        self.imported_functions: dict[Any, Any] = {}  # messages and functions, by name
        self.kept_alive: list[Any] = []  # what its nodes refer to by number or token
        self.current_name_scope = ""
        self.scope = Scope()
        self._names: dict[str, int] = {}  # how often each was taken, in lower case
        self._seen_operations = 0
        self._collections = defaultdict[Any, list[Any]](list)
        self._finalized = False
        self._unfeedable: set[int] = set()
        self._unfetchable: set[int] = set()

    # ---- building ----

    def as_default(self) -> Any:
        """A context manager that adds the ops created inside it to this graph."""
        return graph_scope(self)

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
            tensors, attrs = bind(op.definition, inputs, attrs)
        finally:
            state.name_scope = saved
        node = self.add_node(op, tensors, attrs, f"{full}/")
        definition = op.definition
        return definition.pack_outputs(node.outputs, attrs) if definition.n_outputs else node

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
        scope = self.scope
        if scope.colocated or scope.gradients:
            scope.mark(node)
        dtypes_out = op.definition.output_dtypes(attrs)
        shapes = infer_shapes(node, len(dtypes_out))
        pairs = zip(dtypes_out, shapes, strict=True)
        node.outputs = [SymbolicTensor(node, i, *pair) for i, pair in enumerate(pairs)]
        self.adopt(node)
        if state.tapes or state.hooks:
            observe(op, inputs, attrs, node.outputs, node)
        return node

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

    def add_variable(self, reference: Any) -> None:
        """Remember a variable, by a weak reference, that is created while this graph is built."""
        self.created_variables.append(reference)
        if self.first_created is None:
            self.first_created = user_frame()

    def make_variable(self, use_resource: bool, **options: Any) -> Any:
        """A variable of this graph, to be initialised and run by sessions."""
        from tidefall.graph.v1.variables import make_variable

        return make_variable(self, use_resource, **options)

    # ---- scopes: how the nodes made in a block shall be ----

    def inside(self) -> AbstractContextManager[Graph | None]:
        """Be the default graph, if neither this one nor a function inside of it is."""
        graph = state.graph
        while graph is not None and graph is not self:
            graph = graph.enclosing
        return graph_scope(self) if graph is None else nullcontext()

    @contextmanager
    def scoped(self, scope: Scope) -> Generator[None]:
        """Ask something of the nodes made in the block."""
        saved, self.scope = self.scope, scope
        try:
            yield
        finally:
            self.scope = saved

    def unique_name(self, name: str, mark_as_used: bool = True) -> str:
        """`name` under the current name scope, numbered if it was taken before.

        Args:
            name: the name wanted.
            mark_as_used: whether it counts as taken from now on.
        """
        scope = state.name_scope if state.graph is self else self.current_name_scope
        if scope:
            name = f"{scope}/{name}"
        key = name.lower()
        count = self._names.get(key, 0)
        if mark_as_used:
            self._names[key] = count + 1
        if count:
            candidate = f"{name}_{count}"
            while candidate.lower() in self._names:
                count += 1
                candidate = f"{name}_{count}"
            if mark_as_used:
                self._names[key] = count + 1
                self._names[candidate.lower()] = 1
            return candidate
        return name

    @contextmanager
    def name_scope(self, name: str | bytes | None) -> Generator[str]:
        """Prefix the names of the nodes made inside the block; see `tf.name_scope`.

        Args:
            name: the scope's name; empty or None resets to the top, and a name that ends in "/"
                is entered as it stands.

        Yields:
            The scope with a "/" at its end, which enters it again.

        Raises:
            TypeError: for a name that is no string.
            ValueError: for a name that no scope can have.
        """
        given: Any = name.decode() if isinstance(name, bytes) else name
        if not isinstance(given, str) and given is not None:
            raise TypeError(f"expected string or bytes-like object, got '{type(name).__name__}'")
        with self.inside(), name_scope(given) as scope:
            yield scope

    def get_name_scope(self) -> str:
        """The current name scope, without a "/" at its end."""
        return state.name_scope if state.graph is self else self.current_name_scope

    def device(self, device_name_or_function: Any) -> Any:
        """A context manager for the device of the nodes made inside it; see `tf.device`.

        Args:
            device_name_or_function: a name, a `tf.DeviceSpec`, None, or a function that is given
                each new node and returns a name.
        """
        return GraphDeviceScope(device_name_or_function)

    @contextmanager
    def control_dependencies(self, control_inputs: Any) -> Generator[None]:
        """Make the nodes of the block wait for others; see `tf.control_dependencies`."""
        with self.inside(), control_dependencies(control_inputs):
            yield

    @contextmanager
    def colocate_with(self, op: Any, ignore_existing: bool = False) -> Generator[None]:
        """Ask that the nodes of the block live where another one does.

        Args:
            op: a node, a tensor or a variable of this graph; None asks for nothing.
            ignore_existing: forget what the blocks around ask for.
        """
        if op is None and not ignore_existing:
            raise ValueError(
                "Trying to reset colocation (op is None) but ignore_existing is not True"
            )
        scope = self.scope.alone() if ignore_existing else self.scope
        if op is not None:
            scope = scope.colocated_with(getattr(op, "op", op).colocation_groups())
        with self.scoped(scope), self.inside():
            yield

    @contextmanager
    def container(self, container_name: str) -> Generator[str]:
        """Keep the resources made in the block in a container of that name."""
        with self.scoped(self.scope.kept_in(container_name)), self.inside():
            yield container_name

    @contextmanager
    def gradient_override_map(self, op_type_map: Any) -> Generator[None]:
        """Differentiate the nodes of the block by other gradient functions than their ops'.

        Args:
            op_type_map: from the name of an op to one given to `tf.RegisterGradient`.

        Raises:
            TypeError: if it is not a dict of strings.
        """
        with self.scoped(self.scope.differentiated_by(op_type_map)), self.inside():
            yield

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

    def consumers(self, tensor: SymbolicTensor) -> list[Operation]:
        """Nodes that read `tensor`."""
        return [node for node in self.nodes if any(t is tensor for t in node.inputs)]

    # ---- nodes and tensors by name ----

    def get_operations(self) -> list[Operation]:
        """All nodes, in the order they were added."""
        return list(self.nodes)

    operations = property(get_operations, doc="All nodes, in the order they were added.")

    def num_operations(self) -> int:
        """How many nodes there are."""
        return len(self.nodes)

    def new_operations(self) -> list[Operation]:
        """The nodes added since this was last asked."""
        seen, self._seen_operations = self._seen_operations, len(self.nodes)
        return self.nodes[seen:]

    def get_operation_by_name(self, name: Any) -> Operation:
        """The node called `name`.

        Raises:
            TypeError: if `name` is not a string.
            KeyError: if there is no such node.
        """
        if not isinstance(name, str):
            raise TypeError(f"Operation names are strings (or similar), not {type(name).__name__}.")
        return self.as_graph_element(name, allow_tensor=False)

    def get_tensor_by_name(self, name: Any) -> SymbolicTensor:
        """The tensor called `node:output`.

        Raises:
            TypeError: if `name` is not a string.
            ValueError: if it is not of the form `node:output`.
            KeyError: if there is no such tensor.
        """
        if not isinstance(name, str):
            raise TypeError(f"Tensor names are strings (or similar), not {type(name).__name__}.")
        return self.as_graph_element(name, allow_operation=False)

    def as_graph_element(
        self, obj: Any, allow_tensor: bool = True, allow_operation: bool = True
    ) -> Any:
        """The node or tensor of this graph that an object or a name stands for.

        Args:
            obj: a tensor, node or variable of this graph, or a name.
            allow_tensor: whether a tensor may come out.
            allow_operation: whether a node may come out.

        Raises:
            TypeError: if `obj` stands for nothing of the kind.
            ValueError: if it belongs to another graph, or the name has the wrong form.
            KeyError: if there is nothing of that name.
        """
        return find_element(self, obj, allow_tensor, allow_operation)

    # ---- collections: lists of objects under names ----

    def take_collections(self, outer: Graph) -> None:
        """Begin with the collections of the graph around: those of variables are shared."""
        self._collections.update({name: list(v) for name, v in outer._collections.items()})
        for name in _SHARED_COLLECTIONS:
            self._collections[name] = outer._collections[name]

    @property
    def collections(self) -> list[Any]:
        """The names of all collections."""
        return list(self._collections)

    def add_to_collection(self, name: Any, value: Any) -> None:
        """Append a value to the collection called `name`."""
        self._check_not_finalized()
        self._collections[name].append(value)

    def add_to_collections(self, names: Any, value: Any) -> None:
        """Append a value to each of several collections.

        Args:
            names: one name, or several; a name that is there twice counts once.
            value: what to append.
        """
        for name in (names,) if isinstance(names, str) else dict.fromkeys(names):
            self.add_to_collection(name, value)

    def get_collection_ref(self, name: Any) -> list[Any]:
        """The list behind a collection, empty and kept if there was none."""
        return self._collections[name]

    def get_collection(self, name: Any, scope: str | None = None) -> list[Any]:
        """A copy of a collection.

        Args:
            name: its name.
            scope: a regular expression; keep only values whose `name` begins with it.
        """
        found = self._collections.get(name, ())
        if scope is None:
            return list(found)
        pattern = re.compile(scope)
        return [v for v in found if hasattr(v, "name") and pattern.match(v.name)]

    def get_all_collection_keys(self) -> list[Any]:
        """The names of the collections that are strings."""
        return [name for name in self._collections if isinstance(name, str)]

    def clear_collection(self, name: Any) -> None:
        """Empty a collection."""
        self._check_not_finalized()
        self._collections.pop(name, None)

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

    # ---- sessions ----

    def session_of(self, session: Any) -> Any:
        """The session that is to evaluate a tensor of this graph; the default one for None."""
        return session_for(session, self, "evaluate tensor", "eval")

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

    # ---- messages ----

    @property
    def graph_def_versions(self) -> Any:
        """The VersionDef of the GraphDef this graph would be written as."""
        from tidefall.graph.codec.graph_def import versions

        return versions()

    def op_def_for_type(self, type: str) -> Any:
        """The OpDef message of the op called `type`."""
        from tidefall.graph.codec.op_messages import op_def_message

        return op_def_message(type)

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

    # ---- the end of building, and of the graph ----

    def finalize(self) -> None:
        """Make the graph read-only."""
        self._finalized = True

    @property
    def finalized(self) -> bool:
        return self._finalized

    def _check_not_finalized(self) -> None:
        if self._finalized:
            raise RuntimeError("Graph is finalized and cannot be modified.")

    def switch_to_thread_local(self) -> None:
        """Keep scopes per thread; they always are."""

    def get(self) -> Graph:
        """This graph."""
        return self

    def Dismantle(self) -> None:
        """Drop the nodes, so that their memory is freed at once."""
        self.remove_nodes()
