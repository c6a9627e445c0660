"""What the optimizers of TensorFlow 1 share: gradients, slots, and the node that trains."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tidefall.autodiff.tape import GradientTape
from tidefall.base.exports import export
from tidefall.base.state import init_scope, name_scope, state
from tidefall.composite.indexed_slices import IndexedSlices
from tidefall.composite.trackable.trackable import Trackable
from tidefall.composite.variables.save_slice_info import save_as_part_of
from tidefall.graph.v1.graph_variable import GraphVariable
from tidefall.graph.v1.variables import RefVariable
from tidefall.op import raw
from tidefall.ops.array.identity import group
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.v1.graphs.differentiate import gradients_of
from tidefall.v1.graphs.graph_keys import GraphKeys, trainable_variables
from tidefall.v1.variables.initializer_classes import Zeros
from tidefall.v1.variables.scope_stack import get_variable, variable_scope
from tidefall.v1.variables.v1_variable import Variable


@export("compat.v1.train.Optimizer")
class Optimizer(Trackable):
    """Base of the optimizers of TensorFlow 1.

    A subclass says in `_apply_dense`, `_resource_apply_dense`, `_apply_sparse` and
    `_resource_apply_sparse` which node updates a variable.

    Args:
        use_locking: accepted.
        name: name of the nodes.
    """

    GATE_NONE = 0
    GATE_OP = 1
    GATE_GRAPH = 2

    def __init__(self, use_locking: bool, name: str):
        if not name:
            raise ValueError("Must specify the optimizer name")
        self._setattr_tracking = False
        self._use_locking = use_locking
        self._name = name
        self._slots: dict[str, dict[int, Any]] = {}
        self._slot_owners: dict[int, Any] = {}
        self._non_slots: dict[tuple[str, int], Any] = {}
        self._waiting_slots: dict[tuple[str, int], list[Any]] = {}

    def get_name(self) -> str:
        """The name."""
        return self._name

    # ---- gradients ----

    def minimize(
        self,
        loss: Any,
        global_step: Any = None,
        var_list: Any = None,
        gate_gradients: int = 1,
        aggregation_method: Any = None,
        colocate_gradients_with_ops: bool = False,
        name: str | None = None,
        grad_loss: Any = None,
    ) -> Any:
        """A node that takes one step towards a smaller loss.

        Args:
            loss: a tensor; in eager code a function that returns one.
            global_step: a variable that counts the steps.
            var_list: the variables to change; the trainable ones by default.
            gate_gradients, aggregation_method, colocate_gradients_with_ops: accepted.
            name: name of the node.
            grad_loss: gradient of the loss; ones by default.

        Raises:
            ValueError: if the loss depends on none of the variables.
        """
        pairs = self.compute_gradients(loss, var_list, grad_loss=grad_loss)
        if not any(gradient is not None for gradient, _ in pairs):
            names = [str(v) for _, v in pairs]
            raise ValueError(
                "No gradients provided for any variable, check your graph for ops that do not "
                f"support gradients, between variables {names} and loss {loss}."
            )
        return self.apply_gradients(pairs, global_step, name)

    def compute_gradients(
        self,
        loss: Any,
        var_list: Any = None,
        gate_gradients: int = 1,
        aggregation_method: Any = None,
        colocate_gradients_with_ops: bool = False,
        grad_loss: Any = None,
    ) -> list[tuple[Any, Any]]:
        """Pairs of gradient and variable; the gradient is None where there is none.

        Args:
            loss: a tensor; in eager code a function that returns one.
            var_list: the variables; the trainable ones by default.
            gate_gradients, aggregation_method, colocate_gradients_with_ops: accepted.
            grad_loss: gradient of the loss; ones by default.
        """
        if callable(loss):
            with GradientTape() as tape:
                value = loss()
            variables = list(var_list or tape.watched_variables())
            return list(zip(tape.gradient(value, variables, grad_loss), variables, strict=True))
        if state.graph is None:
            raise RuntimeError(
                "`loss` passed to Optimizer.compute_gradients should be a function when eager "
                "execution is enabled."
            )
        if var_list is None:
            found = trainable_variables()
            variables = found + state.graph.get_collection("_TRAINABLE_RESOURCE_VARIABLES")
        else:
            variables = list(var_list) if isinstance(var_list, Iterable) else [var_list]
        if not variables:
            raise ValueError("No variables to optimize.")
        return list(zip(gradients_of([loss], variables, grad_loss), variables, strict=True))

    # ---- the node that trains ----

    def apply_gradients(
        self, grads_and_vars: Iterable[Any], global_step: Any = None, name: str | None = None
    ) -> Any:
        """A node that changes variables by their gradients.

        Args:
            grads_and_vars: pairs, as `compute_gradients` returns them.
            global_step: a variable that counts the steps.
            name: name of the node.

        Raises:
            ValueError: without variables, or without any gradient.
        """
        pairs = [(self._gradient(g), v) for g, v in grads_and_vars]
        if not pairs:
            raise ValueError("No variables provided.")
        used = [v for g, v in pairs if g is not None]
        if not used:
            names = ([str(v) for _, v in pairs],)
            raise ValueError(f"No gradients provided for any variable: {names}.")
        with init_scope():
            self._create_slots(used)
        with name_scope(name or self._name) as scope:
            self._prepare()
            updates = []
            for gradient, variable in pairs:
                if gradient is None:
                    continue
                label = variable.op.name if isinstance(variable, GraphVariable) else ""
                with name_scope(f"update_{label}"), _with(variable):
                    updates.append(self._update(gradient, variable))
            if global_step is None:
                train = self._finish(updates, scope)
            else:
                with _after([self._finish(updates, "update")]), _with(global_step):
                    train = _advance(global_step, scope)
        if state.graph is not None:
            train = getattr(train, "op", train)
            known = state.graph.get_collection_ref(GraphKeys.TRAIN_OP)
            if train not in known:
                known.append(train)
        return train

    @staticmethod
    def _gradient(gradient: Any) -> Any:
        if gradient is None or isinstance(gradient, IndexedSlices):
            return gradient
        return convert_to_tensor(gradient)

    def _update(self, gradient: Any, variable: Any) -> Any:
        by_reference = isinstance(variable, RefVariable)
        if isinstance(gradient, IndexedSlices):
            if variable.constraint is not None:
                raise RuntimeError("Cannot use a constraint function on a sparse variable.")
            values, indices = unique_rows(gradient.values, gradient.indices)
            if by_reference:
                rows = IndexedSlices(values, indices, gradient.dense_shape)
                return self._apply_sparse(rows, variable)
            return self._resource_apply_sparse(values, variable, indices)
        apply = self._apply_dense if by_reference else self._resource_apply_dense
        update = apply(gradient, variable)
        if variable.constraint is not None:
            with _after([update]):
                return variable.assign(variable.constraint(variable))
        return update

    def _finish(self, update_ops: list[Any], name_scope: str) -> Any:
        return group(*[u for u in update_ops if u is not None], name=name_scope)

    # ---- what subclasses say ----

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        """Make the variables that the optimizer needs beside those it trains."""

    def _prepare(self) -> None:
        """Make tensors of the settings."""

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        raise NotImplementedError

    def _resource_apply_dense(self, grad: Any, handle: Any) -> Any:
        raise NotImplementedError

    def _apply_sparse(self, grad: Any, var: Any) -> Any:
        raise NotImplementedError

    def _resource_apply_sparse(self, grad: Any, handle: Any, indices: Any) -> Any:
        raise NotImplementedError

    @staticmethod
    def _call_if_callable(param: Any) -> Any:
        return param() if callable(param) else param

    # ---- slots ----

    def get_slot(self, var: Any, name: str) -> Any:
        """A variable that belongs to another one, such as its momentum; None if there is none."""
        return self._slots.get(name, {}).get(id(var))

    def get_slot_names(self) -> list[str]:
        """The names of the kinds of slots."""
        return sorted(self._slots)

    def variables(self) -> list[Any]:
        """The optimizer's own variables."""
        found = [v for slots in self._slots.values() for v in slots.values()]
        return sorted([*found, *self._non_slots.values()], key=lambda v: v.name)

    def _slot(self, var: Any, slot_name: str, make: Callable[[], Any]) -> Any:
        slots = self._slots.setdefault(slot_name, {})
        if id(var) not in slots:
            slots[id(var)] = make()
            self._slot_owners[id(var)] = var
            for restore in self._waiting_slots.pop((slot_name, id(var)), ()):
                restore(slots[id(var)])
        return slots[id(var)]

    def _get_or_make_slot(self, var: Any, val: Any, slot_name: str, op_name: str) -> Any:
        return self._slot(var, slot_name, lambda: create_slot(var, val, op_name))

    def _get_or_make_slot_with_initializer(
        self, var: Any, initializer: Any, shape: Any, dtype: Any, slot_name: str, op_name: str
    ) -> Any:
        return self._slot(
            var, slot_name, lambda: create_slot(var, initializer, op_name, shape, dtype)
        )

    def _zeros_slot(self, var: Any, slot_name: str, op_name: str) -> Any:
        dtype = var.dtype.base_dtype
        return self._get_or_make_slot_with_initializer(
            var, Zeros(), var.shape, dtype, slot_name, op_name
        )

    def _create_non_slot_variable(self, initial_value: Any, name: str, colocate_with: Any) -> Any:
        key = (name, id(state.graph))
        if key not in self._non_slots:
            by_reference = isinstance(colocate_with, RefVariable)
            with _with(colocate_with):
                self._non_slots[key] = Variable(
                    initial_value, name=name, trainable=False, use_resource=not by_reference
                )
            self._handle_deferred_dependencies(name, self._non_slots[key])
        return self._non_slots[key]

    def _get_non_slot_variable(self, name: str, graph: Any = None) -> Any:
        return self._non_slots.get((name, id(graph)))

    # ---- checkpoints ----

    def _trackable_children(self, save_type: str = "checkpoint", **kwargs: Any) -> dict[str, Any]:
        """The variables that belong to none of those that are trained, of the current graph."""
        own = {
            n: v for (n, graph), v in sorted(self._non_slots.items()) if graph == id(state.graph)
        }
        return own | super()._trackable_children(save_type, **kwargs)

    def _lookup_dependency(self, name: str, cached_dependencies: Any = None) -> Any:
        found = super()._lookup_dependency(name, cached_dependencies)
        return self._get_non_slot_variable(name, state.graph) if found is None else found

    def _restore_slot(self, var: Any, slot_name: str, value: Any) -> None:
        """Put the value that a checkpoint has into a slot, now or when the slot is made.

        Args:
            var: the variable that the slot belongs to.
            slot_name: the name of the kind of slot.
            value: takes the slot's variable and restores it; its `read` gives the value.
        """
        slot = self.get_slot(var, slot_name)
        if slot is None and state.graph is None:
            slot = self._get_or_make_slot(var, value.read(), slot_name, self._name)
        if slot is not None:
            value(slot)
        else:
            self._waiting_slots.setdefault((slot_name, id(var)), []).append(value)


