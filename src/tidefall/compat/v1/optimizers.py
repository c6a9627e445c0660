"""The optimizers of TensorFlow 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.compat.v1.initializer_classes import Constant, Ones
from tidefall.compat.v1.optimizer_base import Optimizer, after, colocated
from tidefall.core.convert import constant, convert_to_tensor
from tidefall.core.exports import export
from tidefall.core.op import find_op
from tidefall.core.state import state
from tidefall.graph.graph_variable import GraphVariable
from tidefall.graph.variables import RefVariable
from tidefall.ops.identity import group


def _of(variable: Any) -> Any:
    """What an op takes for a variable: its reference or its handle."""
    return variable._ref() if isinstance(variable, RefVariable) else variable.handle


class _RuleOptimizer(Optimizer):
    """An optimizer whose update is one op: `_rule` and what it is given besides the gradient.

    Attributes:
        _rule: the end of the op's name, as "Adam".
        _settings: names of the settings, in the order they become tensors.
    """

    _rule = ""
    _settings: tuple[str, ...] = ()

    def _prepare(self) -> None:
        for name in self._settings:
            value = self._call_if_callable(getattr(self, f"_{name}"))
            setattr(self, f"_{name}_tensor", convert_to_tensor(value, name=name))

    def _setting(self, name: str, like: Any) -> Any:
        """A setting as a tensor of a variable's dtype."""
        tensor = getattr(self, f"_{name}_tensor")
        dtype = like.dtype.base_dtype
        return tensor if tensor.dtype == dtype else find_op("Cast")(tensor, DstT=dtype)

    def _inputs(self, var: Any, grad: Any) -> list[Any]:
        """The inputs of the dense op after the variable; `_SPARSE` marks where indices go."""
        raise NotImplementedError

    def _attrs(self) -> dict[str, Any]:
        return {}

    def _sparse_inputs(self, var: Any, grad: Any, indices: Any) -> list[Any]:
        """The inputs of the op for some rows: those of the dense op, indices after the gradient."""
        found: list[Any] = []
        for value in self._inputs(var, grad):
            found.append(value)
            if value is grad:
                found.append(indices)
        return found

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        op = find_op(f"Apply{self._rule}")
        done = op(
            _of(var), *self._inputs(var, grad), use_locking=self._use_locking, **self._attrs()
        )
        return done.op

    def _resource_apply_dense(self, grad: Any, handle: Any) -> Any:
        op = find_op(f"ResourceApply{self._rule}")
        inputs = self._inputs(handle, grad)
        return op(_of(handle), *inputs, use_locking=self._use_locking, **self._attrs())

    def _apply_sparse(self, grad: Any, var: Any) -> Any:
        op = find_op(f"SparseApply{self._rule}")
        inputs = self._sparse_inputs(var, grad.values, grad.indices)
        return op(_of(var), *inputs, use_locking=self._use_locking, **self._attrs()).op

    def _resource_apply_sparse(self, grad: Any, handle: Any, indices: Any) -> Any:
        op = find_op(f"ResourceSparseApply{self._rule}")
        inputs = self._sparse_inputs(handle, grad, indices)
        return op(_of(handle), *inputs, use_locking=self._use_locking, **self._attrs())


@export("compat.v1.train.GradientDescentOptimizer")
class GradientDescentOptimizer(_RuleOptimizer):
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
        return find_op("ScatterSub")(_of(var), grad.indices, delta).op

    def _resource_apply_sparse(self, grad: Any, handle: Any, indices: Any) -> Any:
        delta = -grad * self._setting("learning_rate", handle)
        dtype = handle.dtype.base_dtype
        return find_op("ResourceScatterAdd")(_of(handle), indices, delta, dtype=dtype)


@export("compat.v1.train.MomentumOptimizer")
class MomentumOptimizer(_RuleOptimizer):
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
        slot = _of(self.get_slot(var, "momentum"))
        return [slot, self._setting("learning_rate", var), grad, self._setting("momentum", var)]

    def _attrs(self) -> dict[str, Any]:
        return {"use_nesterov": self._use_nesterov}


