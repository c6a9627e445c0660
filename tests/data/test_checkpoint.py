"""Iterators in checkpoints: beside variables, mid-epoch, in functions, and over other pipelines."""

import logging
from pathlib import Path

import numpy as np
import pytest

import tidefall as tf

Dataset = tf.data.Dataset
Policy = tf.data.experimental.ExternalStatePolicy


def numbers(dataset_or_iterator):
    return [np.asarray(x).tolist() for x in dataset_or_iterator]


def pipeline(size=5, batch=2):
    return Dataset.range(20).shuffle(size, seed=1).map(lambda x: x + 1).batch(batch).prefetch(2)


def saved(folder, dataset, taken, **more):
    """A checkpoint of an iterator that has given some elements, and those it gives after."""
    iterator = iter(dataset)
    for _ in range(taken):
        next(iterator)
    path = tf.train.Checkpoint(iterator=iterator, **more).save(str(folder / "ckpt"))
    return path, numbers(iterator)


def test_iterator_and_variables_in_one_checkpoint(tmp_path):
    path, rest = saved(tmp_path, pipeline(), 3, v=tf.Variable(3.0))
    # Recorded: what TensorFlow goes on with.
    assert rest[:3] == [[3, 9], [13, 10], [15, 11]]
    iterator, v = iter(pipeline()), tf.Variable(0.0)
    tf.train.Checkpoint(iterator=iterator, v=v).restore(path).assert_consumed()
    assert numbers(iterator) == rest
    assert float(v) == 3.0


def test_keys_are_tensorflows(tmp_path):
    path, _ = saved(tmp_path, pipeline(), 1)
    names = [name for name, _ in tf.train.list_variables(path)]
    assert "iterator/.ATTRIBUTES/ITERATOR_STATE" in names


def test_same_iterator_goes_back(tmp_path):
    iterator = iter(pipeline())
    checkpoint = tf.train.Checkpoint(iterator=iterator)
    manager = tf.train.CheckpointManager(checkpoint, str(tmp_path), max_to_keep=2)
    next(iterator)
    manager.save()
    first = numbers(iterator)
    assert numbers(iterator) == []
    checkpoint.restore(manager.latest_checkpoint)
    assert numbers(iterator) == first


def test_iterator_that_comes_later_takes_its_state(tmp_path):
    path, rest = saved(tmp_path, pipeline(), 4)
    checkpoint = tf.train.Checkpoint()
    status = checkpoint.restore(path)
    with pytest.raises(AssertionError, match=r"\(root\).iterator"):
        status.assert_consumed()
    checkpoint.iterator = iter(pipeline())
    status.assert_consumed()
    assert numbers(checkpoint.iterator) == rest


def test_iterator_at_its_end_stays_there(tmp_path):
    path, rest = saved(tmp_path, pipeline(), 10)
    assert rest == []
    iterator = iter(pipeline())
    tf.train.Checkpoint(iterator=iterator).restore(path)
    assert numbers(iterator) == []


@pytest.mark.parametrize("taken", [0, 7, 10])
def test_next_epochs_have_the_orders_they_would_have_had(tmp_path, taken):
    def build():
        return Dataset.range(10).shuffle(10, seed=3)

    dataset = build()
    numbers(dataset)
    path, rest = saved(tmp_path, dataset, taken)
    expected = [rest, numbers(dataset), numbers(dataset)]
    resumed = build()
    iterator = iter(resumed)
    tf.train.Checkpoint(iterator=iterator).restore(path)
    assert [numbers(iterator), numbers(resumed), numbers(resumed)] == expected


def test_random_order_without_a_seed_goes_on(tmp_path):
    def build():
        return Dataset.range(50).shuffle(20).map(lambda x: (x, tf.random.uniform([]))).repeat(2)

    def pairs(iterator):
        return [(int(x), float(y)) for x, y in iterator]

    iterator = iter(build())
    for _ in range(60):
        next(iterator)
    path = tf.train.Checkpoint(iterator=iterator).write(str(tmp_path / "c"))
    again = iter(build())
    tf.train.Checkpoint(iterator=again).read(path)
    assert pairs(again) == pairs(iterator)


# ---- another pipeline ----


