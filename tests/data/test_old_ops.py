"""Dataset ops that only graphs in files have."""

import pytest

import tidefall as tf
from tidefall.data.dataset import new_dataset

D = tf.data.Dataset
raw = tf.raw_ops


def int64(value):
    return tf.constant(value, tf.int64)


def elements(op, dataset=None, **inputs):
    dataset = D.range(6) if dataset is None else dataset
    variant = op(input_dataset=dataset._variant_tensor, **inputs, **D.range(1)._flat_structure)
    made = new_dataset(variant, tf.TensorSpec(None, tf.int64))
    return [x.numpy().tolist() for x in made]


STRINGS = tf.constant([], tf.string)
SAME = {
    "ExperimentalNonSerializableDataset": {},
    "ExperimentalUniqueDataset": {},
    "FinalizeDataset": {},
    "MaxIntraOpParallelismDataset": {"max_intra_op_parallelism": int64(1)},
    "ModelDataset": {},
    "OptimizeDataset": {"optimizations": STRINGS},
    "OptimizeDatasetV2": {
        f"optimizations_{which}": STRINGS for which in ("enabled", "disabled", "default")
    },
    "PrivateThreadPoolDataset": {"num_threads": int64(2)},
    "RewriteDataset": {"rewrite_name": tf.constant("replicate_on_split")},
    "SleepDataset": {"sleep_microseconds": int64(3)},
}


@pytest.mark.parametrize("name", SAME)
def test_elements_are_the_inputs(name):
    assert elements(getattr(raw, name), **SAME[name]) == [0, 1, 2, 3, 4, 5]


def test_batch_keeps_the_rest():
    assert elements(raw.BatchDataset, batch_size=int64(4)) == [[0, 1, 2, 3], [4, 5]]


def test_padded_batch_keeps_the_rest():
    ragged = D.range(1, 4).map(lambda n: tf.fill([n], n))
    variant = raw.PaddedBatchDataset(
        input_dataset=ragged._variant_tensor,
        batch_size=int64(2),
        padded_shapes=[int64([-1])],
        padding_values=[int64(9)],
        output_shapes=[[None, None]],
    )
    made = new_dataset(variant, tf.TensorSpec(None, tf.int64))
    assert [x.numpy().tolist() for x in made] == [[[1, 9], [2, 2]], [[3, 3, 3]]]


def test_shuffles_are_those_of_their_seeds():
    inputs = {"buffer_size": int64(4), "seed": int64(1), "seed2": int64(2)}
    # Recorded from TensorFlow.
    assert elements(raw.ShuffleDataset, **inputs) == [0, 2, 1, 4, 5, 3]
    repeated = elements(raw.ShuffleAndRepeatDataset, count=int64(2), **inputs)
    assert repeated == [0, 2, 1, 4, 5, 3, 3, 0, 2, 1, 4, 5]


def test_list_of_elements():
    attrs = {"output_types": [tf.int64, tf.string], "output_shapes": [[], []]}
    variant = raw.ListDataset(tensors=[int64(1), "a", int64(2), "b"], **attrs)
    made = new_dataset(variant, (tf.TensorSpec([], tf.int64), tf.TensorSpec([], tf.string)))
    assert [(int(n), s.numpy()) for n, s in made] == [(1, b"a"), (2, b"b")]


def test_last_component_says_which_elements_stay():
    pairs = D.range(5).map(lambda x: (x, x % 2 == 0))
    assert elements(raw.FilterByLastComponentDataset, pairs) == [0, 2, 4]


def test_negative_number_of_threads():
    with pytest.raises(tf.errors.InvalidArgumentError, match="threads"):
        elements(raw.PrivateThreadPoolDataset, num_threads=int64(-1))


def test_iterator_of_a_handle_is_the_same():
    iterator = iter(D.range(5))
    next(iterator)
    handle = raw.IteratorToStringHandle(resource_handle=iterator._iterator_resource)
    attrs = D.range(1)._flat_structure
    same = raw.IteratorFromStringHandleV2(string_handle=handle, **attrs)
    assert int(raw.IteratorGetNext(iterator=same, **attrs)[0]) == 1
    assert int(next(iterator)) == 2
    with pytest.raises(tf.errors.InvalidArgumentError, match="no iterator with the handle"):
        raw.IteratorFromStringHandleV2(string_handle="another", **attrs)
