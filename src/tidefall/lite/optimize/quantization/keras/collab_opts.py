"""Schemes that keep what other optimizations did."""

from tidefall.lite.optimize.quantization.keras.preserving import (
    Default8BitClusterPreserveQuantizeScheme as Default8BitClusterPreserveQuantizeScheme,
)
from tidefall.lite.optimize.quantization.keras.preserving import (
    Default8BitPrunePreserveQuantizeScheme as Default8BitPrunePreserveQuantizeScheme,
)
