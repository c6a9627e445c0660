"""PredictionService: requests, replies, errors."""

import grpc
import ml_dtypes
import numpy as np
import pytest

from tidefall.proto import Example, serving
from tidefall.proto.tensors import fill_typed_field, make_tensor_proto, tensor_proto_to_array
from tidefall.serving import FunctionServable, Signature, TensorInfo
from tidefall.serving.grpc_api.settings import GrpcSettings


def predict_request(inputs, signature_name="", outputs=(), name="half"):
    request = serving.PredictRequest(output_filter=outputs)
    request.model_spec.name, request.model_spec.signature_name = name, signature_name
    for key, value in inputs.items():
        tensor = value if hasattr(value, "tensor_shape") else make_tensor_proto(value)
        request.inputs[key].CopyFrom(tensor)
    return request


def typed(array):
    """A TensorProto whose elements are in the typed field."""
    tensor = make_tensor_proto(array.reshape(-1)[:0])
    for size in array.shape:
        tensor.tensor_shape.dim.add(size=size)
    del tensor.tensor_shape.dim[0]
    fill_typed_field(tensor, array, tensor.dtype)
    return tensor


def example(**features):
    message = Example()
    for name, value in features.items():
        message.features.feature[name].float_list.value.append(value)
    return message


def examples_request(kind, *values, signature_name="", context=None):
    request = kind()
    request.model_spec.name, request.model_spec.signature_name = "half", signature_name
    for value in values:
        item = example() if value is None else example(x=value)
        if context is None:
            request.input.example_list.examples.append(item)
        else:
            request.input.example_list_with_context.examples.append(item)
    if context is not None:
        request.input.example_list_with_context.context.CopyFrom(context)
    return request


def failure(method, request, **options):
    with pytest.raises(grpc.RpcError) as caught:
        method(request, **options)
    return caught.value.code().name, caught.value.details()


@pytest.mark.parametrize("x", [np.float32([1, 2, 5]), typed(np.float32([1, 2, 5]))])
def test_predict(stub, x):
    reply = stub.Predict(predict_request({"x": x}))
    assert list(reply.outputs["y"].float_val) == [2.5, 3.0, 4.5]
    assert reply.outputs["y"].tensor_content == b""
    spec = reply.model_spec
    assert (spec.name, spec.signature_name, spec.version.value) == ("half", "serving_default", 1)


def test_strings_and_several_outputs(stub):
    inputs = {"text": np.array([b"a\xff", b""], object), "times": np.int64([2, 3])}
    reply = stub.Predict(predict_request(inputs, "strings"))
    assert {name: tensor_proto_to_array(t).tolist() for name, t in reply.outputs.items()} == {
        "joined": [b"a\xffa\xff", b""],
        "joined_bytes": [b"a\xffa\xff", b""],
        "size": [4, 6],
    }
    assert reply.model_spec.signature_name == "strings"


def test_an_output_filter_chooses(stub):
    reply = stub.Predict(predict_request({"x": np.float32([1.5])}, "many", ["i", "b"]))
    assert set(reply.outputs) == {"i", "b"}


def test_content_is_sent_where_it_is_asked_for(serve, stub_of):
    server = serve(grpc_port=0, grpc=GrpcSettings(serialize_as_content=True))
    reply = stub_of(server.grpc_port).Predict(predict_request({"x": np.float32([1, 2])}))
    assert reply.outputs["y"].tensor_content == np.float32([2.5, 3]).tobytes()


def test_an_input_that_is_left_out_takes_the_default_of_the_signature(
    serve, stub_of, numpy_server, monkeypatch
):
    info = TensorInfo("float32", (None,))
    add = Signature(
        {"x": info, "y": info},
        {"sum": info},
        lambda a: {"sum": a["x"] + a["y"]},
        defaults={"y": np.float32([10])},
    )
    servable = FunctionServable({"serving_default": add})
    monkeypatch.setattr(numpy_server, "load", lambda path: servable)
    stub = stub_of(serve(grpc_port=0).grpc_port)
    one, two = np.float32([1]), np.float32([2])
    assert list(stub.Predict(predict_request({"x": one})).outputs["sum"].float_val) == [11]
    assert list(stub.Predict(predict_request({"x": one, "y": two})).outputs["sum"].float_val) == [3]
    assert "Missing but required: {x}" in failure(stub.Predict, predict_request({"y": two}))[1]


DTYPES = [
    "float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16",
    "uint32", "uint64", "bool", "complex64", "complex128", ml_dtypes.bfloat16,
]  # fmt: skip


