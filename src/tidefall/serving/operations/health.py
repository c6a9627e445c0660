"""Whether the process lives, and whether requests should be sent to it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from tidefall.base import errors
from tidefall.serving.http.parser import Request
from tidefall.serving.http.reply import Reply
from tidefall.serving.models.manager import ModelManager
from tidefall.serving.models.states import State
from tidefall.serving.rest.text import dumps

_logger = logging.getLogger("tidefall.serving")


class Health:
    """The health of a server. Any thread may ask.

    A server becomes ready once every model has a version that answers. From then on it stays ready
    while any model answers, until it drains: a new model that cannot be loaded must not take the
    others away from their users on every replica at once.

    Args:
        manager: the models.
    """

    def __init__(self, manager: ModelManager) -> None:
        self._manager = manager
        self._lock = threading.Lock()
        self._draining = False
        self._was_ready = False
        self._on_drain: list[Callable[[], None]] = []

    @property
    def is_draining(self) -> bool:
        """Whether the server is about to stop."""
        return self._draining

    def on_drain(self, callback: Callable[[], None]) -> None:
        """Has something called when the server is about to stop, or now if it is already."""
        with self._lock:
            if not self._draining:
                self._on_drain.append(callback)
                return
        callback()

    def drain(self) -> None:
        """Says from now on that no more requests should be sent here."""
        with self._lock:
            callbacks, self._on_drain = self._on_drain, []
            self._draining = True
        for callback in callbacks:
            try:
                callback()
            except Exception:
                _logger.exception("a listener to the end of the server failed")

    def unavailable(self) -> dict[str, str]:
        """The models that no request can be answered by, each with the reason."""
        found: dict[str, str] = {}
        for name in self._manager.names():
            try:
                statuses = self._manager.statuses(name)
            except errors.OpError as error:
                found[name] = error.message
                continue
            if not any(status.state is State.AVAILABLE for status in statuses):
                found[name] = "; ".join(
                    f"version {s.version}: {s.state.value} {s.error_message}".rstrip()
                    for s in statuses
                )
        return found

    def is_ready(self) -> bool:
        """Whether requests should be sent here."""
        return self._judge(self.unavailable())

    def _judge(self, unavailable: dict[str, str]) -> bool:
        if self._draining:
            return False
        names = self._manager.names()
        available = len(names) - len(unavailable)
        if not unavailable:
            self._was_ready = True
        return available > 0 or not names if self._was_ready else False

    # --- pages ------------------------------------------------------------------------------------

    def healthz(self, request: Request) -> Reply:
        """Answers while the process lives; asks nothing else."""
        return Reply(200, dumps({"status": "ok"}))

    def readyz(self, request: Request) -> Reply:
        """200 where requests should be sent here, else 503 with the reasons.

        "settled" says that every model has a version that answers, or none that could be loaded
        now: until then a failed version may yet be followed by an older one.
        """
        settled = all(model.is_settled() for model in self._manager.models().values())
        unavailable = self.unavailable()
        ready = self._judge(unavailable)
        page: dict[str, Any] = {"ready": ready, "settled": settled, "draining": self._draining}
        return Reply(200 if ready else 503, dumps({**page, "unavailable": unavailable}))
