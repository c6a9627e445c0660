"""What was stored, shown in a frame: run files, artifacts' files and reports, model cards.

Whoever made these is not trusted: they come with a policy that gives them an origin of their own,
which sees nothing of the page, and lets them load nothing. A frame cannot send a token along, so an
address holds a ticket: it was given out by the API, opens one document, and for an hour.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import time
from pathlib import Path
from urllib.parse import quote, unquote

from tidefall.base import errors
from tidefall.lifecycle.registry.card import ModelCard
from tidefall.lifecycle.ui.reports import report_page
from tidefall.lifecycle.ui.store import Store
from tidefall.serving.http.parser import Request
from tidefall.serving.http.reply import Reply, Respond
from tidefall.serving.status import http_status

PREFIX = "/frame/"
_SECONDS = 3600
_MAX_BYTES = 64 << 20
_logger = logging.getLogger("tidefall.ui")

_POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)
_HEADERS = (
    ("Content-Security-Policy", _POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
)
_PAGE = "text/html; charset=utf-8"
_TEXT = "text/plain; charset=utf-8"
_TYPES = {
    ".html": _PAGE, ".htm": _PAGE, ".svg": "image/svg+xml", ".png": "image/png",
    ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp",
    **dict.fromkeys((".txt", ".log", ".md", ".csv", ".json", ".jsonl", ".pbtxt", ".yaml", ".yml",
                     ".toml", ".py", ".tsv"), _TEXT),
}  # fmt: skip


def is_shown(name: str) -> bool:
    """Return whether a frame can show a file of this name."""
    return Path(name).suffix.lower() in _TYPES


class Documents:
    """Gives out tickets, and the documents for them.

    Args:
        store: where the documents are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._secret = secrets.token_bytes(32)

    def address(self, *parts: str | int) -> str:
        """Return where a document is, for an hour.

        Args:
            *parts: "run", the run and the file; "artifact", the artifact and the file in it;
                "report" and the artifact; "card", the model and the version.
        """
        name = "/".join(quote(str(part), safe="") for part in parts)
        until = int(time.time()) + _SECONDS
        return f"{PREFIX}{until:x}.{self._sign(name, until)}/{name}"

    def _sign(self, name: str, until: int) -> str:
        text = f"{until:x} {name}".encode()
        return hmac.new(self._secret, text, hashlib.sha256).hexdigest()[:32]

    # -- the application

    def is_quick(self, request: Request) -> bool:
        """All read files."""
        return False

    def is_brief(self, request: Request) -> bool:
        """None is answered later."""
        return False

    def is_urgent(self, request: Request) -> bool:
        """All wait in one line."""
        return False

    def handle(self, request: Request, respond: Respond) -> None:
        """Answer a request for a document."""
        try:
            respond(self._document(request))
        except errors.OpError as error:
            respond(self.refuse(http_status(error), error.message))
        except Exception as error:
            _logger.exception("showing %s failed", request.path[:200])
            respond(self.refuse(500, f"internal error: {type(error).__name__}: {error}"))

    def refuse(self, status: int, message: str) -> Reply:
        """Return a reply that says what was wrong, as text: a frame shows it."""
        return Reply(status, message.encode(), _TEXT, _HEADERS)

    def _document(self, request: Request) -> Reply:
        if request.method not in ("GET", "HEAD"):
            raise errors.InvalidArgumentError(None, None, "documents are read with GET")
        ticket, _, name = request.path.removeprefix(PREFIX).partition("/")
        until, _, signature = ticket.partition(".")
        try:
            seconds = int(until, 16)
        except ValueError:
            seconds = 0
        expected = self._sign(name, seconds)
        if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
            message = "this address was not given out by the server that runs now"
            raise errors.PermissionDeniedError(None, None, message)
        if seconds < time.time():
            message = "this address is an hour old; load the page around it again"
            raise errors.PermissionDeniedError(None, None, message)
        kind, *parts = [unquote(part) for part in name.split("/")]
        show = {"run": self._run, "artifact": self._artifact, "report": self._report,
                "card": self._card}  # fmt: skip
        return show[kind](*parts)

    def _run(self, run_id: str, name: str) -> Reply:
        run = self._store.records.run(run_id)
        path = self._store.tracker.artifacts.path(f"{run.experiment}/{run.id}/artifacts/{name}")
        return _file(path, name)

    def _artifact(self, artifact: str, name: str) -> Reply:
        found = self._store.metadata.get_artifacts_by_id([int(artifact)])
        if not found:
            raise errors.NotFoundError(None, None, f"there is no artifact {artifact}")
        root = self._store.local(found[0].uri)
        path = (root / name).resolve() if name else root
        if not path.is_relative_to(root):
            message = f"{name!r} leads out of artifact {artifact}"
            raise errors.PermissionDeniedError(None, None, message)
        return _file(path, name or root.name)

    def _report(self, artifact: str) -> Reply:
        found = self._store.metadata.get_artifacts_by_id([int(artifact)])
        if not found:
            raise errors.NotFoundError(None, None, f"there is no artifact {artifact}")
        page = report_page(found[0].type, self._store.local(found[0].uri))
        return Reply(200, page.encode(), _PAGE, _HEADERS)

    def _card(self, model: str, number: str) -> Reply:
        version = self._store.models.version(model, int(number))
        card = ModelCard.read(self._store.folder / version.path / "assets.extra")
        return Reply(200, card.to_html().encode(), _PAGE, _HEADERS)


def _file(path: Path, name: str) -> Reply:
    if not path.is_file():
        raise errors.NotFoundError(None, None, f"there is no file {name[:200]!r}")
    if path.stat().st_size > _MAX_BYTES:
        message = f"{name[:200]!r} has {path.stat().st_size} bytes; {_MAX_BYTES} are the most"
        raise errors.OutOfRangeError(None, None, message)
    kind = _TYPES.get(path.suffix.lower())
    if kind is None:
        told = f"attachment; filename*=UTF-8''{quote(path.name, safe='')}"
        headers = (*_HEADERS, ("Content-Disposition", told))
        return Reply(200, path.read_bytes(), "application/octet-stream", headers)
    return Reply(200, path.read_bytes(), kind, _HEADERS)
