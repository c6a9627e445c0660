"""The types of extension types: constructors of their own, batches with shapes, names in files."""

import copy

import pytest

import tidefall as tf


class Masked(tf.experimental.ExtensionType):
    """A type whose spec is made from a shape and a dtype."""

    __name__ = "tests.Masked"

    values: tf.Tensor
    mask: tf.Tensor

    class Spec:
        def __init__(self, shape, dtype=tf.float32):
            self.values = tf.TensorSpec(shape, dtype)
            self.mask = tf.TensorSpec(shape, tf.bool)

        def __repr__(self):
            return f"Masked.Spec(shape={self.shape}, dtype={self.dtype.name})"

        shape = property(lambda self: self.values.shape)
        dtype = property(lambda self: self.values.dtype)

        def twice(self):
            return Masked.Spec(self.shape.concatenate([2]), self.dtype)


class Plain(tf.experimental.ExtensionType):
    x: tf.Tensor


class Network(tf.experimental.BatchableExtensionType):
    """A type that keeps the shape of its batch."""

    shape: tf.TensorShape
    work: tf.Tensor

    def __init__(self, work):
        self.work = tf.convert_to_tensor(work)
        self.shape = self.work.shape[:-1]


def masked():
    return Masked([1.0, 2.0, 3.0], [True, False, True])


def test_a_spec_has_the_constructor_and_members_of_the_class_in_the_body():
    spec = Masked.Spec([3])
    assert repr(spec) == "Masked.Spec(shape=(3,), dtype=float32)"
    assert repr(spec.twice()) == "Masked.Spec(shape=(3, 2), dtype=float32)"
    assert tf.type_spec_from_value(masked()) == spec == copy.deepcopy(spec)
    assert Masked.Spec([None]).is_compatible_with(spec)
    assert repr(Masked.Spec([None]).most_specific_compatible_type(spec)) == (
        "Masked.Spec(shape=(None,), dtype=float32)"
    )
    assert Masked.Spec.value_type is Masked


def test_it_serves_as_signature_and_in_datasets():
    @tf.function(input_signature=[Masked.Spec([None])])
    def doubled(m):
        return Masked(m.values * 2.0, m.mask)

    assert doubled(masked()).values.numpy().tolist() == [2.0, 4.0, 6.0]
    made = tf.data.Dataset.from_generator(
        lambda: iter([masked()]), output_signature=Masked.Spec([3])
    )
    assert [m.values.numpy().tolist() for m in made] == [[1.0, 2.0, 3.0]]


def _with_spec(**members):
    base = tf.experimental.ExtensionType
    body = {"__annotations__": {"v": tf.Tensor}, "Spec": type("Spec", (), members)}
    return type(base)("Made", (base,), body)


def _sets(**fields):
    def init(self):
        for name, value in fields.items():
            setattr(self, name, value)

    return lambda: _with_spec(__init__=init).Spec()


WRONG = [
    (_sets(), ValueError, "Missing required fields: {'v'}"),
    (_sets(v=3), TypeError, "v: expected a TensorSpec, got 'int'"),
    (_sets(v=tf.TensorSpec([]), w=3), AttributeError, "Cannot mutate attribute `w`"),
    (lambda: setattr(Masked.Spec([]), "mask", 3), AttributeError, "Cannot mutate attribute `mask`"),
    (lambda: _with_spec(value_type=3), ValueError, "reserved name 'value_type'"),
    (lambda: _with_spec(v=3), ValueError, "'v' which shadows a field"),
]


@pytest.mark.parametrize("wrong, error, match", WRONG, ids=range(len(WRONG)))
def test_wrong_specs(wrong, error, match):
    with pytest.raises(error, match=match):
        wrong()


def test_a_class_that_is_no_class_and_a_field_that_is_not_set():
    base = tf.experimental.ExtensionType
    with pytest.raises(ValueError, match="must be a nested class; got 3"):
        type(base)("Made", (base,), {"__annotations__": {"v": tf.Tensor}, "Spec": 3})
    made = type(base)(
        "Made", (base,), {"__annotations__": {"v": tf.Tensor}, "__init__": lambda self: None}
    )
    with pytest.raises(ValueError, match="Missing required fields"):
        made()


def test_shapes_in_fields_get_and_lose_the_dimension_of_a_batch():
    nets = Network([[1.0, 2.0], [3.0, 4.0]])
    spec = tf.type_spec_from_value(nets)
    assert spec._batch(4).shape == [4, 2]
    assert spec._batch(None).shape.as_list() == [None, 2]
    assert spec._unbatch().shape == []
    rows = list(tf.data.Dataset.from_tensor_slices(nets))
    assert [row.shape.as_list() for row in rows] == [[], []]
    doubled = tf.map_fn(lambda net: Network(net.work * 2.0), nets)
    assert doubled.shape == [2]
    assert doubled.work.numpy().tolist() == [[2.0, 4.0], [6.0, 8.0]]


class Doubling(tf.Module):
    @tf.function
    def doubled(self, m):
        return Masked(m.values * 2.0, m.mask)

    @tf.function
    def plain(self, p):
        return p.x


def test_named_types_are_saved_and_loaded(tmp_path):
    module = Doubling()
    module.doubled.get_concrete_function(Masked.Spec(None))
    tf.saved_model.save(module, str(tmp_path))
    result = tf.saved_model.load(str(tmp_path)).doubled(masked())
    assert type(result) is Masked
    assert result.values.numpy().tolist() == [2.0, 4.0, 6.0]


def test_types_without_a_name_are_refused(tmp_path):
    module = Doubling()
    module.plain.get_concrete_function(Plain.Spec(tf.TensorSpec([])))
    with pytest.raises(TypeError, match=r"No encoder for object Plain\.Spec.*__name__"):
        tf.saved_model.save(module, str(tmp_path))


def test_a_name_is_given_once():
    with pytest.raises(ValueError, match=r"tests\.Masked\.Spec has already been registered"):
        _named("tests.Masked")


def _named(name):
    base = tf.experimental.ExtensionType
    return type(base)("Made", (base,), {"__annotations__": {"v": tf.Tensor}, "__name__": name})


def test_types_that_are_not_defined_here_are_anonymous():
    message = Masked.Spec([2]).experimental_as_proto()
    message.type_spec_class_name = "tests.Gone.Spec"
    spec = tf.TypeSpec.experimental_from_proto(message)
    value = spec._from_components([tf.constant([1.0, 2.0]), tf.constant([True, False])])
    assert value.values.numpy().tolist() == [1.0, 2.0]
    assert tf.type_spec_from_value(value) == spec
    assert tf.function(lambda v: v)(value).mask.numpy().tolist() == [True, False]
    with pytest.raises(AttributeError, match="instances are immutable"):
        value.values = 3
