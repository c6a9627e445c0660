"""Changes of parts of a variable reach all components; functions of replicas are exported."""

import pytest

SETUP = """
import sys, tempfile
import tidefall as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
strategy = tf.distribute.MirroredStrategy(["cpu:0", "cpu:1"])

def made(value, aggregation="NONE"):
    with strategy.scope():
        return tf.Variable(value, aggregation=tf.VariableAggregation[aggregation])

def components(v):
    return [c.numpy().tolist() for c in v.values]

def refused(error, text, call):
    try:
        call()
    except error as found:
        assert text in str(found), found
    else:
        raise AssertionError(text)
"""

CHANGES = """
changes = {
    "scatter_nd_add": (lambda v: v.scatter_nd_add([[0]], [5.0]), [6.0, 2.0, 3.0]),
    "scatter_nd_sub": (lambda v: v.scatter_nd_sub([[0]], [5.0]), [-4.0, 2.0, 3.0]),
    "scatter_nd_update": (lambda v: v.scatter_nd_update([[1], [2]], [5.0, 6.0]), [1.0, 5.0, 6.0]),
    "scatter_nd_max": (lambda v: v.scatter_nd_max([[1]], [9.0]), [1.0, 9.0, 3.0]),
    "slice": (lambda v: v[1:].assign([7.0, 8.0]), [1.0, 7.0, 8.0]),
    "batch": (lambda v: v.batch_scatter_update(tf.IndexedSlices([7.0], [0])), [7.0, 2.0, 3.0]),
}
ways = {
    "eager": lambda f: f,
    "function": tf.function,
    "scope": lambda f: lambda: in_scope(f),
}
def changed(change, v):
    change(v)

def in_scope(f):
    with strategy.scope():
        f()
for name, (change, wanted) in changes.items():
    for aggregation in ("NONE", "SUM", "ONLY_FIRST_REPLICA"):
        for way, wrapped in ways.items():
            v = made([1.0, 2.0, 3.0], aggregation)
            wrapped(lambda: changed(change, v))()
            assert components(v) == [wanted] * 2, (name, aggregation, way, components(v))
    for aggregation in ("NONE", "ONLY_FIRST_REPLICA"):
        for wrapped in (ways["eager"], ways["function"]):
            v = made([1.0, 2.0, 3.0], aggregation)
            wrapped(lambda: strategy.run(lambda: changed(change, v)))()
            assert components(v) == [wanted] * 2, (name, aggregation, components(v))
v = made([1.0, 2.0, 3.0], "SUM")
refused(NotImplementedError, "aggregation", lambda: strategy.run(lambda: changes["batch"][0](v)))
strategy.run(lambda: v[:1].assign([4.0]))  # as in TensorFlow, each replica its own
assert components(v) == [[4.0, 2.0, 3.0]] * 2
"""


@pytest.mark.process
def test_changes_of_elements_and_slices_reach_all_components(run_python):
    run_python(SETUP + CHANGES)


EXPORT = """
class Model(tf.Module):
    def __init__(self):
        super().__init__()
        self.weight = made([2.0, 3.0])
        self.total = made(0.0, "SUM")
        with strategy.scope():
            self.seen = tf.Variable(0.0, synchronization=tf.VariableSynchronization.ON_READ,
                                    aggregation=tf.VariableAggregation.SUM)

    @tf.function(input_signature=[tf.TensorSpec([2], tf.float32)])
    def predict(self, x):
        return strategy.reduce("MEAN", strategy.run(lambda x: self.weight * x, (x,)), axis=None)

    @tf.function(input_signature=[tf.TensorSpec([], tf.float32)])
    def count(self, x):
        def step(x):
            context = tf.distribute.get_replica_context()
            number = 1.0 + tf.cast(context.replica_id_in_sync_group, tf.float32)
            self.total.assign_add(x * number)
            self.seen.assign_add(number)
            mean = context.all_reduce("MEAN", number)
            all_numbers = context.all_gather(number[None], 0)
            return self.total + mean + tf.reduce_sum(all_numbers)
        return strategy.experimental_local_results(strategy.run(step, (x,)))

    @tf.function(input_signature=[tf.TensorSpec([], tf.float32)])
    def called(self, x):
        @tf.function
        def inner(x):
            return tf.distribute.get_replica_context().all_reduce("SUM", x)
        return strategy.reduce("SUM", strategy.run(inner, (x,)), axis=None)

model = Model()
x = tf.constant([1.0, 10.0])
folder = sys.argv[1]
tf.saved_model.save(model, folder, signatures=model.predict)
again = tf.saved_model.load(folder)
assert again.predict(x).numpy().tolist() == model.predict(x).numpy().tolist() == [2.0, 30.0]
assert again.signatures["serving_default"](x)["output_0"].numpy().tolist() == [2.0, 30.0]
for one in (model, again):
    for step in (1, 2):
        found = [float(value) for value in one.count(tf.constant(1.0))]
        assert found == [3.0 * step + 1.5 + 3.0] * 2, (one, found)
    assert float(one.total) == 6.0 and float(one.seen) == 6.0
    assert float(one.called(tf.constant(1.0))) == 4.0
"""


