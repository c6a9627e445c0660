"""Variable scopes: prefixes and defaults for the variables of `get_variable`."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from tidefall.base import dtypes
from tidefall.base.dtypes import as_dtype
from tidefall.base.exports import export
from tidefall.base.state import name_scope, state
from tidefall.composite.variables.creation import VariableAggregation, VariableSynchronization
from tidefall.graph.v1.default_graph import get_default_graph
from tidefall.tensor.tensor import Tensor
from tidefall.v1.graphs.graph_keys import GraphKeys
from tidefall.v1.variables.variable_store import VariableStore

_KEY = ("__varscope",)
_INHERITED = (
    "initializer", "regularizer", "caching_device", "partitioner", "use_resource", "constraint",
)  # fmt: skip


class _Stack:
    """The scope in force in a graph, and how often each was opened."""

    def __init__(self) -> None:
        self.current = VariableScope(False)
        self.counts: dict[str, int] = {}

    @classmethod
    def of_graph(cls) -> _Stack:
        found = get_default_graph().get_collection_ref(_KEY)
        if not found:
            found.append(cls())
        return found[0]

    def open(self, name: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1

    def close_below(self, name: str) -> None:
        """Forget the scopes inside one, so that their default names begin anew."""
        for key in self.counts:
            if not name or key.startswith(f"{name}/"):
                self.counts[key] = 0


@export("compat.v1.VariableScope")
class VariableScope:
    """A prefix for the names of variables, and defaults for making them.

    Args:
        reuse: True shares variables that are there, AUTO_REUSE shares or makes them.
        name: the prefix.
        initializer, regularizer, caching_device, partitioner, custom_getter, constraint: defaults.
        name_scope: the name scope it was opened with.
        dtype: default dtype.
        use_resource: whether variables live behind handles.
    """

    def __init__(
        self,
        reuse: Any,
        name: str = "",
        initializer: Any = None,
        regularizer: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        custom_getter: Any = None,
        name_scope: str = "",
        dtype: Any = dtypes.float32,
        use_resource: bool | None = None,
        constraint: Any = None,
    ):
        self._name = name
        self._reuse = reuse
        self._initializer = initializer
        self._regularizer = regularizer
        self._caching_device = caching_device
        self._partitioner = partitioner
        self._custom_getter = custom_getter
        self._name_scope = name_scope
        self._dtype = dtype
        self._use_resource = use_resource
        self._constraint = constraint

    @property
    def name(self) -> str:
        """The prefix."""
        return self._name

    @property
    def original_name_scope(self) -> str:
        """The name scope it was opened with first."""
        return self._name_scope

    @property
    def reuse(self) -> Any:
        """Whether variables are shared."""
        return self._reuse

    @property
    def initializer(self) -> Any:
        """The default initialiser."""
        return self._initializer

    @property
    def regularizer(self) -> Any:
        """The default regulariser."""
        return self._regularizer

    @property
    def caching_device(self) -> Any:
        """Accepted, and used for nothing."""
        return self._caching_device

    @property
    def partitioner(self) -> Any:
        """The default partitioner."""
        return self._partitioner

    @property
    def custom_getter(self) -> Any:
        """A function that steps in when a variable is asked for."""
        return self._custom_getter

    @property
    def dtype(self) -> Any:
        """The default dtype."""
        return self._dtype

    @property
    def use_resource(self) -> bool | None:
        """Whether variables live behind handles; None leaves it to the switch."""
        return self._use_resource

    @property
    def constraint(self) -> Any:
        """The default constraint."""
        return self._constraint

    def reuse_variables(self) -> None:
        """Share variables from now on."""
        self._reuse = True

    def set_initializer(self, initializer: Any) -> None:
        """Set the default initialiser."""
        self._initializer = initializer

    def set_dtype(self, dtype: Any) -> None:
        """Set the default dtype."""
        self._dtype = dtype

    def set_use_resource(self, use_resource: bool) -> None:
        """Set whether variables live behind handles."""
        self._use_resource = use_resource

    def set_regularizer(self, regularizer: Any) -> None:
        """Set the default regulariser."""
        self._regularizer = regularizer

    def set_caching_device(self, caching_device: Any) -> None:
        """Accepted."""
        self._caching_device = caching_device

    def set_partitioner(self, partitioner: Any) -> None:
        """Set the default partitioner."""
        self._partitioner = partitioner

    def set_custom_getter(self, custom_getter: Any) -> None:
        """Set the function that steps in when a variable is asked for."""
        self._custom_getter = custom_getter

    def get_collection(self, name: Any) -> list[Any]:
        """The part of a collection that is inside this scope."""
        prefix = f"{self._name}/" if self._name else ""
        return get_default_graph().get_collection(name, prefix)

    def trainable_variables(self) -> list[Any]:
        """The variables inside this scope that optimizers change."""
        return self.get_collection(GraphKeys.TRAINABLE_VARIABLES)

    def global_variables(self) -> list[Any]:
        """The variables inside this scope that are shared and saved."""
        return self.get_collection(GraphKeys.GLOBAL_VARIABLES)

    def local_variables(self) -> list[Any]:
        """The local variables inside this scope."""
        return self.get_collection(GraphKeys.LOCAL_VARIABLES)

    def get_variable(
        self,
        var_store: VariableStore,
        name: str,
        shape: Any = None,
        dtype: Any = None,
        initializer: Any = None,
        regularizer: Any = None,
        reuse: Any = None,
        custom_getter: Any = None,
        **options: Any,
    ) -> Any:
        """The variable of that name in this scope."""
        for key in ("caching_device", "partitioner", "constraint", "use_resource"):
            if options.get(key) is None:
                options[key] = getattr(self, f"_{key}")
        if isinstance(initializer, Tensor) and dtype is not None:
            own = initializer.dtype.base_dtype
            if as_dtype(dtype).base_dtype != own:
                raise ValueError(
                    f"Initializer type '{own.name}' and explicit dtype '{as_dtype(dtype).name}' "
                    f"don't match, for variable {name}."
                )
        full = f"{self._name}/{name}" if self._name else name
        with name_scope(None):
            return var_store.get(
                full,
                custom_getter=custom_getter or self._custom_getter,
                shape=shape,
                dtype=self._dtype if dtype is None else dtype,
                initializer=self._initializer if initializer is None else initializer,
                regularizer=self._regularizer if regularizer is None else regularizer,
                reuse=self._reuse if reuse is None else reuse,
                **options,
            )


@export("compat.v1.get_variable_scope")
def get_variable_scope() -> VariableScope:
    """The variable scope in force."""
    return _Stack.of_graph().current


@export("compat.v1.get_variable")
def get_variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool | None = None,
    collections: Any = None,
    caching_device: Any = None,
    partitioner: Any = None,
    validate_shape: bool = True,
    use_resource: bool | None = None,
    custom_getter: Any = None,
    constraint: Any = None,
    synchronization: Any = VariableSynchronization.AUTO,
    aggregation: Any = VariableAggregation.NONE,
) -> Any:
    """The variable of that name in the variable scope, shared or made.

    Args:
        name: its name.
        shape: its shape.
        dtype: its dtype; float32 by default.
        initializer: a tensor, or a function of shape and dtype; random numbers by default.
        regularizer: a function from the variable to a loss, which is added to a collection.
        trainable: whether optimizers change it.
        collections: collections to add it to; the global variables by default.
        caching_device: accepted.
        partitioner: a function of shape and dtype that gives the number of parts in each dimension,
            such as `tf.compat.v1.fixed_size_partitioner` makes. The result is then a
            PartitionedVariable: the parts in order, which `as_tensor` concatenates. Savers save
            them as one variable.
        validate_shape: when False, assignments may change the shape.
        use_resource: whether it lives behind a handle.
        custom_getter: a function that steps in; see `variable_scope`.
        constraint: applied by optimizers after each update.
        synchronization, aggregation: how distributed copies behave.

    Raises:
        ValueError: if it is there and may not be shared, or the other way round, or is of another
            shape or dtype.

    >>> import tidefall as tf
    >>> v1 = tf.compat.v1
    >>> with tf.Graph().as_default():
    ...     with v1.variable_scope("layer"):
    ...         w = v1.get_variable("w", [2])
    ...     with v1.variable_scope("layer", reuse=True):
    ...         assert v1.get_variable("w") is w
    >>> w.name
    'layer/w:0'
    """
    return get_variable_scope().get_variable(
        VariableStore.current(),
        name,
        shape=shape,
        dtype=dtype,
        initializer=initializer,
        regularizer=regularizer,
        trainable=trainable,
        collections=collections,
        caching_device=caching_device,
        partitioner=partitioner,
        validate_shape=validate_shape,
        use_resource=use_resource,
        custom_getter=custom_getter,
        constraint=constraint,
        synchronization=synchronization,
        aggregation=aggregation,
    )


@export("compat.v1.get_local_variable")
def get_local_variable(
    name: str, shape: Any = None, dtype: Any = None, initializer: Any = None, **options: Any
) -> Any:
    """`get_variable` of a local variable, which is neither trained nor saved."""
    options["trainable"] = False
    options["collections"] = [
        *(options.get("collections") or ()),
        GraphKeys.LOCAL_VARIABLES,
    ]
    return get_variable(name, shape, dtype, initializer, **options)


def _unique_scope(prefix: str) -> str:
    stack = _Stack.of_graph()
    outer = stack.current.name
    name = f"{outer}/{prefix}" if outer else prefix
    if not stack.counts.get(name):
        return prefix
    number = 1
    while stack.counts.get(f"{name}_{number}"):
        number += 1
    return f"{prefix}_{number}"


class variable_scope:  # noqa: N801 - TensorFlow's name
    """Prefix the names of variables, and set defaults for them, inside the block.

    Args:
        name_or_scope: the name, or a scope to enter again.
        default_name: a name to make unique where `name_or_scope` is None.
        values: accepted: tensors that must be of one graph.
        initializer, regularizer, caching_device, partitioner: defaults for `get_variable`.
        custom_getter: called as `f(getter, name, ...)` for each variable asked for.
        reuse: True shares variables, AUTO_REUSE shares or makes them.
        dtype: default dtype.
        use_resource: whether variables live behind handles.
        constraint: default constraint.
        auxiliary_name_scope: also open a name scope.
    """

    def __init__(
        self,
        name_or_scope: Any,
        default_name: str | None = None,
        values: Any = None,
        initializer: Any = None,
        regularizer: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        custom_getter: Any = None,
        reuse: Any = None,
        dtype: Any = None,
        use_resource: bool | None = None,
        constraint: Any = None,
        auxiliary_name_scope: bool = True,
    ):
        if default_name is None and name_or_scope is None:
            raise TypeError("If default_name is None then name_or_scope is required")
        if name_or_scope is not None and not isinstance(name_or_scope, (str, VariableScope)):
            raise TypeError("VariableScope: name_or_scope must be a string or VariableScope.")
        if name_or_scope is None and reuse:
            raise ValueError("reuse=True cannot be used without a name_or_scope")
        if not isinstance(auxiliary_name_scope, bool):
            raise TypeError(
                f"The auxiliary_name_scope must be `True` or `False`, not {auxiliary_name_scope!r}."
            )
        self._scope = name_or_scope
        self._default = default_name
        self._reuse = reuse
        self._auxiliary = auxiliary_name_scope
        self._options = {
            "initializer": initializer,
            "regularizer": regularizer,
            "caching_device": caching_device,
            "partitioner": partitioner,
            "use_resource": use_resource,
            "constraint": constraint,
        }
        self._dtype = dtype
        self._getter = custom_getter
        self._open: list[ExitStack] = []

    def __enter__(self) -> VariableScope:
        stack = ExitStack()
        named = self._scope if self._scope is not None else self._default
        label = named if isinstance(named, str) else named.name.rpartition("/")[2]
        scope_name = ""
        if self._auxiliary and label:
            scope_name = stack.enter_context(name_scope(label))
        elif state.graph is not None:
            scope_name = f"{state.name_scope}/" if state.name_scope else ""
        if self._scope is None:
            named = _unique_scope(label)
        scope = stack.enter_context(self._entered(named, scope_name))
        self._open.append(stack)
        return scope

    def __exit__(self, *exc: Any) -> None:
        self._open.pop().__exit__(*exc)

    @contextmanager
    def _entered(self, named: Any, scope_name: str) -> Iterator[VariableScope]:
        stack = _Stack.of_graph()
        old, counts = stack.current, None
        if isinstance(named, VariableScope):
            scope, counts = copy.copy(named), dict(stack.counts)
            scope._reuse = self._reuse or named.reuse
        else:
            scope = copy.copy(old)
            scope._name = f"{old.name}/{named}" if old.name else named
            scope._reuse = self._reuse or old.reuse
            scope._name_scope = scope_name
        for key in _INHERITED:
            if self._options[key] is not None:
                setattr(scope, f"_{key}", self._options[key])
        if self._dtype is not None:
            scope._dtype = as_dtype(self._dtype)
        if self._getter is not None:
            scope._custom_getter = _compose(self._getter, scope._custom_getter)
        stack.open(scope.name)
        stack.current = scope
        try:
            yield scope
        finally:
            stack.close_below(scope.name)
            if counts is not None:
                stack.counts = counts
            stack.current = old


export("compat.v1.variable_scope")(variable_scope)


def _compose(getter: Callable[..., Any], outer: Callable[..., Any] | None) -> Callable[..., Any]:
    """A getter that asks another one in turn."""
    if outer is None:
        return getter

    def composed(getter: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        def inner(*a: Any, **k: Any) -> Any:
            return outer(getter, *a, **k)

        return first(inner, *args, **kwargs)

    first = getter
    return composed


@export("compat.v1.variable_op_scope")
@contextmanager
def variable_op_scope(
    values: Any,
    name_or_scope: Any,
    default_name: str | None = None,
    initializer: Any = None,
    regularizer: Any = None,
    caching_device: Any = None,
    partitioner: Any = None,
    custom_getter: Any = None,
    reuse: Any = None,
    dtype: Any = None,
    use_resource: bool | None = None,
    constraint: Any = None,
) -> Iterator[VariableScope]:
    """Old form of `variable_scope`, with the values first."""
    with variable_scope(
        name_or_scope, default_name, values, initializer, regularizer, caching_device, partitioner,
        custom_getter, reuse, dtype, use_resource, constraint,
    ) as scope:  # fmt: skip
        yield scope


@export("compat.v1.no_regularizer")
def no_regularizer(_: Any) -> None:
    """A regulariser that adds nothing, against the default of a scope."""
