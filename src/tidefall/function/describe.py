"""Signatures of traced functions, in words."""

from __future__ import annotations

from typing import Any

from tidefall.core import nest
from tidefall.core.specs import TensorSpec


def _text(value: Any) -> str:
    if isinstance(value, TensorSpec):
        return f"TensorSpec(shape={value.shape}, dtype={value.dtype!r}, name={value.name!r})"
    return repr(value)


def describe_concrete(function: Any, verbose: bool) -> str:
    """Name, parameters and outputs of a concrete function."""
    graph = function.graph
    signature = graph.structured_input_signature or ((), {})
    args, kwargs = signature
    names = function.function_spec.names if function.function_spec is not None else []
    parts = [
        f"{names[i] if i < len(names) else f'args_{i}'}: {_text(value)}"
        for i, value in enumerate(args)
    ] + [f"{key}: {_text(value)}" for key, value in kwargs.items()]
    output = nest.map_structure(lambda t: t, function.structured_outputs)
    if not verbose:
        return f"{graph.name}({', '.join(parts)})"
    lines = [f"{graph.name}({', '.join(p.split(':')[0] for p in parts)})", "Args:"]
    lines += [f"  {part}" for part in parts] or ["  (None)"]
    lines += ["Returns:", f"  {_text(output)}"]
    return "\n".join(lines)
