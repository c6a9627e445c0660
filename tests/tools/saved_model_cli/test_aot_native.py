"""Programs compiled ahead of time that call native kernels."""

import json
import logging
import os
import subprocess
import sys

import numpy as np
import pytest

import tidefall as tf
from tidefall.native import library
from tidefall.saving.saved_model.ahead_of_time import FOLDER, MANIFEST

pytestmark = pytest.mark.skipif(not library.enabled(), reason=library.status().reason)

CONVOLVE = """
import logging, sys
import numpy as np
import tidefall as tf
logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stdout)
options = tf.saved_model.LoadOptions()
options.experimental_trust_aot = True
loaded = tf.saved_model.load(sys.argv[1], options=options)
signature = loaded.signatures["serving_default"]
plan = signature.graph_function.prepared
y = signature(tf.ones([2, 6, 6, 3]))["y"].numpy()
print(y[0, 1, 1].tolist(), len(plan._loaded), plan._plan is None)
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A convolution, compiled for a batch of 2."""
    from tidefall.tools.saved_model_cli.cli import main

    class Convolution(tf.Module):
        def __init__(self):
            self.w = tf.Variable(np.ones([3, 3, 3, 2], np.float32))

        @tf.function(input_signature=[tf.TensorSpec([None, 6, 6, 3], tf.float32, "x")])
        def serve(self, x):
            return {"y": tf.nn.conv2d(x, self.w, 1, "SAME")}

    folder = tmp_path_factory.mktemp("native") / "model"
    module = Convolution()
    tf.saved_model.save(module, folder, {"serving_default": module.serve})
    assert main(["aot_compile", "--dir", str(folder), "--batch_sizes", "2"]) == 0
    return folder


def run(model, native):
    said = subprocess.run(
        [sys.executable, "-c", CONVOLVE, str(model)],
        env=os.environ | {"TIDEFALL_NATIVE": native},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    return said.stdout.splitlines()


@pytest.mark.process
def test_a_program_runs_in_a_process_that_has_compiled_nothing(model):
    (program,) = json.loads((model / FOLDER / MANIFEST).read_text())["programs"]
    assert program["kernels"] == ["convolution"]
    assert run(model, "1") == ["[27.0, 27.0] 1 True"]


@pytest.mark.process
def test_it_is_compiled_again_where_there_are_no_kernels(model):
    warning, result = run(model, "0")
    assert (
        "is not used: it calls native kernels (convolution), which are turned off by "
        "TIDEFALL_NATIVE=0" in warning
    )
    assert result == "[27.0, 27.0] 0 False"


def test_a_kernel_that_the_library_lacks(model, caplog):
    path = model / FOLDER / MANIFEST
    manifest = path.read_text()
    try:
        path.write_text(manifest.replace('"convolution"', '"origami"'))
        options = tf.saved_model.LoadOptions()
        options.experimental_trust_aot = True
        loaded = tf.saved_model.load(model, options=options)
        with caplog.at_level(logging.WARNING, "tidefall"):
            y = loaded.signatures["serving_default"](tf.ones([2, 6, 6, 3]))["y"]
    finally:
        path.write_text(manifest)
    assert y.numpy()[0, 1, 1].tolist() == [27, 27]
    assert "it calls native kernels (origami), not all of which are there" in caplog.text
