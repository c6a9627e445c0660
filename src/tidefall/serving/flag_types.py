"""Kinds of values that flags may have."""

from __future__ import annotations

import argparse
from typing import Any


def boolean(text: str) -> bool:
    """The value of a flag that is on or off, in the words of `tensorflow_model_server`."""
    values = {"true": True, "1": True, "false": False, "0": False}
    if text.lower() not in values:
        raise argparse.ArgumentTypeError(f"expected true or false, received {text!r}")
    return values[text.lower()]


# A flag that may be given as --flag, --flag=true or --flag=false.
SWITCH: dict[str, Any] = {"nargs": "?", "const": True, "default": False, "type": boolean}


def names(text: str) -> tuple[str, ...]:
    """The names in a list with commas between them."""
    found = tuple(filter(None, text.split(",")))
    if not found:
        raise argparse.ArgumentTypeError("expected names separated by commas")
    return found


def channel_arguments(text: str) -> tuple[tuple[str, int | str], ...]:
    """gRPC's options, as in `grpc.a=1,grpc.b=x`."""
    found: list[tuple[str, int | str]] = []
    for argument in filter(None, text.split(",")):
        name, equals, value = argument.partition("=")
        if not name or not equals:
            raise argparse.ArgumentTypeError(f"expected name=value, received {argument!r}")
        found.append((name, int(value) if value.lstrip("-").isdecimal() else value))
    return tuple(found)
