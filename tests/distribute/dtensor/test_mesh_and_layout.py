"""Meshes and layouts; texts, shapes and errors are those that TensorFlow gives."""

import copy
import pickle

import numpy as np
import pytest

import tidefall as tf

dtensor = tf.experimental.dtensor
Layout, Mesh = dtensor.Layout, dtensor.Mesh
CPU = "/job:localhost/replica:0/task:0/device:CPU:{}".format
EIGHT = list(map(CPU, range(8)))


def make(name=""):
    return Mesh(["x", "y"], np.arange(8).reshape(4, 2), list(range(8)), EIGHT, name)


@pytest.fixture
def mesh():
    return make()


def test_a_mesh_says_what_it_is(mesh):
    assert (mesh.name, mesh.dim_names, mesh.size, mesh.shape()) == ("", ["x", "y"], 8, [4, 2])
    assert mesh.num_local_devices() == 8
    assert mesh.device_type() == "CPU"
    assert mesh.local_device_ids() == list(range(8))
    assert mesh.local_devices() == EIGHT
    assert mesh.global_devices() == []
    assert mesh.global_device_ids().tolist() == [[0, 1], [2, 3], [4, 5], [6, 7]]
    assert mesh.min_global_device_id() == 0
    assert mesh.strides == [2, 1]
    assert not mesh.is_remote()
    assert not mesh.is_single_device()
    assert not mesh.use_xla_spmd()
    assert mesh.host_mesh() == mesh
    assert mesh.dim_size("x") == 4
    assert mesh["y"] == ("y", 2)
    assert "x" in mesh
    assert not mesh.contains_dim("z")


def test_places_of_devices(mesh):
    assert mesh.device_location(5) == [2, 1]
    assert mesh.coords(5).numpy().tolist() == [2, 1]
    assert mesh.unravel_index()[3] == {"x": 1, "y": 1}
    assert mesh.local_device_locations()[6] == {"x": 3, "y": 0}
    with pytest.raises(ValueError, match="Device 8 is not in mesh"):
        mesh.device_location(8)


def test_a_mesh_as_text_and_message(mesh):
    ids = "0,1,2,3,4,5,6,7"
    assert mesh.to_string() == f"|x=4,y=2|{ids}|{ids}|{','.join(EIGHT)}"
    assert repr(mesh) == str(mesh) == f"Mesh.from_string({mesh.to_string()})"
    for same in (
        Mesh.from_string(mesh.to_string()),
        Mesh.from_proto(mesh.as_proto()),
        pickle.loads(pickle.dumps(mesh)),
        copy.copy(mesh),
        make(),
    ):
        assert same == mesh
        assert hash(same) == hash(mesh)
    assert mesh != make("other")
    assert Mesh.from_string(make("other").to_string()).name == "other"
    message = mesh.as_proto()
    assert [(d.name, d.size) for d in message.mesh_dimensions] == [("x", 4), ("y", 2)]
    assert list(message.local_devices) == EIGHT


def test_a_mesh_of_one_device():
    mesh = Mesh.from_device(CPU(0))
    assert mesh.is_single_device()
    assert (mesh.single_device, mesh.size, mesh.shape()) == (CPU(0), 0, [])
    assert mesh.local_devices() == []
    assert mesh.to_string() == CPU(0)
    assert Mesh.from_string(CPU(0)) == mesh == Mesh.from_proto(mesh.as_proto())
    layout = Layout.from_single_device_mesh(mesh)
    assert layout == Layout.from_device(CPU(0)) == Layout.from_string(layout.to_string())
    assert layout.to_string() == f"maximal:true, mesh:{CPU(0)}"
    assert layout.rank == 0
    assert layout.is_single_device()
    assert Layout.from_proto(layout.as_proto()) == layout


TWO = [CPU(0), CPU(1)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((["x"], [0, 1], [0, 1], TWO), "Variable global_device_ids must be an ndarray."),
        ((["x"], np.array([]), [], []), "Variable global_device_ids must be non-empty."),
        ((["x"], np.array([0, 2]), [0, 1], TWO), r"must sequentially increase: \[0 2\]"),
        ((["x", "y"], np.arange(2), [0, 1], TWO), "Number of mesh dimensions does not match"),
        ((["x"], np.arange(2), (0, 1), TWO), "local_device_ids must be a list of integers"),
        ((["x"], np.arange(2), [0, 1], tuple(TWO)), "local_devices must be a list of DeviceSpecs"),
        ((["x"], np.arange(2), [0, 1], []), "Empty list of devices not allowed"),
        ((["x"], np.arange(2), [0], TWO), "does not have same size as local_devices"),
        ((["x"], np.arange(1), [0, 1], TWO), "Cannot have more local than gobal device IDs"),
        ((["x"], np.arange(2), [0, 1], ["/job:a", "/job:a/task:1"]), "device_type is required"),
        ((["x"], np.arange(2), [0, 1], ["CPU:0", "GPU:0"]), "multiple device_types"),
        ((["x"], np.arange(2), [0, 1], ["GPU:0", "GPU:0"]), "Duplicate devices found"),
        ((["x"], np.arange(2), [0, 1], TWO, "", None, True), "XLA SPMD is not currently not"),
    ],
)
def test_meshes_that_cannot_be(arguments, message):
    with pytest.raises(ValueError, match=message):
        Mesh(*arguments)


