"""tf.experimental.ExtensionType, against what TensorFlow made of the same lines."""

from collections.abc import Mapping

import pytest

import tidefall as tf


class Masked(tf.experimental.ExtensionType):
    values: tf.Tensor
    mask: tf.Tensor

    @property
    def shape(self):
        return self.values.shape


class Mixed(tf.experimental.ExtensionType):
    a: int
    b: str = "x"
    c: tf.Tensor | None = None
    d: tuple[int, ...] = ()
    e: Mapping[str, tf.Tensor] = {}


class Vector(tf.experimental.ExtensionType):
    x: tf.Tensor

    def __validate__(self):
        assert self.x.shape.rank == 1, "rank"


class Counted(tf.experimental.ExtensionType):
    x: tf.Tensor
    n: int

    def __init__(self, values):
        self.x = values
        self.n = len(values)


class Extended(Masked):
    extra: int = 3


def masked():
    return Masked([1, 2, 3], [True, False, True])


SHOWN = [
    (lambda: Mixed(3), "Mixed(a=3, b='x', c=None, d=(), e=ImmutableDict({}))"),
    (lambda: Mixed(1, d=[1, 2]), "Mixed(a=1, b='x', c=None, d=(1, 2), e=ImmutableDict({}))"),
    (lambda: Mixed(1, e={"k": 1}).e["k"].dtype, "tf.int32"),
    (lambda: Counted([1, 2]).n, "2"),
    (lambda: Extended([1], [True]).extra, "3"),
    (lambda: Extended([1], [True], extra=4).extra, "4"),
    (lambda: masked().shape, "TensorShape([3])"),
    (
        lambda: tf.type_spec_from_value(masked()),
        f"Masked.Spec(values={tf.TensorSpec([3], tf.int32)}, mask={tf.TensorSpec([3], tf.bool)})",
    ),
    (lambda: tf.type_spec_from_value(Mixed(1)), "Mixed.Spec(a=1, b='x', c=None, d=(), e={})"),
    (lambda: Masked.Spec.value_type is Masked, "True"),
    (lambda: tf.is_tensor(masked()), "False"),
    (lambda: Mixed(1) == Mixed(2), "False"),
    (lambda: len(tf.nest.flatten(masked(), expand_composites=True)), "2"),
]


@pytest.mark.parametrize("make, text", SHOWN, ids=range(len(SHOWN)))
def test_what_it_shows(make, text):
    assert repr(make()) == text


ERRORS = [
    (lambda: Masked([1], [2], [3]), TypeError, "too many positional arguments"),
    (lambda: Masked([1]), TypeError, "missing a required argument: 'mask'"),
    (lambda: Masked(["a"], None), TypeError, "mask: expected a Tensor, got 'NoneType'"),
    (lambda: Mixed("3"), TypeError, "a: expected 'int', got 'str'"),
    (lambda: Mixed(1, d=("a",)), TypeError, r"d\[0\]: expected 'int', got 'str'"),
    (lambda: Mixed(1, e={1: 1}), TypeError, r"e\[<key>\]: expected 'str', got 'int'"),
    (lambda: Mixed(1, e=3), TypeError, "e: expected mapping, got 'int'"),
    (lambda: Mixed.Spec(1), TypeError, "missing a required argument: 'b'"),
    (lambda: Vector(1.0), AssertionError, "rank"),
    (lambda: setattr(masked(), "values", 1), AttributeError, "Cannot mutate attribute `values`"),
    (lambda: hash(masked()), TypeError, "unhashable type: 'Masked'"),
    (lambda: tf.convert_to_tensor(masked()), ValueError, "unsupported type"),
    (lambda: tf.experimental.ExtensionType(), AssertionError, "abstract base class"),
    (lambda: _define({"Spec": int}), ValueError, "Field 'Spec' is reserved"),
    (lambda: _define({"x": list}), TypeError, "In field 'x': Unsupported type annotation 'list'"),
    (lambda: _define({"x": int}, x="bad"), TypeError, "default value for x: expected 'int'"),
]


def _define(fields, **members):
    base = tf.experimental.ExtensionType
    return type(base)("Made", (base,), {"__annotations__": fields, **members})


