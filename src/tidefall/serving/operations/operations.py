"""A server's health, metrics, keys and pages, put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tidefall.base import errors
from tidefall.serving.batching.settings import Batching
from tidefall.serving.http.parser import Request
from tidefall.serving.http.reply import Application, Reply
from tidefall.serving.http.server import HttpServer
from tidefall.serving.inference import Observer
from tidefall.serving.models.manager import ModelManager
from tidefall.serving.operations.event_log import EventLog, open_event_log
from tidefall.serving.operations.health import Health
from tidefall.serving.operations.history import History
from tidefall.serving.operations.measures import (
    BatchMetrics,
    ModelMetrics,
    RequestMetrics,
    register_http_metrics,
)
from tidefall.serving.operations.metrics import CONTENT_TYPE, Registry
from tidefall.serving.operations.process import register_process_metrics
from tidefall.serving.operations.quarantine import RequestQuarantine
from tidefall.serving.operations.request_log import Recorder, RequestLog
from tidefall.serving.operations.settings import OperationsSettings
from tidefall.serving.operations.status_page import StatusPage
from tidefall.serving.operations.tokens import Guarded, Tokens
from tidefall.serving.operations.tracing import start_tracing
from tidefall.serving.site import Page, Site
from tidefall.serving.status import code_name
from tidefall.serving.text_messages import read_message

if TYPE_CHECKING:
    from tidefall.serving.operations.tls import Tls

_CLOSED = "the admin API is closed; start the server with --admin_token_file to open it"


class Operations:
    """What watches and guards one server.

    Args:
        manager: the models.
        settings: what was chosen.

    Raises:
        InvalidArgumentError: a file that the settings name cannot be used.
    """

    def __init__(self, manager: ModelManager, settings: OperationsSettings) -> None:
        self.health = Health(manager)
        self.registry = Registry()
        self._requests = RequestMetrics(self.registry, manager)
        models = ModelMetrics(self.registry, manager, self._requests)
        manager.add_listener(models.listen)
        register_process_metrics(self.registry)
        self._refused = self.registry.counter(
            "tidefall_serving_refused_total",
            "Requests that were refused before they reached a model, by status of the protocol.",
            ["protocol", "layer", "status"],
        )
        self.tls = _tls(settings.ssl_config_file)
        self._recorder = Recorder(
            manager,
            settings.recording,
            self.registry.counter(
                ":tensorflow:serving:request_log_count",
                "Requests that were recorded.",
                ["model_name", "status_code"],
            ),
        )
        self.quarantine = RequestQuarantine(
            settings.quarantine,
            settings.quarantine_max_bytes,
            self.registry.counter(
                "tidefall_serving_schema_refusals_total",
                "Requests that broke the schema of their model, by what became of them.",
                ["model_name", "result"],
            ),
        )
        self._log = _request_log(settings)
        self._events = _event_log(settings)
        self._tracing = start_tracing(settings.tracing)
        self.registry.gauge(
            "tidefall_serving_log_dropped_total",
            "Requests that could not be logged or recorded.",
            ["log"],
            self._dropped,
            kind="counter",
        )
        self.registry.gauge(
            "tidefall_serving_log_written_total",
            "Requests that were written for monitoring, and outlive this process.",
            ["log"],
            lambda: {("monitoring",): self._events.written if self._events else 0},
            kind="counter",
        )
        self._history = History()
        manager.add_listener(self._history.listen)
        self.status = StatusPage(manager, self.health, self._history)
        self._metrics_paths = _metrics_paths(settings.monitoring_config_file)
        self.admin_tokens = _tokens(settings.admin_token_file)
        self.inference_tokens = _tokens(settings.inference_token_file)

    def start(self) -> None:
        """Starts what follows files while the server runs."""
        if self.tls is not None:
            self.tls.watch()

    def stop(self) -> None:
        """Ends that, and writes what was to be logged. Called once no request is left."""
        if self.tls is not None:
            self.tls.stop()
        if self._log is not None:
            self._log.writer.stop()
        if self._tracing is not None:
            self._tracing.stop()
        if self._events is not None:
            self._events.stop()
        self._recorder.stop()

    @property
    def observers(self) -> list[Observer]:
        """What wants to be told of every request."""
        others = [self._log, self._events, self._tracing]
        return [
            self._requests.observe,
            self._history.observe,
            self._recorder.observe,
            *[other.observe for other in others if other is not None],
        ]

    def watch(self, http: HttpServer) -> None:
        """Measures an HTTP server too."""
        register_http_metrics(self.registry, http)
        self.status.http = http

    def watch_batching(self, batching: Batching) -> None:
        """Measures the batching of requests too, before any model is loaded."""
        batching.add_observer(BatchMetrics(self.registry, batching).observe)

    def watch_writing(self, read: Callable[[], Mapping[str, int]]) -> None:
        """Measures failures to write the state directory too, by kind of file."""
        self.registry.gauge(
            "tidefall_serving_write_failures_total",
            "Failures to write a file of the state directory.",
            ["file"],
            lambda: {(file,): count for file, count in read().items()},
            kind="counter",
        )

    def _dropped(self) -> dict[tuple[str, ...], float]:
        log = self._log.writer.dropped if self._log is not None else 0
        events = self._events.dropped if self._events is not None else 0
        return {
            ("requests",): log,
            ("recordings",): self._recorder.dropped,
            ("monitoring",): events,
        }

    def site(self, rest: Application, admin: Application | None = None) -> Site:
        """All that answers over HTTP.

        Args:
            rest: the REST API of the models.
            admin: the admin API, for paths that begin with /admin/.
        """
        rest = self._guarded(rest)
        site = Site(rest, lambda status: self._count_refusal("transport", status))
        site.mount("/healthz", Page(self.health.healthz))
        site.mount("/readyz", Page(self.health.readyz))
        site.mount("/", Page(self.status.page))
        site.mount("/status.json", self._guarded(Page(self.status.data)))
        for path in self._metrics_paths:
            site.mount(path, Page(self._metrics))
        if admin is not None:
            guarded = Guarded(admin, self.admin_tokens, _CLOSED, self._count_stranger)
            site.mount("/admin/", guarded)
        return site

    def _count_refusal(self, layer: str, status: int) -> None:
        self._refused.of("rest", layer, str(status)).add()

    def _count_stranger(self, status: int) -> None:
        self._count_refusal("tokens", status)

    def count_grpc_refusal(self, layer: str, code: int) -> None:
        """Counts a gRPC request that was refused before it reached a model.

        Args:
            layer: what refused it, "transport" or "tokens".
            code: the status code.
        """
        self._refused.of("grpc", layer, code_name(code)).add()

    def _guarded(self, application: Application) -> Application:
        """The application, for those with a token where inference asks for one."""
        if self.inference_tokens is None:
            return application
        return Guarded(application, self.inference_tokens, on_refusal=self._count_stranger)

    def _metrics(self, request: Request) -> Reply:
        return Reply(200, self.registry.render(), CONTENT_TYPE)


def _metrics_paths(monitoring_config_file: str) -> set[str]:
    """Where the metrics are: at /metrics always, and where TensorFlow Serving would have them."""
    paths = {"/metrics"}
    if monitoring_config_file:
        prometheus = read_message(monitoring_config_file, "MonitoringConfig").prometheus_config
        if prometheus.enable:
            paths.add(prometheus.path or "/monitoring/prometheus/metrics")
    for path in paths:
        if not path.startswith("/") or path.endswith("/") or path.lower().startswith("/v1/"):
            message = f"{monitoring_config_file}: metrics cannot be at the path {path!r}"
            raise errors.InvalidArgumentError(None, None, message)
    return paths


def _request_log(settings: OperationsSettings) -> RequestLog | None:
    if not settings.request_log:
        return None
    return RequestLog(settings.request_log, settings.request_log_rate, settings.request_log_values)


def _event_log(settings: OperationsSettings) -> EventLog | None:
    if not settings.event_log:
        return None
    return open_event_log(
        settings.event_log,
        settings.event_log_rate,
        settings.event_log_redact,
        settings.event_log_id_input,
        settings.event_log_bytes,
    )


def _tls(path: str) -> Tls | None:
    if not path:
        return None
    from tidefall.serving.operations.tls import Tls

    return Tls(path)


def _tokens(path: str) -> Tokens | None:
    return Tokens(path) if path else None
