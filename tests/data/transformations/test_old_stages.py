"""Stages that only graphs in files have; values recorded from TensorFlow."""

import pytest

import tidefall as tf
from tests.data.test_old_ops import D, elements, int64, raw
from tidefall.data.dataset import new_dataset

ATTRS = {"output_types": [tf.int64], "output_shapes": [None]}
SPEC = tf.TensorSpec(None, tf.int64)


def listed(variant, spec=SPEC):
    return [
        tf.nest.map_structure(lambda x: x.numpy().tolist(), x) for x in new_dataset(variant, spec)
    ]


def sampled(count, rate, seed, seed2):
    return raw.SamplingDataset(
        input_dataset=D.range(count)._variant_tensor,
        rate=rate,
        seed=int64(seed),
        seed2=int64(seed2),
        **ATTRS,
    )


def windows(size, shift, stride, drop_remainder):
    return raw.SlidingWindowDataset(
        input_dataset=D.range(10)._variant_tensor,
        window_size=int64(size),
        window_shift=int64(shift),
        window_stride=int64(stride),
        drop_remainder=drop_remainder,
        **ATTRS,
    )


def parts(dataset, replicas):
    return raw.RebatchDataset(
        input_dataset=dataset._variant_tensor, num_replicas=int64(replicas), **ATTRS
    )


def globally_shuffled(dataset, seed=1, seed2=2, again=True):
    return raw.GlobalShuffleDataset(
        input_dataset=dataset._variant_tensor,
        seed=int64(seed),
        seed2=int64(seed2),
        seed_generator=raw.DummySeedGenerator(),
        reshuffle_each_iteration=again,
        **ATTRS,
    )


def test_samples_are_those_of_their_seeds():
    assert listed(sampled(20, 0.5, 3, 5)) == [0, 2, 9, 11, 12, 13, 15, 16, 17, 18]
    assert listed(sampled(20, 0.3, 1, 0)) == [1, 3, 4, 10]
    assert len(listed(sampled(1000, 0.3, 1, 0))) == 320


@pytest.mark.parametrize(
    ("numbers", "count", "kept", "dropped"),
    [
        ((3, 2, 1), 5, [[0, 1, 2], [2, 3, 4], [4, 5, 6], [6, 7, 8], [8, 9]], 4),
        ((2, 3, 1), 4, [[0, 1], [3, 4], [6, 7], [9]], 3),
        ((4, 3, 2), 4, [[0, 2, 4, 6], [3, 5, 7, 9], [6, 8], [9]], 2),
    ],
)
def test_windows_are_stacked(numbers, count, kept, dropped):
    variant = windows(*numbers, drop_remainder=False)
    assert int(new_dataset(variant, SPEC).cardinality()) == count
    assert listed(variant) == kept
    assert listed(windows(*numbers, drop_remainder=True)) == kept[:dropped]


@pytest.mark.parametrize("numbers", [(0, 1, 1), (2, 0, 1), (2, 1, 0)])
def test_windows_of_nothing_are_refused(numbers):
    with pytest.raises(tf.errors.InvalidArgumentError):
        windows(*numbers, drop_remainder=True)


def test_batches_are_cut_for_replicas():
    batches = D.range(10).batch(4)
    assert listed(parts(batches, 2)) == [[0, 1], [2, 3], [4, 5], [6, 7], [8], [9]]
    assert listed(parts(batches, 3)) == [
        [0, 1], [2, 3], [], [4, 5], [6, 7], [], [8], [9], [],
    ]  # fmt: skip
    with pytest.raises(tf.errors.InvalidArgumentError):
        listed(parts(D.range(5), 2))


def test_any_of_several_ways_is_taken():
    ways = [D.range(4)._variant_tensor, D.range(4).prefetch(1)._variant_tensor]
    assert listed(raw.ChooseFastestDataset(input_datasets=ways, num_experiments=2, **ATTRS)) == [
        0, 1, 2, 3,
    ]  # fmt: skip
    with pytest.raises(tf.errors.InvalidArgumentError, match="compatible cardinalities"):
        raw.ChooseFastestDataset(
            input_datasets=[D.range(4)._variant_tensor, D.range(5)._variant_tensor],
            num_experiments=2,
            **ATTRS,
        )


