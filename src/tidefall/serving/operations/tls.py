"""TLS and mutual TLS: `--ssl_config_file`, for REST and for gRPC."""

from __future__ import annotations

import logging
import os
import ssl
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tidefall.base import errors
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


class FollowingContext(ssl.SSLContext):
    """A server's side of TLS that may be exchanged for the handshakes to come.

    A context itself only ever gains authorities, so one that was withdrawn would stay trusted.
    """

    current: ssl.SSLContext

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        """What asyncio asks for at each handshake."""
        return self.current.wrap_bio(*args, **kwargs)


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
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._context = FollowingContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            self._context.current = _context(self._keys)
        except (ssl.SSLError, ValueError) as error:
            message = f"the keys in {self._path} cannot be used: {error}"
            raise errors.InvalidArgumentError(None, None, message) from None

    @property
    def keys(self) -> Keys:
        """The keys in use."""
        return self._keys

    def context(self) -> ssl.SSLContext:
        """A server's side of TLS 1.2 and later; it follows the files while they are watched."""
        return self._context

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
        try:
            keys, self._files = _read(self._path)
            before = self._keys
            if keys.verify_clients != before.verify_clients:
                # gRPC is told once whether to ask for certificates, and not to follow both ways
                # would let in over one protocol whom the other refuses.
                _logger.warning("client_verify in %s has changed; that takes a restart", self._path)
                keys = replace(
                    keys, authorities=before.authorities, verify_clients=before.verify_clients
                )
            context = _context(keys)
        except (errors.OpError, ssl.SSLError, ValueError) as error:
            self._stamp = stamp
            _logger.error("changed keys cannot be used, the ones of before stay: %s", error)
            return
        except OSError as error:  # No room for the file that the ssl module reads them from.
            _logger.error("changed keys cannot be used now: %s; trying again", error)
            return
        self._stamp = stamp
        self._keys, self._context.current = keys, context
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


def _context(keys: Keys) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if keys.authorities:
        context.load_verify_locations(cadata=keys.authorities)
    if keys.verify_clients:
        context.verify_mode = ssl.CERT_REQUIRED
    with _file(keys.key) as key, _file(keys.certificate) as certificate:
        # An encrypted key would make it ask for the password on the terminal.
        context.load_cert_chain(certificate, key, password="")
    return context


@contextmanager
def _file(text: str) -> Generator[str]:
    """A file of that text, which the ssl module insists on; only this user may read it."""
    descriptor, name = tempfile.mkstemp(prefix="tidefall-")
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        yield name
    finally:
        os.unlink(name)
