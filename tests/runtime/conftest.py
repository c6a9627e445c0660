"""What tests of the executors share."""

import pytest

import tidefall as tf
from tidefall.base.config import config
from tidefall.runtime.policy import compile_service


@pytest.fixture(autouse=True)
def _no_compiling_thread(monkeypatch):
    """Functions are compiled in the calls of these tests, not in the background as in servers."""
    monkeypatch.setattr(compile_service, "service", compile_service.CompileService())


@pytest.fixture
def tier():
    """Sets the tier for one test."""
    with config.override(tier="auto"):
        yield tf.config.experimental.set_execution_tier
