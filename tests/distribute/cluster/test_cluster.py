"""What lives in other tasks is used as what is here; each task here is a server of this process."""

from __future__ import annotations

import socket
import subprocess
import sys

import numpy as np
import pytest

import tidefall as tf
from tidefall.distribute.cluster import tasks
from tidefall.distribute.launch.processes import free_addresses

PS0, PS1 = "/job:ps/replica:0/task:0/device:CPU:0", "/job:ps/replica:0/task:1/device:CPU:0"


def variable_at(place, value, **options):
    with tf.device(place):
        return tf.Variable(value, **options)


# ---- variables ----


def test_a_variable_lives_where_the_device_says(cluster):
    v = variable_at("/job:ps/task:1", [1.0, 2.0], name="kernel")
    assert v.device == PS1
    np.testing.assert_array_equal(v.numpy(), [1, 2])
    assert "kernel" in repr(v) and v.shape == [2]


def adam(v, m, u):
    tf.raw_ops.ResourceApplyAdam(
        var=v.handle,
        m=m.handle,
        v=u.handle,
        beta1_power=0.9,
        beta2_power=0.999,
        lr=0.1,
        beta1=0.9,
        beta2=0.999,
        epsilon=1e-7,
        grad=tf.ones([2, 2]),
    )


WRITES = [
    ("assign", lambda v: v.assign([[5.0, 6.0], [7.0, 8.0]])),
    ("assign_add", lambda v: v.assign_add([[1.0, 1.0], [2.0, 2.0]])),
    ("assign_sub", lambda v: v.assign_sub([[1.0, 1.0], [2.0, 2.0]])),
    ("scatter_add", lambda v: v.scatter_add(tf.IndexedSlices([[1.0, 2.0]], [1]))),
    ("scatter_nd_update", lambda v: v.scatter_nd_update([[0, 1]], [9.0])),
    ("slice", lambda v: v[0].assign([3.0, 3.0])),
    ("adam", adam),
]


@pytest.mark.parametrize("traced", [False, True], ids=["eager", "function"])
@pytest.mark.parametrize("write", [pytest.param(write, id=name) for name, write in WRITES])
def test_writes_are_those_of_a_variable_here(cluster, write, traced):
    found = []
    for place in ("/cpu:0", PS0):
        v = variable_at(place, [[1.0, 2.0], [3.0, 4.0]])
        slots = [variable_at(place, tf.zeros([2, 2])) for _ in range(2)]

        def change(v=v, slots=slots):
            adam(v, *slots) if write is adam else write(v)

        (tf.function(change) if traced else change)()
        found.append(v.numpy())
    np.testing.assert_array_equal(*found)


READS = [
    ("value", lambda v: v + 1.0),
    ("gather", lambda v: tf.gather(v, [1, 0, 1])),
    ("gather_nd", lambda v: v.gather_nd([[1, 0]])),
    ("slice", lambda v: v[1:, 0]),
    ("is_initialized", lambda v: v.is_initialized()),
]


@pytest.mark.parametrize("traced", [False, True], ids=["eager", "function"])
@pytest.mark.parametrize(("name", "read"), READS, ids=[name for name, _ in READS])
def test_reads_are_those_of_a_variable_here(cluster, name, read, traced):
    found = []
    for place in ("/cpu:0", PS0):
        v = variable_at(place, [[1.0, 2.0], [3.0, 4.0]])
        found.append((tf.function(lambda v=v: read(v)) if traced else lambda v=v: read(v))())
    np.testing.assert_array_equal(*found)


def test_adds_of_several_threads_are_not_lost(cluster):
    from concurrent.futures import ThreadPoolExecutor

    v = variable_at(PS0, tf.zeros([100]))

    @tf.function
    def add():
        v.assign_add(tf.ones([100]))

    add()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: add(), range(200)))
    np.testing.assert_array_equal(v.numpy(), np.full(100, 201))


def test_a_checkpoint_holds_what_lives_elsewhere(cluster, tmp_path):
    v = variable_at(PS0, [1.0, 2.0])
    path = tf.train.Checkpoint(v=v).save(str(tmp_path / "ckpt"))
    v.assign([0.0, 0.0])
    tf.train.Checkpoint(v=v).restore(path).assert_consumed()
    np.testing.assert_array_equal(v.numpy(), [1, 2])


# ---- functions ----


def program(place):
    """Losses and weights of a training loop with branches and loops over variables."""
    kernel = variable_at(place, tf.ones([3, 1]))
    steps = variable_at(place, 0, dtype=tf.int64)
    rng = np.random.default_rng(0)
    x = tf.constant(rng.normal(size=(16, 3)), tf.float32)
    y = x @ tf.constant([[1.0], [-2.0], [0.5]])

    @tf.function
    def train(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((x @ kernel - y) ** 2)
        kernel.assign_sub(0.1 * tape.gradient(loss, kernel))
        if steps % 2 == 0:
            kernel.assign(kernel * 0.99)
        for _ in tf.range(3):
            steps.assign_add(1)
        return loss, tf.reduce_sum(kernel)

    losses = [[float(part) for part in train(x, y)] for _ in range(4)]
    return losses, kernel.numpy(), int(steps)


@pytest.fixture(scope="module")
def expected():
    return program("/cpu:0")


@pytest.mark.parametrize("tier", ["host", "xla"])
@pytest.mark.parametrize("caller", ["here", "/job:worker/task:0"])
def test_functions_do_the_same_with_variables_elsewhere(cluster, expected, caller, tier):
    before = tf.config.experimental.get_execution_tier()
    tf.config.experimental.set_execution_tier(tier)
    try:
        if caller == "here":
            found = program(PS0)
        else:
            found = program_at(caller)
    finally:
        tf.config.experimental.set_execution_tier(before)
    for mine, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5)


