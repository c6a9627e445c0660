"""Memory that unloaded models leave behind, and when it is collected."""

import gc
import weakref

import pytest

from tidefall.serving.models.memory import FreeMemory


class Cycle:
    def __init__(self):
        self.me = self


@pytest.fixture
def dropped():
    """Makes garbage that only a collection finds; returns a reference to it."""
    gc.disable()
    yield lambda: weakref.ref(Cycle())
    gc.enable()


def test_memory_is_freed_when_it_is_asked_for_and_not_else(dropped):
    memory, garbage = FreeMemory(pause=0.0), dropped()
    memory.release()
    assert garbage() is not None
    memory.ask()
    assert memory.is_due()
    memory.release()
    assert garbage() is None
    assert not memory.is_due()


def test_memory_is_not_freed_twice_in_a_short_time(dropped, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("tidefall.serving.models.memory.time.monotonic", lambda: now[0])
    memory = FreeMemory(pause=10.0)
    memory.ask()
    memory.release()
    garbage = dropped()
    memory.ask()
    memory.release()
    assert garbage() is not None
    now[0] += 10.0
    assert memory.is_due()
    memory.release()
    assert garbage() is None
