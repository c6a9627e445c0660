"""Shapes: what turns into one, reading them, comparing and merging, broadcasting, Dimension.

Expected values and messages were recorded from TensorFlow 2.21.
"""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tidefall as tf
from tests.ids import without_address
from tidefall.base.shapes import (
    Dimension,
    TensorShape,
    as_dimension,
    as_shape,
    broadcast_shape,
    broadcast_static_shape,
    dimension_at_index,
    dimension_value,
    unknown_shape,
)
from tidefall.proto import TensorShapeProto

UNKNOWN = TensorShape(None)
PARTIAL = TensorShape([2, None, 3])
FULL = TensorShape([2, 3])
SCALAR = TensorShape([])


class Index:
    def __index__(self):
        return 4


class Sequence:
    def __len__(self):
        return 2

    def __getitem__(self, i):
        return [2, 3][i]


PARSED = [
    (None, None),
    ([], ()),
    (3, (3,)),
    ((2, None), (2, None)),
    (TensorShape([2]), (2,)),
    (Dimension(None), (None,)),
    ([Dimension(3), Dimension(None), 4], (3, None, 4)),
    (np.array([2, 3]), (2, 3)),
    (np.array([]), ()),
    (np.int64(3), (3,)),
    ((np.int64(3),), (3,)),
    (range(3), (0, 1, 2)),
    ({1: 2}, (1,)),
    (Sequence(), (2, 3)),
    (Index(), (4,)),
    (b"ab", (97, 98)),
    ([2**70], (2**70,)),
    ((True,), (1,)),
]


@pytest.mark.parametrize("value,dims", PARSED, ids=[without_address(value) for value, _ in PARSED])
def test_what_turns_into_a_shape(value, dims):
    shape = TensorShape(value)
    assert shape._dims == dims
    assert all(dim is None or type(dim) is int for dim in shape._dims or ())
    assert as_shape(value) == shape


def test_as_shape_keeps_shapes():
    assert as_shape(FULL) is FULL


_DIMENSION = "Dimension value must be integer or None or have an __index__ method, got value "


@pytest.mark.parametrize(
    "value,kind,message",
    [
        (-1, ValueError, "Dimension -1 must be >= 0"),
        ((1, -2), ValueError, "Dimension -2 must be >= 0"),
        (["3"], TypeError, _DIMENSION + "''3'' with type '<class 'str'>'"),
        (3.0, TypeError, _DIMENSION + "'3.0' with type '<class 'float'>'"),
        ([[1, 2]], TypeError, _DIMENSION + "'[1, 2]' with type '<class 'list'>'"),
        (
            "abc",
            TypeError,
            (
                "Failed to convert ''abc'' to a shape: ''a''could not be converted to a "
                "dimension. A shape should either be single dimension (e.g. 10), or an iterable "
                "of dimensions (e.g. [1, 10, None])."
            ),
        ),
    ],
)
def test_not_a_shape(value, kind, message):
    with pytest.raises(kind) as error:
        TensorShape(value)
    assert str(error.value) == message


@pytest.mark.parametrize(
    "shape,text,representation,rank,elements",
    [
        (UNKNOWN, "<unknown>", "TensorShape(None)", None, None),
        (PARTIAL, "(2, None, 3)", "TensorShape([2, None, 3])", 3, None),
        (FULL, "(2, 3)", "TensorShape([2, 3])", 2, 6),
        (SCALAR, "()", "TensorShape([])", 0, 1),
        (TensorShape([2]), "(2,)", "TensorShape([2])", 1, 2),
        (TensorShape([0, None]), "(0, None)", "TensorShape([0, None])", 2, None),
    ],
)
def test_reading(shape, text, representation, rank, elements):
    assert (str(shape), repr(shape)) == (text, representation)
    assert (shape.rank, shape.ndims, shape.num_elements()) == (rank, rank, elements)
    assert shape.is_fully_defined() is (elements is not None)
    assert bool(shape) is (rank is not None)
    if rank is None:
        assert shape.dims is None
    else:
        assert shape.as_list() == list(shape) == [dim.value for dim in shape.dims]
        assert len(shape) == rank


