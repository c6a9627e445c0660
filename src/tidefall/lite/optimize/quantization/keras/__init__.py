"""Quantization-aware training: models learn to compute in integers of 8 bits.

Models enter `quantize_model` and come back with wrapped layers that round as integers do. Read
`wrapper.py` first, then `quantizers.py`, `config.py` and `default_8bit.py`.
"""

from tidefall.lite.optimize.quantization.keras import default_8bit, quantizers
from tidefall.lite.optimize.quantization.keras.config import QuantizeConfig
from tidefall.lite.optimize.quantization.keras.default_8bit import (
    QuantizeLayoutTransform,
    QuantizeRegistry,
    QuantizeScheme,
)
from tidefall.lite.optimize.quantization.keras.quantize import (
    quantize_annotate_layer,
    quantize_annotate_model,
    quantize_apply,
    quantize_model,
    quantize_scope,
)
from tidefall.lite.optimize.quantization.keras.wrapper import QuantizeWrapper, QuantizeWrapperV2

__all__ = [
    "QuantizeConfig", "QuantizeLayoutTransform", "QuantizeRegistry", "QuantizeScheme",
    "QuantizeWrapper", "QuantizeWrapperV2", "default_8bit", "quantize_annotate_layer",
    "quantize_annotate_model", "quantize_apply", "quantize_model", "quantize_scope", "quantizers",
]  # fmt: skip
