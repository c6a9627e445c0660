"""Replaying records on Tidefall and comparing with what TensorFlow gave."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

import tidefall as tf
from tests.oracle import recording
from tests.oracle.program import Path, Result, evaluate, feed, split
from tests.oracle.spec import Case
from tidefall.runtime.xla.compilable import blocking_ops

Recorded = dict[str, Any]
CHUNK = 40
"""Records compiled together: one compilation costs about as much as running 40 of them."""
MAX_ALIKE = 60
"""So many equal failures in a row are one failure."""

_TOLERANCE = {
    "float16": (4e-3, 2e-3),
    "bfloat16": (2e-2, 2e-2),
    "float32": (2e-5, 2e-6),
    "float64": (1e-10, 1e-12),
    "complex64": (2e-5, 2e-6),
    "complex128": (1e-10, 1e-12),
}


# ---- comparing ----


def compare(record: Case, stored: Recorded, result: Result) -> None:
    """Compare a whole result with the recorded one.

    Raises:
        AssertionError: naming the first output or gradient that differs.
    """
    structure = json.loads(json.dumps(result.structure))
    assert structure == stored["structure"], _difference(structure, stored["structure"])
    compare_tensors(record, "output", stored["outputs"], result.outputs)
    compare_tensors(record, "gradient", stored.get("grads", []), result.grads)
    compare_tensors(record, "second-order gradient", stored.get("grads2", []), result.grads2)


def _difference(ours: Any, theirs: Any, where: str = "") -> str:
    """Where two structures first differ, in words."""
    if isinstance(ours, dict) and isinstance(theirs, dict) and ours.keys() == theirs.keys():
        for key in ours:
            if ours[key] != theirs[key]:
                return _difference(ours[key], theirs[key], f"{where}.{key}")
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for i, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
            if mine != other:
                return _difference(mine, other, f"{where}[{i}]")
    place = f" at {where}" if where else ""
    return f"the result is {ours}{place}, TensorFlow's is {theirs}"


def compare_tensors(record: Case, what: str, stored: Sequence[Any], tensors: Sequence[Any]) -> None:
    """Compare tensors one by one: presence, dtype, shape, values."""
    assert len(tensors) == len(stored), f"{len(tensors)} {what}s, TensorFlow has {len(stored)}"
    for i, (expected, tensor) in enumerate(zip(stored, tensors, strict=True)):
        where = f"{what} {i}"
        if expected is None or tensor is None:
            assert expected is None, f"{where} is None, TensorFlow's is not"
            assert tensor is None, f"{where} is {tensor}, TensorFlow's is None"
            continue
        dtype = tensor.dtype.name
        assert dtype == expected["dtype"], f"{where} is {dtype}, TensorFlow's {expected['dtype']}"
        if "shape" not in expected:
            continue
        got = tensor.numpy()
        shape = list(np.shape(got)) if dtype == "string" else list(got.shape)
        assert shape == expected["shape"], (
            f"{where} has shape {shape}, TensorFlow's {expected['shape']}"
        )
        assert tensor.shape == shape, f"{where} has shape {shape} and says {tensor.shape}"
        if "data" in expected:
            _compare_values(record, where, got, recording.decode(expected), dtype)


def _compare_values(record: Case, where: str, got: Any, wanted: np.ndarray, dtype: str) -> None:
    if dtype == "string":
        assert np.array(got, object).tolist() == wanted.tolist(), where
        return
    got = np.asarray(got)
    assert got.dtype == wanted.dtype, f"{where} holds {got.dtype}, not {wanted.dtype}"
    rtol, atol = _TOLERANCE.get(dtype, (0, 0))
    rtol = rtol if record.rtol is None else record.rtol
    atol = atol if record.atol is None else record.atol
    if dtype not in _TOLERANCE:
        np.testing.assert_array_equal(got, wanted, err_msg=where)
        return
    if got.dtype.kind != "c":
        got, wanted = got.astype(np.float64), wanted.astype(np.float64)
    np.testing.assert_allclose(got, wanted, rtol, atol, err_msg=where)


def compare_shapes(record: Case, stored: Sequence[Any] | None, shapes: Sequence[Any]) -> None:
    """Compare inferred static shapes with those TensorFlow infers."""
    for i, (expected, shape) in enumerate(zip(stored or (), shapes, strict=True)):
        text = f"output {i} is inferred as {shape}, by TensorFlow as {expected}"
        assert shape.is_compatible_with(expected), text
        if record.shapes == "specific" and expected is not None:
            assert shape.rank is not None, text
            known = shape.as_list()
            assert all(
                k is not None for k, e in zip(known, expected, strict=True) if e is not None
            ), text


def output_shapes(stored: Recorded) -> list[Any]:
    """Shapes of the recorded outputs."""
    return [t.get("shape") for t in stored["outputs"]]


# ---- running ----


def run_eagerly(record: Case, stored: Recorded) -> tuple[Result, dict[Path, Any]]:
    """The result of an eager call, and the variables after it."""
    fed = feed(tf, record)
    result = evaluate(tf, record, fed)
    _, variables = split(record, fed)
    if record.grad:
        differentiated = evaluate(tf, record, feed(tf, record), output_shapes(stored))
        result.grads, result.grads2 = differentiated.grads, differentiated.grads2
    return result, variables


class Traced:
    """A record as a `tf.function` of its tensors.

    Attributes:
        function: returns the outputs and gradients that there are, flat.
        result: the last traced result, for its structure and static shapes.
    """

    def __init__(self, record: Case, stored: Recorded, relaxed: bool = False):
        self.record = record
        fed = feed(tf, record)
        paths, self.variables = split(record, fed)
        self._initial = {path: tf.convert_to_tensor(v) for path, v in self.variables.items()}
        self.tensors = [fed[p] for p in paths]
        self.result = Result(None, [], [], [])
        shapes = output_shapes(stored) if record.grad else None
        specs = [
            tf.TensorSpec([None] * t.shape.rank if relaxed else t.shape, t.dtype)
            for t in self.tensors
        ]

        def traced(*tensors: Any) -> Any:
            given = {**self.variables, **dict(zip(paths, tensors, strict=True))}
            self.result = evaluate(tf, record, given, shapes)
            return self.result.present()

        self.function = tf.function(traced, input_signature=specs, autograph=False)
        self.concrete = self.function.get_concrete_function()

    @property
    def shapes(self) -> list[Any]:
        """Inferred static shapes of the outputs."""
        return [t.shape for t in self.result.outputs]

    def reset(self) -> None:
        """Give the variables their initial values again."""
        for path, variable in self.variables.items():
            variable.assign(self._initial[path])

    def __call__(self) -> Result:
        self.reset()
        return self.result.refilled(self.function(*self.tensors))

    def variables_now(self) -> list[Any]:
        """Values of the variables."""
        return [tf.convert_to_tensor(v) for v in self.variables.values()]


@cache
def traced(family: str, ident: str, relaxed: bool) -> Traced:
    """The traced function of a record; traced once for all checks."""
    stored = recording.load(family)["cases"][ident]
    return Traced(recording.records(family)[ident], stored, relaxed)


def ops_of(family: str, ident: str, relaxed: bool) -> set[str]:
    """Types of the nodes in a record's graph, traced as it is or for any shape."""
    found: set[str] = set()

    def visit(graph: Any) -> None:
        for node in graph.nodes:
            found.add(node.type)
            for value in node.attrs.values():
                for item in value if isinstance(value, list) else [value]:
                    if hasattr(getattr(item, "graph", None), "nodes"):
                        visit(item.graph)

    stored = recording.load(family)["cases"].get(ident, {})
    if stored.get("relaxed" if relaxed else "static") is not None:
        visit(traced(family, ident, relaxed).concrete.graph)
    return found


class Compiled:
    """Compiles records by the dozen, and tells which of them failed and how.

    Args:
        wanted: family and id of every record that will be asked for.
    """

    def __init__(self, wanted: Sequence[tuple[str, str]]):
        self._chunks: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for family in {family for family, _ in wanted}:
            keys = [key for key in wanted if key[0] == family]
            for start in range(0, len(keys), CHUNK):
                chunk = keys[start : start + CHUNK]
                self._chunks.update(dict.fromkeys(chunk, chunk))
        self._outcomes: dict[tuple[str, str], tuple[Result, list[Any]] | Exception] = {}
        self._failures: Counter[Any] = Counter()

    def result(self, family: str, ident: str) -> tuple[Result, list[Any]]:
        """Result and variables of one record; raises what compiling or running it raised."""
        key = (family, ident)
        if key not in self._outcomes:
            ready = [k for k in self._chunks[key] if self._prepare(k)]
            self._run(ready)
        outcome = self._outcomes[key]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _prepare(self, key: tuple[str, str]) -> bool:
        try:
            blocked = sorted(
                {node.type for node in blocking_ops(traced(*key, False).concrete.graph)}
            )
        except Exception as error:  # noqa: BLE001 - kept for the test of that record
            self._outcomes[key] = error
            return False
        if blocked:
            self._outcomes[key] = NoLoweringError(", ".join(blocked))
        return not blocked

    def _run(self, keys: list[tuple[str, str]]) -> None:
        """Compile and run together; on failure, try each half, down to the culprits."""
        if not keys:
            return
        members = [traced(*key, False) for key in keys]
        try:
            results = _run_compiled(members)
        except Exception as error:  # noqa: BLE001 - kept for the test of that record
            if len(keys) == 1 or self._keeps_failing(error):
                self._outcomes.update(dict.fromkeys(keys, error))
                return
            half = len(keys) // 2
            self._run(keys[:half])
            self._run(keys[half:])
            return
        self._outcomes.update(zip(keys, results, strict=True))

    def _keeps_failing(self, error: Exception) -> bool:
        """True when so many records failed this way that the compiler itself must be broken."""
        self._failures[type(error), str(error)[:80]] += 1
        return self._failures[type(error), str(error)[:80]] > MAX_ALIKE


class NoLoweringError(Exception):
    """Some ops of a record have no XLA lowering; names them."""


def _run_compiled(members: Sequence[Traced]) -> list[tuple[Result, list[Any]]]:
    for member in members:
        member.reset()
    counts = [len(m.tensors) for m in members]

    def together(*tensors: Any) -> Any:
        flat = iter(tensors)
        outputs: list[Any] = []
        for member, count in zip(members, counts, strict=True):
            outputs.append(member.function(*[next(flat) for _ in range(count)]))
        return outputs

    function = tf.function(together, jit_compile=True, autograph=False)
    outputs = function(*[t for m in members for t in m.tensors])
    return [
        (m.result.refilled(out), m.variables_now()) for m, out in zip(members, outputs, strict=True)
    ]


# ---- known gaps ----


@cache
def gaps(section: str = "records") -> list[dict[str, Any]]:
    """Known gaps; `*` in a name stands for anything.

    Records: `{"family", "case", "checks", "reason"}`. Ops without records:
    `{"ops", "module", "reason"}`.
    """
    return json.loads((recording.ROOT / "gaps.json").read_text())[section]


def gap_reason(check: str, family: str, ident: str) -> str | None:
    """Why a check of a record is known to fail, or None."""
    for gap in gaps():
        if gap["family"] == family and check in gap["checks"] and matches(gap["case"], ident):
            return gap["reason"]
    return None


def matches(pattern: str, ident: str) -> bool:
    """Whether an id fits a pattern in which only `*` is special."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), ident) is not None
