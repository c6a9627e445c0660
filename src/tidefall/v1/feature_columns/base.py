"""What every feature column is, and the cache through which columns ask for each other."""

from __future__ import annotations

import abc
from typing import Any, NamedTuple

from tidefall import surface
from tidefall.composite.sparse_tensor import SparseTensor
from tidefall.tensor.conversion import convert_to_tensor


class FeatureColumn(abc.ABC):
    """A feature, or what is made of others."""

    @property
    @abc.abstractmethod
    def name(self) -> str:
        """Its name, from which the names of its variables are made."""

    def __lt__(self, other: Any) -> bool:
        return str(self) < str(other)

    def __gt__(self, other: Any) -> bool:
        return str(self) > str(other)

    @abc.abstractmethod
    def transform_feature(
        self, transformation_cache: FeatureTransformationCache, state_manager: Any
    ) -> Any:
        """The tensor of this column, made of the raw features or of other columns."""

    @property
    @abc.abstractmethod
    def parse_example_spec(self) -> dict[str, Any]:
        """What `tf.io.parse_example` is to be given for it."""

    def create_state(self, state_manager: Any) -> None:  # noqa: B027 - most have none
        """Make its variables, if it has any."""

    @property
    @abc.abstractmethod
    def _is_v2_column(self) -> bool:
        """Whether layers of version 2 take it."""

    @property
    @abc.abstractmethod
    def parents(self) -> list[Any]:
        """The columns, or names of features, it is made of."""

    def get_config(self) -> dict[str, Any]:
        """What it is made from again."""
        return self._get_config()

    def _get_config(self) -> dict[str, Any]:
        raise NotImplementedError(f"{type(self).__name__} has no get_config.")

    @classmethod
    def from_config(
        cls, config: Any, custom_objects: Any = None, columns_by_name: Any = None
    ) -> Any:
        """The column of a `get_config`."""
        return cls._from_config(config, custom_objects, columns_by_name)

    @classmethod
    def _from_config(
        cls, config: Any, custom_objects: Any = None, columns_by_name: Any = None
    ) -> Any:
        raise NotImplementedError(f"{cls.__name__} has no from_config.")


class DenseColumn(FeatureColumn):
    """A column that gives each example so many numbers."""

    @property
    @abc.abstractmethod
    def variable_shape(self) -> Any:
        """The shape of one example's numbers."""

    @abc.abstractmethod
    def get_dense_tensor(self, transformation_cache: Any, state_manager: Any) -> Any:
        """The numbers, `[batch] + variable_shape`."""


class CategoricalColumn(FeatureColumn):
    """A column of categories, as numbers below `num_buckets`."""

    class IdWeightPair(NamedTuple):
        """Categories as a sparse tensor, and their weights (or None)."""

        id_tensor: Any
        weight_tensor: Any

    @property
    @abc.abstractmethod
    def num_buckets(self) -> int:
        """How many categories there are."""

    @abc.abstractmethod
    def get_sparse_tensors(self, transformation_cache: Any, state_manager: Any) -> Any:
        """The categories and weights of a batch."""


class SequenceDenseColumn(FeatureColumn):
    """A column that gives each step of each example so many numbers."""

    class TensorSequenceLengthPair(NamedTuple):
        """The numbers, `[batch, steps] + ...`, and how many steps each example has."""

        dense_tensor: Any
        sequence_length: Any

    @abc.abstractmethod
    def get_sequence_dense_tensor(self, transformation_cache: Any, state_manager: Any) -> Any:
        """The numbers and the lengths."""


class FeatureTransformationCache:
    """The tensors of columns, each made once for a batch.

    Args:
        features: tensors by name.
    """

    def __init__(self, features: dict[str, Any]):
        self._features = dict(features)
        self._made: dict[Any, Any] = {}

    def get(self, key: Any, state_manager: Any, training: Any = None) -> Any:
        """The tensor of a column, or a raw feature with a dimension for what one example has.

        Args:
            key: a column or the name of a feature.
            state_manager: where columns have their variables.
            training: given on to columns that ask for it.

        Raises:
            ValueError: if there is no such feature.
            TypeError: if `key` is neither a name nor a column.
        """
        if key in self._made:
            return self._made[key]
        if isinstance(key, str):
            if key not in self._features:
                raise ValueError(f"Feature {key} is not in features dictionary.")
            found = self._raw(key)
        elif isinstance(key, FeatureColumn):
            found = key.transform_feature(self, state_manager)
            if found is None:
                raise ValueError(f"Column {key.name} is not supported.")
        else:
            raise TypeError(f'"key" must be either a "str" or "FeatureColumn". Provided: {key}.')
        self._made[key] = found
        return found

    def _raw(self, key: str) -> Any:
        """A raw feature with a second dimension, if it came without."""
        value = self._features[key]
        if not isinstance(value, SparseTensor):
            value = convert_to_tensor(value)
        rank = value.shape.rank
        if rank == 0:
            raise ValueError(f"Feature (key: {key}) cannot have rank 0. Given: {value}")
        if rank is None or rank > 1:
            return value
        if isinstance(value, SparseTensor):
            return surface.resolve("sparse", "expand_dims")(value, -1)
        return surface.resolve("", "expand_dims")(value, -1)


class StateManager:
    """Where columns have their variables and tables; a layer or an estimator implements it."""

    def create_variable(
        self,
        feature_column: Any,
        name: str,
        shape: Any,
        dtype: Any = None,
        trainable: bool = True,
        use_resource: bool = True,
        initializer: Any = None,
    ) -> Any:
        """Make a variable of a column."""
        raise NotImplementedError("StateManager.create_variable")

    def get_variable(self, feature_column: Any, name: str) -> Any:
        """A variable of a column."""
        raise NotImplementedError("StateManager.get_variable")

    def add_resource(self, feature_column: Any, name: str, resource: Any) -> None:
        """Keep a table of a column."""
        raise NotImplementedError("StateManager.add_resource")

    def has_resource(self, feature_column: Any, name: str) -> bool:
        """Whether a table of a column is kept."""
        raise NotImplementedError("StateManager.has_resource")

    def get_resource(self, feature_column: Any, name: str) -> Any:
        """A table of a column."""
        raise NotImplementedError("StateManager.get_resource")
