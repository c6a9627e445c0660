"""Parsing: comma-separated values, compressed strings, examples, tensors as bytes."""

# ruff: noqa: E501
from __future__ import annotations

import gzip
import zlib
from typing import Any

import numpy as np

from tests.oracle.spec import case, const, program, raises, strings, tensor

HOST = {"executors": ("eager", "host")}
FAILS = "InvalidArgumentError"


def on_host(name: str, *args: Any, **options: Any) -> Any:
    return case(name, *args, **HOST, **options)


def texts(*items: Any) -> Any:
    return tensor(
        np.array([i if isinstance(i, bytes) else i.encode() for i in items], object), "string"
    )


def csv(*records: str, defaults: list[Any], **options: Any) -> Any:
    return on_host("io.decode_csv", texts(*records), defaults, **options)


def bad_csv(*records: str, defaults: list[Any], error: str = FAILS, **options: Any) -> Any:
    return raises("io.decode_csv", texts(*records), defaults, error=error, **options)


ZERO, ANY = const([0]), const([""])
CSV = [
    csv("1,2.5,a", "3,4,b", defaults=[ZERO, const([0.0]), ANY]),
    csv("1,,", "2,5,x", defaults=[ZERO, const([7.0]), const(["z"])]),
    csv('1,"a,b""c",x', "2,,", '"3","",""', defaults=[ZERO, ANY, const(["d"])]),
    csv('1,"a\nb"', defaults=[0, ""]),
    csv('1,a"b,x', defaults=[0, "", ""], use_quote_delim=False),
    csv(" 1 , 2.5 ,  a ", defaults=[0, 0.0, ""]),
    csv("inf", "nan", "-Inf", "1e400", "1e-50", "0x10", "1.", ".5", "+2", defaults=[0.0]),
    csv("0.1", "-1e300", defaults=[const(0.0, "float64")]),
    csv("9223372036854775807", " +5 ", defaults=[const(0, "int64")]),
    csv("NA,5", ",6", "3,NA", defaults=[const([3]), const([4])], na_value="NA"),
    csv('"NA",5', '"",6', defaults=["d", 4], na_value="NA"),
    csv("1,2,3", defaults=[0, 0], select_cols=[0, 2]),
    csv('1,2,"3', defaults=[0], select_cols=[0]),
    csv("1;2", defaults=[0, 0], field_delim=";"),
    csv("1 2", defaults=[0, 0], field_delim=" "),
    csv('1"2', defaults=[0, 0], field_delim='"'),
    csv("é,ü", "1,", defaults=["", ""]),
    csv("a\x00b,c", defaults=["", ""]),
    on_host("io.decode_csv", strings(0), [0, 0.0]),
    on_host("io.decode_csv", tensor([["1,2"], ["3,4"]], "string"), [0, const(0, "int64")]),
    on_host("io.decode_csv", tensor("1,2.5,a", "string"), [0, 0.0, ""]),
    bad_csv("1,,", defaults=[0, const([], "float32"), ""]),
    bad_csv("1,2", defaults=[0, 0, 0]),
    bad_csv("1,2,3,4", defaults=[0, 0, 0]),
    bad_csv("", defaults=[0]),
    bad_csv("1,2,", defaults=[0, 0]),
    bad_csv('1,a"b,x', defaults=[0, "", ""]),
    bad_csv('1,"ab"c,x', defaults=[0, "", ""]),
    bad_csv('1,"abc', defaults=[0, ""]),
    bad_csv("1,a\n", defaults=[0, ""]),
    bad_csv("1,a\r\n", defaults=[0, ""]),
    bad_csv(' "1"', defaults=[0]),
    *[bad_csv(text, defaults=[0]) for text in ("x", "3000000000", "5.0", "0x10", "1_0", " ")],
    *[bad_csv(text, defaults=[0.0]) for text in ("x", "1e", "1_0", " ")],
    bad_csv("9223372036854775808", defaults=[const(0, "int64")]),
    bad_csv("1,2", defaults=[0, 0], field_delim=";;"),
    bad_csv("1,2", defaults=[0, 0], field_delim=""),
    bad_csv("1,2", defaults=[const([0, 1]), 0]),
    bad_csv("1,2", defaults=[const([[0]]), 0]),
    bad_csv("1,2", defaults=[True, 0]),
    bad_csv("1,2", defaults=[]),
    bad_csv("1,2,3", defaults=[0, 0], error="ValueError", select_cols=[2, 0]),
    bad_csv("1,2,3", defaults=[0, 0], error="ValueError", select_cols=[0]),
    bad_csv("1,2,3", defaults=[0, 0], error="ValueError", select_cols=[-1, 1]),
    bad_csv("1,2,3", defaults=[0, 0], select_cols=[0, 7]),
    bad_csv('1"1,2,3', defaults=[0], select_cols=[1]),
]  # fmt: skip

