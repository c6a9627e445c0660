"""SavedModels as servables: what their files say of the signatures, and what they compute."""

import json
import shutil

import numpy as np
import pytest

import tidefall as tf
from tidefall.base import errors
from tidefall.proto import SavedModel
from tidefall.runtime.policy.compile_service import blocking
from tidefall.serving.models.saved_model import (
    SavedModelServable,
    load_saved_model,
    read_signature_defs,
)
from tidefall.serving.models.servable import TensorInfo

needs_loader = pytest.mark.skipif(
    not hasattr(tf, "saved_model"), reason="tf.saved_model is not there yet"
)

GENUINE = ["tf2", "v1_1", "v1_14", "mkl", "gpu", "mlmd"]


@pytest.mark.parametrize("name", GENUINE)
def test_signatures_of_genuine_files(interop_genuine, name):
    defs = read_signature_defs(interop_genuine / f"half_plus_two_{name}")
    assert {"serving_default", "regress_x_to_y", "classify_x_to_y"} <= defs.keys()
    (x,) = defs["serving_default"].inputs.values()
    assert defs["serving_default"].method_name == "tensorflow/serving/predict"
    assert x.name


def test_a_directory_without_a_model(tmp_path):
    with pytest.raises(errors.NotFoundError, match=r"neither saved_model.pb nor saved_model.pbtxt"):
        read_signature_defs(tmp_path)


