"""Protocol buffer messages taken apart and put together."""

import base64

from tests.oracle.spec import program, tensor

DESCRIPTORS = b"bytes://" + base64.b64decode(
    "CtcBCgdwLnByb3RvEgFwIrgBCgFNEgsKA3ppZxgBIAMoERIPCgN6YWcYAiADKBJCAhABEgwKBGZvdXIYAyADKAcS"
    "DQoFZWlnaHQYBCABKBASEAoEcmVhbBgFIAMoAkICEAESEAoFc2V2ZW4YBiABKAU6ATcSEAoDaGV5GAcgASgJOgNo"
    "ZXkSEwoFZ3JvdXAYCCABKAoyBC5wLkcSEgoEbW9yZRgJIAMoCzIELnAuRxIMCgRmbGFnGAogAygIEgsKA2JpZxgL"
    "IAMoBCIOCgFHEgkKAWEYASABKAU="
)
MESSAGES = [
    b"\x08\x03\x08\x04\x12\x02\x01\x0a\x1d\x07\x00\x00\x00\x21\xfe\xff\xff\xff\xff\xff\xff\xff",
    b"\x2a\x08\x00\x00\x80\x3f\x00\x00\x00\x40\x30\x05\x3a\x01z\x43\x08\x04\x44\x4a\x02\x08\x01",
    b"",
]
FIELDS = {
    "zig": "int32", "zag": "int64", "four": "uint32", "eight": "int64", "real": "float32",
    "seven": "int32", "hey": "string", "group": "string", "more": "string", "flag": "bool",
    "big": "uint64",
}  # fmt: skip


def on_host(label, function, *args, **options):
    return program(label, function, *args, executors=("eager", "host"), **options)


def fails(label, function, *args, **options):
    return program(label, function, *args, executors=("eager",), raises=True, **options)


def decoded(tf, data, names, types, source=DESCRIPTORS, message="p.M", **options):
    found = tf.io.decode_proto(data, message, names, types, source, **options)
    return [found.sizes, *found.values]


def encoded(tf, sizes, values, names, message="p.M"):
    return tf.io.encode_proto(sizes, values, names, message, DESCRIPTORS)


DATA = tensor(MESSAGES, "string")
ONE = tensor(MESSAGES[0], "string")

