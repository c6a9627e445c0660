"""The native kernels that cut texts and look the parts up give what Python gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tidefall as tf
from tests.native.ways import BOTH
from tidefall.native import text as native
from tidefall.native.library import call, enabled, status

pytestmark = pytest.mark.skipif(not enabled(), reason=f"native kernels: {status().reason}")

TEXTS = {
    "usual": [b"The quick, brown fox!", b"", b"jumped"],
    "blanks": [b" \t a\n\vb\r\fc  ", b"   ", b"d "],
    "other bytes": [b"a\x00b \xff\xfe", "é É ß".encode(), b"\x1c \x85"],
    "removed wholly": [b"!!", b"a ! b", b"!"],
    "long": [b"x" * 5000 + b" " + b"Y" * 37, b"eight888 nine99999"],
    "none": [],
}


def _packed(texts: list[bytes]) -> native.Packed:
    found = native.packed(texts)
    assert found is not None
    return found


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("left_out", [b"", b"!,", b"aA"])
@pytest.mark.parametrize("texts", TEXTS.values(), ids=TEXTS)
def test_split_is_that_of_python(texts: list[bytes], left_out: bytes, lower: bool) -> None:
    small = [text.lower() if lower else text for text in texts]
    expected = [text.translate(None, left_out).split() for text in small]
    parts, counts = native.split_text(_packed(texts), left_out, lower)
    assert native.unpacked(parts) == [part for row in expected for part in row]
    assert counts.tolist() == [len(row) for row in expected]


@pytest.mark.parametrize("count", [1, 2, 7, 64, 1000])
def test_keys_are_found_and_others_are_not(count: int) -> None:
    generator = np.random.default_rng(count)
    keys = [b"", *{generator.bytes(int(n)) for n in generator.integers(1, 24, count)}]
    index = native.text_index(_packed(keys))
    asked = [*keys, b"absent", *(key + b"\x00" for key in keys), *(key[:-1] for key in keys)]
    expected = [keys.index(text) if text in keys else -1 for text in asked]
    assert native.find_text(_packed(asked), _packed(keys), index).tolist() == expected


KEYS = [b"", b"[UNK]", b"a", b"fox", b"eight888", b"nine99999", b"\xff\xfe", b"d", b"x" * 5000]
VALUES = np.array([7, 2**40, -3, 4, 0, 6, 1, 9, 5])


def _vectorized(texts: list[bytes], left_out: bytes, lower: bool, width: int) -> np.ndarray:
    keys = _packed(KEYS)
    index = native.text_index(keys)
    return native.vectorize_texts(
        _packed(texts), left_out, lower, keys, index, VALUES, width, -1, 2**50
    )


def _expected(texts: list[bytes], left_out: bytes, lower: bool, width: int) -> list[list[int]]:
    values = dict(zip(KEYS, VALUES.tolist(), strict=True))
    small = [text.lower() if lower else text for text in texts]
    rows = [[values.get(p, -1) for p in t.translate(None, left_out).split()] for t in small]
    width = max(map(len, rows), default=0) if width < 0 else width
    return [row[:width] + [2**50] * (width - len(row)) for row in rows]


@pytest.mark.parametrize("width", [-1, 0, 1, 2, 7])
@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("texts", TEXTS.values(), ids=TEXTS)
def test_rows_of_values_are_those_of_python(texts: list[bytes], lower: bool, width: int) -> None:
    for left_out in (b"", b"!,", b"aA"):
        found = _vectorized(texts, left_out, lower, width)
        assert found.dtype == np.int64
        assert found.tolist() == _expected(texts, left_out, lower, width)


@pytest.mark.parametrize("seed", range(8))
def test_any_bytes_become_rows(seed: int) -> None:
    generator = np.random.default_rng(seed)
    few = np.frombuffer(b"aAdD! \t\x00\xff\xfe89", np.uint8)
    texts = [
        few[generator.integers(0, len(few), n)].tobytes() if n % 2 else generator.bytes(int(n))
        for n in generator.integers(0, 400, 900)  # several threads' worth
    ]
    for left_out, lower, width in ((b"!\x00", True, -1), (b"", False, 20), (b"a", True, 3)):
        found = _vectorized(texts, left_out, lower, width)
        assert found.tolist() == _expected(texts, left_out, lower, width)


@pytest.mark.parametrize(
    ("place", "array", "said"),
    [
        (1, np.array([4], np.int32), "behind"),
        (2, np.zeros(9, np.uint8), "all 256"),
        (5, np.array([-1], np.int32), "more than there are keys"),
        (5, np.array([9, 9], np.int32), "not that of the keys"),
        (6, np.array([1, 2]), "one value"),
        (6, np.array([1], np.int32), "one value"),
    ],
)
def test_wrong_tables_are_refused(place: int, array: np.ndarray, said: str) -> None:
    keys = _packed([b"key"])
    index = native.text_index(keys)[:2]
    inputs = [*_packed([b"abc"]), np.zeros(256, np.uint8), *keys, index, np.array([1])]
    inputs[place] = array
    with pytest.raises(tf.errors.InternalError, match=said):
        call("vectorize_texts", inputs, [((1, 2), np.dtype("int64"))], (0, 0, 0))


@BOTH
def test_compiled_programs_can_call_them(run: Any) -> None:
    data, ends = _packed([b"B a", b"c B"])
    flags = np.zeros(256, np.uint8)
    outputs = [((6,), np.uint8), ((5,), np.int32), ((2,), np.int32)]
    parts, part_ends, counts = run("split_text", [data, ends, flags], outputs, (1,))
    assert counts.tolist() == [2, 2]
    assert native.unpacked((parts, part_ends[:4])) == [b"b", b"a", b"c", b"b"]


@pytest.mark.parametrize(
    ("kernel", "inputs", "outputs", "said"),
    [
        ("split_text", [b"abc", [4], b"\0" * 256], [(3, "u1"), (9, "i4"), (1, "i4")], "behind"),
        ("split_text", [b"abc", [2, 1], b"\0" * 256], [(3, "u1"), (9, "i4"), (2, "i4")], "begins"),
        ("split_text", [b"abc", [3], b"\0" * 256], [(2, "u1"), (9, "i4"), (1, "i4")], "no room"),
        ("split_text", [b"abc", [3], b"\0" * 9], [(3, "u1"), (9, "i4"), (1, "i4")], "all 256"),
        ("text_index", [b"abc", [1, 3]], [(3, "i4")], "power of two"),
        ("text_index", [b"abc", [1, 3]], [(2, "i4")], "more than there are keys"),
        ("find_text", [b"a", [1], b"abc", [3], [5, 5]], [(1, "i4")], "not that of the keys"),
        ("find_text", [b"a", [1], b"abc", [3], [-1, -1]], [(2, "i4")], "one number for each"),
        ("count_parts", [b"abc", [3], b"\0" * 256], [(2, "i4")], "one number for each"),
    ],
)
def test_wrong_arrays_are_refused(kernel: str, inputs: Any, outputs: Any, said: str) -> None:
    arrays = [
        np.frombuffer(a, np.uint8) if isinstance(a, bytes) else np.array(a, np.int32)
        for a in inputs
    ]
    shapes = [((size,), np.dtype(kind)) for size, kind in outputs]
    settings = (0,) if kernel in ("split_text", "count_parts") else ()
    with pytest.raises(tf.errors.InternalError, match=said):
        call(kernel, arrays, shapes, settings)
