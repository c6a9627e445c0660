"""Strings: text, numbers, regular expressions, hashes, Unicode, joins and splits; crosses."""

# ruff: noqa: E501
from __future__ import annotations

from typing import Any

import numpy as np

from tests.oracle.spec import case, const, f32, f64, ints, program, ragged, sparse, strings, tensor
from tests.oracle.spec import raises as must_raise
from tests.oracle.spec import values as numbers

HOST = {"executors": ("eager", "host")}


def text(name: str, *args: Any, **options: Any) -> Any:
    return case(name, *args, **HOST, **options)


def raises(name: str, *args: Any, **options: Any) -> Any:
    return must_raise(name, *args, **options)


WORDS = tensor(["Falling Water", " a b ", "", "höhe ÀÉ", "x\ty", "Straße"])
ROWS = ragged(tensor(["ab c", "", "höhe", "d"]), [0, 2, 2, 4])
BYTES = [
    b"a\xffb", b"\xed\xa0\x80x", b"\xe2\x82", b"\xf0\x9f\x98", b"\xf0\x80\x80\x80", b"\xc0\x80",
    b"\xf4\x90\x80\x80", b"\xef\xbf\xbdz", b"\xef\xbb\xbfz", b"\x01\x7f\xc2\x85a\n", b"\xe2\x82a",
    "日本😀".encode(),
]  # fmt: skip
BAD = tensor(np.array(BYTES, object), "string")
_RNG = np.random.default_rng(5)
LENGTHS = tensor(np.array([_RNG.bytes(n) for n in range(301)], object), "string")

