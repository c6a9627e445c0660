"""Pipelines give the elements, specs and errors that real TensorFlow gave."""

import json
from pathlib import Path

import pytest

import tidefall as tf
from tests.data.pipelines import FAILING, PIPELINES
from tests.data.values import outcome, summary

RECORDED = json.loads(Path(__file__).with_name("pipelines.json").read_text())


@pytest.fixture(autouse=True)
def no_global_seed():
    tf.random.set_seed(None)
    yield
    tf.random.set_seed(None)


def test_every_pipeline_is_recorded():
    assert list(RECORDED["pipelines"]) == list(PIPELINES)
    assert list(RECORDED["failing"]) == list(FAILING)
    assert "no error" not in RECORDED["failing"].values()


@pytest.mark.parametrize("name", PIPELINES)
def test_elements_are_tensorflows(name):
    assert summary(PIPELINES[name](tf)) == RECORDED["pipelines"][name]


@pytest.mark.parametrize("name", FAILING)
def test_errors_are_tensorflows(name):
    assert outcome(FAILING[name], tf) == RECORDED["failing"][name]