ZIPPED = gzip.compress(b"tide" * 9, mtime=0)
COMPRESSED = [
    on_host("io.decode_compressed", texts("a", "b"), ""),
    on_host("io.decode_compressed", texts(zlib.compress(b"tide"), zlib.compress(b"")), "ZLIB"),
    on_host("io.decode_compressed", texts(ZIPPED, ZIPPED + ZIPPED, b""), "GZIP"),
    on_host("io.decode_compressed", texts(zlib.compress(b"tide") + b"more"), "ZLIB"),
    on_host("io.decode_compressed", strings(0, 2), "GZIP"),
    raises("io.decode_compressed", texts(ZIPPED + b"more"), "GZIP", error="DataLossError"),
    raises("io.decode_compressed", texts(ZIPPED), "ZLIB", error="DataLossError"),
    raises("io.decode_compressed", texts(b"not this at all"), "GZIP", error="DataLossError"),
    raises("io.decode_compressed", texts(ZIPPED[:-8] + bytes(8)), "GZIP", error="DataLossError"),
    raises("io.decode_compressed", texts(ZIPPED), "LZ4", error=FAILS),
    raises("io.decode_compressed", texts(ZIPPED), "gzip", error=FAILS),
]  # fmt: skip


# ---- examples ----


def _varint(number: int) -> bytes:
    out = bytearray()
    number &= (1 << 64) - 1
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def _field(tag: int, data: bytes) -> bytes:
    return _varint(tag) + _varint(len(data)) + data


def feature(values: list[Any]) -> bytes:
    """A Feature message, written by hand: this module imports neither TensorFlow nor Tidefall."""
    if not values:
        return b""
    if isinstance(values[0], bytes):
        return _field(0x0A, b"".join(_field(0x0A, v) for v in values))
    if isinstance(values[0], int):
        return _field(0x1A, _field(0x0A, b"".join(map(_varint, values))))
    return _field(0x12, _field(0x0A, np.array(values, "<f4").tobytes()))


def entry(key: str, value: bytes) -> bytes:
    return _field(0x0A, _field(0x0A, key.encode()) + _field(0x12, value))


def example(**features: list[Any]) -> bytes:
    return _field(0x0A, b"".join(entry(k, feature(v)) for k, v in features.items()))


A = example(x=[1.0, 2.0], s=[b"a"], i=[0, 3])
B = example(x=[3.0], n=[7], i=[2])
ROWS = (
    example(v=[1, 2, 3, 4, 5, 6], s=[0, 2, 6], l=[2, 4], st=[0, 2], li=[2, 6], id=[0, 0, 1, 1, 1, 1]),
    example(v=[1, 2], s=[0, 1, 2], l=[1, 1], st=[0, 1], li=[1, 2], id=[0, 1]),
    example(v=[1, 2], s=[0, 0, 2], l=[0, 2], st=[0, 0], li=[0, 2], id=[1, 1]),
    example(v=[-1, -(2**63)], s=[0, 2], l=[2], st=[0], li=[2], id=[0, 0]),
)  # fmt: skip
UNPACKED = _field(0x0A, entry("n", _field(0x1A, b"\x08\x05\x08\x06")) + entry("y", feature([1.5])))


def parsed(label: str, features: Any, serialized: Any, **options: Any) -> Any:
    """`tf.io.parse_example` with the features that `features(tf.io)` makes."""
    return program(
        f"parse-example-{label}",
        lambda tf, s: tf.io.parse_example(s, features(tf.io, tf)),
        serialized,
        **HOST,
        **options,
    )


def bad(label: str, features: Any, serialized: Any) -> Any:
    return program(
        f"parse-example-{label}",
        lambda tf, s: tf.io.parse_example(s, features(tf.io, tf)),
        serialized,
        executors=("eager",),
        raises=True,
    )


