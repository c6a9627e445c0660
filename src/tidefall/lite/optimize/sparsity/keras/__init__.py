"""Pruning: weights of small magnitude become zero while a model is trained.

Models enter `prune_low_magnitude` and come back with wrapped layers. Read `wrapper.py` first, then
`masks.py` and `schedule.py`.
"""

from tidefall.lite.optimize.sparsity.keras.callbacks import PruningSummaries, UpdatePruningStep
from tidefall.lite.optimize.sparsity.keras.policy import PruneForLatencyOnXNNPack, PruningPolicy
from tidefall.lite.optimize.sparsity.keras.prune import (
    prune_low_magnitude,
    prune_scope,
    strip_pruning,
)
from tidefall.lite.optimize.sparsity.keras.registry import PrunableLayer
from tidefall.lite.optimize.sparsity.keras.schedule import (
    ConstantSparsity,
    PolynomialDecay,
    PruningSchedule,
)

__all__ = [
    "ConstantSparsity", "PolynomialDecay", "PrunableLayer", "PruneForLatencyOnXNNPack",
    "PruningPolicy", "PruningSchedule", "PruningSummaries", "UpdatePruningStep",
    "prune_low_magnitude", "prune_scope", "strip_pruning",
]  # fmt: skip
