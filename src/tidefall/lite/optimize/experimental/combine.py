"""Schemes that keep what pruning and clustering did."""

from tidefall.lite.optimize.quantization.keras.preserving import (
    Default8BitClusterPreserveQuantizeScheme,
    Default8BitPrunePreserveQuantizeScheme,
    strip_clustering_cqat,
)

__all__ = [
    "Default8BitClusterPreserveQuantizeScheme", "Default8BitPrunePreserveQuantizeScheme",
    "strip_clustering_cqat",
]  # fmt: skip