def _partitioned(name: str, *keys: Any) -> Any:
    def make(io: Any, tf: Any) -> Any:
        kinds = [getattr(io.RaggedFeature, name)(*keys)]
        return {"z": io.RaggedFeature(tf.int64, "v", kinds, validate=True)}

    return make


BATCH, ONE = texts(A, B, b""), tensor(np.array(A, object), "string")
KINDS: list[tuple[str, Any]] = [
    ("var", lambda io, tf: {"x": io.VarLenFeature(tf.float32), "i": io.VarLenFeature("int64")}),
    ("fixed", lambda io, tf: {"n": io.FixedLenFeature([], tf.int64, 5), "s": io.FixedLenFeature([1], tf.string, b"q")}),
    ("rows", lambda io, tf: {"x": io.FixedLenSequenceFeature([], tf.float32, True, -1.0), "s": io.FixedLenSequenceFeature([], tf.string, True)}),
    ("sparse", lambda io, tf: {"q": io.SparseFeature("i", "x", tf.float32, 10), "x": io.VarLenFeature(tf.float32)}),
    ("ragged", lambda io, tf: {"x": io.RaggedFeature(tf.float32), "k": io.RaggedFeature(tf.int64, "i", row_splits_dtype=tf.int64)}),
]  # fmt: skip
CUTS = [("RowSplits", "s"), ("RowLengths", "l"), ("RowStarts", "st"), ("RowLimits", "li"), ("ValueRowIds", "id"), ("UniformRowLength", 2)]  # fmt: skip
EXAMPLES = [
    *[parsed(f"{name}-{size}", make, s) for name, make in KINDS
      for size, s in (("batch", BATCH), ("one", ONE), ("none", strings(0)))],
    *[parsed(f"{name}-{size}", _partitioned(name, key), s) for name, key in CUTS
      for size, s in (("batch", texts(*ROWS)), ("one", texts(*ROWS[:1])), ("none", strings(0)))],
    *[parsed(f"{name}-single", _partitioned(name, key), tensor(np.array(ROWS[0], object), "string")) for name, key in CUTS],
    parsed("two-cuts", lambda io, tf: {"z": io.RaggedFeature(tf.int64, "v", [io.RaggedFeature.RowLengths("l"), io.RaggedFeature.UniformRowLength(1)])}, texts(*ROWS)),
    parsed("two-more-cuts", lambda io, tf: {"z": io.RaggedFeature(tf.int64, "v", [io.RaggedFeature.UniformRowLength(2), io.RaggedFeature.RowLengths("l")])}, texts(*ROWS[:3])),
    parsed("sorted", lambda io, tf: {"q": io.SparseFeature(["i", "j"], "x", tf.float32, [10, 2])}, texts(example(x=[1.0, 2.0, 3.0], i=[3, 1, 2], j=[0, 1, 0]))),
    parsed("already-sorted", lambda io, tf: {"q": io.SparseFeature("i", "x", tf.float32, 10, True)}, texts(example(x=[1.0, 2.0, 3.0], i=[3, 1, 2]))),
    parsed("outside", lambda io, tf: {"q": io.SparseFeature("i", "x", tf.float32, 3)}, texts(A)),
    parsed("stride", lambda io, tf: {"x": io.FixedLenSequenceFeature([2], tf.float32, True)}, texts(A, A)),
    parsed("unpacked", lambda io, tf: {"n": io.VarLenFeature(tf.int64), "y": io.FixedLenFeature([], tf.float32)}, texts(UNPACKED)),
    parsed("default-of-shape", lambda io, tf: {"n": io.FixedLenFeature([2], tf.int64, [5, 6])}, texts(A, b"")),
    parsed("long", lambda io, tf: {"x": io.FixedLenFeature([100], tf.float32), "n": io.FixedLenFeature([100], tf.int64)}, texts(example(x=[i / 7 for i in range(100)], n=[(-3) ** i % 2**62 for i in range(100)]))),
    bad("required", lambda io, tf: {"n": io.FixedLenFeature([], tf.int64)}, texts(A)),
    bad("count", lambda io, tf: {"x": io.FixedLenFeature([], tf.float32)}, texts(A)),
    bad("stride", lambda io, tf: {"x": io.FixedLenSequenceFeature([2], tf.float32, True)}, texts(B)),
    *[bad(f"kind-{name}", lambda io, tf, n=name: {"x": getattr(io, n)(tf.int64)}, texts(A)) for name in ("VarLenFeature", "RaggedFeature")],
    bad("kind-fixed", lambda io, tf: {"x": io.FixedLenFeature([2], tf.int64)}, texts(A)),
    bad("dtype", lambda io, tf: {"x": io.VarLenFeature(tf.int32)}, texts(A)),
    bad("dtype-fixed", lambda io, tf: {"x": io.FixedLenFeature([], tf.int32)}, texts(A)),
    bad("dtype-ragged", lambda io, tf: {"x": io.RaggedFeature(tf.int32)}, texts(A)),
    bad("dtype-missing", lambda io, tf: {"x": io.VarLenFeature(None)}, texts(A)),
    bad("shape-missing", lambda io, tf: {"x": io.FixedLenFeature(None, tf.float32)}, texts(A)),
    bad("shape-unknown", lambda io, tf: {"x": io.FixedLenFeature([None], tf.float32)}, texts(A)),
    bad("shape-open", lambda io, tf: {"x": io.FixedLenFeature([2, None], tf.float32)}, texts(A)),
    bad("not-allowed-to-miss", lambda io, tf: {"x": io.FixedLenSequenceFeature([], tf.float32)}, texts(A)),
    bad("default-count", lambda io, tf: {"x": io.FixedLenFeature([2], tf.int64, [5])}, texts(A)),
    bad("default-dtype", lambda io, tf: {"x": io.FixedLenFeature([1], tf.int64, [5.5])}, texts(A)),
    bad("nothing", lambda io, tf: {}, texts(A)),
    bad("no-feature", lambda io, tf: {"x": 3}, texts(A)),
    bad("two-types", lambda io, tf: {"q": io.SparseFeature("i", "x", tf.float32, 10), "x": io.VarLenFeature(tf.int64)}, texts(A)),
    bad("two-kinds", lambda io, tf: {"q": io.SparseFeature("i", "x", tf.float32, 10), "x": io.FixedLenFeature([2], tf.float32)}, texts(A)),
    bad("sizes", lambda io, tf: {"q": io.SparseFeature(["i"], "x", tf.float32, 10)}, texts(A)),
    bad("positions", lambda io, tf: {"q": io.SparseFeature("i", "x", tf.float32, 10)}, texts(example(x=[1.0], i=[1, 2]))),
    bad("uniform", lambda io, tf: {"z": io.RaggedFeature(tf.int64, "v", [io.RaggedFeature.UniformRowLength(4)])}, texts(ROWS[0])),
    bad("lengths", _partitioned("RowLengths", "l"), texts(example(v=[1, 2], l=[1, 5]))),
    bad("matrix", KINDS[0][1], tensor(np.array([[A]], object), "string")),
    program("parse-single-example", lambda tf, s: tf.io.parse_single_example(s, {"x": tf.io.VarLenFeature(tf.float32), "n": tf.io.FixedLenFeature([], tf.int64, 3), "s": tf.io.RaggedFeature(tf.string)}), ONE, **HOST),
    program("parse-single-example-of-a-batch", lambda tf, s: tf.io.parse_single_example(s, {"x": tf.io.VarLenFeature(tf.float32)}), texts(A), executors=("eager",), raises=True),
    program("parse-single-example-op", lambda tf, s: tf.raw_ops.ParseSingleExample(serialized=s, dense_defaults=[tf.constant([0], tf.int64)], num_sparse=1, sparse_keys=["x"], dense_keys=["n"], sparse_types=["float32"], dense_shapes=[[1]]), ONE, **HOST),
    program("parse-example-v1", lambda tf, s: tf.compat.v1.parse_example(s, {"x": tf.io.VarLenFeature(tf.float32)}, None, ["a", "b", "c"]), BATCH, **HOST),
]  # fmt: skip

