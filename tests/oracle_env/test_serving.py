"""TensorFlow Serving's public client stubs drive the server; real TensorFlow saved its models."""

import json

import pytest

from tidefall.serving import ModelServer

pytestmark = pytest.mark.oracle

SAVE = """
import sys
import tensorflow as tf

class Model(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None], tf.bfloat16)])
    def brain(self, x):
        return {"y": x * 2}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float16)])
    def half(self, x):
        return {"y": x * 2}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string), tf.TensorSpec([], tf.int64)])
    def text(self, x, n):
        return {"y": tf.strings.join([x, tf.strings.as_string(n)]), "n": n + 1}

model = Model()
tf.saved_model.save(model, sys.argv[1], {n: getattr(model, n) for n in ("brain", "half", "text")})
"""

PRELUDE = """
import json, sys
import grpc
import numpy as np
import tensorflow as tf
from tensorflow.core.framework.tensor_pb2 import TensorProto
from tensorflow_serving.apis import (
    classification_pb2, get_model_metadata_pb2, get_model_status_pb2, inference_pb2,
    model_management_pb2, model_service_pb2_grpc, predict_pb2, prediction_service_pb2_grpc,
    regression_pb2,
)

port, folder = sys.argv[1], sys.argv[2]
channel = grpc.insecure_channel(f"127.0.0.1:{port}")
stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
models = model_service_pb2_grpc.ModelServiceStub(channel)
found = {}

def predict(name, signature="", outputs=(), **inputs):
    request = predict_pb2.PredictRequest(output_filter=outputs)
    request.model_spec.name, request.model_spec.signature_name = name, signature
    for key, tensor in inputs.items():
        if not isinstance(tensor, TensorProto):
            tensor = tf.make_tensor_proto(tensor)
        request.inputs[key].CopyFrom(tensor)
    return stub.Predict(request, timeout=60)

def arrays(reply):
    return {name: tf.make_ndarray(tensor) for name, tensor in reply.outputs.items()}

def examples(request, name, signature, *values):
    request.model_spec.name, request.model_spec.signature_name = name, signature
    fill(request.input, *values)
    return request

def fill(target, *values):
    for value in values:
        example = target.example_list.examples.add()
        example.features.feature["x"].float_list.value.append(value)

def refusal(call, *arguments):
    try:
        call(*arguments)
    except grpc.RpcError as error:
        return [error.code().name, error.details()]
"""

PREDICT = """
x = np.float32([1, 2, 5])
for name in ("tf2", "v1"):
    found[name] = arrays(predict(name, x=x))["y"].tolist()
typed = TensorProto(dtype=1, float_val=[1, 2, 5])
typed.tensor_shape.dim.add(size=3)
reply = predict("tf2", outputs=["y"], x=typed)
found["typed"] = [list(reply.outputs["y"].float_val), str(reply.model_spec)]
brain = tf.constant([1.5, -2.25], tf.bfloat16)
content = tf.make_tensor_proto(brain.numpy())
found["brain"] = arrays(predict("kinds", "brain", x=content))["y"].astype(float).tolist()
half = TensorProto(dtype=19, half_val=[0x3E00, 0xC080])
half.tensor_shape.dim.add(size=2)
found["half"] = arrays(predict("kinds", "half", x=half))["y"].astype(float).tolist()
found["default"] = arrays(predict("tf2"))["y"].tolist()  # Its signature has one.
text = arrays(predict("kinds", "text", x=[b"a\\xff", b""], n=np.int64(7)))
found["text"] = [[v.hex() for v in text["y"].tolist()], text["n"].tolist()]
found["refused"] = [
    refusal(lambda: predict("absent", x=x)),
    refusal(lambda: predict("tf2", "absent", x=x)),
    refusal(lambda: predict("tf2", x=np.float64([1]))),
    refusal(lambda: predict("tf2", outputs=["z"], x=x)),
    refusal(lambda: predict("v1")),
    refusal(stub.Predict, predict_pb2.PredictRequest()),
]
print(json.dumps(found))
"""