def serve_identity(serve, numpy_server, monkeypatch, dtype, **options):
    info = TensorInfo(np.dtype(dtype).name, (None, 2))
    servable = FunctionServable(
        {"serving_default": Signature({"x": info}, {"y": info}, lambda a: {"y": a["x"]})}
    )
    monkeypatch.setattr(numpy_server, "load", lambda path: servable)
    return serve(grpc_port=0, **options)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("as_content", [False, True])
def test_every_type_comes_and_goes(serve, stub_of, numpy_server, monkeypatch, dtype, as_content):
    server = serve_identity(
        serve, numpy_server, monkeypatch, dtype, grpc=GrpcSettings(serialize_as_content=as_content)
    )
    array = np.arange(-3, 3).astype(np.int8).astype(dtype).reshape(3, 2)
    stub = stub_of(server.grpc_port)
    for x in (make_tensor_proto(array, content=True), typed(array)):
        found = tensor_proto_to_array(stub.Predict(predict_request({"x": x})).outputs["y"])
        assert found.dtype == array.dtype
        assert found.tolist() == array.tolist()


X = {"x": np.float32([1])}
ONE_BYTE = make_tensor_proto(np.float32([1, 2]))
ONE_BYTE.tensor_content = b"\0"
HUGE = make_tensor_proto(np.float32([1]))
HUGE.tensor_shape.dim[0].size = 2**28
NEGATIVE = make_tensor_proto(np.float32([1]))
NEGATIVE.tensor_shape.dim[0].size = -1
PREDICT_ERRORS = [
    (serving.PredictRequest(), "INVALID_ARGUMENT", "Missing ModelSpec"),
    (predict_request(X, name=""), "INVALID_ARGUMENT", "ModelSpec has no name specified."),
    (predict_request(X, name="foo"), "NOT_FOUND", "Servable not found for request: Latest(foo)"),
    (
        predict_request(X, "nope"),
        "FAILED_PRECONDITION",
        'Serving signature key "nope" not found. Signatures: classify, failing',
    ),
    (
        predict_request({}),
        "INVALID_ARGUMENT",
        "input size does not match signature: 0!=1 len({}) != len({x}). Sent extra: {}. Missing",
    ),
    (predict_request({**X, "z": np.int32(1)}), "INVALID_ARGUMENT", "Sent extra: {z}."),
    (
        predict_request({"x": np.float64([1])}),
        "INVALID_ARGUMENT",
        "Input 'x': expected a tensor of type float32, received float64",
    ),
    (predict_request({"x": ONE_BYTE}), "INVALID_ARGUMENT", "tensor parsing error: x. TensorProto"),
    (predict_request({"x": HUGE}), "INVALID_ARGUMENT", "1073741824 bytes is too large"),
    (predict_request({"x": NEGATIVE}), "INVALID_ARGUMENT", "a size is negative"),
    (
        predict_request({"image": np.zeros([1, 8, 8], np.float32)}, "images"),
        "INVALID_ARGUMENT",
        "Input 'image': expected shape [?,8,8,1] (float32), received shape [1,8,8]",
    ),
    (
        predict_request(X, outputs=["w"]),
        "INVALID_ARGUMENT",
        "output tensor alias not found in signature: w Outputs expected to be in the set {y}.",
    ),
    (predict_request(X, outputs=["y", "y"]), "INVALID_ARGUMENT", "duplicate output tensor alias"),
    (predict_request(X, "failing"), "INTERNAL", "the model failed: RuntimeError: the model is out"),
]


@pytest.mark.parametrize(("request_", "code", "message"), PREDICT_ERRORS)
def test_errors_of_predict(stub, request_, code, message):
    found, details = failure(stub.Predict, request_)
    assert found == code
    assert message in details


@pytest.mark.parametrize(
    ("field", "value", "code", "message"),
    [
        ("version", 1, None, None),
        ("version", 7, "NOT_FOUND", "Specific(half, 7). Available versions: 1"),
        ("version_label", "stable", "INVALID_ARGUMENT", "Unrecognized servable version label"),
    ],
)
def test_versions_and_labels(stub, field, value, code, message):
    request = predict_request(X)
    if field == "version":
        request.model_spec.version.value = value
    else:
        request.model_spec.version_label = value
    if code is None:
        assert stub.Predict(request).model_spec.version.value == value
        return
    found, details = failure(stub.Predict, request)
    assert found == code
    assert message in details


def test_long_messages_are_cut_where_tensorflow_serving_cuts_them(stub):
    _, details = failure(stub.Predict, predict_request(X, name="m" * 2000))
    assert len(details) == 1024 + len("...TRUNCATED")
    assert details.endswith("m...TRUNCATED")


CLASSIFY, REGRESS = serving.ClassificationRequest, serving.RegressionRequest


