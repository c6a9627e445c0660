"""The gRPC server: bounds, waiting, health, reflection, reloading, nonsense."""

import json
import random
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import grpc
import numpy as np
import pytest

from tidefall.base import errors
from tidefall.proto import registry, serving
from tidefall.proto.tensors import make_tensor_proto
from tidefall.serving import ModelServer
from tidefall.serving.grpc_api.settings import GrpcSettings
from tidefall.serving.operations.settings import OperationsSettings


def request_for(x=(1.0,), name="half"):
    request = serving.PredictRequest()
    request.model_spec.name = name
    request.inputs["x"].CopyFrom(make_tensor_proto(np.float32(x)))
    return request


def code_of(call):
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return caught.value.code().name, caught.value.details()


class Later:
    """An executor that answers when it is told to, as one does that gathers batches."""

    def __init__(self, *_):
        self.waiting = []

    def start(self, signature, inputs, deadline, done):
        self.deadline = deadline
        self.waiting.append(lambda: done(signature.run(inputs), None))

    def close(self):
        pass


def named(model, kind=serving.PredictRequest):
    request = kind()
    request.model_spec.name = model
    return request


@pytest.mark.parametrize(
    ("method", "request_", "model"),
    [
        ("Predict", serving.PredictRequest(), "unknown"),
        ("Predict", named(""), "unknown"),
        ("Predict", named("half"), "half"),
        ("Classify", serving.ClassificationRequest(), "unknown"),
        ("Regress", named("half", serving.RegressionRequest), "half"),
        ("MultiInference", serving.MultiInferenceRequest(), "unknown"),
    ],
)
def test_requests_that_make_no_sense_are_counted(serve, stub_of, answered, method, request_, model):
    server = serve(grpc_port=0)
    code, _ = code_of(lambda: getattr(stub_of(server.grpc_port), method)(request_))
    found = answered(server, 1)
    assert found[":tensorflow:serving:request_count"] == {(model, code): 1}
    assert [key[-2:] for key in found["tidefall_serving_requests_total"]] == [("grpc", code)]


def test_what_is_no_message_is_counted_and_not_logged(serve, stub_of, scrape, caplog):
    server = serve(grpc_port=0)
    code, details = code_of(lambda: stub_of(server.grpc_port).raw("Predict")(b"\xff\xff"))
    assert (code, details) == ("INTERNAL", "Exception deserializing request!")
    assert "Traceback" not in caplog.text
    found = scrape(server)["tidefall_serving_refused_total"]
    assert found == {("grpc", "transport", code): 1}


@pytest.fixture
def later(serve):
    """A server whose answers come when the test says so."""
    executor = Later()

    def start(**settings):
        server = serve(grpc_port=0, grpc=GrpcSettings(**settings))
        with server._manager.use("half") as loaded:
            loaded.executor = executor
        return server, executor

    yield start
    for answer in executor.waiting:
        answer()


def test_requests_that_wait_for_a_batch_keep_nobody_out(later, stub_of, wait_for):
    server, executor = later(threads=2)
    stub = stub_of(server.grpc_port)
    calls = [stub.Predict.future(request_for([float(i)])) for i in range(20)]
    wait_for(lambda: len(executor.waiting) == 20)
    while executor.waiting:
        executor.waiting.pop()()
    answers = {round(call.result().outputs["y"].float_val[0] * 2 - 4) for call in calls}
    assert answers == set(range(20))


def test_more_requests_than_the_bound_are_turned_away(later, stub_of, wait_for):
    server, executor = later(threads=1, requests=3)
    stub = stub_of(server.grpc_port)
    calls = [stub.Predict.future(request_for()) for _ in range(3)]
    wait_for(lambda: len(executor.waiting) == 3)
    code, _ = code_of(lambda: stub_of(server.grpc_port).Predict(request_for()))
    assert code == "RESOURCE_EXHAUSTED"
    while executor.waiting:
        executor.waiting.pop()()
    assert [call.result().model_spec.version.value for call in calls] == [1, 1, 1]


