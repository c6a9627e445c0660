"""Reading back what summaries wrote."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tidefall.summary.events.event_file import read_events


@pytest.fixture
def written(tmp_path: Path) -> Callable[[], list[Any]]:
    """Function that gives the events of the files under `tmp_path`, without the version."""

    def read() -> list[Any]:
        events = []
        for path in sorted(tmp_path.rglob("*tfevents*")):
            events += [e for e in read_events(path) if not e.file_version]
        return events

    return read
