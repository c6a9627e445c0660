"""`experimental.combine`: quantization after pruning and clustering."""

from __future__ import annotations

from types import SimpleNamespace

from tidefall.lite.optimize.quantization.keras.preserving import (
    Default8BitClusterPreserveQuantizeScheme,
    Default8BitPrunePreserveQuantizeScheme,
    strip_clustering_cqat,
)

combine = SimpleNamespace(
    Default8BitClusterPreserveQuantizeScheme=Default8BitClusterPreserveQuantizeScheme,
    Default8BitPrunePreserveQuantizeScheme=Default8BitPrunePreserveQuantizeScheme,
    strip_clustering_cqat=strip_clustering_cqat,
)
