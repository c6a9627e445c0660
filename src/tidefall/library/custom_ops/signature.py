"""Signatures of ops in the words of TensorFlow's REGISTER_OP."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import Any

from tidefall.base import dtypes
from tidefall.base.errors import InvalidArgumentError
from tidefall.op.definition import OpDef
from tidefall.op.table import signature

_NAME = re.compile(r"[A-Z][A-Za-z0-9_]*")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_ATTR = re.compile(
    r"(?P<kind>list\(\w+\)|\w+|\{.*?\})\s*(?:>=\s*(?P<min>-?\d+))?\s*(?:=\s*(?P<default>.+))?"
)
_KINDS = frozenset(
    f"{outer}{kind}{end}"
    for kind in ("int", "float", "bool", "string", "type", "shape")
    for outer, end in (("", ""), ("list(", ")"))
)
_NUMBERS = {
    "numbertype": (
        "float", "double", "int32", "uint8", "int16", "int8", "complex64", "int64", "qint8",
        "quint8", "qint32", "bfloat16", "qint16", "quint16", "uint16", "complex128", "half",
        "uint32", "uint64",
    ),
    "realnumbertype": (
        "float", "double", "int32", "uint8", "int16", "int8", "int64", "bfloat16", "uint16", "half",
        "uint32", "uint64",
    ),
}  # fmt: skip
_WRITTEN = {"true": True, "false": False}


def op_definition(
    name: str,
    inputs: Iterable[str],
    outputs: Iterable[str],
    attrs: Iterable[str] = (),
    is_stateful: bool = False,
    library: str = "",
) -> OpDef:
    """Return the signature of a custom op.

    Args:
        name: in capitals and small letters, as in "ZeroOut".
        inputs: such as "x: T", "sizes: int32", "parts: N * T".
        outputs: the same.
        attrs: such as "T: {float, int32}", "keep: int >= 1 = 2", "mode: {'a', 'b'} = 'a'".
        is_stateful: whether it does something besides computing.
        library: where its kernel comes from, for those who lack it.

    Raises:
        InvalidArgumentError: what cannot be read, and where.

    Source: tensorflow/core/framework/op_def_builder.h.

    >>> definition = op_definition("ZeroOut", ["x: T"], ["y: T"], ["T: {float, int32}"])
    >>> [argument.type_attr for argument in definition.inputs]
    ['T']
    """
    if not _NAME.fullmatch(name):
        raise _invalid(name, f"an op is called like 'ZeroOut', not {name!r}")
    spec = {
        "in": [_argument(name, each) for each in inputs],
        "out": [_argument(name, each) for each in outputs],
        "attrs": dict(_attribute(name, each) for each in attrs),
        "stateful": is_stateful,
    }
    for argument, kind in (*spec["in"], *spec["out"]):
        for word in kind.split("*"):
            if word not in spec["attrs"] and not _is_dtype(word):
                raise _invalid(
                    name, f"{argument} is of {word!r}, which is neither a dtype nor an attribute"
                )
    try:
        return signature(name, spec, library)
    except (TypeError, ValueError) as error:
        raise _invalid(name, str(error)) from error


def _invalid(name: str, message: str) -> InvalidArgumentError:
    return InvalidArgumentError(None, None, f"custom op {name}: {message}")


def _is_dtype(word: str) -> bool:
    try:
        dtypes.as_dtype(word)
    except TypeError:
        return False
    return True


def _argument(op: str, text: str) -> list[str]:
    name, colon, kind = (part.strip() for part in text.partition(":"))
    words = [word.strip() for word in kind.split("*")]
    if not colon or not _WORD.fullmatch(name) or not all(map(_WORD.fullmatch, words)):
        raise _invalid(op, f"an input or output is written like 'x: float', not {text!r}")
    return [name, "*".join(words)]


def _attribute(op: str, text: str) -> tuple[str, dict[str, Any]]:
    name, _, rest = (part.strip() for part in text.partition(":"))
    found = _ATTR.fullmatch(rest)
    if not _WORD.fullmatch(name) or found is None:
        raise _invalid(op, f"an attribute is written like 'keep: int >= 1 = 2', not {text!r}")
    kind = found["kind"]
    spec: dict[str, Any] = {"type": kind}
    if kind in _NUMBERS:
        spec = {"type": "type", "allowed": list(_NUMBERS[kind])}
    elif kind.startswith("{"):
        words = [word.strip() for word in kind[1:-1].split(",")]
        is_text = words[0][:1] in ("'", '"')
        allowed = [ast.literal_eval(word) for word in words] if is_text else words
        spec = {"type": "string" if is_text else "type", "allowed": allowed}
    elif kind not in _KINDS:
        raise _invalid(op, f"attribute {name} is of {kind!r}, which is none of {sorted(_KINDS)}")
    if found["min"] is not None:
        spec["min"] = int(found["min"])
    if found["default"] is not None:
        spec["default"] = _default(op, name, spec["type"], found["default"].strip())
    return name, spec


def _default(op: str, name: str, kind: str, text: str) -> Any:
    if kind == "type":
        return text.removeprefix("DT_").lower()
    if text in _WRITTEN:
        return _WRITTEN[text]
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        raise _invalid(op, f"the default of {name}, {text}, is no {kind}") from None