def test_unknown_rank_has_no_length():
    with pytest.raises(ValueError, match=r"Cannot take the length of shape with unknown rank."):
        len(UNKNOWN)
    with pytest.raises(ValueError, match=r"Cannot iterate over a shape with unknown rank."):
        iter(UNKNOWN)
    with pytest.raises(ValueError, match=r"as_list\(\) is not defined on an unknown TensorShape."):
        UNKNOWN.as_list()


def test_shapes_serve_as_numpy_shapes():
    assert np.zeros(FULL).shape == np.reshape(np.arange(6), FULL).shape == (2, 3)
    assert f"{FULL}" == "(2, 3)" and [*reversed(FULL)] == [3, 2] and 3 in FULL


@pytest.mark.parametrize(
    "key,of_partial,of_unknown",
    [
        (0, 2, None),
        (1, None, None),
        (-1, 3, None),
        (np.int64(2), 3, None),
        (Dimension(1), None, None),
        (slice(1, None), (None, 3), None),
        (slice(None, 2), (2, None), (None, None)),
        (slice(1, 3), (None, 3), (None, None)),
        (slice(2, 1), (), ()),
        (slice(None, 0), (), ()),
        (slice(-2, None), (None, 3), None),
        (slice(None, -1), (2, None), None),
        (slice(-1, 2), (), None),
        (slice(None, Dimension(1)), (2,), (None,)),
        (slice(None, None), (2, None, 3), None),
    ],
)
def test_indexing(key, of_partial, of_unknown):
    for shape, expected in ((PARTIAL, of_partial), (UNKNOWN, of_unknown)):
        found = shape[key]
        if isinstance(key, slice):
            assert isinstance(found, TensorShape)
            found = found._dims
        assert found == expected


def test_indexing_errors():
    with pytest.raises(IndexError):
        _ = PARTIAL[3]
    with pytest.raises(TypeError):
        _ = PARTIAL["a"]
    with pytest.raises(ValueError, match="Steps are not yet handled"):
        _ = UNKNOWN[::2]
    assert PARTIAL[::-1] == [3, None, 2]


@pytest.mark.parametrize(
    "shape,other,equal",
    [
        (FULL, [2, 3], True),
        (FULL, (2, 3), True),
        ((2, 3), FULL, True),
        (FULL, np.array([2, 3]), True),
        (FULL, [2, 4], False),
        (FULL, [2, "a"], False),
        (FULL, None, False),
        (FULL, "abc", False),
        (FULL, object(), False),
        (FULL, UNKNOWN, False),
        (UNKNOWN, UNKNOWN, True),
        (UNKNOWN, None, True),
        (TensorShape([3]), 3, True),
        (PARTIAL, [2, None, 3], True),
        (PARTIAL, [2, 4, 3], False),
    ],
)
def test_equality(shape, other, equal):
    assert (shape == other) is equal
    assert (shape != other) is not equal


def test_equality_with_a_negative_size_is_an_error():
    with pytest.raises(ValueError, match="Dimension -1 must be >= 0"):
        _ = FULL == [-1]


def test_hash_is_that_of_the_tuple():
    assert hash(FULL) == hash((2, 3)) and hash(UNKNOWN) == hash(TensorShape(None))
    assert {(2, 3): 1}[FULL] == 1


@pytest.mark.parametrize("shape", [UNKNOWN, PARTIAL, SCALAR])
def test_copies_pickles_and_protos(shape):
    assert pickle.loads(pickle.dumps(shape)) == copy.copy(shape) == copy.deepcopy(shape) == shape
    proto = shape.as_proto()
    assert isinstance(proto, TensorShapeProto) and proto == shape.experimental_as_proto()
    assert TensorShape.experimental_type_proto() is TensorShapeProto
    assert TensorShape(proto) == TensorShape.experimental_from_proto(proto) == shape


