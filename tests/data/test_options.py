"""Options: typed attributes, merged along the pipeline, in TensorFlow's message."""

import pytest

import tidefall as tf
from tidefall.data.engine.settings import Settings
from tidefall.data.options import serialize_options

Dataset = tf.data.Dataset
Policy = tf.data.experimental.AutoShardPolicy


def filled():
    options = tf.data.Options()
    options.deterministic = True
    options.threading.private_threadpool_size = 3
    options.experimental_optimization.map_fusion = False
    options.experimental_distribute.auto_shard_policy = Policy.DATA
    options.experimental_external_state_policy = tf.data.experimental.ExternalStatePolicy.FAIL
    options.autotune.enabled = False
    return options


def test_defaults():
    options = tf.data.Options()
    assert options.deterministic is None
    assert options.experimental_distribute.auto_shard_policy == Policy.AUTO
    assert options.threading.private_threadpool_size is None
    assert options == tf.data.Options()


def test_old_names():
    options = tf.data.Options()
    options.experimental_deterministic = False
    options.experimental_threading.max_intra_op_parallelism = 2
    assert options.deterministic is False
    assert options.threading.max_intra_op_parallelism == 2


def test_message_is_tensorflows():
    # Recorded: `options._to_proto().SerializeToString()` of TensorFlow 2.21.
    assert serialize_options(tf.data.Options()) == b"\x12\x00\x1a\x00*\x00:\x00b\x00"
    assert serialize_options(filled()) == (
        b"\x08\x01\x12\x02\x08\x02\x1a\x02X\x00*\x02\x10\x030\x02:\x02\x08\x00b\x00"
    )


def test_later_options_win_and_the_rest_stays():
    changed = tf.data.Options()
    changed.deterministic = False
    changed.threading.max_intra_op_parallelism = 1
    dataset = Dataset.range(3).with_options(filled()).map(lambda x: x).with_options(changed)
    merged = dataset.batch(2).options()
    assert merged.deterministic is False
    assert merged.threading.max_intra_op_parallelism == 1
    assert merged.threading.private_threadpool_size == 3
    assert merged.experimental_distribute.auto_shard_policy == Policy.DATA
    assert filled().merge(tf.data.Options()) == filled()


def test_setting_options_later_does_not_change_the_dataset():
    options = tf.data.Options()
    dataset = Dataset.range(3).with_options(options)
    options.threading.private_threadpool_size = 9
    assert dataset.options().threading.private_threadpool_size is None


def test_datasets_side_by_side_bring_their_options():
    one, other = tf.data.Options(), tf.data.Options()
    one.deterministic = True
    other.experimental_slack = True
    zipped = Dataset.zip(
        Dataset.range(2).with_options(one), Dataset.range(2).with_options(other)
    ).options()
    assert zipped.deterministic is True
    assert zipped.experimental_slack is True


@pytest.mark.parametrize("name, value", [("autotune", 3), ("deterministic", "yes")])
def test_wrong_type(name, value):
    with pytest.raises(TypeError, match=f'Property "{name}" must be of type'):
        setattr(tf.data.Options(), name, value)


def test_unknown_name():
    with pytest.raises(AttributeError, match="Cannot set the property speed on Options"):
        tf.data.Options().speed = 3
    with pytest.raises(AttributeError, match="speed"):
        _ = tf.data.Options().threading.speed


def python(x):
    return tf.numpy_function(lambda v: v, [x], tf.int64)


LAZY = {
    "plain": lambda d: d,
    "repeat": lambda d: d.repeat(2),
    "concatenate": lambda d: d.concatenate(d),
    "flat_map": lambda d: tf.data.Dataset.range(2).flat_map(lambda _: d),
    "interleave": lambda d: tf.data.Dataset.range(2).interleave(lambda _: d, cycle_length=1),
    "behind a thread": lambda d: d.repeat(2).prefetch(1),
}


@pytest.mark.parametrize("name", LAZY)
def test_options_hold_for_iterators_that_are_made_while_elements_are_asked_for(name, monkeypatch):
    asked = []

    def threads(settings, calls):
        asked.append(settings.cpu_budget)
        return 1

    monkeypatch.setattr(Settings, "threads", threads)
    options = tf.data.Options()
    options.threading.private_threadpool_size = 3
    options.autotune.enabled = False
    mapped = tf.data.Dataset.range(3).map(python, num_parallel_calls=tf.data.AUTOTUNE)
    assert len(list(LAZY[name](mapped).with_options(options))) in (3, 6)
    assert set(asked) == {3}


def test_random_functions_begin_anew_with_iterations_but_for_single_elements():
    """The numbers are TensorFlow's."""
    tf.random.set_seed(3)

    def add(state, x):
        return state + tf.random.uniform([], maxval=1000, dtype=tf.int64, seed=4)

    zero = tf.constant(0, tf.int64)
    dataset = tf.data.Dataset.range(3).map(lambda x: tf.random.uniform([], seed=1))
    total = tf.function(lambda: tf.data.Dataset.range(3).reduce(zero, add))
    try:
        for _ in range(2):
            assert float(dataset.reduce(0.0, lambda s, x: s + x)) == pytest.approx(1.63353622)
            assert int(total()) == 1785
        dataset = tf.data.Dataset.range(1).map(lambda x: tf.random.uniform([], seed=1))
        singles = [float(dataset.get_single_element()) for _ in range(3)]
        assert singles == pytest.approx([0.77806914, 0.25704932, 0.59841776])
    finally:
        tf.random.set_seed(None)
