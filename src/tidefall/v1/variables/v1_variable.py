"""`tf.compat.v1.Variable`: behind a handle or passed by reference, in collections of the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidefall.base.exports import export
from tidefall.base.state import state
from tidefall.composite.variables import creation
from tidefall.composite.variables import variable as core
from tidefall.composite.variables.creation import VariableAggregation, VariableSynchronization
from tidefall.composite.variables.save_slice_info import SaveSliceInfo
from tidefall.graph.v1.meta_variables import variable_of_proto
from tidefall.v1.mode import resource_variables_enabled

_creators: list[Callable[..., Any]] = []


class _Meta(type):
    """Makes variables of the graph being built, and says that they are all of this class."""

    def __call__(
        cls,
        initial_value: Any = None,
        trainable: bool | None = None,
        collections: Any = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: Any = None,
        expected_shape: Any = None,
        import_scope: str | None = None,
        constraint: Callable[[Any], Any] | None = None,
        use_resource: bool | None = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
        shape: Any = None,
        experimental_enable_variable_lifting: bool | None = None,
    ) -> Any:
        # Keras 2 passes the last one, which TensorFlow's class takes without declaring it.
        if variable_def is not None:
            if initial_value is not None:
                raise ValueError("variable_def and initial_value are mutually exclusive.")
            return variable_of_proto(state.graph, variable_def, import_scope)
        options = {
            "initial_value": initial_value,
            "trainable": trainable,
            "collections": collections,
            "validate_shape": validate_shape,
            "caching_device": caching_device,
            "name": name,
            "dtype": dtype,
            "expected_shape": expected_shape,
            "constraint": constraint,
            "use_resource": use_resource,
            "synchronization": synchronization,
            "aggregation": aggregation,
            "shape": shape,
        }
        create: Callable[..., Any] = _create
        for creator in _creators:
            create = creation.wrap_creator(creator, create)
        return create(**options)

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, core.Variable)

    def __subclasscheck__(cls, subclass: Any) -> bool:
        return issubclass(subclass, core.Variable)


def _create(
    use_resource: bool | None = None,
    collections: Any = None,
    expected_shape: Any = None,
    **options: Any,
) -> Any:
    graph = state.graph
    while graph is not None and graph.building_function:
        graph = graph.enclosing
    if expected_shape is not None and options.get("shape") is None:
        options["shape"] = expected_shape
    if graph is None:
        return core.Variable(**options)
    if use_resource is None:
        use_resource = _scope_choice()
    if use_resource is None:
        use_resource = resource_variables_enabled()
    return graph.make_variable(use_resource, collections=collections, **options)


def _scope_choice() -> bool | None:
    from tidefall.v1.variables.scope_stack import get_variable_scope

    return get_variable_scope().use_resource


@export("compat.v1.Variable", "compat.v1.VariableV1")
class Variable(metaclass=_Meta):
    """A tensor of a graph that can be changed and that training adjusts.

    Args:
        initial_value: a tensor, anything that converts to one, or a function that makes one.
        trainable: whether optimizers change it. Default True.
        collections: collections of the graph to add it to; the global variables by default.
        validate_shape: when False, assignments may change the shape.
        caching_device: accepted.
        name: name; "Variable" by default.
        variable_def: make it of a VariableDef, whose nodes must be in the graph.
        dtype: dtype of the value.
        expected_shape: accepted, as `shape`.
        import_scope: name scope of the nodes that `variable_def` names.
        constraint: applied by optimizers after each update.
        use_resource: whether it lives behind a handle; by default as
            `tf.compat.v1.enable_resource_variables` says.
        synchronization, aggregation: how distributed copies behave.
        shape: static shape, if wider than the initial value's.

    >>> import tidefall as tf
    >>> with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    ...     v = tf.compat.v1.Variable([1.0, 2.0], name="v")
    ...     session.run(v.initializer)
    ...     print(session.run(v + 1.0))
    [2. 3.]
    """

    SaveSliceInfo = SaveSliceInfo

    @staticmethod
    def from_proto(variable_def: Any, import_scope: str | None = None) -> Any:
        """The variable of a VariableDef, whose nodes are in the graph."""
        return variable_of_proto(state.graph, variable_def, import_scope)


@export("compat.v1.variable_creator_scope")
class variable_creator_scope(creation.variable_creator_scope):  # noqa: N801
    """Let a function take part in the creation of variables of graphs inside the block.

    Args:
        variable_creator: called as `f(next_creator, **kwargs)`; returns a variable.
    """

    _live = _creators
