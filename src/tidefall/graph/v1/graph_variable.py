"""What all variables of graphs share: how they are made, saved and found again."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.shapes import TensorShape
from tidefall.base.state import graph_scope, state, tapes_paused
from tidefall.composite.variables.creation import VariableAggregation, VariableSynchronization
from tidefall.composite.variables.save_slice_info import SaveSliceInfo
from tidefall.composite.variables.variable import Variable
from tidefall.graph.graph import Graph
from tidefall.graph.operation import Operation, colocation_group
from tidefall.graph.sessions import session_for
from tidefall.tensor.conversion import convert_to_tensor

if TYPE_CHECKING:
    from tidefall.tensor.tensor import Tensor

GLOBAL_VARIABLES = "variables"
TRAINABLE_VARIABLES = "trainable_variables"


@contextmanager
def _lifted_into(graph: Graph) -> Generator[None]:
    """Add nodes to a graph under the names in force, also inside of a function in that graph."""
    if state.graph is graph:
        yield
        return
    names = state.name_scope.rstrip("/")
    with graph_scope(graph), graph.name_scope(f"{names}/" if names else None):
        yield


class GraphVariable(Variable):
    """A variable of a graph; what it has beyond `tf.Variable`.

    Attributes:
        graph: the graph it is part of.
        initial_value: the tensor it starts with.
        initializer: the node that assigns it.
        op: the node that makes the variable.
    """

    _in_graph_mode = True
    _graph_element: Any
    _initial_value: Any
    _initializer_op: Any

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
            _lifted_into(graph),
            graph.control_dependencies(None),
            graph.name_scope(name or "Variable") as scope,
        ):
            self._name = f"{scope[:-1]}:0"
            self._make_nodes(scope, initial_value, wanted, validate_shape, shape)
        self._describe(trainable, synchronization, aggregation, constraint)
        graph.add_to_collections(collections, self)

    @classmethod
    def of_nodes(
        cls, graph: Graph, handle: Any, initializer: Any, snapshot: Any, initial: Any, **kept: Any
    ) -> Self:
        """A variable whose nodes are there already, as after importing a graph."""
        variable = cls.__new__(cls)
        variable._graph = graph
        variable._initializer_op = initializer
        variable._graph_element = snapshot
        variable._initial_value = initial
        variable._take_handle(handle)
        variable._describe(**kept)
        return variable

    def _take_handle(self, handle: Any) -> None:
        """Note what the node that makes the variable says."""
        self.handle = handle
        self._name = handle.name
        self._dtype = handle.op.attrs["dtype"].base_dtype
        self._shape = handle.op.attrs["shape"]

    def _describe(
        self,
        trainable: bool = True,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
        constraint: Callable[[Any], Any] | None = None,
        save_slice_info: SaveSliceInfo | None = None,
    ) -> None:
        """Note what the nodes do not say."""
        self._trainable = trainable
        self._synchronization = VariableSynchronization(synchronization)
        self._aggregation = VariableAggregation(aggregation)
        self._constraint = constraint
        self._unique_id = self._shared_name
        if save_slice_info is not None:
            self._set_save_slice_info(save_slice_info)

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
        together = graph.scope.colocated_with([colocation_group(self._shared_name)])
        with graph.name_scope("Initializer"), graph.scoped(together):
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

    def initialized_value(self) -> Any:
        """The value, or the initial value as long as there is none."""
        with self._graph.inside():
            from tidefall.base.exports import exported

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
        if self._save_slice_info is not None:
            part = self._save_slice_info.to_proto(export_scope)
            if part is not None:
                message.save_slice_info_def.CopyFrom(part)
        return message

    _is_resource = True

    def _ref(self) -> Any:
        return self.handle

    def __repr__(self) -> str:
        return f"<tf.Variable '{self._name}' shape={self._shape} dtype={self.dtype.name}>"


def _any(shape: Any) -> TensorShape:
    return TensorShape(shape)
