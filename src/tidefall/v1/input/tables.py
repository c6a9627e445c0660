"""Lookup tables of TensorFlow 1, which a session fills: `initializer` is the node that does it."""

from __future__ import annotations

from typing import Any

from tidefall.base.exports import export
from tidefall.ops.array.identity import no_op
from tidefall.ops.lookup.static_tables import StaticHashTable, StaticVocabularyTable


@export("compat.v1.lookup.StaticHashTable")
class StaticHashTableV1(StaticHashTable):
    """`tf.lookup.StaticHashTable`, with the node that fills it.

    >>> import tidefall as tf
    >>> v1 = tf.compat.v1
    >>> with tf.Graph().as_default():
    ...     init = v1.lookup.KeyValueTensorInitializer(["a", "b"], [7, 8])
    ...     table = v1.lookup.StaticHashTable(init, -1)
    ...     values = table.lookup(tf.constant(["b", "c"]))
    ...     with v1.Session() as session:
    ...         _ = session.run(table.initializer)
    ...         session.run(values)
    array([ 8, -1], dtype=int32)
    """

    @property
    def initializer(self) -> Any:
        """The node that fills the table; None outside of graphs."""
        return self._filled_by


@export("compat.v1.lookup.StaticVocabularyTable")
class StaticVocabularyTableV1(StaticVocabularyTable):
    """`tf.lookup.StaticVocabularyTable`, with the node that fills it.

    >>> import tidefall as tf
    >>> v1 = tf.compat.v1
    >>> with tf.Graph().as_default():
    ...     numbers = tf.constant([0, 1], tf.int64)
    ...     init = v1.lookup.KeyValueTensorInitializer(["a", "b"], numbers)
    ...     table = v1.lookup.StaticVocabularyTable(init, 1)
    ...     found = table.lookup(tf.constant(["b", "c"]))
    ...     with v1.Session() as session:
    ...         _ = session.run(v1.tables_initializer())
    ...         session.run(found)
    array([1, 2])
    """

    _table_class = StaticHashTableV1

    @property
    def initializer(self) -> Any:
        """The node that fills the vocabulary; one that does nothing where there is none."""
        return no_op() if self._table is None else self._table.initializer
