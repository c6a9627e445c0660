"""The JSON API: which endpoint answers, for whom, and what errors look like."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from tidefall.base import errors
from tidefall.lifecycle.track.mlflow.fields import finite, whole
from tidefall.lifecycle.ui.documents import Documents
from tidefall.lifecycle.ui.store import Store
from tidefall.serving.http.parser import Request
from tidefall.serving.http.reply import Reply, Respond
from tidefall.serving.status import http_status

_logger = logging.getLogger("tidefall.ui")
PREFIX = "/api/"
MAX_PAGE = 200

HEADERS = (
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)


@dataclass(frozen=True)
class Asked:
    """One request to an endpoint.

    Args:
        store: what it is about.
        documents: gives the addresses of what is shown in a frame.
        given: the fields of the query or the body.
        user: whom the token told; "" without one.
    """

    store: Store
    documents: Documents
    given: Mapping[str, Any]
    user: str = ""

    def key(self, name: str) -> int:
        """Return a field that is the number of something stored.

        Raises:
            InvalidArgumentError: it is not there, or no number that a database has.
        """
        number = whole(self.given, name)
        if not 0 <= number < 2**63:
            message = f"{name} {str(number)[:40]}: a number of at most 63 bits was expected"
            raise errors.InvalidArgumentError(None, None, message)
        return number

    def page(self, size: int = 50) -> tuple[int, int]:
        """Return how many things a page has, and how many come before it.

        Raises:
            InvalidArgumentError: `size` or `first` is none.
        """
        size, first = whole(self.given, "size", size), whole(self.given, "first", 0)
        if not 0 < size <= MAX_PAGE or not 0 <= first < 2**40:
            given = f"size {str(size)[:40]} from {str(first)[:40]}"
            message = f"{given}: 1 to {MAX_PAGE}, from 0 on, were expected"
            raise errors.InvalidArgumentError(None, None, message)
        return size, first


Endpoint = Callable[[Asked], Mapping[str, Any]]


class Api:
    """Answers the page's questions.

    Args:
        store: the store.
        documents: what is shown in a frame.
        endpoints: what answers, by method and name.
    """

    def __init__(
        self, store: Store, documents: Documents, endpoints: Mapping[tuple[str, str], Endpoint]
    ) -> None:
        self._store, self._documents, self._endpoints = store, documents, endpoints

    def is_quick(self, request: Request) -> bool:
        """Every request asks the database."""
        return False

    def is_brief(self, request: Request) -> bool:
        """None is answered later."""
        return False

    def is_urgent(self, request: Request) -> bool:
        """All wait in one line."""
        return False

    def handle(self, request: Request, respond: Respond) -> None:
        """Answer a request."""
        try:
            respond(_reply(200, self._answer(request)))
        except errors.OpError as error:
            respond(self.refuse(http_status(error), error.message))
        except Exception as error:
            _logger.exception("answering %s %s failed", request.method, request.path[:200])
            respond(self.refuse(500, f"internal error: {type(error).__name__}: {error}"))

    def refuse(self, status: int, message: str) -> Reply:
        """Return the reply that says what was wrong."""
        return _reply(status, {"error": message})

    def _answer(self, request: Request) -> Mapping[str, Any]:
        method = "GET" if request.method == "HEAD" else request.method
        name = request.path.removeprefix(PREFIX)
        endpoint = self._endpoints.get((method, name))
        if endpoint is None:
            message = f"there is no {request.method} {request.path[:200]}"
            raise errors.NotFoundError(None, None, message)
        given = _body(request) if method == "POST" else _query(request)
        return endpoint(Asked(self._store, self._documents, given, request.user))


def _query(request: Request) -> Mapping[str, Any]:
    fields = parse_qs(request.query, keep_blank_values=True, errors="replace")
    return {name: values if len(values) > 1 else values[0] for name, values in fields.items()}


def _body(request: Request) -> Mapping[str, Any]:
    # Another site's form cannot send this type, so that it cannot ask for a change.
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise errors.InvalidArgumentError(None, None, "a body of application/json was expected")
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise errors.InvalidArgumentError(None, None, f"the body is no JSON: {error}") from None
    if not isinstance(body, dict):
        raise errors.InvalidArgumentError(None, None, "the body is no JSON object")
    return body


def _reply(status: int, value: Mapping[str, Any]) -> Reply:
    return Reply(status, json.dumps(finite(dict(value))).encode(), headers=HEADERS)
