"""What a running server measures."""

import pytest

from tidefall.base import errors
from tidefall.serving import Client, Limits, ModelServer
from tidefall.serving.operations.settings import OperationsSettings


def ask(server, model="half", times=1, **options):
    with Client(server.url, model) as client:
        for _ in range(times):
            try:
                client.predict([1.0], **options)
            except errors.OpError:
                pass


def test_requests_count_under_tensorflow_servings_names(serve, answered):
    server = serve()
    ask(server, times=3)
    ask(server, signature_name="failing")
    ask(server, signature_name="absent")
    found = answered(server, 5)
    assert found[":tensorflow:serving:request_count"] == {
        ("half", "OK"): 3,
        ("half", "INTERNAL"): 1,
        ("half", "INVALID_ARGUMENT"): 1,
    }
    # As there, only requests that succeeded have a latency.
    assert found[":tensorflow:serving:request_latency_count"] == {("half", "Predict", "REST"): 3}
    assert found[":tensorflow:serving:runtime_latency_count"] == {("half", "Predict", "TF2"): 3}
    assert found[":tensorflow:core:graph_runs"] == {(): 3}
    latency = found[":tensorflow:serving:request_latency_sum"]["half", "Predict", "REST"]
    assert 0 < found[":tensorflow:serving:runtime_latency_sum"]["half", "Predict", "TF2"] < latency
    buckets = found[":tensorflow:serving:request_latency_bucket"]
    assert ("half", "Predict", "REST", "104.976") in buckets
    assert len(buckets) == 34


def test_requests_count_by_version_signature_and_status(serve, answered):
    server = serve()
    ask(server)
    ask(server, signature_name="failing")
    found = answered(server, 2)
    assert found["tidefall_serving_requests_total"] == {
        ("half", "1", "serving_default", "predict", "rest", "OK"): 1,
        ("half", "1", "failing", "predict", "rest", "INTERNAL"): 1,
    }
    assert found["tidefall_serving_request_duration_seconds_count"] == {
        ("half", "1", "serving_default", "rest"): 1,
        ("half", "1", "failing", "rest"): 1,
    }


def test_names_that_the_server_does_not_have_make_one_series(serve, answered):
    server = serve()
    for index in range(20):
        ask(server, model=f"guess{index}")
        ask(server, signature_name=f"guess{index}")
    found = answered(server, 40)
    assert found[":tensorflow:serving:request_count"] == {
        ("unknown", "NOT_FOUND"): 20,
        ("half", "INVALID_ARGUMENT"): 20,
    }
    assert found["tidefall_serving_requests_total"] == {
        ("unknown", "", "unknown", "predict", "rest", "NOT_FOUND"): 20,
        ("half", "1", "unknown", "predict", "rest", "INVALID_ARGUMENT"): 20,
    }


@pytest.mark.parametrize(
    ("path", "body", "model", "method"),
    [
        ("/v1/models/half:predict", b'{"instances": [1', "half", "predict"),
        ("/v1/models/half:predict", b"[]", "half", "predict"),
        ("/v1/models/half:predict", b"{}", "half", "predict"),
        ("/v1/models/half:predict", b'{"instances": [1], "signature_name": 7}', "half", "predict"),
        ("/v1/models/half/versions/1:classify", b'{"examples": 3}', "half", "classify"),
        ("/v1/models/guess:regress", b"{}", "unknown", "regress"),
    ],
)
def test_requests_that_cannot_be_read_count_too(
    serve, connect, answered, path, body, model, method
):
    server = serve()
    assert connect(server).post(body, path=path).reply()[0] == 400
    found = answered(server, 1)
    assert found[":tensorflow:serving:request_count"] == {(model, "INVALID_ARGUMENT"): 1}
    assert found["tidefall_serving_requests_total"] == {
        (model, "", "unknown", method, "rest", "INVALID_ARGUMENT"): 1
    }
    assert "tidefall_serving_refused_total" not in found


def test_what_http_refuses_counts_by_status(serve, connect, scrape):
    server = serve(limits=Limits(body=10), head_seconds=0.05)
    assert connect(server).post(b"x" * 11).reply()[0] == 413
    assert connect(server).send(b"POST /").reply()[0] == 408
    assert scrape(server)["tidefall_serving_refused_total"] == {
        ("rest", "transport", "413"): 1,
        ("rest", "transport", "408"): 1,
    }


