"""Files that TensorFlow and TensorFlow Serving's own messages wrote are what the server follows."""

import json
import logging
import time

import pytest

from tidefall.base import errors
from tidefall.serving import Client, ModelServer, Specific
from tidefall.serving.batching.parameters import BatchingParameters
from tidefall.serving.batching.settings import BatchingSettings
from tidefall.serving.models.config import Recording
from tidefall.serving.models.config_file import ConfigFile
from tidefall.serving.models.execution import Immediately
from tidefall.serving.models.saved_model import load_saved_model
from tidefall.serving.models.warmup import REQUESTS_FILE, WarmUp

pytestmark = pytest.mark.oracle

CONFIG = """
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

config = model_server_config_pb2.ModelServerConfig()
add = config.model_config_list.config.add
first = add(name="first", base_path=inputs["base"], model_platform="tensorflow")
first.model_version_policy.specific.versions.extend([1, 3])
first.version_labels["stable"] = 1
first.version_labels["canary"] = 3
first.logging_config.log_collector_config.type = "file"
first.logging_config.log_collector_config.filename_prefix = inputs["log"]
first.logging_config.sampling_config.sampling_rate = 0.25
second = add(name="second", base_path=inputs["base"], model_type=1)
second.model_version_policy.latest.num_versions = 2
with open(inputs["path"], "w") as file:
    file.write(text_format.MessageToString(config))
result = None
"""

WARM_UP = """
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

log, logs = prediction_log_pb2.PredictionLog, []
logs.append(log())
request = logs[-1].predict_log.request
request.model_spec.name = "m"
request.inputs["x"].CopyFrom(tf.make_tensor_proto([1.0, 2.0]))
for kind, signature in (("classify", "classify_x_to_y"), ("regress", "regress_x_to_y")):
    logs.append(log())
    request = getattr(logs[-1], kind + "_log").request
    request.model_spec.signature_name = signature
    example = request.input.example_list.examples.add()
    example.features.feature["x"].float_list.value.append(3.0)
logs.append(log())
request = logs[-1].multi_inference_log.request
for method, signature in (("classify", "classify_x_to_y"), ("regress", "regress_x_to_y")):
    task = request.tasks.add(method_name="tensorflow/serving/" + method)
    task.model_spec.signature_name = signature
request.input.CopyFrom(logs[1].classify_log.request.input)
logs.append(log())
feed = logs[-1].session_run_log.request.feed.add(name="x:0")
feed.tensor.CopyFrom(tf.make_tensor_proto([5.0]))
logs[-1].session_run_log.request.fetch.append("y:0")
if inputs["wrong"]:
    logs.append(log())
    request = logs[-1].predict_log.request
    request.inputs["x"].CopyFrom(tf.make_tensor_proto(["text"]))
with tf.io.TFRecordWriter(inputs["path"]) as writer:
    for each in logs:
        writer.write(each.SerializeToString())
result = len(logs)
"""

MANY = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

stub = prediction_service_pb2_grpc.PredictionServiceStub(
    grpc.insecure_channel(f"127.0.0.1:{sys.argv[1]}"))

def ask(number):
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "m"
    values = np.arange(number % 3 + 1, dtype=np.float32) + number
    request.inputs["x"].CopyFrom(tf.make_tensor_proto(values))
    reply = stub.Predict(request, timeout=60)
    return tf.make_ndarray(reply.outputs["y"]).tolist() == (values / 2 + 2).tolist()

with ThreadPoolExecutor(16) as pool:
    right = list(pool.map(ask, range(200)))
request = predict_pb2.PredictRequest()
request.model_spec.name = "m"
request.inputs["x"].CopyFrom(tf.make_tensor_proto(["text"]))
try:
    stub.Predict(request)
except grpc.RpcError as error:
    right.append(error.code().name)
print(json.dumps(right))
"""


@pytest.fixture
def base_path(interop_genuine, tmp_path):
    """A folder with three versions of a genuine model."""
    for version in (1, 2, 3):
        (tmp_path / "m").mkdir(exist_ok=True)
        (tmp_path / "m" / str(version)).symlink_to(interop_genuine / "half_plus_two_v1_1")
    return tmp_path / "m"


def test_a_model_config_file(oracle, base_path, tmp_path):
    path, log = tmp_path / "models.config", str(tmp_path / "log")
    oracle(CONFIG, base=str(base_path), log=log, path=str(path))
    configs = ConfigFile(path).read()
    first = configs["first"]
    assert first.version_policy == Specific(frozenset({1, 3}))
    assert first.version_labels == {"stable": 1, "canary": 3}
    assert first.recording == Recording(log, 0.25)
    with ModelServer(configs) as server:
        server.wait_until_available(60)
        end = time.monotonic() + 60  # One version is enough to be available; both are asked here.
        while server._manager.find("first").available_versions() != [1, 3]:
            assert time.monotonic() < end, "version 1 was not loaded in time"
            time.sleep(0.01)
        for model, label, version in (("first", "stable", "1"), ("second", None, "3")):
            with Client(server.url, model, label=label) as client:
                assert client.predict([1.0, 2.0]) == [2.5, 3.0]
                assert client.metadata()["model_spec"]["version"] == version
        with Client(server.url, "second") as client:
            assert {status["version"] for status in client.status()} == {"3", "2"}


@pytest.mark.parametrize("wrong", [False, True])
def test_warm_up_requests(oracle, interop_genuine, tmp_path, caplog, wrong):
    caplog.set_level(logging.INFO, "tidefall.serving")
    servable = load_saved_model(interop_genuine / "half_plus_two_v1_1")
    records = tmp_path / REQUESTS_FILE
    records.parent.mkdir()
    count = oracle(WARM_UP, path=str(records), wrong=wrong)
    if wrong:
        with pytest.raises(errors.InvalidArgumentError, match=f"warm-up request {count} of"):
            WarmUp().run(tmp_path, servable, Immediately())
    else:
        WarmUp().run(tmp_path, servable, Immediately())
        assert f"answered {count} warm-up requests" in caplog.text


def test_batches_of_genuine_requests(run_oracle, base_path):
    parameters = BatchingParameters(
        max_batch_size=8, batch_timeout_micros=100_000, allowed_batch_sizes=(2, 4, 8)
    )
    batches = []
    server = ModelServer({"m": base_path}, grpc_port=0, batching=BatchingSettings(parameters))
    server._batching.add_observer(batches.append)
    with server:
        server.wait_until_available(60)
        *right, code = json.loads(run_oracle(MANY, str(server.grpc_port)).splitlines()[-1])
    assert (len(right), set(right), code) == (200, {True}, "INVALID_ARGUMENT")
    assert max(batch.requests for batch in batches) > 1
    assert {batch.size for batch in batches} <= {2, 4, 8}
