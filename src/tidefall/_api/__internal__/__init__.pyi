# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.__internal__`."""

from collections.abc import Iterable
import numpy as np
import tidefall as tf
from tidefall._api.__internal__ import distribute as distribute
from tidefall._api.__internal__ import function as function
from tidefall._api.__internal__ import nest as nest
from tidefall._api.__internal__ import smart_cond as smart_cond
from tidefall._api.__internal__ import tracking as tracking
from tidefall._api.__internal__ import types as types
from tidefall._api._types import DTypeLike
from tidefall._api._types import ShapeLike
from typing import Any

class CompositeTensor:
    """A value made of several tensors, such as a ragged or sparse tensor."""
    is_tensor_like: bool
class EagerTensor(tf.Tensor):
    """A tensor with a value: an immutable NumPy array, or a JAX array made by compiled code."""
    def __init__(self, value: Any) -> None: ...
    @property
    def dtype(self) -> tf.DType: ...
    @property
    def shape(self) -> tf.TensorShape: ...
    @shape.setter
    def shape(self, value: Any) -> None: ...
    def set_shape(self, shape: ShapeLike | None) -> None:
        """Check that this tensor's shape is compatible with `shape`."""
    def numpy(self) -> Any:
        """A copy of the value: `np.ndarray`, a NumPy scalar for shape (), `bytes` for strings."""
    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> np.ndarray: ...
    def __dlpack__(self, **kwargs: Any) -> Any: ...
    def __dlpack_device__(self) -> Any: ...
    @property
    def device(self) -> str:
        """Name of the device that holds the value."""
    @property
    def backing_device(self) -> str:
        """Name of the device that holds the value."""
    def cpu(self) -> tf.__internal__.EagerTensor:
        """A tensor with the same value on the host."""
    def gpu(self, gpu_index: int = 0) -> Any:
        """A tensor with the same value on a GPU."""
    @property
    def graph(self) -> tf.Graph: ...
    @property
    def op(self) -> tf.Operation: ...
    @property
    def name(self) -> str: ...
    @property
    def value_index(self) -> int: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Any: ...
    def __bool__(self) -> bool: ...
    def __int__(self) -> int: ...
    def __float__(self) -> float: ...
    def __complex__(self) -> complex: ...
    def __index__(self) -> int: ...
class FuncGraph(tf.Graph):
    """The graph of a function: inputs, outputs, and what it captured from outside."""
    name: str
    enclosing: Any
    arguments: list[tf.Tensor]
    captured: dict[int, tuple[Any, tf.Tensor]]
    watched: dict[int, Any]
    argument_handles: dict[int, tuple[Any, tf.Tensor]]
    outer_tapes: tuple[Any, ...]
    argument_values: dict[int, Any]
    structured_input_signature: Any
    structured_outputs: Any
    building_function: bool
    n_returned: int | None
    def __init__(self, name: str, outer_graph: tf.Graph | None = None) -> None: ...
    @property
    def outer_graph(self) -> Any:
        """The graph it is traced in; TensorFlow 1's default graph where ops run at once."""
    @property
    def outputs(self) -> list[tf.Tensor]: ...
    @outputs.setter
    def outputs(self, value: Any) -> None: ...
    @property
    def base(self) -> tf.__internal__.FuncGraph: ...
    @property
    def version(self) -> int:
        """A number that grows with every change: nodes added or replaced, other inputs, outputs."""
    def view(self, outputs: list[tf.Tensor], name: str | None = None) -> tf.__internal__.FuncGraph:
        """This graph with other outputs; nodes and inputs are shared."""
    @property
    def inputs(self) -> list[tf.Tensor]: ...
    @property
    def captures(self) -> list[tuple[Any, tf.Tensor]]: ...
    def lift_captures(self) -> None:
        """Make the placeholders of the captures arguments, after the others."""
    def reset_captures(self, captures: Iterable[tuple[Any, tf.Tensor]]) -> None:
        """Let these pairs of an outer tensor and its placeholder be all that is captured."""
    def stand_in(self, tensor: Any) -> tf.Tensor | None:
        """What stands in this graph for a tensor from outside; None if it was not used yet."""
    @property
    def uses_outside(self) -> bool:
        """Whether anything in this graph stands for a tensor from outside."""
    @property
    def external_captures(self) -> list[Any]: ...
    @property
    def variables(self) -> tuple[Any, ...]:
        """Variables used, in the order they were first used; dead ones are left out."""
    @property
    def trainable_variables(self) -> tuple[Any, ...]: ...
    def watch_variable(self, variable: Any) -> None:
        """Note that the function uses `variable`, unless that is one of its arguments."""
    def placeholder(self, dtype: DTypeLike, shape: ShapeLike | None, name: str) -> tf.Tensor:
        """Add a Placeholder node."""
    def add_argument(self, dtype: DTypeLike, shape: ShapeLike | None, name: str) -> tf.Tensor:
        """Add a placeholder for the next argument; nodes cannot have every name."""
    def capture(self, tensor: Any, name: str | None = None) -> tf.Tensor: ...
    def placeholder_for(self, tensor: tf.Tensor, name: str | None = None) -> tf.Tensor:
        """Add a placeholder that is to stand for a tensor from outside."""
    def replace_capture(self, old: Any, new: Any) -> None:
        """Let the placeholder that stands for `old` stand for `new` from now on."""
    def make_capture(self, node: Any, tensor: tf.Tensor) -> None:
        """Turn a node with one output into the placeholder of a captured resource handle."""
    def capture_call_time_value(self, closure: Any, spec: Any, key: Any = None) -> tf.Tensor:
        """Capture the value that a function returns at each call of this graph's function."""