def test_the_deadline_of_a_client_reaches_the_model(later, stub_of, wait_for):
    server, executor = later()
    stub, calls = stub_of(server.grpc_port), []  # A call that nobody holds is cancelled.
    for count, timeout in enumerate([300, None], start=1):
        calls.append(stub.Predict.future(request_for(), timeout=timeout))
        wait_for(lambda: len(executor.waiting) == count)  # noqa: B023 - used at once
        left = executor.deadline and executor.deadline - time.monotonic()
        # gRPC keeps its deadlines by a clock of its own, which may be ahead of Python's.
        assert left == timeout or left == pytest.approx(timeout, rel=0.1)


def test_a_client_is_told_when_its_deadline_has_passed(later, stub_of):
    server, _ = later()
    call = stub_of(server.grpc_port).Predict.future(request_for(), timeout=0.2)
    assert call.exception().code() is grpc.StatusCode.DEADLINE_EXCEEDED


def test_a_client_that_goes_frees_its_thread(later, stub_of, wait_for):
    server, executor = later(threads=1, requests=2)
    stub = stub_of(server.grpc_port)
    for count in range(1, 6):  # More than there may be at a time.
        call = stub.Predict.future(request_for())
        wait_for(lambda: len(executor.waiting) == count)  # noqa: B023 - used at once
        call.cancel()
        wait_for(lambda: server._grpc._server._state.active_rpc_count == 0)


def test_a_message_that_is_too_long(serve, stub_of):
    stub = stub_of(serve(grpc_port=0, grpc=GrpcSettings(message_bytes=1000)).grpc_port)
    code, details = code_of(lambda: stub.Predict(request_for(np.zeros(1000))))
    assert code == "RESOURCE_EXHAUSTED"
    assert "larger than max" in details
    assert stub.Predict(request_for()).outputs["y"].float_val[0] == 2.5


def test_messages_that_would_take_too_much_memory_are_refused(
    serve, stub_of, gate, wait_for, scrape
):
    server = serve(grpc_port=0, grpc=GrpcSettings(held_bytes=10_000))
    stub, memory = stub_of(server.grpc_port), server._grpc.memory
    waiting = stub.Predict.future(request_for([1.0] * 2000))
    wait_for(lambda: memory.held > 8000)
    code, details = code_of(lambda: stub.Predict(request_for([1.0] * 1000)))
    assert code == "RESOURCE_EXHAUSTED"
    assert details.startswith(
        f"the requests in work take {memory.held} bytes of memory, of at most"
    )
    refused = scrape(server)
    assert refused["tidefall_serving_refused_total"] == {("grpc", "transport", code): 1}
    assert refused["tidefall_serving_grpc_held_bytes"] == {(): memory.held}
    gone = stub.Predict.future(request_for())  # Small enough.
    gone.cancel()
    gate.touch()
    assert len(waiting.result().outputs["y"].float_val) == 2000
    # One that is larger than the bound may still have all of it to itself.
    wait_for(lambda: not memory.held)
    assert len(stub.Predict(request_for([1.0] * 5000)).outputs["y"].float_val) == 5000
    assert code_of(lambda: stub.raw("Predict")(b"\xff" * 100))[0] == "INTERNAL"
    wait_for(lambda: not memory.held)


def test_senders_of_half_a_request_keep_nobody_out(serve, stub_of, wait_for):
    server = serve(grpc_port=0, grpc=GrpcSettings(threads=2))
    stub, release = stub_of(server.grpc_port), threading.Event()

    def never():
        release.wait(30)
        yield b""

    # A stream of requests begins as a single one does; its message never comes.
    path = "/tensorflow.serving.PredictionService/Predict"
    slow = [stub.channel.stream_unary(path).future(never()) for _ in range(5)]
    wait_for(lambda: server._grpc._server._state.active_rpc_count == 5)
    assert stub.Predict(request_for()).outputs["y"].float_val[0] == 2.5
    for call in slow:
        call.cancel()
    release.set()


