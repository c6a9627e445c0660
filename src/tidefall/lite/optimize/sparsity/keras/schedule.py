"""When weights are pruned, and how many of them."""

from __future__ import annotations

import abc
from typing import Any

import keras

ops: Any = keras.ops


class PruningSchedule(abc.ABC):
    """When to prune, and how sparse; subclass it for a schedule of your own.

    A schedule is called with the number of the training step, and returns whether masks are to be
    updated then (bool scalar), and the sparsity (float32 scalar in [0, 1)).
    """

    @abc.abstractmethod
    def __call__(self, step: Any) -> tuple[Any, Any]:
        """Whether to prune in a step, and how sparse."""

    @abc.abstractmethod
    def get_config(self) -> dict[str, Any]:
        """`{"class_name": ..., "config": arguments}`."""

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> PruningSchedule:
        """The schedule of a config."""
        return cls(**config)

    def _should_prune_in_step(
        self, step: Any, begin_step: int, end_step: int, frequency: int
    ) -> Any:
        """Whether a step is one of `begin_step, begin_step + frequency, ... end_step`; an
        `end_step` below 0 is none."""
        step = ops.cast(step, "int64")
        due = ops.equal(ops.mod(step - begin_step, frequency), 0)
        due = ops.logical_and(due, ops.greater_equal(step, begin_step))
        if end_step >= 0:
            due = ops.logical_and(due, ops.less_equal(step, end_step))
        return due

    def _validate_step(
        self, begin_step: int, end_step: int, frequency: int, allow_negative_1: bool
    ) -> None:
        if begin_step < 0:
            raise ValueError(f"begin_step should be >= 0, got {begin_step}.")
        if end_step == -1 and not allow_negative_1:
            raise ValueError("end_step cannot be -1: a sparsity that rises ends somewhere.")
        if end_step < -1:
            raise ValueError(f"end_step can be -1 or >= 0, got {end_step}.")
        if end_step != -1 and end_step < begin_step:
            raise ValueError(f"begin_step should be <= end_step, got {begin_step} and {end_step}.")
        if frequency <= 0:
            raise ValueError(f"frequency should be > 0, got {frequency}.")

    def _validate_sparsity(self, sparsity: float, variable_name: str) -> None:
        if not 0.0 <= sparsity < 1.0:
            raise ValueError(f"{variable_name} must be in range [0,1), got {sparsity}.")


class ConstantSparsity(PruningSchedule):
    """The same sparsity throughout.

    Args:
        target_sparsity: the part of weights that is zero, in [0, 1).
        begin_step: the first step in which to prune.
        end_step: the last one; -1 for no end.
        frequency: how many steps from one update of masks to the next.
    """

    def __init__(
        self, target_sparsity: float, begin_step: int, end_step: int = -1, frequency: int = 100
    ):
        self.target_sparsity = target_sparsity
        self.begin_step, self.end_step, self.frequency = begin_step, end_step, frequency
        self._validate_step(begin_step, end_step, frequency, True)
        self._validate_sparsity(target_sparsity, "target_sparsity")

    def __call__(self, step: Any) -> tuple[Any, Any]:
        due = self._should_prune_in_step(step, self.begin_step, self.end_step, self.frequency)
        return due, ops.convert_to_tensor(self.target_sparsity, "float32")

    def get_config(self) -> dict[str, Any]:
        names = ("target_sparsity", "begin_step", "end_step", "frequency")
        return {"class_name": type(self).__name__, "config": {n: getattr(self, n) for n in names}}


class PolynomialDecay(PruningSchedule):
    """A sparsity that rises fast at first and then slower.

    After a part p of the way from `begin_step` to `end_step` it is
    `final + (initial - final) * (1 - p) ** power` (Zhu and Gupta, arXiv:1710.01878).

    Args:
        initial_sparsity, final_sparsity: in [0, 1).
        begin_step, end_step: where it begins to rise, and where it ends.
        power: 1 for a straight line.
        frequency: how many steps from one update of masks to the next.
    """

    def __init__(
        self,
        initial_sparsity: float,
        final_sparsity: float,
        begin_step: int,
        end_step: int,
        power: float = 3,
        frequency: int = 100,
    ):
        self.initial_sparsity, self.final_sparsity = initial_sparsity, final_sparsity
        self.begin_step, self.end_step = begin_step, end_step
        self.power, self.frequency = power, frequency
        self._validate_step(begin_step, end_step, frequency, False)
        self._validate_sparsity(initial_sparsity, "initial_sparsity")
        self._validate_sparsity(final_sparsity, "final_sparsity")

    def __call__(self, step: Any) -> tuple[Any, Any]:
        due = self._should_prune_in_step(step, self.begin_step, self.end_step, self.frequency)
        gone = ops.cast(step, "float32") - float(self.begin_step)
        part = ops.clip(gone / float(max(self.end_step - self.begin_step, 1)), 0.0, 1.0)
        rest = ops.power(1.0 - part, float(self.power))
        return due, (self.initial_sparsity - self.final_sparsity) * rest + self.final_sparsity

    def get_config(self) -> dict[str, Any]:
        names = (
            "initial_sparsity", "final_sparsity", "power", "begin_step", "end_step", "frequency",
        )  # fmt: skip
        return {"class_name": type(self).__name__, "config": {n: getattr(self, n) for n in names}}


SCHEDULES = {c.__name__: c for c in (ConstantSparsity, PolynomialDecay)}


def schedule_from_config(config: Any) -> PruningSchedule:
    """The schedule that a `get_config` tells of; classes of others by `custom_object_scope`.

    Raises:
        ValueError: if nothing is known under its name.
    """
    if isinstance(config, PruningSchedule):
        return config
    name = config["class_name"]
    made = SCHEDULES.get(name) or keras.saving.get_registered_object(name)
    if made is None:
        made = keras.saving.get_custom_objects().get(name)
    if made is None:
        raise ValueError(
            f"The pruning schedule {name!r} is not known: load the model within "
            f"keras.saving.custom_object_scope({{{name!r}: {name}}})."
        )
    return made.from_config(config["config"])