EXAMPLES = """
R, C = regression_pb2.RegressionRequest, classification_pb2.ClassificationRequest
for name in ("tf2", "v1"):
    reply = stub.Regress(examples(R(), name, "regress_x_to_y2", 1.0, 2.0))
    found[name] = [r.value for r in reply.result.regressions]
    reply = stub.Classify(examples(C(), name, "classify_x_to_y", 1.0, 2.0))
    classes = [[(c.label, c.score) for c in one.classes] for one in reply.result.classifications]
    found[name + "_classes"] = classes
request = inference_pb2.MultiInferenceRequest()
for signature, method in (("regress_x_to_y", "regress"), ("classify_x_to_y", "classify")):
    task = request.tasks.add(method_name=f"tensorflow/serving/{method}")
    task.model_spec.name, task.model_spec.signature_name = "v1", signature
fill(request.input, 4.0)
first, second = stub.MultiInference(request).results
found["multi"] = [
    first.regression_result.regressions[0].value,
    second.classification_result.classifications[0].classes[0].score,
    first.model_spec.version.value,
]
found["refused"] = refusal(stub.Classify, examples(C(), "v1", "regress_x_to_y", 1.0))

records = [r.numpy() for r in tf.data.TFRecordDataset(sys.argv[3], "GZIP").take(3)]
request = C()
request.model_spec.name, request.model_spec.signature_name = "taxi", "classification"
for record in records:
    request.input.example_list.examples.add().ParseFromString(record)
served = [[c.score for c in one.classes] for one in stub.Classify(request).result.classifications]
labels = [c.label for c in stub.Classify(request).result.classifications[0].classes]
model = tf.saved_model.load(f"{folder}/taxi/1").signatures["classification"]
own = model(tf.constant(records))
found["taxi"] = [np.allclose(served, own["scores"].numpy(), atol=1e-5), len(served), labels]
print(json.dumps(found))
"""

MODELS = """
from tensorflow.core.protobuf import saved_model_pb2
for name in ("tf2", "v1", "taxi"):
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name = name
    reply = stub.GetModelMetadata(request)
    signatures = get_model_metadata_pb2.SignatureDefMap()
    assert reply.metadata["signature_def"].Unpack(signatures)
    saved = saved_model_pb2.SavedModel()
    saved.ParseFromString(open(f"{folder}/{name}/1/saved_model.pb", "rb").read())
    own = saved.meta_graphs[0].signature_def
    found[name] = sorted(signatures.signature_def) == sorted(own) and all(
        signatures.signature_def[key] == own[key] for key in own)
request = get_model_status_pb2.GetModelStatusRequest()
request.model_spec.name = "v1"
found["status"] = str(models.GetModelStatus(request).model_version_status[0].state)
request.model_spec.version.value = 9
found["absent"] = refusal(models.GetModelStatus, request)
request = model_management_pb2.ReloadConfigRequest()
for name, path in (("v1", "v1"), ("again", "tf2")):
    request.config.model_config_list.config.add(
        name=name, base_path=f"{folder}/{path}", model_platform="tensorflow")
found["reload"] = models.HandleReloadConfigRequest(request).status.error_code
found["again"] = arrays(predict("again", x=np.float32([1])))["y"].tolist()
found["gone"] = refusal(lambda: predict("taxi"))[0]
print(json.dumps(found))
"""


