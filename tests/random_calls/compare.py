"""Compares what Tidefall answers to random calls with what TensorFlow answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.oracle.recording import decode

Answer = dict[str, Any]
TOLERANCE = {
    "float16": 1e-2,
    "bfloat16": 6e-2,
    "float32": 2e-4,
    "float64": 1e-8,
    "complex64": 2e-4,
    "complex128": 1e-8,
}
"""Relative to the largest number of a result: other kernels round elsewhere."""


def differences(expected: Answer, got: Answer) -> Iterator[tuple[str, str]]:
    """Kinds of differences and what they are; nothing where both answer the same."""
    assert expected["call"] == got["call"], (
        f"call {expected['seed']} was {expected['call']} when it was recorded, now it is "
        f"{got['call']}: record the sample again"
    )
    if got["eager"].get("error") == "MissingNameError":
        yield "missing", got["eager"].get("message", "")
        return
    ways = ["eager", "graph", *(["grads"] if "grads" in expected else [])]
    for way in ways:
        if way == "grads" and "grads" not in got:
            continue  # the call itself differs, which is said already
        if way == "grads" and _all_empty(expected["eager"]):
            continue  # TensorFlow's gradients of empty results are often memory as it was found
        found = _outcome(expected[way], got[way])
        if found and not (way == "graph" and _same_at_another_stage(expected[way], got[way])):
            yield f"{way} {found[0]}", found[1]


def _same_at_another_stage(expected: Answer, got: Answer) -> bool:
    """Whether both refuse a call, one while tracing and the other when the graph runs."""
    return {expected.get("error"), got.get("error")} == {"ValueError", "InvalidArgumentError"}


def _all_empty(outcome: Answer) -> bool:
    return all(0 in t["shape"] for t in outcome.get("outputs", ()))


def _outcome(expected: Answer, got: Answer) -> tuple[str, str] | None:
    if "error" in expected and "error" in got:
        if expected["error"] == got["error"]:
            return None
        return "class", f"{got['error']}, not {expected['error']}"
    if "error" in expected:
        return "no error", f"{expected['error']}: {expected.get('message', '')}"
    if "error" in got:
        return "error", f"{got['error']}: {got.get('message', '')}"
    if _plain(expected.get("structure")) != _plain(got.get("structure")):
        return "structure", f"{got['structure']}, not {expected['structure']}"
    for i, (one, other) in enumerate(zip(expected["outputs"], got["outputs"], strict=True)):
        if (one is None) != (other is None):
            return "none", f"output {i} is {'None' if other is None else 'not None'}"
        found = one is not None and _tensor(one, other)
        if found:
            return found[0], f"output {i}: {found[1]}"
    statics = zip(expected.get("static", ()), got.get("static", ()), strict=False)
    for i, (one, other) in enumerate(statics):
        if _less_is_known(one, other):
            return "static", f"output {i} is inferred as {other}, not {one}"
    return None


def _plain(structure: Any) -> str:
    return re.sub(r"\b(?:ListWrapper|_DictWrapper)\b", "list", repr(structure))


def _less_is_known(expected: Any, got: Any) -> bool:
    if expected is None:
        return False
    if got is None or len(got) != len(expected):
        return True
    return any(e is not None and e != g for e, g in zip(expected, got, strict=True))


def _tensor(expected: Answer, got: Answer) -> tuple[str, str] | None:
    for key in ("dtype", "shape"):
        if expected.get(key) != got.get(key):
            return key, f"{key} {got.get(key)}, not {expected.get(key)}"
    if "data" not in expected or expected["data"] == got.get("data"):
        return None
    wanted, value = decode(expected), decode(got)
    tolerance = TOLERANCE.get(expected["dtype"])
    if tolerance is not None and _close(value, wanted, tolerance):
        return None
    return "value", f"{value.tolist()}, not {wanted.tolist()}"


def _close(value: np.ndarray, wanted: np.ndarray, tolerance: float) -> bool:
    wide = np.complex128 if value.dtype.kind == "c" else np.float64
    value, wanted = value.astype(wide), wanted.astype(wide)
    finite = np.abs(wanted[np.isfinite(wanted)])
    scale = max(float(finite.max(initial=0)), 1e-3)
    return np.allclose(value, wanted, tolerance, tolerance * scale, equal_nan=True)
