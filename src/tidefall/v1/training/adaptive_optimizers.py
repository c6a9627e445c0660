"""Optimizers of TensorFlow 1 that keep sums of squared gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.base.exports import export
from tidefall.op import raw
from tidefall.tensor.conversion import constant, convert_to_tensor
from tidefall.v1.training.rule_optimizer import RuleOptimizer, handle_of
from tidefall.v1.variables.initializer_classes import Constant, Ones


@export("compat.v1.train.AdagradOptimizer")
class AdagradOptimizer(RuleOptimizer):
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
        slot = handle_of(self.get_slot(var, "accumulator"))
        return [slot, self._setting("learning_rate", var), grad]


@export("compat.v1.train.AdadeltaOptimizer")
class AdadeltaOptimizer(RuleOptimizer):
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
        slots = [handle_of(self.get_slot(var, name)) for name in ("accum", "accum_update")]
        return [*slots, *(self._setting(name, var) for name in self._settings), grad]


@export("compat.v1.train.RMSPropOptimizer")
class RMSPropOptimizer(RuleOptimizer):
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
        slots = [handle_of(self.get_slot(var, name)) for name in names]
        return [*slots, *(self._setting(name, var) for name in self._settings), grad]


@export("compat.v1.train.FtrlOptimizer")
class FtrlOptimizer(RuleOptimizer):
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
        slots = [handle_of(self.get_slot(var, name)) for name in ("accum", "linear")]
        return [*slots, grad, *(self._setting(name, var) for name in names)]


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
        slot = handle_of(self.get_slot(var, "accumulator"))
        return [slot, *(self._setting(name, var) for name in self._settings), grad]


@export("compat.v1.train.AdagradDAOptimizer")
class AdagradDAOptimizer(RuleOptimizer):
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
        self._next_step = raw.Identity(self._global_step) + 1

    def _inputs(self, var: Any, grad: Any) -> list[Any]:
        names = ("gradient_accumulator", "gradient_squared_accumulator")
        dtype = var.dtype.base_dtype
        step = raw.Cast(self._next_step, DstT="int64")
        return [
            *(handle_of(self.get_slot(var, name)) for name in names),
            grad,
            self._setting("learning_rate", var),
            constant(self._l1, dtype),
            constant(self._l2, dtype),
            step,
        ]
