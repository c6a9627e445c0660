"""What a server measures of its requests and models.

TensorFlow Serving's metrics come under their names, as its exporter spells them, so that its
dashboards work; their times are in microseconds. What it does not tell (versions, signatures,
protocols, errors by version, queues, memory) comes under `tidefall_serving_`, in seconds and bytes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from tidefall.base import errors
from tidefall.serving.batching.queues import Batch
from tidefall.serving.batching.settings import Batching
from tidefall.serving.http.server import HttpServer
from tidefall.serving.inference import Outcome
from tidefall.serving.models.manager import ModelManager
from tidefall.serving.models.served import Loaded
from tidefall.serving.models.states import State, VersionStatus
from tidefall.serving.operations.metrics import Registry, exponential
from tidefall.serving.status import code_name

# The limits of TensorFlow Serving's latencies: 10 us to 25 minutes.
MICROSECONDS = exponential(10, 1.8, 33)
SECONDS = (
    *(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1),
    *(0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0, 30.0),
)

UNKNOWN = "unknown"
"""The label of what a request names and the server does not have."""

_APIS = {
    "predict": "Predict",
    "classify": "Classify",
    "regress": "Regress",
    "multi_inference": "MultiInference",
}
_ENTRY_POINTS = {"rest": "REST", "grpc": "GRPC"}


class RequestMetrics:
    """Counts requests: an observer of `Inference`."""

    def __init__(self, registry: Registry, manager: ModelManager) -> None:
        self._manager = manager
        serving = ":tensorflow:serving:"
        self._count = registry.counter(
            serving + "request_count", "Requests by model and status.", ["model_name", "status"]
        )
        self._latency = registry.histogram(
            serving + "request_latency",
            "Time to answer requests that succeeded, in microseconds.",
            ["model_name", "API", "entrypoint"],
            MICROSECONDS,
        )
        self._runtime = registry.histogram(
            serving + "runtime_latency",
            "Time spent waiting for and running the model, in microseconds.",
            ["model_name", "API", "runtime"],
            MICROSECONDS,
        )
        self._runs = registry.counter(":tensorflow:core:graph_runs", "Signatures run.")
        self._run_time = registry.counter(
            ":tensorflow:core:graph_run_time_usecs", "Time spent on that, in microseconds."
        )
        version = ["model_name", "version", "signature_name"]
        self._requests = registry.counter(
            "tidefall_serving_requests_total",
            "Requests by version, signature, protocol and status.",
            [*version, "method", "protocol", "status"],
        )
        self._duration = registry.histogram(
            "tidefall_serving_request_duration_seconds",
            "Time to answer requests, those that failed too.",
            [*version, "protocol"],
            SECONDS,
        )

    def observe(self, outcome: Outcome) -> None:
        """Counts one request."""
        call = outcome.call
        # What a request names becomes a label only where the server has it; or each name that
        # somebody tries would become a series.
        known = outcome.version is not None or call.model in self._manager
        model = call.model if known else UNKNOWN
        version = "" if outcome.version is None else str(outcome.version)
        signature = outcome.signature_name if outcome.signature is not None else UNKNOWN
        status = "OK" if outcome.error is None else code_name(outcome.error.error_code)
        seconds = outcome.seconds + outcome.encode_seconds
        self._count.of(model, status).add()
        self._requests.of(model, version, signature, call.method, call.protocol, status).add()
        self._duration.of(model, version, signature, call.protocol).observe(seconds)
        if outcome.error is not None:
            return
        api = _APIS.get(call.method, call.method)
        entry = _ENTRY_POINTS.get(call.protocol, call.protocol)
        run = (outcome.seconds - outcome.decode_seconds) * 1e6
        self._latency.of(model, api, entry).observe(seconds * 1e6)
        self._runtime.of(model, api, "TF2").observe(run)
        self._runs.of().add()
        self._run_time.of().add(round(run))

    def forget(self, model: str, version: int) -> None:
        """Drops the series of a version that was unloaded."""
        for family in (self._requests, self._duration):
            family.forget(model_name=model, version=str(version))


class ModelMetrics:
    """Counts what becomes of versions: a listener to changes of their states.

    Args:
        registry: where the metrics are registered.
        manager: the models.
        requests: drops what it knows of versions that are gone.
    """

    def __init__(self, registry: Registry, manager: ModelManager, requests: RequestMetrics) -> None:
        self._manager = manager
        self._requests = requests
        self._lock = threading.Lock()
        self._loading: dict[tuple[str, int], tuple[str, float]] = {}
        self._attempts = registry.counter(
            ":tensorflow:cc:saved_model:load_attempt_count",
            "Attempts to load a version.",
            ["model_path", "status"],
        )
        self._latency = registry.counter(
            ":tensorflow:cc:saved_model:load_latency",
            "Time to load versions that were loaded, in microseconds.",
            ["model_path"],
        )
        self._loads = registry.counter(
            "tidefall_serving_loads_total",
            "Versions loaded, or not, by status.",
            ["model_name", "status"],
        )
        self._unloads = registry.counter(
            "tidefall_serving_unloads_total", "Versions unloaded.", ["model_name"]
        )
        registry.gauge(
            "tidefall_serving_version_state",
            "1 for the state that each known version is in.",
            ["model_name", "version", "state"],
            self._states,
        )
        registry.gauge(
            "tidefall_serving_available_versions",
            "Versions of each model that answer requests.",
            ["model_name"],
            self._available,
        )
        registry.gauge(
            "tidefall_serving_requests_in_flight",
            "Requests that a version is working on.",
            ["model_name", "version"],
            self._in_flight,
        )
        registry.gauge(
            "tidefall_serving_model_memory_bytes",
            "Memory that a version is taken to need.",
            ["model_name", "version"],
            self._memory,
        )
        registry.gauge(
            "tidefall_serving_model_memory_limit_bytes",
            "Memory that all versions may take.",
            [],
            lambda: {(): manager.budget.limit},
        )

    def listen(self, model: str, status: VersionStatus) -> None:
        """Takes note of a version's new state."""
        key = model, status.version
        if status.state is State.LOADING:
            path = f"{self._manager.find(model).config.base_path}".rstrip("/")
            with self._lock:
                self._loading[key] = f"{path}/{status.version}", time.perf_counter()
            return
        with self._lock:
            path, begin = self._loading.pop(key, ("", 0.0))
        if path:
            self._loaded(model, status, path, time.perf_counter() - begin)
        elif status.state is State.END:
            self._requests.forget(model, status.version)
            self._unloads.of(model).add()

    def _loaded(self, model: str, status: VersionStatus, path: str, seconds: float) -> None:
        if status.state is State.AVAILABLE:
            self._attempts.of(path, "success").add()
            self._latency.of(path).add(round(seconds * 1e6))
            self._loads.of(model, "OK").add()
        else:
            self._attempts.of(path, "fail").add()
            self._loads.of(model, status.error_code).add()

    def _memory(self) -> dict[tuple[str, ...], float]:
        return {key: loaded.memory for key, loaded in self._loaded_versions()}

    def _states(self) -> dict[tuple[str, ...], float]:
        return {
            (name, str(status.version), status.state.value): 1
            for name in self._manager.names()
            for status in self._statuses(name)
        }

    def _available(self) -> dict[tuple[str, ...], float]:
        return {
            (name,): sum(status.state is State.AVAILABLE for status in self._statuses(name))
            for name in self._manager.names()
        }

    def _in_flight(self) -> dict[tuple[str, ...], float]:
        return {key: loaded.requests for key, loaded in self._loaded_versions()}

    def _loaded_versions(self) -> Iterator[tuple[tuple[str, str], Loaded]]:
        for name in self._manager.names():
            try:
                model = self._manager.find(name)
            except errors.NotFoundError:
                continue  # It was removed just now.
            for loaded in model.serving():
                yield (name, str(loaded.version)), loaded

    def _statuses(self, name: str) -> list[VersionStatus]:
        try:
            return self._manager.statuses(name)
        except errors.NotFoundError:
            return []


