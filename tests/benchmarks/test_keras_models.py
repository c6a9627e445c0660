"""The rows of Keras models: each part is measured on small models, each model once per mode."""

from pathlib import Path

import pytest

import tidefall as tf
from benchmarks import keras_models, report, timing
from benchmarks.__main__ import Participant, _models


def rows(mode):
    def start(name, x, y):
        return keras_models.TensorFlowApi("tidefall", name, mode, x, y)

    return keras_models.rows(start, mode, small=True)


def test_every_row_has_a_title():
    assert set(rows("jit_compile")) == set(keras_models.ROWS) == set(report.KERAS)


@pytest.mark.parametrize("mode", ["tf.function", "jit_compile"])
def test_every_part_is_measured(mode):
    clock, cases = timing.Clock(quick=True), rows(mode)
    parts = ("first", "step", "predict", "predict_one", "call_one")
    assert min(cases[f"keras_mlp_{part}"](clock)[mode] for part in parts) > 0


def test_rows_of_one_model_share_what_was_measured():
    cases, clock = rows("jit_compile"), timing.Clock(quick=True)
    ratio = cases["keras_mlp_predict_ratio"](clock)["jit_compile"]
    predict = cases["keras_mlp_predict_call"](clock)["jit_compile"]
    call = cases["keras_mlp_call_one"](clock)["jit_compile"]
    assert ratio == predict / call
    assert cases["keras_mlp_memory"](clock)["jit_compile"] > 2**20


def test_a_model_that_cannot_start_is_tried_once():
    tried = []

    def start(name, x, y):
        tried.append(name)
        raise ValueError("no such layer")

    cases = keras_models.rows(start, "jit_compile", small=True)
    for row in ("keras_mlp_first", "keras_mlp_step"):
        with pytest.raises(ValueError, match="no such layer"):
            cases[row](timing.Clock(quick=True))
    assert tried == ["mlp"]


@pytest.mark.parametrize("name", [n for n in keras_models.MODELS if n != "efficientnet"])
def test_models_end_in_ten_logits(name):
    x, y = keras_models.batch(name, small=True)
    model = keras_models.build(tf.keras, name, x.shape[1:])
    assert model(x).shape == (len(y), 10)


def test_the_measured_models_have_their_sizes():
    counts = {"mlp": 669_706, "cnn": 175_178, "lstm": 83_722}
    for name, count in counts.items():
        shape = keras_models.batch(name, small=False)[0].shape
        assert keras_models.build(tf.keras, name, shape[1:]).count_params() == count


def test_each_model_runs_by_itself_in_each_mode():
    who = Participant("x", Path("python"), (), "x", "", model_modes=("eager", "jit"))
    cases = ["add", "keras_mlp_step", "keras_mlp_first", "keras_cnn_step"]
    assert _models(cases, who) == [
        (["keras_mlp_step", "keras_mlp_first"], "eager"),
        (["keras_mlp_step", "keras_mlp_first"], "jit"),
        (["keras_cnn_step"], "eager"),
        (["keras_cnn_step"], "jit"),
    ]


def test_a_ratio_is_written_as_one():
    assert report.quantity(1.8349, "keras_mlp_predict_ratio") == "1.83x"
