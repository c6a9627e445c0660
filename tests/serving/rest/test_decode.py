"""JSON to arrays: every form TensorFlow Serving takes, and its messages for those it does not."""

import contextlib
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tidefall.base import errors
from tidefall.serving.models.servable import Signature, TensorInfo
from tidefall.serving.rest.decode import decode_inputs, signature_name
from tidefall.serving.rest.text import loads


def decode(text: str, **inputs: str) -> dict[str, np.ndarray]:
    """Decodes a request body for inputs of the given dtypes and any shape."""
    infos = {name: TensorInfo(dtype, None) for name, dtype in inputs.items()}
    return decode_inputs(loads(text.encode()), Signature(infos, {}, dict))


@pytest.mark.parametrize(
    ("text", "dtype", "expected"),
    [
        ('{"instances": [[1,2],[3,4],[5,6]]}', "int32", [[1, 2], [3, 4], [5, 6]]),
        ('{"instances": [1, 2.0, 3, 5.003, 0.007, 0.0]}', "float32", [1, 2, 3, 5.003, 0.007, 0]),
        ('{"instances": [1.0, 2, 0.662]}', "float64", [1, 2, 0.662]),
        ('{"instances": [1435774380]}', "float32", [1435774336]),
        ('{"instances": [1.7976931348623157e308, -1e300]}', "float32", [np.inf, -np.inf]),
        ('{"instances": [2.2250738585072014e-308]}', "float32", [0]),
        ('{"instances": [NaN, Infinity, -Infinity]}', "float32", [np.nan, np.inf, -np.inf]),
        ('{"instances": [true, false]}', "bool", [True, False]),
        ('{"instances": [18446744073709551615]}', "uint64", [2**64 - 1]),
        ('{"instances": [-128, 127]}', "int8", [-128, 127]),
        ('{"instances": [1, 0.5]}', "float16", [1, 0.5]),
        ('{"instances": ["a", "é"]}', "string", [b"a", "é".encode()]),
        (
            '{"instances": [{"b64": "aGVsbG8="}, {"b64": "d29ybGQ"}]}',
            "string",
            [b"hello", b"world"],
        ),
        ('{"instances": [[{"b64": "AP8="}], ["x"]]}', "string", [[b"\x00\xff"], [b"x"]]),
        ('{"instances": [{"x": [1, 2]}, {"x": [3, 4]}]}', "int32", [[1, 2], [3, 4]]),
        ('{"instances": [{"x": {"b64": "AA=="}}]}', "string", [b"\x00"]),
        ('{"instances": [[], []]}', "float32", np.zeros((2, 0))),
        ('{"inputs": [[[1,2],[3,4],[5,6]]]}', "int32", [[[1, 2], [3, 4], [5, 6]]]),
        ('{"inputs": {"x": [[1,2],[3,4]]}}', "int32", [[1, 2], [3, 4]]),
        ('{"inputs": {"x": 7, "unknown": 1}}', "int32", 7),
        ('{"inputs": 7}', "int32", 7),
        ('{"inputs": []}', "float32", []),
        ('{"inputs": {"b64": "aGVsbG8="}}', "string", b"hello"),
        ('\ufeff{"inputs": 7}', "int32", 7),
    ],
)
def test_single_input(text, dtype, expected):
    array = decode(text, x=dtype)["x"]
    kind = object if dtype == "string" else np.dtype(dtype)
    assert array.dtype == kind
    np.testing.assert_array_equal(array, np.array(expected, kind))


def test_bfloat16_input():
    array = decode('{"instances": [1, 2.5]}', x="bfloat16")["x"]
    assert array.dtype.name == "bfloat16"
    assert array.astype(float).tolist() == [1, 2.5]


