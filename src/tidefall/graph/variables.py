"""Variables of a graph that sessions run: nodes that make, initialise and read a resource.

Outside of sessions a variable is made at once, with its value. In a graph it is only described: a
VarHandleOp, the node that assigns its initial value, one that reads it, under TensorFlow's names.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tidefall.core.convert import convert_to_tensor
from tidefall.core.dtypes import DType, as_dtype
from tidefall.core.op import find_op
from tidefall.core.shapes import TensorShape
from tidefall.core.state import state, tapes_paused
from tidefall.core.variable import Variable
from tidefall.core.variable_creation import VariableAggregation, VariableSynchronization
from tidefall.graph.graph import Graph, Operation
from tidefall.graph.operation_api import session_for

if TYPE_CHECKING:
    from tidefall.core.tensor import Tensor

GLOBAL_VARIABLES = "variables"
TRAINABLE_VARIABLES = "trainable_variables"


class GraphVariable(Variable):
    """A variable of a graph; what it has beyond `tf.Variable`.

    Attributes:
        graph: the graph it is part of.
        initial_value: the tensor it starts with.
        initializer: the node that assigns it.
        op: the node that makes the variable.
    """

    _in_graph_mode = True

    def __init__(self, *args: Any, **kwargs: Any):
        self._build(*args, **kwargs)

    # ---- making it ----

    def _build(
        self,
        graph: Graph,
        initial_value: Any,
        trainable: bool | None = None,
        collections: Any = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        dtype: Any = None,
        constraint: Callable[[Any], Any] | None = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
        shape: Any = None,
    ) -> None:
        if initial_value is None:
            raise ValueError("initial_value must be specified.")
        if constraint is not None and not callable(constraint):
            raise ValueError("The `constraint` argument must be a callable.")
        collections = [GLOBAL_VARIABLES] if collections is None else list(collections)
        trainable = True if trainable is None else bool(trainable)
        if trainable and TRAINABLE_VARIABLES not in collections:
            collections.append(TRAINABLE_VARIABLES)
        wanted = None if dtype is None else as_dtype(dtype).base_dtype
        self._graph = graph
        with (
            tapes_paused(),
            graph._inside(),
            graph.control_dependencies(None),
            graph.name_scope(name or "Variable") as scope,
        ):
            self._name = f"{scope[:-1]}:0"
            self._make_nodes(scope, initial_value, wanted, validate_shape, shape)
        self._trainable = trainable
        self._synchronization = VariableSynchronization(synchronization)
        self._aggregation = VariableAggregation(aggregation)
        self._constraint = constraint
        self._unique_id = scope[:-1]
        self._save_slice_info: Any = None
        graph.add_to_collections(collections, self)

    def _make_nodes(
        self, scope: str, initial_value: Any, dtype: DType | None, validate: bool, shape: Any
    ) -> None:
        raise NotImplementedError

    def _convert_initial(self, value: Any, dtype: DType | None, scope: str | None) -> Any:
        """The initial value as a tensor; nodes that a function makes live with the variable."""
        call = callable(value) and not hasattr(value, "dtype")
        graph = self._graph
        if scope is None and not call:
            return convert_to_tensor(value, dtype, name="initial_value")
        with graph.name_scope("Initializer"), _Class(graph, self._shared_name):
            return convert_to_tensor(value() if call else value, dtype, name="initial_value")

    def _static_shape(self, value: Tensor, validate: bool, shape: Any) -> TensorShape:
        if validate and shape is None and not value.shape.is_fully_defined():
            raise ValueError(
                f"initial_value must have a shape specified: {value!r}. Give the shape, or make "
                "the variable with validate_shape=False."
            )
        if not validate:
            return value.shape if shape is None and value.shape.rank is not None else _any(shape)
        return value.shape if shape is None else TensorShape(shape)

    # ---- what it is ----

    @property
    def graph(self) -> Graph:
        """The graph this variable is part of."""
        return self._graph

    @property
    def initializer(self) -> Any:
        """The node that assigns the initial value."""
        return self._initializer_op

    @property
    def initial_value(self) -> Any:
        """The tensor it starts with."""
        return self._initial_value

    @property
    def device(self) -> str:
        """The device of its node."""
        return self.op.device

    @property
    def op(self) -> Operation:
        """The node that makes the variable."""
        return self.handle.op

    def _as_graph_element(self) -> Any:
        """The tensor that a session computes when it is asked for this variable."""
        return self._graph_element

    def _get_save_slice_info(self) -> Any:
        return self._save_slice_info

    def _set_save_slice_info(self, info: Any) -> None:
        self._save_slice_info = info

    def initialized_value(self) -> Any:
        """The value, or the initial value as long as there is none."""
        with self._graph._inside():
            from tidefall.core.exports import exported

            return exported("cond")(self.is_initialized(), self.read_value, self._first)

    def _first(self) -> Any:
        return self._initial_value

    def eval(self, session: Any = None) -> Any:
        """The value in a session, by default the default one."""
        chosen = session_for(session, self._graph, "evaluate tensor", "eval")
        return chosen.run(self._as_graph_element())

    def load(self, value: Any, session: Any = None) -> None:
        """Set the value in a session.

        Args:
            value: an array of the variable's shape.
            session: the session; the default one if None.
        """
        chosen = session_for(session, self._graph, "evaluate tensor", "load")
        source = self._initializer_op.inputs[1]
        chosen.run(self._initializer_op, {source: value})

    def numpy(self) -> Any:
        """Variables of graphs have a value only in a session: this always raises."""
        raise NotImplementedError("numpy() is only available when eager execution is enabled.")

    def __deepcopy__(self, memo: dict[int, Any]) -> Variable:
        raise NotImplementedError(
            "__deepcopy__() is only available when eager execution is enabled."
        )

    def __reduce__(self) -> Any:
        raise TypeError(f"The variable {self._name} of a graph cannot be pickled.")

    def __bool__(self) -> bool:
        return bool(self.value())

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    def to_proto(self, export_scope: str | None = None) -> Any:
        """The VariableDef message that stands for this variable in a MetaGraphDef.

        Args:
            export_scope: leave this name scope out of the names; None if the variable is outside.
        """
        from tidefall.proto import VariableDef

        if export_scope is not None and not self._name.startswith(export_scope):
            return None

        def strip(name: str) -> str:
            prefix = f"{export_scope}/"
            return name[len(prefix) :] if export_scope and name.startswith(prefix) else name

        message = VariableDef(
            variable_name=strip(self.handle.name if self._is_resource else self._ref().name),
            initializer_name=strip(self._initializer_op.name),
            snapshot_name=strip(self._graph_element.name),
            is_resource=self._is_resource,
            trainable=self._trainable,
            synchronization=self._synchronization.value,
            aggregation=self._aggregation.value,
        )
        if self._initial_value is not None:
            message.initial_value_name = strip(self._initial_value.name)
        return message

    _is_resource = True

    def _ref(self) -> Any:
        return self.handle

    def __repr__(self) -> str:
        return f"<tf.Variable '{self._name}' shape={self._shape} dtype={self.dtype.name}>"


def _any(shape: Any) -> TensorShape:
    return TensorShape(shape)


class _Class:
    """Mark the nodes of a block as living with a variable: the attribute `_class`."""

    def __init__(self, graph: Graph, name: str):
        self._graph = graph
        self._group = (f"loc:@{name}".encode(),)

    def __enter__(self) -> None:
        self._graph._colocated = [*self._graph._colocated, self._group]

    def __exit__(self, *exc: object) -> None:
        self._graph._colocated = self._graph._colocated[:-1]


class ResourceVariable(GraphVariable):
    """A variable of a graph behind a resource handle."""

    def _make_nodes(
        self, scope: str, initial_value: Any, dtype: DType | None, validate: bool, shape: Any
    ) -> None:
        graph = self._graph
        initial = self._convert_initial(initial_value, dtype, scope)
        self._initial_value = initial
        self._dtype = initial.dtype.base_dtype
        self._shape = self._static_shape(initial, validate, shape)
        name = self._shared_name
        with _Class(graph, name):
            self.handle = find_op("VarHandleOp")(
                dtype=self._dtype,
                shape=self._shape,
                shared_name=name,
                container=graph._containers[-1],
                name=scope,
            )
        with graph.name_scope("IsInitialized"):
            self._is_initialized_op = find_op("VarIsInitializedOp")(self.handle)
        with graph.name_scope("Assign") as assign:
            self._initializer_op = find_op("AssignVariableOp")(
                self.handle, initial, dtype=self._dtype, validate_shape=validate and shape is None,
                name=assign,
            )  # fmt: skip
        with graph.name_scope("Read"):
            self._graph_element = self._read()

    @classmethod
    def of_nodes(
        cls, graph: Graph, handle: Any, initializer: Any, snapshot: Any, initial: Any, **kept: Any
    ) -> ResourceVariable:
        """A variable whose nodes are there already, as after importing a graph."""
        variable = cls.__new__(cls)
        variable._graph = graph
        variable.handle = handle
        variable._initializer_op = initializer
        variable._graph_element = snapshot
        variable._initial_value = initial
        variable._name = handle.name
        variable._dtype = handle.op.attrs["dtype"].base_dtype
        variable._shape = handle.op.attrs["shape"]
        found = next((n for n in graph.consumers(handle) if n.type == "VarIsInitializedOp"), None)
        variable._is_initialized_op = found.outputs[0] if found is not None else None
        _keep(variable, **kept)
        return variable

    def _read(self) -> Any:
        for tape in state.tapes:
            tape.watch_variable(self)
        self._touch()
        with (state.graph or self._graph)._inside():
            result = find_op("ReadVariableOp")(self.handle, dtype=self._dtype)
        result.set_shape(self._shape)
        return result

    def value(self) -> Any:
        """The value as a tensor, read where this is called."""
        return self._read()

    def read_value(self) -> Any:
        """The value as a tensor, read where this is called."""
        with self._graph._inside(), self._graph.name_scope("Read"):
            value = self._read()
        return find_op("Identity")(value)

    def is_initialized(self, name: str | None = None) -> Any:
        """Whether the variable has a value in the session, as a bool tensor."""
        return find_op("VarIsInitializedOp")(self.handle, name=name)

    def assign(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Set the value; see `tf.Variable.assign`.

        Returns:
            A variable that stands for the value after that; with `read_value=False` the node.
        """
        tensor = convert_to_tensor(value, self._dtype)
        self._check_shape(tensor)
        self._touch()
        node = find_op("AssignVariableOp")(self.handle, tensor, dtype=self._dtype, name=name)
        return self._after(node) if read_value else node

    def _update(self, op: str, delta: Any, name: str | None, read_value: bool) -> Any:
        tensor = convert_to_tensor(delta, self._dtype)
        self._touch()
        node = find_op(op)(self.handle, tensor, dtype=self._dtype, name=name)
        return self._after(node) if read_value else node

    def _scatter(self, op: str, sparse_delta: Any, name: str | None) -> Any:
        super()._scatter(op, sparse_delta, name)
        return self._after_last()

    def _scatter_nd(self, op: str, indices: Any, updates: Any, name: str | None) -> Any:
        super()._scatter_nd(op, indices, updates, name)
        return self._after_last()

    def _after_last(self) -> Any:
        """A variable that stands for the value after the node that was just made."""
        return self if state.graph is None else self._after(state.graph.nodes[-1])

    def _after(self, node: Any) -> Any:
        """A variable that stands for the value once a node ran."""
        if state.graph is not self._graph:
            return self  # inside a function the order of the nodes says it
        return UnreadVariable(self, node)


