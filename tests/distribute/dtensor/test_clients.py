"""Clients, devices and meshes of them; values and errors are those that TensorFlow gives."""

import pytest

import tidefall as tf

dtensor = tf.experimental.dtensor


def test_one_client():
    assert dtensor.jobs() == []
    assert (dtensor.num_clients(), dtensor.client_id()) == (1, 0)
    assert (dtensor.job_name(), dtensor.full_job_name()) == (
        "localhost",
        "localhost/replica:0/task:0",
    )
    assert dtensor.heartbeat_enabled()
    assert dtensor.preferred_device_type() == "CPU"
    with pytest.raises(ValueError, match="Unexpected task ID 1 in local runs"):
        dtensor.full_job_name(1)


def test_several_clients(monkeypatch):
    monkeypatch.setenv("DTENSOR_JOBS", "a:1,b:2")
    monkeypatch.setenv("DTENSOR_CLIENT_ID", "1")
    monkeypatch.setenv("DTENSOR_ENABLE_HEARTBEAT", "false")
    assert dtensor.jobs() == ["a:1", "b:2"]
    assert (dtensor.num_clients(), dtensor.client_id()) == (2, 1)
    assert (dtensor.job_name(), dtensor.full_job_name()) == ("worker", "worker/replica:0/task:1")
    assert not dtensor.heartbeat_enabled()
    assert dtensor.num_global_devices("CPU") == 2 * dtensor.num_local_devices("CPU")
    with pytest.raises(tf.errors.UnimplementedError, match="over several clients"):
        dtensor.initialize_accelerator_system("CPU", experimental_reset_context=True)
    monkeypatch.setenv("DTENSOR_CLIENT_ID", "2")
    with pytest.raises(ValueError, match="DTENSOR_CLIENT_ID must be < 2, got 2"):
        dtensor.client_id()
    monkeypatch.setenv("DTENSOR_CLIENT_ID", "-1")
    with pytest.raises(ValueError, match="DTENSOR_CLIENT_ID must be >= 0, got -1"):
        dtensor.client_id()
    monkeypatch.setenv("DTENSOR_JOBS", "/bns/b/1:p,/bns/a/0:p")
    with pytest.raises(ValueError, match="Unexpected DTENSOR_JOBS content"):
        dtensor.jobs()


@pytest.mark.process
def test_devices_and_meshes(run_python):
    run_python("""
import os
import pytest
import tidefall as tf
dtensor = tf.experimental.dtensor
def fails(text, function, *args, **kwargs):
    with pytest.raises(ValueError, match=text):
        function(*args, **kwargs)
fails("Accelerators are uninitialized", dtensor.create_distributed_mesh, [("x", 1)])
fails("Unknown device_type XPU. Allowed", dtensor.initialize_accelerator_system, "XPU")
fails("is not initialized", dtensor.shutdown_accelerator_system)
assert dtensor.initialize_accelerator_system("cpu", num_logical_cpu_devices=8) == "CPU"
fails("already been initialized", dtensor.initialize_accelerator_system, "CPU")
name = "/job:localhost/replica:0/task:0/device:CPU:{}".format
assert [d.to_string() for d in dtensor.local_devices("CPU")] == [name(i) for i in range(8)]
assert dtensor.local_devices("GPU") == []
fails("Device type XPU is not CPU, GPU, or TPU", dtensor.local_devices, "XPU")
assert [dtensor.num_local_devices("cpu"), dtensor.num_global_devices("CPU")] == [8, 8]
assert dtensor.create_mesh().to_string().startswith("|x=8|0,1,2,3,4,5,6,7|")
named = dtensor.create_mesh({"b": -1}, "nm")
assert (named.name, named.dim_names, named.size) == ("nm", ["b"], 8)
two = dtensor.create_mesh([("x", 2)], devices=["CPU:0", "CPU:1"])
assert two.to_string() == f"|x=2|0,1|0,1|{name(0)},{name(1)}"
assert dtensor.create_distributed_mesh({"x": 2}, local_devices=["cpu:0", "cpu:1"]) == two
assert dtensor.create_distributed_mesh([("x", 4), ("y", 2)]).shape() == [4, 2]
fails("length of devices .8. must be equal to total size of the mesh of shape .3.",
      dtensor.create_mesh, [("x", 3)])
fails("Conflicting devices", dtensor.create_mesh, [("x", 1)], devices=["CPU:0"], device_type="GPU")
fails("multiple device_types", dtensor.create_mesh, [("x", 2)], devices=["CPU:0", "GPU:0"])
fails("XLA SPMD is not", dtensor.create_mesh, [("x", 8)], use_xla_spmd=True)
fails("Global number of devices .8 per client . 1 clients = 8. must be equal",
      dtensor.create_distributed_mesh, {"x": 3})
with pytest.raises(tf.errors.UnimplementedError, match="on TPUs is not implemented"):
    dtensor.create_tpu_mesh(["x"], [8], "tpu")
""")


@pytest.mark.process
def test_devices_are_set_up_anew(run_on_devices):
    run_on_devices(
        8,
        """
def total(count):
    mesh = dtensor.create_mesh([("x", count)])
    x = dtensor.copy_to_mesh(np.ones([count], np.float32), Layout(["x"], mesh))
    return float(tf.function(tf.reduce_sum)(x + 1.0))
assert total(8) == 16.0
fails(ValueError, "already been initialized", dtensor.initialize_accelerator_system)
dtensor.shutdown_accelerator_system()
dtensor.initialize_accelerator_system("CPU", num_logical_cpu_devices=2)
assert total(2) == 4.0
dtensor.shutdown_accelerator_system()
tf.function(lambda: tf.constant(1))()
fails(ValueError, "TensorFlow has already been initialized", dtensor.initialize_accelerator_system)
dtensor.initialize_accelerator_system(num_logical_cpu_devices=4, experimental_reset_context=True)
assert total(4) == 8.0
""",
    )
