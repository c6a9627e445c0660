"""Type specs, against what TensorFlow 2.21 answers."""

import copy
import pickle

import numpy as np
import pytest

from tidefall.base import dtypes, nest
from tidefall.base.services import services
from tidefall.base.shapes import TensorShape
from tidefall.tensor import type_spec_registry
from tidefall.tensor.specs import (
    BatchableTypeSpec,
    BoundedTensorSpec,
    NoneTensorSpec,
    TensorSpec,
    TypeSpec,
    type_spec_from_value,
)
from tidefall.tensor.tensor import EagerTensor, Tensor

NAMED = TensorSpec([2, None], name="n")


def zeros(shape, dtype=np.float32):
    return EagerTensor(np.zeros(shape, dtype))


class PartsSpec(TypeSpec):
    """A spec with a shape and a label, of values that are their own components."""

    __slots__ = ("_label", "_shape")

    def __init__(self, shape, label):
        self._shape = TensorShape(shape)
        self._label = label

    value_type = tuple

    def _serialize(self):
        return (self._shape, self._label)

    @property
    def _component_specs(self):
        return (TensorSpec(self._shape), {"k": TensorSpec([])})

    def _to_components(self, value):
        return value

    def _from_components(self, components):
        return components


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (NAMED, "TensorSpec(shape=(2, None), dtype=tf.float32, name='n')"),
        (TensorSpec(None), "TensorSpec(shape=<unknown>, dtype=tf.float32, name=None)"),
        (TensorSpec([], dtypes.int32), "TensorSpec(shape=(), dtype=tf.int32, name=None)"),
        (TensorSpec([2], "int8"), "TensorSpec(shape=(2,), dtype=tf.int8, name=None)"),
        (TensorSpec(3, np.int64), "TensorSpec(shape=(3,), dtype=tf.int64, name=None)"),
        (PartsSpec([2, None], "q"), "PartsSpec(TensorShape([2, None]), 'q')"),
        (NoneTensorSpec(), "NoneTensorSpec()"),
        (
            BoundedTensorSpec([2], dtypes.float32, 0, 1, name="q"),
            (
                "BoundedTensorSpec(shape=(2,), dtype=tf.float32, name='q', "
                "minimum=array(0., dtype=float32), maximum=array(1., dtype=float32))"
            ),
        ),
    ],
)
def test_repr_pickle_and_equality(spec, text):
    assert repr(spec) == text
    for twin in (pickle.loads(pickle.dumps(spec)), copy.deepcopy(spec)):
        assert twin == spec
        assert hash(twin) == hash(spec)
    assert spec != 3


def test_names_and_shapes_tell_tensor_specs_apart():
    assert TensorSpec([2, None]) != NAMED
    assert TensorSpec([2, 3], name="n") != NAMED
    assert TensorSpec([2, None], dtypes.int32, name="n") != NAMED
    assert BoundedTensorSpec([2], dtypes.float32, 0, 1) != BoundedTensorSpec(
        [2], dtypes.float32, 0, 2
    )


def test_from_spec_and_from_tensor():
    assert TensorSpec.from_spec(NAMED) == NAMED
    assert TensorSpec.from_spec(NAMED, name="z").name == "z"
    tensor = zeros([2], np.int32)
    assert TensorSpec.from_tensor(tensor) == TensorSpec([2], dtypes.int32)
    assert TensorSpec.from_tensor(tensor, name="q").name == "q"
    with pytest.raises(ValueError, match=r"`tensor` should be a tf.Tensor, but got type <class"):
        TensorSpec.from_tensor(3)
    with pytest.raises(AttributeError):
        TensorSpec.from_spec(3)
    with pytest.raises(TypeError):
        TensorSpec("x")
    with pytest.raises(TypeError):
        TensorSpec([1], "foo")


@pytest.mark.parametrize(
    ("other", "compatible"),
    [
        (TensorSpec([2, 3]), True),
        (TensorSpec([3, 3]), False),
        (TensorSpec(None), True),
        (TensorSpec([2, 3], dtypes.float64), False),
        (zeros([2, 5]), True),
        (zeros([2, 5], np.int32), False),
        (np.zeros([2, 2], np.float32), False),
        ("x", False),
        (3.0, False),
        (object(), False),
    ],
)
def test_is_compatible_with(other, compatible):
    assert NAMED.is_compatible_with(other) is compatible


