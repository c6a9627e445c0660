# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.lite`."""

from collections.abc import Callable
from collections.abc import Sequence
import numpy as np
import tidefall as tf
from tidefall._api._types import SignatureRunner
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
