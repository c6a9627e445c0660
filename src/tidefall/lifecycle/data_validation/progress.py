"""How far a long scan is, on a terminal."""

from __future__ import annotations

import shutil
import sys
import time


class Bar:
    """A progress bar on the terminal: called with bytes done, and of all."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._told = 0.0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._told < 0.1 and done != total:
            return
        self._told = now
        seconds = max(now - self._start, 1e-6)
        rate = f"{done / 1e6 / seconds:,.0f} MB/s"
        if total:
            filled = int(30 * done / total)
            left = seconds * (total - done) / done if done else 0
            text = (
                f"[{'#' * filled}{'.' * (30 - filled)}] {done / total:4.0%}  {rate}  {left:.0f} s"
            )
        else:
            text = f"{done / 1e6:,.0f} MB  {rate}"
        sys.stderr.write("\r" + text.ljust(shutil.get_terminal_size().columns - 1))
        sys.stderr.flush()

    def end(self) -> None:
        """Leave the line empty."""
        sys.stderr.write("\r" + " " * (shutil.get_terminal_size().columns - 1) + "\r")