@pytest.mark.parametrize(
    ("spec", "other", "subtype"),
    [
        (TensorSpec([2, 3]), NAMED, True),
        (TensorSpec([2, 3], name="n"), NAMED, True),
        (TensorSpec([2, 3], name="m"), NAMED, False),
        (NAMED, TensorSpec(None), False),
        (TensorSpec([2, 3]), TensorSpec(None), True),
        (TensorSpec(None), TensorSpec([2]), False),
        (TensorSpec([2]), TensorSpec([2], dtypes.int32), False),
        (TensorSpec([2]), 3, False),
        (PartsSpec([2, 3], "q"), PartsSpec([2, None], "q"), True),
        (PartsSpec([2, None], "q"), PartsSpec([2, 3], "q"), False),
        (PartsSpec([2, 3], "q"), PartsSpec([2, 3], "r"), False),
    ],
)
def test_is_subtype_of(spec, other, subtype):
    assert spec.is_subtype_of(other) is subtype


@pytest.mark.parametrize(
    ("spec", "others", "supertype"),
    [
        (TensorSpec([2, 3]), [TensorSpec([2, 4])], TensorSpec([2, None])),
        (TensorSpec([2]), [TensorSpec([2, 3])], TensorSpec(None)),
        (TensorSpec([2]), [], TensorSpec([2])),
        (TensorSpec([2], name="k"), [TensorSpec([3], name="k")], TensorSpec([None], name="k")),
        (TensorSpec([2], name="k"), [TensorSpec([2])], None),
        (TensorSpec([2]), [TensorSpec([2], dtypes.int32)], None),
        (TensorSpec([2]), [3], None),
        (PartsSpec([2, 3], "q"), [PartsSpec([2, 4], "q")], PartsSpec([2, None], "q")),
        (PartsSpec([2, 3], "q"), [PartsSpec([2, 3], "r")], None),
    ],
)
def test_most_specific_common_supertype(spec, others, supertype):
    assert spec.most_specific_common_supertype(others) == supertype
    if len(others) == 1 and isinstance(others[0], TypeSpec):
        if supertype is None:
            with pytest.raises(ValueError, match="No TypeSpec is compatible with both"):
                spec.most_specific_compatible_type(others[0])
        else:
            assert spec.most_specific_compatible_type(others[0]) == supertype


def test_relaxing_and_renaming():
    assert NAMED._without_tensor_names() == TensorSpec([2, None])
    assert NAMED._with_tensor_ranks_only() == TensorSpec([None, None], name="n")
    assert NAMED._with_name("m").name == "m"
    assert PartsSpec([2, 3], "q")._with_tensor_ranks_only() == PartsSpec([None, None], "q")


def test_batching():
    assert isinstance(NAMED, BatchableTypeSpec)
    assert NAMED._batch(5) == TensorSpec([5, 2, None])
    assert NAMED._batch(None) == TensorSpec([None, 2, None])
    assert NAMED._unbatch() == TensorSpec([None])
    assert TensorSpec(None)._batch(2) == TensorSpec(None)
    with pytest.raises(ValueError, match="Unbatching a tensor is only supported for rank >= 1"):
        TensorSpec([])._unbatch()


def test_tensor_lists():
    spec = PartsSpec([2, None], "q")
    value = (zeros([2, 3]), {"k": zeros([])})
    assert spec._flat_tensor_specs == spec.flatten() == [TensorSpec([2, None]), TensorSpec([])]
    tensors = spec._to_tensor_list(value)
    assert tensors == nest.flatten(value)
    assert spec._from_tensor_list(tensors) == value
    assert spec.to_tensors(value) == tensors
    assert spec.from_tensors(iter(tensors)) == value
    with pytest.raises(ValueError, match="the TypeSpec expects 2 items, but the provided tensor l"):
        spec._from_tensor_list(tensors[:1])
    with pytest.raises(ValueError, match=r"item 0 \(3\) is incompatible with the expected TypeSpe"):
        NAMED._from_tensor_list([3])


def test_casting_to_a_tensor_spec():
    spec = TensorSpec([2])
    tensor = zeros([2])
    assert spec.cast(tensor, None) is tensor
    converted = spec.cast([1, 2], None)
    assert isinstance(converted, Tensor)
    np.testing.assert_array_equal(converted, np.array([1, 2], np.float32))
    for unfit in (zeros([3]), zeros([2], np.int32), zeros([2, 2])):
        with pytest.raises(
            TypeError, match=r"Can not cast TensorSpec\(.* to TensorSpec\(shape=\(2"
        ):
            spec.cast(unfit, None)


def test_placeholders_come_from_the_context():
    class Context:
        def __init__(self):
            self.asked = []

        def placeholder(self, spec):
            self.asked.append(spec)
            return len(self.asked)

    context = Context()
    assert PartsSpec([2], "q").placeholder_value(context) == (1, {"k": 2})
    assert context.asked == [TensorSpec([2]), TensorSpec([])]


