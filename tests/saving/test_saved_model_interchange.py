"""Models of every kind: TensorFlow's files load here, and ours give what TensorFlow's give."""

import pytest

import tidefall as tf
from tests.oracle import saved_models


@pytest.fixture(params=sorted(saved_models.MODELS))
def name(request):
    return request.param


def check(name, obj, where):
    expected = saved_models.recorded()[name]["results"]
    saved_models.assert_same(saved_models.results(tf, name, obj), expected, f"{name}: {where}")


def test_files_that_tensorflow_wrote(name, tmp_path):
    check(name, tf.saved_model.load(saved_models.unpack(name, tmp_path)), "loaded")


def test_saved_here_and_loaded_again(name, tmp_path):
    obj, signatures = saved_models.build(tf, name)
    tf.saved_model.save(obj, tmp_path / "model", signatures)
    check(name, tf.saved_model.load(tmp_path / "model"), "saved and loaded")


def test_a_loaded_model_can_be_saved(name, tmp_path):
    loaded = tf.saved_model.load(saved_models.unpack(name, tmp_path / "first"))
    tf.saved_model.save(loaded, tmp_path / "second", loaded.signatures)
    check(name, tf.saved_model.load(tmp_path / "second"), "loaded, saved and loaded")
