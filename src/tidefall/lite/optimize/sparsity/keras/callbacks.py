"""Callbacks for training with pruning."""

from __future__ import annotations

import os
from typing import Any

import keras
import numpy as np

from tidefall.lite.optimize.sparsity.keras.wrapper import PruneLowMagnitude, pruned_layers


class UpdatePruningStep(keras.callbacks.Callback):
    """Starts the count of steps, and leaves weights masked at the end of each epoch.

    Training with pruning fails without it. In a loop of your own call `set_model`,
    `on_train_begin`, and `on_epoch_end` after each epoch.
    """

    def __init__(self) -> None:
        super().__init__()
        self.prunable_layers: list[PruneLowMagnitude] = []

    def on_train_begin(self, logs: Any = None) -> None:
        """Start counting, unless the model was restored in the middle."""
        self.prunable_layers = pruned_layers(self.model)
        for layer in self.prunable_layers:
            if layer.built and int(layer.pruning_step.numpy()) == -1:
                layer.pruning_step.assign(0)

    def on_epoch_end(self, batch: Any, logs: Any = None) -> None:
        """Mask the weights: the optimizer has changed them since."""
        for layer in self.prunable_layers:
            layer.apply_masks()


class PruningSummaries(keras.callbacks.TensorBoard):
    """A TensorBoard callback that also writes sparsity and threshold of each mask.

    Args:
        log_dir: where events go; those of pruning into its folder `metrics`.
        update_freq: as `keras.callbacks.TensorBoard`.

    Raises:
        ValueError: unless `log_dir` is a string.
    """

    def __init__(self, log_dir: str, update_freq: Any = "epoch", **kwargs: Any):
        if not isinstance(log_dir, str) or not log_dir:
            raise ValueError(f"`log_dir` must be a non-empty string. You passed {log_dir!r}.")
        super().__init__(log_dir=log_dir, update_freq=update_freq, **kwargs)
        self._pruning_writer: Any = None

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Write what the masks are like."""
        super().on_epoch_begin(epoch, logs)
        from tidefall.base.exports import exported

        if self._pruning_writer is None:
            make = exported("summary.create_file_writer")
            self._pruning_writer = make(os.path.join(str(self.log_dir), "metrics"))
        model: Any = self.model
        step = int(model.optimizer.iterations.numpy())
        scalar = exported("summary.scalar")
        with self._pruning_writer.as_default():
            for layer in pruned_layers(self.model):
                for _, mask, threshold in layer.pruning_vars:
                    scalar(f"{mask.path}/sparsity", 1.0 - float(np.mean(mask.numpy())), step=step)
                    scalar(f"{threshold.path}/threshold", float(threshold.numpy()), step=step)
            self._pruning_writer.flush()
