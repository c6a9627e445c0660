"""A model server inside this process."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from tidefall.base import errors
from tidefall.serving.batching.settings import Batching, BatchingSettings
from tidefall.serving.grpc_api.settings import GrpcSettings
from tidefall.serving.http.server import HttpServer, HttpSettings
from tidefall.serving.inference import Inference
from tidefall.serving.models.config import LoadSettings, ModelConfig, location
from tidefall.serving.models.execution import immediately
from tidefall.serving.models.manager import ModelManager
from tidefall.serving.models.saved_model import load_saved_model
from tidefall.serving.models.servable import Loader
from tidefall.serving.models.versions import check_base_path
from tidefall.serving.models.warmup import WarmUp
from tidefall.serving.operations.operations import Operations
from tidefall.serving.operations.settings import OperationsSettings
from tidefall.serving.rest.api import RestApi
from tidefall.serving.rest.cors import Cors
from tidefall.serving.rollout.audit import AuditLog
from tidefall.serving.rollout.control import Control, ControlSettings, version_recorder

if TYPE_CHECKING:
    from tidefall.serving.grpc_api.calls import Guard
    from tidefall.serving.grpc_api.server import GrpcServer


class ModelServer:
    """Serves models over TensorFlow Serving's REST and gRPC APIs, on threads of this process.

    Args:
        models: by name, the folder around a model's numbered version directories (a path or a
            URL), or a `ModelConfig`.
        host: the address to listen on; "" for all of this machine's.
        rest_api_port: the port to listen on; 0 for a free one.
        enable_cors_support: whether pages of other origins may use the REST API.
        grpc_port: the port for gRPC; 0 for a free one, None for none.
        file_system_poll_wait_seconds: the pause between two looks for new versions; 0 looks once.
        settings: bounds of the HTTP server.
        grpc: bounds and options of the gRPC server. Its UNIX socket needs no port.
        loading: how models are loaded and unloaded.
        warm_up: how versions are made ready before they get requests.
        operations: how the server is watched and guarded.
        batching: how requests are run together; each by itself for None.
        control: rollouts, where they are kept, and what may be replayed.
        load: loads a version directory; a SavedModel unless something else is given.

    >>> import tempfile
    >>> with ModelServer({"digits": tempfile.mkdtemp()}) as server:
    ...     server.url.startswith("http://127.0.0.1:")
    True
    """

    def __init__(
        self,
        models: Mapping[str, str | os.PathLike[str] | ModelConfig],
        *,
        host: str = "127.0.0.1",
        rest_api_port: int = 0,
        enable_cors_support: bool = False,
        grpc_port: int | None = None,
        file_system_poll_wait_seconds: float = 1.0,
        settings: HttpSettings | None = None,
        grpc: GrpcSettings | None = None,
        loading: LoadSettings | None = None,
        warm_up: WarmUp | None = None,
        operations: OperationsSettings | None = None,
        batching: BatchingSettings | None = None,
        control: ControlSettings | None = None,
        load: Loader = load_saved_model,
    ) -> None:
        self._configs = [
            config if isinstance(config, ModelConfig) else ModelConfig(name, location(config))
            for name, config in models.items()
        ]
        self._host = host
        self._port = rest_api_port
        self._batching = Batching(batching) if batching is not None else None
        self._grpc_port = grpc_port
        control = control or ControlSettings()
        audit = AuditLog.in_folder(control.state_dir)
        self._manager = ModelManager(
            self._configs,
            load,
            file_system_poll_wait_seconds,
            listeners=[version_recorder(audit)],
            settings=loading,
            warm_up=warm_up,
            executor_for=self._batching.executor if self._batching else immediately,
        )
        self.operations = Operations(self._manager, operations or OperationsSettings())
        if self._batching is not None:
            self.operations.watch_batching(self._batching)
        self.control = Control(self._manager, audit, control)
        self.operations.watch_writing(self.control.write_failures)
        rollouts = self.control.rollouts
        inference = Inference(
            self._manager,
            rollouts.route,
            [*self.operations.observers, rollouts.observe],
            self.operations.quarantine.refuse,
        )
        site = self.operations.site(
            RestApi(inference, self._batching is not None and self._batching.answers_later),
            self.control.admin,
        )
        self._http = HttpServer(
            Cors(site) if enable_cors_support else site,
            settings or HttpSettings(),
            self.operations.tls.context() if self.operations.tls else None,
        )
        self.operations.watch(self._http)
        self.operations.status.shares = self._shares
        self._grpc: GrpcServer | None = None
        if grpc_port is not None or (grpc is not None and grpc.socket_path):
            self._grpc = self._grpc_server(inference, grpc or GrpcSettings())

    def _shares(self, model: str) -> dict[int, float]:
        """How a rollout divides the requests of a model among its versions."""
        rollout = self.control.rollouts.get(model)
        weights = rollout.shares() if rollout else []
        total = sum(weight for _, weight in weights) or 1.0
        return {version: weight / total for version, weight in weights}

    def _grpc_server(self, inference: Inference, settings: GrpcSettings) -> GrpcServer:
        try:
            from tidefall.serving.grpc_api.server import GrpcServer, Guards
        except ModuleNotFoundError as error:
            message = f"gRPC needs the package grpcio ({error}): pip install 'tidefall[serve]'"
            raise errors.FailedPreconditionError(None, None, message) from None
        health, tls = self.operations.health, self.operations.tls
        guards = Guards(
            _guard(self.operations.inference_tokens), _guard(self.operations.admin_tokens)
        )
        credentials = tls.grpc_credentials() if tls else None
        server = GrpcServer(
            inference,
            settings,
            health.is_ready,
            guards,
            credentials,
            self.operations.count_grpc_refusal,
            self.operations.registry.total,
        )
        self.operations.registry.gauge(
            "tidefall_serving_grpc_held_bytes",
            "Memory that the messages of gRPC requests occupy.",
            [],
            lambda: {(): server.memory.held},
        )
        self._manager.add_listener(lambda name, status: server.tell_health())
        health.on_drain(server.tell_health)
        return server

    def start(self) -> ModelServer:
        """Starts listening, and starts loading the models.

        Raises:
            NotFoundError: a base path does not exist.
            InvalidArgumentError: a base path is a model itself.
            UnavailableError: a port is in use.
        """
        for config in self._configs:
            check_base_path(config.name, config.base_path)
        self.control.start()
        try:
            self._http.start(self._host, self._port)
            if self._grpc is not None:
                self._grpc.start(self._host, self._grpc_port)
        except errors.OpError:
            self.stop(drain_seconds=0)
            raise
        self.operations.start()
        self._manager.start()
        return self

    def reload(self, configs: Iterable[ModelConfig]) -> None:
        """Serves these models from now on, and no others; all or nothing.

        Args:
            configs: the models.

        Raises:
            OpError: they are not acceptable (see `ModelManager.reload`); all stays as it was.
        """
        self._manager.reload(configs)

    def wait_until_available(self, timeout: float = 60.0) -> ModelServer:
        """Waits until every model has a version that answers requests.

        Raises:
            FailedPreconditionError: a model cannot be loaded; says why.
            DeadlineExceededError: it took longer than `timeout` seconds.
        """
        self._manager.wait_until_available(timeout)
        return self

    def stop(self, drain_seconds: float = 30.0, delay_seconds: float = 0.0) -> None:
        """Finishes the requests under way, then ends all threads and unloads the models.

        Args:
            drain_seconds: after this, what is still under way is cut off.
            delay_seconds: how long to say that it is not ready before it takes no more requests, so
                that those who send them have time to hear of it.
        """
        self.operations.health.drain()
        if delay_seconds > 0:
            time.sleep(delay_seconds)
        if self._grpc is not None:
            self._grpc.begin_stop(drain_seconds)
        self._http.stop(drain_seconds)
        if self._grpc is not None:
            self._grpc.stop()
        self.control.stop_watching()
        self._manager.stop()
        self.control.stop()
        if self._batching is not None:
            self._batching.stop()
        self.operations.stop()

    @property
    def port(self) -> int:
        """The port in use."""
        return self._http.address[1]

    @property
    def grpc_port(self) -> int:
        """The port in use for gRPC; 0 where there is none."""
        return 0 if self._grpc is None else self._grpc.port

    @property
    def url(self) -> str:
        """Where the server answers, as in `http://127.0.0.1:8501`."""
        host = self._http.address[0]
        if host in ("", "::", "0.0.0.0"):
            host = "localhost"
        scheme = "http" if self.operations.tls is None else "https"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.port}"

    def __enter__(self) -> ModelServer:
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.stop()


def _guard(tokens: Any) -> Guard | None:
    """Who may call, for gRPC."""
    if tokens is None:
        return None
    # The peer is "ipv4:10.0.0.1:40000"; who fails with one port may come back with another.
    return lambda metadata, peer: tokens.check(
        metadata.get("authorization"), peer.rpartition(":")[0]
    )
