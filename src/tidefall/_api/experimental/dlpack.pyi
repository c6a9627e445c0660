# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.experimental.dlpack`."""

import tidefall as tf
from tidefall._api._types import TensorLike
from typing import Any

def from_dlpack(dlcapsule: Any) -> tf.Tensor:
    """A tensor over memory that another library lends."""
def to_dlpack(tf_tensor: TensorLike) -> Any:
    """Lend a tensor's memory to another library."""
