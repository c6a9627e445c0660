"""Lookup tables: eagerly, in functions and pipelines, in checkpoints and SavedModels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tidefall as tf

lookup = tf.lookup
LINE = lookup.TextFileIndex.WHOLE_LINE, tf.int64, lookup.TextFileIndex.LINE_NUMBER


@pytest.fixture
def vocabulary(tmp_path: Path) -> str:
    path = tmp_path / "vocabulary.txt"
    path.write_text("a\nb\nc\n")
    return str(path)


def words(*items: str) -> Any:
    return tf.constant(items)


def key_values(keys: Any, values: Any) -> Any:
    return lookup.KeyValueTensorInitializer(keys, values)


def test_static_tables_find_values_in_dense_ragged_and_sparse_keys():
    table = lookup.StaticHashTable(key_values(["x", "y"], [1, 2]), -1)
    assert table.lookup(words("x", "q")).numpy().tolist() == [1, -1]
    assert table.lookup(tf.ragged.constant([["x"], ["y", "z"]])).to_list() == [[1], [2, -1]]
    sparse = table.lookup(tf.sparse.from_dense([["x", ""], ["", "y"]]))
    assert sparse.values.numpy().tolist() == [1, 2]
    assert int(table.size()) == 2


@pytest.mark.parametrize("value", [tf.int64, tf.int32, tf.string, tf.float32])
def test_many_keys_of_a_large_table_are_found_as_one_by_one(value: Any):
    count = 9000
    keys = [f"word {i}" if i % 7 else "\0" * i for i in range(count)]
    values = tf.strings.as_string(range(count)) if value is tf.string else tf.range(count)
    default = tf.constant("none") if value is tf.string else tf.cast(-1, value)
    table = lookup.StaticHashTable(
        key_values(keys, values if value is tf.string else tf.cast(values, value)), default
    )
    wanted = words(*keys[::3], "", "word", "word 1 ", *keys[1000:1200], "word 9000")
    many = table.lookup(tf.reshape(wanted, [-1, 2])).numpy()
    single = np.array([table.lookup(key).numpy() for key in wanted])
    assert many.shape == (len(wanted) // 2, 2)
    np.testing.assert_array_equal(many.ravel(), single)
    assert many.dtype == (object if value is tf.string else value.as_numpy_dtype)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (
            lambda: lookup.StaticHashTable(key_values(["x", "x"], [1, 2]), -1),
            tf.errors.FailedPreconditionError,
        ),
        (
            lambda: lookup.StaticHashTable(key_values(["x"], [1, 2]), -1),
            tf.errors.InvalidArgumentError,
        ),
        (lambda: lookup.StaticHashTable(key_values([1.5], [1]), 0), tf.errors.NotFoundError),
        (lambda: lookup.StaticHashTable(key_values(["x"], [1]), [1]), ValueError),
        (lambda: lookup.StaticVocabularyTable(key_values(["x"], [1]), 2), TypeError),
        (lambda: lookup.TextFileInitializer("", tf.string, *LINE), ValueError),
        (lambda: lookup.TextFileInitializer("f", tf.string, -3, tf.int64, 0), ValueError),
    ],
)  # fmt: skip
def test_bad_tables_are_refused(make: Any, error: type):
    with pytest.raises(error):
        make()


def test_text_files_give_lines_numbers_and_columns(vocabulary: str, tmp_path: Path):
    columns = tmp_path / "columns.txt"
    columns.write_text("a 1\nb 2\n")
    by_line = lookup.StaticHashTable(lookup.TextFileInitializer(vocabulary, tf.string, *LINE), -1)
    assert by_line.lookup(words("a", "c", "d")).numpy().tolist() == [0, 2, -1]
    init = lookup.TextFileInitializer(str(columns), tf.string, 0, tf.int64, 1, delimiter=" ")
    assert lookup.StaticHashTable(init, -1).lookup(words("b", "c")).numpy().tolist() == [2, -1]
    beyond = lookup.TextFileInitializer(str(columns), tf.string, 0, tf.int64, 2, delimiter=" ")
    with pytest.raises(tf.errors.InvalidArgumentError, match="Invalid number of columns"):
        lookup.StaticHashTable(beyond, -1)
    missing = lookup.TextFileInitializer(str(tmp_path / "none"), tf.string, *LINE)
    with pytest.raises(tf.errors.NotFoundError):
        lookup.StaticHashTable(missing, -1)


def test_terms_without_a_number_share_some_by_their_hash():
    table = lookup.StaticVocabularyTable(key_values(["x", "y"], np.array([0, 1])), 2)
    assert table.lookup(words("x", "q", "r", "s")).numpy().tolist() == [0, 3, 3, 3]
    assert int(table.size()) == 4
    assert list(tf.data.Dataset.from_tensor_slices(["x", "q"]).map(table.lookup)) == [0, 3]


def test_mutable_tables_change():
    table = lookup.experimental.MutableHashTable(tf.string, tf.float32, [0.0, 0.0])

    @tf.function
    def change(keys: Any, values: Any) -> Any:
        table.insert(keys, values)
        table.remove(keys[:1])
        return table.lookup(keys), table.size()

    found, size = change(words("a", "b"), [[1.0, 2.0], [3.0, 4.0]])
    assert found.numpy().tolist() == [[0.0, 0.0], [3.0, 4.0]] and int(size) == 1
    keys, values = table.export()
    assert keys.numpy().tolist() == [b"b"] and values.numpy().tolist() == [[3.0, 4.0]]


def test_dense_tables_keep_two_keys_for_themselves():
    table = lookup.experimental.DenseHashTable(tf.int64, tf.int64, -1, 0, -1)
    table.insert([1, 2], [5, 6])
    table.remove([1, 9])
    assert table.lookup(tf.constant([1, 2], tf.int64)).numpy().tolist() == [-1, 6]
    with pytest.raises(tf.errors.InvalidArgumentError, match="empty_key"):
        table.insert([0], [1])
    assert table.export()[0].shape == (131072, 1)


class Tables(tf.Module):
    def __init__(self, vocabulary: str):
        init = lookup.TextFileInitializer(vocabulary, tf.string, *LINE)
        self.known = lookup.StaticVocabularyTable(init, 3)
        self.mutable = lookup.experimental.MutableHashTable(tf.string, tf.int64, -1)
        self.dense = lookup.experimental.DenseHashTable(tf.int64, tf.int64, -1, 0, -1)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def find(self, keys: Any) -> Any:
        return self.known.lookup(keys), self.mutable.lookup(keys)


def test_checkpoints_and_saved_models_keep_tables(vocabulary: str, tmp_path: Path):
    module = Tables(vocabulary)
    module.mutable.insert(words("a", "q"), [7, 8])
    module.dense.insert([3], [4])
    path = tf.train.Checkpoint(module=module).save(str(tmp_path / "checkpoint"))
    names = [name for name, _ in tf.train.list_variables(path)]
    assert "module/mutable/.ATTRIBUTES/table-keys" in names
    other = Tables(vocabulary)
    tf.train.Checkpoint(module=other).restore(path).assert_consumed()
    assert other.mutable.lookup(words("a", "z")).numpy().tolist() == [7, -1]
    assert other.dense.lookup(tf.constant([3, 4], tf.int64)).numpy().tolist() == [4, -1]

    tf.saved_model.save(module, str(tmp_path / "model"))
    Path(vocabulary).unlink()
    known, mutable = tf.saved_model.load(str(tmp_path / "model")).find(words("a", "q"))
    assert known.numpy()[0] == 0 and known.numpy()[1] >= 3
    assert mutable.numpy().tolist() == [7, 8]


def test_an_initializer_may_come_from_a_subclass_that_holds_nothing():
    class Nothing(tf.lookup.KeyValueTensorInitializer):
        key_dtype, value_dtype = tf.string, tf.int64

        def __init__(self):
            pass

        def initialize(self, table):
            pass

    assert tf.lookup.StaticHashTable(Nothing(), -1).key_dtype == tf.string
