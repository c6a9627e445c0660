"""`tensorflow.python.framework.tensor_util`: the few functions public code calls."""

from __future__ import annotations

from tidefall.core.tensor import is_tensor
from tidefall.graph.static import get_static_value

is_tf_type = is_tensor
constant_value = get_static_value
