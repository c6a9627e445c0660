# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.sparse`."""

from collections.abc import Callable
from collections.abc import Sequence
from tidefall import SparseTensor as SparseTensor
import tidefall as tf
from tidefall._api._types import DTypeLike
from tidefall._api._types import ShapeLike
from tidefall._api._types import TensorLike
from typing import Any

def add(a: TensorLike | tf.__internal__.CompositeTensor, b: TensorLike | tf.__internal__.CompositeTensor, threshold: Any = 0) -> tf.SparseTensor:
    """Sum of two tensors of which at least one is sparse."""
def bincount(values: Any, weights: Any = None, axis: int | None = 0, minlength: int | None = None, maxlength: int | None = None, binary_output: bool = False, name: str | None = None) -> tf.SparseTensor:
    """Count how often each number occurs, as a sparse tensor of counts."""
def concat(axis: int, sp_inputs: Any, expand_nonconcat_dims: bool = False, name: str | None = None) -> tf.SparseTensor:
    """Join sparse tensors along one dimension."""
def cross(inputs: Sequence[Any], name: str | None = None, separator: str | None = None) -> tf.SparseTensor:
    """Every combination of the features in each row, joined to texts."""
def cross_hashed(inputs: Sequence[Any], num_buckets: int = 0, hash_key: int | None = None, name: str | None = None) -> tf.SparseTensor:
    """Every combination of the features in each row, hashed."""
def expand_dims(sp_input: Any, axis: TensorLike | None = None, name: str | None = None) -> tf.SparseTensor:
    """A sparse tensor with one more dimension, of size 1."""
def eye(num_rows: int, num_columns: int | None = None, dtype: DTypeLike = tf.float32, name: str | None = None) -> tf.SparseTensor:
    """A sparse matrix with ones on its diagonal."""
def fill_empty_rows(sp_input: Any, default_value: TensorLike, name: str | None = None) -> tuple[tf.SparseTensor, tf.Tensor]:
    """Give every row without elements one, at its first place."""
def from_dense(tensor: TensorLike, name: str | None = None) -> tf.SparseTensor:
    """The sparse tensor of the elements that are not zero (or not empty strings)."""
def map_values(op: Callable[..., Any], *args: Any, **kwargs: Any) -> tf.SparseTensor:
    """Apply a function to the values of sparse tensors that have the same positions."""
def mask(a: Any, mask_indices: Any, name: str | None = None) -> tf.IndexedSlices:
    """The slices of a `tf.IndexedSlices` whose indices are not among `mask_indices`."""
def maximum(sp_a: Any, sp_b: Any, name: str | None = None) -> Any:
    """Elementwise maximum of two sparse tensors of one shape; absent elements count as zero."""
def minimum(sp_a: Any, sp_b: Any, name: str | None = None) -> Any:
    """Elementwise minimum of two sparse tensors of one shape; absent elements count as zero."""
def reduce_max(sp_input: Any, axis: TensorLike | None = None, keepdims: bool | None = None, output_is_sparse: bool = False, name: str | None = None) -> Any:
    """Largest of the elements given, along some dimensions; zero where none is given."""
def reduce_sum(sp_input: Any, axis: TensorLike | None = None, keepdims: bool | None = None, output_is_sparse: bool = False, name: str | None = None) -> Any:
    """Sum of a sparse tensor's elements along some dimensions."""
def reorder(sp_input: Any, name: str | None = None) -> tf.SparseTensor:
    """The same sparse tensor with its elements in row-major order."""
def reset_shape(sp_input: Any, new_shape: ShapeLike | None = None) -> tf.SparseTensor:
    """The same elements in a larger dense shape, or by default in the smallest that holds them."""
def reshape(sp_input: Any, shape: ShapeLike, name: str | None = None) -> tf.SparseTensor:
    """The elements of a sparse tensor in another dense shape."""
def retain(sp_input: Any, to_retain: TensorLike) -> tf.SparseTensor:
    """The elements of a sparse tensor for which a bool vector holds."""
def sampled_addmm(indices: Any, values: Any, dense_shape: ShapeLike, mat1: TensorLike, mat2: TensorLike, beta: TensorLike = 1.0, alpha: TensorLike = 1.0, output_type: DTypeLike = tf.float32) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Elements of a matrix product where a sparse matrix has values, added to these values."""
def segment_mean(data: TensorLike, indices: Any, segment_ids: TensorLike, num_segments: TensorLike | None = None, name: str | None = None, sparse_gradient: bool = False) -> tf.Tensor:
    """Means of chosen rows of a tensor, segment by segment."""
def segment_sqrt_n(data: TensorLike, indices: Any, segment_ids: TensorLike, num_segments: TensorLike | None = None, name: str | None = None, sparse_gradient: bool = False) -> tf.Tensor:
    """Sums of chosen rows of each segment, divided by the square root of how many they are."""
def segment_sum(data: TensorLike, indices: Any, segment_ids: TensorLike, num_segments: TensorLike | None = None, name: str | None = None, sparse_gradient: bool = False) -> tf.Tensor:
    """Sums of chosen rows of a tensor, segment by segment."""
def slice(sp_input: Any, start: Any, size: Any, name: str | None = None) -> tf.SparseTensor:
    """The part of a sparse tensor from `start` on, of dense shape `size` at most."""
def softmax(sp_input: Any, name: str | None = None) -> tf.SparseTensor:
    """Softmax over the elements given, along the last dimension."""
def sparse_dense_matmul(sp_a: Any, b: TensorLike, adjoint_a: bool = False, adjoint_b: bool = False, name: str | None = None) -> tf.Tensor:
    """Product of a sparse matrix and a dense one, in either order."""
def split(sp_input: Any = None, num_split: int | None = None, axis: TensorLike | None = None, name: str | None = None) -> list[tf.SparseTensor]:
    """Cut a sparse tensor into parts along one dimension; the first may be larger by one."""
def to_dense(sp_input: Any, default_value: Any = None, validate_indices: bool = True, name: str | None = None) -> tf.Tensor:
    """The dense tensor that a sparse one stands for."""
def to_indicator(sp_input: Any, vocab_size: TensorLike, name: str | None = None) -> tf.Tensor:
    """Which numbers each row holds, as a dense tensor of bools."""
def transpose(sp_input: Any, perm: TensorLike | None = None, name: str | None = None) -> tf.SparseTensor:
    """A sparse tensor with its dimensions in another order, by default reversed."""