# ---- sequence examples ----


def sequence(context: dict[str, list[Any]], **lists: list[list[Any]]) -> bytes:
    told = _field(0x0A, b"".join(entry(k, feature(v)) for k, v in context.items()))
    rows = [
        entry(k, b"".join(_field(0x0A, feature(v)) for v in steps)) for k, steps in lists.items()
    ]
    return told + _field(0x12, b"".join(rows))


S1 = sequence(
    {"a": [1], "b": [b"x", b"y"]}, f=[[1.0, 2.0], [3.0, 4.0]], v=[[1], [2, 3], []], s=[[b"q"]]
)
S2 = sequence({"a": [5]}, f=[[5.0, 6.0]], v=[])
S3 = sequence({"b": [b"z"]}, v=[[9]])
S4 = sequence({}, v=[[1, 2, 3], [4]], l=[[1, 2], [1]])
SEQUENCES, LONE = texts(S1, S2, S3), tensor(np.array(S1, object), "string")


def in_sequence(
    label: str,
    context: Any,
    lists: Any,
    serialized: Any,
    name: str = "parse_sequence_example",
    **options: Any,
) -> Any:
    return program(
        f"{name}-{label}",
        lambda tf, s: getattr(tf.io, name)(s, context(tf.io, tf), lists(tf.io, tf)),
        serialized,
        **{**HOST, **options},
    )


