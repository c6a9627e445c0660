"""`tf.saved_model.Asset` in place of a path: read, looked up, saved with a model and loaded."""

from __future__ import annotations

import shutil

import pytest

import tidefall as tf

INDEX = tf.lookup.TextFileIndex


def table_of(file):
    words = (file, tf.string, INDEX.WHOLE_LINE, tf.int64, INDEX.LINE_NUMBER)
    return tf.lookup.StaticHashTable(tf.lookup.TextFileInitializer(*words), -1)


@pytest.fixture
def asset(tmp_path):
    file = tmp_path / "words.txt"
    file.write_text("tide\nfall\n")
    return tf.saved_model.Asset(file)


def test_stands_for_its_path(asset):
    assert tf.io.read_file(asset).numpy() == b"tide\nfall\n"
    assert tf.strings.join([asset, "~"]).numpy() == asset.asset_path.numpy() + b"~"
    assert tf.function(tf.io.read_file)(asset).numpy() == b"tide\nfall\n"
    assert tf.function(lambda: asset)().numpy() == asset.asset_path.numpy()
    typed = tf.function(tf.io.read_file, input_signature=[tf.TensorSpec([], tf.string)])
    assert typed(asset).numpy() == b"tide\nfall\n"
    assert list(tf.data.TextLineDataset(asset).as_numpy_iterator()) == [b"tide", b"fall"]
    assert tf.Variable(asset).numpy() == asset.asset_path.numpy()


def test_fills_tables(asset):
    assert table_of(asset).lookup(tf.constant(["fall", "ebb"])).numpy().tolist() == [1, -1]
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        found = table_of(asset).lookup(tf.constant(["fall", "ebb"]))
        session.run(tf.compat.v1.tables_initializer())
        assert session.run(found).tolist() == [1, -1]


def test_goes_with_a_saved_model(asset, tmp_path):
    model = tf.Module()
    model.asset, model.table = asset, table_of(asset)
    model.read = tf.function(lambda: tf.io.read_file(asset), input_signature=[])
    words = tf.TensorSpec([None], tf.string)
    model.find = tf.function(lambda words: model.table.lookup(words), input_signature=[words])
    tf.saved_model.save(model, tmp_path / "model")
    (tmp_path / "words.txt").unlink()
    shutil.move(tmp_path / "model", tmp_path / "moved")
    loaded = tf.saved_model.load(tmp_path / "moved")
    assert tf.convert_to_tensor(loaded.asset).numpy().endswith(b"moved/assets/words.txt")
    assert tf.io.read_file(loaded.asset).numpy() == loaded.read().numpy() == b"tide\nfall\n"
    assert loaded.find(tf.constant(["fall", "ebb"])).numpy().tolist() == [1, -1]
    assert [path.name for path in (tmp_path / "moved" / "assets").iterdir()] == ["words.txt"]