@pytest.mark.process
def test_functions_that_run_replicas_are_exported(run_python, tmp_path):
    run_python(SETUP + EXPORT, str(tmp_path / "model"))


@pytest.mark.process
def test_collectives_in_control_flow_are_not_exported(run_python, tmp_path):
    run_python(
        SETUP
        + """
class Model(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([], tf.float32)])
    def f(self, x):
        def step(x):
            context = tf.distribute.get_replica_context()
            return tf.while_loop(lambda x: x < 9.0, lambda x: [context.all_reduce("SUM", x)], [x])
        return strategy.experimental_local_results(strategy.run(step, (x,)))

refused(tf.errors.UnimplementedError, "move the all-reduce",
        lambda: tf.saved_model.save(Model(), sys.argv[1]))
""",
        str(tmp_path / "model"),
    )


@pytest.mark.process
def test_values_of_replicas_are_grouped(run_python):
    run_python(
        SETUP
        + """
numbers = strategy.experimental_distribute_values_from_function(
    lambda context: tf.constant(context.replica_id_in_sync_group))

@tf.function
def grouped():
    return strategy.group(strategy.run(lambda x: x + 1, (numbers,))).type

assert strategy.group(numbers) is None and grouped() is not None
"""
    )


@pytest.mark.process
def test_ragged_batches_are_spread_also_the_last(run_python):
    run_python(
        SETUP
        + """
rows = tf.ragged.constant([[[1]], [[2, 3], [4]], [], [[4, 5, 6]], [[7], [8]]])
dataset = tf.data.Dataset.from_tensor_slices({"rows": rows, "number": tf.range(5)}).batch(4)
total = tf.function(lambda x: strategy.reduce("SUM", strategy.run(tf.reduce_sum, (x,)), None))
found = []
for batch in strategy.experimental_distribute_dataset(dataset):
    found.append([part.to_list() for part in batch["rows"].values])
    found.append([part.numpy().tolist() for part in batch["number"].values])
    found.append(int(total(batch["rows"])))
first = [[[[1]], [[2, 3], [4]]], [[], [[4, 5, 6]]]]
assert found == [first, [[0, 1], [2, 3]], 25, [[[[7], [8]]], []], [[4], []], 15], found
"""
    )


@pytest.mark.process
def test_custom_gradients_are_missed_in_exported_replicas(run_python, tmp_path):
    run_python(
        SETUP
        + """
@tf.custom_gradient
def scaled(x):
    return x * 2.0, lambda dy: dy * 100.0

class Model(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([], tf.float32)])
    def f(self, x):
        return strategy.reduce("SUM", strategy.run(scaled, (x,)), axis=None)

tf.saved_model.save(Model(), sys.argv[1])
again, x = tf.saved_model.load(sys.argv[1]), tf.constant(3.0)
assert float(again.f(x)) == 12.0

def gradient():
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = again.f(x)
    return tape.gradient(y, x)

refused(LookupError, "custom gradient", gradient)
""",
        str(tmp_path / "model"),
    )
