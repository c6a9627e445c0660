"""The endpoints, and what their errors look like."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

from tidefall.base import errors
from tidefall.lifecycle.registry.registry import Registry
from tidefall.lifecycle.track.mlflow import models, runs
from tidefall.lifecycle.track.mlflow.fields import finite
from tidefall.lifecycle.track.tracker import Tracker
from tidefall.serving.http.parser import Request
from tidefall.serving.http.reply import Reply, Respond

_logger = logging.getLogger("tidefall.track")
_PREFIXES = ("/api/2.0/mlflow/", "/ajax-api/2.0/mlflow/")
_FILES = ("/api/2.0/mlflow-artifacts/artifacts", "/ajax-api/2.0/mlflow-artifacts/artifacts")

Endpoint = Callable[[Any, Mapping[str, Any]], Mapping[str, Any]]

ENDPOINTS: dict[tuple[str, str], Endpoint] = {**runs.ENDPOINTS, **models.ENDPOINTS}
"""What answers, by method and path below `/api/2.0/mlflow/`."""

_CODES = {
    errors.NotFoundError: (404, "RESOURCE_DOES_NOT_EXIST"),
    errors.AlreadyExistsError: (400, "RESOURCE_ALREADY_EXISTS"),
    errors.InvalidArgumentError: (400, "INVALID_PARAMETER_VALUE"),
    errors.FailedPreconditionError: (400, "INVALID_STATE"),
    errors.PermissionDeniedError: (403, "PERMISSION_DENIED"),
    errors.UnauthenticatedError: (401, "UNAUTHENTICATED"),
    errors.UnavailableError: (503, "TEMPORARILY_UNAVAILABLE"),
    errors.UnimplementedError: (501, "NOT_IMPLEMENTED"),
    errors.ResourceExhaustedError: (507, "RESOURCE_EXHAUSTED"),
}


class Service:
    """What the endpoints work with.

    Args:
        tracker: experiments, runs and files.
        registry_for: makes the registry that acts for a user.
        user: who asks.
    """

    def __init__(
        self, tracker: Tracker, registry_for: Callable[[str], Registry], user: str
    ) -> None:
        self.tracker = tracker
        self.records = tracker.records
        self._registry_for = registry_for
        self.user = user

    @property
    def registry(self) -> Registry:
        """The registry, acting for who asks."""
        return self._registry_for(self.user)


class MlflowApplication:
    """Answers MLflow's REST API from a store.

    Args:
        tracker: experiments, runs and files.
        registry_for: makes the registry that acts for a user.
    """

    def __init__(self, tracker: Tracker, registry_for: Callable[[str], Registry]) -> None:
        self._tracker = tracker
        self._registry_for = registry_for

    def is_quick(self, request: Request) -> bool:
        """Every request asks the database."""
        return False

    def is_brief(self, request: Request) -> bool:
        """None is answered later."""
        return False

    def is_urgent(self, request: Request) -> bool:
        """Health is told even when all threads are busy."""
        return request.path == "/health"

    def handle(self, request: Request, respond: Respond) -> None:
        """Answers a request."""
        try:
            respond(self._answer(request))
        except errors.OpError as error:
            status, code = _CODES.get(type(error), (500, "INTERNAL_ERROR"))
            respond(_reply(status, {"error_code": code, "message": str(error)}))
        except Exception as error:
            _logger.exception("answering %s %s failed", request.method, request.path[:200])
            told = f"internal error: {type(error).__name__}: {error}"
            respond(_reply(500, {"error_code": "INTERNAL_ERROR", "message": told}))

    def refuse(self, status: int, message: str) -> Reply:
        """The reply to a request that reaches no endpoint."""
        return _reply(status, {"error_code": "BAD_REQUEST", "message": message})

    def _answer(self, request: Request) -> Reply:
        path = request.path
        if path == "/health":
            return Reply(200, b"OK", "text/plain")
        if path == "/version":
            return Reply(200, b"3.0.0", "text/plain")
        for prefix in _FILES:
            if path == prefix or path.startswith(f"{prefix}/"):
                return self._file(request, unquote(path[len(prefix) :].lstrip("/")))
        service = Service(self._tracker, self._registry_for, request.user)
        for prefix in _PREFIXES:
            if path.startswith(prefix):
                endpoint = ENDPOINTS.get((request.method, path[len(prefix) :]))
                if endpoint is not None:
                    return _reply(200, endpoint(service, _parameters(request)))
        message = f"no endpoint {request.method} {path[:200]}"
        return _reply(404, {"error_code": "ENDPOINT_NOT_FOUND", "message": message})

    def _file(self, request: Request, name: str) -> Reply:
        artifacts = self._tracker.artifacts
        if request.method == "PUT":
            artifacts.write(name, request.body)
            return _reply(200, {})
        if request.method == "DELETE":
            artifacts.delete(name)
            return _reply(200, {})
        if request.method != "GET":
            return _reply(405, {"error_code": "BAD_REQUEST", "message": "GET, PUT or DELETE"})
        if name:
            return Reply(200, artifacts.read(name), "application/octet-stream")
        folder = parse_qs(request.query).get("path", [""])[0]
        return _reply(200, {"files": runs.file_entries(artifacts, folder, "")})


def _parameters(request: Request) -> Mapping[str, Any]:
    """The body's fields, or those of the query where the method has no body."""
    query: dict[str, Any] = {
        name: values if len(values) > 1 else values[0]
        for name, values in parse_qs(request.query, keep_blank_values=True).items()
    }
    if not request.body:
        return query
    try:
        body = json.loads(request.body)
    except ValueError as error:
        raise errors.InvalidArgumentError(None, None, f"the body is no JSON: {error}") from None
    if not isinstance(body, dict):
        raise errors.InvalidArgumentError(None, None, "the body is no JSON object")
    return {**query, **body}


def _reply(status: int, value: Mapping[str, Any]) -> Reply:
    return Reply(status, json.dumps(finite(value)).encode())
