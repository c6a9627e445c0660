"""The taxi pipeline is killed once; `make chaos ARGS=pipeline` does so many times."""

from __future__ import annotations

import random

import pytest


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.usefixtures("interop_genuine")
def test_the_taxi_pipeline_makes_the_same_after_a_kill_and_nothing_twice():
    from tests.chaos.pipeline import pipeline

    assert pipeline(random.Random("pipeline 2")).pause > 0
