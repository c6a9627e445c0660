"""What a run shows: a table that is drawn again on a terminal, else a line for each change."""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any, TextIO

_MARKS = {"waiting": ".", "running": ">", "done": "+", "cached": "=", "resumed": "=", "reused": "=",
          "skipped": "-", "failed": "!"}  # fmt: skip


class View:
    """Shows the nodes of a run.

    Args:
        nodes: their names, in order.
        style: "auto", "lines", "json" or "none".
        stream: where to; standard error by default, standard output for JSON.
    """

    def __init__(self, nodes: list[str], style: str = "auto", stream: TextIO | None = None):
        self._stream = stream or (sys.stdout if style == "json" else sys.stderr)
        is_terminal = style == "auto" and self._stream.isatty()
        self._style = "table" if is_terminal else ("lines" if style == "auto" else style)
        self._states: dict[str, tuple[str, float, str]] = dict.fromkeys(nodes, ("waiting", 0.0, ""))
        self._width = max(map(len, nodes), default=0)
        self._lock = threading.Lock()
        self._drawn = 0
        self._ended = threading.Event()
        if self._style == "table":
            threading.Thread(target=self._tick, daemon=True).start()

    def _tick(self) -> None:
        while not self._ended.wait(0.5):
            with self._lock:
                self._draw()

    def set(self, node: str, state: str, words: str = "", seconds: float | None = None) -> None:
        """Show that a node is in a state."""
        with self._lock:
            self._states[node] = state, time.monotonic() if seconds is None else seconds, words
            if self._style == "table":
                self._draw()
            elif self._style == "json":
                told: dict[str, Any] = {"node": node, "state": state}
                if seconds is not None:
                    told["seconds"] = round(seconds, 3)
                print(json.dumps({**told, "words": words}), file=self._stream, flush=True)
            elif self._style == "lines":
                print(self._line(node), file=self._stream, flush=True)

    def _line(self, node: str) -> str:
        state, number, words = self._states[node]
        if state == "running":
            number = time.monotonic() - number if self._style == "table" else 0.0
        shown = f"{number:8.2f} s" if number and state != "waiting" else " " * 10
        return f"{_MARKS[state]} {node:<{self._width}}  {state:<8} {shown}  {words}".rstrip()

    def _draw(self) -> None:
        up = f"\x1b[{self._drawn}F" if self._drawn else ""
        lines = "".join(f"\x1b[2K{self._line(node)}\n" for node in self._states)
        self._stream.write(up + lines)
        self._stream.flush()
        self._drawn = len(self._states)

    def end(self) -> None:
        """Stop drawing."""
        self._ended.set()
