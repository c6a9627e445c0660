"""`Dataset.save` that is taken up again, and `Dataset.load` that waits for it."""

import threading

import pytest

import tidefall as tf

D = tf.data.Dataset


def numbers(path):
    loaded = D.load(path, reader_func=lambda shards: shards.flat_map(lambda shard: shard))
    return [int(x) for x in loaded], int(loaded.cardinality())


def failing_once(at):
    """A dataset of 0..9 whose first run fails at an element; and what its function has seen."""
    seen = []

    def check(value):
        seen.append(int(value))
        if int(value) == at and seen.count(at) == 1:
            raise ValueError("an accident")
        return value

    dataset = D.range(10).map(lambda x: tf.ensure_shape(tf.py_function(check, [x], tf.int64), []))
    options = tf.data.Options()
    options.experimental_external_state_policy = tf.data.experimental.ExternalStatePolicy.IGNORE
    return dataset.with_options(options), seen


@pytest.mark.parametrize("interval", [None, 2])
@pytest.mark.parametrize("compression", [None, "SNAPPY"])
def test_goes_on_where_it_broke_off(tmp_path, interval, compression):
    path = str(tmp_path / "saved")
    dataset, seen = failing_once(at=7)

    def save():
        steps = tf.Variable(0, dtype=tf.int64)
        arguments = {"directory": str(tmp_path / "steps"), "max_to_keep": 2}
        if interval:
            arguments |= {"step_counter": steps, "checkpoint_interval": interval}
        dataset.save(path, compression, lambda x: x % 2, checkpoint_args=arguments)

    with pytest.raises(tf.errors.InvalidArgumentError, match="accident"):
        save()
    assert not (tmp_path / "saved" / "snapshot.metadata").exists()
    save()
    # The checkpoint of the last element, or of the one before it, is behind 6 elements or 5.
    assert seen[8] in (6, 7)
    loaded = D.load(path, compression=compression, reader_func=lambda s: s.flat_map(lambda f: f))
    assert [int(x) for x in loaded] == [0, 2, 4, 6, 8, 1, 3, 5, 7, 9]
    assert int(loaded.cardinality()) == 10


def test_checkpoint_is_not_given(tmp_path):
    arguments = {"directory": str(tmp_path / "steps"), "checkpoint": tf.train.Checkpoint()}
    with pytest.raises(ValueError, match="not allowed to include 'checkpoint'"):
        D.range(3).save(str(tmp_path / "saved"), checkpoint_args=arguments)


def test_load_waits_for_what_is_being_saved(tmp_path, monkeypatch):
    path = str(tmp_path / "saved")
    asked = threading.Event()

    def sleep(seconds):
        asked.set()
        saving.join()

    def save():
        asked.wait()
        D.range(4).save(path)

    monkeypatch.setattr("tidefall.data.state.save.time.sleep", sleep)
    saving = threading.Thread(target=save)
    saving.start()
    assert [int(x) for x in D.load(path, wait=True)] == [0, 1, 2, 3]
    assert asked.is_set()


def test_numpy_iterator_is_saved_and_restored(tmp_path):
    def iterator():
        return D.range(6).shuffle(6, seed=1).as_numpy_iterator()

    first = iterator()
    next(first)
    state = first.save()
    expected = list(first)
    again = iterator()
    again.restore(state)
    assert list(again) == expected
    third = iterator()
    next(third)
    checkpoint = tf.train.Checkpoint(it=third)
    path = checkpoint.save(str(tmp_path / "at"))
    list(third)
    checkpoint.restore(path)
    assert list(third) == expected
