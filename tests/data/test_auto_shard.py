"""Pipelines are shared out among workers as TensorFlow does it."""

import json
from pathlib import Path

import pytest

import tidefall as tf
from tests.data.auto_shard_cases import CASES, POLICIES, WORKERS, Files, outcome
from tidefall.data.auto_shard import auto_shard

RECORDED = json.loads(Path(__file__).with_name("auto_shard.json").read_text())
Dataset = tf.data.Dataset
Policy = tf.data.experimental.AutoShardPolicy


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return Files(tf, tmp_path_factory.mktemp("files"))


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", CASES)
def test_parts_are_tensorflows(files, name, policy):
    for count, index in WORKERS:
        key = f"{name}, {policy}, {index} of {count}"
        if key in RECORDED:
            assert outcome(files, auto_shard, name, policy, count, index) == RECORDED[key], key


@pytest.mark.parametrize("policy", ["AUTO", "FILE", "DATA"])
@pytest.mark.parametrize("name", ["records", "shuffled files", "lines", "zip of files"])
def test_workers_have_everything_once(files, name, policy):
    parts = [outcome(files, auto_shard, name, policy, 3, index) for index in range(3)]
    whole = outcome(files, auto_shard, name, "OFF", 3, 0)
    assert sorted(str(x) for part in parts for x in part) == sorted(map(str, whole))
    assert all(parts)


def test_files_beside_other_sources_are_shared_out_by_elements(files):
    """TensorFlow's AUTO shards twice here: elements are lost."""
    dataset = Dataset.zip(tf.data.TFRecordDataset(files.records), Dataset.range(12))
    parts = [[int(n) for _, n in auto_shard(dataset, 2, i, Policy.AUTO)] for i in range(2)]
    assert parts == [[0, 2, 4, 6, 8, 10], [1, 3, 5, 7, 9, 11]]


def test_errors_say_what_is_wrong(files):
    with pytest.raises(tf.errors.NotFoundError, match="unshardable source dataset: range"):
        auto_shard(Dataset.range(4).batch(2), 2, 0, Policy.FILE)
    few = auto_shard(tf.data.TFRecordDataset(files.records), 5, 1, Policy.FILE)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"only has 4 file\(s\).* 5 shards"):
        list(few)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"DATA based.* 4 element\(s\)"):
        list(auto_shard(Dataset.range(4), 5, 1, Policy.DATA))
    mixed = Dataset.sample_from_datasets([tf.data.TFRecordDataset(files.records)] * 2, seed=1)
    with pytest.raises(tf.errors.NotFoundError, match="Did not find a shardable source"):
        auto_shard(mixed, 2, 0, Policy.FILE)
    with pytest.raises(tf.errors.FailedPreconditionError, match="SHARD_HINT"):
        list(Dataset.range(4).shard(-1, -1).map(lambda x: x))


def test_sharding_leaves_the_dataset_itself_alone(files):
    dataset = tf.data.TFRecordDataset(files.records).shuffle(12, seed=1).cache()
    expected = [x.numpy() for x in dataset.take(12)]
    for policy in Policy:
        list(auto_shard(dataset, 2, 1, policy))
    assert [x.numpy() for x in dataset] != sorted(expected)
    assert len(list(dataset)) == 12


def test_policy_comes_from_the_options():
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = Policy.OFF
    dataset = Dataset.range(4).with_options(options)
    assert [int(x) for x in auto_shard(dataset, 2, 1)] == [0, 1, 2, 3]
    assert [int(x) for x in auto_shard(dataset, 2, 1, Policy.DATA)] == [1, 3]
    assert int(auto_shard(dataset, 2, 1, Policy.DATA).cardinality()) == 2


def test_inside_of_a_function(files):
    @tf.function
    def total(index):
        dataset = auto_shard(Dataset.range(10).batch(2), 2, index)
        return dataset.reduce(tf.constant(0, tf.int64), lambda s, x: s + tf.reduce_sum(x))

    assert int(total(tf.constant(0, tf.int64))) + int(total(tf.constant(1, tf.int64))) == 45


@pytest.mark.parametrize("policy", ["FILE", "DATA"])
def test_position_in_a_part_is_saved(files, policy):
    def build():
        names = Dataset.from_tensor_slices(files.records).shuffle(4, seed=2)
        dataset = names.interleave(tf.data.TFRecordDataset, 2, num_parallel_calls=2)
        return auto_shard(dataset.shuffle(3, seed=1), 2, 1, Policy[policy])

    iterator = iter(build())
    for taken in range(6):
        state = iterator._resource.to_bytes()
        resumed = iter(build())
        resumed._resource.from_bytes(state)
        assert len([x.numpy() for x in resumed]) == 6 - taken
        next(iterator)


# Numbers of rows that 3 replicas of 1 or 3 workers get of batches of 16 and 8, as TensorFlow says.
STATIC, OWN = [[6, 6, 4], [3, 3, 2]], [[6, 5, 5], [6, 2, 0]]
REPLICA_BATCHES = [
    ("range", "DATA", STATIC),
    ("range", "OFF", OWN),
    ("range", "AUTO", STATIC),
    ("range", "FILE", OWN),
    ("lines", "DATA", STATIC),
    ("lines", "OFF", OWN),
    ("lines", "AUTO", OWN),
    ("lines", "FILE", OWN),
]


def _batches(source, policy, tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text("".join(f"{number}\n" for number in range(24)))
    of_file = tf.data.TextLineDataset(str(path)).map(tf.strings.to_number)
    dataset = (Dataset.range(24) if source == "range" else of_file).batch(16)
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = Policy[policy]
    return dataset.with_options(options)


@pytest.mark.parametrize(("source", "policy", "expected"), REPLICA_BATCHES)
def test_replicas_of_a_worker_share_out_batches_as_tensorflow_says(
    source, policy, expected, tmp_path
):
    parts = _batches(source, policy, tmp_path).rebatch([6, 5, 5]).prefetch(3)
    sizes = [len(part) for part in auto_shard(parts, 1, 0, num_replicas=3)]
    assert [*sizes, 0][:6] == [*expected[0], *expected[1]]


def test_workers_have_each_batch_between_them(tmp_path):
    dataset = _batches("range", "AUTO", tmp_path)
    parts = [dataset.rebatch([5, 5, 6]) for _ in range(3)]
    found = [
        [x.numpy().tolist() for x in auto_shard(p, 3, i, num_replicas=3)]
        for i, p in enumerate(parts)
    ]
    assert found == [
        [[0, 1, 2, 3, 4, 5], [16, 17, 18]],
        [[6, 7, 8, 9, 10, 11], [19, 20, 21]],
        [[12, 13, 14, 15], [22, 23]],
    ]
