"""What a search shows: one line that is written again on a terminal, else a line for each trial."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

VIEWS = ("auto", "lines", "none")


class Progress:
    """Shows how a search goes.

    Args:
        total: how many trials it is to have.
        view: "auto", "lines" or "none".
        stream: where to; standard error for None.
    """

    def __init__(self, total: int, view: str = "auto", stream: TextIO | None = None):
        self._stream = stream or sys.stderr
        self._total, self._view = total, view
        self._redraws = view == "auto" and self._stream.isatty()
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._width = 0

    def tell(self, trial: Any, seconds: float, done: int, best: Any, error: str = "") -> None:
        """Show that a trial has ended.

        Args:
            trial: Optuna's.
            seconds: how long it took.
            done: how many have ended well.
            best: the best so far, or None where there is no one best.
            error: of a trial that failed, with its stack.
        """
        if self._view == "none":
            return
        values = trial.values if trial.state.name == "COMPLETE" else None
        said = values_text(values) if values else trial.state.name.lower()
        if error:
            said = f"failed: {error.strip().splitlines()[-1]}"
        line = f"trial {trial.number}: {said} in {seconds:.1f} s  [{done}/{self._total}"
        if best is not None:
            line += f", best {values_text(best.values)} by trial {best.number}"
        line += f", {time.monotonic() - self._began:.0f} s]"
        params = params_text(trial.params)
        with self._lock:
            if self._redraws:
                line = f"{line}  {params}"[:200]
                self._stream.write(f"\r{line:<{self._width}}")
                self._width = len(line)
            else:
                self._stream.write(f"{line}  {params}\n")
            self._stream.flush()

    def end(self) -> None:
        """Leave the line."""
        if self._redraws and self._width:
            self._stream.write("\n")


def values_text(values: Sequence[float]) -> str:
    """Return values of objectives, for people."""
    return ", ".join(f"{value:.6g}" for value in values)


def params_text(params: Mapping[str, Any]) -> str:
    """Return parameters, for people."""
    short = {k: f"{v:.4g}" if isinstance(v, float) else str(v) for k, v in params.items()}
    return ", ".join(f"{name}={value}" for name, value in short.items())
