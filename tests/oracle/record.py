"""Runs the op records on real TensorFlow and stores what comes out.

    python tests/oracle/record.py [--output folder] [--sample n] [family ...]

Without families, all are recorded. Runs in the environment that `make oracle` makes. With
--output, the recordings go to another folder and everything else stays as it is; with --sample,
which needs it, one record in n is made, always the same ones.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # plain kernels: the same bits on every CPU
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import tensorflow as tf
from tensorflow.python.framework import kernels, op_def_registry, ops

from tests.oracle import record_api, recording
from tests.oracle.program import Result, evaluate, feed, split
from tests.oracle.spec import Case

COMPILED_TOGETHER = 40
tf.get_logger().setLevel("ERROR")
_has_xla: dict[str, bool] = {}


def record_case(record: Case) -> dict[str, Any]:
    """What TensorFlow makes of one record."""
    return _record_error(record) if record.raises else _record_values(record)


def _record_values(record: Case) -> dict[str, Any]:
    fed = feed(tf, record)
    result = evaluate(tf, record, fed)
    _, variables = split(record, fed)
    stored: dict[str, Any] = {
        "structure": result.structure,
        "outputs": [_tensor(t, record) for t in result.outputs],
    }
    if variables:
        stored["variables"] = [_tensor(tf.convert_to_tensor(v), record) for v in variables.values()]
    if record.grad:
        shapes = [t.shape.as_list() for t in result.outputs]
        result = evaluate(tf, record, feed(tf, record), shapes)
        stored["grads"] = [_gradient(g, record) for g in result.grads]
        if record.grad2:
            stored["grads2"] = [_gradient(g, record) for g in result.grads2]
        if all(g is None for g in result.grads):
            raise ValueError("All gradients are None: remove grad=.")
    stored.update(_trace(record, [t.shape for t in result.outputs]))
    return stored


def _tensor(tensor: Any, record: Case) -> dict[str, Any]:
    name = tensor.dtype.name
    if record.compare == "shapes":
        return {"dtype": name, "shape": tensor.shape.as_list()}
    opaque = name in recording.OPAQUE
    return recording.encode(None if opaque else np.asarray(tensor.numpy()), name)


def _gradient(gradient: Any, record: Case) -> dict[str, Any] | None:
    return None if gradient is None else _tensor(gradient, record)


def _trace(record: Case, shapes: list[Any]) -> dict[str, Any]:
    """Static shapes, the ops in the graph, and whether TensorFlow could compile it."""
    found: dict[str, Any] = {}
    for key, relaxed in (("static", False), ("relaxed", True)):
        try:
            outputs, graph = _trace_once(record, relaxed)
        except Exception:  # noqa: BLE001 - some calls need static shapes; that is a fact as well
            found[key] = None
            continue
        if not all(t.shape.is_compatible_with(s) for t, s in zip(outputs, shapes, strict=True)):
            found[key] = None  # TensorFlow's own rule is wrong
            continue
        found[key] = [None if t.shape.rank is None else t.shape.as_list() for t in outputs]
        if not relaxed:
            types = sorted({node.type for node in _nodes(graph)} - {"Placeholder", "Const", "NoOp"})
            found["ops"] = types
            found["xla"] = all(_compiles(name) for name in types) and not any(
                t.dtype == tf.string for t in (*graph.inputs, *outputs)
            )
    return found


def _trace_once(record: Case, relaxed: bool) -> tuple[list[Any], Any]:
    fed = feed(tf, record)
    paths, variables = split(record, fed)
    outputs: list[Any] = []

    def traced(*tensors: Any) -> Any:
        result: Result = evaluate(
            tf, record, {**variables, **dict(zip(paths, tensors, strict=True))}
        )
        outputs.extend(result.outputs)
        return result.outputs

    specs = [
        tf.TensorSpec([None] * fed[p].shape.rank if relaxed else fed[p].shape, fed[p].dtype)
        for p in paths
    ]
    concrete = tf.function(traced, autograph=False).get_concrete_function(*specs)
    return outputs, concrete.graph


def _nodes(graph: Any) -> Any:
    yield from graph.get_operations()
    for name in {f.name for f in graph._functions.values()}:
        function = graph._get_function(name)
        if hasattr(function, "graph"):  # functions of the old kind, Defun, do not show theirs
            yield from function.graph.get_operations()


def _compiles(name: str) -> bool:
    if name not in _has_xla:
        if name in ("PartitionedCall", "StatefulPartitionedCall", "VarHandleOp"):
            _has_xla[name] = True
        else:
            registered = kernels.get_registered_kernels_for_op(name).kernel
            _has_xla[name] = any(k.device_type == "XLA_CPU_JIT" for k in registered)
    return _has_xla[name]


def find_compilable(records: list[Case], stored: dict[str, Any]) -> None:
    """Correct the "xla" facts of records: compile them, together while that works."""
    if not records:
        return
    if _compiles_together(records, stored):
        return
    if len(records) == 1:
        stored[records[0].id]["xla"] = False
        return
    half = len(records) // 2
    find_compilable(records[:half], stored)
    find_compilable(records[half:], stored)


def _compiles_together(records: list[Case], stored: dict[str, Any]) -> bool:
    calls: list[tuple[Case, Any, Any, Any]] = []
    tensors: list[Any] = []
    for record in records:
        fed = feed(tf, record)
        paths, variables = split(record, fed)
        shapes = [t.get("shape") for t in stored[record.id]["outputs"]] if record.grad else None
        calls.append((record, paths, variables, shapes))
        tensors += [fed[p] for p in paths]

    def together(*arguments: Any) -> Any:
        flat = iter(arguments)
        outputs = []
        for record, paths, variables, shapes in calls:
            fed = {**variables, **{p: next(flat) for p in paths}}
            outputs.append(evaluate(tf, record, fed, shapes).present())
        return outputs

    try:
        tf.function(together, jit_compile=True, autograph=False)(*tensors)
    except Exception:  # noqa: BLE001 - that it fails is the fact looked for
        return False
    return True


def _record_error(record: Case) -> dict[str, Any]:
    stored: dict[str, Any] = {}
    try:
        evaluate(tf, record, feed(tf, record))
    except Exception as error:  # noqa: BLE001 - the class is what is recorded
        stored["error"] = type(error).__name__
    else:
        raise ValueError("TensorFlow raises no error here.")
    if record.error is not None and stored["error"] != record.error:
        raise ValueError(f"TensorFlow raises {stored['error']}, not {record.error}.")
    try:
        fed = feed(tf, record)
        paths, variables = split(record, fed)

        def traced(*tensors: Any) -> Any:
            return evaluate(
                tf, record, {**variables, **dict(zip(paths, tensors, strict=True))}
            ).outputs

        tf.function(traced, autograph=False)(*[fed[p] for p in paths])
    except Exception as error:  # noqa: BLE001
        stored["graph_error"] = type(error).__name__
    else:
        stored["graph_error"] = None
    return stored


def record_family(family: str, folder: Path | None = None, sample: int = 1) -> list[str]:
    """Record one family; returns the complaints about records that could not be recorded."""
    start = time.perf_counter()
    problems: list[str] = []
    stored: dict[str, Any] = {}
    chosen = {i: r for i, r in recording.records(family).items() if recording.in_sample(i, sample)}
    for ident, record in chosen.items():
        try:
            stored[ident] = record_case(record)
        except Exception as error:  # noqa: BLE001 - reported together at the end
            problems.append(f"{family}: {ident}\n    {type(error).__name__}: {error}")
            if os.environ.get("TRACEBACK"):
                traceback.print_exc()
    compilable = [
        r for i, r in chosen.items() if "xla" in r.executors and stored.get(i, {}).get("xla")
    ]
    for at in range(0, len(compilable), COMPILED_TOGETHER):
        find_compilable(compilable[at : at + COMPILED_TOGETHER], stored)
    changed = recording.save(family, {"tensorflow": tf.__version__, "cases": stored}, folder)
    print(
        f"{family}: {len(stored)} recorded in {time.perf_counter() - start:.1f} s, "
        + ("written" if changed else "unchanged")
    )
    return problems


def register_xla_kernels() -> None:
    """Compile something: only then does TensorFlow register its XLA kernels."""
    tf.function(lambda x: x + x, jit_compile=True)(1.0)


def record_op_facts() -> None:
    """Which of TensorFlow's ops have a gradient, are declared to have none, have an XLA kernel."""
    registry = ops.gradient_registry
    names = sorted(name for name in registry.list() if name in raw_op_names())
    has = {name: _gives_gradient(name, registry.lookup(name)) for name in names}
    facts = {
        "tensorflow": tf.__version__,
        "differentiable": [name for name in names if has[name]],
        "not_differentiable": [name for name in names if not has[name]],
        "xla": [name for name in raw_op_names() if _compiles(name)],
    }
    text = "{\n" + ",\n".join(f'"{k}": {json.dumps(v)}' for k, v in facts.items()) + "\n}\n"
    path = recording.ROOT / "op_facts.json"
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def _gives_gradient(name: str, function: Any) -> bool:
    """False for ops declared not differentiable, and for functions that always return None."""
    if function is None:
        return False
    try:
        given = function(None, *[object() for _ in op_def_registry.get(name).output_arg])
    except Exception:  # noqa: BLE001 - it looked at the op, so it computes something
        return True
    return any(g is not None for g in (given if isinstance(given, (list, tuple)) else [given]))


def raw_op_names() -> list[str]:
    """Names of the public ops, which `tf.raw_ops` lists."""
    return sorted(name for name in dir(tf.raw_ops) if not name.startswith("_"))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Record what TensorFlow makes of the op records.")
    parser.add_argument("--output", type=Path, help="folder for the recordings")
    parser.add_argument("--sample", type=int, default=1, metavar="N", help="one record in N")
    parser.add_argument("families", nargs="*", metavar="family")
    options = parser.parse_args(arguments)
    if options.sample > 1 and options.output is None:
        parser.error("--sample needs --output: the committed recordings are whole.")
    known = recording.families()
    unknown = [name for name in options.families if name not in known]
    if unknown:
        print(f"There is no tests/oracle/cases/{unknown[0]}.py; there are {', '.join(known)}.")
        return 2
    register_xla_kernels()
    if options.output is None:
        record_op_facts()
        if not options.families:
            record_api.main()
    problems = [
        problem
        for family in options.families or known
        for problem in record_family(family, options.output, options.sample)
    ]
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
