"""`tensorflow.python.framework.tensor_util`: the few functions public code calls."""

from __future__ import annotations

from tidefall.graph.static_values import get_static_value
from tidefall.tensor.tensor import is_tensor

is_tf_type = is_tensor
constant_value = get_static_value
