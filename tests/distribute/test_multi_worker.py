"""MultiWorkerMirroredStrategy: workers that are processes train as one."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

import tidefall as tf
from tidefall.distribute.launch.processes import cluster_of
from tidefall.distribute.launch.supervisor import Limits, Supervisor

PROGRAM = """
import json, sys
import numpy as np
import tidefall as tf

strategy = tf.distribute.MultiWorkerMirroredStrategy()
rng = np.random.default_rng(0)
x = rng.normal(size=(64, 3)).astype("float32")
y = (x @ np.array([[1.0], [-2.0], [0.5]], "float32")).astype("float32")


def own_part(context):
    size = context.get_per_replica_batch_size(16)
    whole = tf.data.Dataset.from_tensor_slices((x, y)).batch(size)
    return whole.shard(context.num_input_pipelines, context.input_pipeline_id)


with strategy.scope():
    kernel = tf.Variable(tf.random.normal([3, 1], seed=None))  # the first worker's is taken
    kernel.assign(tf.zeros([3, 1]))
    start = tf.Variable(float(strategy.extended.replica_id(0)))
    seen = tf.Variable(
        0.0,
        synchronization=tf.VariableSynchronization.ON_READ,
        aggregation=tf.VariableAggregation.SUM,
    )
    steps = tf.Variable(0, aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA)
dataset = strategy.distribute_datasets_from_function(own_part)


def step(x, y):
    with tf.GradientTape() as tape:
        squares = tf.reduce_sum((x @ kernel - y) ** 2, 1)
        loss = tf.nn.compute_average_loss(squares, global_batch_size=16)
    context = tf.distribute.get_replica_context()
    count = tf.cast(tf.shape(x)[0], tf.float32)
    gradient, examples = context.all_reduce("sum", [tape.gradient(loss, kernel), count])
    context._update(kernel, lambda v, g: v.assign_sub(0.1 * g), args=(gradient,))
    seen.assign_add(tf.cast(tf.shape(x)[0], tf.float32))
    steps.assign_add(1)
    return loss, examples


@tf.function
def train(iterator):
    losses, examples = strategy.run(step, args=next(iterator))
    return strategy.reduce("sum", losses, None), strategy.reduce("mean", examples, None)


losses = []
for epoch in range(2):
    iterator = iter(dataset)
    for _ in range(4):
        loss, examples = train(iterator)
        losses.append(float(loss))
assert isinstance(strategy.run(lambda: tf.constant(1.0)), tf.Tensor), "as TensorFlow's"
ids = strategy.gather(tf.constant([strategy.extended.replica_id(0)]), 0)
result = {
    "losses": losses,
    "examples": float(examples),
    "kernel": kernel.numpy().ravel().tolist(),
    "start": float(start),
    "seen": float(seen.numpy()),
    "steps": int(steps),
    "replicas": strategy.num_replicas_in_sync,
    "ids": ids.numpy().tolist(),
    "chief": strategy.extended.should_checkpoint,
}
print("result " + json.dumps(result))
"""


def _run(tmp_path, program, counts, restarts=0):
    """What each worker printed as its result."""
    path = tmp_path / "program.py"
    path.write_text(program)
    lines = []
    supervisor = Supervisor(
        [sys.executable, str(path)],
        cluster_of(counts),
        Limits(restarts=restarts),
        lambda task, line: lines.append((str(task), line)),
    )
    outcomes = supervisor.run()
    assert [o.status for o in outcomes.values()] == [0] * len(outcomes), lines
    return [json.loads(line[7:]) for _, line in sorted(lines) if line.startswith("result ")]


@pytest.mark.process
def test_workers_train_as_one_process_on_the_same_batches(tmp_path):
    (alone,) = _run(tmp_path, PROGRAM, {"worker": 1})
    both = _run(tmp_path, PROGRAM, {"chief": 1, "worker": 1})
    for mine in both:
        np.testing.assert_allclose(mine["losses"], alone["losses"], rtol=1e-5)
        np.testing.assert_allclose(mine["kernel"], alone["kernel"], rtol=1e-5)
        assert (mine["replicas"], mine["steps"], mine["examples"]) == (2, 8, 16.0)
        assert (mine["start"], mine["seen"], mine["ids"]) == (0.0, 128.0, [0, 1])
    assert both[0]["kernel"] == both[1]["kernel"], "the same bits on all workers"
    assert [mine["chief"] for mine in both] == [True, False]


LEAVING = """
import json, os
import numpy as np
import tidefall as tf

