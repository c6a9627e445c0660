"""TLS and mutual TLS: `--ssl_config_file`, for REST and for gRPC."""

from __future__ import annotations

import logging
import os
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidefall.core import errors
from tidefall.serving.text_messages import read_message

_logger = logging.getLogger("tidefall.serving")


@dataclass(frozen=True, slots=True)
class Keys:
    """What an `SSLConfig` message holds, as PEM text.

    Args:
      key: the server's private key.
      certificate: its certificate, followed by those that lead to the authority.
      authorities: the certificates of those who sign clients' certificates, or "".
      verify_clients: whether a client must have a certificate of theirs.
    """

    key: str
    certificate: str
    authorities: str = ""
    verify_clients: bool = False


class Tls:
    """The keys of a server, read again when their files change.

    Args:
      path: the file with an `SSLConfig` message as text. Where TensorFlow Serving wants the keys
        themselves in it, the names of their files are taken too, relative to that file.
      look_seconds: the pause between two looks at the files.

    Raises:
      OpError: the file, or one that it names, cannot be read or holds no keys that fit.
    """

    def __init__(self, path: str | os.PathLike[str], look_seconds: float = 10.0) -> None:
        self._path = Path(path)
        self._look_seconds = look_seconds
        self._keys, self._files = _read(self._path)
        self._stamp = _stamp(self._files)
        self._contexts: list[ssl.SSLContext] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.context()  # Says now whether key and certificate are any good.

    @property
    def keys(self) -> Keys:
        """The keys in use."""
        return self._keys

    def context(self) -> ssl.SSLContext:
        """A server's side of TLS 1.2 and later; it follows the files while they are watched."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        keys = self._keys
        try:
            if keys.authorities:
                context.load_verify_locations(cadata=keys.authorities)
            if keys.verify_clients:
                context.verify_mode = ssl.CERT_REQUIRED
            _load(context, keys)
        except (ssl.SSLError, ValueError) as error:
            message = f"the keys in {self._path} cannot be used: {error}"
            raise errors.InvalidArgumentError(None, None, message) from None
        with self._lock:
            self._contexts.append(context)
        return context

    def grpc_credentials(self) -> Any:
        """The same for a gRPC server, which asks for changed keys at each handshake."""
        import grpc

        given = self._keys

        def changed() -> Any:
            nonlocal given
            keys = self._keys
            if keys is given:
                return None
            given = keys
            return configuration(keys)

        def configuration(keys: Keys) -> Any:
            pair = keys.key.encode(), keys.certificate.encode()
            roots = keys.authorities.encode() or None
            return grpc.ssl_server_certificate_configuration([pair], roots)

        return grpc.dynamic_ssl_server_credentials(
            configuration(given), changed, require_client_authentication=given.verify_clients
        )

    def watch(self) -> None:
        """Starts to look for changed files."""
        self._thread = threading.Thread(target=self._watch, name="tidefall-tls", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends that."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        while not self._stopping.wait(self._look_seconds):
            self.refresh()

    def refresh(self) -> None:
        """Looks for changed files once. Keys that cannot be used change nothing."""
        stamp = _stamp(self._files)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            keys, self._files = _read(self._path)
            trial = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            _load(trial, keys)
        except (errors.OpError, ssl.SSLError) as error:
            _logger.error("changed keys cannot be used, the ones of before stay: %s", error)
            return
        before = self._keys
        if keys.verify_clients != before.verify_clients or keys.authorities != before.authorities:
            # A context only ever gains authorities: one that was withdrawn would stay trusted.
            _logger.warning("who may be a client has changed; that takes a restart")
            keys = Keys(
                keys.key, keys.certificate, before.authorities, verify_clients=before.verify_clients
            )
        self._keys = keys
        with self._lock:
            for context in self._contexts:
                _load(context, keys)
        _logger.info("using the changed keys of %s", self._path)


def _read(path: Path) -> tuple[Keys, list[Path]]:
    """The keys, and the files that they came from."""
    config = read_message(path, "SSLConfig")
    files = [path]

    def text(name: str) -> str:
        value = getattr(config, name)
        if not value or "-----BEGIN" in value:
            return value
        file = path.parent / value
        files.append(file)
        try:
            return file.read_text()
        except (OSError, UnicodeDecodeError, ValueError) as error:
            message = f"{name} in {path} is neither PEM text nor a file with it: {error}"
            raise errors.InvalidArgumentError(None, None, message) from None

    keys = Keys(
        text("server_key"), text("server_cert"), text("custom_ca"), bool(config.client_verify)
    )
    if not keys.key or not keys.certificate:
        message = f"{path} needs both server_key and server_cert"
        raise errors.InvalidArgumentError(None, None, message)
    if keys.verify_clients and not keys.authorities:
        message = f"{path} has client_verify but no custom_ca that a client could be verified by"
        raise errors.InvalidArgumentError(None, None, message)
    return keys, files


def _stamp(files: list[Path]) -> list[tuple[int, int, int] | None]:
    found: list[tuple[int, int, int] | None] = []
    for file in files:
        try:
            status = file.stat()
        except OSError:
            found.append(None)
        else:
            found.append((status.st_mtime_ns, status.st_size, status.st_ino))
    return found


def _load(context: ssl.SSLContext, keys: Keys) -> None:
    with _file(keys.key) as key, _file(keys.certificate) as certificate:
        # An encrypted key would make it ask for the password on the terminal.
        context.load_cert_chain(certificate, key, password="")


@contextmanager
def _file(text: str) -> Iterator[str]:
    """A file of that text, which the ssl module insists on; only this user may read it."""
    descriptor, name = tempfile.mkstemp(prefix="tidefall-")
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        yield name
    finally:
        os.unlink(name)
