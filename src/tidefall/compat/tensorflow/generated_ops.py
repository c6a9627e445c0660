"""The functions of TensorFlow's generated modules, `gen_array_ops.tile` and its like.

Unlike `tf.raw_ops`, they take positional arguments, in an order that `argument_orders.json` has
where it is not that of the op's signature here (`tests/oracle/internal_names.py` writes it).
"""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tidefall import surface


@functools.cache
def generated(name: str) -> Callable[..., Any] | None:
    """The function of an op.

    Args:
        name: the op's name, or the one that TensorFlow's module has: `unsorted_segment_sum`.

    Returns:
        A function of the op's inputs and attributes; None where there is no such op.
    """
    found = name if name in surface.OPS else _in_lower_case().get(name.replace("_", ""))
    if found is None:
        return None
    run = getattr(surface.resolve("", "raw_ops"), found)
    parameters = list(inspect.signature(run).parameters)
    order = _orders().get(found, "").split() or parameters

    def call(*args: Any, **kwargs: Any) -> Any:
        if len(args) > len(order):
            raise TypeError(f"{name} takes at most {len(order)} arguments, and got {len(args)}.")
        given = dict(zip(order, args, strict=False))
        twice = given.keys() & kwargs.keys()
        if twice:
            raise TypeError(f"{name} got several values for argument '{min(twice)}'.")
        return run(**given, **kwargs)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"The op {found}, of {', '.join(order)}."
    return call


@functools.cache
def _in_lower_case() -> dict[str, str]:
    return {name.lower(): name for name in surface.OPS}


@functools.cache
def _orders() -> dict[str, str]:
    text = Path(__file__).with_name("argument_orders.json").read_text(encoding="utf-8")
    found: dict[str, str] = json.loads(text)
    return found