@pytest.mark.parametrize("text", ["", "foo", "a|b", "|x=a|0|0|CPU:0"])
def test_texts_that_are_no_mesh(text):
    with pytest.raises(ValueError, match="Input string is invalid: "):
        Mesh.from_string(text)


def test_a_layout_says_what_it_is(mesh):
    layout = Layout(["x", "unsharded"], mesh)
    assert layout.mesh == mesh
    assert layout.rank == 2
    assert layout.shape == [4, 2]
    assert layout.sharding_specs == ["x", "unsharded"]
    assert layout == Layout(("x", "unsharded"), mesh)
    assert (layout.num_shards(0), layout.num_shards(1)) == (4, 1)
    assert layout.type.name == "STATIC"
    assert not layout.is_fully_replicated()
    assert layout.is_batch_parallel()
    assert layout.offset_to_shard() == [(i // 2, 0) for i in range(8)]
    assert layout.offset_tuple_to_global_index((2, 0)) == 2
    assert layout.global_shape_from_local_shape([2, 3]) == (8, 3)
    assert layout.local_shape_from_global_shape(tf.TensorShape([8, 3])) == (2, 3)
    assert Layout(["x", "y"], mesh).delete([0]) == Layout(["y"], mesh)
    assert Layout(["x", "y"], mesh).delete(1) == Layout(["x"], mesh)


def test_ways_to_make_a_layout(mesh):
    assert Layout.replicated(mesh, 2).sharding_specs == ["unsharded"] * 2
    assert Layout.batch_sharded(mesh, "x", 3).sharding_specs == ["x", "unsharded", "unsharded"]
    shifted = Layout.batch_sharded(mesh, "x", 3, axis=1)
    assert shifted.sharding_specs == ["unsharded", "x", "unsharded"]
    assert Layout.inner_sharded(mesh, "y", 2).sharding_specs == ["unsharded", "y"]
    parallel = [Layout(s, mesh).is_batch_parallel() for s in (["x", "unsharded"], ["x", "y"])]
    assert parallel == [True, False]
    assert not Layout.replicated(mesh, 2).is_batch_parallel()
    assert not Layout.inner_sharded(mesh, "y", 2).is_batch_parallel()


def test_a_layout_as_text_and_message(mesh):
    layout = Layout(["x", "unsharded"], mesh)
    assert layout.to_string() == f"sharding_specs:x,unsharded, mesh:{mesh.to_string()}"
    assert Layout.replicated(mesh, 0).to_string() == f"sharding_specs: mesh:{mesh.to_string()}"
    assert str(layout) == f"Layout.from_string({layout.to_string()})"
    assert layout.to_parted().to_string() == f"parted:x,unsharded, mesh:{mesh.to_string()}"
    for one in (layout, layout.to_parted(), Layout.replicated(mesh, 0)):
        for same in (
            Layout.from_string(one.to_string()),
            Layout.from_proto(one.as_proto()),
            pickle.loads(pickle.dumps(one)),
        ):
            assert same == one
            assert hash(same) == hash(one)
    assert layout != layout.to_parted()
    assert layout != 3


def test_layouts_that_cannot_be(mesh):
    with pytest.raises(ValueError, match="Mesh dimension x was repeated in sharding spec"):
        Layout(["x", "x"], mesh)
    with pytest.raises(ValueError, match="z: A dimension sharding must either be a valid mesh"):
        Layout(["z"], mesh)
    with pytest.raises(ValueError, match="mesh is not a valid Mesh object"):
        Layout(["x"], None)
    with pytest.raises(ValueError, match="z: A dimension sharding"):
        Layout.batch_sharded(mesh, "z", 3)
    with pytest.raises(ValueError, match="no axis 0"):
        Layout.batch_sharded(mesh, "x", 0)
    with pytest.raises(ValueError, match="Expected 2 items but found 1"):
        Layout.from_string("foo")
    with pytest.raises(ValueError, match="mesh is not single device"):
        Layout.from_single_device_mesh(mesh)
    with pytest.raises(ValueError, match="not divisible"):
        Layout(["x"], mesh).local_shape_from_global_shape([6])
    with pytest.raises(ValueError, match="has not the rank"):
        Layout(["x"], mesh).local_shape_from_global_shape([8, 8])


def test_the_messages_have_tensorflows_module(run_python):
    run_python("""
import tidefall.compat.tensorflow as compat
compat.enable()
from tensorflow.dtensor.proto import layout_pb2
text = layout_pb2.MeshProto(name="a").SerializeToString()
assert layout_pb2.MeshProto.FromString(text).name == "a"
assert layout_pb2.LayoutProto.DESCRIPTOR.full_name == "tensorflow.dtensor.LayoutProto"
""")
