"""DTypes: the table of their properties, what turns into one, equality and copies."""

import copy
import pickle

import ml_dtypes
import numpy as np
import pytest

from tests.ids import without_address
from tidefall.base import dtypes

F32_MAX = 3.4028234663852886e38
F64_MAX = 1.7976931348623157e308
BF16_MAX = 3.3895313892515355e38
# Recorded from TensorFlow 2.21: number, name, size, what `is_*` is true, NumPy's name, min, max,
# limits (None where TensorFlow raises).
# fmt: off
TABLE = [
    (1, "float32", 4, "floating numeric numpy", "float32", -F32_MAX, F32_MAX, (0, 1)),
    (2, "float64", 8, "floating numeric numpy", "float64", -F64_MAX, F64_MAX, (0, 1)),
    (3, "int32", 4, "integer numeric numpy", "int32", -2147483648, 2147483647, (0, 2147483647)),
    (4, "uint8", 1, "integer numeric numpy unsigned", "uint8", 0, 255, (0, 255)),
    (5, "int16", 2, "integer numeric numpy", "int16", -32768, 32767, (0, 32767)),
    (6, "int8", 1, "integer numeric numpy", "int8", -128, 127, (0, 127)),
    (7, "string", 0, "numpy", "object", None, None, None),
    (8, "complex64", 8, "complex numeric numpy", "complex64", None, None, None),
    (9, "int64", 8, "integer numeric numpy", "int64", -(2**63), 2**63 - 1, (0, 2**63 - 1)),
    (10, "bool", 1, "bool numpy", "bool", None, None, (0, True)),
    (11, "qint8", 1, "numeric numpy quantized", "[('qint8', 'i1')]", None, None, None),
    (12, "quint8", 1, "numeric numpy quantized", "[('quint8', 'u1')]", None, None, None),
    (13, "qint32", 4, "numeric numpy quantized", "[('qint32', '<i4')]", None, None, None),
    (14, "bfloat16", 2, "floating numeric numpy", "bfloat16", -BF16_MAX, BF16_MAX, None),
    (15, "qint16", 2, "numeric numpy quantized", "[('qint16', '<i2')]", None, None, None),
    (16, "quint16", 2, "numeric numpy quantized", "[('quint16', '<u2')]", None, None, None),
    (17, "uint16", 2, "integer numeric numpy unsigned", "uint16", 0, 65535, (0, 65535)),
    (18, "complex128", 16, "complex numeric numpy", "complex128", None, None, None),
    (19, "float16", 2, "floating numeric numpy", "float16", -65504.0, 65504.0, None),
    (20, "resource", 0, "", None, None, None, None),
    (21, "variant", 0, "", None, None, None, None),
    (22, "uint32", 4, "integer numeric numpy unsigned", "uint32", 0, 4294967295, (0, 4294967295)),
    (23, "uint64", 8, "integer numeric numpy unsigned", "uint64", 0, 2**64 - 1, (0, 2**64 - 1)),
    (24, "float8_e5m2", 1, "floating numpy", "float8_e5m2", -57344.0, 57344.0, None),
    (25, "float8_e4m3fn", 1, "floating numpy", "float8_e4m3fn", -448.0, 448.0, None),
    (26, "float8_e4m3fnuz", 1, "floating numpy", "float8_e4m3fnuz", -240.0, 240.0, None),
    (27, "float8_e4m3b11fnuz", 1, "floating numpy", "float8_e4m3b11fnuz", -30.0, 30.0, None),
    (28, "float8_e5m2fnuz", 1, "floating numpy", "float8_e5m2fnuz", -57344.0, 57344.0, None),
    (29, "int4", 1, "integer numpy", "int4", -8, 7, None),
    (30, "uint4", 1, "integer numpy unsigned", "uint4", 0, 15, None),
    (31, "int2", 1, "integer numpy", "int2", -2, 1, None),
    (32, "uint2", 1, "integer numpy unsigned", "uint2", 0, 3, None),
    (33, "float4_e2m1fn", 1, "floating numpy", "float4_e2m1fn", -6.0, 6.0, None),
]
# fmt: on
FLAGS = ("bool", "complex", "floating", "integer", "numeric", "numpy", "quantized", "unsigned")
REAL = {"complex64": "float32", "complex128": "float64"}


def _is(dtype, flag):
    return getattr(dtype, "is_numpy_compatible" if flag == "numpy" else f"is_{flag}")


def _or_none(read):
    try:
        return read()
    except (KeyError, TypeError, ValueError):
        return None


