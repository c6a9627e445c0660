"""Random pipelines give what real TensorFlow gave."""

import json
from pathlib import Path

import pytest

import tidefall as tf
from tests.data.random_pipelines import COUNT, OTHER_ERRORS, TENSORFLOWS_OWN, outcome
from tests.data.values import summary

NOT_COMPARED = {*TENSORFLOWS_OWN, *OTHER_ERRORS}
RECORDED = json.loads(Path(__file__).with_name("random_pipelines.json").read_text())


@pytest.fixture(autouse=True)
def no_global_seed():
    tf.random.set_seed(None)
    yield
    tf.random.set_seed(None)


def test_every_pipeline_is_recorded():
    assert list(RECORDED) == [str(seed) for seed in range(COUNT)]


@pytest.mark.parametrize("seed", [s for s in range(COUNT) if s not in NOT_COMPARED])
def test_outcome_is_tensorflows(seed):
    assert outcome(seed, tf, summary) == RECORDED[str(seed)]
