"""A light client of the REST API: the standard library and NumPy only."""

from __future__ import annotations

import base64
import http.client
import json
import threading
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

import numpy as np

from tidefall.core import errors
from tidefall.serving.status import error_from_http

_LOST = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)


class Client:
    """Talks to a model server about one model. Threads may share a client.

    Args:
      url: where the server answers, as in `http://127.0.0.1:8501`.
      model_name: the model.
      version: a version of it; the latest for None.
      timeout: seconds to wait for an answer.

    Example:
      >>> client = Client("http://127.0.0.1:8501", "digits")
      >>> client.path
      '/v1/models/digits'
    """

    def __init__(
        self, url: str, model_name: str, *, version: int | None = None, timeout: float = 60.0
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"expected a URL like http://127.0.0.1:8501, received {url!r}")
        self._host, self._port, self._timeout = parts.hostname, parts.port or 80, timeout
        self.path = f"/v1/models/{quote(model_name, safe='')}"
        if version is not None:
            self.path += f"/versions/{version}"
        self._unused: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()

    def predict(
        self,
        instances: Any = None,
        *,
        inputs: Any = None,
        signature_name: str | None = None,
    ) -> Any:
        """Runs the model.

        Args:
          instances: row format: a sequence or array with one row per example, or a list of
            dicts where the model has several inputs.
          inputs: column format: one array, or a dict of arrays by input name.
          signature_name: the signature to run; the default one for None.

        Returns:
          The reply's `predictions` (row format) or `outputs` (column format), as lists and dicts.

        Raises:
          OpError: the class of `tf.errors` that stands for the server's answer.
          UnavailableError: the server cannot be reached.
        """
        if (instances is None) == (inputs is None):
            raise ValueError("predict takes either instances or inputs")
        key, value = ("instances", instances) if inputs is None else ("inputs", inputs)
        request: dict[str, Any] = {key: _as_json(value)}
        if signature_name is not None:
            request["signature_name"] = signature_name
        reply = self._call("POST", f"{self.path}:predict", json.dumps(request).encode())
        return reply["predictions" if inputs is None else "outputs"]

    def status(self) -> list[dict[str, Any]]:
        """The `model_version_status` list of the model, latest version first."""
        return self._call("GET", self.path)["model_version_status"]

    def metadata(self) -> dict[str, Any]:
        """The model's name, version and signatures."""
        return self._call("GET", f"{self.path}/metadata")

    def close(self) -> None:
        """Closes the connections that are not in use."""
        with self._lock:
            unused, self._unused = self._unused, []
        for connection in unused:
            connection.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _call(self, method: str, path: str, body: bytes | None = None) -> Any:
        try:
            status, content = self._exchange(method, path, body)
        except (OSError, http.client.HTTPException) as error:
            kind = errors.UnavailableError
            if isinstance(error, TimeoutError):
                kind = errors.DeadlineExceededError
            where = f"{self._host}:{self._port}"
            message = f"no answer from {where}: {type(error).__name__}: {error}"
            raise kind(None, None, message) from error
        if status == 200:
            return json.loads(content)
        raise error_from_http(status, _error_message(status, content))

    def _exchange(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        with self._lock:
            connection = self._unused.pop() if self._unused else None
        if connection is not None:
            try:
                return self._send(connection, method, path, body)
            except _LOST:
                pass  # The server closed it while it lay unused.
        fresh = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        return self._send(fresh, method, path, body)

    def _send(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None
    ) -> tuple[int, bytes]:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        try:
            connection.request(method, path, body, headers)
            reply = connection.getresponse()
            content = reply.read()
        except BaseException:
            connection.close()
            raise
        if reply.will_close:
            connection.close()
        else:
            with self._lock:
                self._unused.append(connection)
        return reply.status, content


def _error_message(status: int, content: bytes) -> str:
    try:
        return json.loads(content)["error"]
    except (ValueError, KeyError, TypeError):
        return f"HTTP status {status}: {content[:200]!r}"


def _as_json(value: Any) -> Any:
    """Arrays and tensors as lists, bytes as base64 objects; the rest as it is."""
    if isinstance(value, bytes):
        return {"b64": base64.b64encode(value).decode()}
    if hasattr(value, "numpy") and not isinstance(value, np.ndarray):
        value = value.numpy()
    if isinstance(value, np.ndarray | np.generic):
        plain = value.tolist()
        return _as_json(plain) if value.dtype.kind in "OS" else plain
    if isinstance(value, Mapping):
        return {name: _as_json(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_as_json(item) for item in value]
    return value
