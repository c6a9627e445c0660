"""The message classes: what they are, and that they keep to themselves."""

import copy
import importlib.util
import pickle

import pytest
from google.protobuf import text_format

from tidefall import proto
from tidefall.proto import registry, serving


def test_names_are_tensorflows():
    assert proto.GraphDef.DESCRIPTOR.full_name == "tensorflow.GraphDef"
    assert proto.SavedModel().DESCRIPTOR.file.name == "tensorflow/core/protobuf/saved_model.proto"


@pytest.mark.parametrize(
    ("message", "field", "number"),
    [
        ("SavedModel", "meta_graphs", 2),
        ("MetaGraphDef", "object_graph_def", 7),
        ("SavedObjectGraph", "nodes", 1),
        ("TrackableObjectGraph", "nodes", 1),
        ("FunctionDef", "node_def", 3),
        ("NodeDef", "attr", 5),
        ("OpDef", "is_stateful", 17),
        ("AttrValue", "tensor", 8),
        ("BundleEntryProto", "crc32c", 6),
        ("Example", "features", 1),
        ("SequenceExample", "feature_lists", 2),
        ("Event", "summary", 5),
        ("HistogramProto", "bucket", 7),
        ("StructuredValue", "dict_value", 53),
        ("SignatureDef", "method_name", 3),
        ("FingerprintDef", "version", 6),
        ("SavedTensorSlices", "data", 2),
        ("CheckpointState", "model_checkpoint_path", 1),
        ("ConfigProto", "allow_soft_placement", 7),
        ("ServerDef", "cluster", 1),
    ],
)
def test_field_numbers(message, field, number):
    assert getattr(proto, message).DESCRIPTOR.fields_by_name[field].number == number


@pytest.mark.parametrize(
    ("message", "field", "number"),
    [
        ("PredictRequest", "output_filter", 3),
        ("ModelSpec", "version_label", 4),
        ("Input", "example_list_with_context", 2),
        ("MultiInferenceRequest", "tasks", 1),
        ("ReloadConfigRequest", "config", 1),
        ("ModelConfig", "version_labels", 8),
        ("PredictionLog", "predict_log", 6),
        ("BatchingParameters", "allowed_batch_sizes", 6),
        ("BatchingParameters", "max_execution_batch_size", 9),
        ("MonitoringConfig", "prometheus_config", 1),
        ("SSLConfig", "client_verify", 4),
        ("PlatformConfigMap", "platform_configs", 1),
    ],
)
def test_field_numbers_of_serving(message, field, number):
    assert getattr(serving, message).DESCRIPTOR.fields_by_name[field].number == number


@pytest.mark.parametrize(
    ("module", "package", "least"),
    [(proto, "tensorflow", 100), (serving, "tensorflow.serving", 40)],
)
def test_every_name_resolves(module, package, least):
    names = registry.names(package)
    assert len(names) > least
    for name in names:
        assert getattr(module, name).DESCRIPTOR.full_name == f"{package}.{name}"
    assert set(names) <= set(dir(module))


def test_settings_of_a_server_are_read_as_text():
    text = """model_config_list { config {
        name: "half" base_path: "/models/half" model_platform: "tensorflow"
        model_version_policy { specific { versions: 1 versions: 3 } }
        version_labels { key: "stable" value: 1 } } }"""
    config = text_format.Parse(text, serving.ModelServerConfig(), descriptor_pool=registry.pool())
    [model] = config.model_config_list.config
    assert list(model.model_version_policy.specific.versions) == [1, 3]
    assert dict(model.version_labels) == {"stable": 1}
    batching = text_format.Parse("max_batch_size { value: 8 }", serving.BatchingParameters())
    assert batching.max_batch_size.value == 8
    assert not batching.HasField("batch_timeout_micros")


def test_services_are_described():
    service = registry.pool().FindServiceByName("tensorflow.serving.PredictionService")
    method = service.methods_by_name["Predict"]
    assert method.input_type is serving.PredictRequest.DESCRIPTOR
    assert method.output_type is serving.PredictResponse.DESCRIPTOR


def test_enums_have_their_values():
    assert proto.DataType.DT_BFLOAT16 == 14
    assert proto.DataType.Name(33) == "DT_FLOAT4_E2M1FN"
    assert proto.VariableAggregation.VARIABLE_AGGREGATION_MEAN == 2


def test_nested_messages_are_attributes():
    key = proto.CollectionDef.BytesList(value=[b"x"])
    assert key.DESCRIPTOR.full_name == "tensorflow.CollectionDef.BytesList"
    assert proto.TrackableObjectGraph.TrackableObject.ObjectReference(node_id=3).node_id == 3


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="NoSuchMessage"):
        _ = proto.NoSuchMessage
    with pytest.raises(AttributeError, match=r"tidefall.proto.serving.*GraphDef"):
        _ = serving.GraphDef
    with pytest.raises(AttributeError, match="_private"):
        _ = proto._private


