"""Examples written as JSON: `tf.io.decode_json_example`."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.op.effects import PURE
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid, unchanged

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]*={0,2}")
_LOOSE = re.compile(
    r"""
    (?P<string>"(?:[^"\\]|\\.)*")
    | '(?P<single>(?:[^'\\]|\\.)*)'
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)(?=\s*:)
    | (?P<last>(?<=[^\s,\[{]))\s*,(?=\s*[\]}])
    """,
    re.VERBOSE | re.DOTALL,
)


def _strict(text: str) -> str:
    """The same JSON without what protobuf's parser in C++ takes besides: names without quotes,
    strings in single quotes, and a comma behind the last item."""

    def token(match: re.Match[str]) -> str:
        if match["single"] is not None:
            return '"' + re.sub(r'\\(\')|(")', _requoted, match["single"]) + '"'
        if match["name"] is not None:
            reserved = match["name"] in ("true", "false", "null")
            return match["name"] if reserved else f'"{match["name"]}"'
        return match["string"] or ""

    return _LOOSE.sub(token, text)


def _requoted(match: re.Match[str]) -> str:
    return match[1] or '\\"'


def _check_base64(example: dict[str, Any]) -> None:
    """Refuse strings that are not base64; protobuf's parser drops what it does not know in them."""
    features = (example.get("features") or {}).get("feature") or {}
    for key, feature in features.items():
        for name in ("bytesList", "bytes_list"):
            for value in ((feature or {}).get(name) or {}).get("value") or []:
                if not _BASE64.fullmatch(value):
                    raise ValueError(f"feature {key!r} has bytes that are not base64: {value!r}")


def _decode_one(index: int, text: bytes) -> bytes:
    from google.protobuf import json_format

    from tidefall.proto import Example
    from tidefall.proto.registry import pool

    try:
        if text.strip()[:1] != b"{":
            raise ValueError("an object in braces is expected")
        strict = _strict(text.decode())
        message = json_format.Parse(strict, Example(), descriptor_pool=pool())
        _check_base64(json.loads(strict))
    except (json_format.ParseError, ValueError, RecursionError) as error:
        raise invalid(f"Error while parsing JSON of example {index}: {error}") from None
    return message.SerializeToString(deterministic=True)


def _decode(json_examples: np.ndarray) -> np.ndarray:
    found = np.empty(json_examples.size, object)
    found[:] = [_decode_one(i, text) for i, text in enumerate(json_examples.reshape(-1))]
    return found.reshape(json_examples.shape)


decode_json_example_op = op(
    "DecodeJSONExample", shape=unchanged, host=_decode, effects=PURE, gradient=NOT_DIFFERENTIABLE
)


@export(
    "io.decode_json_example", "compat.v1.io.decode_json_example", "compat.v1.decode_json_example"
)
def decode_json_example(json_examples: Any, name: str | None = None) -> Any:
    """Serialized `tf.train.Example` messages from the same in protobuf's JSON form.

    Args:
        json_examples: string tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A string tensor of the same shape, to be parsed with `tf.io.parse_example`. Lists of numbers
        are packed, as protobuf writes them; TensorFlow's are not, and mean the same.

    Raises:
        InvalidArgumentError: if a string is not the JSON of an Example.

    >>> import tidefall as tf
    >>> text = '{"features": {"feature": {"n": {"int64List": {"value": [3, 5]}}}}}'
    >>> serialized = tf.io.decode_json_example(text)
    >>> tf.io.parse_single_example(serialized, {"n": tf.io.FixedLenFeature([2], tf.int64)})
    {'n': <tf.Tensor: shape=(2,), dtype=int64, numpy=array([3, 5])>}
    """
    return decode_json_example_op(json_examples, name=name)