def test_proto_bytes():
    assert PARTIAL.as_proto().SerializeToString().hex() == (
        "12020802" + "120b08ffffffffffffffffff01" + "12020803"
    )
    assert UNKNOWN.as_proto().SerializeToString() == b"\x18\x01"
    with pytest.raises(ValueError, match="Dimension -5"):
        TensorShape(TensorShapeProto(dim=[TensorShapeProto.Dim(size=-5)]))


@pytest.mark.parametrize(
    "call,message",
    [
        (lambda: PARTIAL.assert_is_fully_defined(), "Shape (2, None, 3) is not fully defined"),
        (lambda: UNKNOWN.assert_is_fully_defined(), "Shape <unknown> is not fully defined"),
        (lambda: PARTIAL.assert_has_rank(2), "Shape (2, None, 3) must have rank 2"),
        (lambda: PARTIAL.with_rank(2), "Shape (2, None, 3) must have rank 2"),
        (lambda: PARTIAL.with_rank_at_least(4), "Shape (2, None, 3) must have rank at least 4"),
        (lambda: PARTIAL.with_rank_at_most(2), "Shape (2, None, 3) must have rank at most 2"),
        (
            lambda: PARTIAL.assert_same_rank([1]),
            "Shapes (2, None, 3) and (1,) must have the same rank",
        ),
        (
            lambda: PARTIAL.merge_with([3, 4, None]),
            "Shapes (2, None, 3) and (3, 4, None) are not compatible",
        ),
        (lambda: PARTIAL.merge_with([3]), "Shapes (2, None, 3) and (3,) are not compatible"),
        (
            lambda: PARTIAL.assert_is_compatible_with([3, 4, 5]),
            "Shapes (2, None, 3) and [3, 4, 5] are incompatible",
        ),
    ],
)
def test_assertions(call, message):
    with pytest.raises(ValueError) as error:
        call()
    assert str(error.value) == message


def test_what_assertions_let_pass():
    FULL.assert_is_fully_defined()
    for shape in (PARTIAL, UNKNOWN):
        shape.assert_has_rank(3)
        shape.assert_same_rank([1, 2, 3])
        shape.assert_same_rank(None)
        shape.assert_is_compatible_with([2, 5, 3])
    assert PARTIAL.with_rank(3) == PARTIAL.with_rank(None) == PARTIAL.with_rank_at_least(2)
    assert PARTIAL.with_rank_at_most(3) == PARTIAL
    assert UNKNOWN.with_rank(2) == [None, None]
    assert UNKNOWN.with_rank_at_most(2) == UNKNOWN.with_rank_at_least(2) == UNKNOWN


@pytest.mark.parametrize(
    "a,b,merged",
    [
        ([2, None, 3], [2, 4, None], [2, 4, 3]),
        ([2, None, 3], None, [2, None, 3]),
        (None, [2, None, 3], [2, None, 3]),
        (None, None, None),
        ([], [], []),
    ],
)
def test_merge(a, b, merged):
    assert TensorShape(a).merge_with(b) == TensorShape(merged)


def test_concatenation():
    assert PARTIAL + [1] == PARTIAL.concatenate(1) == [2, None, 3, 1]
    assert (1,) + PARTIAL == 1 + PARTIAL == [1, 2, None, 3]
    assert PARTIAL + None == None + PARTIAL == UNKNOWN + FULL == FULL + UNKNOWN == UNKNOWN


@pytest.mark.parametrize(
    "a,b,subtype,common",
    [
        ([2, 4, 3], [2, None, 3], True, [2, None, 3]),
        ([2, None, 3], [2, 4, 3], False, [2, None, 3]),
        ([2, None, 3], [2, 4, 5], False, [2, None, None]),
        ([2, 3], None, True, None),
        (None, [2, 3], False, None),
        (None, None, True, None),
        ([2, 3], [2], False, None),
        ([2, None], [2, None], True, [2, None]),
    ],
)
def test_subtypes(a, b, subtype, common):
    a, b, common = TensorShape(a), TensorShape(b), TensorShape(common)
    assert a.is_subtype_of(b) is subtype
    assert a.most_specific_compatible_shape(b) == common
    assert a.most_specific_common_supertype([b]) == common


