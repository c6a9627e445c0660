"""`Dataset.ragged_batch`: consecutive elements of different lengths, as ragged tensors."""

from __future__ import annotations

from typing import Any

from tidefall.base import dtypes
from tidefall.base.dtypes import as_dtype
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.composite.ragged.spec import RaggedTensorSpec
from tidefall.data.dataset import DatasetV2, new_dataset, structure_of, transformation
from tidefall.data.engine.structure import Structure, argument_leaves, map_specs
from tidefall.data.transformations.batching.batch import batch
from tidefall.data.transformations.map import map_
from tidefall.tensor.specs import TensorSpec


@transformation("ragged_batch")
def ragged_batch(
    self: DatasetV2,
    batch_size: Any,
    drop_remainder: Any = False,
    row_splits_dtype: Any = dtypes.int64,
    name: str | None = None,
) -> DatasetV2:
    """Stack consecutive elements into ragged tensors, whatever their sizes.

    Args:
        batch_size: how many elements make a batch.
        drop_remainder: leave out the last batch if it has fewer.
        row_splits_dtype: int32 or int64, dtype of the row splits of the result.
        name: accepted for TensorFlow's sake.

    Returns:
        A dataset of batches. Components of fully known static shape, ragged and sparse components
        are stacked as `batch` does; the unknown dimensions of the others become ragged.

    Raises:
        tf.errors.InvalidArgumentError: `batch_size` is not positive.

    >>> import tidefall as tf
    >>> dataset = tf.data.Dataset.range(4).map(lambda n: tf.range(n)).ragged_batch(3)
    >>> [rows.to_list() for rows in dataset]
    [[[], [0], [0, 1]], [[0, 1, 2]]]
    """
    dtype = as_dtype(row_splits_dtype)
    spec = map_specs(lambda leaf: _ragged_spec(leaf, dtype), self.element_spec)
    return batch(_as_ragged(self, spec), batch_size, drop_remainder)


def _ragged_spec(spec: Any, dtype: Any) -> Any:
    """The type under which elements of a type are carried: ragged if a dimension is unknown."""
    if not isinstance(spec, TensorSpec) or spec.shape.rank is None or spec.dtype in _OBJECTS:
        return spec
    unknown = [axis for axis, size in enumerate(spec.shape.as_list()) if size is None]
    if not unknown:
        return spec
    return RaggedTensorSpec(spec.shape, spec.dtype, unknown[-1], dtype)


_OBJECTS = (dtypes.variant, dtypes.resource)


def _as_ragged(dataset: DatasetV2, spec: Any) -> DatasetV2:
    """The dataset with elements of type `spec`, some of which are ragged where they were dense."""
    old, new = structure_of(dataset), Structure(spec)

    def convert(*parts: Any) -> tuple[Any, ...]:
        leaves = argument_leaves(old, parts)
        return tuple(
            tensor
            for leaf, was, wanted in zip(leaves, old.leaves, new.leaves, strict=True)
            for tensor in wanted._to_tensor_list(leaf if was == wanted else _ragged(leaf, wanted))
        )

    mapped = map_(dataset, convert)
    return new_dataset(mapped._variant_tensor, spec, [mapped])


def _ragged(value: Any, spec: Any) -> Any:
    if spec.ragged_rank <= 0:
        return value
    return RaggedTensor.from_tensor(
        value, ragged_rank=spec.ragged_rank, row_splits_dtype=spec.row_splits_dtype
    )