@export("compat.v1.train.AdagradOptimizer")
class AdagradOptimizer(_RuleOptimizer):
    """Steps divided by the root of the sum of squared gradients.

    Args:
        learning_rate: how far.
        initial_accumulator_value: what the sum starts with.
        use_locking: accepted.
        name: name of the nodes.
    """

    _rule = "Adagrad"
    _settings = ("learning_rate",)

    def __init__(
        self,
        learning_rate: Any,
        initial_accumulator_value: float = 0.1,
        use_locking: bool = False,
        name: str = "Adagrad",
    ):
        if initial_accumulator_value <= 0.0:
            raise ValueError(
                f"initial_accumulator_value must be positive: {initial_accumulator_value}"
            )
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._initial_accumulator_value = initial_accumulator_value

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            dtype = var.dtype.base_dtype
            first = Constant(self._initial_accumulator_value, dtype)
            self._get_or_make_slot_with_initializer(
                var, first, var.shape, dtype, "accumulator", self._name
            )

    def _inputs(self, var: Any, grad: Any) -> list[Any]:
        slot = _of(self.get_slot(var, "accumulator"))
        return [slot, self._setting("learning_rate", var), grad]


@export("compat.v1.train.AdadeltaOptimizer")
class AdadeltaOptimizer(_RuleOptimizer):
    """Steps scaled by decaying averages of squared steps and squared gradients.

    Args:
        learning_rate: a factor.
        rho: how much of the averages stays.
        epsilon: keeps the division away from zero.
        use_locking: accepted.
        name: name of the nodes.
    """

    _rule = "Adadelta"
    _settings = ("learning_rate", "rho", "epsilon")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: Any = 0.95,
        epsilon: Any = 1e-8,
        use_locking: bool = False,
        name: str = "Adadelta",
    ):
        super().__init__(use_locking, name)
        self._learning_rate, self._rho, self._epsilon = learning_rate, rho, epsilon

    def _prepare(self) -> None:
        for key, name in zip(self._settings, ("lr", "rho", "epsilon"), strict=True):
            value = self._call_if_callable(getattr(self, f"_{key}"))
            setattr(self, f"_{key}_tensor", convert_to_tensor(value, name=name))

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            self._zeros_slot(var, "accum", self._name)
            self._zeros_slot(var, "accum_update", self._name)

    def _inputs(self, var: Any, grad: Any) -> list[Any]:
        slots = [_of(self.get_slot(var, name)) for name in ("accum", "accum_update")]
        return [*slots, *(self._setting(name, var) for name in self._settings), grad]


@export("compat.v1.train.RMSPropOptimizer")
class RMSPropOptimizer(_RuleOptimizer):
    """Steps divided by the root of a decaying average of squared gradients.

    Args:
        learning_rate: how far.
        decay: how much of the average stays.
        momentum: how much of the last step stays.
        epsilon: keeps the division away from zero.
        use_locking: accepted.
        centered: subtract the square of the average gradient.
        name: name of the nodes.
    """

    _settings = ("learning_rate", "decay", "momentum", "epsilon")

    def __init__(
        self,
        learning_rate: Any,
        decay: Any = 0.9,
        momentum: Any = 0.0,
        epsilon: Any = 1e-10,
        use_locking: bool = False,
        centered: bool = False,
        name: str = "RMSProp",
    ):
        super().__init__(use_locking, name)
        self._learning_rate, self._decay = learning_rate, decay
        self._momentum, self._epsilon = momentum, epsilon
        self._centered = centered
        self._rule = "CenteredRMSProp" if centered else "RMSProp"

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            dtype = var.dtype.base_dtype
            self._get_or_make_slot_with_initializer(
                var, Ones(dtype), var.shape, dtype, "rms", self._name
            )
            if self._centered:
                self._zeros_slot(var, "mg", self._name)
            self._zeros_slot(var, "momentum", self._name)

    def _inputs(self, var: Any, grad: Any) -> list[Any]:
        names = ("mg", "rms", "momentum") if self._centered else ("rms", "momentum")
        slots = [_of(self.get_slot(var, name)) for name in names]
        return [*slots, *(self._setting(name, var) for name in self._settings), grad]


