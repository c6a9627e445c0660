"""How a stage of a pipeline runs, in words: what `Dataset.explain` is made of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

BY_NUMBER = "by number"
BY_ROWS = "by rows"
ONE_BY_ONE = "one by one"


@dataclass
class Stage:
    """How one stage runs.

    Attributes:
        way: how its elements are made, such as `BY_NUMBER`, and what else there is to say.
        asks: how it asks its inputs for elements.
        arguments: what it was made with, by name; a positional one has the name "".
        notes: what was left out, and why.
    """

    way: str
    asks: str = ONE_BY_ONE
    arguments: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def stage_name(title: str, functions: Sequence[Any], arguments: dict[str, Any]) -> str:
    """A stage as it was written: `map(scale at train.py:12, num_parallel_calls=4)`."""
    shown = [function.described for function in functions]
    for name, value in arguments.items():
        if value is not None and value is not False:
            shown.append(f"{name}={value}" if name else str(value))
    return f"{title}({', '.join(shown)})"


def title_of(class_name: str) -> str:
    """The method a node class stands for: `FlatMapNode` is `flat_map`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", class_name.removesuffix("Node")).lower()


def count_text(count: int) -> str:
    """A cardinality in words."""
    return {-1: "infinite", -2: "unknown"}.get(count, f"{count:,}")


def bytes_text(size: float) -> str:
    """A number of bytes in words."""
    for unit in ("bytes", "KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} GB"