def test_many_clients_at_once(serve, stub_of):
    server = serve(grpc_port=0)
    stubs = [stub_of(server.grpc_port) for _ in range(4)]

    def ask(number):
        stub = stubs[number % 4]
        return stub.Predict(request_for([number])).outputs["y"].float_val[0]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(100))) == [number / 2 + 2 for number in range(100)]


def test_a_unix_socket(serve, stub_of, tmp_path):
    path = str(tmp_path / "socket")
    serve(grpc=GrpcSettings(socket_path=path))
    assert stub_of(f"unix:{path}").Predict(request_for()).outputs["y"].float_val[0] == 2.5


def test_a_port_in_use_is_refused_and_nothing_is_left_running(serve, base_path, numpy_server):
    port = serve(grpc_port=0).grpc_port
    server = ModelServer({"half": base_path}, grpc_port=port, load=numpy_server.load)
    with pytest.raises(errors.UnavailableError, match=f"cannot listen on 127.0.0.1:{port}"):
        server.start()


def test_a_package_that_is_missing_is_named(base_path, numpy_server, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "tidefall.serving.grpc_api.server", None)
    with pytest.raises(errors.FailedPreconditionError, match="needs the package grpcio"):
        ModelServer({"half": base_path}, grpc_port=0, load=numpy_server.load)


# --- health and reflection ------------------------------------------------------------------------


def health_request(service=""):
    return registry.lookup("grpc.health.v1.HealthCheckRequest")(service=service)


def test_health_follows_readiness(serve, stub_of, base_path):
    server = serve(grpc_port=0, grpc=GrpcSettings(health=True))
    stub = stub_of(server.grpc_port)
    for service in ("", "PredictionService", "tensorflow.serving.ModelService"):
        assert stub.Check(health_request(service)).status == 1
    assert code_of(lambda: stub.Check(health_request("nope")))[0] == "NOT_FOUND"
    watch = stub.Watch(health_request())
    assert next(watch).status == 1
    server.operations.health.drain()
    assert next(watch).status == 2
    assert stub.Check(health_request()).status == 2
    listed = stub.List(registry.lookup("grpc.health.v1.HealthListRequest")())
    assert {status.status for status in listed.statuses.values()} == {2}
    watch.cancel()


def test_health_is_off_unless_asked_for(stub):
    assert code_of(lambda: stub.Check(health_request()))[0] == "UNIMPLEMENTED"


def test_too_many_watchers_are_turned_away(serve, stub_of):
    stub = stub_of(serve(grpc_port=0, grpc=GrpcSettings(health=True, threads=1)).grpc_port)
    watches = [stub.Watch(health_request()) for _ in range(16)]
    assert [next(watch).status for watch in watches] == [1] * 16
    assert code_of(lambda: next(stub.Watch(health_request())))[0] == "RESOURCE_EXHAUSTED"
    assert stub.Predict(request_for()).outputs["y"].float_val[0] == 2.5
    for watch in watches:
        watch.cancel()


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
def test_reflection_describes_every_service(serve, stub_of, version):
    stub = stub_of(serve(grpc_port=0, grpc=GrpcSettings(reflection=True)).grpc_port)
    package = f"grpc.reflection.{version}"
    request, reply = (
        registry.lookup(f"{package}.ServerReflection{kind}") for kind in ("Request", "Response")
    )
    ask = stub.channel.stream_stream(
        f"/{package}.ServerReflection/ServerReflectionInfo",
        request.SerializeToString,
        reply.FromString,
    )
    wanted = [
        request(list_services=""),
        request(file_containing_symbol="tensorflow.serving.PredictionService.Predict"),
        request(file_by_filename="tensorflow/core/framework/tensor.proto"),
        request(file_by_filename="nope"),
        request(file_containing_symbol="nope.\x00.nope"),
        request(all_extension_numbers_of_type="x"),
    ]
    services, symbol, file, *unknown = ask(iter(wanted), timeout=30)
    names = [service.name for service in services.list_services_response.service]
    assert "tensorflow.serving.PredictionService" in names
    assert f"{package}.ServerReflection" in names
    assert len(symbol.file_descriptor_response.file_descriptor_proto) > 10
    assert len(file.file_descriptor_response.file_descriptor_proto) == 4
    assert [answer.error_response.error_code for answer in unknown] == [5, 5, 5]


