"""Leave for pages of other origins to use the API from a browser."""

from __future__ import annotations

import re

from tidefall.serving.http.parser import Request
from tidefall.serving.http.reply import Application, Reply, Respond

_HEADERS = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Methods", "POST, GET"),
    ("Access-Control-Allow-Headers", "Content-Type, Authorization"),
)
_ORIGIN = re.compile("https?://")


class Cors:
    """An application whose models any page may use; what else it answers stays as it is.

    It stands before whatever asks for tokens, since browsers ask for leave without one.

    Args:
        application: answers the requests.
    """

    def __init__(self, application: Application) -> None:
        self._application = application

    def is_quick(self, request: Request) -> bool:
        """Whether to answer on the event loop."""
        return request.method == "OPTIONS" or self._application.is_quick(request)

    def is_brief(self, request: Request) -> bool:
        """Whether the application answers later."""
        return self._application.is_brief(request)

    def is_urgent(self, request: Request) -> bool:
        """Whether the application has its own thread do it."""
        return self._application.is_urgent(request)

    def handle(self, request: Request, respond: Respond) -> None:
        """Answers requests for leave by itself, and has the application answer all others."""
        if not request.path.lower().startswith("/v1/"):
            self._application.handle(request, respond)
        elif request.method != "OPTIONS":
            self._application.handle(request, lambda reply: respond(_allowed(reply)))
        elif _ORIGIN.match(request.headers.get("origin", "")):
            respond(_allowed(Reply(200, b"")))
        else:
            message = "Origin header is missing in CORS preflight"
            respond(_allowed(self._application.refuse(400, message)))

    def refuse(self, status: int, message: str) -> Reply:
        """The reply to a request that reaches no application; pages may read it too."""
        return _allowed(self._application.refuse(status, message))


def _allowed(reply: Reply) -> Reply:
    return Reply(reply.status, reply.body, reply.content_type, (*reply.headers, *_HEADERS))