class BatchMetrics:
    """Measures batches: an observer of `Batching`."""

    def __init__(self, registry: Registry, batching: Batching) -> None:
        session = ":tensorflow:serving:batching_session:"
        self._delay = registry.histogram(
            session + "queuing_latency",
            "How long the first request of a batch waited, in microseconds.",
            [],
            MICROSECONDS,
        )
        self._runs = registry.counter(session + "wrapped_run_count", "Batches run.")
        self._processed = registry.histogram(
            session + "processed_batch_size",
            "Rows of batches, padding included.",
            [],
            exponential(1, 2, 14),
        )
        self._rows = registry.histogram(
            "tidefall_serving_batch_rows",
            "Rows of batches, without padding.",
            ["model_name", "signature_name"],
            exponential(1, 2, 14),
        )
        self._padding = registry.counter(
            "tidefall_serving_batch_padding_rows_total",
            "Rows that were run only to fill batches.",
            ["model_name", "signature_name"],
        )
        self._seconds = registry.histogram(
            "tidefall_serving_batch_run_seconds",
            "How long batches ran.",
            ["model_name", "signature_name"],
            SECONDS,
        )
        registry.gauge(
            "tidefall_serving_batch_waiting_rows",
            "Rows that wait for their batch.",
            [],
            lambda: {(): batching.waiting},
        )

    def observe(self, batch: Batch) -> None:
        """Counts one batch."""
        self._delay.of().observe(batch.waited * 1e6)
        self._runs.of().add()
        self._processed.of().observe(batch.size)
        self._rows.of(batch.model, batch.signature_name).observe(batch.rows)
        self._padding.of(batch.model, batch.signature_name).add(batch.size - batch.rows)
        self._seconds.of(batch.model, batch.signature_name).observe(batch.seconds)


def register_http_metrics(registry: Registry, http: HttpServer) -> None:
    """Registers what the HTTP server has open, holds and makes wait."""
    prefix = "tidefall_serving_http_"
    one: tuple[str, ...] = ()
    registry.gauge(prefix + "connections", "Open connections.", [], lambda: {one: http.connections})
    registry.gauge(
        prefix + "held_bytes", "Memory that requests occupy.", [], lambda: {one: http.held}
    )
    registry.gauge(
        prefix + "waiting_requests",
        "Requests that wait for a thread.",
        [],
        lambda: {one: http.workers.waiting},
    )
    registry.gauge(
        prefix + "threads", "Threads that run requests.", [], lambda: {one: http.settings.threads}
    )
