"""Nested structures, against what TensorFlow 2.21's `tf.nest` and `tf.data` nests return."""

import collections
import dataclasses
import types

import numpy as np
import pytest

from tidefall.base import data_nest, nest, nest_paths
from tidefall.base.composite import CompositeTensor
from tidefall.base.dtypes import float32, int32
from tidefall.composite.trackable.data_structures import ListWrapper, _DictWrapper, _TupleWrapper
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.tensor import EagerTensor
from tidefall.tensor.type_spec import TypeSpec

Point = collections.namedtuple("Point", "x y")
Other = collections.namedtuple("Other", "x y")
Ordered = collections.OrderedDict


class Attrs:
    """What the attrs package makes of a class with the fields a and b."""

    __attrs_attrs__ = (types.SimpleNamespace(name="a"), types.SimpleNamespace(name="b"))

    def __init__(self, a, b):
        self.a, self.b = a, b

    def __eq__(self, other):
        return isinstance(other, Attrs) and (self.a, self.b) == (other.a, other.b)

    __hash__ = None


@dataclasses.dataclass
class Masked:
    value: object
    mask: object

    def __tf_flatten__(self):
        return (self.mask,), (self.value,)

    @classmethod
    def __tf_unflatten__(cls, metadata, components):
        return cls(components[0], metadata[0])


class Pair(CompositeTensor):
    def __init__(self, left, right):
        self.left, self.right = left, right

    @property
    def _type_spec(self):
        return PairSpec(self.left.dtype)


class PairSpec(TypeSpec):
    def __init__(self, dtype):
        self._dtype = dtype

    value_type = Pair

    def _serialize(self):
        return (self._dtype,)

    @property
    def _component_specs(self):
        return (TensorSpec([], self._dtype), TensorSpec([], self._dtype))

    def _to_components(self, value):
        return (value.left, value.right)

    def _from_components(self, components):
        return Pair(*components)


def scalar(value, dtype=np.float32):
    return EagerTensor(np.array(value, dtype))


@pytest.mark.parametrize(
    ("structure", "leaves"),
    [
        (5, [5]),
        (None, [None]),
        ([], []),
        ("abc", ["abc"]),
        (b"ab", [b"ab"]),
        ({1, 2}, [{1, 2}]),
        (frozenset([1]), [frozenset([1])]),
        ([1, (2, {"b": 3, "a": 4}), Point(5, 6)], [1, 2, 4, 3, 5, 6]),
        (Ordered([("z", 1), ("a", 2)]), [2, 1]),
        (Attrs(1, [2, 3]), [1, 2, 3]),
        (Masked([1, 2], 3), [1, 2]),
        ({"b": 1, "a": 2}.values(), [1, 2]),
        ({"a": 1}.keys(), ["a"]),
        ({"a": 1}.items(), ["a", 1]),
        (range(3), [0, 1, 2]),
        (collections.deque([1, 2]), [1, 2]),
        (collections.ChainMap({"a": 1}), [1]),
        (collections.UserList([1, 2]), [1, 2]),
        (ListWrapper([1, [2]]), [1, 2]),
        (_DictWrapper({"b": 1, "a": 2}), [2, 1]),
        (_TupleWrapper((1, 2)), [1, 2]),
        (TensorSpec([1]), [TensorSpec([1])]),
    ],
)
def test_flatten(structure, leaves):
    assert nest.flatten(structure) == leaves
    leaf_types = (int, str, bytes, set, frozenset, TensorSpec, type(None))
    assert nest.is_nested(structure) is not isinstance(structure, leaf_types)


def test_flatten_needs_sortable_keys():
    with pytest.raises(TypeError, match="'<' not supported between instances of 'int' and 'str'"):
        nest.flatten({"a": 1, 2: 3})


def test_a_variable_is_a_leaf_even_if_composite():
    class Variable(Pair):
        _is_variable = True

    variable = Variable(scalar(1), scalar(2))
    assert nest.flatten([variable], expand_composites=True) == [variable]


def test_composites_are_opened_on_request():
    pair = Pair(scalar(1), scalar(2))
    assert nest.flatten([pair]) == [pair]
    assert nest.flatten([pair], expand_composites=True) == [pair.left, pair.right]
    specs = nest.flatten(PairSpec(float32), expand_composites=True)
    assert specs == [TensorSpec([]), TensorSpec([])]
    assert nest.flatten(TensorSpec([2]), expand_composites=True) == [TensorSpec([2])]
    packed = nest.pack_sequence_as([pair], [3, 4], expand_composites=True)
    assert (packed[0].left, packed[0].right) == (3, 4)
    mapped = nest.map_structure(id, {"p": pair}, expand_composites=True)
    assert (mapped["p"].left, mapped["p"].right) == (id(pair.left), id(pair.right))
    paths = nest_paths.flatten_with_joined_string_paths({"a": pair}, expand_composites=True)
    assert [path for path, _ in paths] == ["a/Pair/0", "a/Pair/1"]


