# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.ragged`."""

from collections.abc import Callable
from collections.abc import Sequence
import tidefall as tf
from tidefall._api._types import DTypeLike
from tidefall._api._types import ShapeLike
from tidefall._api._types import TensorLike
from typing import Any
from typing import overload

@overload
def boolean_mask(data: Any, mask: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def boolean_mask(data: Any, mask: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """The values where a mask holds, in ragged rows."""
def constant(pylist: Any, dtype: DTypeLike | None = None, ragged_rank: int | None = None, inner_shape: ShapeLike | None = None, name: str | None = None, row_splits_dtype: DTypeLike = tf.int64) -> tf.RaggedTensor:
    """A ragged tensor of nested Python lists."""
def cross(inputs: Sequence[Any], name: str | None = None) -> tf.RaggedTensor:
    """Every combination of the features in each row, joined to texts."""
def cross_hashed(inputs: Sequence[Any], num_buckets: int = 0, hash_key: int | None = None, name: str | None = None) -> tf.RaggedTensor:
    """Every combination of the features in each row, hashed."""
def map_flat_values(op: Callable[..., Any], *args: Any, **kwargs: Any) -> tf.RaggedTensor:
    """Apply a function to the innermost values of ragged tensors."""
def range(starts: Any, limits: Any = None, deltas: Any = 1, dtype: DTypeLike | None = None, name: str | None = None, row_splits_dtype: DTypeLike = tf.int64) -> tf.RaggedTensor:
    """A ragged tensor of arithmetic sequences, one in each row."""
def row_splits_to_segment_ids(splits: Any, name: str | None = None, out_type: DTypeLike | None = None) -> tf.Tensor:
    """The row of each value, for row splits."""
def segment_ids_to_row_splits(segment_ids: TensorLike, num_segments: TensorLike | None = None, out_type: DTypeLike | None = None, name: str | None = None) -> tf.Tensor:
    """The row splits of sorted row numbers."""
def stack(values: Sequence[Any], axis: int = 0, name: str | None = None) -> tf.RaggedTensor:
    """Join ragged or dense tensors along a new dimension, which may be ragged."""
def stack_dynamic_partitions(data: Any, partitions: Any, num_partitions: TensorLike, name: str | None = None) -> tf.RaggedTensor:
    """Rows of the slices of `data` that share a partition number."""
