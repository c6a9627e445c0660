"""Arrays to JSON: layouts, digits, strings, and what has no JSON form."""

import json

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tidefall.base import errors
from tidefall.serving.rest import text
from tidefall.serving.rest.decode import Format
from tidefall.serving.rest.encode import encode_outputs


@pytest.fixture(params=["json", "orjson"], autouse=True)
def writer(request, monkeypatch):
    """Every test runs with Python's json and with orjson, where that is installed."""
    if request.param == "json":
        monkeypatch.setattr(text, "orjson", None)
    elif text.orjson is None:
        pytest.skip("orjson is not installed")
    return request.param


def strings(*values):
    return np.array(values, object)


@pytest.mark.parametrize(
    ("outputs", "rows", "columns"),
    [
        ({"y": np.int32([[1, 2], [3, 4]])}, "[[1,2],[3,4]]", "[[1,2],[3,4]]"),
        ({"y": np.float32([3.5, 4, 5.5])}, "[3.5,4.0,5.5]", "[3.5,4.0,5.5]"),
        ({"y": np.zeros((0, 2), np.int32)}, "[]", "[]"),
        ({"y": np.array([True, False])}, "[true,false]", "[true,false]"),
        ({"y": strings(b"a", "é".encode())}, '["a","é"]', '["a","é"]'),
        ({"y_bytes": strings(b"hello")}, '[{"b64":"aGVsbG8="}]', '[{"b64":"aGVsbG8="}]'),
        ({"y_bytes": np.int32([1])}, "[1]", "[1]"),
        (
            {"a": np.int64([1, 2]), "b": np.float64([[0.1], [2]]), "s": strings(b"x", b"y")},
            '[{"a":1,"b":[0.1],"s":"x"},{"a":2,"b":[2.0],"s":"y"}]',
            '{"a":[1,2],"b":[[0.1],[2.0]],"s":["x","y"]}',
        ),
        ({"y": np.float16([0.5, 1])}, "[0.5,1.0]", "[0.5,1.0]"),
        ({"y": np.array([0.5, 1], ml_dtypes.bfloat16)}, "[0.5,1.0]", "[0.5,1.0]"),
        ({"y": np.array([2**64 - 1], np.uint64)}, "[18446744073709551615]", None),
        (
            {"a": np.float32([np.nan, np.inf]), "b": np.float32([0.1, -np.inf])},
            '[{"a":NaN,"b":0.1},{"a":Infinity,"b":-Infinity}]',
            '{"a":[NaN,Infinity],"b":[0.1,-Infinity]}',
        ),
        ({"y": np.float32([[1, 2], [3, 4]]).T}, "[[1.0,3.0],[2.0,4.0]]", None),
    ],
)
def test_layouts(outputs, rows, columns):
    assert encode_outputs(outputs, Format.ROW).decode() == f'{{"predictions":{rows}}}'
    if columns is not None:
        assert encode_outputs(outputs, Format.COLUMN).decode() == f'{{"outputs":{columns}}}'


def test_scalars_have_no_rows_but_are_columns():
    outputs = {"y": np.float32(0.1)}
    assert encode_outputs(outputs, Format.COLUMN) == b'{"outputs":0.1}'
    with pytest.raises(
        errors.InvalidArgumentError, match="Tensor name: y has no shape information"
    ):
        encode_outputs(outputs, Format.ROW)


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ({}, "Cannot convert empty tensor map to JSON"),
        ({"y": np.complex64([1])}, "Failed to write JSON value for tensor type: complex64"),
        ({"a": np.zeros(2), "b": np.zeros(3)}, "Tensor name: b has inconsistent batch size: 3"),
        ({"y": strings(b"\xff")}, "not UTF-8"),
        ({"y": strings(None)}, "an element is a NoneType"),
    ],
)
def test_refused(outputs, message):
    with pytest.raises(errors.InvalidArgumentError, match=message):
        encode_outputs(outputs, Format.ROW)


# TensorFlow Serving's own examples of how float32 prints.
DIGITS = {9000000: 9e6, 999999: 999999.0, 0.5: 0.5, 0.0003: 0.0003, 0.00003: 3e-05}


@pytest.mark.parametrize("copies", [1, 50])
@pytest.mark.parametrize("value", [*DIGITS, 555557.5, 0.1, 0.2, -0.3, 1e-20, 3e38, 0.0])
def test_float32_prints_as_short_as_it_is_written(value, copies):
    body = encode_outputs({"y": np.full(copies, value, np.float32)}, Format.ROW)
    printed = json.loads(body)["predictions"]
    expected = float(np.float32(value)) if copies > 1 and abs(value) in (1e-20, 3e38) else value
    if text.orjson is not None:
        expected = value
    assert printed == [expected] * copies


@settings(deadline=None)
@given(
    hnp.arrays(
        np.float32,
        st.integers(1, 80),
        elements=st.floats(width=32) | st.floats(-1, 1, width=32),
    )
)
def test_every_float32_reads_back_as_itself(array):
    body = encode_outputs({"y": array}, Format.ROW)
    read = np.array(json.loads(body)["predictions"], np.float32)
    np.testing.assert_array_equal(read, array)


@settings(deadline=None)
@given(
    hnp.arrays(
        st.sampled_from([np.float64, np.int64, np.uint8, np.bool_]),
        hnp.array_shapes(max_dims=3, max_side=3),
    )
)
def test_every_value_reads_back_as_itself(array):
    body = encode_outputs({"y": array}, Format.COLUMN)
    np.testing.assert_array_equal(np.array(json.loads(body)["outputs"], array.dtype), array)
