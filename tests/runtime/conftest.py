"""Functions are compiled in the calls of these tests, not beside them as in servers."""

import pytest

from tidefall.runtime import beside


@pytest.fixture(autouse=True)
def _no_compiling_thread(monkeypatch):
    monkeypatch.setattr(beside, "_jobs", None)
