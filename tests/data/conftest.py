"""What holds for all tests of datasets."""

import pytest

import tidefall as tf


@pytest.fixture(autouse=True)
def no_global_seed():
    """The seed of one test must not be that of the next."""
    tf.random.set_seed(None)
    yield
    tf.random.set_seed(None)
