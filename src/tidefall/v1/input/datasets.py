"""The dataset classes of TensorFlow 1: those of TensorFlow 2, with iterators as methods.

Every method that returns a dataset returns one of these classes.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import tidefall.data  # noqa: F401 - its transformations make methods of DatasetV2
from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.composite.sparse_tensor import SparseTensor
from tidefall.data.dataset import DatasetV2, new_dataset
from tidefall.data.experimental_names import experimental_counter
from tidefall.data.sources.csv_dataset import CsvDatasetV2
from tidefall.data.sources.csv_files import make_csv_dataset
from tidefall.data.sources.example_files import make_batched_features_dataset
from tidefall.data.sources.fixed_length_record import FixedLengthRecordDatasetV2
from tidefall.data.sources.random import RandomDatasetV2
from tidefall.data.sources.sql_dataset import SqlDatasetV2
from tidefall.data.sources.text_line import TextLineDatasetV2
from tidefall.data.sources.tfrecord_dataset import TFRecordDatasetV2
from tidefall.data.transformations.combining.directed_interleave import (
    experimental_choose_from_datasets,
)
from tidefall.data.transformations.combining.sample_from_datasets import (
    experimental_sample_from_datasets,
)
from tidefall.op import raw
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.specs import TensorSpec
from tidefall.v1.input import dataset_iterators as iterators


@export("compat.v1.data.Dataset")
class DatasetV1(DatasetV2):
    """A sequence of elements; see `tf.data.Dataset`.

    >>> import tidefall as tf
    >>> v1 = tf.compat.v1
    >>> with tf.Graph().as_default(), v1.Session() as session:
    ...     iterator = v1.data.Dataset.range(3).map(lambda x: x * x).make_one_shot_iterator()
    ...     element = iterator.get_next()
    ...     print([int(session.run(element)) for _ in range(3)])
    [0, 1, 4]
    """

    def _take_over(self, other: DatasetV2) -> None:
        """Be the same dataset as another one."""
        vars(self).update(vars(other))
        self._kind = other._shown_name()

    def _shown_name(self) -> str:
        return self._kind or type(self).__name__

    def make_one_shot_iterator(self) -> Any:
        """An iterator that needs no initializer; see `tf.compat.v1.data.make_one_shot_iterator`."""
        return iterators.make_one_shot_iterator(self)

    def make_initializable_iterator(self, shared_name: str | None = None) -> Any:
        """An iterator that a session starts; see `tf.compat.v1.data.make_initializable_iterator`.

        Args:
            shared_name: a name under which the iterator is shared.

        Raises:
            RuntimeError: in eager code.
        """
        return iterators.make_initializable_iterator(self, shared_name)

    @property
    def output_types(self) -> Any:
        """Structure of the dtypes of an element."""
        return iterators.get_output_types(self)

    @property
    def output_shapes(self) -> Any:
        """Structure of the shapes of an element."""
        return iterators.get_output_shapes(self)

    @property
    def output_classes(self) -> Any:
        """Structure of the classes of an element's components."""
        return iterators.get_output_classes(self)

    def filter_with_legacy_function(self, predicate: Callable[..., Any]) -> Any:
        """Same as `filter`.

        Args:
            predicate: takes an element and returns a scalar bool tensor.
        """
        return self.filter(predicate)  # type: ignore[attr-defined]

    def map_with_legacy_function(
        self,
        map_func: Callable[..., Any],
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        use_unbounded_threadpool: bool = False,
    ) -> Any:
        """Same as `map`.

        Args:
            map_func: takes an element and returns another.
            num_parallel_calls: how many elements are worked on at a time.
            deterministic: keep the order.
            use_unbounded_threadpool: accepted for TensorFlow's sake.
        """
        return self.map(map_func, num_parallel_calls, deterministic)  # type: ignore[attr-defined]

    @staticmethod
    def from_sparse_tensor_slices(sparse_tensor: Any) -> Any:
        """A dataset of the rows of a sparse tensor: indices, values and dense shape of each.

        Args:
            sparse_tensor: its rows are in order.

        Raises:
            TypeError: it is no sparse tensor.
            tf.errors.UnimplementedError: its rows are not in order.

        >>> import tidefall as tf
        >>> rows = tf.sparse.from_dense([[0, 5], [7, 0]])
        >>> dataset = tf.compat.v1.data.Dataset.from_sparse_tensor_slices(rows)
        >>> [values.numpy().tolist() for indices, values, shape in dataset]
        [[5], [7]]
        """
        if not isinstance(sparse_tensor, SparseTensor):
            raise TypeError(
                "Invalid `sparse_tensor`. `sparse_tensor` must be a `tf.sparse.SparseTensor`. Got "
                f"{type(sparse_tensor)}."
            )
        rank = sparse_tensor.shape.rank
        inner = None if rank is None else rank - 1
        parts = (
            TensorSpec(TensorShape([None, inner]), dtypes.int64),
            TensorSpec([None], sparse_tensor.dtype),
            TensorSpec([inner], dtypes.int64),
        )
        variant = raw.SparseTensorSliceDataset(
            sparse_tensor.indices,
            sparse_tensor.values,
            convert_to_tensor(sparse_tensor.dense_shape, dtypes.int64),
        )
        return _adapted(new_dataset(variant, parts, kind="_SparseTensorSliceDataset"))


def _adapted(value: Any) -> Any:
    """A dataset as one of TensorFlow 1's; anything else as it is."""
    if not isinstance(value, DatasetV2) or isinstance(value, DatasetV1):
        return value
    found = DatasetV1.__new__(DatasetV1)
    found._take_over(value)
    return found


def _adapting(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that returns TensorFlow 1's datasets instead of TensorFlow 2's."""

    @functools.wraps(function)
    def adapted(*args: Any, **kwargs: Any) -> Any:
        return _adapted(function(*args, **kwargs))

    return adapted


def _add_methods() -> None:
    for name, member in list(vars(DatasetV2).items()):
        if name.startswith("_") or name in vars(DatasetV1):
            continue
        if isinstance(member, staticmethod):
            setattr(DatasetV1, name, staticmethod(_adapting(member.__func__)))
        elif inspect.isfunction(member):
            setattr(DatasetV1, name, _adapting(member))


_add_methods()


def _reader(kind: type[DatasetV2], prefix: str = "") -> type[DatasetV1]:
    """TensorFlow 1's class for one of TensorFlow 2's."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        self._take_over(kind(*args, **kwargs))

    functools.update_wrapper(__init__, kind.__init__)
    name = kind.__name__.removesuffix("V2")
    made = type(f"{name}V1", (DatasetV1,), {"__init__": __init__})
    made.__module__, made.__doc__ = __name__, kind.__doc__
    return export(f"compat.v1.data.{prefix}{name}")(made)


_reader(FixedLengthRecordDatasetV2)
_reader(TFRecordDatasetV2)
_reader(TextLineDatasetV2)
_reader(CsvDatasetV2, "experimental.")
_reader(RandomDatasetV2, "experimental.")
_reader(SqlDatasetV2, "experimental.")

for _name, _function in (
    ("Counter", experimental_counter),
    ("choose_from_datasets", experimental_choose_from_datasets),
    ("make_batched_features_dataset", make_batched_features_dataset),
    ("make_csv_dataset", make_csv_dataset),
    ("sample_from_datasets", experimental_sample_from_datasets),
):
    export(f"compat.v1.data.experimental.{_name}")(_adapting(_function))
