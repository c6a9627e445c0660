"""Quantization-aware training: models learn to compute in integers of 8 bits.

Models enter `quantize_model` and come back with wrapped layers that round as integers do. Read
`wrapper.py` first, then `quantizers.py`, `config.py` and `default_8bit.py`.
"""

from tidefall.lite.optimize.quantization.keras import collab_opts, default_8bit, quantizers
from tidefall.lite.optimize.quantization.keras.config import QuantizeConfig
from tidefall.lite.optimize.quantization.keras.default_8bit import (
    QuantizeLayoutTransform,
    QuantizeRegistry,
    QuantizeScheme,
)
from tidefall.lite.optimize.quantization.keras.quantize import (
    fix_input_output_range,
    quantize_annotate_layer,
    quantize_annotate_model,
    quantize_apply,
    quantize_model,
    quantize_scope,
    remove_input_range,
)
from tidefall.lite.optimize.quantization.keras.wrapper import QuantizeWrapper, QuantizeWrapperV2

__all__ = [
    "QuantizeConfig", "QuantizeLayoutTransform", "QuantizeRegistry", "QuantizeScheme",
    "QuantizeWrapper", "QuantizeWrapperV2", "collab_opts", "default_8bit",
    "fix_input_output_range", "quantize_annotate_layer", "quantize_annotate_model",
    "quantize_apply", "quantize_model", "quantize_scope", "quantizers", "remove_input_range",
]  # fmt: skip

_MISSING = ("experimental", "graph_transformations")


def __getattr__(name: str) -> object:
    if name in _MISSING:
        from tidefall.base import errors

        raise errors.UnimplementedError(
            None, None,
            f"quantization.keras.{name} is not there: there is the scheme of 8 bits, and its "
            "layout is no list of patterns. Use a QuantizeConfig or QuantizeScheme of your own.",
        )  # fmt: skip
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