def test_composites_are_compared_by_type():
    floats, ints = Pair(scalar(1), scalar(2)), Pair(scalar(1, np.int32), scalar(2, np.int32))
    nest.assert_same_structure([floats], [Pair(scalar(3), scalar(4))], expand_composites=True)
    nest.assert_same_structure([floats], [PairSpec(float32)], expand_composites=True)
    nest.assert_same_structure(floats, 1)
    with pytest.raises(ValueError, match="Incompatible CompositeTensor TypeSpecs: type=PairSpec"):
        nest.assert_same_structure([floats], [ints], expand_composites=True)
    with pytest.raises(ValueError, match="is a sequence, while substructure"):
        nest.assert_same_structure([floats], [1], expand_composites=True)


@pytest.mark.parametrize(
    "structure",
    [
        [1, (2, Point(3, 4)), {"b": 5, "a": 6}],
        Ordered([("b", 1), ("a", 2)]),
        collections.defaultdict(list, b=1, a=2),
        collections.UserDict(a=1),
        types.MappingProxyType({"a": 1}),
        Attrs(1, 2),
        Masked(1, 2),
        collections.deque([1, 2]),
        ListWrapper([1, 2]),
        _DictWrapper(Ordered([("b", 1), ("a", 2)])),
        _TupleWrapper(Point(1, 2)),
        (),
        {},
    ],
)
def test_packing_and_mapping_keep_types_and_key_order(structure):
    leaves = nest.flatten(structure)
    for copy in (
        nest.pack_sequence_as(structure, leaves),
        nest.map_structure(lambda leaf: leaf, structure),
        nest.map_structure(lambda leaf, _: leaf, structure, structure),
    ):
        assert type(copy) is type(structure)
        assert copy.__class__ is structure.__class__
        assert copy == structure
        if isinstance(structure, dict):
            assert list(copy) == list(structure)


