"""A stub of every method there is, made from the schemas."""

import grpc
import pytest

from tidefall.proto import registry

SERVICES = {
    "Predict": "tensorflow.serving.PredictionService",
    "Classify": "tensorflow.serving.PredictionService",
    "Regress": "tensorflow.serving.PredictionService",
    "MultiInference": "tensorflow.serving.PredictionService",
    "GetModelMetadata": "tensorflow.serving.PredictionService",
    "GetModelStatus": "tensorflow.serving.ModelService",
    "HandleReloadConfigRequest": "tensorflow.serving.ModelService",
    "Check": "grpc.health.v1.Health",
    "List": "grpc.health.v1.Health",
    "Watch": "grpc.health.v1.Health",
}


class Stub:
    """Calls methods by name: `stub.Predict(request)`; `stub.raw("Predict")` takes bytes."""

    def __init__(self, address: str) -> None:
        self.channel = grpc.insecure_channel(address, [("grpc.max_receive_message_length", -1)])

    def __getattr__(self, name: str):
        described = registry.service_methods(SERVICES[name])[name]
        request, reply = (
            registry.lookup(kind.full_name)
            for kind in (described.input_type, described.output_type)
        )
        streams = described.server_streaming
        make = self.channel.unary_stream if streams else self.channel.unary_unary
        call = make(f"/{SERVICES[name]}/{name}", request.SerializeToString, reply.FromString)

        def with_deadline(message, timeout=30, **options):
            return call(message, timeout=timeout, **options)

        with_deadline.future = call.future if not streams else None
        return with_deadline

    def raw(self, name: str):
        return self.channel.unary_unary(f"/{SERVICES[name]}/{name}")


@pytest.fixture
def stub_of():
    """A stub of the server at an address."""
    stubs = []

    def connect(address) -> Stub:
        stubs.append(Stub(address if isinstance(address, str) else f"127.0.0.1:{address}"))
        return stubs[-1]

    yield connect
    for stub in stubs:
        stub.channel.close()


@pytest.fixture
def stub(serve, stub_of):
    """A stub of a server over half_plus_two."""
    return stub_of(serve(grpc_port=0).grpc_port)