def program_at(caller):
    kernel_place = PS1
    original = tf.function

    class Called:
        """A function that is called in the device of a task."""

        def __init__(self, fn):
            self._function = original(fn)

        def __call__(self, *args):
            with tf.device(caller):
                return self._function(*args)

    tf.function = Called
    try:
        return program(kernel_place)
    finally:
        tf.function = original


def test_a_worker_has_iterators_of_its_own(cluster):
    (first, second) = tasks.worker_tasks()
    dataset = tf.data.Dataset.range(10).batch(2)
    one, two = first.iterator(dataset), second.iterator(dataset)

    @tf.function
    def total(iterator):
        return tf.reduce_sum(next(iterator))

    traced = total.get_concrete_function(one)
    for expected in (1, 5):
        (found,) = first.run(traced, [one._iterator_resource])
        assert int(found) == expected
    (found,) = second.run(traced, [two._iterator_resource])
    assert int(found) == 1
    np.testing.assert_array_equal(next(one), [4, 5])


def test_a_function_takes_the_tables_it_uses_along(cluster):
    table = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(["a", "b"], [1, 2]), default_value=-1
    )

    @tf.function
    def find(words):
        return table.lookup(words)

    words = tf.constant(["b", "c"])
    traced = find.get_concrete_function(words)
    worker = tasks.worker_tasks()[0]
    (found,) = worker.run(traced, [words, *traced.captured_inputs])
    np.testing.assert_array_equal(found, [2, -1])


def test_what_is_only_here_is_refused(cluster):
    v = tf.Variable(1.0)
    traced = tf.function(lambda: v + 1.0).get_concrete_function()
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"task:0 uses .* in this process"):
        tasks.worker_tasks()[0].run(traced, list(traced.captured_inputs))


def test_errors_are_those_of_the_function(cluster):
    @tf.function(input_signature=[tf.TensorSpec([None])])
    def fail(x):
        return tf.reshape(x, [3, 3])

    with (
        tf.device("/job:worker/task:1"),
        pytest.raises(tf.errors.InvalidArgumentError, match="reshape"),
    ):
        fail(tf.ones([4]))


def test_ops_say_which_device_they_ran_on(cluster):
    with tf.device("/job:worker/task:1"):
        found = tf.add(1, 2)
    assert (int(found), found.device) == (3, "/job:worker/replica:0/task:1/device:CPU:0")


def test_one_op_takes_resources_of_one_task(cluster):
    one, other = variable_at(PS0, [1.0]), variable_at(PS1, [1.0])
    with pytest.raises(tf.errors.InvalidArgumentError, match="must be on one task"):
        tf.raw_ops.ResourceApplyMomentum(
            var=one.handle, accum=other.handle, lr=0.1, grad=[1.0], momentum=0.9
        )


# ---- servers ----


def test_a_server_says_who_it_is():
    (address,) = free_addresses(1)
    server = tf.distribute.Server({"ps": [address]}, start=False)
    assert server.target == f"grpc://localhost:{address.rpartition(':')[2]}"
    assert (server.server_def.job_name, server.server_def.task_index) == ("ps", 0)


WRONG = [
    ({"a": ["x:1"], "b": ["x:2"]}, {}, ValueError, "explicit `job_name`"),
    ({"a": ["x:1", "x:2"]}, {}, ValueError, "explicit `task_index`"),
    ({"a": ["x:1"]}, {"task_index": 3}, tf.errors.InternalError, "Task 3 was not defined"),
    ({"a": ["x:y"]}, {}, tf.errors.InvalidArgumentError, "Could not parse port"),
    ({"a": ["x:1"]}, {"protocol": "mpi"}, tf.errors.NotFoundError, "mpi"),
    (3, {}, TypeError, "cluster"),
]


@pytest.mark.parametrize(("cluster", "options", "error", "said"), WRONG)
def test_wrong_clusters_are_refused(cluster, options, error, said):
    with pytest.raises(error, match=said):
        tf.distribute.Server(cluster, **options)


def test_a_taken_port_is_named():
    with socket.create_server(("127.0.0.1", 0)) as held:
        address = f"127.0.0.1:{held.getsockname()[1]}"
        with pytest.raises(tf.errors.UnknownError, match=f"ps/.*cannot listen at {address}"):
            tf.distribute.Server({"ps": [address]})


def test_a_task_that_is_not_there_is_named(cluster, monkeypatch):
    monkeypatch.setattr(tasks, "PATIENCE", 0.3)
    (address,) = free_addresses(1)
    with pytest.raises(tf.errors.UnavailableError, match=f"ps/replica:0/task:0 at {address}"):
        tf.config.experimental_connect_to_cluster(tf.train.ClusterSpec({"ps": [address]}))
    assert tasks.connected() is not None, "the connection to the others lasts"


PROGRAM = """
import sys
import tidefall as tf
server = tf.distribute.Server({"ps": [sys.argv[1]]})
print("ready", flush=True)
if sys.argv[2:]:
    server.join()
"""


@pytest.mark.process
def test_a_process_with_a_server_ends_by_itself():
    (address,) = free_addresses(1)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, address], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "ready\n", "")
