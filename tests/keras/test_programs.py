"""Programs with Keras give the numbers that genuine TensorFlow gave.

`make oracle` records these: `tests/oracle/record_keras.py`.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

import tidefall as tf
from tests.keras.programs import MODULES, programs_of
from tests.keras.programs.helpers import differences, outcome
from tests.oracle.recording import in_sample

RECORDED = json.loads(gzip.decompress((Path(__file__).parent / "recorded.json.gz").read_bytes()))
RTOL, ATOL = 1e-4, 1e-5
# Half precision, where sums are rounded in another order.
TOLERANCES = {
    "mixed_bfloat16": 1e-2,
    "mixed_float16_compiled": 1e-2,
    "float64_and_pure_float16": 2e-3,
    "policies_of_single_layers": 1e-2,
}
CASES = [
    # One program in four, always the same, is run each time.
    pytest.param(
        module, name, id=f"{module}.{name}", marks=[] if in_sample(name, 4) else pytest.mark.slow
    )
    for module in MODULES
    for name in programs_of(module)
]

pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of Keras, to NumPy
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.mark.compiles
@pytest.mark.parametrize("module, name", CASES)
def test_the_numbers_are_those_of_tensorflow(module, name):
    assert tf.keras is not None  # turns the name `tensorflow` on
    import keras

    found = outcome(programs_of(module)[name], tf, keras)
    tolerance = TOLERANCES.get(name, RTOL)
    wrong = differences(
        found, RECORDED[module][name], tolerance, ATOL if tolerance == RTOL else tolerance / 2
    )
    assert not wrong, "\n".join(wrong[:20])