def test_bounds():
    spec = BoundedTensorSpec([2], dtypes.float32, [0, 1], 1, name="q")
    assert spec.minimum.tolist() == [0, 1]
    assert BoundedTensorSpec.from_spec(spec) == spec
    whole = BoundedTensorSpec.from_spec(TensorSpec([2], dtypes.int8))
    assert (whole.minimum, whole.maximum) == (-128, 127)
    assert spec.is_compatible_with(zeros([2]))
    for shape in ([None, 2], [None], None, [2, 2], [1]):
        assert BoundedTensorSpec(shape, dtypes.float32, [0, 1], 9).minimum.tolist() == [0, 1]
    for minimum, maximum, message in (
        ([0, 0, 0], 1, r"`minimum` \[0, 0, 0\] is not compatible with shape \(2,\)."),
        (0, [1, 2, 3], r"`maximum` \[1, 2, 3\] is not compatible with shape \(2,\)."),
        (None, 1, "`minimum` can not be None."),
        (0, None, "`maximum` can not be None."),
    ):
        with pytest.raises(ValueError, match=message):
            BoundedTensorSpec([2], dtypes.float32, minimum, maximum)


def test_none_has_a_spec():
    spec = type_spec_from_value(None)
    assert spec == NoneTensorSpec()
    assert spec.is_compatible_with(None)
    assert not spec.is_compatible_with(3)
    assert spec._flat_tensor_specs == [] == spec._to_tensor_list(None)
    assert spec._from_tensor_list([]) is None
    assert spec._batch(2) == spec._unbatch() == spec
    with pytest.raises(ValueError, match="No TypeSpec is compatible with both NoneTensorSpec"):
        spec.most_specific_compatible_type(TensorSpec([]))


@pytest.mark.parametrize(
    ("value", "shape", "dtype"),
    [
        (3, [], dtypes.int32),
        (3.5, [], dtypes.float32),
        (True, [], dtypes.bool),
        ("a", [], dtypes.string),
        (3j, [], dtypes.complex128),
        ([1, 2], [2], dtypes.int32),
        ((1,), [1], dtypes.int32),
        (np.ones((2, 2)), [2, 2], dtypes.float64),
        (zeros([3]), [3], dtypes.float32),
    ],
)
def test_type_spec_from_value(value, shape, dtype):
    assert type_spec_from_value(value) == TensorSpec(shape, dtype)


@pytest.mark.parametrize("value", [object(), {"a": 1}, TensorSpec([1]), [[1], [1, 2]]])
def test_values_without_a_type_spec(value):
    with pytest.raises(TypeError, match=r"Could not build a TypeSpec for .* of unsupported type"):
        type_spec_from_value(value)


def test_converters_of_foreign_classes():
    class Celsius:
        pass

    class Kelvin(Celsius):
        pass

    type_spec_registry.register_type_spec_from_value_converter(Celsius, lambda _: TensorSpec([1]))
    assert type_spec_from_value(Celsius()) == TensorSpec([1])
    with pytest.raises(TypeError):
        type_spec_from_value(Kelvin())
    type_spec_registry.register_type_spec_from_value_converter(
        Celsius, lambda _: TensorSpec([2]), allow_subclass=True
    )
    assert type_spec_from_value(Kelvin()) == TensorSpec([2])


def test_registry():
    assert type_spec_registry.get_name(TensorSpec) == "tf.TensorSpec"
    assert type_spec_registry.lookup("tf.TensorSpec") is TensorSpec
    assert type_spec_registry.lookup("tf.NoneTensorSpec") is NoneTensorSpec
    for name in ("bad name", "nodot", "a.b-c", ""):
        with pytest.raises(ValueError, match="Registered name must have the form"):
            type_spec_registry.register(name)
    with pytest.raises(TypeError, match="Expected `name` to be a string; got 3"):
        type_spec_registry.register(3)
    with pytest.raises(TypeError, match="Expected `cls` to be a TypeSpec; got <class 'int'>"):
        type_spec_registry.register("a.b")(int)
    with pytest.raises(ValueError, match="TensorSpec has already been registered with name tf"):
        type_spec_registry.register("a.b")(TensorSpec)
    with pytest.raises(ValueError, match=r"Name tf.TensorSpec has already been registered for"):
        type_spec_registry.register("tf.TensorSpec")(PartsSpec)
    with pytest.raises(ValueError, match="PartsSpec has not been registered"):
        type_spec_registry.get_name(PartsSpec)
    with pytest.raises(ValueError, match="No TypeSpec has been registered with name 'zz'"):
        type_spec_registry.lookup("zz")


def test_writing_asks_for_the_codec(monkeypatch):
    monkeypatch.setattr(services, "proto_codec", lambda: (repr, len, lambda: str))
    assert NAMED.experimental_as_proto() == repr(NAMED)
    assert TensorSpec.experimental_from_proto("abc") == 3
    assert TensorSpec.experimental_type_proto() is str


def test_an_incomplete_type_spec_cannot_be_made():
    class Bare(TypeSpec):
        pass

    with pytest.raises(TypeError, match="abstract"):
        Bare()