def _keep(
    variable: GraphVariable,
    trainable: bool = True,
    synchronization: Any = VariableSynchronization.AUTO,
    aggregation: Any = VariableAggregation.NONE,
) -> None:
    variable._trainable = trainable
    variable._synchronization = VariableSynchronization(synchronization)
    variable._aggregation = VariableAggregation(aggregation)
    variable._constraint = None
    variable._unique_id = variable._shared_name
    variable._save_slice_info = None


class UnreadVariable(ResourceVariable):
    """A variable after a node that assigned it; reading it waits for the node."""

    def __init__(self, variable: ResourceVariable, node: Operation):
        self.__dict__.update(
            {k: v for k, v in variable.__dict__.items() if not isinstance(v, weakref.ref)}
        )
        self._parent_op = node
        with variable._graph.control_dependencies([node]):
            self._graph_element = ResourceVariable._read(self)

    @property
    def name(self) -> str:
        """Name of the node that assigned the variable."""
        return self._parent_op.name if state.graph is self._graph else self._name

    @property
    def op(self) -> Operation:
        """The node that assigned the variable."""
        return self._parent_op

    def _read(self) -> Any:
        if state.graph is not self._graph:
            return super()._read()
        with self._graph.control_dependencies([self._parent_op]):
            return super()._read()

    def gather(self, indices: Any, name: str | None = None) -> Any:
        """Rows of the value as it is after the assignment."""
        if state.graph is not self._graph:
            return super().gather(indices, name)
        with self._graph.control_dependencies([self._parent_op]):
            return super().gather(indices, name)

    def gather_nd(self, indices: Any, name: str | None = None) -> Any:
        """Elements or slices of the value as it is after the assignment."""
        if state.graph is not self._graph:
            return super().gather_nd(indices, name)
        with self._graph.control_dependencies([self._parent_op]):
            return super().gather_nd(indices, name)

    def __repr__(self) -> str:
        name = self._parent_op.name
        return f"<tf.Variable '{name}' shape={self._shape} dtype={self.dtype.name}>"


