"""Tensors as messages, against what TensorFlow 2.21 reads and writes."""

import json
import re
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from google.protobuf import text_format
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tidefall.proto import TensorProto, registry, tensors

RECORDED = json.loads(
    (Path(__file__).parents[1] / "oracle" / "wire_formats.json").read_text(encoding="utf-8")
)["tensor_protos"]
INF = float("inf")


def recorded_array(record):
    if record["dtype"] == tensors.STRING:
        values = np.empty(len(record["data"]), dtype=object)
        values[:] = [bytes.fromhex(text) for text in record["data"]]
    else:
        raw = bytes.fromhex(record["data"])
        values = np.frombuffer(raw, dtype=tensors.numpy_dtype(record["dtype"]))
    return values.reshape(record["shape"])


def parse(text):
    return text_format.Parse(text, TensorProto(), descriptor_pool=registry.pool())


def same(first, second):
    assert first.dtype == second.dtype
    assert first.shape == second.shape
    assert first.tolist() == second.tolist()


@pytest.mark.parametrize("record", RECORDED, ids=lambda r: f"{r['dtype']}-{r['shape']}")
def test_writes_what_tensorflow_writes(record):
    proto = tensors.make_tensor_proto(recorded_array(record), record["dtype"])
    assert proto.SerializeToString(deterministic=True).hex() == record["proto"]


@pytest.mark.parametrize("record", RECORDED, ids=lambda r: f"{r['dtype']}-{r['shape']}")
def test_reads_what_tensorflow_writes(record):
    proto = TensorProto.FromString(bytes.fromhex(record["proto"]))
    same(tensors.tensor_proto_to_array(proto), recorded_array(record))


# Each line was given to tf.io.parse_tensor.
READ = [
    ("dtype: 1 tensor_shape {dim {size: 3}}", [0, 0, 0]),
    ("dtype: 1 tensor_shape {dim {size: 3}} float_val: [1, 2]", [1, 2, 2]),
    ("dtype: 1 tensor_shape {dim {size: 3}} float_val: [1, 2, 3, 4]", [1, 2, 3]),
    ("dtype: 1 tensor_shape {dim {size: 3}} float_val: 1", [1, 1, 1]),
    ("dtype: 1 tensor_shape {unknown_rank: true} float_val: 1", 1),
    ("dtype: 1 tensor_shape {dim {size: 0}} float_val: 7", []),
    ("dtype: 7 tensor_shape {dim {size: 2}}", [b"", b""]),
    ("dtype: 7 tensor_shape {dim {size: 2}} string_val: 'a'", [b"a", b"a"]),
    ("dtype: 7 tensor_shape {dim {size: 2}} string_val: ['a', 'b', 'c']", [b"a", b"b"]),
    ("dtype: 7 tensor_shape {dim {size: 2}} tensor_content: '\\001\\002abb'", [b"a", b"bb"]),
    ("dtype: 3 int_val: 5", 5),
    ("dtype: 29 tensor_shape {dim {size: 2}} int_val: -3", [-3, -3]),
    ("dtype: 29 tensor_shape {dim {size: 2}} int_val: 77", [-3, -3]),
    ("dtype: 30 tensor_shape {dim {size: 2}} int_val: 77", [13, 13]),
    ("dtype: 29 tensor_shape {dim {size: 2}} tensor_content: '\\377\\002'", [-1, 2]),
    ("dtype: 31 tensor_shape {dim {size: 2}} int_val: -2", [-2, -2]),
    ("dtype: 33 tensor_shape {dim {size: 2}} tensor_content: '\\001\\002'", [0.5, 1.0]),
    ("dtype: 33 tensor_shape {dim {size: 2}} float8_val: '\\001\\002'", [0.5, 1.0]),
    ("dtype: 33 tensor_shape {dim {size: 2}} int_val: 1", [0.0, 0.0]),
    ("dtype: 24 tensor_shape {dim {size: 2}} float8_val: '\\070'", [0.5, 0.5]),
    ("dtype: 24 tensor_shape {dim {size: 2}} float8_val: '\\070\\071\\072'", [0.5, 0.625]),
    ("dtype: 24 tensor_shape {dim {size: 2}} tensor_content: '\\070\\071'", [0.5, 0.625]),
    ("dtype: 8 tensor_shape {dim {size: 2}} scomplex_val: [1, 2]", [1 + 2j, 1 + 2j]),
    ("dtype: 8 tensor_shape {dim {size: 2}} scomplex_val: [1, 2, 3]", [1 + 2j, 1 + 2j]),
    ("dtype: 4 tensor_shape {dim {size: 2}} int_val: 300", [44, 44]),
    ("dtype: 19 tensor_shape {dim {size: 2}} half_val: [15360, 80000]", [1.0, 0.5625]),
    ("dtype: 11 tensor_shape {dim {size: 2}} int_val: -4", [-4, -4]),
    ("dtype: 22 tensor_shape {dim {size: 2}} uint32_val: 4294967295", [2**32 - 1] * 2),
    ("dtype: 5 tensor_shape {dim {size: 2}} int_val: [70000, -3]", [4464, -3]),
]