ERRORS = """
from tensorflow_serving.apis import session_service_pb2

P, C, R = predict_pb2.PredictRequest, classification_pb2.ClassificationRequest, \
    regression_pb2.RegressionRequest
x, z = tf.make_tensor_proto(np.float32([1])), tf.make_tensor_proto(np.int32([1]))
found = []

def spec(request, name="v1", signature="", **version):
    request.model_spec.name, request.model_spec.signature_name = name, signature
    for key, value in version.items():
        if key == "version":
            request.model_spec.version.value = value
        else:
            request.model_spec.version_label = value
    return request

def predicted(request, outputs=(), **inputs):
    request.output_filter.extend(outputs)
    for key, tensor in inputs.items():
        request.inputs[key].CopyFrom(tensor)
    found.append(refusal(stub.Predict, request))

predicted(spec(P(), "absent"), x=x)
predicted(spec(P(), ""), x=x)
predicted(spec(P(), version=9), x=x)
predicted(spec(P(), label="stable"), x=x)
predicted(spec(P(), signature="absent"), x=x)
predicted(spec(P()))
predicted(spec(P()), x=x, z=z)
predicted(spec(P()), y=x)
predicted(spec(P()), x=z)
predicted(spec(P()), x=TensorProto(dtype=1, tensor_content=b"abc"))
predicted(spec(P()), ["absent"], x=x)
predicted(spec(P()), ["y", "y"], x=x)
predicted(spec(P(), "kinds", "text"), x=tf.make_tensor_proto([b"a"]), n=z)

found.append(refusal(stub.Classify, C()))
found.append(refusal(stub.Classify, examples(C(), "v1", "absent", 1.0)))
found.append(refusal(stub.Classify, examples(C(), "v1", "serving_default", 1.0)))
found.append(refusal(stub.Classify, examples(C(), "v1", "classify_x_to_y")))
found.append(refusal(stub.Regress, examples(R(), "taxi", "classification", 1.0)))
other = spec(R(), "v1", "regress_x_to_y")
other.input.example_list.examples.add().features.feature["x"].bytes_list.value.append(b"one")
found.append(refusal(stub.Regress, other))

def multi(*tasks):
    request = inference_pb2.MultiInferenceRequest()
    for name, signature, method in tasks:
        spec(request.tasks.add(method_name=f"tensorflow/serving/{method}"), name, signature)
    fill(request.input, 1.0)
    found.append(refusal(stub.MultiInference, request))

regress = ("v1", "regress_x_to_y", "regress")
multi()
multi(regress, ("tf2", "regress_x_to_y", "regress"))
multi(regress, regress)
multi(regress, ("v1", "absent", "classify"))
multi(("v1", "classify_x_to_y", "predict"))

M, S = get_model_metadata_pb2.GetModelMetadataRequest, get_model_status_pb2.GetModelStatusRequest
found.append(refusal(stub.GetModelMetadata, spec(M())))
found.append(refusal(stub.GetModelMetadata, spec(M(metadata_field=["assets"]))))
found.append(refusal(stub.GetModelMetadata, spec(M(metadata_field=["signature_def"]), "absent")))
found.append(refusal(models.GetModelStatus, S()))
found.append(refusal(models.GetModelStatus, spec(S(), "absent")))
found.append(refusal(
    models.HandleReloadConfigRequest, model_management_pb2.ReloadConfigRequest()))

run = channel.unary_unary(
    "/tensorflow.serving.SessionService/SessionRun",
    session_service_pb2.SessionRunRequest.SerializeToString,
    session_service_pb2.SessionRunResponse.FromString)
found.append(refusal(run, session_service_pb2.SessionRunRequest(fetch=["y:0"])))
streamed = channel.stream_stream(
    "/tensorflow.serving.PredictionService/PredictStreamed",
    P.SerializeToString, predict_pb2.PredictResponse.FromString)
found.append(refusal(lambda: list(streamed(iter([P()])))))
print(json.dumps(found))
"""

# What TensorFlow Serving's sources say; a message may go on.
INVALID = "INVALID_ARGUMENT"
REFUSED = [
    ("NOT_FOUND", "Servable not found for request: Latest(absent)"),
    (INVALID, "ModelSpec has no name specified."),
    ("NOT_FOUND", "Servable not found for request: Specific(v1, 9)"),
    (INVALID, "Unrecognized servable version label: stable"),
    ("FAILED_PRECONDITION", 'Serving signature key "absent" not found.'),
    (
        INVALID,
        (
            "input size does not match signature: 0!=1 len({}) != len({x}). "
            "Sent extra: {}. Missing but required: {x}."
        ),
    ),
    (
        INVALID,
        (
            "input size does not match signature: 2!=1 len({x,z}) != len({x}). "
            "Sent extra: {z}. Missing but required: {}."
        ),
    ),
    (INVALID, "Signature input alias: x(feed name: x:0) not found in request and no default value"),
    (INVALID, "Input 'x': expected a tensor of type float32, received int32"),
    (INVALID, "tensor parsing error: x"),
    (INVALID, "output tensor alias not found in signature: absent Outputs expected to be in the"),
    (INVALID, "duplicate output tensor alias: y"),
    (INVALID, "Input 'n': expected a tensor of type int64, received int32"),
    (INVALID, "Missing ModelSpec"),
    (INVALID, "No signature was found with the name: absent"),
    (INVALID, "No classification inputs found in SignatureDef: "),
    (INVALID, "Input is empty."),
    (INVALID, "Expected one output Tensor."),
    (INVALID, ""),  # The model's own.
    (INVALID, "ModelSpec has no name specified"),
    (INVALID, "All ModelSpecs in a MultiInferenceRequest must access the same model name."),
    (INVALID, "Duplicate evaluation of signature: regress_x_to_y"),
    (INVALID, "Requested signature not found in model graph: absent"),
    ("UNIMPLEMENTED", "Unsupported signature method_name: tensorflow/serving/predict"),
    (INVALID, "GetModelMetadataRequest must specify at least one metadata_field"),
    (INVALID, "Metadata field assets is not supported"),
    ("NOT_FOUND", "Servable not found for request: Latest(absent)"),
    (INVALID, "Missing ModelSpec"),
    ("NOT_FOUND", "Could not find any versions of model absent"),
    (INVALID, "ServerModelConfig type not supported by HandleReloadConfigRequest."),
    # It registers neither.
    ("UNIMPLEMENTED", ""),
    ("UNIMPLEMENTED", ""),
]


