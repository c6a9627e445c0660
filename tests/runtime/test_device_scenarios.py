"""tf.device, tf.DeviceSpec and tf.config against what TensorFlow made of the same lines."""

import gzip
import json
from pathlib import Path

import pytest

from tests.oracle import device_scenarios

RECORDED = Path(device_scenarios.__file__).with_name("device_scenarios.json.gz")
# TensorFlow keeps small constants of the first device it made them on, and a wrong number of
# threads spoils every later question about threads.
QUIRKS = {
    ("virtual", "with_device('cpu:2', lambda: tf.constant(1).device)"),
    ("threads2", "tf.config.threading.get_inter_op_parallelism_threads()"),
}
# TensorFlow fixes devices and threads with the first eager tensor, Tidefall when something needs a
# device: there it raises, here the settings hold.
FIRST_TENSOR = ("visible_late", "threads", "threads3", *(f"initialized_{i}" for i in (5, 6, 7)))
AFTER_IT = ("cannot be modified after initialization.", "be modified after being initialized")
QUIRKS |= {
    ("visible_late", "tf.config.get_visible_devices()"),
    ("threads", "tf.config.threading.get_inter_op_parallelism_threads()"),
    ("threads", "tf.config.threading.get_intra_op_parallelism_threads()"),
}
# These errors are worded by the bindings between Python and C++.
OWN_WORDS = ("TFE_GetMemoryInfo()", "enable():", "tensorflow.python")


@pytest.fixture(scope="module")
def results(run_python, repo_root):
    source = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from tests.oracle.device_scenarios import main\nmain('tidefall')"
    )
    ours = json.loads(run_python(source, str(repo_root)))
    return ours, json.loads(gzip.decompress(RECORDED.read_bytes()))


def _comparable(text: str) -> str:
    error, colon, _ = text.partition(": ")
    inexact = error.endswith("Error") and colon
    own_words = error == "InvalidArgumentError" or any(words in text for words in OWN_WORDS)
    return error if inexact and own_words else text


@pytest.mark.process
@pytest.mark.parametrize("name", device_scenarios.SCENARIOS)
def test_scenario(name, results):
    ours, recorded = (found[name] for found in results)
    lines = device_scenarios.SCENARIOS[name]
    assert len(ours) == len(recorded) == len(lines)
    for line, got, wanted in zip(lines, ours, recorded, strict=True):
        if (name, line) in QUIRKS:
            continue
        if name in FIRST_TENSOR and wanted.endswith(AFTER_IT) and got == "None":
            continue
        if any(words in wanted for words in OWN_WORDS):
            assert got.partition(":")[0] == wanted.partition(":")[0], line
        else:
            assert _comparable(got) == _comparable(wanted), line