keras = tf.keras
strategy = tf.distribute.MultiWorkerMirroredStrategy()


class Leave(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if batch == 2 and strategy.extended.replica_id(0) == 1:
            os._exit(0)


with strategy.scope():
    model = keras.Sequential([LAYER])
    model.compile(keras.optimizers.SGD(0.25), lambda y, prediction: prediction)
data = tf.data.Dataset.from_tensor_slices((np.zeros([64, 1], "f") + INPUT, np.zeros([64, 1], "f")))
model.fit(data.batch(8), epochs=1, verbose=0, callbacks=[Leave()])
weights = [model.get_weights()[0].ravel().tolist()]
model.fit(data.batch(8), epochs=1, verbose=0)
weights.append(model.get_weights()[0].ravel().tolist())
print("result " + json.dumps(weights))
"""
PACKS = """
import json
import tidefall as tf

strategy = tf.distribute.MultiWorkerMirroredStrategy()


@tf.function
def step(own):
    def replica():
        given = [tf.fill([n], own) for n in (1, 3, 20_000, 2)]
        given.append(tf.fill([2], tf.cast(own, tf.int64)))
        return tf.distribute.get_replica_context().all_reduce("sum", given)

    return strategy.run(replica)


found = step(tf.constant(strategy.extended.replica_id(0) + 1.0))
right = [[v.dtype.name, v.shape[0], bool((v.numpy() == 3).all())] for v in found]
print("result " + json.dumps(right))
"""


@pytest.mark.process
def test_tensors_of_all_sizes_and_dtypes_are_added_up(tmp_path):
    sizes = [("float32", 1), ("float32", 3), ("float32", 20_000), ("float32", 2), ("int64", 2)]
    wanted = [[dtype, size, True] for dtype, size in sizes]
    assert _run(tmp_path, PACKS, {"worker": 2}) == [wanted, wanted]


@pytest.mark.process
@pytest.mark.parametrize(
    ("layer", "given", "step"),
    [
        ("keras.layers.Dense(1, use_bias=False, kernel_initializer='zeros')", "2.0", 2.0),
        ("keras.layers.Embedding(1, 1, embeddings_initializer='zeros')", "0.0", 1.0),
    ],
)
def test_a_step_is_as_large_while_a_worker_is_away(tmp_path, layer, given, step):
    program = LEAVING.replace("LAYER", layer).replace("INPUT", given)
    (left,) = _run(tmp_path, program, {"worker": 2})
    # The gradient of each worker is the same, and so is their mean, whoever takes part.
    assert left == [[-0.25 * step * 8], [-0.25 * step * 16]]


COMING_BACK = """
import json, os, signal, sys, time
import tidefall as tf
from pathlib import Path

is_second = json.loads(os.environ["TF_CONFIG"])["task"]["index"] == 1
died, done = Path(__file__).with_name("died"), Path(__file__).with_name("done")
while died.exists() and not done.exists():  # the second worker again
    time.sleep(0.05)
strategy = tf.distribute.MultiWorkerMirroredStrategy()
with strategy.scope():
    total = tf.Variable(0.0)
ones = tf.data.Dataset.from_tensors([1.0]).repeat(20).batch(2)
for step, value in enumerate(strategy.experimental_distribute_dataset(ones)):
    total.assign_add(strategy.reduce("sum", strategy.run(tf.reduce_sum, [value]), None))
    if is_second and step == 2 and not died.exists():
        died.touch()
        os.kill(os.getpid(), signal.SIGKILL)
print("result " + json.dumps([is_second, float(total)]))
done.touch()
"""


@pytest.mark.process
def test_a_worker_that_is_back_when_the_others_have_ended_goes_on_alone(tmp_path):
    # It waits for nobody, and takes all elements.
    assert _run(tmp_path, COMING_BACK, {"worker": 2}, restarts=1)[1] == [True, 20.0]


@pytest.mark.parametrize(
    ("config", "error", "said"),
    [
        (
            {"cluster": {"worker": ["localhost:0"]}, "task": {"type": "worker", "index": 3}},
            ValueError,
            "3",
        ),
        (
            {"cluster": {"ps": ["localhost:0"]}, "task": {"type": "ps", "index": 0}},
            ValueError,
            "ps",
        ),
        (
            {"cluster": {"worker": ["localhost:0"]}, "task": {"type": "worker", "index": -1}},
            ValueError,
            "This is worker -1, but the cluster has 1 of them",
        ),
        (
            {
                "cluster": {"chief": ["a:1", "b:1"], "worker": ["c:1"]},
                "task": {"type": "worker", "index": 0},
            },
            ValueError,
            "There must be at most one 'chief' job",
        ),
        (
            {
                "cluster": {"chief": ["a:1"], "master": ["b:1"], "worker": ["c:1"]},
                "task": {"type": "worker", "index": 0},
            },
            ValueError,
            "Disallowed task type found in cluster spec: master",
        ),
        (
            {"cluster": {"worker": ["localhost"]}, "task": {"type": "worker", "index": 0}},
            tf.errors.InvalidArgumentError,
            "Could not parse port for local server from 'localhost'",
        ),
        (
            {"cluster": {"worker": ["a:1", "a:1"]}, "task": {"type": "worker", "index": 0}},
            ValueError,
            "a:1 is the address of two tasks",
        ),
        (
            {"cluster": {"worker": ["a:1"]}, "task": {"type": "boss", "index": 0}},
            ValueError,
            "No `worker`, `chief` or `evaluator` tasks",
        ),
        ({"cluster": {"worker": ["a:1"]}}, ValueError, "must also specify `task_type`"),
    ],
)
def test_a_wrong_place_in_the_cluster_is_refused(monkeypatch, config, error, said):
    monkeypatch.setenv("TF_CONFIG", json.dumps(config))
    with pytest.raises(error, match=said):
        tf.distribute.MultiWorkerMirroredStrategy()


def test_arguments_of_other_types_are_refused():
    with pytest.raises(ValueError, match="cluster_resolver must be an instance"):
        tf.distribute.MultiWorkerMirroredStrategy(cluster_resolver="worker")
    with pytest.raises(ValueError, match="communication_options must be an instance"):
        tf.distribute.MultiWorkerMirroredStrategy(communication_options=5)


def test_one_worker_without_a_cluster_exchanges_nothing(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    strategy = tf.distribute.MultiWorkerMirroredStrategy()

    @tf.function
    def everything(x):
        def replica(x):
            context = tf.distribute.get_replica_context()
            return [context.all_reduce("sum", [x, x + 1.0]), context.all_gather(x, 0)]

        return strategy.run(replica, args=(x,))

    (first, second), gathered = everything(tf.constant([2.0]))
    assert [first.numpy(), second.numpy(), gathered.numpy()] == [[2.0], [3.0], [2.0]]
    ops = {
        node.type
        for node in everything.get_concrete_function(tf.constant([2.0])).graph.get_operations()
    }
    assert not any(op.startswith("_") for op in ops), ops


def test_one_worker_without_a_cluster_is_the_chief(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    assert strategy.num_replicas_in_sync == 1
    assert strategy.extended.should_checkpoint
