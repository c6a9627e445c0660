"""The page about the server in the browser, and the data it shows."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tidefall.base import errors
from tidefall.serving.http.parser import Request
from tidefall.serving.http.reply import Reply
from tidefall.serving.http.server import HttpServer
from tidefall.serving.models.manager import ModelManager
from tidefall.serving.operations.health import Health
from tidefall.serving.operations.history import History
from tidefall.serving.operations.process import resident_bytes
from tidefall.serving.rest.text import dumps

_FILE = Path(__file__).with_name("status.html")
_INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)

Shares = Callable[[str], Mapping[int, float]]
"""How the requests of a model are divided among its versions; empty where the latest gets all."""


class StatusPage:
    """The status page.

    Args:
        manager: the models.
        health: whether the server is ready.
        history: the requests of the last minutes.
    """

    def __init__(self, manager: ModelManager, health: Health, history: History) -> None:
        self._manager, self._health, self._history = manager, health, history
        self._content: bytes | None = None
        self._headers: tuple[tuple[str, str], ...] = ()
        self.http: HttpServer | None = None
        self.shares: Shares = lambda model: {}

    def page(self, request: Request) -> Reply:
        """The page itself, which holds nothing of this server."""
        content = self._content
        if content is None:
            content = self._content = _FILE.read_bytes()
            self._headers = (
                ("Content-Security-Policy", content_security_policy(content.decode())),
                ("X-Content-Type-Options", "nosniff"),
                ("Referrer-Policy", "no-referrer"),
                ("Cache-Control", "no-cache"),
            )
        return Reply(200, content, "text/html; charset=utf-8", self._headers)

    def data(self, request: Request) -> Reply:
        """What the page shows, as JSON."""
        try:
            memory = resident_bytes()
        except OSError:
            memory = 0
        status = {
            "time": time.time(),
            "ready": self._health.is_ready(),
            "draining": self._health.is_draining,
            "memory": memory,
            "connections": self.http.connections if self.http else 0,
            "history": self._history.as_json(),
            "models": [self._model(name) for name in self._manager.names()],
        }
        return Reply(200, dumps(status), headers=(("Cache-Control", "no-store"),))

    def _model(self, name: str) -> dict[str, Any]:
        try:
            statuses = self._manager.statuses(name)
        except errors.NotFoundError:
            statuses = []
        shares = self.shares(name)
        versions = [
            {
                # As text: JavaScript's numbers do not hold all version numbers.
                "version": str(status.version),
                "state": status.state.value,
                "message": status.error_message,
                "share": shares.get(status.version),
                **self._history.of_version(name, status.version),
            }
            for status in statuses
        ]
        return {"name": name, "versions": versions}


def content_security_policy(page: str) -> str:
    """Lets a page run and look only as it was packaged, and speak only to its own server."""
    allowed: dict[str, list[str]] = {"script": [], "style": []}
    for kind, text in _INLINE.findall(page):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        allowed[kind].append(f"'sha256-{digest}'")
    return (
        f"default-src 'none'; script-src {' '.join(allowed['script'])}; "
        f"style-src {' '.join(allowed['style'])}; connect-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )
