"""`diff` of a SavedModel and a TensorFlow Lite model: signatures, and what comes out of both."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tidefall.lite.interpreter.engine import Engine
from tidefall.lite.interpreter.files import read_content
from tidefall.lite.interpreter.signature_runner import SignatureRunner
from tidefall.tools.saved_model_cli.summary import summarize

_TOLERANCE = 1e-5
"""Of floats, of the greatest output; of quantized outputs it is one quantum more."""

Arrays = Mapping[str, np.ndarray]
Parts = dict[str, dict[str, str]]
"""By signature: what each `input NAME` and `output NAME` is, as `float32[-1, 3]`."""


def is_lite(path: str) -> bool:
    """Whether a path is that of a `.tflite` file."""
    return path.endswith(".tflite") and not os.path.isdir(path)


class _Lite:
    """A `.tflite` file, whose quantized inputs and outputs are taken and given as floats."""

    def __init__(self, path: str):
        self.size = os.path.getsize(path)
        self._engine = Engine(*read_content(path, None))
        self.quanta: dict[str, dict[str, float]] = {}
        self.parts: Parts = {key: self._described(key) for key in self._engine.signatures}

    def _details(self, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
        runner = SignatureRunner(self._engine, key)
        for kind, details in (
            ("input", runner.get_input_details()),
            ("output", runner.get_output_details()),
        ):
            yield from ((f"{kind} {name}", each) for name, each in details.items())

    def _described(self, key: str) -> dict[str, str]:
        found = {}
        quanta = self.quanta.setdefault(key, {})
        subgraph = self._engine.signatures[key]["subgraph"]
        for part, detail in self._details(key):
            kind = self._engine.info(subgraph, detail["index"]).type.name.lower()
            if detail["quantization"][0]:
                quanta[part] = detail["quantization"][0]
            found[part] = f"{kind}{detail['shape_signature'].tolist()}"
        return found

    def run(self, key: str, inputs: Arrays) -> dict[str, np.ndarray]:
        details = dict(self._details(key))
        given = {
            name: _quantized(value, details[f"input {name}"]) for name, value in inputs.items()
        }
        found = SignatureRunner(self._engine, key)(**given)
        return {name: _real(value, details[f"output {name}"]) for name, value in found.items()}


class _Saved:
    """A SavedModel."""

    def __init__(self, folder: str, tags: str | None):
        import tidefall as tf

        summary = summarize(folder, tags)
        self.size = sum(summary.sizes.values())
        self.quanta: dict[str, dict[str, float]] = {}
        self.parts: Parts = {
            key: {part: _named(text) for part, text in parts.items() if part != "method"}
            for key, parts in summary.signatures.items()
            if not key.startswith("__")
        }
        self._tf = tf
        self._functions = tf.saved_model.load(folder).signatures

    def run(self, key: str, inputs: Arrays) -> dict[str, np.ndarray]:
        tensors = {name: self._tf.constant(value) for name, value in inputs.items()}
        return {name: each.numpy() for name, each in self._functions[key](**tensors).items()}


_NAMES = {"float": "float32", "double": "float64", "half": "float16"}
"""Types that SavedModels call otherwise."""


def _named(text: str) -> str:
    kind, sign, shape = text.partition("[")
    return _NAMES.get(kind, kind) + sign + shape


def _quantized(value: np.ndarray, detail: Mapping[str, Any]) -> np.ndarray:
    scale, zero_point = detail["quantization"]
    dtype = np.dtype(detail["dtype"])
    if not scale or value.dtype.kind != "f" or dtype.kind == "f":
        return value
    bounds = np.iinfo(dtype)
    return np.clip(np.rint(value / scale) + zero_point, bounds.min, bounds.max).astype(dtype)


def _real(value: np.ndarray, detail: Mapping[str, Any]) -> np.ndarray:
    scale, zero_point = detail["quantization"]
    if not scale or value.dtype.kind not in "iu":
        return value
    return ((value.astype(np.float64) - zero_point) * scale).astype(np.float32)


def compare_with_lite(a: str, b: str, tags: str | None = None) -> Iterator[dict[str, Any]]:
    """The differences between two models of which at least one is a `.tflite` file.

    Signatures are compared, and what they give for random inputs: of quantized models what their
    numbers stand for.

    Args:
        a: a directory or a `.tflite` file.
        b: another.
        tags: the tags of the graph of a SavedModel.
    """
    first, second = (_Lite(path) if is_lite(path) else _Saved(path, tags) for path in (a, b))
    for key in sorted({*first.parts, *second.parts}):
        one, two = first.parts.get(key), second.parts.get(key)
        if one is None or two is None:
            side, there = ("a", one) if two is None else ("b", two)
            change = "removed" if two is None else "added"
            yield {"part": "signature", "name": key, "change": change, side: there}
            continue
        if one != two:
            yield {"part": "signature", "name": key, "change": "changed", "a": one, "b": two}
        if one.keys() == two.keys():
            yield from _outputs(first, second, key)
    yield {"part": "size", "name": "model", "change": "changed", "a": first.size, "b": second.size}


def _outputs(first: Any, second: Any, key: str) -> Iterator[dict[str, Any]]:
    inputs = _inputs(first.parts[key], second.parts[key])
    if inputs is None:
        return
    one, two = first.run(key, inputs), second.run(key, inputs)
    quanta = {**first.quanta.get(key, {}), **second.quanta.get(key, {})}
    for name in sorted(one):
        before, after = one[name], two[name]
        found: dict[str, Any] = {"part": "output", "name": f"{key} {name}", "change": "value"}
        found["a"] = f"{before.dtype.name}{list(before.shape)}"
        if before.shape != after.shape or before.dtype == object:
            if before.shape != after.shape or not np.array_equal(before, after):
                yield {**found, "count": max(before.size, after.size)}
            continue
        gaps = np.abs(before.astype(np.float64) - after.astype(np.float64))
        limit = _TOLERANCE * max(1.0, float(np.abs(before).max(initial=0)))
        limit += 1.01 * quanta.get(f"output {name}", 0.0)
        count = int(np.count_nonzero(gaps > limit))
        if count:
            yield {**found, "count": count, "max_abs_difference": float(gaps.max())}


def _inputs(one: Mapping[str, str], two: Mapping[str, str]) -> dict[str, np.ndarray] | None:
    """Random inputs that both sides take; None where one takes strings or has no rank."""
    draw = np.random.default_rng(0)
    found = {}
    for part, text in one.items():
        if not part.startswith("input "):
            continue
        kind, _, sides = text.partition("[")
        other = two[part].partition("[")[0]
        if "..." in sides or "string" in (kind, other):
            return None
        sizes = [int(each) for each in sides.rstrip("]").split(",") if each.strip()]
        shape = [2 if size == -1 else size for size in sizes]
        if "float32" in (kind, other):
            value = draw.normal(size=shape).astype(np.float32)
        elif kind == "bool":
            value = draw.random(shape) < 0.5
        else:
            value = draw.integers(0, 4, shape).astype(kind)
        found[part.removeprefix("input ")] = value
    return found
