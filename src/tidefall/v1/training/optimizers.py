"""Optimizers of TensorFlow 1: gradient descent with and without momentum, and Adam."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.base.exports import export
from tidefall.base.state import state
from tidefall.graph.v1.graph_variable import GraphVariable
from tidefall.graph.v1.variables import RefVariable
from tidefall.op import raw
from tidefall.ops.array.identity import group
from tidefall.v1.training.optimizer_base import after, colocated
from tidefall.v1.training.rule_optimizer import RuleOptimizer, handle_of


@export("compat.v1.train.GradientDescentOptimizer")
class GradientDescentOptimizer(RuleOptimizer):
    """Steps against the gradient.

    Args:
        learning_rate: how far; a number, tensor or function.
        use_locking: accepted.
        name: name of the nodes.
    """

    _rule = "GradientDescent"
    _settings = ("learning_rate",)

    def __init__(
        self, learning_rate: Any, use_locking: bool = False, name: str = "GradientDescent"
    ):
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate

    def _inputs(self, var: Any, grad: Any) -> list[Any]:
        return [self._setting("learning_rate", var), grad]

    def _apply_sparse(self, grad: Any, var: Any) -> Any:
        delta = grad.values * self._setting("learning_rate", var)
        return raw.ScatterSub(handle_of(var), grad.indices, delta).op

    def _resource_apply_sparse(self, grad: Any, handle: Any, indices: Any) -> Any:
        delta = -grad * self._setting("learning_rate", handle)
        dtype = handle.dtype.base_dtype
        return raw.ResourceScatterAdd(handle_of(handle), indices, delta, dtype=dtype)


@export("compat.v1.train.MomentumOptimizer")
class MomentumOptimizer(RuleOptimizer):
    """Steps along a decaying sum of gradients.

    Args:
        learning_rate: how far.
        momentum: how much of the sum stays.
        use_locking: accepted.
        name: name of the nodes.
        use_nesterov: look ahead by one step.
    """

    _rule = "Momentum"
    _settings = ("learning_rate", "momentum")

    def __init__(
        self,
        learning_rate: Any,
        momentum: Any,
        use_locking: bool = False,
        name: str = "Momentum",
        use_nesterov: bool = False,
    ):
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._momentum = momentum
        self._use_nesterov = use_nesterov

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            self._zeros_slot(var, "momentum", self._name)

    def _inputs(self, var: Any, grad: Any) -> list[Any]:
        slot = handle_of(self.get_slot(var, "momentum"))
        return [slot, self._setting("learning_rate", var), grad, self._setting("momentum", var)]

    def _attrs(self) -> dict[str, Any]:
        return {"use_nesterov": self._use_nesterov}


@export("compat.v1.train.ProximalGradientDescentOptimizer")
class ProximalGradientDescentOptimizer(RuleOptimizer):
    """Gradient descent with penalties applied exactly.

    Args:
        learning_rate: how far.
        l1_regularization_strength, l2_regularization_strength: the penalties.
        use_locking: accepted.
        name: name of the nodes.
    """

    _rule = "ProximalGradientDescent"
    _settings = ("learning_rate", "l1_regularization_strength", "l2_regularization_strength")

    def __init__(
        self,
        learning_rate: Any,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "ProximalGradientDescent",
    ):
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength

    def _inputs(self, var: Any, grad: Any) -> list[Any]:
        return [*(self._setting(name, var) for name in self._settings), grad]


@export("compat.v1.train.AdamOptimizer")
class AdamOptimizer(RuleOptimizer):
    """Steps along averaged gradients over the root of averaged squares (Kingma and Ba, 2014).

    Args:
        learning_rate: how far.
        beta1, beta2: how much of the averages of gradients and of squares stays.
        epsilon: keeps the division away from zero.
        use_locking: accepted.
        name: name of the nodes.
    """

    _rule = "Adam"
    _settings = ("learning_rate", "beta1", "beta2", "epsilon")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "Adam",
    ):
        super().__init__(use_locking, name)
        self._learning_rate, self._beta1, self._beta2 = learning_rate, beta1, beta2
        self._epsilon = epsilon

    def _powers(self) -> tuple[Any, Any]:
        graph = state.graph
        while graph is not None and graph.building_function:
            graph = graph.enclosing
        return (
            self._get_non_slot_variable("beta1_power", graph),
            self._get_non_slot_variable("beta2_power", graph),
        )

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        first = min(var_list, key=lambda v: v.name)
        for name, value in (("beta1_power", self._beta1), ("beta2_power", self._beta2)):
            self._create_non_slot_variable(self._call_if_callable(value), name, first)
        for var in var_list:
            self._zeros_slot(var, "m", self._name)
            self._zeros_slot(var, "v", self._name)

    def _power(self, variable: Any, var: Any) -> Any:
        dtype = var.dtype.base_dtype
        if isinstance(variable, RefVariable):
            variable = variable.value()
        same = variable.dtype.base_dtype == dtype
        return variable if same else raw.Cast(variable, DstT=dtype)

    def _inputs(self, var: Any, grad: Any) -> list[Any]:
        slots = [handle_of(self.get_slot(var, name)) for name in ("m", "v")]
        powers = [self._power(power, var) for power in self._powers()]
        return [*slots, *powers, *(self._setting(name, var) for name in self._settings), grad]

    def _rows(self, grad: Any, var: Any, indices: Any, add: Any) -> Any:
        """Update all of the averages, of which only some rows get a gradient."""
        power1, power2 = (self._power(power, var) for power in self._powers())
        rate, beta1, beta2, epsilon = (self._setting(name, var) for name in self._settings)
        rate = rate * raw.Sqrt(1 - power2) / (1 - power1)
        m, v = self.get_slot(var, "m"), self.get_slot(var, "v")
        m_t = m.assign(m * beta1)
        with after([m_t]):
            m_t = add(m, indices, grad * (1 - beta1))
        v_t = v.assign(v * beta2)
        with after([v_t]):
            v_t = add(v, indices, (grad * grad) * (1 - beta2))
        update = var.assign_sub(rate * m_t / (raw.Sqrt(v_t) + epsilon))
        return group(update, m_t, v_t)

    def _apply_sparse(self, grad: Any, var: Any) -> Any:
        def add(slot: Any, indices: Any, rows: Any) -> Any:
            return raw.ScatterAdd(handle_of(slot), indices, rows)

        return self._rows(grad.values, var, grad.indices, add)

    def _resource_apply_sparse(self, grad: Any, handle: Any, indices: Any) -> Any:
        def add(slot: Any, indices: Any, rows: Any) -> Any:
            dtype = slot.dtype.base_dtype
            done = raw.ResourceScatterAdd(slot.handle, indices, rows, dtype=dtype)
            with after([done]):
                return slot.value()

        return self._rows(grad, handle, indices, add)

    def _finish(self, update_ops: list[Any], name_scope: str) -> Any:
        power1, power2 = self._powers()
        with after(update_ops), colocated(power1):
            updates = [
                power1.assign(power1 * self._beta1_tensor),  # type: ignore[attr-defined]
                power2.assign(power2 * self._beta2_tensor),  # type: ignore[attr-defined]
            ]
        if not isinstance(power1, GraphVariable):
            return None
        return group(*update_ops, *updates, name=name_scope)
