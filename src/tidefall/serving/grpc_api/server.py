"""The gRPC server: gRPC's own, with bounds, over the models of a manager."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import grpc

from tidefall.base import errors
from tidefall.serving.grpc_api import models, prediction
from tidefall.serving.grpc_api.calls import Caller, Guard, Refused, ignore, service_handler
from tidefall.serving.grpc_api.health import HEALTH, REFLECTION, Health, Reflection
from tidefall.serving.grpc_api.memory import MessageMemory
from tidefall.serving.grpc_api.settings import GrpcSettings
from tidefall.serving.grpc_api.threads import RequestThreads
from tidefall.serving.inference import Inference

_SERVICES = (prediction.NAME, models.NAME)
# TensorFlow Serving's health service knows them by these names.
_SHORT_NAMES = ("PredictionService", "ModelService")


@dataclass(frozen=True, slots=True)
class Guards:
    """Who may do what.

    Args:
        inference: for all methods; None lets everybody.
        admin: for changing the configuration; as `inference` for None.
    """

    inference: Guard | None = None
    admin: Guard | None = None


class GrpcServer:
    """Answers TensorFlow Serving's gRPC API.

    Args:
        inference: runs the models.
        settings: bounds and options.
        is_ready: whether requests should be sent here, for the health service.
        guards: who may call.
        credentials: gRPC's server credentials, for TLS; None for plain TCP.
        on_refusal: is told of requests that are refused before they reach a model.
        counted: the sum that a counter of the metrics page stands at.
    """

    def __init__(
        self,
        inference: Inference,
        settings: GrpcSettings,
        is_ready: Callable[[], bool] = lambda: True,
        guards: Guards | None = None,
        credentials: Any = None,
        on_refusal: Refused = ignore,
        counted: Callable[[str], float] = lambda name: 0,
    ) -> None:
        self._settings = settings
        self._credentials = credentials
        self._threads = RequestThreads(settings.threads, settings.requests)
        threads: Any = self._threads  # The types ask for one kind of executor; any kind does.
        self._server = grpc.server(
            threads,
            options=_options(settings),
            maximum_concurrent_rpcs=settings.requests,
        )
        guards = guards or Guards()
        caller = Caller(inference, self._threads, guards.inference, on_refusal)
        services = {
            prediction.NAME: prediction.PredictionService(
                caller, settings.message_bytes, settings.serialize_as_content
            ),
            models.NAME: models.ModelService(caller, guards.admin, counted),
        }
        self.memory = MessageMemory(settings.held_bytes)
        handlers = [
            service_handler(name, each.methods(), on_refusal, self.memory)
            for name, each in services.items()
        ]
        self._health = Health(is_ready, (*_SERVICES, *_SHORT_NAMES), self._threads)
        names: list[str] = list(_SERVICES)
        if settings.health:
            names.append(HEALTH)
            handlers.append(self._health.handler())
        if settings.reflection:
            handlers += Reflection([*names, *REFLECTION], self._threads).handlers()
        self._server.add_generic_rpc_handlers(handlers)
        self._stopped = threading.Event()
        self.port = 0

    def start(self, host: str, port: int | None) -> None:
        """Starts listening.

        Args:
            host: the address to listen on; "" for all of this machine's.
            port: the port; 0 for a free one, None for none: then only the socket of the settings.

        Raises:
            UnavailableError: the address is in use, or not one of this machine's.
        """
        if port is not None:
            name = f"[{host}]" if ":" in host else host or "[::]"
            self.port = self._listen(f"{name}:{port}")
        if self._settings.socket_path:
            self._listen(f"unix:{self._settings.socket_path}")
        self._server.start()

    def _listen(self, address: str) -> int:
        try:
            if self._credentials is not None and not address.startswith("unix:"):
                return self._server.add_secure_port(address, self._credentials)
            return self._server.add_insecure_port(address)
        except RuntimeError as error:
            message = f"cannot listen on {address} for gRPC: the port is in use, or not ours"
            raise errors.UnavailableError(None, None, f"{message} ({error})") from None

    def tell_health(self) -> None:
        """Tells those who watch the health service how things stand."""
        self._health.tell()

    def begin_stop(self, drain_seconds: float = 30.0) -> None:
        """Takes no more requests; those under way may go on for a while."""
        self._stopped = self._server.stop(drain_seconds)

    def stop(self) -> None:
        """Waits for the end that `begin_stop` began, and ends the threads."""
        self._stopped.wait()
        self._threads.shutdown()
        self._health.close()


def _options(settings: GrpcSettings) -> Sequence[tuple[str, Any]]:
    options: dict[str, Any] = {
        # Two servers on one port would each get some of the requests.
        "grpc.so_reuseport": 0,
        "grpc.max_receive_message_length": settings.message_bytes,
        "grpc.max_send_message_length": -1,
        "grpc.max_metadata_size": 32 * 1024,
        # A client that has vanished must not keep its connection forever.
        "grpc.keepalive_time_ms": 120_000,
        "grpc.keepalive_timeout_ms": 20_000,
    }
    options.update(settings.channel_arguments)
    return list(options.items())
