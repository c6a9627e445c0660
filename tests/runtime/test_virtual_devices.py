"""Several CPUs in one process: where values live and where code runs; what a GPU does."""

from concurrent.futures import ThreadPoolExecutor

import pytest

import tidefall as tf

SETUP = """
import tidefall as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 3)
tf.config.threading.set_intra_op_parallelism_threads(1)
x = tf.constant([1.0, 2.0])
def where(*tensors):
    return [int(t.device.rpartition(":")[2]) for t in tensors]
"""


@pytest.mark.process
def test_eager_values_live_where_they_were_made(run_python):
    run_python(
        SETUP
        + """
with tf.device("cpu:1"):
    z = tf.constant(2.0)
    v = tf.Variable(3.0)
    assert where(z, z + x, v, v + 1.0, v.value(), tf.range(3), tf.zeros([2]), tf.eye(2)) == [1] * 8
    made = [tf.shape(x), tf.reduce_sum(x), tf.matmul([[1.0]], [[1.0]]), tf.cast(x, tf.int32),
            tf.reshape(x, [2, 1]), x[0], tf.identity(x), tf.random.normal([2]), tf.fill([2], 1),
            tf.constant("a")]
    assert where(*made) == [1] * len(made)
    with tf.GradientTape() as tape:
        y = v * v
    slope = tape.gradient(y, v)
    assert where(slope) == [1] and float(slope) == 6.0
    with tf.device("cpu:2"):
        assert where(tf.constant(1)) == [2]
    with tf.device("cpu:9"):
        assert where(tf.constant(1)) == [0]
assert where(z + 1.0, v, tf.constant(1)) == [0, 1, 0]
import sys
assert "jax" not in sys.modules
"""
    )


@pytest.mark.process
def test_compiled_functions_run_where_they_are_called(run_python):
    run_python(
        SETUP
        + """
v = tf.Variable(1.0)
compiled = tf.function(lambda a: a * 2.0 + v, jit_compile=True)
plain = tf.function(lambda a: a * 2.0 + v)
for n in (2, 0, 1):
    with tf.device(f"cpu:{n}"):
        result = compiled(x)
        assert where(result, plain(x)) == [n, n]
        assert result.storage.device.id == n
        assert result.numpy().tolist() == [3.0, 5.0]
with tf.device("cpu:2"):
    w = tf.Variable([1.0, 2.0])

@tf.function(jit_compile=True)
def inside():
    with tf.device("cpu:2"):
        w.assign_add([1.0, 1.0])
        return w * 2.0

assert where(inside(), w) == [2, 2]
assert w._storage.value.device.id == 2
assert inside().numpy().tolist() == [6.0, 8.0]
"""
    )


@pytest.mark.process
def test_an_accelerator_compiles_ops_and_keeps_values(run_python):
    run_python(
        SETUP
        + """
# The third CPU plays a GPU: the same class, over jax's third CPU device.
from tidefall.tensor import placement
from tidefall.runtime.devices.accelerator import Accelerator
name = "/job:localhost/replica:0/task:0/device:CPU:2"
placement._devices[name] = Accelerator(name)
with tf.device("cpu:2"):
    a = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    made = [a, tf.matmul(a, a), tf.concat([a, a], 0), tf.split(a, 2)[0], tf.unstack(a)[1],
            tf.where(a > 2.0), tf.random.normal([2]), tf.gather(a, [0]), tf.cumsum(a, 1)]
    assert where(*made) == [2] * len(made)
    assert all(t.storage.device.id == 2 for t in made)
    assert made[1].numpy().tolist() == [[7.0, 10.0], [15.0, 22.0]]
    assert where(tf.constant("text")) == [0]
    v = tf.Variable(a)
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.matmul(v, v) ** 2)
    assert tape.gradient(y, v).numpy().tolist() == [[158.0, 274.0], [266.0, 482.0]]
    try:
        tf.matmul(a, [[1.0]])
    except tf.errors.InvalidArgumentError as error:
        assert "MatMul" in error.message
    else:
        raise AssertionError("nothing was raised")
    result = tf.function(lambda t: t * 2.0)(x)
    assert result.storage.device.id == 2

@tf.function
def mixed(t):
    with tf.device("cpu:2"):
        t = tf.matmul(t, t)
    with tf.device("cpu:1"):
        return tf.strings.length("abc") if False else t + 1.0

assert mixed(tf.ones([2, 2])).numpy().tolist() == [[3.0, 3.0], [3.0, 3.0]]

tf.config.experimental.set_device_policy("explicit")
with tf.device("cpu:2"):
    try:
        tf.negative(x)
    except tf.errors.InvalidArgumentError as error:
        assert "Tensors on conflicting devices" in error.message
    else:
        raise AssertionError("nothing was raised")
"""
    )


