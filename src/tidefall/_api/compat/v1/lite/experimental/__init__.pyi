# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.lite.experimental`."""

from tidefall._api.compat.v1.lite.experimental import authoring as authoring
from tidefall._api.lite.experimental import Analyzer as Analyzer
from tidefall._api.lite.experimental import OpResolverType as OpResolverType
from tidefall._api.lite.experimental import QuantizationDebugOptions as QuantizationDebugOptions
from tidefall._api.lite.experimental import QuantizationDebugger as QuantizationDebugger
from tidefall._api.lite.experimental import load_delegate as load_delegate

