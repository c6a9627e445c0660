"""Plugin: several pytest processes share one run, each taking the next tests that nobody has taken.

Every process collects the same tests in the same order. They are taken in units: a file, or in a
file marked `unit("name")` the cases with one value of that parameter. Who creates the unit's file
in the folder of the run runs it. `python -m tests` starts the processes and adds up.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import json
import os
import time
from pathlib import Path

import pytest

FOLDER = "TIDEFALL_TEST_RUN"
"""Environment variable: the folder that the processes of one run share."""
SECONDS = {"process": 2.0, "compiles": 0.5}
"""About how long a test with such a mark takes; the others take next to nothing."""
MEASURED = Path(__file__).resolve().parents[1] / ".pytest_cache" / "unit_seconds.json"
"""How long each unit took when it was last run here, written by `python -m tests`."""


def pytest_configure(config: pytest.Config) -> None:
    if not config.option.collectonly:
        config.pluginmanager.register(_Claims(Path(os.environ[FOLDER])))


class _Claims:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running = folder / f"running-{os.getpid()}"
        self.ran = 0
        self.units: list[tuple[str, list[pytest.Item]]] = []
        self.seconds: dict[str, float] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        units: dict[str, list[pytest.Item]] = {}
        for item in items:
            units.setdefault(_unit(item), []).append(item)
        # The longest first, so that no process is left with a long one when the others are done.
        known = json.loads(MEASURED.read_text()) if MEASURED.exists() else {}
        expected = {name: known.get(name, _seconds(unit)) for name, unit in units.items()}
        self.units = sorted(units.items(), key=lambda unit: expected[unit[0]], reverse=True)
        items[:] = [item for _, unit in self.units for item in unit]
        order = hashlib.sha256("\n".join(item.nodeid for item in items).encode()).hexdigest()
        if order != _first_to_write(self.folder / "order", order):
            raise pytest.UsageError("not every process has collected the same tests")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        if session.testsfailed:
            return None  # Files could not be collected: pytest says so.
        for number, (name, unit) in enumerate(self.units):
            if not self._claim(number):
                continue
            began = time.monotonic()
            for item, following in zip(unit, [*unit[1:], None], strict=True):
                self.running.write_text(item.nodeid)
                # Which test comes after a unit is not known yet: what the session holds stays, and
                # the fixtures of folders and files go. All that pytest asks of it is `listchain`.
                nextitem: object = following or session
                session.config.hook.pytest_runtest_protocol(item=item, nextitem=nextitem)
                self.ran += 1
                if session.shouldfail:
                    raise session.Failed(session.shouldfail)
                if session.shouldstop:
                    raise session.Interrupted(session.shouldstop)
            # What lives on from here on is modules and their caches. Tests collect garbage to see
            # what is left of theirs, and that is not to take longer the later they come.
            gc.collect()
            gc.freeze()
            self.seconds[name] = round(time.monotonic() - began, 2)
        return True

    def _claim(self, number: int) -> bool:
        try:
            (self.folder / f"unit-{number}").touch(exist_ok=False)
        except FileExistsError:
            return False
        return True

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Leave the counts for `python -m tests`, and that this process came to its end."""
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        assert reporter is not None
        counts = {name: len(found) for name, found in reporter.stats.items() if name}
        found = {"collected": len(session.items), "ran": self.ran, "counts": counts}
        text = json.dumps(found | {"seconds": self.seconds})
        (self.folder / f"counts-{os.getpid()}").write_text(text)
        self.running.unlink(missing_ok=True)


def _first_to_write(path: Path, text: str) -> str:
    """The content of a file, which is `text` if nobody has written it yet."""
    own = path.with_name(f"{path.name}-{os.getpid()}")
    own.write_text(text)
    with contextlib.suppress(FileExistsError):
        os.link(own, path)
    return path.read_text()


def _unit(item: pytest.Item) -> str:
    path = item.nodeid.partition("::")[0]
    mark = item.get_closest_marker("unit")
    call = getattr(item, "callspec", None)
    if mark is None or call is None or mark.args[0] not in call.params:
        return path
    return f"{path}::{call.params[mark.args[0]]}"


def _seconds(unit: list[pytest.Item]) -> float:
    return sum(0.01 + sum(SECONDS.get(m.name, 0) for m in item.iter_markers()) for item in unit)
