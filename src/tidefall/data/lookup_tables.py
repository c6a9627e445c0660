"""Lookup tables filled with the elements of datasets."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import as_dtype
from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.data.dataset import DatasetV2, node_of
from tidefall.data.report.cardinality import assert_cardinality
from tidefall.data.transformations.combining.zip import enumerate_
from tidefall.data.transformations.map import map_
from tidefall.data.transformations.take import take
from tidefall.op import raw
from tidefall.op.effects import writes
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import NO_EXTERNAL_STATE
from tidefall.ops.lookup.initializers import TableInitializer, last_node, remember_initializer
from tidefall.ops.lookup.static_tables import StaticHashTable, StaticVocabularyTable
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.tensor import Tensor

_AT_ONCE = 4096


class HasherSpec(NamedTuple):
    """How terms outside of a vocabulary are hashed.

    Attributes:
        hasher: name of the hash function.
        key: what keeps hashes secret; None for "fasthash".
    """

    hasher: str
    key: Any


FAST_HASH = HasherSpec("fasthash", None)


def _fill(table: Any, dataset: Any) -> tuple[()]:
    iterator = node_of(dataset).make_iterator()
    parts: list[list[np.ndarray]] = []
    while (rows := iterator.batch(_AT_ONCE))[0]:
        parts.append(rows[1])
    empty = [[np.empty(0, t.as_numpy_dtype)] for t in (table.key_dtype, table.value_dtype)]
    columns = list(zip(*parts, strict=True)) or empty
    keys, values = (np.concatenate(column) for column in columns)
    table.initialize(keys, values)
    return ()


initialize_table_from_dataset_op = op(
    "InitializeTableFromDataset",
    shape=lambda c: [],
    host=_fill,
    effects=writes("table_handle"),
    traits=(NO_EXTERNAL_STATE,),
    gradient=NOT_DIFFERENTIABLE,
)


@export("data.experimental.DatasetInitializer")
class DatasetInitializer(TableInitializer):
    """Fills a table with the elements of a dataset.

    Args:
        dataset: a dataset of pairs of scalars, keys and their values.

    Raises:
        ValueError: its elements are something else.

    >>> import tidefall as tf
    >>> keys = tf.data.Dataset.range(10)
    >>> pairs = tf.data.Dataset.zip((keys, keys.map(lambda x: 2 * x)))
    >>> table = tf.lookup.StaticHashTable(tf.data.experimental.DatasetInitializer(pairs), -1)
    >>> table.lookup(tf.constant([3, 12], tf.int64)).numpy()
    array([ 6, -1])
    """

    def __init__(self, dataset: DatasetV2):
        self.dataset = dataset
        spec = dataset.element_spec
        _check_pairs(spec)
        super().__init__(spec[0].dtype, spec[1].dtype)

    @property
    def is_known(self) -> bool:
        """Whether the contents are known now, rather than when a traced function runs."""
        variant = self.dataset._variant_tensor
        return not (variant.is_symbolic and variant.graph.building_function)

    def initialize(self, table: Any) -> Any:
        """Fill a table.

        Args:
            table: the table.

        Raises:
            TypeError: its dtypes are others.
        """
        self._check(table)
        initialize_table_from_dataset_op(table.resource_handle, self.dataset._variant_tensor)
        return remember_initializer(last_node())


def _check_pairs(spec: Any) -> None:
    begin = (
        "Datasets used to initialize lookup tables must produce elements in the form (key, value), "
        "where the keys and values are scalar tensors. However, the given dataset produces "
    )
    count = len(spec) if isinstance(spec, tuple | list | dict) else 1
    if count != 2:
        raise ValueError(
            f"{begin}{count} components instead of two (key, value) components. Full dataset "
            f"element spec: {spec}."
        )
    for what, part in zip(("key", "value"), spec, strict=True):
        if not isinstance(part, TensorSpec):
            raise ValueError(f"{begin}non-Tensor {what}s of type {type(part)}.")
        if part.shape.rank not in (None, 0):
            raise ValueError(f"{begin}non-scalar {what} Tensors of rank {part.shape.rank}.")


@export("data.experimental.table_from_dataset")
def table_from_dataset(
    dataset: Any = None,
    num_oov_buckets: int = 0,
    vocab_size: Any = None,
    default_value: Any = None,
    hasher_spec: Any = FAST_HASH,
    key_dtype: Any = dtypes.string,
    name: str | None = None,
) -> Any:
    """A lookup table of the pairs of a dataset.

    Args:
        dataset: a dataset of pairs of scalars, keys and their values.
        num_oov_buckets: how many further values the keys that are not there share, by their hash.
        vocab_size: how many pairs there are, if that is known.
        default_value: the value of keys that are not there, without such further values; -1 by
            default.
        hasher_spec: how these keys are hashed.
        key_dtype: dtype of the keys.
        name: name of the table.

    Raises:
        ValueError: the elements are no pairs, or a number is out of range.
        TypeError: a dtype does not fit.

    >>> import tidefall as tf
    >>> keys = tf.data.Dataset.range(3)
    >>> pairs = tf.data.Dataset.zip((keys, keys.map(lambda x: 10 * x)))
    >>> table = tf.data.experimental.table_from_dataset(pairs, key_dtype=tf.int64)
    >>> table.lookup(tf.constant([2, 5], tf.int64)).numpy()
    array([20, -1])
    """
    spec = dataset.element_spec
    _check_pairs(spec)
    if default_value is None:
        default_value = -1
        if not (spec[1].dtype.is_integer or spec[1].dtype.is_floating):
            raise ValueError(
                "`default_value` must be specified when creating a table from a dataset that "
                f"produces values of type {spec[1].dtype!r}."
            )
    _check_numbers(num_oov_buckets, vocab_size, as_dtype(key_dtype))
    if vocab_size is not None:
        if isinstance(vocab_size, Tensor):
            vocab_size = raw.Cast(vocab_size, DstT=dtypes.int64)
        dataset = assert_cardinality(vocab_size)(take(dataset, vocab_size))
    initializer = DatasetInitializer(dataset)
    if not num_oov_buckets:
        return StaticHashTable(initializer, default_value, name)
    if hasher_spec.hasher != "fasthash":
        raise UnimplementedError(
            None,
            None,
            f"Hashing terms with {hasher_spec.hasher!r} is not implemented in Tidefall. Leave out "
            "`hasher_spec`.",
        )
    return StaticVocabularyTable(initializer, num_oov_buckets, key_dtype, name)


def _check_numbers(num_oov_buckets: int, vocab_size: Any, key_dtype: Any) -> None:
    if num_oov_buckets < 0:
        raise ValueError(
            f"`num_oov_buckets` must be greater than or equal to 0, got {num_oov_buckets}."
        )
    if vocab_size is not None and not isinstance(vocab_size, Tensor) and vocab_size < 1:
        raise ValueError(f"`vocab_size` must be greater than 0, got {vocab_size}.")
    if not key_dtype.is_integer and key_dtype != dtypes.string:
        raise TypeError(
            f"`key_dtype` must be either an integer or string type, but got {key_dtype!r}"
        )


@export("data.experimental.index_table_from_dataset")
def index_table_from_dataset(
    dataset: Any = None,
    num_oov_buckets: int = 0,
    vocab_size: Any = None,
    default_value: Any = -1,
    hasher_spec: Any = FAST_HASH,
    key_dtype: Any = dtypes.string,
    name: str | None = None,
) -> Any:
    """A lookup table of the numbers of a dataset's elements.

    Args:
        dataset: a dataset of scalars, each of them once.
        num_oov_buckets: how many further numbers the keys that are not there share, by their hash.
        vocab_size: how many elements there are, if that is known.
        default_value: the number of keys that are not there, without such further numbers.
        hasher_spec: how these keys are hashed.
        key_dtype: dtype of the keys.
        name: name of the table.

    Raises:
        ValueError: the elements are no scalars, or a number is out of range.
        TypeError: a dtype does not fit.

    >>> import tidefall as tf
    >>> words = tf.data.Dataset.from_tensor_slices(["emerson", "lake", "palmer"])
    >>> table = tf.data.experimental.index_table_from_dataset(words)
    >>> table.lookup(tf.constant(["palmer", "king"])).numpy()
    array([ 2, -1])
    """
    pairs = map_(enumerate_(dataset), lambda number, key: (key, number))
    return table_from_dataset(
        pairs, num_oov_buckets, vocab_size, default_value, hasher_spec, key_dtype, name
    )
