# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.lite`."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
import enum
import numpy as np
import tidefall as tf
from tidefall._api._types import LiteProgram
from tidefall._api._types import Report
from tidefall._api._types import SignatureRunner
from tidefall._api._types import Source
from tidefall._api._types import TensorLike
from tidefall._api.lite import experimental as experimental
from typing import Any

class Interpreter:
    """Run a TensorFlow Lite model."""
    def __init__(self, model_path: Any = None, model_content: bytes | None = None, experimental_delegates: Sequence[Any] | None = None, num_threads: int | None = None, experimental_op_resolver_type: tf.lite.experimental.OpResolverType = tf.lite.experimental.OpResolverType.AUTO, experimental_preserve_all_tensors: bool = False, experimental_disable_delegate_clustering: bool = False, experimental_default_delegate_latest_features: bool = False) -> None: ...
    def allocate_tensors(self) -> None:
        """Make the inputs ready to be set. To be called once, and after each resizing."""
    def resize_tensor_input(self, input_index: int, tensor_size: Sequence[int], strict: bool = False) -> None:
        """Give an input another shape; `allocate_tensors` is to be called then."""
    def set_tensor(self, tensor_index: int, value: TensorLike) -> None:
        """Copy a value into an input."""
    def get_tensor(self, tensor_index: int, subgraph_index: int = 0) -> Any:
        """The value of an output, or of any tensor if all are preserved, as a copy."""
    def tensor(self, tensor_index: int) -> Callable[[], np.ndarray[Any]]:
        """A function that gives the present value of an input or output without a copy."""
    def invoke(self) -> None:
        """Run the model on the inputs that were set."""
    def reset_all_variables(self) -> None:
        """Set all variable tensors, the state of recurrent operators, to zero."""
    def get_input_details(self) -> list[dict[str, Any]]:
        """What the inputs are."""
    def get_output_details(self) -> list[dict[str, Any]]:
        """What the outputs are, as `get_input_details`."""
    def get_tensor_details(self, subgraph_index: int = 0) -> list[dict[str, Any]]:
        """What all tensors of a subgraph are, as `get_input_details`."""
    def num_subgraphs(self) -> int:
        """How many subgraphs the model has."""
    def get_signature_list(self) -> dict[str, dict[str, list[str]]]:
        """The signatures: by name, the names of their `inputs` and `outputs`."""
    def get_signature_runner(self, signature_key: str | None = None) -> SignatureRunner:
        """A function that runs a signature: arrays by name to a dict of arrays."""
class OpsSet(enum.Enum):
    """Kinds of operators that a model may use."""
    @staticmethod
    def get_options() -> list[str]:
        """The names of all sets."""
    TFLITE_BUILTINS = 'TFLITE_BUILTINS'
    SELECT_TF_OPS = 'SELECT_TF_OPS'
    TFLITE_BUILTINS_INT8 = 'TFLITE_BUILTINS_INT8'
    EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8 = 'EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8'
    EXPERIMENTAL_STABLEHLO_OPS = 'EXPERIMENTAL_STABLEHLO_OPS'
class Optimize(enum.Enum):
    """What a model is optimized for."""
    DEFAULT = 'DEFAULT'
    OPTIMIZE_FOR_SIZE = 'OPTIMIZE_FOR_SIZE'
    OPTIMIZE_FOR_LATENCY = 'OPTIMIZE_FOR_LATENCY'
    EXPERIMENTAL_SPARSITY = 'EXPERIMENTAL_SPARSITY'
class RepresentativeDataset:
    """Samples of the inputs, by which ranges of activations are found."""
    input_gen: Callable[[], Iterable[Any]]
    def __init__(self, input_gen: Callable[[], Iterable[Any]]) -> None: ...
class TFLiteConverter:
    """Convert a model into LiteRT's `.tflite` format."""
    optimizations: Any
    representative_dataset: Any
    target_spec: Any
    allow_custom_ops: Any
    exclude_conversion_metadata: Any
    inference_input_type: Any
    inference_output_type: Any
    verify: Any
    fuse_lstm: Any
    accuracy: tuple[Callable[..., float], float] | None
    denylisted_ops: Sequence[str]
    denylisted_nodes: Sequence[str]
    report: Any
    def __init__(self, funcs: Any, trackable_obj: Any = None) -> None: ...
    @classmethod
    def from_keras_model(cls, model: Any) -> tf.lite.TFLiteConverter:
        """A converter of a Keras model."""
    @classmethod
    def from_saved_model(cls, saved_model_dir: Any, signature_keys: Sequence[str] | None = None, tags: Any = None) -> tf.lite.TFLiteConverter:
        """A converter of a SavedModel."""
    @classmethod
    def from_concrete_functions(cls, funcs: Any, trackable_obj: Any = None) -> tf.lite.TFLiteConverter:
        """A converter of concrete functions."""
    @classmethod
    def experimental_from_jax(cls, serving_funcs: Any, inputs: Any) -> tf.lite.TFLiteConverter:
        """Not there: JAX functions are converted by way of `jax2tf`."""
    def sources(self) -> list[Source]:
        """What is converted, as functions with names."""
    def convert(self) -> bytes:
        """Convert the model."""
    def quantized_pair(self) -> tuple[LiteProgram, LiteProgram]:
        """The model before and after quantization to integers, as programs whose layers can be compared; nothing is written."""
    def write(self, program: LiteProgram) -> bytes:
        """The file of a program of `quantized_pair`."""
    def check(self) -> Report:
        """Find out, without converting, what will not go and where it stands."""
class TargetSpec:
    """What the model is to run on."""
    supported_ops: Any
    supported_types: Any
    experimental_select_user_tf_ops: Any
    experimental_supported_backends: Iterable[str] | None
    def __init__(self, supported_ops: Iterable[tf.lite.OpsSet] | None = None, supported_types: Iterable[Any] | None = None, experimental_select_user_tf_ops: Iterable[str] | None = None, experimental_supported_backends: Iterable[str] | None = None) -> None: ...
