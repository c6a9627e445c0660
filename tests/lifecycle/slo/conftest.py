"""Waiting."""

import time

import pytest


@pytest.fixture
def wait_for():
    """Waits until a condition holds; fails where it does not in time."""

    def wait(condition, seconds: float = 20.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it did not happen in time"
            time.sleep(0.005)

    return wait