def test_several_inputs_by_row_and_by_column_are_the_same():
    rows = """{"instances": [{"i": [[1,2],[3,4]], "s": "a", "f": [1.0, NaN]},
                             {"f": [2.0, Infinity], "s": "b", "i": [[5,6],[7,8]]}]}"""
    columns = """{"inputs": {"i": [[[1,2],[3,4]],[[5,6],[7,8]]], "s": ["a", "b"],
                             "f": [[1.0, NaN], [2.0, Infinity]]}}"""
    for text in (rows, columns):
        arrays = decode(text, i="int32", s="string", f="float32")
        assert {name: array.shape for name, array in arrays.items()} == {
            "i": (2, 2, 2),
            "s": (2,),
            "f": (2, 2),
        }
        assert arrays["i"][1].tolist() == [[5, 6], [7, 8]]
        assert arrays["s"].tolist() == [b"a", b"b"]
        np.testing.assert_array_equal(arrays["f"], np.float32([[1, np.nan], [2, np.inf]]))


def test_columns_may_differ_in_their_first_dimension():
    arrays = decode('{"inputs": {"a": [1, 2, 3], "b": 5}}', a="int32", b="int32")
    assert arrays["a"].shape == (3,)
    assert arrays["b"].shape == ()


ELEMENT = "Failed to process element: "
REFUSED = [
    ("", "int32", "JSON Parse error: The document is empty"),
    ("instances = [1, 2]", "int32", "JSON Parse error: Invalid value. at offset: 0"),
    ('{"instances": [1}', "int32", "JSON Parse error: "),
    ('{"instances": [1]}X', "int32", "JSON Parse error: Extra data. at offset: 18"),
    ('{"instances": [1' + "0" * 5000 + "]}", "int32", "JSON Parse error: "),
    ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", "int32", "nested too deeply"),
    ("{}", "int32", "Missing 'inputs' or 'instances' key"),
    ('{"instances": [1], "inputs": [1]}', "int32", "Not formatted correctly expecting only one of"),
    ('{"instances": 1}', "int32", "Expecting 'instances' to be an list/array"),
    ('{"instances": []}', "int32", "No values in 'instances' array"),
    (
        '{"instances": ["x", "y"]}',
        "float32",
        ELEMENT + "0 of 'instances' list. Error: INVALID_ARGUMENT: JSON Value: \"x\" Type: String "
        "is not of expected type: float at position [0]. Input 'x' expects float32",
    ),
    (
        '{"instances": [1.5]}',
        "int32",
        "JSON Value: 1.5 Type: Number is not of expected type: int32",
    ),
    ('{"instances": [1, true]}', "int32", "JSON Value: true Type: True is not of expected type"),
    ('{"instances": [1, true]}', "float32", "Type: True is not of expected type: float"),
    ('{"instances": [1]}', "bool", "Type: Number is not of expected type: bool"),
    ('{"instances": [null]}', "float32", "JSON Value: null Type: Null is not of expected type"),
    ('{"instances": [1]}', "string", "Type: Number is not of expected type: string"),
    ('{"instances": [300]}', "uint8", "not of expected type: uint8 (from 0 to 255)"),
    ('{"instances": [3000000000]}', "int32", "(from -2147483648 to 2147483647)"),
    (
        '{"instances": [1' + "0" * 400 + "]}",
        "float32",
        "is not of expected type: float (too large)",
    ),
    ('{"instances": [[1,2],[3,4],[5,6,7]]}', "int32", ELEMENT + "2 of 'instances' list"),
    ('{"instances": [[1,2],[3,4],[5,6,7]]}', "int32", "Expecting tensor size: 2 but got: 3"),
    ('{"instances": [[1,2],[3,4],[[5,6]]]}', "int32", "Expecting shape [2] but got: [1,2]"),
    ('{"instances": [1, [1]]}', "int32", "Expecting shape [] but got: [1]"),
    ('{"instances": [[1,2],["a","b"]]}', "int32", "not of expected type: int32 at position [1][0]"),
    (
        '{"instances": [[[1,2],[3]]]}',
        "int32",
        "Encountered list at unexpected size: 1 at level: 1 expected size: 2 at position [0][1]",
    ),
    (
        '{"instances": [[[1,2],3]]}',
        "int32",
        "JSON Value: 3 found at incorrect level: 2 in the JSON DOM. Expected at level: 2",
    ),
    ('{"instances": [[1,[2]]]}', "int32", "Encountered list at unexpected level: 1 expected < 1"),
    ('{"instances": [{"x": 1}, 2]}', "int32", "Expecting object but got list at item 1"),
    ('{"instances": [1, {"x": 2}]}', "int32", "Expecting value/list but got object at item 1"),
    ('{"instances": [{"x": 1, "z": 2}]}', "int32", "JSON object: does not have named input: z"),
    ('{"instances": [{}]}', "int32", "keys must be equal to: x"),
    ('{"instances": [{"x": 1.5}]}', "int32", ELEMENT + "0 key: x of 'instances' list. Error: INV"),
    ('{"instances": [{"b64": "?"}]}', "string", "Unable to base64 decode"),
    ('{"instances": [{"x": {"b64": 1}}]}', "string", "not formatted correctly for base64 data"),
    ('{"instances": ["\\ud800"]}', "string", "surrogate"),
    ('{"instances": ' + "[" * 40 + "]" * 40 + "}", "int32", "nested more than 32 deep"),
    ('{"inputs": {"y": 1}}', "int32", "Missing named input: x in 'inputs' object."),
    ('{"inputs": [[1],[2,3]]}', "int32", "Encountered list at unexpected size: 2 at level: 1"),
    (
        '{"inputs": {"x": ["a"]}}',
        "int32",
        "Type: String is not of expected type: int32 at position",
    ),
]