@pytest.mark.process
def test_threads_are_what_was_asked_for(run_python):
    found = run_python(
        """
import tidefall as tf
from pathlib import Path
tf.config.threading.set_intra_op_parallelism_threads(1)
from tidefall.runtime.devices.threads import blas_threads
assert blas_threads() in (1, None)
tf.function(lambda a: a + 1.0, jit_compile=True)(tf.constant(1.0))
tasks = Path("/proc/self/task")
names = [(t / "comm").read_text() for t in tasks.iterdir()] if tasks.is_dir() else []
print(sum("XLAEigen" in name for name in names))
"""
    )
    assert int(found) <= 1


def test_every_op_is_logged(capfd):
    x = tf.constant([1.0])
    tf.debugging.set_log_device_placement(True)
    try:
        tf.add(x, x)
        tf.function(lambda a: a)(x)
    finally:
        tf.debugging.set_log_device_placement(False)
    tf.add(x, x)
    lines = capfd.readouterr().err.splitlines()
    device = "/job:localhost/replica:0/task:0/device:CPU:0"
    assert lines[0] == f"Executing op AddV2 in device {device}"
    assert len(lines) == 2 and lines[1].startswith("Executing op __inference_")


def test_logging_leaves_other_switches_as_they_are(capfd):
    tf.debugging.enable_check_numerics()
    try:
        tf.debugging.set_log_device_placement(True)
        tf.debugging.set_log_device_placement(False)
        with ThreadPoolExecutor(1) as pool:
            for run in (lambda f, x: f(x), lambda f, x: pool.submit(f, x).result()):
                with pytest.raises(tf.errors.InvalidArgumentError, match="NaN"):
                    run(tf.math.log, tf.constant(-1.0))
    finally:
        tf.debugging.disable_check_numerics()
    assert capfd.readouterr().err.count("Executing op") == 0


needs_gpu = pytest.mark.skipif(
    not tf.config.list_physical_devices("GPU"), reason="this machine has no GPU that jax can use"
)


@needs_gpu
def test_a_gpu_is_used_when_asked_for():
    with tf.device("GPU:0"):
        a = tf.constant([[1.0, 2.0], [3.0, 4.0]])
        product = tf.matmul(a, a)
        variable = tf.Variable(a)
    assert product.device.endswith("GPU:0") and variable.device.endswith("GPU:0")
    assert product.storage.device.platform == "gpu"
    assert product.numpy().tolist() == [[7.0, 10.0], [15.0, 22.0]]
    assert tf.add(a, a).device.endswith("CPU:0")
    info = tf.config.experimental.get_memory_info("GPU:0")
    assert 0 < info["current"] <= info["peak"]


@needs_gpu
def test_a_gpu_runs_functions():
    compiled = tf.function(lambda a: a * 2.0, jit_compile=True)
    with tf.device("GPU:0"):
        result = compiled(tf.constant([1.0]))
    assert result.device.endswith("GPU:0") and result.numpy().tolist() == [2.0]


@pytest.mark.process
@pytest.mark.parametrize(
    "needs_devices",
    [
        "tf.config.list_logical_devices()",
        "with tf.device('cpu:0'): pass",
        "tf.function(lambda: tf.constant(1))()",
        "tf.function(lambda: tf.constant(1), jit_compile=True)()",
        "tf.distribute.MirroredStrategy()",
    ],
)
def test_devices_can_be_set_until_something_needs_them(run_python, needs_devices):
    run_python(
        f"""
import tidefall as tf
x = tf.constant(1.0) + tf.Variable(2.0)
with tf.GradientTape() as tape:
    tape.watch(x)
    y = tf.exp(x)
tape.gradient(y, x)
cpu = tf.config.list_physical_devices("CPU")[0]
two, three = ([tf.config.LogicalDeviceConfiguration()] * n for n in (2, 3))
tf.config.set_logical_device_configuration(cpu, two)
tf.config.set_logical_device_configuration(cpu, three)
tf.config.threading.set_intra_op_parallelism_threads(1)
{needs_devices}
tf.config.set_logical_device_configuration(cpu, three)
try:
    tf.config.set_logical_device_configuration(cpu, two)
except RuntimeError as error:
    assert str(error) == "Virtual devices cannot be modified after being initialized"
else:
    raise AssertionError
assert len(tf.config.list_logical_devices("CPU")) == 3
with tf.device("cpu:2"):
    assert (x + 1.0).device.endswith("CPU:2")
"""
    )
