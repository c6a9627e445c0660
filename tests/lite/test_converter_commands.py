"""`tidefall lite convert | check | debug` on files."""

from __future__ import annotations

import json

import numpy as np
import pytest

import tidefall as tf
from tests.lite.models import MODELS, stirred
from tidefall.lite.cli import main
from tidefall.lite.schema import TensorType, read_model

# Keras's, when it saves.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A Keras file, a SavedModel, one that cannot be converted, and samples."""
    folder = tmp_path_factory.mktemp("models")
    model = stirred(MODELS["two_in_two_out"]())
    model.save(str(folder / "model.keras"))
    model.export(str(folder / "saved"), verbose=False)
    rng = np.random.default_rng(0)
    images = rng.standard_normal([6, 8, 8, 3]).astype("float32")
    extras = rng.standard_normal([6, 4]).astype("float32")
    np.savez(folder / "named.npz", image=images, extra=extras)
    np.savez(folder / "ordered.npz", images, extras)
    np.save(folder / "one.npy", images)
    module = tf.Module()
    module.f = tf.function(
        lambda x: {"y": tf.linalg.inv(x)}, input_signature=[tf.TensorSpec([3, 3], tf.float32, "x")]
    )
    tf.saved_model.save(module, str(folder / "hard"), signatures=module.f)
    return folder


def test_convert_and_its_report(folder, capsys, tmp_path):
    output = tmp_path / "model.tflite"
    assert main(["convert", f"{folder}/model.keras", "-o", str(output)]) == 0
    text = capsys.readouterr().out
    assert "FULLY_CONNECTED 2" in text and "Verified: serving_default" in text
    assert read_model(output.read_bytes()).signature_defs[0].signature_key == "serving_default"
    assert main(["convert", f"{folder}/saved", "-o", str(output), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["size"] == output.stat().st_size and not report["flex"]


@pytest.mark.parametrize("data", ["named.npz", "ordered.npz"])
def test_convert_to_integers(folder, capsys, tmp_path, data):
    output = tmp_path / "model.tflite"
    flags = ["--quantize", "int8", "--data", f"{folder}/{data}", "--strict", "--io", "int8"]
    assert main(["convert", f"{folder}/model.keras", "-o", str(output), *flags]) == 0
    graph = read_model(output.read_bytes()).subgraphs[0]
    assert {graph.tensors[i].type for i in (*graph.inputs, *graph.outputs)} == {TensorType.INT8}


def test_check(folder, capsys):
    assert main(["check", f"{folder}/model.keras", "--quantize", "int8"]) == 0
    assert "All of it can be converted." in capsys.readouterr().out
    assert main(["check", f"{folder}/hard", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["obstacles"][0]["op"] == "MatrixInverse"
    assert main(["check", f"{folder}/hard", "--select-tf-ops"]) == 0
    assert "FlexMatrixInverse" in capsys.readouterr().out


def test_debug(folder, capsys, tmp_path):
    page = tmp_path / "page.html"
    flags = [f"{folder}/named.npz", "--top", "3", "--html", str(page)]
    assert main(["debug", f"{folder}/model.keras", *flags]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split()[:2] == ["SNR", "dB"] and len(rows) == 3
    assert sorted(rows, key=lambda r: float(r.split()[0])) == rows
    assert "<table>" in page.read_text() and "CONV_2D" in page.read_text()
    assert main(["debug", f"{folder}/model.keras", f"{folder}/named.npz", "--json"]) == 0
    assert {"tensor", "snr_db", "range_used"} <= set(json.loads(capsys.readouterr().out)[0])


BAD = {
    "no file": (["check", "nothing.tflite"], "There is no nothing.tflite"),
    "not a model": (["check", "{}/named.npz"], "neither the folder of a SavedModel nor"),
    "no data": (["convert", "{}/model.keras", "--quantize", "int8"], "takes --data"),
    "too few arrays": (
        ["convert", "{}/model.keras", "--quantize", "int8", "--data", "{}/one.npy"],
        "has 1 arrays; the model has the inputs ['image', 'extra']",
    ),
    "no such signature": (
        ["convert", "{}/saved", "--signature", "other"], "no signature 'other'",
    ),
    "an op that cannot go": (["convert", "{}/hard"], "MatrixInverse in "),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_ends_with_one_line_of_why(folder, capsys, name):
    arguments, text = BAD[name]
    assert main([a.format(folder) for a in arguments]) == 1
    assert text in capsys.readouterr().err