@pytest.mark.parametrize(("text", "expected"), READ, ids=[text for text, _ in READ])
def test_reads_as_tensorflow_reads(text, expected):
    assert tensors.tensor_proto_to_array(parse(text)).tolist() == expected


# TensorFlow refuses these too.
MALFORMED = [
    ("dtype: 1 tensor_shape {dim {size: -1}} float_val: 1", "negative"),
    ("dtype: 1 tensor_shape {dim {size: 3}} tensor_content: 'abcd'", "needs 12 bytes"),
    ("dtype: 10 tensor_shape {dim {size: 2}} tensor_content: '\\002\\000'", "other than 0 and 1"),
    ("dtype: 1 tensor_shape {dim {size: 4294967296} dim {size: 4294967296}}", "too large"),
    ("dtype: 1 tensor_shape {dim {size: 0} dim {size: 9223372036854775807}}", "too large"),
    ("dtype: 7 tensor_shape {dim {size: 2}} tensor_content: '\\001'", "1 bytes for 2 strings"),
    ("dtype: 7 tensor_shape {dim {size: 2}} tensor_content: '\\001\\002ab'", "take 3 bytes"),
    ("dtype: 7 tensor_shape {dim {size: 2}} tensor_content: '\\001\\377'", "varint"),
    (
        "dtype: 1 tensor_shape {dim {size: 1099511627776}} float_val: [1, 2]",
        "would take 4398046511104 bytes",
    ),
]


@pytest.mark.parametrize(("text", "message"), MALFORMED, ids=[text for text, _ in MALFORMED])
def test_malformed_tensors_are_value_errors(text, message):
    with pytest.raises(ValueError, match=message):
        tensors.tensor_proto_to_array(parse(text))


def test_more_dimensions_than_numpy_takes_is_a_value_error():
    text = "dtype: 1 tensor_shape {" + "dim {size: 1}" * 65 + "} float_val: 1"
    with pytest.raises(ValueError, match="65 dimensions"):
        tensors.tensor_proto_to_array(parse(text))


@pytest.mark.parametrize(("enum", "name"), [(0, "invalid"), (20, "resource"), (21, "variant")])
def test_types_without_arrays_are_type_errors(enum, name):
    with pytest.raises(TypeError, match=name):
        tensors.tensor_proto_to_array(TensorProto(dtype=enum))
    with pytest.raises(TypeError, match=name):
        tensors.make_tensor_proto([1], enum)


def test_reference_types_are_type_errors():
    with pytest.raises(TypeError, match="float32_ref"):
        tensors.tensor_proto_to_array(TensorProto(dtype=101))


def test_a_large_shape_of_one_value_takes_no_memory():
    array = tensors.tensor_proto_to_array(
        parse("dtype: 1 tensor_shape {dim {size: 268435456}} float_val: 2")
    )
    assert array.shape == (2**28,) and array.strides == (0,)
    assert array[123456789] == 2.0


