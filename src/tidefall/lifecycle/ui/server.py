"""`UiServer`: the page and its API, by the model server's HTTP layer.

/            the page, which holds nothing of the store: anybody may have it
/page/NAME   its style and scripts
/api/NAME    the API; with a token file, for those with a token
/frame/...   documents, for those to whom the API gave their addresses
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from tidefall.lifecycle.ui import api, documents
from tidefall.lifecycle.ui.answers import ENDPOINTS
from tidefall.lifecycle.ui.api import Api
from tidefall.lifecycle.ui.documents import Documents
from tidefall.lifecycle.ui.store import Store
from tidefall.serving.http.parser import Limits, Request
from tidefall.serving.http.reply import Application, Reply, Respond
from tidefall.serving.http.server import HttpServer, HttpSettings
from tidefall.serving.operations.tokens import Guarded, Tokens
from tidefall.serving.site import Page, Site

_FOLDER = Path(__file__).with_name("page")
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'"
)
_HEADERS = (
    ("Content-Security-Policy", _POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cache-Control", "no-cache"),
)
_MAX_BODY = 1 << 16


class UiServer:
    """Serves the page of a store.

    Args:
        store: the store's folder, or a database file in one.
        host: the address to listen on.
        port: the port; 0 for a free one.
        token_file: a file of `NAME TOKEN` lines; "" lets everybody who reaches the port read.
        database: another database than the one in the folder, by URL.
        signing_key: a private key, by which audit entries are signed.
        files: folders beside the store's whose artifacts are shown.
        trusted_keys: a PEM file with the public keys that versions must be signed by.
        threads: how many requests are answered at once.

    Raises:
        NotFoundError: there is no store.
        InvalidArgumentError: the token file or a key cannot be used.
        UnavailableError: the address cannot be listened on.

    >>> import tempfile
    >>> from tidefall.lifecycle.track import Tracker
    >>> folder = tempfile.mkdtemp()
    >>> Tracker(folder).close()
    >>> with UiServer(folder, port=0) as server:
    ...     server.url.startswith("http://127.0.0.1:")
    True
    """

    def __init__(
        self,
        store: str | os.PathLike[str],
        host: str = "127.0.0.1",
        port: int = 5050,
        token_file: str = "",
        database: str | None = None,
        signing_key: str | os.PathLike[str] | None = None,
        files: Iterable[str | os.PathLike[str]] = (),
        trusted_keys: str | os.PathLike[str] | None = None,
        threads: int = 8,
    ) -> None:
        tokens = Tokens(token_file) if token_file else None
        self.store = Store(store, database, signing_key, files, trusted_keys)
        shown = Documents(self.store)
        answers: Application = Api(self.store, shown, ENDPOINTS)
        site = Site(answers)
        site.mount(api.PREFIX, Guarded(answers, tokens) if tokens else answers)
        site.mount(documents.PREFIX, shown)
        for path, page in _pages().items():
            site.mount(path, page)
        settings = HttpSettings(Limits(body=_MAX_BODY), threads=threads, request_seconds=60.0)
        self._http = HttpServer(_OwnNames(site) if _is_loopback(host) else site, settings)
        try:
            self._http.start(host, port)
        except BaseException:
            self.store.close()
            raise

    @property
    def url(self) -> str:
        """Where the page is."""
        return self._http.url

    def close(self) -> None:
        """Finish what is under way, and stop."""
        self._http.stop(drain_seconds=5.0)
        self.store.close()

    def __enter__(self) -> UiServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _pages() -> Mapping[str, Page]:
    """The files of the page by path."""

    def page(path: Path) -> Page:
        reply = Reply(200, path.read_bytes(), _TYPES[path.suffix], _HEADERS)
        return Page(lambda request: reply)

    found = {f"/page/{path.name}": page(path) for path in sorted(_FOLDER.iterdir())}
    return {"/": found["/page/index.html"], **found}


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _OwnNames:
    """Answers requests that name this machine, and refuses others.

    A page from elsewhere can have its own name lead to 127.0.0.1, and would then read what is
    served there; its requests still carry that name.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self.is_brief = application.is_brief
        self.is_urgent = application.is_urgent
        self.refuse = application.refuse

    def is_quick(self, request: Request) -> bool:
        """As the application says; refusals are."""
        return not _names_this_machine(request) or self._application.is_quick(request)

    def handle(self, request: Request, respond: Respond) -> None:
        """Answer, or refuse."""
        if _names_this_machine(request):
            self._application.handle(request, respond)
        else:
            respond(self.refuse(403, "this server answers as localhost only"))


def _names_this_machine(request: Request) -> bool:
    host = request.headers.get("host", "")
    name = host.partition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]
    return _is_loopback(name.lower())
