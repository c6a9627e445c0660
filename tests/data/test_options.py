"""Options: typed attributes, merged along the pipeline, in TensorFlow's message."""

import pytest

import tidefall as tf

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
    assert tf.data.Options()._serialized() == b"\x12\x00\x1a\x00*\x00:\x00b\x00"
    assert filled()._serialized() == (
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