@pytest.mark.parametrize("value", ["dtype: 1 float_val: 2", "dtype: 1", "dtype: 7 string_val: 'x'"])
def test_an_absurd_shape_of_one_value_is_refused(value):
    proto = parse(value + " tensor_shape {dim {size: 1099511627776}}")
    with pytest.raises(ValueError, match=r"filling it up would take .* bytes"):
        tensors.tensor_proto_to_array(proto)


def elements(dtype):
    return hnp.arrays(dtype, hnp.array_shapes(min_dims=0, min_side=0, max_side=3))


NUMPY_DTYPES = ["f4", "f8", "i4", "u1", "i2", "i1", "i8", "u2", "u4", "u8", "?", "c8", "c16", "f2"]


@given(st.sampled_from(NUMPY_DTYPES).flatmap(elements), st.booleans(), st.booleans(), st.booleans())
def test_round_trip(array, compress, content, strided):
    array = np.asfortranarray(array) if strided else array
    proto = tensors.make_tensor_proto(array, compress=compress, content=content)
    back = tensors.tensor_proto_to_array(TensorProto.FromString(proto.SerializeToString()))
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    assert back.tobytes() == array.tobytes()  # bit for bit, NaN and -0.0 included


@given(
    hnp.arrays(object, hnp.array_shapes(min_dims=0, min_side=0, max_side=3), elements=st.binary()),
    st.booleans(),
)
def test_strings_round_trip(array, compress):
    back = tensors.tensor_proto_to_array(tensors.make_tensor_proto(array, compress=compress))
    same(back, array)


def raw_bits(array, bits):
    raw = np.ascontiguousarray(array).view(f"u{array.dtype.itemsize}")
    return (raw.astype(np.int64) & ((1 << bits) - 1)).tolist()


@pytest.mark.parametrize(
    "name",
    ["bfloat16", "float8_e5m2", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e4m3b11fnuz"]
    + ["float8_e5m2fnuz", "int4", "uint4", "int2", "uint2", "float4_e2m1fn"],
)
@pytest.mark.parametrize("compress", [False, True])
def test_every_bit_pattern_of_narrow_types(name, compress):
    dtype = np.dtype(getattr(ml_dtypes, name))
    bits = int(re.search(r"\d+", name)[0])
    patterns = np.arange(1 << bits, dtype="u2" if bits == 16 else "u1").view(dtype)
    for array in (patterns, patterns[:1].reshape(()), np.repeat(patterns[-1:], 5)):
        back = tensors.tensor_proto_to_array(tensors.make_tensor_proto(array, compress=compress))
        assert back.dtype == dtype
        assert back.shape == array.shape
        assert raw_bits(back, bits) == raw_bits(array, bits)


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        (np.zeros(1000, np.float32), 1),
        (np.full([10, 10], np.nan), 1),
        (np.array([0.0, -0.0]), 2),
        (np.full(7, b"text", dtype=object), 1),
        (np.arange(5), 5),
    ],
)
def test_compress_keeps_one_of_equal_elements(values, kept):
    proto = tensors.make_tensor_proto(values, compress=True)
    fields = {field.name: value for field, value in proto.ListFields()}
    if kept == 1:
        (values_field,) = fields.keys() - {"dtype", "tensor_shape"}
        assert len(fields[values_field]) == 1
    else:
        assert len(proto.tensor_content) == values.nbytes
    assert tensors.tensor_proto_to_array(proto).astype(str).tolist() == values.astype(str).tolist()


def test_text_is_encoded_as_utf8():
    proto = tensors.make_tensor_proto([["é", b"\0\xff\0"]])
    assert list(proto.string_val) == ["é".encode(), b"\0\xff\0"]
    assert [dim.size for dim in proto.tensor_shape.dim] == [1, 2]


@pytest.mark.parametrize(
    ("array", "enum", "message"),
    [
        (np.float32([1]), 3, "float32, expected int32"),
        (np.array(["2020"], "M8[Y]"), None, "datetime64"),
        ([None], None, "NoneType"),
        ([3], 7, "int"),
    ],
)
def test_arrays_of_another_type_are_type_errors(array, enum, message):
    with pytest.raises(TypeError, match=message):
        tensors.make_tensor_proto(array, enum)