CASES = [
    on_host("every-field", lambda tf, x: decoded(tf, x, [*FIELDS], [*FIELDS.values()]), DATA),
    on_host(
        "wider",
        lambda tf, x: decoded(tf, x, ["zig", "four", "real"], ["int64", "uint64", "float64"]),
        DATA,
    ),
    on_host("scalar", lambda tf, x: decoded(tf, x, ["zig", "seven"], ["int32", "int32"]), ONE),
    on_host(
        "matrix",
        lambda tf, x: decoded(tf, tf.stack([x, x]), ["zig", "seven"], ["int32", "int32"]),
        DATA,
    ),
    on_host("no-fields", lambda tf, x: decoded(tf, x, [], []), DATA),
    on_host("same-field-twice", lambda tf, x: decoded(tf, x, ["zig"] * 2, ["int32"] * 2), DATA),
    on_host(
        "sanitized",
        lambda tf, x: decoded(tf, x, ["zig", "more"], ["int32", "string"], sanitize=True),
        DATA,
    ),
    on_host(
        "last-one-wins",
        lambda tf, x: decoded(tf, x, ["seven", "zig"], ["int32", "int32"]),
        tensor([b"\x30\x01\x08\x02\x30\x09"]),
    ),
    on_host(
        "text",
        lambda tf, x: decoded(tf, x, ["seven", "zig"], ["int32", "int32"], message_format="text"),
        tensor(["seven: 3 zig: [1, -2]"]),
    ),
    on_host(
        "tensor-proto",
        lambda tf, x: decoded(
            tf,
            tf.io.serialize_tensor(x),
            ["dtype", "tensor_content"],
            ["int32", "string"],
            "local://",
            "tensorflow.TensorProto",
        ),
        tensor([1, 2]),
    ),
    fails("nothing", lambda tf, x: decoded(tf, x[:0], ["zig"], ["int32"]), DATA),
    fails("wrong-dtype", lambda tf, x: decoded(tf, x, ["zig"], ["float32"]), DATA),
    fails("narrow-dtype", lambda tf, x: decoded(tf, x, ["zag"], ["int32"]), DATA),
    fails("unknown-field", lambda tf, x: decoded(tf, x, ["zog"], ["int32"]), DATA),
    fails("unknown-message", lambda tf, x: decoded(tf, x, ["zig"], ["int32"], message="q"), DATA),
    fails("no-source", lambda tf, x: decoded(tf, x, ["zig"], ["int32"], "/no/such/file"), DATA),
    fails("bad-source", lambda tf, x: decoded(tf, x, ["zig"], ["int32"], b"bytes://?"), DATA),
    fails("numbers-of-names", lambda tf, x: decoded(tf, x, ["zig"], ["int32"] * 2), DATA),
    fails(
        "cut-short", lambda tf, x: decoded(tf, x, ["zig"], ["int32"]), tensor([MESSAGES[0][:-2]])
    ),
    fails("garbage", lambda tf, x: decoded(tf, x, ["zig"], ["int32"]), tensor([b"\xff\xff\xff"])),
    fails(
        "bad-text",
        lambda tf, x: decoded(tf, x, ["zig"], ["int32"], message_format="text"),
        tensor(["zig: x"]),
    ),
    fails("format", lambda tf, x: decoded(tf, x, ["zig"], ["int32"], message_format="json"), DATA),
    on_host(
        "encode-numbers",
        lambda tf, n: encoded(
            tf,
            n,
            [
                tf.constant([[5, -3]]),
                tf.constant([[7, -9]], tf.int64),
                tf.constant([[1, 2]], tf.uint32),
                tf.constant([[-1]], tf.int64),
            ],
            ["zig", "zag", "four", "eight"],
        ),
        tensor([[2, 2, 1, 1]]),
    ),
    on_host(
        "encode-others",
        lambda tf, n: encoded(
            tf,
            n,
            [
                tf.constant([["x"], ["y"]]),
                tf.constant([[True, False], [True, True]]),
                tf.constant([[1.5, 2.5], [0.0, 0.0]]),
                tf.constant([[1], [2]], tf.uint64),
                tf.constant([[b"\x08\x01"], [b""]]),
                tf.constant([[b"\x08\x01"], [b""]]),
            ],
            ["hey", "flag", "real", "big", "group", "more"],
        ),
        tensor([[1, 2, 2, 1, 1, 1], [0, 1, 0, 1, 1, 0]]),
    ),
    on_host(
        "encode-wide",
        lambda tf, n: encoded(
            tf,
            n,
            [tf.constant([[5, -3]], tf.int64), tf.constant([[1.5]], tf.float64)],
            ["zig", "real"],
        ),
        tensor([[2, 1]]),
    ),
    on_host(
        "encode-negative",
        lambda tf, n: encoded(tf, n, [tf.constant([[-1], [-200]])], ["seven"]),
        tensor([[1], [1]]),
    ),
    on_host(
        "encode-batches",
        lambda tf, n: encoded(tf, n, [tf.reshape(tf.range(4), [2, 2, 1])], ["seven"]),
        tensor([[[1], [0]], [[1], [-1]]]),
    ),
    fails("encode-too-many", lambda tf, n: encoded(tf, n, [[[1]]], ["seven"]), tensor([[2]])),
    fails("encode-dtype", lambda tf, n: encoded(tf, n, [[[1.0]]], ["seven"]), tensor([[1]])),
    fails("encode-vector", lambda tf, n: encoded(tf, n, [[1]], ["seven"]), tensor([1])),
    fails("encode-sizes", lambda tf, n: encoded(tf, n, [[[1]]], ["seven"]), tensor([[1, 1]])),
    fails("encode-batch", lambda tf, n: encoded(tf, n, [[[1]]], ["seven"]), tensor([[1], [1]])),
    fails("encode-field", lambda tf, n: encoded(tf, n, [[[1]]], ["eighty"]), tensor([[1]])),
    fails("encode-names", lambda tf, n: encoded(tf, n, [[[1]]], ["zig"] * 2), tensor([[1, 1]])),
]