def bad_sequence(label: str, context: Any, lists: Any, serialized: Any = SEQUENCES) -> Any:
    return in_sequence(label, context, lists, serialized, executors=("eager",), raises=True)


def _none(io: Any, tf: Any) -> None:
    return None


def _context(io: Any, tf: Any) -> Any:
    return {"a": io.FixedLenFeature([], tf.int64, 0), "b": io.VarLenFeature(tf.string)}


def _lists(io: Any, tf: Any) -> Any:
    return {"f": io.FixedLenSequenceFeature([2], tf.float32, True), "v": io.VarLenFeature(tf.int64)}


def _ragged_context(io: Any, tf: Any) -> Any:
    return {"b": io.RaggedFeature(tf.string)}


def _ragged_lists(io: Any, tf: Any) -> Any:
    return {
        "v": io.RaggedFeature(tf.int64),
        "s": io.RaggedFeature(tf.string, row_splits_dtype=tf.int64),
    }


def _cut_lists(io: Any, tf: Any) -> Any:
    return {"z": io.RaggedFeature(tf.int64, "v", [io.RaggedFeature.RowLengths("l")])}


ALONE = "parse_single_sequence_example"
SEQUENCE_EXAMPLES = [
    *[in_sequence(f"{kind}-{size}", c, ls, s, n) for kind, c, ls in (("plain", _context, _lists), ("ragged", _ragged_context, _ragged_lists))
      for size, s, n in (("batch", SEQUENCES, "parse_sequence_example"), ("lone", LONE, "parse_sequence_example"), ("none", strings(0), "parse_sequence_example"), ("single", LONE, ALONE))],
    in_sequence("cut", _none, _cut_lists, texts(S4)),
    in_sequence("cut", _none, _cut_lists, tensor(np.array(S4, object), "string"), ALONE),
    in_sequence("context-only", _context, _none, SEQUENCES),
    bad_sequence("required", _none, lambda io, tf: {"f": io.FixedLenSequenceFeature([2], tf.float32)}),
    bad_sequence("size", _none, lambda io, tf: {"f": io.FixedLenSequenceFeature([3], tf.float32, True)}),
    bad_sequence("kind", _none, lambda io, tf: {"f": io.FixedLenSequenceFeature([2], tf.int64, True)}),
    bad_sequence("kind-var", _none, lambda io, tf: {"f": io.VarLenFeature(tf.int64)}),
    bad_sequence("kind-ragged", _none, lambda io, tf: {"f": io.RaggedFeature(tf.int64)}),
    bad_sequence("kind-context", lambda io, tf: {"a": io.VarLenFeature(tf.string)}, _none),
    bad_sequence("required-context", lambda io, tf: {"a": io.FixedLenFeature([], tf.int64)}, _none),
    bad_sequence("sequence-in-context", lambda io, tf: {"a": io.FixedLenSequenceFeature([], tf.int64, True)}, _none),
    bad_sequence("fixed-in-sequence", _none, lambda io, tf: {"f": io.FixedLenFeature([2], tf.float32)}),
    bad_sequence("sparse-in-sequence", _none, lambda io, tf: {"f": io.SparseFeature("i", "f", tf.float32, 3)}),
    bad_sequence("default", _none, lambda io, tf: {"f": io.FixedLenSequenceFeature([2], tf.float32, True, -1.0)}),
    bad_sequence("no-features", _none, _none),
    bad_sequence("malformed", _context, _lists, texts(S1, b"\xfe")),
    in_sequence("of-a-batch", _context, _lists, SEQUENCES, ALONE, executors=("eager",), raises=True),
    program("parse-sequence-example-op", lambda tf, s: tf.raw_ops.ParseSequenceExample(serialized=s, debug_name=tf.constant([], tf.string), context_dense_defaults=[tf.constant(0, tf.int64)], feature_list_dense_missing_assumed_empty=["f"], context_sparse_keys=["b"], context_dense_keys=["a"], feature_list_sparse_keys=["v"], feature_list_dense_keys=["f"], Ncontext_sparse=1, Ncontext_dense=1, Nfeature_list_sparse=1, Nfeature_list_dense=1, context_sparse_types=["string"], context_dense_shapes=[[]], feature_list_sparse_types=["int64"], feature_list_dense_types=["float32"], feature_list_dense_shapes=[[2]]), SEQUENCES, **HOST),
    program("parse-single-sequence-example-op", lambda tf, s: tf.raw_ops.ParseSingleSequenceExample(serialized=s, feature_list_dense_missing_assumed_empty=tf.constant([], tf.string), context_sparse_keys=["b"], context_dense_keys=["a"], feature_list_sparse_keys=["v"], feature_list_dense_keys=["f"], context_dense_defaults=[tf.constant(0, tf.int64)], debug_name="", context_sparse_types=["string"], context_dense_shapes=[[]], feature_list_sparse_types=["int64"], feature_list_dense_types=["float32"], feature_list_dense_shapes=[[2]]), LONE, **HOST),
]  # fmt: skip