# --- the service of models ------------------------------------------------------------------------


def status_request(name="half", version=None):
    request = serving.GetModelStatusRequest()
    request.model_spec.name = name
    if version is not None:
        request.model_spec.version.value = version
    return request


def test_status(stub):
    [status] = stub.GetModelStatus(status_request()).model_version_status
    assert (status.version, status.state, status.status.error_code) == (1, 30, 0)
    code, details = code_of(lambda: stub.GetModelStatus(status_request(version=9)))
    assert (code, details) == ("NOT_FOUND", "Could not find version 9 of model half")
    code, details = code_of(lambda: stub.GetModelStatus(serving.GetModelStatusRequest()))
    assert (code, details) == ("INVALID_ARGUMENT", "Missing ModelSpec")


def test_a_version_that_was_never_to_be_served_is_not_named(
    serve, stub_of, base_path, numpy_server
):
    for version in (1, 2):  # As copied just now: the server waits for both to be whole.
        (numpy_server.write_version(base_path, version) / "late").write_text("copied last")
    server = serve(grpc_port=0)
    found = stub_of(server.grpc_port).GetModelStatus(status_request()).model_version_status
    assert [(status.version, status.state) for status in found] == [(2, 30)]
    with urllib.request.urlopen(f"{server.url}/v1/models/half") as reply:
        [status] = json.load(reply)["model_version_status"]
    assert (status["version"], status["state"]) == ("2", "AVAILABLE")
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{server.url}/v1/models/half/versions/1")
    caught.value.close()
    assert caught.value.code == 404
    code, details = code_of(
        lambda: stub_of(server.grpc_port).GetModelStatus(status_request(version=1))
    )
    assert (code, details) == ("NOT_FOUND", "Could not find version 1 of model half")


def test_a_broken_version_says_why(stub, base_path, numpy_server, wait_for):
    numpy_server.write_version(base_path, 2, broken="shard 3 is cut short")

    def found():
        return stub.GetModelStatus(status_request()).model_version_status[0]

    wait_for(lambda: (found().version, found().state) == (2, 50))
    assert found().status.error_code == 15
    assert found().status.error_message == "shard 3 is cut short"


def reload_request(**models):
    request = serving.ReloadConfigRequest()
    for name, path in models.items():
        request.config.model_config_list.config.add(
            name=name, base_path=str(path), model_platform="tensorflow"
        )
    return request


def test_a_configuration_is_changed_and_the_new_model_answers_at_once(
    stub, base_path, tmp_path, numpy_server
):
    numpy_server.write_version(tmp_path / "other", 3, add=10.0)
    request = reload_request(half=base_path, other=tmp_path / "other")
    assert stub.HandleReloadConfigRequest(request).status.error_code == 0
    reply = stub.Predict(request_for(name="other"))
    assert (reply.outputs["y"].float_val[0], reply.model_spec.version.value) == (10.5, 3)
    stub.HandleReloadConfigRequest(reload_request(other=tmp_path / "other"))
    assert code_of(lambda: stub.Predict(request_for()))[0] == "NOT_FOUND"


def test_a_configuration_that_makes_no_sense_changes_nothing(stub, base_path, tmp_path):
    for request in (
        serving.ReloadConfigRequest(),
        reload_request(half=base_path, other=tmp_path / "absent"),
        reload_request(half="relative"),
    ):
        assert code_of(lambda: stub.HandleReloadConfigRequest(request))[0] in (  # noqa: B023
            "INVALID_ARGUMENT",
            "NOT_FOUND",
        )
    assert stub.Predict(request_for()).outputs["y"].float_val[0] == 2.5


