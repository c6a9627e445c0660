"""Programs over several virtual CPUs, each in a process of its own: devices are set up once."""

import pytest

HELPERS = """
dtensor = tf.experimental.dtensor
Layout, U = dtensor.Layout, dtensor.UNSHARDED
def specs(tensor):
    return dtensor.fetch_layout(tensor).sharding_specs
def parts(tensor):
    return [part.numpy().tolist() for part in dtensor.unpack(tensor)]
def whole(tensor):
    layout = dtensor.fetch_layout(tensor)
    return dtensor.relayout(tensor, Layout.replicated(layout.mesh, layout.rank)).numpy()
def fails(error, text, function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except error as found:
        assert text in str(found), found
    else:
        raise AssertionError(f"{text} was not raised")
errors = tf.errors
"""
PRELUDE = f"""
import numpy as np
import tidefall as tf
{HELPERS}
dtensor.initialize_accelerator_system("CPU", num_logical_cpu_devices=COUNT)
"""
LOGICAL = f"""
import numpy as np
import tidefall as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * COUNT)
{HELPERS}
"""
GRID = """
mesh = dtensor.create_mesh([("x", 4), ("y", 2)])
A = np.arange(32, dtype=np.float32).reshape(8, 4)
replicated = dtensor.copy_to_mesh(A, Layout.replicated(mesh, 2))
rows = dtensor.copy_to_mesh(A, Layout(["x", U], mesh))
tiles = dtensor.relayout(replicated, Layout(["x", "y"], mesh))
"""


@pytest.fixture
def run_on_mesh(run_python):
    """Runs a program with a mesh of 4 x 2 virtual CPUs, and an array on it in three layouts."""
    return lambda source: run_python(PRELUDE.replace("COUNT", "8") + GRID + source)


@pytest.fixture
def run_on_devices(run_python):
    """Runs a program with that many virtual CPUs, and no mesh yet."""
    return lambda count, source: run_python(PRELUDE.replace("COUNT", str(count)) + source)


@pytest.fixture
def run_on_logical_devices(run_python):
    """Runs a program with that many virtual CPUs that `tf.config` was asked for."""
    return lambda count, source: run_python(LOGICAL.replace("COUNT", str(count)) + source)