def test_mapping_several_structures():
    def pair(x, y):
        return (x, y)

    assert nest.map_structure(pair, Ordered(b=1, a=2), {"a": 3, "b": 4}) == {
        "b": (1, 4),
        "a": (2, 3),
    }
    assert type(nest.map_structure(pair, {"a": 1}, Ordered(a=2))) is dict
    assert nest.map_structure(pair, [1], (2,), check_types=False) == [(1, 2)]
    assert nest.map_structure(pair, 1, 2) == (1, 2)
    assert nest.map_structure(str, {"a": 1}.values()) == ["1"]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nest.map_structure(1, [1]), TypeError, "func must be callable, got: 1"),
        (lambda: nest.map_structure(str), ValueError, "Must provide at least one structure"),
        (
            lambda: nest.map_structure(str, [1], foo=1),
            ValueError,
            "Only valid keyword arguments are `check_types` and `expand_composites`, not: `foo`",
        ),
        (
            lambda: nest.pack_sequence_as([1, 2], [1]),
            ValueError,
            (
                "Could not pack sequence. Structure had 2 atoms, but flat_sequence had 1 items.  "
                "Structure: [1, 2], flat_sequence: [1]."
            ),
        ),
        (
            lambda: nest.pack_sequence_as([1], [1, 2]),
            ValueError,
            (
                "Could not pack sequence. Structure had 1 atoms, but flat_sequence had 2 items.  "
                "Structure: [1], flat_sequence: [1, 2]."
            ),
        ),
        (
            lambda: nest.pack_sequence_as(1, [1, 2]),
            ValueError,
            (
                "The target structure is of type `<class 'int'>`\n  1\nHowever the input is a "
                "sequence (<class 'list'>) of length 2.\n  [1, 2]\nnest cannot guarantee that it "
                "is "
                "safe to map one to the other."
            ),
        ),
        (
            lambda: nest.pack_sequence_as([1], 5),
            TypeError,
            (
                "Attempted to pack value:\n  5\ninto a structure, but found incompatible type "
                "`<class 'int'>` instead."
            ),
        ),
        (
            lambda: nest_paths.flatten_up_to([0, 0], [1]),
            ValueError,
            (
                "The two structures don't have the same sequence length. Input structure has "
                "length "
                "1, while shallow structure has length 2."
            ),
        ),
        (
            lambda: nest_paths.flatten_up_to([0, 0], (1, 2)),
            TypeError,
            (
                "The two structures don't have the same sequence type. Input structure has type "
                "<class 'tuple'>, while shallow structure has type <class 'list'>."
            ),
        ),
        (
            lambda: nest_paths.flatten_up_to([0, [1]], [1, 2]),
            TypeError,
            (
                "If shallow structure is a sequence, input must also be a sequence. Input has "
                "type: "
                "<class 'int'>."
            ),
        ),
        (
            lambda: nest_paths.flatten_up_to({"a": 1}, {"b": 1}),
            ValueError,
            (
                "The shallow_tree's keys are not a subset of the input_tree's keys. The "
                "shallow_tree "
                "has the following keys that are not in the input_tree: ['a']."
            ),
        ),
        (
            lambda: nest_paths.map_structure_up_to([0], str),
            ValueError,
            "Cannot map over no sequences",
        ),
        (
            lambda: data_nest.pack_sequence_as((1,), [3, 4]),
            ValueError,
            (
                "Could not pack sequence. Argument `structure` had 1 elements, but argument "
                "`flat_sequence` had 2 elements. Received structure: (1,), flat_sequence: [3, 4]."
            ),
        ),
        (
            lambda: data_nest.pack_sequence_as(1, [3, 4]),
            ValueError,
            "Argument `structure` is a scalar but `len(flat_sequence)`=2 > 1",
        ),
        (
            lambda: data_nest.pack_sequence_as((1, 2), 5),
            TypeError,
            "Argument `flat_sequence` must be a sequence. Got 'int'.",
        ),
        (
            lambda: data_nest.flatten_up_to((0, 0), [1, 2]),
            TypeError,
            (
                "If shallow structure is a sequence, input must also be a sequence. Input has "
                "type: "
                "'list'."
            ),
        ),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("one", "two", "error", "specifically", "forms"),
    [
        (
            [1, [2]],
            [1, (2,)],
            TypeError,
            (
                "The two namedtuples don't have the same sequence type. First structure type=list "
                "str=[2] has type list, while second structure type=tuple str=(2,) has type tuple"
            ),
            ("[., [.]]", "[., (.,)]"),
        ),
        (
            Point(1, 2),
            Other(1, 2),
            TypeError,
            (
                "The two namedtuples don't have the same sequence type. First structure type=Point "
                "str=Point(x=1, y=2) has type Point, while second structure type=Other "
                "str=Other(x=1, y=2) has type Other"
            ),
            ("Point(x=., y=.)", "Other(x=., y=.)"),
        ),
        (
            [[1, 2], 3],
            [[1], 2, 3],
            ValueError,
            (
                "The two structures don't have the same number of elements. First structure: "
                "type=list str=[1, 2]. Second structure: type=list str=[1]"
            ),
            ("[[., .], .]", "[[.], ., .]"),
        ),
        (
            [1, {"a": 3}],
            [1, {"b": 3}],
            ValueError,
            (
                "The two dictionaries don't have the same set of keys. First structure has keys "
                "type=list str=['a'], while second structure has keys type=list str=['b']"
            ),
            ("[., {'a': .}]", "[., {'b': .}]"),
        ),
        (
            1,
            [1],
            ValueError,
            (
                'Substructure "type=list str=[1]" is a sequence, while substructure "type=int '
                'str=1" '
                "is not"
            ),
            (".", "[.]"),
        ),
    ],
)
def test_assert_same_structure_tells_where(one, two, error, specifically, forms):
    with pytest.raises(error) as caught:
        nest.assert_same_structure(one, two)
    assert str(caught.value) == (
        "The two structures don't have the same nested structure.\n\n"
        f"First structure: type={type(one).__name__} str={one}\n\n"
        f"Second structure: type={type(two).__name__} str={two}\n\n"
        f"More specifically: {specifically}\n"
        f"Entire first structure:\n{forms[0]}\nEntire second structure:\n{forms[1]}"
    )


class MyList(list):
    pass


class MyTuple(tuple):
    __slots__ = ()


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ([1], [2], True),
        (Ordered(a=1), {"a": 1}, True),
        (collections.defaultdict(int, a=1), {"a": 1}, True),
        (Point(1, 2), collections.namedtuple("Point", "x y")(3, 4), True),
        (Point(1, 2), collections.namedtuple("Point", "x z")(3, 4), False),
        (Attrs(1, 2), Attrs(3, 4), True),
        (Masked(1, 2), Masked(3, 4), True),
        (MyList([1]), [1], True),
        (ListWrapper([1]), [1], True),
        (ListWrapper([1]), (1,), False),
        (_TupleWrapper((1, 2)), (1, 2), True),
        (_DictWrapper({"a": 1}), {"a": 1}, True),
        (MyTuple([1]), (1,), False),
        ({"a": 1}, [1], False),
        ([[1], 2], [1, [2]], False),
    ],
)
def test_assert_same_structure(one, two, same):
    if same:
        nest.assert_same_structure(one, two)
        nest.assert_same_structure(two, one)
    else:
        with pytest.raises((ValueError, TypeError), match="don't have the same nested structure"):
            nest.assert_same_structure(one, two)


