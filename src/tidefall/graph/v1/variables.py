"""Variables of a graph that sessions run: nodes that make, initialise and read a resource.

Outside of sessions a variable is made at once, with its value. In a graph it is only described: a
VarHandleOp, the node that assigns its initial value, one that reads it, under TensorFlow's names.
"""

from __future__ import annotations

import weakref
from typing import Any

from tidefall.base.dtypes import DType
from tidefall.base.state import state
from tidefall.composite.variables.scatter import scatter_elements, scatter_rows
from tidefall.graph.graph import Graph
from tidefall.graph.operation import Operation, colocation_group
from tidefall.graph.v1.graph_variable import GraphVariable
from tidefall.op import raw
from tidefall.op.op import Op
from tidefall.tensor.conversion import convert_to_tensor


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
        with graph.scoped(graph.scope.colocated_with([colocation_group(name)])):
            self.handle = raw.VarHandleOp(
                dtype=self._dtype,
                shape=self._shape,
                shared_name=name,
                container=graph.scope.container,
                name=scope,
            )
        with graph.name_scope("IsInitialized"):
            self._is_initialized_op = raw.VarIsInitializedOp(self.handle)
        with graph.name_scope("Assign") as assign:
            self._initializer_op = raw.AssignVariableOp(
                self.handle, initial, dtype=self._dtype, validate_shape=validate and shape is None,
                name=assign,
            )  # fmt: skip
        with graph.name_scope("Read"):
            self._graph_element = self._read()

    def _take_handle(self, handle: Any) -> None:
        super()._take_handle(handle)
        users = self.graph.consumers(handle)
        found = next((n for n in users if n.op_type is raw.VarIsInitializedOp), None)
        self._is_initialized_op = found.outputs[0] if found is not None else None

    def _read(self) -> Any:
        self._watch()
        with (state.graph or self._graph).inside():
            result = raw.ReadVariableOp(self.handle, dtype=self._dtype)
        result.set_shape(self._shape)
        return result

    def value(self) -> Any:
        """The value as a tensor, read where this is called."""
        return self._read()

    def read_value(self) -> Any:
        """The value as a tensor, read where this is called."""
        with self._graph.inside(), self._graph.name_scope("Read"):
            value = self._read()
        return raw.Identity(value)

    def is_initialized(self, name: str | None = None) -> Any:
        """Whether the variable has a value in the session, as a bool tensor."""
        return raw.VarIsInitializedOp(self.handle, name=name)

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
        node = raw.AssignVariableOp(self.handle, tensor, dtype=self._dtype, name=name)
        return self._after(node) if read_value else node

    def _update(self, op: Op, delta: Any, name: str | None, read_value: bool) -> Any:
        tensor = convert_to_tensor(delta, self._dtype)
        self._touch()
        node = op(self.handle, tensor, dtype=self._dtype, name=name)
        return self._after(node) if read_value else node

    def _after(self, node: Any) -> Any:
        """A variable that stands for the value once a node ran."""
        if state.graph is not self._graph:
            return self  # inside a function the order of the nodes says it
        return UnreadVariable(self, node)


class UnreadVariable(ResourceVariable):
    """A variable after a node that assigned it; reading it waits for the node."""

    def __init__(self, variable: ResourceVariable, node: Operation):
        vars(self).update(
            {k: v for k, v in variable.__dict__.items() if not isinstance(v, weakref.ref)}
        )
        self._parent_op = node
        with variable.graph.control_dependencies([node]):
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


_OF_REFERENCES: dict[Op, Op] = {
    raw.AssignAddVariableOp: raw.AssignAdd,
    raw.AssignSubVariableOp: raw.AssignSub,
    raw.ResourceScatterAdd: raw.ScatterAdd,
    raw.ResourceScatterSub: raw.ScatterSub,
    raw.ResourceScatterMul: raw.ScatterMul,
    raw.ResourceScatterDiv: raw.ScatterDiv,
    raw.ResourceScatterMax: raw.ScatterMax,
    raw.ResourceScatterMin: raw.ScatterMin,
    raw.ResourceScatterUpdate: raw.ScatterUpdate,
    raw.ResourceScatterNdUpdate: raw.ScatterNdUpdate,
    raw.ResourceScatterNdAdd: raw.ScatterNdAdd,
    raw.ResourceScatterNdSub: raw.ScatterNdSub,
    raw.ResourceScatterNdMax: raw.ScatterNdMax,
    raw.ResourceScatterNdMin: raw.ScatterNdMin,
}
"""The ops that do to a reference what others do to a handle."""


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
        self._variable = raw.VariableV2(
            shape=self._shape,
            dtype=self._dtype,
            container=graph.scope.container,
            shared_name="",
            name=scope,
        )
        self.handle = self._variable
        self._initializer_op = raw.Assign(
            self._variable, initial, validate_shape=validate, name="Assign"
        ).op
        with graph.colocate_with(self._variable.op):
            self._graph_element = raw.Identity(self._variable, name="read")

    def _take_handle(self, handle: Any) -> None:
        super()._take_handle(handle)
        self._variable = handle

    @property
    def dtype(self) -> DType:
        """The reference type of its dtype."""
        return self._variable.dtype

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
        return raw.Identity(self._variable, name="read")

    def is_initialized(self, name: str | None = None) -> Any:
        """Whether the variable has a value in the session, as a bool tensor."""
        return raw.IsVariableInitialized(self._variable, name=name)

    def assign(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Set the value; returns a tensor of the value after that."""
        done = raw.Assign(self._variable, value, use_locking=use_locking, name=name)
        return done if read_value else done.op

    def _update(self, op: Op, delta: Any, name: str | None, read_value: bool) -> Any:
        done = _OF_REFERENCES[op](self._variable, delta, name=name)
        return done if read_value else done.op

    def _strided_slice_assign(
        self, begin: Any, end: Any, strides: Any, value: Any, name: Any, assign: Any, **masks: Any
    ) -> Any:
        tensor = convert_to_tensor(value, self._dtype)
        op = raw.StridedSliceAssign
        return op(self._variable, begin, end, strides, tensor, name=name, **masks)

    def gather(self, indices: Any, name: str | None = None) -> Any:
        """Rows of the value."""
        return raw.GatherV2(self.value(), indices, 0, name=name)

    sparse_read = gather

    def gather_nd(self, indices: Any, name: str | None = None) -> Any:
        """Slices of the value."""
        return raw.GatherNd(self.value(), indices, name=name)

    def _scatter(self, op: Op, sparse_delta: Any, name: str | None) -> Any:
        return scatter_rows(_OF_REFERENCES[op], self._variable, sparse_delta, self._dtype, name)

    def _scatter_nd(self, op: Op, indices: Any, updates: Any, name: str | None) -> Any:
        return scatter_elements(
            _OF_REFERENCES[op], self._variable, indices, updates, self._dtype, name
        )


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
