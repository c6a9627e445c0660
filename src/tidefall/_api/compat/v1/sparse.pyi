# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.sparse`."""

from tidefall import SparseTensor as SparseTensor
import tidefall as tf
from tidefall._api._types import TensorLike
from tidefall._api.sparse import bincount as bincount
from tidefall._api.sparse import cross as cross
from tidefall._api.sparse import cross_hashed as cross_hashed
from tidefall._api.sparse import expand_dims as expand_dims
from tidefall._api.sparse import eye as eye
from tidefall._api.sparse import fill_empty_rows as fill_empty_rows
from tidefall._api.sparse import from_dense as from_dense
from tidefall._api.sparse import map_values as map_values
from tidefall._api.sparse import mask as mask
from tidefall._api.sparse import maximum as maximum
from tidefall._api.sparse import minimum as minimum
from tidefall._api.sparse import reorder as reorder
from tidefall._api.sparse import reset_shape as reset_shape
from tidefall._api.sparse import reshape as reshape
from tidefall._api.sparse import retain as retain
from tidefall._api.sparse import sampled_addmm as sampled_addmm
from tidefall._api.sparse import slice as slice
from tidefall._api.sparse import softmax as softmax
from tidefall._api.sparse import sparse_dense_matmul as sparse_dense_matmul
from tidefall._api.sparse import to_dense as to_dense
from tidefall._api.sparse import to_indicator as to_indicator
from tidefall._api.sparse import transpose as transpose
from typing import Any

def add(a: TensorLike, b: TensorLike, threshold: Any = None, thresh: Any = None) -> tf.SparseTensor:
    """`tf.sparse.add` with TensorFlow 1's parameters."""
def concat(axis: int, sp_inputs: Any, name: str | None = None, expand_nonconcat_dim: Any = False, concat_dim: Any = None, expand_nonconcat_dims: bool | None = None) -> tf.SparseTensor:
    """`tf.sparse.concat` with TensorFlow 1's parameters."""
matmul = tf.sparse.sparse_dense_matmul
def reduce_max(sp_input: Any, axis: TensorLike | None = None, keepdims: bool | None = None, reduction_axes: Any = None, keep_dims: bool | None = None) -> Any:
    """`tf.sparse.reduce_max` with TensorFlow 1's parameters."""
def reduce_sum(sp_input: Any, axis: TensorLike | None = None, keepdims: bool | None = None, reduction_axes: Any = None, keep_dims: bool | None = None) -> Any:
    """`tf.sparse.reduce_sum` with TensorFlow 1's parameters."""
def segment_mean(data: TensorLike, indices: Any, segment_ids: TensorLike, name: str | None = None, num_segments: TensorLike | None = None, sparse_gradient: bool = False) -> tf.Tensor:
    """`tf.sparse.segment_mean` with TensorFlow 1's parameters."""
def segment_sqrt_n(data: TensorLike, indices: Any, segment_ids: TensorLike, name: str | None = None, num_segments: TensorLike | None = None, sparse_gradient: bool = False) -> tf.Tensor:
    """`tf.sparse.segment_sqrt_n` with TensorFlow 1's parameters."""
def segment_sum(data: TensorLike, indices: Any, segment_ids: TensorLike, name: str | None = None, num_segments: TensorLike | None = None, sparse_gradient: bool = False) -> tf.Tensor:
    """`tf.sparse.segment_sum` with TensorFlow 1's parameters."""
def split(keyword_required: Any = None, sp_input: Any = None, num_split: int | None = None, axis: TensorLike | None = None, name: str | None = None, split_dim: Any = None) -> list[tf.SparseTensor]:
    """`tf.sparse.split` with TensorFlow 1's parameters."""