def test_without_type_checks_only_the_form_counts():
    nest.assert_same_structure([1], (1,), check_types=False)
    nest.assert_same_structure({"a": 1}, {"b": 1}, check_types=False)
    with pytest.raises(ValueError, match="number of elements"):
        nest.assert_same_structure([1], (1, 2), check_types=False)


def test_paths():
    structure = [1, {"b": 2, "a": (3, Point(4, 5))}]
    assert nest_paths.flatten_with_joined_string_paths(structure) == [
        ("0", 1),
        ("1/a/0", 3),
        ("1/a/1/x", 4),
        ("1/a/1/y", 5),
        ("1/b", 2),
    ]
    assert nest_paths.flatten_with_joined_string_paths(1) == [("", 1)]
    assert nest_paths.flatten_with_joined_string_paths(Attrs(1, 2)) == [("a", 1), ("b", 2)]
    assert nest_paths.flatten_with_tuple_paths([1, {"b": 2}]) == [((0,), 1), ((1, "b"), 2)]
    assert list(nest_paths.yield_flat_paths([1, {"b": 2}])) == [(0,), (1, "b")]
    assert nest_paths.map_structure_with_paths(lambda p, x: (p, x), [1, {"a": 2}]) == [
        ("0", 1),
        {"a": ("1/a", 2)},
    ]
    assert nest_paths.map_structure_with_tuple_paths(lambda p, x: (p, x), [1, {"a": 2}]) == [
        ((0,), 1),
        {"a": ((1, "a"), 2)},
    ]


def test_up_to():
    assert nest_paths.flatten_up_to([0, 0], [[1, 2], (3,)]) == [[1, 2], (3,)]
    assert nest_paths.flatten_up_to(0, [1, 2]) == [[1, 2]]
    assert nest_paths.flatten_up_to({"a": 1}, Ordered(a=[1])) == [[1]]
    assert nest_paths.flatten_up_to([0, 0], (1, 2), check_types=False) == [1, 2]
    assert nest_paths.map_structure_up_to(
        [0, {"a": 0}], lambda x, y: (x, y), [[1], {"a": (2,)}], [3, {"a": 4}]
    ) == [([1], 3), {"a": ((2,), 4)}]
    assert nest_paths.map_structure_with_tuple_paths_up_to(
        [0, {"a": 0}], lambda p, x: (p, x), [[1], {"a": (2,)}]
    ) == [((0,), [1]), {"a": ((1, "a"), (2,))}]
    nest_paths.assert_shallow_structure([0, 0], [[1], 2])


def test_list_to_tuple():
    assert nest_paths.list_to_tuple([1, [2, (3,)], {"a": [1]}]) == (1, (2, (3,)), {"a": (1,)})


def test_data_nests_keep_lists_whole():
    assert data_nest.flatten(([1, 2], {"b": 3, "a": 4})) == [[1, 2], 4, 3]
    assert data_nest.flatten(Attrs(1, [2])) == [1, [2]]
    assert not data_nest.is_nested([1])
    assert data_nest.is_nested((1,))
    assert data_nest.map_structure(lambda x: x, ([1], Point(2, 3))) == ([1], Point(2, 3))
    assert data_nest.pack_sequence_as((1, {"a": 2}), [3, 4]) == (3, {"a": 4})
    assert data_nest.map_structure_up_to((0, 0), str, ((1, 2), [3])) == ("(1, 2)", "[3]")
    with pytest.raises(ValueError, match="don't have the same nested structure") as caught:
        data_nest.assert_same_structure((1,), [1])
    assert str(caught.value).endswith(
        'More specifically: Substructure "type=tuple str=(1,)" is a sequence, while substructure '
        '"type=list str=[1]" is not'
    )


def test_kinds_of_classes_are_not_confused_by_proxies():
    assert int32 in nest.flatten([_TupleWrapper(Point(1, int32)), _TupleWrapper((1,))])
    assert nest.is_namedtuple(_TupleWrapper(Point(1, 2)))
    assert not nest.is_namedtuple(_TupleWrapper((1, 2)))
