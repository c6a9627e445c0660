"""A layer whose smallest weights are held at zero while it is trained."""

from __future__ import annotations

from typing import Any

import keras
from keras.src import backend

from tidefall.base.exports import exported
from tidefall.lite.optimize.models import Wrapped, layers_of, snake_case, uncast
from tidefall.lite.optimize.sparsity.keras import masks
from tidefall.lite.optimize.sparsity.keras.registry import can_prune, prunable_weights
from tidefall.lite.optimize.sparsity.keras.schedule import (
    ConstantSparsity,
    PruningSchedule,
    schedule_from_config,
)

ops: Any = keras.ops

_NO_CALLBACK = (
    "Pruning takes the callback UpdatePruningStep during training: add it to the callbacks of "
    "model.fit, or call its methods in a loop of your own."
)


@keras.saving.register_keras_serializable("tidefall", "PruneLowMagnitude")
class PruneLowMagnitude(Wrapped):
    """A layer and, for each of its prunable weights, a mask and a threshold.

    In training each call counts a step, updates the masks when the schedule says so, and sets what
    they leave out to zero.

    Args:
        layer: a layer of Keras, or one with `get_prunable_weights`.
        pruning_schedule: when, and how sparse.
        block_size: height and width of the blocks of a matrix that are kept or dropped together.
        block_pooling_type: "AVG" or "MAX": what of a block decides.
        sparsity_m_by_n: `(2, 4)` for two zeros among each four weights of a row; the schedule then
            says nothing but that masks are made at the first step.

    Raises:
        ValueError: for layers of which it is not known what to prune.
    """

    def __init__(
        self,
        layer: Any,
        pruning_schedule: PruningSchedule | None = None,
        block_size: Any = (1, 1),
        block_pooling_type: str = "AVG",
        sparsity_m_by_n: Any = None,
        **kwargs: Any,
    ):
        if block_pooling_type not in ("AVG", "MAX"):
            raise ValueError(
                f"Unsupported pooling type {block_pooling_type!r}. Should be 'AVG' or 'MAX'."
            )
        if not isinstance(layer, keras.layers.Layer) or not can_prune(layer):
            raise ValueError(
                f"It is not known which weights of {type(layer).__name__} "
                f"{getattr(layer, 'name', layer)!r} are to be pruned. Let it have a method "
                "get_prunable_weights, as PrunableLayer tells."
            )
        kwargs["name"] = f"{snake_case(type(self).__name__)}_{layer.name}"
        super().__init__(layer, **kwargs)
        self.pruning_schedule = pruning_schedule or ConstantSparsity(0.5, 0)
        self.block_size = masks.check_pair(block_size, "block_size")
        self.block_pooling_type = block_pooling_type
        self.sparsity_m_by_n = (
            masks.check_pair(sparsity_m_by_n, "sparsity_m_by_n") if sparsity_m_by_n else None
        )
        self.pruning_vars: list[tuple[Any, Any, Any]] = []

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        for weight in prunable_weights(self.layer):
            if self.block_size != (1, 1) and len(weight.shape) != 2:
                raise ValueError(
                    "Block sparsity is for layers with matrices as weights; that of "
                    f"{self.layer.name!r} is {tuple(weight.shape)}."
                )
            if self.sparsity_m_by_n and len(weight.shape) not in (2, 4):
                raise ValueError(
                    f"m by n sparsity is for weights of rank 2 and 4; that of {self.layer.name!r} "
                    f"is {tuple(weight.shape)}."
                )
            kept: dict[str, Any] = {"dtype": weight.dtype, "trainable": False, "autocast": False}
            mask = self.add_weight(name="mask", shape=weight.shape, initializer="ones", **kept)
            threshold = self.add_weight(name="threshold", shape=(), initializer="zeros", **kept)
            self.pruning_vars.append((weight, mask, threshold))
        self.pruning_step = self.add_weight(
            name="pruning_step", shape=(), initializer=keras.initializers.Constant(-1),
            dtype="int64", trainable=False,
        )  # fmt: skip

    def call(self, inputs: Any, training: bool | None = None, **kwargs: Any) -> Any:
        if training and self.pruning_vars and not backend.in_stateless_scope():
            self.update_masks()
            self.apply_masks()
        return self.call_layer(inputs, training, kwargs)

    def update_masks(self) -> None:
        """Count a step, and make new masks if they are due."""
        step = self.pruning_step.value + 1
        exported("debugging.assert_positive")(step, message=_NO_CALLBACK)
        self.pruning_step.assign(step)
        due, sparsity = self.pruning_schedule(step)
        if self.sparsity_m_by_n:
            due = ops.equal(step, 1)
        for weight, mask, threshold in self.pruning_vars:
            new_threshold, new_mask = ops.cond(
                due,
                lambda w=weight: self._new_mask(uncast(w), sparsity),
                lambda m=mask, t=threshold: (uncast(t), uncast(m)),
            )
            mask.assign(new_mask)
            threshold.assign(new_threshold)

    def apply_masks(self) -> None:
        """Set the weights that the masks leave out to zero."""
        for weight, mask, _ in self.pruning_vars:
            weight.assign(uncast(weight) * uncast(mask))

    def _new_mask(self, weight: Any, sparsity: Any) -> tuple[Any, Any]:
        if self.sparsity_m_by_n:
            # There is no threshold: each group has its own.
            return ops.cast(0.0, weight.dtype), masks.m_by_n(weight, self.sparsity_m_by_n)
        if self.block_size != (1, 1):
            threshold, mask = masks.largest_blocks(
                weight, sparsity, self.block_size, self.block_pooling_type
            )
        else:
            threshold, mask = masks.largest(weight, sparsity)
        return ops.cast(threshold, weight.dtype), mask

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return {
            **super().get_config(),
            "pruning_schedule": self.pruning_schedule.get_config(),
            "block_size": list(self.block_size),
            "block_pooling_type": self.block_pooling_type,
            "sparsity_m_by_n": None if self.sparsity_m_by_n is None else list(self.sparsity_m_by_n),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> PruneLowMagnitude:
        """The wrapper of a config."""
        config = dict(config)
        config["pruning_schedule"] = schedule_from_config(config["pruning_schedule"])
        config["layer"] = keras.saving.deserialize_keras_object(config["layer"], custom_objects)
        config.pop("name", None)
        return cls(**config)


def pruned_layers(model: Any) -> list[PruneLowMagnitude]:
    """The wrappers of a model, those in models inside of it included."""
    return [layer for layer in layers_of(model) if isinstance(layer, PruneLowMagnitude)]
