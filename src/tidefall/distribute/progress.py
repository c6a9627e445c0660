"""How many steps a process has done, told to whoever started it.

`tidefall launch` gives each process the name of a file in TIDEFALL_PROGRESS. The process writes
into it, twice a second at most, how many steps it has done and in how many seconds; what it wrote
stays there when it is killed.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import time
from pathlib import Path
from typing import NamedTuple

VARIABLE = "TIDEFALL_PROGRESS"
_WRITE_SECONDS = 0.5


class Progress(NamedTuple):
    """What a process has done.

    Attributes:
        steps: how many steps.
        seconds: from the end of the first one to the end of the last.
    """

    steps: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float | None:
        """Steps per second; None of fewer than two."""
        return (self.steps - 1) / self.seconds if self.steps > 1 and self.seconds else None


NO_PROGRESS = Progress()


class Reporter:
    """Counts steps, and writes them down.

    Args:
        path: the file; None to write nothing.
    """

    def __init__(self, path: Path | None):
        self._path = path
        self._steps = 0
        self._first = self._last = self._written = 0.0

    def step(self) -> None:
        """A step is done."""
        if self._path is None:
            return
        now = time.monotonic()
        if not self._steps:
            self._first = now
        self._steps += 1
        self._last = now
        if now - self._written >= _WRITE_SECONDS:
            self.write()

    def write(self) -> None:
        """Write down what there is."""
        if self._path is None or not self._steps:
            return
        self._written = time.monotonic()
        temporary = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        with contextlib.suppress(OSError):  # the folder goes with whoever asked
            temporary.write_text(f"{self._steps} {self._last - self._first}", encoding="ascii")
            temporary.replace(self._path)


def read(path: Path) -> Progress:
    """What a process has written into a file so far."""
    try:
        steps, seconds = path.read_text(encoding="ascii").split()
        return Progress(int(steps), float(seconds))
    except (OSError, ValueError):
        return NO_PROGRESS


reporter = Reporter(Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
"""That of this process."""
atexit.register(reporter.write)