def test_classify(stub):
    request = examples_request(CLASSIFY, 0.25, 1.0, signature_name="classify")
    reply = stub.Classify(request)
    found = [[(c.label, c.score) for c in r.classes] for r in reply.result.classifications]
    assert found == [[("low", 0.75), ("high", 0.25)], [("low", 0.0), ("high", 1.0)]]
    assert reply.model_spec.signature_name == "classify"
    assert reply.model_spec.version.value == 1


def test_regress(stub):
    reply = stub.Regress(examples_request(REGRESS, 1.0, 2.0, signature_name="regress"))
    assert [r.value for r in reply.result.regressions] == [2.5, 3.0]


def test_a_context_belongs_to_every_example(stub):
    request = examples_request(
        REGRESS, None, None, signature_name="regress", context=example(x=4.0)
    )
    assert [r.value for r in stub.Regress(request).result.regressions] == [4.0, 4.0]


@pytest.mark.parametrize(
    ("method", "request_", "message"),
    [
        ("Classify", CLASSIFY(), "Missing ModelSpec"),
        ("Classify", examples_request(CLASSIFY, 1.0), "No classification inputs found"),
        ("Classify", examples_request(CLASSIFY, signature_name="classify"), "Input is empty."),
        (
            "Classify",
            examples_request(CLASSIFY, 1.0, signature_name="regress"),
            'outputs to contain at least one of "classes" or "scores"',
        ),
        (
            "Classify",
            examples_request(CLASSIFY, 1.0, signature_name="nope"),
            "No signature was found with the name: nope",
        ),
        (
            "Regress",
            examples_request(REGRESS, 1.0, signature_name="classify"),
            "Expected one output Tensor.",
        ),
        ("Regress", examples_request(REGRESS, 1.0, signature_name="strings"), "one input Tensor"),
        (
            "Regress",
            examples_request(REGRESS, None, signature_name="regress"),
            "feature x (float) is required",
        ),
    ],
)
def test_errors_of_classify_and_regress(stub, method, request_, message):
    code, details = failure(getattr(stub, method), request_)
    assert code == "INVALID_ARGUMENT"
    assert message in details


def multi_request(*tasks, model="half"):
    request = serving.MultiInferenceRequest()
    for signature_name, method_name in tasks:
        task = request.tasks.add(method_name=f"tensorflow/serving/{method_name}")
        task.model_spec.name, task.model_spec.signature_name = model, signature_name
    request.input.example_list.examples.append(example(x=1.0))
    return request


def test_multi_inference(stub):
    reply = stub.MultiInference(multi_request(("regress", "regress"), ("classify", "classify")))
    regression, classification = reply.results
    assert regression.regression_result.regressions[0].value == 2.5
    assert classification.classification_result.classifications[0].classes[1].label == "high"
    assert [r.model_spec.version.value for r in reply.results] == [1, 1]


@pytest.mark.parametrize(
    ("request_", "code", "message"),
    [
        (serving.MultiInferenceRequest(), "INVALID_ARGUMENT", "the request has no tasks"),
        (
            multi_request(("regress", "regress"), model=""),
            "INVALID_ARGUMENT",
            "Found ModelSpec with an empty model name.",
        ),
        (
            multi_request(("regress", "regress"), ("regress", "regress")),
            "INVALID_ARGUMENT",
            "Duplicate evaluation of signature: regress",
        ),
        (
            multi_request(("regress", "predict")),
            "UNIMPLEMENTED",
            "Unsupported signature method_name: tensorflow/serving/predict",
        ),
        (
            multi_request(("nope", "regress")),
            "INVALID_ARGUMENT",
            "Requested signature not found in model graph: nope",
        ),
        (multi_request(("a", "regress"), model="foo"), "NOT_FOUND", "Latest(foo)"),
    ],
)
def test_errors_of_multi_inference(stub, request_, code, message):
    found, details = failure(stub.MultiInference, request_)
    assert found == code
    assert message in details


def test_metadata(stub):
    request = serving.GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name = "half"
    reply = stub.GetModelMetadata(request)
    assert (reply.model_spec.name, reply.model_spec.version.value) == ("half", 1)
    found = serving.SignatureDefMap()
    assert reply.metadata["signature_def"].Unpack(found)
    image = found.signature_def["images"].inputs["image"]
    assert [dim.size for dim in image.tensor_shape.dim] == [-1, 8, 8, 1]
    assert image.dtype == 1
    assert found.signature_def["classify"].method_name == "tensorflow/serving/classify"


@pytest.mark.parametrize(
    ("fields", "message"),
    [([], "must specify at least one metadata_field"), (["x"], "Metadata field x is not supp")],
)
def test_errors_of_metadata(stub, fields, message):
    request = serving.GetModelMetadataRequest(metadata_field=fields)
    request.model_spec.name = "half"
    code, details = failure(stub.GetModelMetadata, request)
    assert code == "INVALID_ARGUMENT"
    assert message in details