@pytest.mark.parametrize("wrong, error, match", ERRORS, ids=range(len(ERRORS)))
def test_errors(wrong, error, match):
    with pytest.raises(error, match=match):
        wrong()


def test_equality_is_a_tensor():
    assert bool(masked() == masked())
    assert not bool(masked() != masked())
    assert not bool(masked() == Masked([1, 2, 4], [True, False, True]))


def test_through_functions_gradients_and_datasets():
    @tf.function
    def doubled(m):
        return Masked(m.values * 2.0, m.mask)

    given = Masked([1.0, 2.0], [True, False])
    assert doubled(given).values.numpy().tolist() == [2.0, 4.0]
    (argument,), _ = doubled.get_concrete_function(given).structured_input_signature
    assert isinstance(argument, Masked.Spec)
    with tf.GradientTape() as tape:
        tape.watch(given.values)
        total = tf.reduce_sum(doubled(given).values ** 2)
    assert tape.gradient(total, given.values).numpy().tolist() == [8.0, 16.0]
    dataset = tf.data.Dataset.from_tensors(given)
    assert isinstance(dataset.element_spec, Masked.Spec)
    assert [type(m) for m in dataset] == [Masked]


def test_a_type_may_hold_values_of_its_own():
    class Node(tf.experimental.ExtensionType):
        value: tf.Tensor
        children: tuple["Node", ...] = ()

    @tf.function
    def total(node):
        return node.value + sum(child.value for child in node.children)

    assert total(Node(3, [Node(5), Node(2)])).numpy() == 10


class Row(tf.experimental.BatchableExtensionType):
    x: tf.Tensor
    y: tf.RaggedTensor


def _rows():
    return Row([1, 2, 3], tf.ragged.constant([[1, 2], [], [3]]))


def test_batchable_values_are_sliced_and_batched_by_datasets():
    dataset = tf.data.Dataset.from_tensor_slices(_rows())
    assert [(int(r.x), r.y.numpy().tolist()) for r in dataset] == [(1, [1, 2]), (2, []), (3, [3])]
    batches = list(dataset.batch(2))
    assert [b.x.numpy().tolist() for b in batches] == [[1, 2], [3]]
    assert [b.y.to_list() for b in batches] == [[[1, 2], []], [[3]]]
    again = dataset.batch(2).unbatch()
    assert [int(r.x) for r in again] == [1, 2, 3]


def test_map_fn_takes_and_returns_batchable_values():
    same = tf.map_fn(lambda row: row, _rows())
    assert same.y.to_list() == [[1, 2], [], [3]]
    sums = tf.map_fn(lambda row: row.x + tf.reduce_sum(row.y), _rows(), tf.int32)
    assert sums.numpy().tolist() == [4, 2, 6]


def test_values_without_batches_are_refused():
    with pytest.raises(TypeError, match="BatchableExtensionType"):
        tf.data.Dataset.from_tensor_slices(Vector([1]))
    with pytest.raises(TypeError, match="BatchableExtensionType"):
        tf.data.Dataset.from_tensors(Vector([1])).batch(2)
    with pytest.raises(TypeError, match="BatchableExtensionType"):
        tf.map_fn(lambda v: v, Vector([1]))


def test_a_batch_encoder_says_what_is_stacked():
    class Halves(tf.experimental.ExtensionTypeBatchEncoder):
        def batch(self, spec, batch_size):
            return Pair.Spec(spec.x._batch(batch_size))

        def unbatch(self, spec):
            return Pair.Spec(spec.x._unbatch())

        def encode(self, spec, value, minimum_rank=0):
            return value.x / 2.0

        def encoding_specs(self, spec):
            return spec.x

        def decode(self, spec, encoded_value):
            return Pair(encoded_value * 2.0)

    class Pair(tf.experimental.BatchableExtensionType):
        x: tf.Tensor
        __batch_encoder__ = Halves()

    batches = list(tf.data.Dataset.from_tensor_slices(Pair([1.0, 2.0, 3.0])).batch(2))
    assert [b.x.numpy().tolist() for b in batches] == [[1.0, 2.0], [3.0]]


def test_as_dict_gives_the_fields():
    fields = tf.experimental.extension_type.as_dict(Counted([1]))
    assert list(fields) == ["x", "n"]
    assert (fields["x"].numpy().tolist(), fields["n"]) == ([1], 1)