@pytest.mark.parametrize(
    ("name", "content"), [("saved_model.pb", b"\xff\xff"), ("saved_model.pbtxt", b"meta_graphs {")]
)
def test_a_damaged_model_file(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(errors.DataLossError, match="damaged SavedModel in"):
        read_signature_defs(tmp_path)


def test_a_model_that_is_not_for_serving(tmp_path):
    (tmp_path / "saved_model.pbtxt").write_text('meta_graphs { meta_info_def { tags: "train" } }')
    with pytest.raises(
        errors.NotFoundError, match=r"no graph tagged 'serve'; its tags: \[\['train"
    ):
        read_signature_defs(tmp_path)


def with_graphs(source, target, *tag_sets):
    """Copies a model so that its graph is there once for each set of tags."""
    shutil.copytree(source, target)
    saved = SavedModel.FromString((target / "saved_model.pb").read_bytes())
    graph = saved.meta_graphs[0]
    del saved.meta_graphs[:]
    for tags in tag_sets:
        del graph.meta_info_def.tags[:]
        graph.meta_info_def.tags.extend(tags)
        graph.signature_def["_".join(sorted(tags))].CopyFrom(graph.signature_def["serving_default"])
        saved.meta_graphs.append(graph)
    (target / "saved_model.pb").write_bytes(saved.SerializeToString())
    return target


@needs_loader
@pytest.mark.parametrize(
    ("tag_sets", "wanted", "found"),
    [
        ([["serve"], ["serve", "gpu"]], ["serve"], "serve"),
        ([["serve"], ["gpu", "serve"]], ["serve", "gpu"], "gpu_serve"),
        ([["serve", "gpu"]], ["serve"], "gpu_serve"),  # There is no other that could be meant.
        ([["serve", "gpu"], ["serve", "tpu"]], ["serve"], None),
        ([["serve"]], ["serve", "gpu"], None),
    ],
)
def test_the_graph_with_the_tags_is_served(interop_genuine, tmp_path, tag_sets, wanted, found):
    source = interop_genuine / "half_plus_two_v1_1"
    path = with_graphs(source, tmp_path / "m", *tag_sets)
    if found is None:
        with pytest.raises(errors.NotFoundError, match=r"tagged ('gpu', )?'serve'; its tags: "):
            SavedModelServable(path, tags=wanted)
        return
    servable = SavedModelServable(path, tags=wanted)
    assert found in servable.signatures
    run = servable.signatures["serving_default"].run
    np.testing.assert_allclose(np.ravel(run({"x": np.float32([[1]])})["y"]), [2.5])


@needs_loader
@pytest.mark.parametrize("name", GENUINE)
def test_genuine_models_compute(interop_genuine, name):
    servable = load_saved_model(interop_genuine / f"half_plus_two_{name}")
    signature = servable.signatures["serving_default"]
    (key,) = signature.inputs
    assert signature.inputs[key].dtype == "float32"
    (result,) = signature.run({key: np.float32([1, 2, 5])}).values()
    np.testing.assert_allclose(np.ravel(result), [2.5, 3, 4.5])
    servable.close()
    assert servable.signatures == {}


SPOILED = """
import sys, numpy as np
from pathlib import Path
from tidefall.serving.models.saved_model import load_saved_model
folder = Path(sys.argv[1])
servable = load_saved_model(folder)
for file in folder.rglob("*"):
    if file.is_file():
        file.write_bytes(b"")
signature = servable.signatures["serving_default"]
(key,) = signature.inputs
print(*[np.ravel(value).tolist() for value in signature.run({key: np.float32([1, 2])}).values()])
"""


@pytest.mark.process
@needs_loader
@pytest.mark.parametrize("name", ["tf2", "v1_14"])
def test_files_that_are_spoiled_once_a_model_is_loaded_do_no_harm(
    interop_genuine, tmp_path, run_python, name
):
    shutil.copytree(interop_genuine / f"half_plus_two_{name}", tmp_path / "1")
    assert run_python(SPOILED, str(tmp_path / "1")).strip() == "[2.5, 3.0]"


COLLECTED = """
import gc, sys, weakref
from pathlib import Path
from tidefall.serving.models.saved_model import ServerLoader
load = ServerLoader()
first, second = load(Path(sys.argv[1])), load(Path(sys.argv[1]))
models = [weakref.ref(servable._model) for servable in (first, second)]
for servable in (first, second):
    servable.close()
gc.collect()
print(gc.get_freeze_count() > 10000, [model() for model in models])
"""


@pytest.mark.process
@needs_loader
def test_libraries_are_out_of_the_collectors_sight_and_models_are_not(interop_genuine, run_python):
    found = run_python(COLLECTED, str(interop_genuine / "half_plus_two_tf2"))
    assert found.strip() == "True [None, None]"


@needs_loader
def test_variables_are_checked_before_any_request(interop_genuine, tmp_path):
    shutil.copytree(interop_genuine / "half_plus_two_tf2", tmp_path / "1")
    (data,) = (tmp_path / "1" / "variables").glob("*.data-*")
    content = bytearray(data.read_bytes())
    content[0] ^= 1
    data.write_bytes(content)
    with pytest.raises(errors.DataLossError, match="the checksum does not match"):
        load_saved_model(tmp_path / "1")


@needs_loader
def test_a_genuine_model_over_the_wire(interop_genuine, tmp_path):
    from tidefall.serving import Client, ModelServer

    (tmp_path / "123").symlink_to(interop_genuine / "half_plus_two_tf2")
    with ModelServer({"half": tmp_path}) as server, Client(server.url, "half") as client:
        server.wait_until_available(60)
        assert client.predict([1.0, 2.0, 5.0]) == [2.5, 3.0, 4.5]
        assert client.predict(inputs={"x": [1.0]}) == [2.5]
        with pytest.raises(errors.InvalidArgumentError, match="not of expected type: float"):
            client.predict(["x"])
        metadata = client.metadata()
    assert metadata["model_spec"]["version"] == "123"
    signatures = metadata["metadata"]["signature_def"]["signature_def"]
    assert json.dumps(signatures["regress_x_to_y"], sort_keys=True) == json.dumps(
        {
            "inputs": {"inputs": _tensor("DT_STRING", [-1], "regress_x_to_y_inputs:0")},
            "outputs": {"outputs": _tensor("DT_FLOAT", [-1, 1], "StatefulPartitionedCall_3:0")},
            "method_name": "tensorflow/serving/predict",
            "defaults": {},
        },
        sort_keys=True,
    )


def _tensor(dtype, sizes, name):
    return {
        "dtype": dtype,
        "tensor_shape": {
            "dim": [{"size": str(size), "name": ""} for size in sizes],
            "unknown_rank": False,
        },
        "name": name,
    }


def test_infos_show_what_is_expected():
    assert str(TensorInfo("float32", (None, 8, 8, 1))) == "float32 [?,8,8,1]"
    assert str(TensorInfo("string", ())) == "string []"
    assert str(TensorInfo("int64", None)) == "int64 <unknown rank>"


def export_product(folder, weight, factor=1.0):
    module = tf.Module()
    module.weight = tf.Variable(weight)
    rows = tf.TensorSpec([None], tf.float32, "x")
    product = tf.function(lambda x: {"y": x * module.weight * factor}, input_signature=[rows])
    module.product = product
    tf.saved_model.save(module, str(folder), signatures=product)
    return SavedModelServable(folder)


def product_of(servable):
    with blocking():
        return servable.signatures["serving_default"].run({"x": np.float32([2.0])})["y"].tolist()


def program_of(servable):
    function = servable._model.signatures["serving_default"]
    return function.graph_function.executable()._xla


def test_versions_of_one_graph_share_programs_but_no_weights(tmp_path):
    first = export_product(tmp_path / "1", 3.0)
    second = export_product(tmp_path / "2", 5.0)
    other = export_product(tmp_path / "3", 7.0, factor=10.0)
    assert [product_of(servable) for servable in (first, second, other)] == [[6.0], [10.0], [140.0]]
    assert program_of(first) is program_of(second)
    assert program_of(first) is not program_of(other)
    first.close()
    assert product_of(second) == [10.0]
    third = export_product(tmp_path / "4", 11.0)
    assert product_of(third) == [22.0]
    assert program_of(third) is program_of(second)


def test_a_closed_model_holds_no_weights(tmp_path):
    servable = export_product(tmp_path, 3.0)
    variable = servable._model.weight
    servable.close()
    assert variable._storage.value is None