def test_quantised_types_take_their_integer_base():
    proto = tensors.make_tensor_proto(np.int8([1, -2, 3]), 11)
    assert proto.dtype == 11
    same(tensors.tensor_proto_to_array(proto), np.int8([1, -2, 3]))


def test_foreign_byte_order_is_turned():
    array = np.array([1, 2], dtype=">i4")
    assert tensors.make_tensor_proto(array).tensor_content == b"\1\0\0\0\2\0\0\0"


@pytest.mark.parametrize(
    ("dtype", "value"),
    [("i2", 258), ("f4", 1.5), ("c8", 1 + 2j), ("bfloat16", 1.5), ("?", True), ("u1", 7)],
)
def test_elements_from_bytes_of_either_order(dtype, value):
    dtype = np.dtype(getattr(ml_dtypes, dtype, dtype))
    array = np.array([value, 0], dtype)
    part = dtype.itemsize // 2 if dtype.kind == "c" else dtype.itemsize
    swapped = array.view(f"u{part}").byteswap().tobytes()
    same(tensors.elements_from_bytes(array.tobytes(), dtype), array)
    same(tensors.elements_from_bytes(swapped, dtype, ">"), array)
    shifted = memoryview(b"x" + array.tobytes())[1:]
    same(tensors.elements_from_bytes(shifted, dtype), array)


@given(st.binary(max_size=80))
def test_any_message_is_an_array_or_a_clear_error(data):
    from google.protobuf.message import DecodeError

    try:
        array = tensors.tensor_proto_to_array(TensorProto.FromString(data))
    except (DecodeError, ValueError, TypeError):
        return
    assert isinstance(array, np.ndarray)


def test_a_dtype_that_there_is_not_is_named():
    assert tensors.dtype_name(101) == "float32_ref"
    assert tensors.dtype_name(2**31 - 1) == "unknown type 2147483647"
    with pytest.raises(TypeError, match="unknown type 1000000"):
        tensors.tensor_proto_to_array(TensorProto(dtype=1_000_000))


def test_damaged_messages_are_arrays_or_clear_errors():
    from google.protobuf.message import DecodeError

    for record in RECORDED:
        genuine = bytes.fromhex(record["proto"])
        for position in range(len(genuine)):
            for bit in (1, 0x40, 0x80):
                damaged = bytearray(genuine)
                damaged[position] ^= bit
                try:
                    tensors.tensor_proto_to_array(TensorProto.FromString(bytes(damaged)))
                except (DecodeError, ValueError, TypeError):
                    pass


LARGE = ["float32", "float64", "complex64", "complex128", "bool", "int32", "float16", "uint64"]


@pytest.mark.parametrize("dtype", LARGE)
def test_many_elements_go_into_typed_fields_and_back_as_protobuf_would(dtype):
    array = (np.arange(300) - 150).astype(dtype)
    enum = tensors.datatype_enum(dtype)
    shaped = TensorProto(dtype=enum)
    shaped.tensor_shape.dim.add(size=300)
    shaped.version_number = 1
    one_by_one, at_once = TensorProto.FromString(shaped.SerializeToString()), shaped
    for element in array:
        tensors.fill_typed_field(one_by_one, element.reshape(1), enum)
    tensors.fill_typed_field(at_once, array, enum)
    assert at_once.SerializeToString() == one_by_one.SerializeToString()
    same(tensors.tensor_proto_to_array(at_once), array)


def test_many_elements_more_or_fewer_than_the_shape_says():
    proto = TensorProto(dtype=1, float_val=np.arange(100, dtype=np.float32).tolist())
    for size in (80, 120):
        del proto.tensor_shape.dim[:]
        proto.tensor_shape.dim.add(size=size)
        expected = np.minimum(np.arange(size, dtype=np.float32), 99)
        same(tensors.tensor_proto_to_array(proto), expected)
