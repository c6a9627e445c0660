"""Signatures of traced functions, in TensorFlow's words."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from tidefall.base.composite import CompositeTensor
from tidefall.function.call_keys import Identity
from tidefall.function.types import FunctionType
from tidefall.function.variable_arguments import VariableSpec
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.tensor import Tensor
from tidefall.tensor.type_spec import TypeSpec


def type_text(value: Any) -> str:
    """The type of an argument or result, as TensorFlow writes it."""
    if isinstance(value, (Tensor, TensorSpec)):
        return f"TensorSpec(shape={value.shape}, dtype={value.dtype!r}, name=None)"
    if isinstance(value, CompositeTensor):
        return repr(value._type_spec)
    if isinstance(value, TypeSpec):
        return repr(value)
    if isinstance(value, Identity):
        return value.describe()
    if isinstance(value, VariableSpec):
        return repr(value)
    if isinstance(value, Mapping):
        items = ", ".join(f"[{key!r}, {type_text(item)}]" for key, item in value.items())
        return f"Dict[{items}]"
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        items = ", ".join(
            f"['{name}', {type_text(getattr(value, name))}]" for name in value._fields
        )
        return f"{type(value).__name__}[{items}]"
    if isinstance(value, (list, tuple)):
        kind = "List" if isinstance(value, list) else "Tuple"
        return f"{kind}[{', '.join(type_text(item) for item in value)}]"
    return f"Literal[{value!r}]"


def _arguments(function: Any) -> Iterator[tuple[str, str, Any]]:
    """Name, kind and value, or spec, of each argument."""
    args, kwargs = function.structured_input_signature or ((), {})
    spec = function.function_spec
    names = list(spec.names) if spec is not None else []
    extra = len(args) > len(names)
    kind = "POSITIONAL_ONLY" if extra else "POSITIONAL_OR_KEYWORD"
    for i, value in enumerate(args):
        name = names[i] if i < len(names) else f"args_{i - len(names)}"
        yield name, kind, value
    for name, value in kwargs.items():
        yield name, "KEYWORD_ONLY", value


class TypeText(str):
    """The type of an argument that is no tensor, written as TensorFlow does."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _type_of(value: Any) -> Any:
    if isinstance(value, CompositeTensor):
        return value._type_spec
    if isinstance(value, (Tensor, TensorSpec)):
        return TensorSpec(value.shape, value.dtype)
    if isinstance(value, TypeSpec):
        return value
    return TypeText(type_text(value))


def function_type(function: Any) -> FunctionType:
    """The parameters of a concrete function with their types, and the type of its result."""
    parameters = [
        inspect.Parameter(name, getattr(inspect.Parameter, kind), annotation=_type_of(value))
        for name, kind, value in _arguments(function)
    ]
    return FunctionType(parameters, return_annotation=_type_of(function.structured_outputs))


def describe_concrete(function: Any, verbose: bool) -> str:
    """The parameters, results and captures of a concrete function."""
    result = type_text(function.structured_outputs)
    parameters = [(name, kind, type_text(v)) for name, kind, v in _arguments(function)]
    if not verbose:
        return f"({_header(parameters)}) -> {result}"
    lines = ["Input Parameters:"]
    lines += [f"  {name} ({kind}): {text}" for name, kind, text in parameters]
    lines += ["Output Type:", f"  {result}", "Captures:"]
    captures = [f"  {id(c)}: {type_text(c)}" for c in function.captured_inputs]
    return "\n".join(lines + (captures or ["  None"]))


def _header(parameters: list[tuple[str, str, str]]) -> str:
    parts: list[str] = []
    previous = ""
    for name, kind, text in parameters:
        if previous == "POSITIONAL_ONLY" != kind:
            parts.append("/")
        if kind == "KEYWORD_ONLY" != previous:
            parts.append("*")
        parts.append(f"{name}: {text}")
        previous = kind
    if previous == "POSITIONAL_ONLY":
        parts.append("/")
    return ", ".join(parts)
