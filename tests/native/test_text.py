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
        ("split_text", [b"abc", [3], b"\0" * 9], [(3, "u1"), (9, "i4"), (1, "i4")], "no room"),
        ("text_index", [b"abc", [1, 3]], [(3, "i4")], "power of two"),
        ("text_index", [b"abc", [1, 3]], [(2, "i4")], "more than there are keys"),
        ("find_text", [b"a", [1], b"abc", [3], [5, 5]], [(1, "i4")], "not that of the keys"),
        ("find_text", [b"a", [1], b"abc", [3], [-1, -1]], [(2, "i4")], "one number for each"),
    ],
)
def test_wrong_arrays_are_refused(kernel: str, inputs: Any, outputs: Any, said: str) -> None:
    arrays = [
        np.frombuffer(a, np.uint8) if isinstance(a, bytes) else np.array(a, np.int32)
        for a in inputs
    ]
    shapes = [((size,), np.dtype(kind)) for size, kind in outputs]
    settings = (0,) if kernel == "split_text" else ()
    with pytest.raises(tf.errors.InternalError, match=said):
        call(kernel, arrays, shapes, settings)