class RefVariable(GraphVariable):
    """A variable of a graph of the old kind, passed by reference."""

    _is_resource = False

    def _make_nodes(
        self, scope: str, initial_value: Any, dtype: DType | None, validate: bool, shape: Any
    ) -> None:
        graph = self._graph
        initial = self._convert_initial(initial_value, dtype, None)
        self._initial_value = initial
        self._shape = self._static_shape(initial, validate, shape)
        self._dtype = initial.dtype.base_dtype
        self._variable = find_op("VariableV2")(
            shape=self._shape,
            dtype=self._dtype,
            container=graph._containers[-1],
            shared_name="",
            name=scope,
        )
        self.handle = self._variable
        self._initializer_op = find_op("Assign")(
            self._variable, initial, validate_shape=validate, name="Assign"
        ).op
        with graph.colocate_with(self._variable.op):
            self._graph_element = find_op("Identity")(self._variable, name="read")

    @classmethod
    def of_nodes(
        cls, graph: Graph, handle: Any, initializer: Any, snapshot: Any, initial: Any, **kept: Any
    ) -> RefVariable:
        """A variable whose nodes are there already, as after importing a graph."""
        variable = cls.__new__(cls)
        variable._graph = graph
        variable._variable = variable.handle = handle
        variable._initializer_op = initializer
        variable._graph_element = snapshot
        variable._initial_value = initial
        variable._name = handle.name
        variable._dtype = handle.op.attrs["dtype"].base_dtype
        variable._shape = handle.op.attrs["shape"]
        _keep(variable, **kept)
        return variable

    @property
    def dtype(self) -> DType:
        """The reference type of its dtype."""
        return self._dtype._as_ref

    def _ref(self) -> Any:
        return self._variable

    def _as_graph_element(self) -> Any:
        return self._variable

    def value(self) -> Any:
        """The value as a tensor, as it is when the node that uses it runs."""
        return self._graph_element

    _read = value

    def read_value(self) -> Any:
        """The value as a tensor, read where this is called."""
        return find_op("Identity")(self._variable, name="read")

    def is_initialized(self, name: str | None = None) -> Any:
        """Whether the variable has a value in the session, as a bool tensor."""
        return find_op("IsVariableInitialized")(self._variable, name=name)

    def assign(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Set the value; returns a tensor of the value after that."""
        done = find_op("Assign")(self._variable, value, use_locking=use_locking, name=name)
        return done if read_value else done.op

    def _update(self, op: str, delta: Any, name: str | None, read_value: bool) -> Any:
        old = {"AssignAddVariableOp": "AssignAdd", "AssignSubVariableOp": "AssignSub"}[op]
        done = find_op(old)(self._variable, delta, name=name)
        return done if read_value else done.op

    def gather(self, indices: Any, name: str | None = None) -> Any:
        """Rows of the value."""
        return find_op("GatherV2")(self.value(), indices, 0, name=name)

    sparse_read = gather

    def gather_nd(self, indices: Any, name: str | None = None) -> Any:
        """Slices of the value."""
        return find_op("GatherNd")(self.value(), indices, name=name)

    def _rows(self, op: str, sparse_delta: Any, name: str | None) -> Any:
        delta = sparse_delta
        return find_op(op)(self._variable, delta.indices, delta.values, name=name)

    def scatter_add(self, sparse_delta: Any, use_locking: bool = False, name: Any = None) -> Any:
        """Add rows; see `tf.Variable.scatter_add`."""
        return self._rows("ScatterAdd", sparse_delta, name)

    def scatter_sub(self, sparse_delta: Any, use_locking: bool = False, name: Any = None) -> Any:
        """Subtract rows; see `tf.Variable.scatter_sub`."""
        return self._rows("ScatterSub", sparse_delta, name)

    def scatter_update(self, sparse_delta: Any, use_locking: bool = False, name: Any = None) -> Any:
        """Set rows; see `tf.Variable.scatter_update`."""
        return self._rows("ScatterUpdate", sparse_delta, name)


def make_variable(graph: Graph, use_resource: bool, **options: Any) -> GraphVariable:
    """A variable of a graph.

    Args:
        graph: the graph.
        use_resource: False makes one of the old kind, passed by reference.
        **options: as for `tf.Variable`, and `collections`.
    """
    for name in ("variable_def", "import_scope", "experimental_enable_variable_lifting"):
        options.pop(name, None)
    return (ResourceVariable if use_resource else RefVariable)(graph, **options)