@pytest.mark.parametrize(("text", "dtype", "message"), REFUSED)
def test_refused(text, dtype, message):
    with pytest.raises(errors.InvalidArgumentError) as caught:
        decode(text, x=dtype)
    assert message in caught.value.message
    assert len(caught.value.message) < 1000


def test_refusals_with_several_inputs():
    for text, message in [
        ('{"instances": [1]}', "multiple input tensors required"),
        ('{"inputs": [1]}', "expecting an object as multiple input tensors required"),
        ('{"instances": [{"a": 1}]}', "keys must be equal to: a,b"),
    ]:
        with pytest.raises(errors.InvalidArgumentError, match=message):
            decode(text, a="int32", b="int32")


def test_text_that_is_not_utf8():
    with pytest.raises(errors.InvalidArgumentError, match="Invalid UTF-8 at offset: 16"):
        loads(b'{"instances": ["\xff"]}')


def test_types_without_a_json_form():
    with pytest.raises(errors.UnimplementedError, match="complex64"):
        decode('{"instances": [1]}', x="complex64")


def test_signature_names():
    assert signature_name({}) == ""
    assert signature_name({"signature_name": "f"}) == "f"
    with pytest.raises(errors.InvalidArgumentError, match="'signature_name' key must be a string"):
        signature_name({"signature_name": 5})
    with pytest.raises(errors.InvalidArgumentError, match="Is not object"):
        signature_name([1])


@settings(deadline=None)
@given(hnp.arrays(np.float32, hnp.array_shapes(max_dims=4, max_side=4, min_side=0)))
def test_any_array_survives(array):
    decoded = decode(json.dumps({"inputs": array.tolist()}), x="float32")["x"]
    assert decoded.size == array.size
    if array.size:  # JSON cannot tell [0, 3] from [0, 2].
        np.testing.assert_array_equal(decoded, array)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["x", "y", "b64", "instances"]), inner, max_size=2)
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(JSON, st.sampled_from(["instances", "inputs"]), st.sampled_from(["int32", "string", "bool"]))
def test_any_json_is_decoded_or_refused(value, key, dtype):
    with contextlib.suppress(errors.InvalidArgumentError):
        array = decode(json.dumps({key: value}), x=dtype)["x"]
        assert array.dtype == (object if dtype == "string" else dtype)
