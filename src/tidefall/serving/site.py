"""Which application answers a path: the REST API, the pages of operation, whatever is mounted."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from tidefall.serving.http.parser import Request
from tidefall.serving.http.reply import Application, Reply, Respond
from tidefall.serving.rest.text import dumps

_logger = logging.getLogger("tidefall.serving")


class Site:
    """Hands each request to the application that was mounted where it points.

    All mounting is done before the server starts.

    Args:
        home: answers every path at which nothing is mounted, and words the refusals.
        on_refusal: is told the status of each request that never reached an application.
    """

    def __init__(
        self, home: Application, on_refusal: Callable[[int], None] = lambda status: None
    ) -> None:
        self._home = home
        self._on_refusal = on_refusal
        self._pages: dict[str, Application] = {}
        self._folders: dict[str, Application] = {}

    def mount(self, path: str, application: Application) -> None:
        """Has an application answer a path, or all that begin with it where it ends in a slash.

        Raises:
            ValueError: the path is not one, is taken, or belongs to the models.
        """
        if not path.startswith("/") or path.lower().startswith("/v1/"):
            raise ValueError(f"nothing can be mounted at {path!r}")
        places = self._folders if path.endswith("/") and path != "/" else self._pages
        if path in places:
            raise ValueError(f"{path} is mounted already")
        places[path] = application

    def find(self, path: str) -> Application:
        """The application that answers a path."""
        if path.startswith("/v1/"):
            return self._home
        page = self._pages.get(path)
        if page is not None:
            return page
        for folder, application in self._folders.items():
            if path.startswith(folder):
                return application
        return self._home

    def is_quick(self, request: Request) -> bool:
        """Whether the application in question answers on the event loop."""
        return self.find(request.path).is_quick(request)

    def is_brief(self, request: Request) -> bool:
        """Whether the application in question answers later."""
        return self.find(request.path).is_brief(request)

    def is_urgent(self, request: Request) -> bool:
        """Whether the application in question has its own thread do it."""
        return self.find(request.path).is_urgent(request)

    def handle(self, request: Request, respond: Respond) -> None:
        """Has the application answer."""
        self.find(request.path).handle(request, respond)

    def refuse(self, status: int, message: str) -> Reply:
        """The reply to a request that reaches no application."""
        self._on_refusal(status)
        return self._home.refuse(status, message)


class Page:
    """One page that is made anew for each request and takes no time to speak of.

    Args:
        make: makes the page.
    """

    def __init__(self, make: Callable[[Request], Reply]) -> None:
        self._make = make

    def is_quick(self, request: Request) -> bool:
        """Pages answer on the event loop, so that they do when all workers are busy."""
        return True

    def is_brief(self, request: Request) -> bool:
        """Pages are answered at once."""
        return False

    def is_urgent(self, request: Request) -> bool:
        """They wait for no thread."""
        return False

    def handle(self, request: Request, respond: Respond) -> None:
        """Answers GET and HEAD with the page."""
        if request.method not in ("GET", "HEAD"):
            message = f"{request.path[:200]} is read with GET, not {request.method}"
            respond(_error(405, message, {"Allow": "GET, HEAD"}))
            return
        try:
            reply = self._make(request)
        except Exception as error:
            _logger.exception("making the page %s failed", request.path[:200])
            reply = _error(500, f"Internal error: {type(error).__name__}: {error}")
        respond(reply)

    def refuse(self, status: int, message: str) -> Reply:
        """A reply that says what went wrong."""
        return _error(status, message)


def _error(status: int, message: str, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(status, dumps({"error": message}), headers=tuple((headers or {}).items()))