def test_supertypes_are_of_shapes_only():
    assert PARTIAL.is_subtype_of([2, None, 3]) is False
    assert PARTIAL.most_specific_common_supertype([[2, None, 3]]) is None
    assert FULL.most_specific_common_supertype([]) == FULL
    several = [TensorShape([2, 4]), TensorShape([1, 3])]
    assert FULL.most_specific_common_supertype(several) == [None, None]


def test_shapes_as_trace_types():
    assert FULL.flatten() == FULL.to_tensors(None) == []
    assert FULL.from_tensors(iter([])) is FULL.placeholder_value(None) is None
    assert FULL.cast(None, None) is None
    with pytest.raises(AssertionError, match=r"Can not cast 3 to type TensorShape\(\[2, 3\]\)"):
        FULL.cast(3, None)


def test_unknown_shape():
    assert unknown_shape() == UNKNOWN
    assert unknown_shape(2) == unknown_shape(ndims=2) == [None, None]
    with pytest.raises(TypeError, match="Unknown argument"):
        unknown_shape(foo=1)


@pytest.mark.parametrize(
    "a,b,expected",
    [
        ([2, 3], [3], [2, 3]),
        ([2, 3], [2, 1], [2, 3]),
        ([1, 1], [5], [1, 5]),
        ([], [2], [2]),
        ([0], [1], [0]),
        ([0], [None], [None]),
        ([1], [None], [None]),
        ([None], [None], [None]),
        ([2, None], [3], [2, 3]),
        ([2, None], [1], [2, None]),
        ([None, 1], [2, None], [2, None]),
        (None, [3], None),
        (None, None, None),
    ],
)
def test_broadcast(a, b, expected):
    for x, y in ((a, b), (b, a)):
        assert broadcast_shape(x, y) == TensorShape(expected)
        assert broadcast_static_shape(TensorShape(x), TensorShape(y)) == TensorShape(expected)


@pytest.mark.parametrize(
    "a,b,text",
    [
        ([2, 3], [4], "(2, 3) and (4,)"),
        ([0], [2], "(0,) and (2,)"),
        ([2, None, 4], [3, 5], "(2, None, 4) and (3, 5)"),
    ],
)
def test_no_broadcast(a, b, text):
    with pytest.raises(ValueError) as error:
        broadcast_shape(a, b)
    assert str(error.value) == (
        "Incompatible shapes for broadcasting. Two shapes are compatible if for each dimension "
        f"pair they are either equal or one of them is 1. Received: {text}."
    )


_sizes = st.lists(st.integers(0, 3), max_size=4).map(tuple)


@given(_sizes, _sizes)
def test_known_shapes_broadcast_as_in_numpy(a, b):
    try:
        expected = np.broadcast_shapes(a, b)
    except ValueError:
        with pytest.raises(ValueError, match="Incompatible shapes"):
            broadcast_shape(a, b)
    else:
        assert broadcast_shape(a, b) == expected


_dims = st.none() | st.lists(st.none() | st.integers(0, 2), max_size=3)


@given(_dims, _dims)
def test_laws_of_merging(a, b):
    a, b = TensorShape(a), TensorShape(b)
    assert a.is_compatible_with(b) is b.is_compatible_with(a)
    common = a.most_specific_compatible_shape(b)
    assert a.is_subtype_of(common) and b.is_subtype_of(common)
    if a.is_compatible_with(b):
        merged = a.merge_with(b)
        assert merged == b.merge_with(a)
        assert merged.is_subtype_of(a) and merged.is_subtype_of(b)
    else:
        with pytest.raises(ValueError):
            a.merge_with(b)