def test_a_branch_is_taken():
    @tf.function(input_signature=[tf.TensorSpec([], tf.variant)])
    def batches(variant):
        return new_dataset(variant, tf.TensorSpec([], tf.int64)).batch(2)._variant_tensor

    branch = batches.get_concrete_function()
    variant = raw.ChooseFastestBranchDataset(
        input_dataset=D.range(5)._variant_tensor,
        ratio_numerator=int64(2),
        ratio_denominator=int64(1),
        other_arguments=[],
        num_elements_per_branch=2,
        branches=[branch, branch],
        other_arguments_lengths=[0, 0],
        **ATTRS,
    )
    assert listed(variant) == [[0, 1], [2, 3], [4]]


def test_rows_of_a_sparse_tensor():
    spec = (
        tf.TensorSpec([None, 1], tf.int64),
        tf.TensorSpec([None], tf.int32),
        tf.TensorSpec([1], tf.int64),
    )
    given = {"values": [5, 6, 7], "dense_shape": int64([4, 3])}
    variant = raw.SparseTensorSliceDataset(indices=int64([[0, 0], [0, 2], [2, 1]]), **given)
    assert listed(variant, spec) == [
        ([[0], [2]], [5, 6], [3]),
        ([], [], [3]),
        ([[1]], [7], [3]),
        ([], [], [3]),
    ]
    with pytest.raises(tf.errors.UnimplementedError, match="ordered"):
        raw.SparseTensorSliceDataset(indices=int64([[2, 0], [0, 2], [0, 1]]), **given)


def test_all_elements_are_shuffled_at_once():
    dataset = new_dataset(globally_shuffled(D.range(10)), SPEC)
    assert [int(x) for x in dataset] == [3, 4, 5, 9, 0, 8, 1, 7, 2, 6]
    assert [int(x) for x in dataset] == [1, 6, 8, 7, 5, 9, 4, 0, 3, 2]
    same = new_dataset(globally_shuffled(D.range(10), 3, 4, again=False), SPEC)
    for _ in range(2):
        assert [int(x) for x in same] == [2, 9, 3, 0, 5, 1, 7, 8, 4, 6]


@pytest.mark.parametrize(
    ("dataset", "expected"),
    [
        (D.range(8).map(lambda x: x * x), [9, 16, 25, 36, 0, 4, 1, 49]),
        (D.range(10).batch(3, drop_remainder=True), [[3, 4, 5], [0, 1, 2], [6, 7, 8]]),
        (D.range(3).repeat(2), [0, 1, 2, 1, 0, 2]),
        (D.range(9).skip(4), [7, 8, 6, 5, 4]),
        (D.range(3).concatenate(D.range(4)), [0, 1, 2, 3, 0, 2, 1]),
        (D.range(10).shard(2, 1), [7, 9, 5, 3, 1]),
        (D.range(6).prefetch(2), [3, 4, 5, 1, 0, 2]),
    ],
)
def test_shuffled_at_once_behind_other_stages(dataset, expected):
    assert listed(globally_shuffled(dataset)) == expected


def test_only_what_is_had_by_number_is_shuffled_at_once():
    for dataset in (D.range(5).filter(lambda x: x > 2), D.range(5).shuffle(3, seed=1)):
        with pytest.raises((tf.errors.FailedPreconditionError, tf.errors.InvalidArgumentError)):
            globally_shuffled(dataset)
    with pytest.raises(tf.errors.InvalidArgumentError, match="non-empty"):
        globally_shuffled(D.range(0))