JSON = [
    program("decode-json", lambda tf, s: tf.io.parse_example(tf.io.decode_json_example(s), {"n": tf.io.VarLenFeature(tf.int64), "b": tf.io.RaggedFeature(tf.string), "c": tf.io.RaggedFeature(tf.float32)}), texts('{"features":{"feature":{"n":{"int64List":{"value":[1,"2"]}},"b":{"bytesList":{"value":["YQ=="]}},"c":{"float_list":{"value":[1.5,"NaN"]}}}}}', "{}", '{"features":null}'), **HOST),
    program("decode-json-loose", lambda tf, s: tf.io.parse_example(tf.io.decode_json_example(s), {"n": tf.io.VarLenFeature(tf.int64), "b'": tf.io.RaggedFeature(tf.string)}), texts("{features:{feature:{n:{int64List:{value:['1',2,]},},}}}", "{'features' : {feature:{'b\\'':{'bytesList':{value:['YQ==',]}}}}}", '{"features":{},}', '{features:null}'), **HOST),
    *[raises("io.decode_json_example", tensor(s, "string"), error=FAILS) for s in ("{,}", "{a-b:{}}", "{null:1}", '{"features":{"feature":{"a":{"int64List":{"value":[,1]}}}}}', '{"features":{"feature":{"a":{"int64List":{"value":[1,,2]}}}}}')],
    program("decode-padded-raw-op", lambda tf, s: tf.raw_ops.DecodePaddedRaw(input_bytes=s, fixed_length=4, out_type=tf.int16), texts("abcd", "ef"), **HOST),
    program("serialize-sparse-strings", lambda tf, v: tf.io.serialize_sparse(tf.SparseTensor([[0], [2]], v, [3])), texts("x", "yyy"), **HOST),
    program("serialize-many-sparse-strings", lambda tf, v: tf.io.serialize_many_sparse(tf.SparseTensor([[0, 0], [1, 2]], v, [2, 3])), texts("x", "yyy"), **HOST),
    on_host("io.decode_json_example", strings(0, 2)),
    on_host("io.decode_json_example", tensor([["{}"]], "string")),
    *[raises("io.decode_json_example", tensor(s, "string"), error=FAILS) for s in ("{", "", "[]", "null", '{"x":1}', '{"features":{"feature":{"a":{"int64List":{"value":[1.5]}}}}}', '{"features":{"feature":{"a":{"bytesList":{"value":["#"]}}}}}')],
]  # fmt: skip

CASES = [*CSV, *COMPRESSED, *EXAMPLES, *SEQUENCE_EXAMPLES, *JSON]