@pytest.mark.parametrize(
    "other, difference",
    [
        (
            lambda: Dataset.range(20).batch(2),
            r"differ: saved: Pref.*; saved: Map.*saved: Shuf",
        ),
        (lambda: pipeline(size=6), r"saved: Shuffle\(size=5\); here: Shuffle\(size=6\)"),
        (lambda: pipeline(batch=4), r"saved: Batch\(.*size=2\); here: Batch\(.*size=4\)"),
        (lambda: pipeline().take(3), r"differ: here: Take\("),
    ],
)
def test_state_of_another_pipeline_is_refused(tmp_path, other, difference):
    path, _ = saved(tmp_path, pipeline(), 3)
    checkpoint = tf.train.Checkpoint(iterator=iter(other()))
    with pytest.raises(tf.errors.NotFoundError, match=difference):
        checkpoint.restore(path)


def test_how_fast_a_pipeline_is_may_change(tmp_path):
    def build(calls, ahead):
        dataset = Dataset.range(20).shuffle(20, seed=1)
        dataset = dataset.map(lambda x: tf.strings.as_string(x), calls)
        return dataset.prefetch(ahead).with_options(tf.data.Options())

    path, rest = saved(tmp_path, build(2, 4), 5)
    iterator = iter(build(3, 1))
    tf.train.Checkpoint(iterator=iterator).restore(path)
    assert numbers(iterator) == rest


def test_random_branches_of_a_switch_go_on(tmp_path):
    def draws(x):
        branches = [lambda: tf.random.uniform([]), lambda: tf.random.normal([])]
        return tf.switch_case(tf.cast(x % 2, tf.int32), branches)

    def made():
        return Dataset.range(12).map(draws)

    path, rest = saved(tmp_path, made(), 5)
    iterator = iter(made())
    tf.train.Checkpoint(iterator=iterator).restore(path).assert_consumed()
    assert numbers(iterator) == rest


def test_functions_with_other_random_ops_are_refused(tmp_path):
    def build(ops):
        return Dataset.range(5).map(lambda x: [tf.random.uniform([]) for _ in range(ops)])

    iterator = iter(build(2))
    path = tf.train.Checkpoint(iterator=iterator).write(str(tmp_path / "c"))
    with pytest.raises(tf.errors.InvalidArgumentError, match="does not fit the pipeline's func"):
        tf.train.Checkpoint(iterator=iter(build(3))).read(path)


def test_state_that_tensorflow_wrote_is_refused():
    # `tf.train.Checkpoint(iterator=iter(tf.data.Dataset.range(3))).write(...)` of TensorFlow 2.21.
    path = Path(__file__).with_name("checkpoint_of_tensorflow") / "c"
    iterator = iter(Dataset.range(3))
    with pytest.raises(tf.errors.UnimplementedError, match="was written by TensorFlow"):
        tf.train.Checkpoint(iterator=iterator).read(path)