@pytest.mark.parametrize(
    "make",
    [
        lambda: sampled(20, 0.5, 3, 5),
        lambda: windows(3, 2, 1, drop_remainder=False),
        lambda: parts(D.range(10).batch(4), 3),
        lambda: globally_shuffled(D.range(10)),
    ],
)
def test_goes_on_from_every_element(make):
    iterator = iter(new_dataset(make(), SPEC))
    states, expected = [iterator._resource.save()], []
    for element in iterator:
        expected.append(element.numpy().tolist())
        states.append(iterator._resource.save())
    for i, state in enumerate(states):
        again = iter(new_dataset(make(), SPEC))
        again._resource.restore(state)
        assert [x.numpy().tolist() for x in again] == expected[i:]


def test_statistics_and_threads_leave_the_elements():
    handle = raw.StatsAggregatorHandleV2()
    assert elements(raw.LatencyStatsDataset, tag=tf.constant("a")) == [0, 1, 2, 3, 4, 5]
    assert elements(
        raw.SetStatsAggregatorDataset,
        stats_aggregator=handle,
        tag=tf.constant("a"),
        counter_prefix=tf.constant(""),
    ) == [0, 1, 2, 3, 4, 5]
    pool = raw.ThreadPoolHandle(num_threads=2, display_name="pool")
    assert elements(raw.ThreadPoolDataset, thread_pool=pool) == [0, 1, 2, 3, 4, 5]


def test_examples_are_parsed_in_the_order_of_their_keys():
    def example(**features):
        lists = {k: tf.train.Feature(int64_list=tf.train.Int64List(value=v))
                 for k, v in features.items()}  # fmt: skip
        message = tf.train.Example(features=tf.train.Features(feature=lists))
        return message.SerializeToString()

    batch = [example(a=[1], b=[2, 3], c=[4]), example(b=[5])]
    spec = (
        tf.TensorSpec([None], tf.int64),
        tf.RaggedTensorSpec([None, None], tf.int64, 1, tf.int64),
        tf.SparseTensorSpec([None, None], tf.int64),
    )
    probe = new_dataset(None, spec)
    variant = raw.ParseExampleDatasetV2(
        input_dataset=D.from_tensors(batch)._variant_tensor,
        num_parallel_calls=int64(1),
        dense_defaults=[int64(9)],
        sparse_keys=["c"],
        dense_keys=["a"],
        sparse_types=[tf.int64],
        dense_shapes=[[]],
        ragged_keys=["b"],
        ragged_value_types=[tf.int64],
        ragged_split_types=[tf.int64],
        **probe._flat_structure,
    )
    ((dense, ragged, sparse),) = list(new_dataset(variant, spec))
    assert dense.numpy().tolist() == [1, 9]
    assert ragged.to_list() == [[2, 3], [5]]
    assert tf.sparse.to_dense(sparse).numpy().tolist() == [[4], [0]]


def test_saved_along_the_way(tmp_path):
    def shard(x):
        return x % 2

    traced = tf.function(shard).get_concrete_function(tf.TensorSpec([], tf.int64))
    variant = raw.SaveDatasetV2(
        input_dataset=D.range(4)._variant_tensor,
        path=tf.constant(str(tmp_path)),
        shard_func_other_args=[],
        shard_func=traced,
        **D.range(1)._flat_structure,
    )
    spec = tf.TensorSpec([], tf.int64)
    iterator = iter(new_dataset(variant, spec))
    assert int(next(iterator)) == 0
    assert not (tmp_path / "snapshot.metadata").exists()
    assert [int(x) for x in iterator] == [1, 2, 3]
    read = D.load(str(tmp_path), spec, reader_func=lambda files: files.flat_map(lambda f: f))
    assert [int(x) for x in read] == [0, 2, 1, 3]
    (chunk,) = tmp_path.glob("*/00000001.shard/*")
    variant = raw.SnapshotChunkDataset(chunk_file=str(chunk), **D.range(1)._flat_structure)
    assert listed(variant, spec) == [1, 3]
    reader = raw.SnapshotDatasetReader(
        shard_dir=str(chunk.parent), start_index=int64(1), version=2, **D.range(1)._flat_structure
    )
    assert listed(reader, spec) == [3]