# A dimension, an operation, another value, and TensorFlow's result.
D = Dimension
ARITHMETIC = [
    (D(3) + 2, 5),
    (2 + D(3), 5),
    (D(3) + None, None),
    (D(None) + 2, None),
    (D(3) - 2, 1),
    (5 - D(3), 2),
    (D(3) * D(2), 6),
    (2 * D(3), 6),
    (D(7) // 2, 3),
    (7 // D(3), 2),
    (D(None) // 0, None),
    (D(7) % 4, 3),
    (7 % D(4), 3),
]


@pytest.mark.parametrize("result,value", ARITHMETIC)
def test_dimension_arithmetic(result, value):
    assert isinstance(result, Dimension) and result.value == value


@pytest.mark.parametrize(
    "call,kind,message",
    [
        (lambda: 2 - D(3), ValueError, "Dimension -1 must be >= 0"),
        (lambda: D(3) // 0, ZeroDivisionError, "integer division or modulo by zero"),
        (
            lambda: D(3) / 2,
            TypeError,
            "unsupported operand type(s) for /: 'Dimension' and 'int', please use // instead",
        ),
        (
            lambda: 2 / D(3),
            TypeError,
            "unsupported operand type(s) for /: 'int' and 'Dimension', please use // instead",
        ),
        (lambda: D(3) * 1.5, TypeError, "unsupported operand type(s) for *: 'Dimension' and "),
        (lambda: D(3) + -1, TypeError, "unsupported operand type(s) for +: 'Dimension' and "),
        (lambda: D("3"), TypeError, _DIMENSION + "''3'' with type '<class 'str'>'"),
        (lambda: hash(D(3)), TypeError, "unhashable type: 'Dimension'"),
        (lambda: int(D(None)), TypeError, "__int__ returned non-int (type NoneType)"),
        (lambda: D(3).merge_with(4), ValueError, "Dimensions 3 and 4 are not compatible"),
        (
            lambda: D(3).assert_is_compatible_with(4),
            ValueError,
            "Dimensions 3 and 4 are not compatible",
        ),
    ],
)
def test_dimension_errors(call, kind, message):
    with pytest.raises(kind) as error:
        call()
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    "result,expected",
    [
        (D(3) == 3, True),
        (D(3) != 4, True),
        (D(3) == "a", False),
        (D(3) != "a", True),
        (D(3) == None, None),  # noqa: E711
        (D(None) != D(None), None),
        (D(3) < 4, True),
        (D(3) <= 3, True),
        (D(3) > 4, False),
        (D(3) >= None, None),
        (D(3).is_compatible_with(None), True),
        (D(3).is_compatible_with(4), False),
    ],
)
def test_dimension_comparison(result, expected):
    assert result is expected


def test_dimension_conversions():
    assert [1, 2, 3][D(2)] == 3 and int(D(3)) == 3 and not D(0) and D(1)
    assert (str(D(3)), str(D(None)), repr(D(None))) == ("3", "?", "Dimension(None)")
    assert pickle.loads(pickle.dumps(D(3))).value == copy.copy(D(3)).value == 3
    assert as_dimension(3).value == D(None).merge_with(3).value == D(3).merge_with(None).value == 3
    assert dimension_value(D(3)) == dimension_value(3) == 3
    assert dimension_value(D(None)) is dimension_value(None) is None
    assert dimension_at_index(FULL, 1).value == 3 and dimension_at_index(UNKNOWN, 1).value is None


@pytest.mark.parametrize(
    "dims, index, expected", [([1, 2], 1, 2), (None, 1, None), ([None], -1, None)]
)
def test_dimension_at_index(dims, index, expected):
    found = tf.compat.dimension_at_index(tf.TensorShape(dims), index)
    assert isinstance(found, tf.compat.v1.Dimension)
    assert found.value == expected


def test_dimension_at_index_refuses():
    with pytest.raises(IndexError):
        tf.compat.dimension_at_index(tf.TensorShape([1]), 3)
    with pytest.raises(AssertionError, match="takes a TensorShape"):
        tf.compat.dimension_at_index([1, 2], 0)
