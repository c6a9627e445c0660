"""The variables of a graph by name: what `get_variable` looks up and makes."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from tidefall.base.dtypes import as_dtype
from tidefall.base.exports import export_value
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope, state
from tidefall.composite.variables.creation import VariableAggregation, VariableSynchronization
from tidefall.graph.v1.default_graph import get_default_graph
from tidefall.tensor.tensor import Tensor
from tidefall.v1.graphs.graph_keys import GraphKeys
from tidefall.v1.variables.initializer_classes import GlorotUniform, Zeros
from tidefall.v1.variables.partitioned_variables import (
    PartitionedVariable,
    PartitionInfo,
    checked_partitions,
    make_parts,
)
from tidefall.v1.variables.v1_variable import Variable


class Reuse:
    """Whether variables are shared: `AUTO_REUSE` shares the ones that are there."""

    def __init__(self, name: str):
        self._name = name

    def __repr__(self) -> str:
        return f"<_ReuseMode.{self._name}: 1>"


AUTO_REUSE = export_value(Reuse("AUTO_REUSE"), "compat.v1.AUTO_REUSE")
_KEY = ("__variable_store",)


class VariableStore:
    """The variables that `get_variable` made in one graph."""

    def __init__(self) -> None:
        self.variables: dict[str, Any] = {}
        self.partitioned: dict[str, PartitionedVariable] = {}
        self.made_at: dict[str, str] = {}

    @classmethod
    def current(cls) -> VariableStore:
        """The store of the default graph."""
        found = get_default_graph().get_collection_ref(_KEY)
        if not found:
            found.append(cls())
        return found[0]

    def get(
        self, name: str, custom_getter: Callable[..., Any] | None = None, **options: Any
    ) -> Any:
        """The variable of that name, made if it may be; `custom_getter` may step in."""
        if custom_getter is not None:
            return custom_getter(getter=self._get, name=name, **options)
        return self._get(name, **options)

    def _get(
        self,
        name: str,
        shape: Any = None,
        dtype: Any = "float32",
        initializer: Any = None,
        reuse: Any = None,
        partitioner: Any = None,
        **options: Any,
    ) -> Any:
        dtype = as_dtype(dtype).base_dtype
        is_scalar = isinstance(shape, list | tuple) and not shape
        known = reuse is True and name in self.partitioned
        if (partitioner is not None and not is_scalar) or known:
            return self._get_partitioned(
                name.removesuffix("/"), shape, dtype, initializer, reuse, partitioner, **options
            )
        if f"{name}/part_0" in self.variables:
            raise ValueError(
                "No partitioner was provided, but a partitioned version of the variable was found: "
                f"{name}/part_0. Perhaps a variable of the same name was already created with "
                "partitioning?"
            )
        return self._get_single(name, shape, dtype, initializer, reuse, **options)

    def _get_partitioned(
        self,
        name: str,
        shape: Any,
        dtype: Any,
        initializer: Any,
        reuse: Any,
        partitioner: Any,
        **options: Any,
    ) -> Any:
        if name in self.variables:
            raise ValueError(
                "A partitioner was provided, but an unpartitioned version of the variable was "
                f"found: {name}. Perhaps a variable of the same name was already created without "
                "partitioning?"
            )
        target = TensorShape(shape)
        if isinstance(initializer, Tensor):
            target, dtype = target.merge_with(initializer.shape), initializer.dtype.base_dtype
        parts = None
        if partitioner is not None:
            parts = checked_partitions(partitioner, target, dtype)
        if name in self.partitioned:
            return self._shared_partitioned(name, reuse, target, dtype, parts)
        if reuse is True:
            raise ValueError(
                f"PartitionedVariable {name} does not exist, or was not created with "
                "tf.get_variable(). Did you mean to set reuse=False or reuse=tf.AUTO_REUSE in "
                "VarScope?"
            )

        def make(own: str, size: Any, first: Any, kind: Any, info: PartitionInfo) -> Any:
            return self._get_single(own, size, kind, first, reuse, partition_info=info, **options)

        assert parts is not None
        if initializer is None:
            initializer = default_initializer(name, dtype)
        dims: Any = target.as_list()
        made = make_parts(name, dims, parts, initializer, dtype, make)
        whole = PartitionedVariable(name, target, dtype, made, parts)
        if state.graph is not None:
            self.partitioned[name] = whole
        return whole

    def _shared_partitioned(
        self, name: str, reuse: Any, shape: TensorShape, dtype: Any, parts: list[int] | None
    ) -> PartitionedVariable:
        if not reuse:
            raise ValueError(
                f"Partitioned variable with name {name} already exists. Did you mean to set "
                "reuse=True or reuse=tf.AUTO_REUSE in VarScope?"
            )
        found = self.partitioned[name]
        asked = {
            "shape": (shape, found.shape, shape.is_compatible_with(found.shape)),
            "dtype": (dtype.name, found.dtype.name, dtype == found.dtype),
            "partitions": (parts, found._get_partitions(), None),
        }
        for what, (wanted, there, fits) in asked.items():
            if fits is None:
                fits = wanted is None or wanted == there
            if not fits:
                raise ValueError(
                    f"Trying to reuse partitioned variable {name}, but specified {what} {wanted} "
                    f"and found {what} {there}."
                )
        return found

    def _get_single(
        self,
        name: str,
        shape: Any,
        dtype: Any,
        initializer: Any,
        reuse: Any,
        regularizer: Any = None,
        trainable: bool | None = None,
        collections: Any = None,
        caching_device: Any = None,
        validate_shape: bool = True,
        use_resource: bool | None = None,
        constraint: Any = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
        partition_info: PartitionInfo | None = None,
    ) -> Any:
        by_value = initializer is not None and not callable(initializer)
        if shape is not None and by_value:
            raise ValueError("If initializer is a constant, do not specify shape.")
        target = TensorShape(shape)
        if name in self.variables:
            return self._shared(name, reuse, target, dtype)
        if reuse is True:
            raise ValueError(
                f"Variable {name} does not exist, or was not created with tf.get_variable(). Did "
                "you mean to set reuse=tf.AUTO_REUSE in VarScope?"
            )
        if initializer is None:
            initializer = default_initializer(name, dtype)
        if not by_value and not _usable(initializer, target):
            raise ValueError(
                "The initializer passed is not valid. It should be a callable with no arguments "
                "and the shape should not be provided or an instance of "
                "`tf.keras.initializers.*' and `shape` should be fully defined."
            )
        first = initializer
        if not by_value:
            first = initial_function(initializer, target, dtype, partition_info)
        variable = Variable(
            first,
            name=name,
            trainable=trainable,
            collections=collections,
            caching_device=caching_device,
            dtype=None if by_value else dtype,
            validate_shape=validate_shape,
            constraint=constraint,
            use_resource=use_resource,
            synchronization=synchronization,
            aggregation=aggregation,
        )
        if state.graph is not None:
            self.variables[name] = variable
        if regularizer is not None:
            _regularize(variable, name, regularizer)
        return variable

    def _shared(self, name: str, reuse: Any, shape: TensorShape, dtype: Any) -> Any:
        if not reuse:
            where = self.variables[name].op.user_line
            text = (
                f"Variable {name} already exists, disallowed. Did you mean to set reuse=True or "
                "reuse=tf.AUTO_REUSE in VarScope?"
            )
            raise ValueError(text + (f" Originally defined at: {where}" if where else ""))
        found = self.variables[name]
        if not shape.is_compatible_with(found.shape):
            raise ValueError(
                f"Trying to share variable {name}, but specified shape {shape} and found shape "
                f"{found.shape}."
            )
        if not dtype.is_compatible_with(found.dtype.base_dtype):
            raise ValueError(
                f"Trying to share variable {name}, but specified dtype {dtype.name} and found "
                f"dtype {found.dtype.base_dtype.name}."
            )
        return found


def default_initializer(name: str, dtype: Any) -> Any:
    """What a variable without an initialiser starts with.

    Raises:
        ValueError: for a dtype that has no such thing.
    """
    if dtype.is_floating:
        return GlorotUniform()
    if dtype.is_integer or dtype.is_bool or dtype.name == "string":
        return Zeros()
    raise ValueError(f"An initializer for variable {name} of {dtype} is required.")


def _usable(initializer: Any, shape: TensorShape) -> bool:
    return shape.is_fully_defined() or _needs_nothing(initializer)


def _needs_nothing(function: Any) -> bool:
    if inspect.isclass(function):
        return False
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    return all(
        p.default is not p.empty or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters
    )


def initial_function(
    initializer: Any, shape: TensorShape, dtype: Any, partition_info: Any = None
) -> Callable[[], Any]:
    """A function without arguments that makes the initial value."""
    if inspect.isclass(initializer):
        initializer = initializer()
    if not shape.is_fully_defined():
        return initializer

    def first() -> Any:
        try:
            known = inspect.signature(initializer).parameters
        except (TypeError, ValueError):
            known = {}
        options: dict[str, Any] = {}
        if partition_info is not None and "partition_info" in known:
            options["partition_info"] = partition_info
        if "dtype" in known or any(p.kind is p.VAR_KEYWORD for p in known.values()):
            return initializer(shape.as_list(), dtype=dtype, **options)
        if len(known) - len(options) >= 2:
            return initializer(shape.as_list(), dtype, **options)
        return initializer(shape.as_list(), **options) if known else initializer()

    return first


def _regularize(variable: Any, name: str, regularizer: Callable[[Any], Any]) -> None:
    """Add the loss that a regulariser makes of a variable to its collection."""
    graph = state.graph
    if graph is None:
        loss = regularizer(variable)
    else:
        if regularizer(variable) is None:
            return
        with graph.colocate_with(variable.op), name_scope(f"{name}/Regularizer/"):
            loss = regularizer(variable)
    if loss is not None:
        get_default_graph().add_to_collection(GraphKeys.REGULARIZATION_LOSSES, loss)
