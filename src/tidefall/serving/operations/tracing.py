"""OpenTelemetry traces of requests, where its packages are installed and tracing is wanted."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import Any

from tidefall.base import errors
from tidefall.serving.inference import Outcome
from tidefall.serving.models.execution import BatchRun
from tidefall.serving.status import code_name

_logger = logging.getLogger("tidefall.serving")

_VARIABLES = (
    "OTEL_TRACES_EXPORTER",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
)


class Tracing:
    """Makes a span of each request, with spans for its parts: an observer of `Inference`.

    The parts are `decode`, `run` and `encode`; for requests that are batched, `run` has spans for
    the wait and for the batch in it.

    The spans are made once the request was answered, from the times it took, so that tracing costs
    it nothing. They continue the trace that the request's `traceparent` header names (W3C Trace
    Context), and are sampled as OpenTelemetry's own variables say (`OTEL_TRACES_SAMPLER`, ...).

    Args:
        provider: an `opentelemetry.sdk.trace.TracerProvider`.
    """

    def __init__(self, provider: Any) -> None:
        from opentelemetry import trace
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._provider = provider
        self._tracer = provider.get_tracer("tidefall.serving")
        self._propagator = TraceContextTextMapPropagator()
        self._server = trace.SpanKind.SERVER
        self._failed = trace.StatusCode.ERROR
        self._in_context = trace.set_span_in_context

    def observe(self, outcome: Outcome) -> None:
        """Makes the spans of a request."""
        call = outcome.call
        # OpenTelemetry counts in nanoseconds.
        begin = round(outcome.started * 1e9)
        decoded = begin + round(outcome.decode_seconds * 1e9)
        ran = begin + round(outcome.seconds * 1e9)
        end = ran + round(outcome.encode_seconds * 1e9)
        span = self._tracer.start_span(
            f"{call.method} {call.model[:200]}",
            context=self._propagator.extract(_texts(call.headers)),
            kind=self._server,
            attributes=_attributes(outcome),
            start_time=begin,
        )
        if span.is_recording():
            if outcome.error is not None:
                span.set_status(self._failed, code_name(outcome.error.error_code))
            context = self._in_context(span)
            parts = [("encode", ran, end)]
            if outcome.decode_seconds:
                parts = [("decode", begin, decoded), ("run", decoded, ran), *parts]
            for name, start, stop in parts:
                part = self._tracer.start_span(name, context=context, start_time=start)
                if name == "run" and outcome.batch is not None:
                    self._batch(outcome.batch, outcome, part, start)
                part.end(stop)
        span.end(end)

    def _batch(self, batch: BatchRun, outcome: Outcome, run: Any, start: int) -> None:
        """Makes the spans of a request's wait for its batch, and of the batch."""
        context = self._in_context(run)
        began = start + round(outcome.queue_seconds * 1e9)
        self._tracer.start_span("queue", context=context, start_time=start).end(began)
        attributes = {
            "tidefall.batch.requests": batch.requests,
            "tidefall.batch.rows": batch.rows,
            "tidefall.batch.size": batch.size,
        }
        span = self._tracer.start_span(
            "batch", context=context, start_time=began, attributes=attributes
        )
        span.end(began + round(batch.seconds * 1e9))

    def stop(self) -> None:
        """Sends what waits."""
        self._provider.shutdown()


def _texts(headers: Mapping[str, Any]) -> dict[str, str]:
    return {name: headers[name] for name in ("traceparent", "tracestate") if name in headers}


def _attributes(outcome: Outcome) -> dict[str, Any]:
    call = outcome.call
    found: dict[str, Any] = {
        "rpc.system": call.protocol,
        "tidefall.model": call.model[:200],
        "tidefall.signature": outcome.signature_name[:200],
        "tidefall.status": "OK",
    }
    if outcome.version is not None:
        found["tidefall.version"] = outcome.version
    if outcome.error is not None:
        found["tidefall.status"] = code_name(outcome.error.error_code)
    return found


def start_tracing(wanted: bool) -> Tracing | None:
    """Tracing to the collector that OpenTelemetry's variables name, or None.

    Args:
        wanted: whether to trace even where none of those variables is set; the collector is then
            expected on this machine.

    Raises:
        FailedPreconditionError: tracing is wanted, but its packages are not installed.
    """
    told = any(os.environ.get(name, "none") not in ("", "none") for name in _VARIABLES)
    is_disabled = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    if is_disabled or not (wanted or told):
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        message = (
            f"traces need packages that are not installed ({error.name}): "
            "pip install tidefall[tracing]"
        )
        if wanted:
            raise errors.FailedPreconditionError(None, None, message) from None
        _logger.warning("%s", message)
        return None
    # Variables (OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES) override the name.
    named = {} if os.environ.get("OTEL_SERVICE_NAME") else {SERVICE_NAME: "tidefall-serving"}
    provider = TracerProvider(resource=Resource.create(named))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Tracing(provider)
