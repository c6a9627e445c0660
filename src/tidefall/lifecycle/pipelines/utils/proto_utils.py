"""Protocol buffer messages to and from JSON."""

from __future__ import annotations

from typing import Any

from tidefall.lifecycle.pipelines.failures import invalid, missing


def proto_to_json(proto: Any) -> str:
    """Return a message as JSON, with its own names of fields and sorted keys.

    >>> from tidefall.pipelines import proto
    >>> proto_to_json(proto.TrainArgs(num_steps=3)).split()
    ['{', '"num_steps":', '3', '}']
    """
    from google.protobuf import json_format

    return json_format.MessageToJson(proto, sort_keys=True, preserving_proto_field_name=True)


def json_to_proto(text: str, proto: Any) -> Any:
    """Read JSON into a message and return it.

    Raises:
        InvalidArgumentError: the text is not that message.
    """
    from google.protobuf import json_format

    try:
        return json_format.Parse(text, proto)
    except json_format.ParseError as error:
        raise invalid(f"{text[:200]!r} is no {proto.DESCRIPTOR.full_name}: {error}") from None


def parse_pbtxt_file(file_name: str, message: Any) -> Any:
    """Read a text-format file into a message and return it."""
    from google.protobuf import text_format

    try:
        with open(file_name, encoding="utf-8") as file:
            return text_format.Parse(file.read(), message)
    except FileNotFoundError:
        raise missing(f"{file_name}: there is no such file") from None
    except text_format.ParseError as error:
        raise invalid(f"{file_name} is no {message.DESCRIPTOR.full_name}: {error}") from None