def test_damaged_state_is_refused():
    resource = iter(pipeline())._resource
    data = resource.to_bytes()
    for broken in (b"", data[:-1], data[: len(data) // 2], b"\xff" * len(data)):
        with pytest.raises(tf.errors.DataLossError):
            resource.from_bytes(broken)
    assert len(numbers(resource_iterator(resource))) == 10


def resource_iterator(resource):
    while True:
        try:
            (value,) = resource.next()
        except StopIteration:
            return
        yield value


# ---- in functions ----


def test_ops_inside_of_a_function():
    @tf.function
    def save(iterator):
        return tf.raw_ops.SerializeIterator(resource_handle=iterator._iterator_resource)

    @tf.function
    def load(iterator, states):
        handle = iterator._iterator_resource
        tf.raw_ops.DeserializeIterator(resource_handle=handle, serialized=states)
        return iterator.get_next()

    iterator, other = iter(pipeline()), iter(pipeline())
    next(iterator)
    states = save(iterator)
    assert states.dtype == tf.variant
    expected = next(iterator).numpy().tolist()
    assert load(other, states).numpy().tolist() == expected
    assert load(other, states).numpy().tolist() == expected
    assert numbers(other) == numbers(iterator)
    assert save.get_concrete_function(iterator).structured_outputs.shape.as_list() == [None]


@pytest.mark.parametrize(
    "use",
    [
        lambda handle, **attrs: tf.raw_ops.SerializeIterator(resource_handle=handle),
        lambda handle, **attrs: tf.raw_ops.IteratorGetNext(iterator=handle, **attrs),
    ],
)
def test_iterator_without_a_dataset(use):
    attrs = {"output_types": [tf.int64], "output_shapes": [[]]}
    handle = tf.raw_ops.AnonymousIteratorV3(**attrs)
    with pytest.raises(tf.errors.FailedPreconditionError, match="not been initialized"):
        use(handle, **attrs)


def test_iterator_takes_no_other_variant():
    handle = iter(pipeline())._iterator_resource
    with pytest.raises(tf.errors.InvalidArgumentError, match="SerializeIterator returned"):
        tf.raw_ops.DeserializeIterator(
            resource_handle=handle, serialized=Dataset.range(3)._variant_tensor
        )


# ---- state outside of the pipeline ----

counter = tf.Variable(0, dtype=tf.int64)


def generated():
    return Dataset.from_generator(
        lambda: iter(range(6)), output_signature=tf.TensorSpec([], tf.int64)
    )


OUTSIDE = {
    "assigned": (lambda: Dataset.range(6).map(lambda x: counter.assign_add(x)), "AssignAddVar"),
    "python": (
        lambda: Dataset.range(6).map(lambda x: tf.py_function(lambda y: y, [x], tf.int64)),
        "EagerPyFunc",
    ),
    "inner": (
        lambda: Dataset.range(6).flat_map(
            lambda x: Dataset.range(2).map(lambda y: counter.assign_add(y))
        ),
        "AssignAddVar",
    ),
    "read": (lambda: Dataset.range(6).map(lambda x: counter + x), "ReadVariableOp"),
    "generator": (generated, "PyFunc"),
}


def with_policy(dataset, policy):
    options = tf.data.Options()
    if policy:
        options.experimental_external_state_policy = policy
    return dataset.with_options(options)


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("policy", [None, *Policy])
def test_state_outside_of_the_pipeline(tmp_path, caplog, name, policy):
    build, op = OUTSIDE[name]
    # Without a policy TensorFlow refuses what is only read or can be replayed, too.
    refused = policy is Policy.FAIL or (policy is None and name in ("assigned", "python", "inner"))
    iterator = iter(with_policy(build(), policy))
    next(iterator)
    checkpoint = tf.train.Checkpoint(iterator=iterator)
    with caplog.at_level(logging.WARNING, "tidefall"):
        if refused:
            with pytest.raises(tf.errors.FailedPreconditionError, match=f"{op}.* is stateful"):
                checkpoint.write(str(tmp_path / "c"))
        else:
            checkpoint.write(str(tmp_path / "c"))
    warned = any(op in record.getMessage() for record in caplog.records)
    assert warned is (policy is Policy.WARN)


def checked(x):
    tf.debugging.Assert(x >= 0, [x])
    return x


@pytest.mark.parametrize(
    "function",
    [
        lambda x: tf.random.uniform([], seed=3),
        lambda x: tf.random.shuffle([x, x + 1]),
        lambda x: tf.strings.length(tf.io.read_file(__file__)),
        lambda x: tf.TensorArray(tf.int64, 2).unstack([x, x]).stack(),
        checked,
    ],
)
def test_state_that_is_saved_or_is_none_is_no_state_outside(tmp_path, function):
    dataset = with_policy(Dataset.range(9).map(function), Policy.FAIL)
    path, rest = saved(tmp_path, dataset, 4)
    iterator = iter(dataset)
    tf.train.Checkpoint(iterator=iterator).restore(path)
    assert numbers(iterator) == rest


# ---- replayed iterators ----


def replaying(dataset):
    options = tf.data.Options()
    options.experimental_symbolic_checkpoint = True
    return dataset.with_options(options)


def test_symbolic_state_is_the_number_of_elements_taken(tmp_path):
    def build():
        dataset = Dataset.range(200).filter(lambda x: x % 3 > 0).map(lambda x: tf.fill([100], x))
        dataset = dataset.map(lambda x: x + tf.random.uniform([], maxval=9, dtype=tf.int64, seed=3))
        return replaying(dataset.shuffle(50, seed=3).repeat(2).batch(3).prefetch(2))

    dataset = build()
    path, rest = saved(tmp_path, dataset, 60)
    assert len(iter(dataset)._resource.to_bytes()) < 1000
    iterator = iter(build())
    tf.train.Checkpoint(iterator=iterator).restore(path)
    assert numbers(iterator) == rest


def test_symbolic_state_is_another_one(tmp_path):
    path, _ = saved(tmp_path, replaying(pipeline()), 3)
    with pytest.raises(tf.errors.NotFoundError, match=r"saved: Replayed\(\)"):
        tf.train.Checkpoint(iterator=iter(pipeline())).restore(path)


# ---- how big and how quick ----


def test_state_of_arrays_in_memory_is_small():
    images = np.zeros([60000, 4], np.float32)
    dataset = Dataset.from_tensor_slices((images, np.arange(60000)))
    dataset = dataset.shuffle(60000).map(lambda x, y: (x * 2, y)).batch(128).prefetch(2).repeat()
    iterator = iter(dataset)
    for _ in range(500):
        next(iterator)
    assert len(iterator._resource.to_bytes()) < 2000


def test_restoring_does_not_run_functions_again():
    def build(ran):
        def seen(x):
            ran.append(int(x))
            return x

        def function(x):
            return tf.numpy_function(seen, [x], tf.int64, stateful=False)

        dataset = Dataset.range(1000).shuffle(1000, seed=3).map(function, 2).prefetch(2)
        return dataset.batch(10, drop_remainder=True)

    iterator = iter(build([]))
    for _ in range(50):
        next(iterator)
    data = iterator._resource.to_bytes()
    ran = []
    other = iter(build(ran))
    other._resource.from_bytes(data)
    assert ran == []
    assert numbers(other) == numbers(iterator)


# ---- savers of TensorFlow 1 ----


def test_saver_of_graphs_takes_iterators(tmp_path):
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        iterator = v1.data.make_initializable_iterator(pipeline())
        element, weight = iterator.get_next(), v1.Variable(3.0)
        saveable = tf.data.experimental.make_saveable_from_iterator(iterator)
        v1.add_to_collection(v1.GraphKeys.SAVEABLE_OBJECTS, saveable)
        saver = v1.train.Saver()
        session.run([iterator.initializer, weight.initializer])
        session.run(element)
        path = saver.save(session, str(tmp_path / "model"))
        names = [name for name, _ in tf.train.list_variables(path)]
        assert names == ["IteratorV2:0_STATE", "Variable"]
        after = [session.run(element).tolist() for _ in range(3)]
        saver.restore(session, path)
        assert [session.run(element).tolist() for _ in range(3)] == after
        types = [op.type for op in v1.get_default_graph().get_operations()]
        assert types.index("SerializeIterator") < types.index("SaveV2")
        assert types.index("RestoreV2") < types.index("DeserializeIterator")
    with tf.Graph().as_default(), v1.Session() as session:
        iterator = v1.data.make_initializable_iterator(pipeline())
        saver = v1.train.Saver([tf.data.experimental.make_saveable_from_iterator(iterator)])
        element = iterator.get_next()
        session.run(iterator.initializer)
        saver.restore(session, path)
        assert [session.run(element).tolist() for _ in range(3)] == after


@pytest.mark.parametrize("policy, refused", [(None, True), ("fail", True), ("ignore", False)])
def test_saver_of_graphs_refuses_state_outside(tmp_path, policy, refused):
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        dataset = Dataset.range(6).map(lambda x: tf.numpy_function(lambda y: y, [x], tf.int64))
        iterator = v1.data.make_initializable_iterator(dataset)
        saveable = tf.data.experimental.make_saveable_from_iterator(iterator, policy)
        saver = v1.train.Saver([saveable])
        session.run(iterator.initializer)
        if refused:
            with pytest.raises(tf.errors.FailedPreconditionError, match="PyFunc is stateful"):
                saver.save(session, str(tmp_path / "model"))
        else:
            assert saver.save(session, str(tmp_path / "model"))


def test_policy_of_a_saveable_is_checked():
    with pytest.raises(ValueError, match="Received often"):
        tf.data.experimental.make_saveable_from_iterator(None, "often")