def create_slot(primary: Any, val: Any, name: str, shape: Any = None, dtype: Any = None) -> Any:
    """A variable that belongs to another one and is named after it."""
    label = primary.op.name if isinstance(primary, GraphVariable) else primary._shared_name
    with variable_scope(None, f"{label}/{name}") as scope, _with(primary):
        scope.set_partitioner(None)
        slot = get_variable(
            "",
            shape=shape,
            dtype=dtype,
            initializer=val,
            trainable=False,
            use_resource=not isinstance(primary, RefVariable),
            validate_shape=True,
        )
    save_as_part_of(primary, label, slot)
    return slot


def unique_rows(values: Any, indices: Any) -> tuple[Any, Any]:
    """Rows and their numbers with every number once: rows of one number are summed."""
    unique, positions = raw.Unique(indices)
    count = raw.StridedSlice(raw.Shape(unique), [0], [1], [1], shrink_axis_mask=1)
    return raw.UnsortedSegmentSum(values, positions, count), unique


def _advance(global_step: Any, scope: str) -> Any:
    if isinstance(global_step, RefVariable):
        return raw.AssignAdd(global_step._ref(), 1, name=scope)
    one = convert_to_tensor(1, global_step.dtype.base_dtype)
    if state.graph is None:
        return global_step.assign_add(one)
    dtype = global_step.dtype.base_dtype
    return raw.AssignAddVariableOp(global_step.handle, one, dtype=dtype, name=scope)


class _with:  # noqa: N801 - a scope
    """Colocate with a variable, in a graph."""

    def __init__(self, variable: Any):
        graph = state.graph
        use = graph is not None and isinstance(variable, GraphVariable)
        self._scope = graph.colocate_with(variable.op) if use else None  # type: ignore[union-attr]

    def __enter__(self) -> None:
        if self._scope is not None:
            self._scope.__enter__()

    def __exit__(self, *exc: Any) -> None:
        if self._scope is not None:
            self._scope.__exit__(*exc)


def _after(nodes: list[Any]) -> Any:
    from tidefall.graph.control_dependencies import control_dependencies

    return control_dependencies(nodes if state.graph is not None else [])


after, colocated = _after, _with