def test_a_new_model_that_cannot_be_loaded_is_reported(stub, base_path, tmp_path, numpy_server):
    numpy_server.write_version(tmp_path / "bad", 1, broken="cut short")
    request = reload_request(half=base_path, bad=tmp_path / "bad")
    code, details = code_of(lambda: stub.HandleReloadConfigRequest(request))
    assert code == "FAILED_PRECONDITION"
    assert "cut short" in details


def test_a_reload_tells_how_far_counters_rose(base_path, numpy_server, stub_of):
    def load(folder):
        if loads is not None:
            loads.of(folder.parent.name).add(3)
        return numpy_server.load(folder)

    loads = None
    with ModelServer({"half": base_path}, grpc_port=0, load=load) as server:
        stub = stub_of(server.wait_until_available(10).grpc_port)
        loads = server.operations.registry.counter(":test:loads", "Loads.", ["model"])
        loads.of("before").add(10)
        request = reload_request(half=base_path, again=base_path)
        request.metric_names.extend(["/test/loads", "/test/absent"])
        rose = {
            m.name: m.int64_value_increase for m in stub.HandleReloadConfigRequest(request).metric
        }
        assert rose == {"/test/loads": 3, "/test/absent": 0}


def test_tokens_are_asked_for(base_path, numpy_server, stub_of, tmp_path, scrape):
    for kind in ("inference", "admin"):
        (tmp_path / kind).write_text(f"somebody {kind}-token-0123456789\n")
    operations = OperationsSettings(
        inference_token_file=str(tmp_path / "inference"), admin_token_file=str(tmp_path / "admin")
    )
    server = ModelServer(
        {"half": base_path}, grpc_port=0, operations=operations, load=numpy_server.load
    )
    with server:
        stub = stub_of(server.wait_until_available(10).grpc_port)
        bearer = [("authorization", "Bearer inference-token-0123456789")]
        assert code_of(lambda: stub.Predict(request_for()))[0] == "UNAUTHENTICATED"
        assert stub.Predict(request_for(), metadata=bearer).outputs["y"].float_val[0] == 2.5
        reload = reload_request(half=base_path)
        refused = code_of(lambda: stub.HandleReloadConfigRequest(reload, metadata=bearer))
        assert refused[0] == "UNAUTHENTICATED"
        bearer = [("authorization", "Bearer admin-token-0123456789")]
        stub.HandleReloadConfigRequest(reload, metadata=bearer)
        found = scrape(server)["tidefall_serving_refused_total"]
        assert found == {("grpc", "tokens", "UNAUTHENTICATED"): 2}


# --- nonsense -------------------------------------------------------------------------------------

METHODS = [
    "Predict", "Classify", "Regress", "MultiInference", "GetModelMetadata", "GetModelStatus",
    "HandleReloadConfigRequest",
]  # fmt: skip
REFUSALS = {"INTERNAL", "INVALID_ARGUMENT", "NOT_FOUND", "FAILED_PRECONDITION", "UNIMPLEMENTED"}


def spoiled(message: bytes, source: random.Random) -> bytes:
    """The message with a few bytes changed, put in, or taken out."""
    data = bytearray(message)
    for _ in range(source.randint(1, 4)):
        position = source.randrange(len(data) + 1)
        change = source.randrange(3)
        if change == 0:
            data[position:position] = source.randbytes(source.randint(1, 8))
        elif change == 1:
            del data[position : position + source.randint(1, 8)]
        elif position < len(data):
            data[position] = source.randrange(256)
    return bytes(data)


@pytest.mark.parametrize("method", METHODS)
def test_spoiled_messages_are_refused_and_the_server_lives(stub, method):
    source = random.Random(method)
    valid = request_for([1.0] * 100).SerializeToString()
    calls = [stub.raw(method).future(spoiled(valid, source), timeout=30) for _ in range(150)]
    codes = {call.code().name for call in calls}
    assert codes <= REFUSALS | {"OK"}
    assert stub.Predict(request_for()).outputs["y"].float_val[0] == 2.5