def test_the_same_name_is_the_same_class():
    assert proto.GraphDef is proto.GraphDef
    assert type(proto.SavedModel().meta_graphs.add().graph_def) is proto.GraphDef


def test_messages_copy_pickle_and_print():
    graph = proto.GraphDef()
    graph.node.add(name="x", op="Const").attr["dtype"].type = proto.DataType.DT_FLOAT
    assert copy.deepcopy(graph) == graph
    assert pickle.loads(pickle.dumps(graph)) == graph
    nested = proto.CollectionDef.BytesList(value=[b"x"])
    assert pickle.loads(pickle.dumps(nested)) == nested
    text = text_format.MessageToString(graph)
    assert "type: DT_FLOAT" in text
    assert text_format.Parse(text, proto.GraphDef(), descriptor_pool=registry.pool()) == graph


def test_any_holds_our_messages():
    saved = proto.SavedObject()
    saved.serialized_user_proto.Pack(proto.VersionDef(producer=7))
    assert saved.serialized_user_proto.type_url == "type.googleapis.com/tensorflow.VersionDef"
    version = proto.VersionDef()
    assert saved.serialized_user_proto.Unpack(version)
    assert version.producer == 7


@pytest.mark.process
def test_the_default_pool_stays_free(run_python):
    # Another package may register the same names with other contents.
    run_python(
        "from google.protobuf import descriptor_pb2, descriptor_pool\n"
        "from tidefall.proto import GraphDef\n"
        "GraphDef()\n"
        "file = descriptor_pb2.FileDescriptorProto(\n"
        "    name='tensorflow/core/framework/graph.proto', package='tensorflow')\n"
        "file.message_type.add(name='GraphDef').field.add(name='x', number=1, type=5, label=1)\n"
        "pool = descriptor_pool.Default()\n"
        "pool.AddSerializedFile(file.SerializeToString())\n"
        "assert 'x' in pool.FindMessageTypeByName('tensorflow.GraphDef').fields_by_name\n"
        "assert 'node' in GraphDef.DESCRIPTOR.fields_by_name\n"
    )


@pytest.mark.process
def test_protobuf_is_imported_at_first_use(run_python):
    run_python(
        "import sys\n"
        "import tidefall.proto\n"
        "assert 'google.protobuf' not in sys.modules\n"
        "import tidefall.proto.serving, tidefall.proto.tensors\n"
        "assert 'google.protobuf' not in sys.modules\n"
    )


@pytest.mark.process
def test_classes_stay_when_nothing_refers_to_them(run_python):
    # protobuf crashes where a thread uses a class that another one is collecting.
    run_python(
        "import gc, weakref\n"
        "from tidefall.proto import SavedModel, serving\n"
        "request = serving.PredictRequest()\n"
        "request.inputs['x'].tensor_shape.dim.add(size=1)\n"
        "kinds = [type(request.model_spec), type(request.model_spec.version),\n"
        "         type(request.inputs['x']), type(request.inputs['x'].tensor_shape.dim[0]),\n"
        "         type(SavedModel().meta_graphs.add().graph_def)]\n"
        "seen = [weakref.ref(kind) for kind in kinds]\n"
        "del request, kinds\n"
        "gc.collect()\n"
        "assert all(one() is not None for one in seen), seen\n"
    )


@pytest.mark.process
def test_threads_get_the_same_classes(run_python):
    run_python(
        "import threading\n"
        "found = []\n"
        "def use():\n"
        "    from tidefall.proto import SavedModel\n"
        "    found.append(SavedModel)\n"
        "threads = [threading.Thread(target=use) for _ in range(8)]\n"
        "[t.start() for t in threads]; [t.join() for t in threads]\n"
        "assert len(found) == 8 and len(set(found)) == 1, found\n"
    )


def test_schemas_and_compiled_descriptors_agree(repo_root):
    spec = importlib.util.spec_from_file_location(
        "build_protos", repo_root / "scripts" / "build_protos.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.differences() == []


def test_genuine_saved_models_survive_a_round_trip(interop_genuine):
    paths = sorted(interop_genuine.glob("*/saved_model.pb"))
    assert paths
    for path in paths:
        raw = path.read_bytes()
        model = proto.SavedModel.FromString(raw)
        assert model.meta_graphs[0].graph_def.node
        assert proto.SavedModel.FromString(model.SerializeToString()) == model
        # Nothing was unknown, so nothing was left behind.
        assert model.ByteSize() == len(raw)
        known = copy.deepcopy(model)
        known.DiscardUnknownFields()
        assert known.ByteSize() == model.ByteSize()
