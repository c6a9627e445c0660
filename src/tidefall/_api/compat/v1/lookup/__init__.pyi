# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.lookup`."""

import tidefall as tf
from tidefall._api.compat.v1.lookup import experimental as experimental
from tidefall._api.lookup import KeyValueTensorInitializer as KeyValueTensorInitializer
from tidefall._api.lookup import TextFileIndex as TextFileIndex
from tidefall._api.lookup import TextFileInitializer as TextFileInitializer
from typing import Any

class StaticHashTable(tf.lookup.StaticHashTable):
    """`tf.lookup.StaticHashTable`, with the node that fills it."""
    @property
    def initializer(self) -> Any:
        """The node that fills the table; None outside of graphs."""
class StaticVocabularyTable(tf.lookup.StaticVocabularyTable):
    """`tf.lookup.StaticVocabularyTable`, with the node that fills it."""
    @property
    def initializer(self) -> Any:
        """The node that fills the vocabulary; one that does nothing where there is none."""