CASES = [
    *[text(f"strings.{n}", x) for n in ("lower", "upper", "strip") for x in (WORDS, ROWS)],
    *[text(f"strings.{n}", WORDS, "utf-8") for n in ("lower", "upper")],
    *[text(f"strings.{n}", strings(0, 3)) for n in ("lower", "strip", "length", "bytes_split")],
    *[text("strings.length", x, unit=u) for x in (WORDS, ROWS, BAD) for u in ("BYTE", "UTF8_CHAR")],
    raises("strings.upper", WORDS, "latin1", error="InvalidArgumentError"),
    raises("strings.length", WORDS, "x", error="InvalidArgumentError"),
    raises("strings.lower", ints(2)),
    # parts
    text("strings.substr", tensor(["hello", "wide"]), const([1, -2]), const([2, 9])),
    text("strings.substr", tensor("hello"), const([0, 1, 5]), const([2, -1, 3])),
    text("strings.substr", tensor([["hello", "abc"]] * 2), const([1, 2]), const([1, 1])),
    text("strings.substr", tensor(["höhe", "wide"]), 1, 2, unit="UTF8_CHAR"),
    text("strings.substr", ragged(tensor(["abc", "de", "fgh"]), [0, 2, 3]), 1, 2),
    raises("strings.substr", tensor("hello"), 7, 1, error="InvalidArgumentError"),
    raises("strings.substr", tensor("höhe"), -5, 1, unit="UTF8_CHAR"),
    raises("strings.substr", tensor(["hello"]), const([0]), 1),
    raises("strings.substr", tensor(["a"] * 3), const([0, 0]), const([1, 1])),
    raises("strings.substr", tensor([[["a"] * 2] * 2]), const([0, 0]), const([1, 1])),
    # numbers
    *[text("strings.as_string", numbers(4, dtype=t)) for t in (
        "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool", "float16",
        "bfloat16", "float32", "float64", "complex64", "complex128", "string")],
    text("strings.as_string", f32(3), precision=2, width=8, fill="0"),
    text("strings.as_string", f64(3), scientific=True, fill="+"),
    text("strings.as_string", f32(3), shortest=True, precision=9),
    text("strings.as_string", tensor([float("nan"), float("inf"), -1e30]), width=9, fill="0"),
    text("strings.as_string", ints(4), width=5, fill="-"),
    text("strings.as_string", ragged(ints(3), [0, 1, 3])),
    raises("strings.as_string", ints(2), precision=2),
    raises("strings.as_string", ints(2), scientific=True),
    raises("strings.as_string", f32(2), scientific=True, shortest=True),
    raises("strings.as_string", f32(2), fill="x", width=3),
    *[text("strings.to_number", tensor([" 1 ", "+5", "-0"]), out_type=t) for t in (
        "int32", "int64", "float32", "float64")],
    *[text("strings.to_number", tensor(["1", "40"]), out_type=t) for t in ("uint32", "uint64")],
    text("strings.to_number", tensor(["1e5", "0x1A", "inf", "-NaN", ".5", "1e400", "0x1p3"])),
    *[raises("strings.to_number", tensor([t])) for t in ("1_0", "", "1 2", "5e", "1f", "+-3")],
    *[raises("strings.to_number", tensor([t]), "int32") for t in ("0x1A", "2147483648", "1.0")],
    raises("strings.to_number", tensor(["-1"]), "uint64"),
    # joins
    text("strings.join", [strings(2, 3), strings(2, 3)], separator="-"),
    text("strings.join", [strings(), strings(4), tensor("x")]),
    text("strings.join", [ragged(strings(3), [0, 1, 3]), tensor("-"), ragged(strings(3), [0, 1, 3])]),
    raises("strings.join", [strings(1), strings(2)], error="InvalidArgumentError"),
    *[text("strings.reduce_join", strings(2, 3, 2), axis=a, separator=".", keepdims=k)
      for a in (None, 0, -1, [0, 2], [2, 0], []) for k in (False, True)],
    text("strings.reduce_join", strings(2, 0, 3), axis=1),
    *[text("strings.reduce_join", ROWS, axis=a, separator="+") for a in (None, 0, 1, [0, 1])],
    raises("strings.reduce_join", strings(2, 2), 2, error="OutOfRangeError"),
    raises("strings.reduce_join", strings(2, 2), [0, -2], error="InvalidArgumentError"),
    text("strings.unsorted_segment_join", strings(4), tensor([1, 0, 1, 3]), 5, separator="-"),
    text("strings.unsorted_segment_join", strings(2, 3), tensor([1, 1]), 2),
    text("strings.unsorted_segment_join", strings(2, 3), tensor([[0, 1, 0], [1, 1, 2]]), 3),
    raises("strings.unsorted_segment_join", strings(2), tensor([1, 5]), 2),
    raises("strings.unsorted_segment_join", strings(2), tensor([1]), 2),
    raises("strings.unsorted_segment_join", strings(2), tensor([0, 1]), -2),
    *[text("strings.ngrams", ROWS, n, pad_values=p, padding_width=w, preserve_short_sequences=s)
      for n, p, w, s in ((2, None, None, False), ((1, 2), "#", None, False), (3, ("<", ">"), 1, False),
                         ([3, 2], None, None, True), (3, ".", 1, True))],
    text("strings.ngrams", strings(2, 4), 2, separator=""),
    text("strings.ngrams", strings(2), 3),
    raises("strings.ngrams", tensor("a"), 2, error="ValueError"),
    raises("strings.ngrams", tensor(["a"]), 0, error="ValueError"),
    raises("strings.ngrams", tensor(["a"]), 2, pad_values=("a", 1), error="TypeError"),
    # splits
    *[text("strings.split", x, sep=s, maxsplit=m)
      for x in (WORDS, ROWS, tensor("a b  c"), tensor([["a b", "c"], ["", "d  e"]]))
      for s, m in ((None, -1), (" ", -1), (None, 1), (" ", 1))],
    *[text("strings.bytes_split", x) for x in (WORDS, ROWS, tensor("ab"))],
    text("raw_ops.StringSplit", input=tensor(["a b,c", "", " ,"]), delimiter=" ,", skip_empty=False),
    text("raw_ops.StringSplit", input=tensor(["a b,c", "", " ,"]), delimiter=" ,"),
    raises("raw_ops.StringSplitV2", input=tensor("abc"), sep=""),
    raises("raw_ops.StringSplitV2", input=tensor(["abc"]), sep=["", ""]),
    # regular expressions
    *[text("strings.regex_replace", WORDS, p, r, replace_global=g)
      for p, r in (("[aeiou]", "_"), ("a*", "<\\0>"), ("(.)(.)", "\\2\\1\\\\"), ("\\b", "|"), ("", "-"),
                   (".", "é"), ("\\s+", ""), ("a", "\\x"), ("a", "\\3"), ("(?i)F", "x"))
      for g in (True, False)],
    text("strings.regex_replace", BAD, ".", "-"),
    text("strings.regex_replace", ROWS, "[a-c]", "#"),
    text("strings.regex_replace", WORDS, const("[a-c]"), const("#")),
    *[text("strings.regex_full_match", WORDS, p) for p in (".*a.*", "[a-z ]*", ".", "\\pL+")],
    text("strings.regex_full_match", ROWS, const("[a-c ]*")),
    raises("strings.regex_replace", WORDS, "(", "b", error="InvalidArgumentError"),
    raises("strings.regex_replace", WORDS, const(["a"]), "b", error="InvalidArgumentError"),
    raises("strings.regex_full_match", WORDS, "(", error="InvalidArgumentError"),
    # hashes
    *[text(f"strings.to_hash_bucket{n}", x, 2**62, **k)
      for n, k in (("", {}), ("_fast", {}), ("_strong", {"key": [2**40 + 7, -98765]}))
      for x in (LENGTHS, ROWS, strings(0))],
    raises("strings.to_hash_bucket_fast", WORDS, 0, error="InvalidArgumentError"),
    raises("strings.to_hash_bucket_strong", WORDS, 10, [1], error="InvalidArgumentError"),
    text("fingerprint", LENGTHS),
    text("fingerprint", strings(3, 2)),
    *[text("fingerprint", numbers(3, 4, dtype=t)) for t in ("int32", "float64", "complex64", "bool")],
    text("fingerprint", f32(0, 3)),
    raises("fingerprint", tensor("a"), error="InvalidArgumentError"),
    raises("fingerprint", WORDS, "md5", error="InvalidArgumentError"),
    # Unicode
    *[text(f"strings.{n}", BAD, "UTF-8", errors=e, replacement_char=r, replace_control_characters=c)
      for n in ("unicode_decode", "unicode_decode_with_offsets")
      for e, r, c in (("replace", 0xFFFD, False), ("replace", 63, True), ("ignore", 0xFFFD, True))],
    *[text(f"strings.{n}", x, "UTF-8") for n in ("unicode_split", "unicode_split_with_offsets")
      for x in (BAD, ROWS, tensor("höhe"))],
    *[text("strings.unicode_transcode", BAD, "UTF-8", o, errors=e)
      for o in ("UTF-8", "UTF-16-BE", "UTF-32-BE") for e in ("replace", "ignore")],
    *[text("strings.unicode_decode_with_offsets", tensor(np.array([b], object), "string"), e)
      for e, b in (("UTF-16-BE", "aé😀".encode("utf-16-be")), ("UTF-16-BE", b"\xd8\x00\x00a\xdc\x00"),
                   ("UTF-32-BE", b"\x00\x00\xd8\x00\x00\x00\x00a\x00\x11\x00\x00"),
                   ("shift-jis", b"\x82\xa0a"), ("latin1", b"a\xe9"), ("US-ASCII", b"a\xe9"))],
    raises("strings.unicode_decode", BAD, "UTF-8", errors="strict", error="InvalidArgumentError"),
    raises("strings.unicode_decode", BAD, "no such", error="InvalidArgumentError"),
    raises("strings.unicode_decode", BAD, "UTF-8", errors="x", error="InvalidArgumentError"),
    raises("strings.unicode_decode", BAD, "UTF-8", replacement_char=0x110000),
    *[text("strings.unicode_encode", tensor([97, 0xD800, 0x110000, 0xFFFE, -1, 0x1F600]), e, errors=o)
      for e in ("UTF-8",) for o in ("replace", "ignore")],
    text("strings.unicode_encode", tensor([[72, 105], [79, 107]]), "UTF-8"),
    text("strings.unicode_encode", ragged(tensor([97, 98, 233]), [0, 1, 1, 3]), "UTF-16-BE"),
    text("strings.unicode_encode", ragged(tensor([97, 98, 233]), [0, 2, 3], [0, 1, 1, 3]), "UTF-8"),
    raises("strings.unicode_encode", tensor([0xD800]), "UTF-8", errors="strict"),
    raises("strings.unicode_encode", tensor([97]), "UTF-7", error="InvalidArgumentError"),
    raises("strings.unicode_encode", tensor(97), "UTF-8", error="ValueError"),
    text("strings.unicode_script", tensor(np.arange(-1, 0x30000, 97).astype(np.int32))),
    # distances and crosses
    *[text("edit_distance", sparse([[0, 0], [0, 1], [1, 0]], tensor(["a", "b", "c"]), [2, 2]),
           sparse([[0, 0], [1, 0], [1, 1]], tensor(["a", "c", "d"]), [3, 2]), normalize=n)
      for n in (True, False)],
    raises("edit_distance", strings(2), strings(2), error="TypeError"),
    *[program(f"sparse-{n}-{k}", lambda tf, v, d, i, n=n, k=k: getattr(tf.sparse, n)(
        [tf.SparseTensor([[0, 0], [0, 1], [1, 1]], v, [2, 2]), d, i], **k), strings(3), strings(2, 2),
        ints(2, 1, dtype="int64"), **HOST)
      for n, k in (("cross", {}), ("cross", {"separator": ""}), ("cross_hashed", {}),
                   ("cross_hashed", {"num_buckets": 1000, "hash_key": 5}))],
    *[program(f"ragged-cross-hashed-{k}", lambda tf, v, d, k=k: tf.ragged.cross_hashed(
        [tf.RaggedTensor.from_row_splits(v, [0, 2, 3]), d], **k), strings(3), strings(2, 2), **HOST)
      for k in ({}, {"num_buckets": 100}, {"num_buckets": 1000, "hash_key": 7})],
]  # fmt: skip
