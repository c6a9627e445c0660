"""Requests that a version answers before it is given to clients."""

import shutil

import numpy as np
import pytest

from tidefall.base import errors
from tidefall.io.records.tfrecord import encode_record
from tidefall.proto import serving
from tidefall.proto.tensors import make_tensor_proto
from tidefall.serving.batching.executor import BatchingExecutor
from tidefall.serving.batching.parameters import BatchingParameters
from tidefall.serving.batching.scheduler import BatchScheduler
from tidefall.serving.models.config import LoadSettings, ModelConfig
from tidefall.serving.models.execution import Immediately
from tidefall.serving.models.loading import VersionLoader
from tidefall.serving.models.model import Model
from tidefall.serving.models.saved_model import load_saved_model
from tidefall.serving.models.servable import FunctionServable, Signature, TensorInfo
from tidefall.serving.models.states import State
from tidefall.serving.models.warmup import MAX_RECORDS, REQUESTS_FILE, WarmUp

FLOATS, STRINGS = TensorInfo("float32", (None,), "x:0"), TensorInfo("string", (None,), "in:0")


class Seen:
    """A model that remembers what it was asked."""

    def __init__(self):
        self.calls = []
        self.servable = FunctionServable(
            {
                "serving_default": Signature({"x": FLOATS}, {"y": FLOATS}, self.run("default")),
                "texts": Signature({"inputs": STRINGS}, {"y": FLOATS}, self.run("texts")),
                "more": Signature({"inputs": STRINGS}, {"y": FLOATS}, self.run("more")),
            }
        )

    def run(self, name):
        def run(arrays):
            (array,) = arrays.values()
            self.calls.append((name, array.tolist()))
            return {"y": np.zeros(len(array), np.float32)}

        return run


@pytest.fixture
def seen():
    return Seen()


@pytest.fixture
def warm(tmp_path, seen):
    """Writes records and runs them."""

    def run(*logs, executor=None, **settings):
        file = tmp_path / REQUESTS_FILE
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"".join(encode_record(log.SerializeToString()) for log in logs))
        WarmUp(**settings).run(tmp_path, seen.servable, executor or Immediately())
        return seen.calls

    return run


def predict(values, signature="", name="x"):
    log = serving.PredictionLog()
    request = log.predict_log.request
    request.model_spec.signature_name = signature
    request.inputs[name].CopyFrom(make_tensor_proto(np.array(values, np.float32)))
    return log


def fill(target, texts, context=None):
    """Examples with a feature called as each text."""
    listed = target.input.example_list if context is None else None
    if context is not None:
        listed = target.input.example_list_with_context
        listed.context.features.feature[context].float_list.value.append(1)
    for text in texts:
        listed.examples.add().features.feature[text].float_list.value.append(1)
    return [example.SerializeToString() for example in listed.examples]


def test_predictions(warm):
    assert warm(predict([1, 2]), predict([3])) == [("default", [1, 2]), ("default", [3])]


def test_requests_are_repeated_as_asked(warm):
    assert len(warm(predict([1]), iterations=3)) == 3


def test_it_may_be_turned_off(warm):
    assert warm(predict([1]), enabled=False) == []


def test_a_version_without_requests_is_fine(tmp_path, seen):
    WarmUp().run(tmp_path, seen.servable, Immediately())
    assert seen.calls == []


@pytest.mark.parametrize("kind", ["classify_log", "regress_log"])
def test_examples(warm, kind):
    log = serving.PredictionLog()
    request = getattr(log, kind).request
    request.model_spec.signature_name = "texts"
    examples = fill(request, ["a", "b"])
    assert warm(log) == [("texts", examples)]


def test_a_context_goes_into_each_example(warm):
    from tidefall.proto import Example

    log = serving.PredictionLog()
    request = log.regress_log.request
    request.model_spec.signature_name = "texts"
    fill(request, ["a", "b"], context="c")
    ((_, given),) = warm(log)
    features = [set(Example.FromString(text).features.feature) for text in given]
    assert features == [{"a", "c"}, {"b", "c"}]


def test_several_inferences_at_once(warm):
    log = serving.PredictionLog()
    request = log.multi_inference_log.request
    for name in ("texts", "more"):
        request.tasks.add().model_spec.signature_name = name
    examples = fill(request, ["a"])
    assert warm(log) == [("texts", examples), ("more", examples)]


@pytest.mark.parametrize(("feed", "is_alias"), [("x:0", False), ("x", False), ("x", True)])
def test_session_runs_are_given_to_the_signature_they_feed(warm, feed, is_alias):
    log = serving.PredictionLog()
    request = log.session_run_log.request
    request.tensor_name_is_alias = is_alias
    request.feed.add(name=feed).tensor.CopyFrom(make_tensor_proto(np.float32([4])))
    assert warm(log) == [("default", [4])]


