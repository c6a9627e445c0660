"""`tf.data.experimental`: older forms of what datasets do themselves, and a few things more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidefall import surface
from tidefall.base import data_nest, dtypes
from tidefall.base.exports import export
from tidefall.data.dataset import DatasetV2, new_dataset
from tidefall.data.engine.iterator import IteratorBase
from tidefall.data.optional import Optional
from tidefall.data.sources.slices import from_tensor_slices
from tidefall.data.transformations.batching.ragged_batch import ragged_batch
from tidefall.data.transformations.batching.sparse_batch import sparse_batch
from tidefall.data.transformations.batching.unbatch import unbatch
from tidefall.data.transformations.combining.zip import enumerate_
from tidefall.data.transformations.repeat import repeat
from tidefall.data.transformations.scan import counter, scan
from tidefall.data.transformations.shuffle import shuffle
from tidefall.data.transformations.take_while import take_while

Transformation = Callable[[DatasetV2], DatasetV2]


@export("data.experimental.enumerate_dataset")
def enumerate_dataset(start: Any = 0) -> Transformation:
    """A transformation that numbers elements; see `Dataset.enumerate`.

    >>> import tidefall as tf
    >>> dataset = tf.data.Dataset.from_tensor_slices([7, 8])
    >>> numbered = dataset.apply(tf.data.experimental.enumerate_dataset(start=5))
    >>> [(int(number), int(x)) for number, x in numbered]
    [(5, 7), (6, 8)]
    """
    return lambda dataset: enumerate_(dataset, start)


@export("data.experimental.unbatch")
def experimental_unbatch() -> Transformation:
    """A transformation that splits elements into rows; see `Dataset.unbatch`.

    >>> import tidefall as tf
    >>> dataset = tf.data.Dataset.from_tensors([[1, 2], [3, 4]])
    >>> [row.numpy().tolist() for row in dataset.apply(tf.data.experimental.unbatch())]
    [[1, 2], [3, 4]]
    """
    return unbatch


@export("data.experimental.take_while")
def experimental_take_while(predicate: Callable[..., Any]) -> Transformation:
    """A transformation that stops at an element; see `Dataset.take_while`.

    >>> import tidefall as tf
    >>> small = tf.data.experimental.take_while(lambda x: x < 3)
    >>> [int(x) for x in tf.data.Dataset.range(10).apply(small)]
    [0, 1, 2]
    """
    return lambda dataset: take_while(dataset, predicate)


@export("data.experimental.shuffle_and_repeat")
def shuffle_and_repeat(buffer_size: Any, count: Any = None, seed: Any = None) -> Transformation:
    """A transformation that shuffles, and repeats with a new order each time.

    >>> import tidefall as tf
    >>> twice = tf.data.experimental.shuffle_and_repeat(buffer_size=3, count=2)
    >>> numbers = [int(x) for x in tf.data.Dataset.range(3).apply(twice)]
    >>> sorted(numbers[:3]), sorted(numbers[3:])
    ([0, 1, 2], [0, 1, 2])
    """
    return lambda dataset: repeat(shuffle(dataset, buffer_size, seed), count)


@export("data.experimental.dense_to_ragged_batch")
def dense_to_ragged_batch(
    batch_size: Any, drop_remainder: Any = False, row_splits_dtype: Any = dtypes.int64
) -> Transformation:
    """A transformation that makes ragged batches; see `Dataset.ragged_batch`.

    >>> import tidefall as tf
    >>> rows = tf.data.Dataset.range(1, 4).map(lambda n: tf.fill([n], n))
    >>> pairs = rows.apply(tf.data.experimental.dense_to_ragged_batch(batch_size=2))
    >>> [batch.to_list() for batch in pairs]
    [[[1], [2, 2]], [[3, 3, 3]]]
    """
    return lambda dataset: ragged_batch(dataset, batch_size, drop_remainder, row_splits_dtype)


@export("data.experimental.dense_to_sparse_batch")
def dense_to_sparse_batch(batch_size: Any, row_shape: Any) -> Transformation:
    """A transformation that makes sparse batches; see `Dataset.sparse_batch`.

    >>> import tidefall as tf
    >>> rows = tf.data.Dataset.range(1, 3).map(lambda n: tf.fill([n], n))
    >>> pairs = rows.apply(tf.data.experimental.dense_to_sparse_batch(2, row_shape=[3]))
    >>> [tf.sparse.to_dense(batch).numpy().tolist() for batch in pairs]
    [[[1, 0, 0], [2, 2, 0]]]
    """
    return lambda dataset: sparse_batch(dataset, batch_size, row_shape)


@export("data.experimental.Counter")
def experimental_counter(start: Any = 0, step: Any = 1, dtype: Any = dtypes.int64) -> DatasetV2:
    """A dataset that counts without end; see `Dataset.counter`.

    >>> import tidefall as tf
    >>> [int(x) for x in tf.data.experimental.Counter(start=3, step=2).take(3)]
    [3, 5, 7]
    """
    return counter(start, step, dtype)


@export("data.experimental.scan")
def experimental_scan(initial_state: Any, scan_func: Callable[..., Any]) -> Transformation:
    """A transformation with a state that goes from element to element; see `Dataset.scan`.

    >>> import tidefall as tf
    >>> start = tf.constant(0, tf.int64)
    >>> sums = tf.data.experimental.scan(start, lambda total, x: (total + x, total + x))
    >>> [int(x) for x in tf.data.Dataset.range(1, 5).apply(sums)]
    [1, 3, 6, 10]
    """
    return lambda dataset: scan(dataset, initial_state, scan_func)


@export("data.experimental.from_list")
def from_list(elements: Any, name: str | None = None) -> DatasetV2:
    """A dataset of the elements of a list, which must all have the same structure.

    Args:
        elements: a list of structures of tensors.
        name: accepted for TensorFlow's sake.

    Raises:
        ValueError: the list is empty.

    >>> import tidefall as tf
    >>> dataset = tf.data.experimental.from_list([(1, "a"), (2, "b")])
    >>> list(dataset.as_numpy_iterator())
    [(np.int32(1), b'a'), (np.int32(2), b'b')]
    """
    if not elements:
        raise ValueError("Invalid `elements`. `elements` should not be empty.")
    return from_tensor_slices(_transposed(list(elements)))


def _transposed(elements: list[Any]) -> Any:
    return data_nest.map_structure(lambda *column: list(column), *elements)


@export("data.experimental.get_structure")
def get_structure(dataset_or_iterator: Any) -> Any:
    """The element spec of a dataset or iterator.

    Raises:
        TypeError: for anything else.

    >>> import tidefall as tf
    >>> dataset = tf.data.Dataset.from_tensor_slices({"n": [1, 2]})
    >>> tf.data.experimental.get_structure(dataset)
    {'n': TensorSpec(shape=(), dtype=tf.int32, name=None)}
    """
    if not isinstance(dataset_or_iterator, DatasetV2 | IteratorBase) and not hasattr(
        dataset_or_iterator, "_iterator_resource"
    ):
        raise TypeError(
            "Invalid `dataset_or_iterator`. `dataset_or_iterator` must be a Dataset or Iterator "
            f"object, but got {type(dataset_or_iterator)}."
        )
    return dataset_or_iterator.element_spec


@export("data.experimental.get_next_as_optional")
def get_next_as_optional(iterator: IteratorBase) -> Optional:
    """The next element of an iterator, or an empty optional.

    >>> import tidefall as tf
    >>> iterator = iter(tf.data.Dataset.range(1))
    >>> first, second = (tf.data.experimental.get_next_as_optional(iterator) for _ in range(2))
    >>> int(first.get_value()), bool(second.has_value())
    (0, False)
    """
    return iterator.get_next_as_optional()


@export("data.experimental.to_variant")
def to_variant(dataset: DatasetV2) -> Any:
    """The tensor that represents a dataset in graphs.

    >>> import tidefall as tf
    >>> tf.data.experimental.to_variant(tf.data.Dataset.range(3)).dtype
    tf.variant
    """
    return dataset._variant_tensor


@export("data.experimental.from_variant")
def from_variant(variant: Any, structure: Any) -> DatasetV2:
    """The dataset behind a variant tensor.

    Args:
        variant: the tensor.
        structure: the element spec.

    >>> import tidefall as tf
    >>> dataset = tf.data.Dataset.range(3)
    >>> variant = tf.data.experimental.to_variant(dataset)
    >>> again = tf.data.experimental.from_variant(variant, dataset.element_spec)
    >>> [int(x) for x in again]
    [0, 1, 2]
    """
    return new_dataset(variant, structure, kind="_VariantDataset")


__getattr__, __dir__ = surface.attach("data.experimental")
