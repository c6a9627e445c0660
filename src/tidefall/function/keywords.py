"""What the tensor arguments of a concrete function are called: the keys of its signature."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tidefall.base import nest
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.type_spec import TypeSpec


def argument_keywords(function: Any) -> list[str]:
    """The name of each tensor argument, every one different.

    A tensor is called by the name of its TensorSpec, if it was given one, or else by the
    parameter it is part of.

    Args:
        function: a ConcreteFunction.
    """
    tensors = function.graph.arguments
    signature = function.structured_input_signature
    names = [tensor.op.name for tensor in tensors]
    if signature is not None and function.function_spec is not None:
        found = list(_names(function.function_spec, *signature))
        names = found if len(found) == len(names) else names
    return unique(names)


def _names(spec: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Iterator[str]:
    varargs = next(
        (p.name for p in spec.python.parameters.values() if p.kind is p.VAR_POSITIONAL), "args"
    )
    count = len(spec.names)
    for i, value in enumerate(args):
        if i < count:
            yield from _leaves(value, spec.names[i], spec.names[i])
        else:
            yield from _leaves(value, f"args_{i}", f"{varargs}_{i - count}")
    for name in sorted(kwargs):
        yield from _leaves(kwargs[name], name, name)


def _leaves(value: Any, label: str, parameter: str) -> Iterator[str]:
    """Names of the tensors in an argument; `label` is what tracing calls one without a name."""
    if isinstance(value, TensorSpec):
        own = value.name
        unnamed = own is None or re.fullmatch(rf"{re.escape(label)}(_\d+)*", own)
        yield parameter if unnamed else str(own)
    elif isinstance(value, TypeSpec):
        for _ in nest.flatten(value, expand_composites=True):
            yield parameter
    elif isinstance(value, Mapping):
        for key in sorted(value):
            yield from _leaves(value[key], f"{label}_{key}", parameter)
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            yield from _leaves(item, f"{label}_{i}", parameter)


def unique(names: list[str]) -> list[str]:
    """The names, numbered where they occur again."""
    taken: set[str] = set()
    found = []
    for name in names:
        candidate, number = name, 1
        while candidate in taken:
            candidate = f"{name}_{number}"
            number += 1
        taken.add(candidate)
        found.append(candidate)
    return found
