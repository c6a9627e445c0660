"""The REST API, from the client's side."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import numpy as np

from tidefall.base import errors
from tidefall.serving.client.requests import Examples, Options, Tensors
from tidefall.serving.client.values import as_json, from_json
from tidefall.serving.status import error_from_http

_LOST = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)
_DEFAULT_SIGNATURE = "serving_default"


class HttpTransport:
    """Sends requests over connections that are kept; see `Client`."""

    def __init__(self, options: Options) -> None:
        self._host = options.host
        self._port = options.port or (443 if options.tls else 80)
        self._tls = _tls_context(options) if options.tls else None
        self._headers = {"Authorization": f"Bearer {options.token}"} if options.token else {}
        self.path = f"/v1/models/{quote(options.model_name, safe='')}"
        if options.version is not None:
            self.path += f"/versions/{options.version}"
        elif options.label is not None:
            self.path += f"/labels/{quote(options.label, safe='')}"
        self._unused: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()
        self._dtypes: dict[str, dict[str, str]] = {}

    def predict(self, request: Tensors, timeout: float) -> Any:
        sent, answered = ("instances", "predictions") if request.in_rows else ("inputs", "outputs")
        body = {sent: as_json(request.values)}
        return self._post("predict", body, request.signature_name, timeout)[answered]

    def infer(self, request: Tensors, timeout: float) -> dict[str, np.ndarray]:
        outputs = self.predict(request, timeout)
        dtypes = self._outputs_of(request.signature_name or _DEFAULT_SIGNATURE, timeout)
        if len(dtypes) == 1:
            outputs = {next(iter(dtypes)): outputs}
        return {name: from_json(outputs[name], dtype) for name, dtype in dtypes.items()}

    def _outputs_of(self, signature_name: str, timeout: float) -> dict[str, str]:
        """The outputs and their types: replies name neither types nor a single output."""
        if signature_name not in self._dtypes:
            signatures = self.metadata(timeout)["metadata"]["signature_def"]["signature_def"]
            infos = signatures[signature_name]["outputs"]
            self._dtypes[signature_name] = {name: info["dtype"] for name, info in infos.items()}
        return self._dtypes[signature_name]

    def classify(self, request: Examples, timeout: float) -> list[list[tuple[str, float]]]:
        results = self._post_examples("classify", request, timeout)
        return [[(label, score) for label, score in classes] for classes in results]

    def regress(self, request: Examples, timeout: float) -> list[float]:
        return self._post_examples("regress", request, timeout)

    def _post_examples(self, verb: str, request: Examples, timeout: float) -> Any:
        body = {"examples": as_json(list(request.examples))}
        if request.context is not None:
            body["context"] = as_json(request.context)
        return self._post(verb, body, request.signature_name, timeout)["results"]

    def status(self, timeout: float) -> list[dict[str, Any]]:
        return self._call("GET", self.path, None, timeout)["model_version_status"]

    def metadata(self, timeout: float) -> dict[str, Any]:
        return self._call("GET", f"{self.path}/metadata", None, timeout)

    def reload(self, models: Mapping[str, str], timeout: float) -> None:
        message = "REST has no request to reload models; use a grpc:// URL"
        raise errors.UnimplementedError(None, None, message)

    def close(self) -> None:
        with self._lock:
            unused, self._unused = self._unused, []
        for connection in unused:
            connection.close()

    def _post(
        self, verb: str, request: dict[str, Any], signature_name: str | None, timeout: float
    ) -> Any:
        if signature_name is not None:
            request["signature_name"] = signature_name
        return self._call("POST", f"{self.path}:{verb}", json.dumps(request).encode(), timeout)

    def _call(self, method: str, path: str, body: bytes | None, timeout: float) -> Any:
        try:
            status, content = self._exchange(method, path, body, timeout)
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

    def _exchange(
        self, method: str, path: str, body: bytes | None, timeout: float
    ) -> tuple[int, bytes]:
        with self._lock:
            connection = self._unused.pop() if self._unused else None
        if connection is not None:
            if connection.sock is not None:
                connection.sock.settimeout(timeout)
            try:
                return self._send(connection, method, path, body)
            except _LOST:
                pass  # The server closed it while it lay unused.
        return self._send(self._open(timeout), method, path, body)

    def _open(self, timeout: float) -> http.client.HTTPConnection:
        if self._tls is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=timeout)
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=timeout, context=self._tls
        )

    def _send(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None
    ) -> tuple[int, bytes]:
        headers = dict(self._headers)
        if body is not None:
            headers["Content-Type"] = "application/json"
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


def _tls_context(options: Options) -> Any:
    import ssl

    context = ssl.create_default_context(cafile=options.ca_file)
    if options.cert_file is not None:
        context.load_cert_chain(options.cert_file, options.key_file)
    return context


def _error_message(status: int, content: bytes) -> str:
    try:
        return json.loads(content)["error"]
    except (ValueError, KeyError, TypeError):
        return f"HTTP status {status}: {content[:200]!r}"