@pytest.fixture
def served(interop_genuine, tmp_path, run_oracle):
    """A server over models of real TensorFlow, and what runs a script of calls against it."""
    names = {"tf2": "half_plus_two_tf2", "v1": "half_plus_two_v1_1", "taxi": "tfx_taxi_estimator"}
    for name, source in names.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "1").symlink_to(interop_genuine / source)
    run_oracle(SAVE, str(tmp_path / "kinds" / "1"))
    paths = {name: tmp_path / name for name in (*names, "kinds")}
    with ModelServer(paths, grpc_port=0) as server:
        server.wait_until_available(120)

        def run(script, *arguments):
            printed = run_oracle(PRELUDE + script, str(server.grpc_port), str(tmp_path), *arguments)
            return json.loads(printed.splitlines()[-1])

        yield run


def test_predict(served):
    found = served(PREDICT)
    assert found["tf2"] == found["v1"] == [2.5, 3.0, 4.5]
    values, spec = found["typed"]
    assert values == [2.5, 3.0, 4.5]
    assert " ".join(spec.split()) == (
        'name: "tf2" version { value: 1 } signature_name: "serving_default"'
    )
    assert found["default"] == [2.0]
    assert found["brain"] == [3.0, -4.5]
    assert found["half"] == [3.0, -4.5]
    assert found["text"] == [["61ff37", "37"], 8]
    refused = found["refused"]
    assert [code for code, _ in refused] == ["NOT_FOUND", "FAILED_PRECONDITION"] + [
        "INVALID_ARGUMENT"
    ] * 4
    assert refused[0][1].startswith("Servable not found for request: Latest(absent)")
    assert refused[1][1].startswith('Serving signature key "absent" not found.')
    assert refused[3][1].startswith("output tensor alias not found in signature: z")
    assert refused[4][1].startswith("input size does not match signature: 0!=1")
    assert refused[5][1] == "Missing ModelSpec"


def test_classify_regress_and_both_at_once(served, interop_genuine):
    records = sorted((interop_genuine / "taxi_records").rglob("*.gz"))[0]
    found = served(EXAMPLES, str(records))
    assert found["tf2"] == found["v1"] == [3.5, 4.0]
    assert found["tf2_classes"] == found["v1_classes"] == [[["", 2.5]], [["", 3.0]]]
    assert found["multi"] == [4.0, 4.0, 1]
    assert found["refused"][0] == "INVALID_ARGUMENT"
    assert found["taxi"] == [True, 3, ["0", "1"]]


def test_metadata_status_and_reload(served):
    found = served(MODELS)
    assert [found[name] for name in ("tf2", "v1", "taxi")] == [True] * 3
    assert found["status"] == "30"
    assert found["absent"] == ["NOT_FOUND", "Could not find version 9 of model v1"]
    assert found["reload"] == 0
    assert found["again"] == [2.5]
    assert found["gone"] == "NOT_FOUND"


def test_wrong_requests_are_refused_in_the_words_of_tensorflow_serving(served):
    found = served(ERRORS)
    assert len(found) == len(REFUSED)
    for (code, message), (wanted_code, beginning) in zip(found, REFUSED, strict=True):
        assert code == wanted_code, message
        assert message.startswith(beginning)
