"""Traces of requests, as an exporter gets them."""

import sys
import urllib.request

import grpc
import numpy as np
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from tidefall.base import errors
from tidefall.proto import serving
from tidefall.proto.tensors import make_tensor_proto
from tidefall.serving import ModelServer
from tidefall.serving.batching.parameters import BatchingParameters
from tidefall.serving.batching.settings import BatchingSettings
from tidefall.serving.inference import Call, Outcome
from tidefall.serving.models.execution import BatchRun
from tidefall.serving.operations import operations
from tidefall.serving.operations.tracing import Tracing, start_tracing

TRACE, PARENT = 0x4BF92F3577B34DA6A3CE929D0E0E4736, 0x00F067AA0BA902B7


@pytest.fixture
def exporter():
    return InMemorySpanExporter()


@pytest.fixture
def tracing(exporter):
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing = Tracing(provider)
    yield tracing
    tracing.stop()


def outcome(headers=None, **options) -> Outcome:
    times = {"decode_seconds": 0.25, "encode_seconds": 0.5, "version": 3}
    return Outcome(Call("m", headers=headers or {}), 1000.0, 1.0, **(times | options))


def test_a_request_is_a_span_with_a_span_for_each_part(tracing, exporter):
    tracing.observe(outcome())
    spans = {span.name: span for span in exporter.get_finished_spans()}
    second = 1_000_000_000
    times = {name: (span.start_time, span.end_time) for name, span in spans.items()}
    assert times == {
        "predict m": (1000 * second, 1001.5 * second),
        "decode": (1000 * second, 1000.25 * second),
        "run": (1000.25 * second, 1001 * second),
        "encode": (1001 * second, 1001.5 * second),
    }
    whole = spans.pop("predict m")
    assert whole.kind is SpanKind.SERVER
    assert whole.parent is None
    assert dict(whole.attributes) == {
        "rpc.system": "rest",
        "tidefall.model": "m",
        "tidefall.signature": "serving_default",
        "tidefall.status": "OK",
        "tidefall.version": 3,
    }
    assert {span.parent.span_id for span in spans.values()} == {whole.context.span_id}


def test_the_wait_for_a_batch_and_the_batch_are_spans(tracing, exporter):
    tracing.observe(outcome(queue_seconds=0.5, batch=BatchRun(77.0, 0.125, 3, 5, 8)))
    spans = {span.name: span for span in exporter.get_finished_spans()}
    second = 1_000_000_000
    times = {name: (spans[name].start_time, spans[name].end_time) for name in ("queue", "batch")}
    assert times == {
        "queue": (1000.25 * second, 1000.75 * second),
        "batch": (1000.75 * second, 1000.875 * second),
    }
    assert dict(spans["batch"].attributes) == {
        "tidefall.batch.requests": 3,
        "tidefall.batch.rows": 5,
        "tidefall.batch.size": 8,
    }
    for name in times:
        assert spans[name].parent.span_id == spans["run"].context.span_id


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_batched_requests_of_a_server_keep_the_trace_of_their_client(
    base_path, numpy_server, tracing, exporter, monkeypatch, wait_for, protocol
):
    monkeypatch.setattr(operations, "start_tracing", lambda wanted: tracing)
    traceparent = f"00-{TRACE:032x}-{PARENT:016x}-01"
    parameters = BatchingParameters(max_batch_size=4, allowed_batch_sizes=(4,))
    server = ModelServer(
        {"half": base_path},
        grpc_port=0,
        batching=BatchingSettings(parameters),
        load=numpy_server.load,
    )
    with server:
        server.wait_until_available(10)
        ask = {"rest": ask_over_rest, "grpc": ask_over_grpc}[protocol]
        ask(server, traceparent)
        wait_for(lambda: any(s.name == "predict half" for s in exporter.get_finished_spans()))
    spans = {span.name: span for span in exporter.get_finished_spans()}
    assert spans.keys() == {"predict half", "decode", "run", "queue", "batch", "encode"}
    whole, run, queue, batch = (spans[n] for n in ("predict half", "run", "queue", "batch"))
    assert (whole.context.trace_id, whole.parent.span_id) == (TRACE, PARENT)
    assert whole.attributes["rpc.system"] == protocol
    assert batch.attributes["tidefall.batch.rows"] == 1
    assert batch.attributes["tidefall.batch.size"] == 4
    assert run.start_time == queue.start_time <= queue.end_time == batch.start_time
    assert batch.start_time < batch.end_time <= run.end_time


def ask_over_rest(server, traceparent):
    request = urllib.request.Request(
        f"{server.url}/v1/models/half:predict",
        b'{"instances": [1]}',
        {"traceparent": traceparent},
    )
    with urllib.request.urlopen(request):
        pass


def ask_over_grpc(server, traceparent):
    request = serving.PredictRequest()
    request.model_spec.name = "half"
    request.inputs["x"].CopyFrom(make_tensor_proto(np.float32([1])))
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        call = channel.unary_unary(
            "/tensorflow.serving.PredictionService/Predict", request.SerializeToString
        )
        call(request, metadata=[("traceparent", traceparent)], timeout=30)


@pytest.mark.parametrize(("flags", "count"), [("01", 4), ("00", 0)])
def test_the_trace_of_the_client_is_continued_or_not_sampled(tracing, exporter, flags, count):
    tracing.observe(outcome({"traceparent": f"00-{TRACE:032x}-{PARENT:016x}-{flags}"}))
    spans = exporter.get_finished_spans()
    assert len(spans) == count
    assert {span.context.trace_id for span in spans} <= {TRACE}
    if count:
        assert spans[-1].parent.span_id == PARENT


@pytest.mark.parametrize(
    "header", ["", "nonsense", "00-0-0-01", "ff-" + "a" * 10_000, f"00-{0:032x}-{1:016x}-01"]
)
def test_a_header_that_makes_no_sense_begins_a_trace(tracing, exporter, header):
    tracing.observe(outcome({"traceparent": header}))
    assert exporter.get_finished_spans()[-1].parent is None


def test_a_failure_is_marked(tracing, exporter):
    error = errors.NotFoundError(None, None, "no such model")
    tracing.observe(outcome(error=error, decode_seconds=0.0, version=None))
    *parts, span = exporter.get_finished_spans()
    assert [part.name for part in parts] == ["encode"]
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes["tidefall.status"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("variables", "wanted", "starts"),
    [
        ({}, False, False),
        ({}, True, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, False, True),
        ({"OTEL_TRACES_EXPORTER": "none"}, False, False),
        ({"OTEL_SDK_DISABLED": "true"}, True, False),
    ],
)
def test_when_there_are_traces(monkeypatch, variables, wanted, starts):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    tracing = start_tracing(wanted)
    assert (tracing is not None) == starts
    if tracing is not None:
        tracing.stop()


def test_tracing_without_its_packages_says_so(monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(errors.FailedPreconditionError, match=r"pip install tidefall\[tracing\]"):
        start_tracing(wanted=True)
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    assert start_tracing(wanted=False) is None
    assert "traces need packages" in caplog.text
