"""Models of every kind: TensorFlow's files load here, and ours give what TensorFlow's give."""

import pytest

import tidefall as tf
from tests.oracle import saved_models

# What Keras gives NumPy when it writes a .keras file.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def models(kept=lambda made: True, lacking=()):
    """The names of models; those that cannot be written yet fail."""
    return [
        pytest.param(name, marks=pytest.mark.xfail(strict=True)) if name in lacking else name
        for name, made in sorted(saved_models.MODELS.items())
        if kept(made)
    ]


def check(name, folder, where, elsewhere=False):
    expected = saved_models.expected(name)
    found = saved_models.results(tf, name, folder, elsewhere)
    saved_models.assert_same(found, expected["loaded"], f"{name}: {where}")
    found = saved_models.session_results(tf, name, folder)
    saved_models.assert_same(found, expected["session"], f"{name}: {where}, in a session")


@pytest.mark.parametrize("name", models())
def test_files_that_tensorflow_wrote(name, tmp_path):
    check(name, str(saved_models.unpack(name, tmp_path)), "loaded", elsewhere=True)


@pytest.mark.parametrize("name", models(lacking=saved_models.NOT_WRITTEN))
def test_saved_here_and_loaded_again(name, tmp_path):
    saved_models.write(tf, name, str(tmp_path / "model"))
    check(name, str(tmp_path / "model"), "saved and loaded")


@pytest.mark.parametrize("name", models(lambda made: made.again, saved_models.NOT_WRITTEN_AGAIN))
def test_a_loaded_model_can_be_saved(name, tmp_path):
    target = str(tmp_path / "second")
    source = str(saved_models.unpack(name, tmp_path / "first"))
    saved_models.write_again(tf, name, source, target)
    check(name, target, "loaded, saved and loaded")
