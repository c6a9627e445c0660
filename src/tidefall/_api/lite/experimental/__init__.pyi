# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.lite.experimental`."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
import enum
import tidefall as tf
from tidefall._api._types import LayerError
from tidefall._api.lite.experimental import authoring as authoring
from typing import Any
from typing import IO

class Analyzer:
    """Says what is in a model."""
    @staticmethod
    def analyze(model_path: Any = None, model_content: bytes | None = None, gpu_compatibility: bool = False, **kwargs: Any) -> None:
        """Print the signatures, operators and tensors of a model."""
class OpResolverType(enum.Enum):
    """Which kernels run a model."""
    AUTO = 0
    BUILTIN = 1
    BUILTIN_REF = 2
    BUILTIN_WITHOUT_DEFAULT_DELEGATES = 3
class QuantizationDebugOptions:
    """What a `QuantizationDebugger` measures, and which layers stay float."""
    layer_debug_metrics: Mapping[str, Callable[..., float]] | None
    model_debug_metrics: Mapping[str, Callable[..., float]] | None
    layer_direct_compare_metrics: Mapping[str, Callable[..., float]] | None
    denylisted_ops: Sequence[str] | None
    denylisted_nodes: Sequence[str] | None
    fully_quantize: bool
    def __init__(self, layer_debug_metrics: Mapping[str, Callable[..., float]] | None = None, model_debug_metrics: Mapping[str, Callable[..., float]] | None = None, layer_direct_compare_metrics: Mapping[str, Callable[..., float]] | None = None, denylisted_ops: Sequence[str] | None = None, denylisted_nodes: Sequence[str] | None = None, fully_quantize: bool = False) -> None: ...
class QuantizationDebugger:
    """Compare a quantized model with the float one, layer by layer."""
    converter: tf.lite.TFLiteConverter | None
    layer_statistics: dict[str, dict[str, float]]
    model_statistics: dict[str, float]
    layers: list[LayerError]
    def __init__(self, quant_debug_model_path: str | None = None, quant_debug_model_content: bytes | None = None, float_model_path: str | None = None, float_model_content: bytes | None = None, debug_dataset: Callable[[], Iterable[Any]] | None = None, debug_options: tf.lite.experimental.QuantizationDebugOptions | None = None, converter: tf.lite.TFLiteConverter | None = None) -> None: ...
    @property
    def options(self) -> tf.lite.experimental.QuantizationDebugOptions:
        """What is measured; a change quantizes anew."""
    @options.setter
    def options(self, value: Any) -> None: ...
    def get_nondebug_quantized_model(self) -> bytes:
        """The quantized model, with the layers denied left float."""
    def get_debug_quantized_model(self) -> bytes:
        """Not there: the model needs no operators that verify."""
    def run(self) -> None:
        """Run both models on the dataset, and fill in the statistics."""
    def layer_statistics_dump(self, file: IO[str]) -> None:
        """Write the statistics as CSV."""
def load_delegate(library: str, options: dict[str, Any] | None = None) -> Any:
    """Refuse a delegate: a library of compiled code for TensorFlow Lite's own interpreter."""
