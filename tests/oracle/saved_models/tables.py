"""Lookup tables and the files they are filled from."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.oracle.saved_models.harness import model, text_file

WORDS = np.array([b"b", b"nope", b"a", b""], object)


@model(
    ("words", WORDS), ("numbers", np.int64([0, 2, 9])), ("parts", np.array([b"k1"], object)),
    ("sizes",), ("signatures/serving_default", {"x": WORDS}),
)  # fmt: skip
def table_from_file(tf: Any) -> Any:
    """StaticHashTable with text files: whole lines, line numbers, columns."""
    lookup = tf.lookup
    lines, numbers = lookup.TextFileIndex.WHOLE_LINE, lookup.TextFileIndex.LINE_NUMBER
    path = text_file("vocabulary.txt", ["a", "b", "c"])
    pairs = text_file("more/vocabulary.txt", ["k1\t10", "k2\t20"])

    class FromFile(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            string, number = tf.string, tf.int64
            self.ids = lookup.StaticHashTable(
                lookup.TextFileInitializer(path, string, lines, number, numbers), -1
            )
            self.names = lookup.StaticHashTable(
                lookup.TextFileInitializer(path, number, numbers, string, lines), "?"
            )
            self.pairs = lookup.StaticHashTable(
                lookup.TextFileInitializer(pairs, string, 0, number, 1, delimiter="\t"), 0
            )

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="x")])
        def words(self, x: Any) -> Any:
            return {"ids": self.ids.lookup(x)}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.int64)])
        def numbers(self, x: Any) -> Any:
            return self.names[x]

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def parts(self, x: Any) -> Any:
            return self.pairs.lookup(x)

        @tf.function(input_signature=[])
        def sizes(self) -> Any:
            return self.ids.size(), self.names.size(), self.pairs.size()

    obj = FromFile()
    return obj, obj.words


@model(
    ("f", WORDS),
    ("g", np.int64([1, 5])),
    ("exported",),
    ("signatures/serving_default", {"x": WORDS}),
)
def table_of_pairs(tf: Any) -> Any:
    """StaticHashTable with keys and values, and a table hidden in a list."""
    lookup = tf.lookup

    class OfPairs(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            keys, values = tf.constant(["a", "b"]), tf.constant([1.5, 2.5])
            initializer = lookup.KeyValueTensorInitializer(keys, values)
            self.tables = [lookup.StaticHashTable(initializer, -1.0)]
            self.numbers = lookup.StaticHashTable(
                lookup.KeyValueTensorInitializer([1, 2], ["one", "two"], tf.int64, tf.string),
                "none",
            )

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="x")])
        def f(self, x: Any) -> Any:
            return self.tables[0].lookup(x)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.int64)])
        def g(self, x: Any) -> Any:
            return self.numbers.lookup(x), self.numbers.size()

        @tf.function(input_signature=[])
        def exported(self) -> Any:
            keys, values = self.numbers.export()
            order = tf.argsort(keys)
            return tf.gather(keys, order), tf.gather(values, order)

    obj = OfPairs()
    return obj, obj.f


@model(("f", WORDS), ("g", np.int64([7, 8, 100])), ("sizes",))
def vocabulary_table(tf: Any) -> Any:
    """StaticVocabularyTable, whose unknown words go to buckets."""
    lookup = tf.lookup
    path = text_file("vocab/words.txt", ["a", "b", "c"])

    class Vocabulary(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            initializer = lookup.TextFileInitializer(
                path, tf.string, lookup.TextFileIndex.WHOLE_LINE, tf.int64,
                lookup.TextFileIndex.LINE_NUMBER,
            )  # fmt: skip
            self.words = lookup.StaticVocabularyTable(initializer, 5)
            numbers = lookup.KeyValueTensorInitializer([7, 8], [0, 1], tf.int64, tf.int64)
            self.numbers = lookup.StaticVocabularyTable(numbers, 3, lookup_key_dtype=tf.int64)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def f(self, x: Any) -> Any:
            return self.words.lookup(x)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.int64)])
        def g(self, x: Any) -> Any:
            return self.numbers.lookup(x)

        @tf.function(input_signature=[])
        def sizes(self) -> Any:
            return self.words.size(), self.numbers.size()

    return Vocabulary()


@model(
    ("find", WORDS), ("insert", np.array([b"new"], object), np.int64([77])), ("find", WORDS),
    ("find", np.array([b"new"], object)), ("remove", np.array([b"a"], object)), ("find", WORDS),
    ("size",), ("signatures/serving_default", {"x": WORDS}),
)  # fmt: skip
def mutable_table(tf: Any) -> Any:
    """MutableHashTable: what it holds is saved with the variables."""

    class Mutable(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1)
            self.vectors = tf.lookup.experimental.MutableHashTable(tf.int64, tf.float32, [0.0, 0.0])

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="x")])
        def find(self, x: Any) -> Any:
            ids = self.table.lookup(x)
            return {"ids": ids, "vectors": self.vectors.lookup(ids)}

        @tf.function(
            input_signature=[tf.TensorSpec([None], tf.string), tf.TensorSpec([None], tf.int64)]
        )
        def insert(self, keys: Any, values: Any) -> Any:
            self.table.insert(keys, values)
            return self.table.size()

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def remove(self, keys: Any) -> Any:
            self.table.remove(keys)
            return self.table.size()

        @tf.function(input_signature=[])
        def size(self) -> Any:
            return self.table.size(), self.vectors.size()

    obj = Mutable()
    obj.table.insert(tf.constant(["a", "b"]), tf.constant([1, 2], tf.int64))
    obj.vectors.insert(tf.constant([1, 2], tf.int64), tf.constant([[1.0, 2.0], [3.0, 4.0]]))
    return obj, obj.find


@model(
    ("find", np.int64([1, 2, 3])), ("insert", np.int64([3]), np.float32([9])),
    ("find", np.int64([1, 2, 3])), ("erase", np.int64([1])), ("find", np.int64([1, 2, 3])),
    ("signatures/serving_default", {"x": np.int64([2])}),
)  # fmt: skip
def dense_table(tf: Any) -> Any:
    """DenseHashTable."""

    class Dense(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = tf.lookup.experimental.DenseHashTable(
                tf.int64, tf.float32, default_value=-1.0, empty_key=0, deleted_key=-5
            )

        @tf.function(input_signature=[tf.TensorSpec([None], tf.int64, name="x")])
        def find(self, x: Any) -> Any:
            return self.table.lookup(x), self.table.size()

        @tf.function(input_signature=[tf.TensorSpec([None], tf.int64), tf.TensorSpec([None])])
        def insert(self, keys: Any, values: Any) -> Any:
            self.table.insert(keys, values)
            return self.table.size()

        @tf.function(input_signature=[tf.TensorSpec([None], tf.int64)])
        def erase(self, keys: Any) -> Any:
            self.table.erase(keys)
            return self.table.size()

    obj = Dense()
    obj.table.insert(tf.constant([1, 2], tf.int64), tf.constant([1.5, 2.5]))
    return obj, obj.find
