"""A version folder with a TensorFlow Lite model is served."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest

from tidefall.base import errors
from tidefall.serving.models.saved_model import ServerLoader, load_saved_model
from tidefall.serving.server import ModelServer

sys.path.insert(0, str(Path(__file__).parent))

import recorded_models


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    version = tmp_path / "dense" / "3"
    version.mkdir(parents=True)
    (version / "model.tflite").write_bytes(recorded_models.model("dense_float"))
    return version


@pytest.mark.parametrize("load", [load_saved_model, ServerLoader()])
def test_a_version_folder_is_loaded(folder: Path, load) -> None:
    servable = load(folder)
    signature = servable.signatures["serving_default"]
    (name,) = signature.inputs
    assert str(signature.inputs[name]) == "float32 [?,16]"
    inputs, (expected,) = recorded_models.values("dense_float")
    found = signature.run({name: inputs[0]})
    np.testing.assert_allclose(found["output_0"], expected, rtol=1e-5, atol=1e-6)
    with pytest.raises(errors.InvalidArgumentError, match="FULLY_CONNECTED"):
        signature.run({name: np.zeros((2, 5), np.float32)})
    servable.close()


def test_a_model_without_signatures_has_the_names_of_its_tensors(
    tmp_path: Path, interop_genuine: Path
) -> None:
    content = (interop_genuine / "half_plus_two_tflite" / "model.tflite").read_bytes()
    (tmp_path / "model.tflite").write_bytes(content)
    signature = load_saved_model(tmp_path).signatures["serving_default"]
    np.testing.assert_array_equal(signature.run({"x": np.array([[1.0]], np.float32)})["y"], [[2.5]])


def test_a_damaged_model_is_refused(folder: Path) -> None:
    file = folder / "model.tflite"
    file.write_bytes(file.read_bytes()[:900])
    with pytest.raises(errors.DataLossError, match=r"model\.tflite is damaged at byte"):
        load_saved_model(folder)


def test_over_http(folder: Path) -> None:
    inputs, (expected,) = recorded_models.values("dense_float")
    with ModelServer({"dense": folder.parent}) as server:
        server.wait_until_available(20)
        url = f"{server.url}/v1/models/dense"
        body = json.dumps({"instances": inputs[0].tolist()}).encode()
        with urllib.request.urlopen(f"{url}:predict", body, timeout=30) as answer:
            found = json.load(answer)["predictions"]
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
        with pytest.raises(urllib.error.HTTPError, match="400"):
            urllib.request.urlopen(f"{url}:predict", b'{"instances": [[1]]}', timeout=30)
