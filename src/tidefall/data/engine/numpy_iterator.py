"""`Dataset.as_numpy_iterator`: elements as NumPy values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tidefall.base import data_nest, dtypes
from tidefall.base.exports import export
from tidefall.base.state import state
from tidefall.composite.trackable.trackable import Trackable
from tidefall.data.dataset import DatasetV2, transformation
from tidefall.data.engine.iterator import OwnedIterator
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.specs import NoneTensorSpec, TensorSpec
from tidefall.tensor.tensor import EagerTensor


@export("data.NumpyIterator")
class NumpyIterator(Iterator[Any], Trackable):
    """Iterates over a dataset, converting tensors to NumPy.

    Args:
        dataset: the dataset.

    >>> import tidefall as tf
    >>> iterator = tf.data.Dataset.range(5).as_numpy_iterator()
    >>> _, state = next(iterator), iterator.save()
    >>> next(iterator), next(iterator)
    (np.int64(1), np.int64(2))
    >>> iterator.restore(state)
    >>> next(iterator)
    np.int64(1)
    """

    _value_group = OwnedIterator._value_group
    _value_endings = OwnedIterator._value_endings

    def __init__(self, dataset: DatasetV2):
        self._iterator = OwnedIterator(dataset)

    def __iter__(self) -> NumpyIterator:
        return self

    def __next__(self) -> Any:
        return data_nest.map_structure(_to_numpy, next(self._iterator))

    def next(self) -> Any:
        """The next element."""
        return self.__next__()

    def save(self) -> Any:
        """Where it stands, as a scalar string tensor.

        Raises:
            tf.errors.UnimplementedError: a stage of the pipeline cannot be saved.
        """
        return self._iterator._serialize_to_tensors()["_STATE"]

    def restore(self, state: Any) -> None:
        """Stand where an iterator over the same pipeline stood when it was saved.

        Args:
            state: what `save` returned.

        Raises:
            tf.errors.NotFoundError: it was another pipeline.
        """
        self._iterator._restore_from_tensors({"_STATE": convert_to_tensor(state, dtypes.string)})

    def _serialize_to_tensors(self) -> dict[str, Any]:
        return self._iterator._serialize_to_tensors()

    def _restore_from_tensors(self, restored_tensors: dict[str, Any]) -> None:
        self._iterator._restore_from_tensors(restored_tensors)

    _check_saved = staticmethod(OwnedIterator._check_saved)


def _to_numpy(value: Any) -> Any:
    return value.numpy() if isinstance(value, EagerTensor) else value


@transformation("as_numpy_iterator")
def as_numpy_iterator(self: DatasetV2) -> NumpyIterator:
    """An iterator whose elements hold NumPy arrays and scalars instead of tensors.

    Returns:
        A Python iterator. What it gives may share memory with other elements: do not write to it.

    Raises:
        TypeError: an element holds something that is no tensor.
        RuntimeError: not executing eagerly.

    >>> import tidefall as tf
    >>> list(tf.data.Dataset.from_tensor_slices({"a": [1, 2]}).as_numpy_iterator())
    [{'a': np.int32(1)}, {'a': np.int32(2)}]
    """
    if state.graph is not None:
        raise RuntimeError("`tf.data.Dataset.as_numpy_iterator()` is only supported in eager mode.")
    for spec in data_nest.flatten(self.element_spec):
        if not isinstance(spec, TensorSpec | NoneTensorSpec):
            raise TypeError(
                "`tf.data.Dataset.as_numpy_iterator()` is not supported for datasets that produce "
                f"values of type {spec.value_type}"
            )
    return NumpyIterator(self)
