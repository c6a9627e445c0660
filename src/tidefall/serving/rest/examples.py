"""Bodies of classify and regress requests: JSON objects to serialized Examples, results to JSON."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import errors
from tidefall.base.type_guards import is_list
from tidefall.serving.models.examples import Classifications, label_texts
from tidefall.serving.rest.text import as_list, dumps, encodable
from tidefall.serving.rest.values import Json, Mismatch, is_base64, preview, string_bytes, type_name
from tidefall.serving.status import invalid

_LARGEST_INT64 = 2**63
_LARGEST_UINT64 = 2**64


def decode_examples(document: dict[str, Any]) -> list[bytes]:
    """The serialized Examples of a request, each with the context before it, if there is one.

    Args:
        document: the parsed body.

    Raises:
        InvalidArgumentError: it is not formed as it should be; says where.
    """
    context = _serialized(document["context"]) if "context" in document else b""
    if "examples" not in document:
        raise _malformed(
            document, "When method is classify, key 'examples' is expected and was not found"
        )
    examples: Json = document["examples"]
    if not isinstance(examples, list):
        raise _malformed(document, "Expecting 'examples' value to be an list/array")
    if not examples:
        raise _malformed(document, "'examples' value is an empty array")
    # Serialized messages that follow one another are one message with the fields of both.
    return [context + _serialized(example) for example in examples]


def _serialized(value: Json) -> bytes:
    from tidefall.proto import Example

    if not isinstance(value, dict):
        raise invalid(f"Example must be JSON object but got JSON {type_name(value)}")
    example = Example()
    features = example.features.feature
    for name, content in value.items():
        try:
            _fill(features[name], name, content if is_list(content) else [content])
        except (UnicodeEncodeError, Mismatch) as error:
            raise invalid(f"Feature {name[:200]!a}: {error}") from None
    return example.SerializeToString()


def _fill(feature: Any, name: str, values: list[Any]) -> None:
    kinds = [_kind(name, value) for value in values]
    if not kinds:
        return
    if any(kind != kinds[0] for kind in kinds):
        raise invalid(
            f"Unexpected element type in feature: {name[:200]} expecting type: {kinds[0]}"
        )
    if kinds[0] == "int64":
        feature.int64_list.value.extend(map(int, values))  # true and false among them.
    elif kinds[0] == "float":
        with np.errstate(over="ignore"):  # Beyond float32's range is infinite, as in predict.
            feature.float_list.value.extend(np.array(values, np.float32).tolist())
    else:
        feature.bytes_list.value.extend(map(string_bytes, values))


def _kind(name: str, value: Any) -> str:
    """The kind of list that holds a value, in the words of the messages."""
    if isinstance(value, str) or is_base64(value):
        return "bytes"
    if isinstance(value, float):
        return "float"
    if not isinstance(value, int):
        raise invalid(
            f"Feature: {name[:200]} has element with unexpected JSON type: {type_name(value)}"
        )
    if -_LARGEST_INT64 <= value < _LARGEST_INT64:
        return "int64"
    if 0 <= value < _LARGEST_UINT64:
        message = f"Feature: {name[:200]} has uint64_t element. Only int64_t is supported."
        raise invalid(message)
    return "float"


def encode_classifications(found: Classifications) -> bytes:
    """The body of the reply: for each example a list of [label, score]."""
    given = found.labels if found.labels is not None else found.scores
    assert given is not None  # A classifier returns one or both.
    empty = [[""] * given.shape[1]] * given.shape[0]
    zero = [[0.0] * given.shape[1]] * given.shape[0]
    labels = empty if found.labels is None else label_texts(found.labels)
    scores = zero if found.scores is None else as_list(found.scores)
    rows = [list(zip(*row, strict=True)) for row in zip(labels, scores, strict=True)]
    finite = found.scores is None or bool(np.isfinite(found.scores).all())
    return dumps({"results": rows}, finite=finite)


def encode_regressions(values: np.ndarray) -> bytes:
    """The body of the reply: a value for each example."""
    return dumps({"results": encodable(values)}, finite=bool(np.isfinite(values).all()))


def _malformed(document: dict[str, Any], reason: str) -> errors.InvalidArgumentError:
    return invalid(f"JSON Value: {preview(document)} {reason}")
