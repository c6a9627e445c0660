# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.manip`."""

from tidefall import reverse as reverse
from tidefall import roll as roll
from tidefall import scatter_nd as scatter_nd
from tidefall import space_to_batch_nd as space_to_batch_nd
from tidefall import tile as tile
import tidefall as tf
from tidefall._api._types import ShapeLike
from tidefall._api._types import TensorLike
from tidefall._api.compat.v1 import batch_to_space_nd as batch_to_space_nd
from typing import Any

def gather_nd(params: Any, indices: TensorLike, name: str | None = None, batch_dims: int = 0, bad_indices_policy: str = '') -> tf.Tensor:
    """`tf.gather_nd` with TensorFlow 1's parameters."""
def reshape(tensor: TensorLike, shape: ShapeLike, name: str | None = None) -> tf.Tensor:
    """`tf.reshape` by another name."""