@pytest.mark.parametrize("row", TABLE, ids=[row[1] for row in TABLE])
@pytest.mark.parametrize("ref", [False, True])
def test_properties(row, ref):
    number, name, size, flags, numpy_name, low, high, limits = row
    base = dtypes.as_dtype(number)
    dtype = dtypes.as_dtype(number + 100) if ref else base
    assert dtype.as_datatype_enum == dtype._type_enum == int(dtype) == number + 100 * ref
    assert dtype.name == name + "_ref" * ref
    assert repr(dtype) == f"tf.{dtype.name}" and str(dtype) == f"<dtype: '{dtype.name}'>"
    assert hash(dtype) == dtype.as_datatype_enum
    assert dtype.size == size
    assert " ".join(flag for flag in FLAGS if _is(dtype, flag)) == flags
    assert _or_none(lambda: str(np.dtype(dtype.as_numpy_dtype))) == numpy_name
    assert _or_none(lambda: dtype.min) == low
    assert _or_none(lambda: dtype.max) == high
    assert _or_none(lambda: dtype.limits) == limits
    assert dtype.base_dtype is base and dtype._as_ref is dtypes.as_dtype(number + 100)
    assert dtype._is_ref_dtype is ref
    assert dtype.real_dtype.name == REAL.get(name, dtype.name)


def test_extremes_have_the_dtypes_own_scalar_type():
    assert type(dtypes.float16.max) is np.float16
    assert type(dtypes.bfloat16.min) is ml_dtypes.bfloat16
    assert type(dtypes.int4.max) is type(dtypes.uint64.max) is int


@pytest.mark.parametrize(
    "name,message",
    [
        ("string", "Cannot find minimum value of <dtype: 'string'> with type <dtype: 'string'>."),
        (
            "qint8_ref",
            (
                "Cannot find minimum value of <dtype: 'qint8_ref'> with quantized type "
                "<dtype: 'qint8'>."
            ),
        ),
        ("variant", "Cannot find minimum value of <dtype: 'variant'>."),
    ],
)
def test_no_minimum(name, message):
    with pytest.raises(TypeError) as error:
        _ = dtypes.as_dtype(name).min
    assert str(error.value) == message


def test_handles_have_no_numpy_type():
    with pytest.raises(KeyError, match=r"tf.resource has no NumPy type"):
        _ = dtypes.resource.as_numpy_dtype
    with pytest.raises(KeyError, match="no limits"):
        _ = dtypes.variant.limits
    with pytest.raises(ValueError, match=r"<dtype: 'int4'> does not have defined limits."):
        _ = dtypes.int4.limits


class HasNumpyDtype:
    dtype = np.dtype("int32")


class HasNameOfDtype:
    dtype = "int32"


class HasDtype:
    dtype = dtypes.int32


AS_DTYPE = [
    ("half", "float16"),
    ("float", "float32"),
    ("double_ref", "float64_ref"),
    ("float4_e2m1fn", "float4_e2m1fn"),
    (1, "float32"),
    (133, "float4_e2m1fn_ref"),
    (float, "float32"),
    (bool, "bool"),
    (object, "string"),
    (np.float64, "float64"),
    (np.longlong, "int64"),
    (np.ulonglong, "uint64"),
    (np.str_, "string"),
    (np.dtype("O"), "string"),
    (np.dtype("S3"), "string"),
    (np.dtype("U"), "string"),
    (np.dtypes.StringDType(), "string"),
    (np.dtype(">f4"), "float32"),
    (np.dtype([("qint8", "i1")]), "qint8"),
    (np.dtype([("quint16", "u2")]), "quint16"),
    (ml_dtypes.bfloat16, "bfloat16"),
    (np.dtype(ml_dtypes.bfloat16), "bfloat16"),
    (np.dtype(ml_dtypes.float8_e5m2fnuz), "float8_e5m2fnuz"),
    (ml_dtypes.uint2, "uint2"),
    (np.ones(3, "int8"), "int8"),
    (HasNumpyDtype(), "int32"),
    (HasNumpyDtype, "int32"),
    (HasNameOfDtype(), "int32"),
    (dtypes.int4, "int4"),
]
NOT_DTYPES = [
    *(int, complex, str, bytes, None, list, [], {}, object(), HasDtype()),
    *("str", "f4", "int", "O", "Float32", "DT_FLOAT", b"float32"),
    *(0, -1, 34, 100, 134),
    *(np.longdouble, np.number, np.dtype("M8[ns]"), np.dtype([("qint8", "i2")])),
    *(np.dtype([("a", "f4")]), ml_dtypes.float8_e4m3, np.dtype(ml_dtypes.float8_e3m4)),
]