def test_what_tokens_refuse_counts_apart(base_path, numpy_server, tmp_path, scrape):
    file = tmp_path / "tokens"
    file.write_text("a-token-of-some-length\n")
    settings = OperationsSettings(inference_token_file=str(file))
    with ModelServer({"half": base_path}, operations=settings, load=numpy_server.load) as server:
        server.wait_until_available(10)
        ask(server)
        found = scrape(server)
    assert found["tidefall_serving_refused_total"] == {("rest", "tokens", "401"): 1}
    assert ":tensorflow:serving:request_count" not in found


def test_loads_failures_and_unloads(serve, scrape, answered, base_path, numpy_server, wait_for):
    server = serve()
    ask(server)
    answered(server, 1)
    numpy_server.write_version(base_path, 2, broken="a shard is missing")
    wait_for(lambda: ("half", "DATA_LOSS") in scrape(server)["tidefall_serving_loads_total"])
    numpy_server.write_version(base_path, 3)
    wait_for(lambda: ("half",) in scrape(server).get("tidefall_serving_unloads_total", {}))
    found = scrape(server)
    assert found["tidefall_serving_loads_total"] == {("half", "OK"): 2, ("half", "DATA_LOSS"): 1}
    attempts = found[":tensorflow:cc:saved_model:load_attempt_count"]
    assert attempts == {
        (f"{base_path}/1", "success"): 1,
        (f"{base_path}/2", "fail"): 1,
        (f"{base_path}/3", "success"): 1,
    }
    assert found[":tensorflow:cc:saved_model:load_latency"].keys() == {
        (f"{base_path}/1",),
        (f"{base_path}/3",),
    }
    assert found["tidefall_serving_available_versions"] == {("half",): 1}
    states = found["tidefall_serving_version_state"].keys()
    assert {("half", "2", "END"), ("half", "3", "AVAILABLE")} <= states
    # What was counted of a version goes with it; the model's own counts stay.
    assert "tidefall_serving_requests_total" not in found
    assert found[":tensorflow:serving:request_count"] == {("half", "OK"): 1}


def test_connections_requests_in_flight_and_those_that_wait(serve, gate, connect, scrape, wait_for):
    server = serve(threads=1, waiting_requests=1)
    connect(server).post(b'{"instances":[1]}')
    in_flight = "tidefall_serving_requests_in_flight"
    wait_for(lambda: scrape(server)[in_flight] == {("half", "1"): 1})
    connect(server).post(b'{"instances":[1]}')
    wait_for(lambda: scrape(server)["tidefall_serving_http_waiting_requests"] == {(): 1})
    found = scrape(server)
    assert found[in_flight] == {("half", "1"): 1}
    assert found["tidefall_serving_http_connections"][()] >= 3
    assert found["tidefall_serving_http_threads"] == {(): 1}
    assert connect(server).post(b'{"instances":[1]}').reply()[0] == 429
    assert connect(server).send(b"nonsense\r\n\r\n").reply()[0] == 400
    assert scrape(server)["tidefall_serving_refused_total"] == {
        ("rest", "transport", "429"): 1,
        ("rest", "transport", "400"): 1,
    }
    gate.touch()


def test_the_process_itself(serve, scrape):
    found = scrape(serve())
    assert found["process_resident_memory_bytes"][()] > 1e6
    assert found["process_cpu_seconds_total"][()] > 0
    assert found["process_open_fds"][()] > 2


@pytest.mark.parametrize(
    ("config", "path"),
    [
        ("prometheus_config { enable: true }", "/monitoring/prometheus/metrics"),
        ('prometheus_config: { enable: true, path: "/my/metrics" }', "/my/metrics"),
        ("prometheus_config { enable: false }", "/metrics"),
    ],
)
def test_the_path_may_be_configured(base_path, numpy_server, tmp_path, scrape, config, path):
    file = tmp_path / "monitoring.txt"
    file.write_text(config)
    settings = OperationsSettings(monitoring_config_file=str(file))
    with ModelServer({"half": base_path}, operations=settings, load=numpy_server.load) as server:
        assert "process_open_fds" in scrape(server, path)
        assert "process_open_fds" in scrape(server, "/metrics")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("prometheus { }", "is no MonitoringConfig in protobuf's text format: 1:1"),
        ('prometheus_config { enable: true path: "m" }', "cannot be at the path 'm'"),
        ('prometheus_config { enable: true path: "/v1/m" }', "cannot be at the path '/v1/m'"),
        (None, "cannot read"),
    ],
)
def test_a_config_that_is_wrong_says_so(base_path, numpy_server, tmp_path, config, message):
    file = tmp_path / "monitoring.txt"
    if config is not None:
        file.write_text(config)
    settings = OperationsSettings(monitoring_config_file=str(file))
    with pytest.raises(errors.OpError, match=message):
        ModelServer({"half": base_path}, operations=settings, load=numpy_server.load)