def test_the_sizes_of_batches_are_run_too_each_once(warm, seen, tmp_path):
    scheduler = BatchScheduler(1)
    parameters = BatchingParameters(max_batch_size=4, allowed_batch_sizes=(1, 4))
    executor = BatchingExecutor("m", tmp_path, seen.servable, scheduler, parameters, 0.05)
    calls = [values for _, values in warm(predict([5, 6]), predict([7]), executor=executor)]
    scheduler.stop()
    assert calls[0] == [5, 6]
    assert calls[-1] == [7]
    assert set(map(tuple, calls[1:-1])) == {(5,), (5,) * 4}


@pytest.mark.parametrize(
    ("log", "kind", "message"),
    [
        (predict([1], "absent"), errors.InvalidArgumentError, '1 of .* failed: .*"absent" not'),
        (predict([1], name="z"), errors.InvalidArgumentError, "Missing but required: {x}"),
        (
            serving.PredictionLog(predict_streamed_log={}),
            errors.UnimplementedError,
            "Unsupported log_type for warmup: predict_streamed_log",
        ),
        (
            serving.PredictionLog(session_run_log={"request": {"feed": [{"name": "q"}]}}),
            errors.InvalidArgumentError,
            "tensor parsing error: q",
        ),
    ],
)
def test_requests_that_do_not_fit_are_named(warm, log, kind, message):
    with pytest.raises(kind, match=message):
        warm(log)


def test_an_error_of_no_kind_in_particular_names_the_request_too(warm, seen):
    def refuse(arrays):
        raise errors.OpError(None, None, "not today", errors.UNAVAILABLE)

    signature = Signature({"x": FLOATS}, {"y": FLOATS}, refuse)
    seen.servable = FunctionServable({"serving_default": signature})
    with pytest.raises(errors.OpError, match=r"request 1 of .* failed: not today"):
        warm(predict([1]))


def test_there_may_be_so_many_and_no_more(warm):
    with pytest.raises(errors.InvalidArgumentError, match=r"exceeds the maximum \(1000\)"):
        warm(*[predict([1])] * (MAX_RECORDS + 1))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (encode_record(b"\xff\xff"), "Failed to parse warmup record: number 1"),
        (encode_record(b"")[:-1], "is corrupted: it needs 4 bytes"),
    ],
)
def test_damaged_files_are_refused(tmp_path, seen, content, message):
    file = tmp_path / REQUESTS_FILE
    file.parent.mkdir()
    file.write_bytes(content)
    with pytest.raises(errors.DataLossError, match=message):
        WarmUp().run(tmp_path, seen.servable, Immediately())


def test_a_genuine_model_is_compiled_before_its_first_request(interop_genuine, tmp_path):
    folder = tmp_path / "1"
    shutil.copytree(interop_genuine / "half_plus_two_tf2", folder)
    (folder / "assets.extra").mkdir(exist_ok=True)
    log = predict([1, 2, 3]).SerializeToString()
    (folder / REQUESTS_FILE).write_bytes(encode_record(log))
    settings = LoadSettings(settle_seconds=0.0)
    model = Model(
        ModelConfig("m", tmp_path), VersionLoader("m", load_saved_model), settings=settings
    )
    model.reconcile()
    with model.use(None) as loaded:
        function = loaded.servable._model.signatures["serving_default"]
        assert list(function.graph_function.executable()._compiled) == [((3,),)]
        run = loaded.servable.signatures["serving_default"].run
        np.testing.assert_allclose(run({"x": np.float32([1, 2, 3])})["y"], [2.5, 3.0, 3.5])
    model.close()


def test_a_version_whose_warm_up_fails_gets_no_requests(tmp_path, numpy_server):
    numpy_server.write_version(tmp_path, 1)
    folder = numpy_server.write_version(tmp_path, 2)
    (folder / "assets.extra").mkdir()
    (folder / REQUESTS_FILE).write_bytes(encode_record(predict([1], "absent").SerializeToString()))
    (folder / "saved_model.pb").touch()
    closed = []

    def load(path):
        signatures = numpy_server.load(path).signatures
        return FunctionServable(signatures, lambda: closed.append(path.name))

    model = Model(ModelConfig("m", tmp_path), VersionLoader("m", load))
    model.reconcile()
    assert model.available_versions() == [1]
    assert closed == ["2"]
    status = model.statuses(2)[0]
    assert (status.state, status.error_code) == (State.END, "INVALID_ARGUMENT")
