"""Watchers: what notices that this process is about to be ended."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol


class Watcher(Protocol):
    """Notices that this process is about to be ended.

    Attributes:
        noticed_at: when it did, in seconds as `time.time` counts them; None until then.
    """

    noticed_at: float | None

    def stop(self) -> None:
        """Watch no longer."""
        ...


class SignalWatcher:
    """Takes SIGTERM as the notice, in place of what the process did at it so far.

    Raises:
        ValueError: in another thread than the main one, where Python allows no signal handlers.
    """

    def __init__(self) -> None:
        self.noticed_at: float | None = None
        signal.signal(signal.SIGTERM, self._note)

    def _note(self, number: int, frame: Any) -> None:
        self.noticed_at = time.time()

    def stop(self) -> None:
        """Keep the handler: a second SIGTERM is not to end the process while it saves."""


class PollingWatcher:
    """Asks a function, again and again.

    Args:
        function: returns whether there is a notice.
        interval: seconds between two questions.
    """

    def __init__(self, function: Callable[[], bool], interval: float = 1.0):
        self.noticed_at: float | None = None
        self._function = function
        self._interval = interval
        self._stopped = threading.Event()
        threading.Thread(
            target=self._poll, name="tidefall termination watcher", daemon=True
        ).start()

    def _poll(self) -> None:
        while not self._stopped.is_set():
            if self._function():
                self.noticed_at = time.time()
                return
            self._stopped.wait(self._interval)

    def stop(self) -> None:
        """Ask no more."""
        self._stopped.set()
