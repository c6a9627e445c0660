"""Whether a result is the recorded one, and where it is known not to be."""

from __future__ import annotations

import math
from typing import Any

TOLERANCE = 1e-5

KNOWN = {
    "communication.all_gather_nests": "Bools are gathered too.",
    "communication.all_reduce[SUM-empty": "Nests may be empty.",
    "communication.all_reduce[MEAN-empty": "Nests may be empty.",
    "communication.all_reduce[SUM-nest": "Nests may hold several dtypes.",
    "communication.all_reduce[MEAN-nest": "Nests may hold several dtypes.",
    "communication.gather_errors": "A sparse gradient is refused, as documented.",
    "communication.gather_nests": "Every part of a nest is gathered.",
    "communication.gather_text_and_bools": "Every part of a nest is gathered.",
    "communication.merge_call_sees_nests": "In graphs each replica has results of its own.",
    "inputs.checkpoints_of_iterators": "Distributed iterators can be saved.",
    "inputs.datasets_that_are_not_batched": "The error says what is wrong.",
    "updates.devices": "Devices that are named twice are a ValueError.",
    "variables.across_replicas[ON_READ-NONE-assign": "An assignment does not read the variable.",
    "variables.one_function_under_two_strategies": "TensorFlow mixes up their collectives.",
    "variables.outside[ON_READ-NONE-assign": "An assignment does not read the variable.",
}
"""Why programs whose names start so may differ, in some mode, from what was recorded."""


def is_known(name: str) -> bool:
    """Whether a program is known to differ."""
    return name.startswith(tuple(KNOWN))


def between(found: Any, wanted: Any, where: str = "") -> str:
    """The first difference between two results in words; empty if there is none.

    Floating-point numbers may differ by 1e-5; of errors the class counts.
    """
    if isinstance(wanted, dict) and isinstance(found, dict):
        if "error" in wanted and "error" in found:
            return _unequal(found["error"], wanted["error"], f"{where}: {found['message']}")
        if found.keys() != wanted.keys():
            return f"{where}: {found}, not {wanted}"
        pairs = [(found[key], wanted[key], f"{where}.{key}") for key in wanted]
    elif isinstance(wanted, list) and isinstance(found, list):
        if len(wanted) != len(found):
            return f"{where}: {found}, not {wanted}"
        pairs = [
            (f, w, f"{where}[{i}]") for i, (f, w) in enumerate(zip(found, wanted, strict=True))
        ]
    elif isinstance(wanted, float) and isinstance(found, float):
        close = math.isclose(found, wanted, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
        same = close or (math.isnan(found) and math.isnan(wanted))
        return "" if same else _unequal(found, wanted, where)
    else:
        return _unequal(found, wanted, where)
    return next((text for pair in pairs if (text := between(*pair))), "")


def _unequal(found: Any, wanted: Any, where: str) -> str:
    return (
        "" if found == wanted and type(found) is type(wanted) else f"{where}: {found}, not {wanted}"
    )
