"""`python.framework.tensor_util`: tensors as messages, and values known while tracing.

Asked for by Keras, tensorflow-probability, tf2onnx, tensorflowjs.
"""

from __future__ import annotations

from typing import Any

from tidefall.base.shapes import TensorShape
from tidefall.graph.static_values import get_static_value
from tidefall.tensor.tensor import is_tensor

is_tf_type = is_tensor
constant_value = get_static_value


def try_evaluate_constant(tensor: Any) -> Any:
    """The value of a tensor if it is known while tracing, else None."""
    return get_static_value(tensor)


def constant_value_as_shape(tensor: Any) -> TensorShape:
    """What is known of the shape that a vector of sizes says; -1 is unknown."""
    known = get_static_value(tensor, partial=True)
    if known is None:
        length = tensor.shape[0] if tensor.shape.rank == 1 else None
        return TensorShape(None if length is None else [None] * int(length))
    return TensorShape([None if n is None or n < 0 else int(n) for n in known])