@pytest.mark.parametrize("value,name", AS_DTYPE, ids=[without_address(v) for v, _ in AS_DTYPE])
def test_as_dtype(value, name):
    dtype = dtypes.as_dtype(value)
    assert dtype.name == name
    assert (dtype == value, dtype != value) == (True, False) and dtype.is_compatible_with(value)


@pytest.mark.parametrize("value", NOT_DTYPES, ids=without_address)
def test_not_a_dtype(value):
    with pytest.raises(TypeError) as error:
        dtypes.as_dtype(value)
    expected = f"Cannot convert the argument `type_value`: {value!r} to a TensorFlow DType."
    assert str(error.value) == expected
    assert (dtypes.float32 == value, dtypes.float32 != value) == (False, True)


@pytest.mark.parametrize("name", ["float32", "bfloat16", "int4", "string", "qint32", "bool"])
def test_from_numpy(name):
    dtype = dtypes.as_dtype(name)
    numpy_dtype = np.dtype(dtype.as_numpy_dtype)
    assert dtypes.from_numpy(numpy_dtype) is dtypes.FROM_NUMPY[numpy_dtype] is dtype


def test_from_numpy_does_not_grow_with_text_lengths():
    before = len(dtypes.FROM_NUMPY)
    assert {dtypes.from_numpy(np.dtype(f"S{n}")) for n in range(1, 50)} == {dtypes.string}
    assert len(dtypes.FROM_NUMPY) == before


@pytest.mark.parametrize("number", [1, 14, 20, 29, 107])
def test_one_object_per_type(number):
    dtype = dtypes.as_dtype(number)
    assert dtypes.DType(number) is dtype
    assert copy.copy(dtype) is copy.deepcopy(dtype) is dtype
    assert pickle.loads(pickle.dumps(dtype)) is dtype


@pytest.mark.parametrize("number", [0, 34, 100, 134, 999])
def test_unknown_number(number):
    with pytest.raises(TypeError, match=f"{number} does not correspond to a valid"):
        dtypes.DType(number)


def test_handle_data_makes_a_dtype_of_its_own():
    dtype = dtypes.DType(20, handle_data="what it points to")
    assert dtype is not dtypes.resource and dtype == dtypes.resource
    assert dtype._handle_data == "what it points to" and dtypes.resource._handle_data is None
    assert copy.deepcopy(dtype)._handle_data == "what it points to"


def test_dtypes_are_immutable():
    for name in ("name", "size", "new"):
        with pytest.raises(AttributeError, match="immutable"):
            setattr(dtypes.float32, name, 1)
    with pytest.raises(AttributeError, match="immutable"):
        del dtypes.float32.name
    assert not hasattr(dtypes.float32, "new")


def test_references_are_compatible_one_way():
    ref = dtypes.float32._as_ref
    assert ref != dtypes.float32
    assert dtypes.float32.is_compatible_with(ref)
    assert not ref.is_compatible_with(dtypes.float32)


def test_dtypes_as_trace_types():
    dtype = dtypes.int32
    assert dtype.is_subtype_of(dtypes.int32) and not dtype.is_subtype_of(dtypes.int64)
    assert dtype.most_specific_common_supertype([dtypes.int32]) is dtype
    assert dtype.most_specific_common_supertype([dtypes.int64]) is None
    assert dtype.flatten() == dtype.to_tensors(None) == []
    assert dtype.from_tensors(iter([])) is dtype.placeholder_value(None) is None
    assert dtype.cast(None, None) is None
    with pytest.raises(AssertionError, match=r"Can not cast 3 to type tf.int32"):
        dtype.cast(3, None)


def test_proto_round_trip():
    proto = dtypes.bfloat16.experimental_as_proto()
    assert isinstance(proto, dtypes.DType.experimental_type_proto())
    assert proto.SerializeToString() == b"\x08\x0e"
    assert dtypes.DType.experimental_from_proto(proto) is dtypes.bfloat16


def test_groups():
    quantized = {"qint8", "qint16", "qint32", "quint8", "quint16"}
    assert {dtype.name for dtype in dtypes.QUANTIZED_DTYPES} == quantized | {
        f"{name}_ref" for name in quantized
    }
    values = {dtype.name for dtype in dtypes.TF_VALUE_DTYPES}
    assert values == {row[1] for row in TABLE} - {"resource", "variant"}


@pytest.mark.parametrize("row", TABLE, ids=[row[1] for row in TABLE])
def test_each_dtype_has_its_name_in_the_module(row):
    assert getattr(dtypes, row[1]) is dtypes.as_dtype(row[0])
