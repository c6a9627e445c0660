"""Models with pruned layers, and without them again."""

from __future__ import annotations

from typing import Any

import keras

from tidefall.lite.optimize.models import exchange, is_graph, refuse_subclassed
from tidefall.lite.optimize.sparsity.keras.policy import PruningPolicy
from tidefall.lite.optimize.sparsity.keras.schedule import ConstantSparsity, PruningSchedule
from tidefall.lite.optimize.sparsity.keras.wrapper import PruneLowMagnitude


def prune_scope() -> Any:
    """A scope in which files with pruned layers are read."""
    return keras.saving.custom_object_scope({"PruneLowMagnitude": PruneLowMagnitude})


def prune_low_magnitude(
    to_prune: Any,
    pruning_schedule: PruningSchedule | None = None,
    block_size: Any = (1, 1),
    block_pooling_type: str = "AVG",
    pruning_policy: PruningPolicy | None = None,
    sparsity_m_by_n: Any = None,
    **kwargs: Any,
) -> Any:
    """Let the smallest weights of a model or layer become zero while it is trained.

    Args:
        to_prune: a Sequential or functional model, a layer, or a list of layers. Weights are
            shared with what comes back; the optimizer is not: compile it anew.
        pruning_schedule: when, and how sparse; half from the start by default.
        block_size: height and width of blocks of a matrix that are dropped together.
        block_pooling_type: "AVG" or "MAX": what of a block decides.
        pruning_policy: which layers to prune; all by default.
        sparsity_m_by_n: `(2, 4)` for two zeros among each four weights along the input channels.
        **kwargs: further arguments of the wrapper of a layer.

    Returns:
        The same with each layer wrapped. Train it with the callback `UpdatePruningStep`, and take
        the wrappers off with `strip_pruning`.

    Raises:
        ValueError: for subclassed models, and layers of which it is not known what to prune.

    >>> import numpy as np
    >>> import tidefall as tf
    >>> import keras
    >>> import tidefall.lite.optimize as optimize
    >>> model = keras.Sequential([keras.Input([4]), keras.layers.Dense(5)])
    >>> schedule = optimize.sparsity.keras.ConstantSparsity(0.75, begin_step=0, frequency=1)
    >>> model = optimize.sparsity.keras.prune_low_magnitude(model, schedule)
    >>> model.compile("sgd", "mse")
    >>> steps = [optimize.sparsity.keras.UpdatePruningStep()]
    >>> _ = model.fit(np.ones([8, 4]), np.ones([8, 5]), verbose=0, callbacks=steps)
    >>> model = optimize.sparsity.keras.strip_pruning(model)
    >>> int(np.count_nonzero(model.layers[0].kernel))
    5
    """
    params: dict[str, Any] = {
        "pruning_schedule": pruning_schedule or ConstantSparsity(0.5, 0),
        "block_size": block_size,
        "block_pooling_type": block_pooling_type,
        "sparsity_m_by_n": sparsity_m_by_n,
    }

    def wrap(layer: Any) -> Any:
        if isinstance(layer, (PruneLowMagnitude, keras.layers.InputLayer)):
            return layer
        if pruning_policy is not None and not pruning_policy.allow_pruning(layer):
            return layer
        return PruneLowMagnitude(layer, **params)

    if isinstance(to_prune, list):
        return [wrap(layer) for layer in to_prune]
    if is_graph(to_prune):
        if pruning_policy is not None:
            pruning_policy.ensure_model_supports_pruning(to_prune)
        return exchange(to_prune, wrap)
    if isinstance(to_prune, keras.layers.Layer) and not isinstance(to_prune, keras.Model):
        return PruneLowMagnitude(to_prune, **{**params, **kwargs})
    refuse_subclassed(to_prune)
    raise ValueError(
        "`prune_low_magnitude` can only prune Sequential and functional models, layers and lists "
        f"of layers. You passed an object of type: {type(to_prune).__name__}."
    )


def strip_pruning(model: Any) -> Any:
    """A model with the layers that `prune_low_magnitude` wrapped in their places again.

    The weights are those of the model, and sparse.

    Raises:
        ValueError: for anything but a model, and for subclassed ones.
    """
    if not isinstance(model, keras.Model):
        raise ValueError(f"Expected model to be a `keras.Model` instance but got: {model!r}")

    def strip(layer: Any) -> Any:
        if not isinstance(layer, PruneLowMagnitude):
            return layer
        layer.apply_masks()
        return layer.layer

    return exchange(model, strip)