@export("compat.v1.train.FtrlOptimizer")
class FtrlOptimizer(_RuleOptimizer):
    """Follow the regularised leader.

    Args:
        learning_rate: how far.
        learning_rate_power: how it decays; at most 0.
        initial_accumulator_value: what the sum of squares starts with.
        l1_regularization_strength, l2_regularization_strength: penalties on the variables.
        use_locking: accepted.
        name: name of the nodes.
        accum_name, linear_name: names of the slots.
        l2_shrinkage_regularization_strength: a penalty on the size of the variables.
        beta: added to the L2 penalty, over twice the learning rate.
    """

    def __init__(
        self,
        learning_rate: Any,
        learning_rate_power: Any = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "Ftrl",
        accum_name: str | None = None,
        linear_name: str | None = None,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float | None = None,
    ):
        super().__init__(use_locking, name)
        for label, value in (
            ("initial_accumulator_value", initial_accumulator_value),
            ("l1_regularization_strength", l1_regularization_strength),
            ("l2_regularization_strength", l2_regularization_strength),
            ("l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength),
        ):
            if value < 0.0:
                raise ValueError(f"{label} {value} needs to be positive or zero")
        if learning_rate_power > 0.0:
            raise ValueError(
                f"learning_rate_power {learning_rate_power} needs to be negative or zero"
            )
        self._learning_rate = learning_rate
        self._learning_rate_power = learning_rate_power
        self._initial_accumulator_value = initial_accumulator_value
        self._l1 = l1_regularization_strength
        self._l2 = l2_regularization_strength
        self._shrinkage = l2_shrinkage_regularization_strength
        self._beta = 0.0 if beta is None else beta
        self._accum_name, self._linear_name = accum_name, linear_name
        self._rule = "FtrlV2" if self._shrinkage > 0 else "Ftrl"

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            dtype = var.dtype.base_dtype
            first = Constant(self._initial_accumulator_value, dtype)
            self._get_or_make_slot_with_initializer(
                var, first, var.shape, dtype, "accum", self._accum_name or self._name
            )
            self._zeros_slot(var, "linear", self._linear_name or self._name)

    def _prepare(self) -> None:
        rate = self._call_if_callable(self._learning_rate)
        l2 = self._l2 + self._beta / (2.0 * rate) if self._beta else self._l2
        for key, value, name in (
            ("learning_rate", rate, "learning_rate"),
            ("l1", self._l1, "l1_regularization_strength"),
            ("l2", l2, "l2_regularization_strength"),
            ("shrinkage", self._shrinkage, "l2_shrinkage_regularization_strength"),
            ("power", self._learning_rate_power, "learning_rate_power"),
        ):
            if key != "shrinkage" or self._shrinkage > 0:
                setattr(self, f"_{key}_tensor", convert_to_tensor(value, name=name))

    def _inputs(self, var: Any, grad: Any) -> list[Any]:
        names = ["learning_rate", "l1", "l2", "power"]
        if self._shrinkage > 0:
            names.insert(3, "shrinkage")
        slots = [_of(self.get_slot(var, name)) for name in ("accum", "linear")]
        return [*slots, grad, *(self._setting(name, var) for name in names)]


@export("compat.v1.train.ProximalGradientDescentOptimizer")
class ProximalGradientDescentOptimizer(_RuleOptimizer):
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


@export("compat.v1.train.ProximalAdagradOptimizer")
class ProximalAdagradOptimizer(AdagradOptimizer):
    """Adagrad with penalties applied exactly.

    Args:
        learning_rate: how far.
        initial_accumulator_value: what the sum of squares starts with.
        l1_regularization_strength, l2_regularization_strength: the penalties.
        use_locking: accepted.
        name: name of the nodes.
    """

    _rule = "ProximalAdagrad"
    _settings = ("learning_rate", "l1_regularization_strength", "l2_regularization_strength")

    def __init__(
        self,
        learning_rate: Any,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "ProximalAdagrad",
    ):
        super().__init__(learning_rate, initial_accumulator_value, use_locking, name)
        self._l1_regularization_strength = l1_regularization_strength
        self._l2_regularization_strength = l2_regularization_strength

    def _inputs(self, var: Any, grad: Any) -> list[Any]:
        slot = _of(self.get_slot(var, "accumulator"))
        return [slot, *(self._setting(name, var) for name in self._settings), grad]


@export("compat.v1.train.AdagradDAOptimizer")
class AdagradDAOptimizer(_RuleOptimizer):
    """Adagrad by dual averaging, which makes sparse models.

    Args:
        learning_rate: how far.
        global_step: the variable that counts the steps.
        initial_gradient_squared_accumulator_value: what the sum of squares starts with.
        l1_regularization_strength, l2_regularization_strength: penalties.
        use_locking: accepted.
        name: name of the nodes.
    """

    _rule = "AdagradDA"
    _settings = ("learning_rate",)

    def __init__(
        self,
        learning_rate: Any,
        global_step: Any,
        initial_gradient_squared_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "AdagradDA",
    ):
        if initial_gradient_squared_accumulator_value <= 0.0:
            raise ValueError(
                "initial_gradient_squared_accumulator_value must be positive: "
                f"{initial_gradient_squared_accumulator_value}"
            )
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate
        self._global_step = global_step
        self._first = initial_gradient_squared_accumulator_value
        self._l1, self._l2 = l1_regularization_strength, l2_regularization_strength

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            dtype = var.dtype.base_dtype
            self._zeros_slot(var, "gradient_accumulator", self._name)
            self._get_or_make_slot_with_initializer(
                var,
                Constant(self._first, dtype),
                var.shape,
                dtype,
                "gradient_squared_accumulator",
                self._name,
            )

    def _prepare(self) -> None:
        super()._prepare()
        self._next_step = find_op("Identity")(self._global_step) + 1

    def _inputs(self, var: Any, grad: Any) -> list[Any]:
        names = ("gradient_accumulator", "gradient_squared_accumulator")
        dtype = var.dtype.base_dtype
        step = find_op("Cast")(self._next_step, DstT="int64")
        return [
            *(_of(self.get_slot(var, name)) for name in names),
            grad,
            self._setting("learning_rate", var),
            constant(self._l1, dtype),
            constant(self._l2, dtype),
            step,
        ]


@export("compat.v1.train.AdamOptimizer")
class AdamOptimizer(_RuleOptimizer):
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
            graph = graph.outer_graph
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
        return variable if same else find_op("Cast")(variable, DstT=dtype)

    def _inputs(self, var: Any, grad: Any) -> list[Any]:
        slots = [_of(self.get_slot(var, name)) for name in ("m", "v")]
        powers = [self._power(power, var) for power in self._powers()]
        return [*slots, *powers, *(self._setting(name, var) for name in self._settings), grad]

    def _rows(self, grad: Any, var: Any, indices: Any, add: Any) -> Any:
        """Update all of the averages, of which only some rows get a gradient."""
        power1, power2 = (self._power(power, var) for power in self._powers())
        rate, beta1, beta2, epsilon = (self._setting(name, var) for name in self._settings)
        rate = rate * find_op("Sqrt")(1 - power2) / (1 - power1)
        m, v = self.get_slot(var, "m"), self.get_slot(var, "v")
        m_t = m.assign(m * beta1)
        with after([m_t]):
            m_t = add(m, indices, grad * (1 - beta1))
        v_t = v.assign(v * beta2)
        with after([v_t]):
            v_t = add(v, indices, (grad * grad) * (1 - beta2))
        update = var.assign_sub(rate * m_t / (find_op("Sqrt")(v_t) + epsilon))
        return group(update, m_t, v_t)

    def _apply_sparse(self, grad: Any, var: Any) -> Any:
        def add(slot: Any, indices: Any, rows: Any) -> Any:
            return find_op("ScatterAdd")(_of(slot), indices, rows)

        return self._rows(grad.values, var, grad.indices, add)

    def _resource_apply_sparse(self, grad: Any, handle: Any, indices: Any) -> Any:
        def add(slot: Any, indices: Any, rows: Any) -> Any:
            dtype = slot.dtype.base_dtype
            done = find_op("ResourceScatterAdd")(slot.handle, indices, rows, dtype=dtype)
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
