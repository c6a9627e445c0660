"""Signatures as text, the same for TensorFlow's functions and ours."""

from __future__ import annotations

import inspect
from typing import Any


def parameters(function: Any) -> list[str] | None:
    """`name`, `name=default`, `*args`, `*` and so on; None where Python cannot tell."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return None
    found: list[str] = []
    bare_star = True
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL:
            bare_star = False
            found.append(f"*{parameter.name}")
        elif parameter.kind is parameter.VAR_KEYWORD:
            found.append(f"**{parameter.name}")
        else:
            if parameter.kind is parameter.KEYWORD_ONLY and bare_star:
                found.append("*")
                bare_star = False
            found.append(parameter.name + default_text(parameter.default))
    return found


def default_text(default: Any) -> str:
    """`=default`, with dtypes by name and objects without an address."""
    if default is inspect.Parameter.empty:
        return ""
    if hasattr(default, "as_datatype_enum"):
        return f"=dtype:{default.name}"
    text = repr(default)
    return (
        f"=<{type(default).__name__}>" if " at 0x" in text or text.startswith("<") else f"={text}"
    )


def methods(cls: type) -> dict[str, list[str]]:
    """Parameters of the public methods of a class."""
    found: dict[str, list[str]] = {}
    for name in dir(cls):
        if name.startswith("_") and name not in ("__init__", "__call__"):
            continue
        member = inspect.getattr_static(cls, name)
        if isinstance(member, property) or not callable(getattr(cls, name, None)):
            continue
        listed = parameters(getattr(cls, name))
        if listed is not None:
            found[name] = listed
    return found
