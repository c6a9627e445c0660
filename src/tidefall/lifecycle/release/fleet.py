"""The servers of a model, asked and told things through their admin API, all at once."""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from tidefall.base import errors
from tidefall.serving.status import error_from_http

TOKEN_VARIABLE = "TIDEFALL_ADMIN_TOKEN"
TIMEOUT_SECONDS = 10.0
_T = TypeVar("_T")


class Server:
    """One server's admin API. A new connection for each call, so threads may share it.

    Args:
        url: its address.
        token: the admin token.
        ca_file: authorities to trust for https; the system's for "".
        timeout: how long an answer may take, in seconds.
    """

    def __init__(
        self, url: str, token: str, ca_file: str = "", timeout: float = TIMEOUT_SECONDS
    ) -> None:
        self.url, self._token, self._timeout = url.rstrip("/"), token, timeout
        self._parts = urlsplit(url)
        self._context = None
        if self._parts.scheme == "https":
            self._context = ssl.create_default_context(cafile=ca_file or None)

    def call(self, method: str, path: str, body: Any = None, timeout: float | None = None) -> Any:
        """Return the parsed answer to a request.

        Args:
            method: such as "GET".
            path: such as "/admin/v1/models".
            body: sent as JSON; nothing for None.
            timeout: in seconds; the server's for None.

        Raises:
            UnavailableError: there is no answer.
            OpError: the answer is an error.
        """
        content = None if body is None else json.dumps(body).encode()
        try:
            status, answer = self._exchange(method, path, content, timeout or self._timeout)
        except (OSError, http.client.HTTPException) as error:
            message = f"no answer from {self.url}: {type(error).__name__}: {error}"
            raise errors.UnavailableError(None, None, message) from None
        try:
            document = json.loads(answer)
        except ValueError:
            document = {"error": answer[:200].decode("utf-8", "replace")}
        if status == 200:
            return document
        what = document.get("error", "") if isinstance(document, dict) else ""
        raise error_from_http(status, f"{self.url}: {what}")

    def _exchange(
        self, method: str, path: str, content: bytes | None, timeout: float
    ) -> tuple[int, bytes]:
        host, port = self._parts.hostname or "", self._parts.port
        connection: http.client.HTTPConnection
        if self._context is not None:
            connection = http.client.HTTPSConnection(
                host, port or 443, timeout=timeout, context=self._context
            )
        else:
            connection = http.client.HTTPConnection(host, port or 80, timeout=timeout)
        try:
            connection.request(
                method, path, content, {"Authorization": f"Bearer {self._token}"}
            )
            reply = connection.getresponse()
            return reply.status, reply.read()
        finally:
            connection.close()

    def of_model(self, method: str, model: str, what: str, body: Any = None) -> Any:
        """Return the answer to a request below a model's path; see `call`."""
        return self.call(method, f"/admin/v1/models/{quote(model, safe='')}/{what}", body)

    def lacks(self, model: str, version: int) -> tuple[str, bool]:
        """Return why a version does not answer there, "" where it does, and whether that is final.

        Raises:
            NotFoundError: the server does not serve the model.
        """
        for found in self.call("GET", "/admin/v1/models")["models"]:
            if found["name"] != model:
                continue
            for state in found["versions"]:
                if state["version"] != version:
                    continue
                if state["state"] == "AVAILABLE":
                    return "", False
                code, why = state["error_code"], state["error_message"]
                if state["state"] == "END" and code != "OK":
                    return f"{self.url} cannot load version {version}: {code}: {why}", True
                return f"{self.url}: version {version} is {state['state']}; {why}", False
            return f"{self.url} has not found version {version}", False
        raise errors.NotFoundError(None, None, f"{self.url} does not serve model {model!r}")

    def go_back(self, model: str, stable: int) -> None:
        """Have a version answer everything. A canary is sent back; else a split is put in force.

        Going back from a canary works where the server's disk is full, too.

        Raises:
            OpError: it does not: the version is not loaded, or there is no answer.
        """
        try:
            rollout = self.of_model("GET", model, "rollout")
        except errors.NotFoundError:
            rollout = {}
        canary = rollout.get("plan", {}).get("canary")
        if canary and canary["stable"] == stable:
            if rollout["canary"]["status"] == "rolled back":
                return
            if rollout["canary"]["status"] != "promoted":
                self.of_model("POST", model, "rollout:rollback")
                return
        split = rollout.get("plan", {}).get("split")
        if split and {v for v, weight in split.items() if weight} == {str(stable)}:
            if not rollout["plan"].get("shadow"):
                return
        self.of_model("PUT", model, "rollout", {"split": {str(stable): 1}})


class Fleet:
    """All servers of a model.

    Args:
        addresses: as the plan has them.
        token: the admin token.
        ca_file: authorities to trust for https.
    """

    def __init__(self, addresses: Sequence[str], token: str, ca_file: str = "") -> None:
        self._addresses, self._token, self._ca_file = addresses, token, ca_file

    def servers(self) -> list[Server]:
        """Return the servers there are now.

        Raises:
            UnavailableError: a name has no addresses.
        """
        urls = [url for address in self._addresses for url in _resolved(address)]
        return [Server(url, self._token, self._ca_file) for url in dict.fromkeys(urls)]

    def each(self, act: Callable[[Server], _T]) -> tuple[dict[str, _T], dict[str, errors.OpError]]:
        """Have something done with every server at once.

        Returns:
            Results, and errors, by the server's address.
        """
        servers = self.servers()
        done: dict[str, _T] = {}
        failed: dict[str, errors.OpError] = {}
        with ThreadPoolExecutor(max(1, min(32, len(servers)))) as pool:
            futures = {server.url: pool.submit(act, server) for server in servers}
        for url, future in futures.items():
            try:
                done[url] = future.result()
            except errors.OpError as error:
                failed[url] = error
        return done, failed


def read_token(token_file: str) -> str:
    """Return the admin token: the last word of the file's first line, or the variable's.

    Raises:
        InvalidArgumentError: there is none.
    """
    if not token_file:
        token = os.environ.get(TOKEN_VARIABLE, "")
        if not token:
            message = f"no admin token: set token_file, or the variable {TOKEN_VARIABLE}"
            raise errors.InvalidArgumentError(None, None, message)
        return token
    try:
        lines = Path(token_file).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        message = f"token_file {token_file} cannot be read: {error.strerror or error}"
        raise errors.InvalidArgumentError(None, None, message) from None
    words = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    if not words:
        raise errors.InvalidArgumentError(None, None, f"token_file {token_file}: holds no token")
    return words[0][-1]


def told(failed: Mapping[str, errors.OpError]) -> str:
    """Return errors by server in one line."""
    return "; ".join(error.message for _, error in sorted(failed.items()))


def _resolved(address: str) -> list[str]:
    if not address.startswith("dns+"):
        return [address]
    parts = urlsplit(address.removeprefix("dns+"))
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except OSError as error:
        message = f"the servers' name {parts.hostname} has no addresses: {error}"
        raise errors.UnavailableError(None, None, message) from None
    hosts = sorted({str(entry[4][0]) for entry in found})
    shown = (f"[{host}]" if ":" in host else host for host in hosts)
    return [f"{parts.scheme}://{host}:{port}" for host in shown]
