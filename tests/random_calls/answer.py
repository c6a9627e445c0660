"""What an implementation of the API answers to random calls: run on TensorFlow and on Tidefall.

    python tests/random_calls/answer.py tensorflow --first 0 --count 1000 --out answers.jsonl

Every call is made eagerly, inside a `tf.function` that does not know the shapes, and with a tape
where floats go in. One line of JSON is appended for each. The calls run in a process of their own:
a call that kills it, or that takes a minute, is written down as such, and the next one begun.
"""

from __future__ import annotations

import argparse
import faulthandler
import importlib
import json
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.oracle.program import evaluate, feed, split
from tests.oracle.recording import encode
from tests.oracle.spec import Case
from tests.random_calls.generator import generate, text

Answer = dict[str, Any]
SECONDS = 60
TOO_LARGE = 5000
"""Elements: results beyond are compared by dtype and shape alone."""


def answer(tf: Any, seed: int, messages: bool = True) -> Answer:
    """Everything that one call gives.

    Returns:
        The call's text under "call", and under "eager", "graph" and "grads" either
        `{"error": class}` or the encoded results; "grads" only where there is something to
        differentiate and the call works.
    """
    case = generate(seed)
    given: Answer = {"seed": seed, "call": text(case)}
    given["eager"] = _attempt(lambda: _eager(tf, case), messages)
    given["graph"] = _attempt(lambda: _graph(tf, case, seed % 3 == 0), messages)
    eager = given["eager"]
    floating = any(
        t["dtype"].startswith(("float", "bfloat", "complex")) for t in eager.get("outputs", ())
    )
    if case.grad and floating:
        shapes = [t["shape"] for t in eager["outputs"]]
        given["grads"] = _attempt(lambda: _gradients(tf, case, shapes), messages)
    return given


def _attempt(run: Any, messages: bool) -> Answer:
    try:
        return run()
    except Exception as error:  # noqa: BLE001 - the class is the answer
        told: Answer = {"error": type(error).__name__}
        if messages:
            told["message"] = str(error)[:300]
        return told


def _eager(tf: Any, case: Case) -> Answer:
    result = evaluate(tf, case, feed(tf, case))
    return {"structure": result.structure, "outputs": [_encode(t) for t in result.outputs]}


def _gradients(tf: Any, case: Case, shapes: list[Any]) -> Answer:
    result = evaluate(tf, case, feed(tf, case), shapes)
    return {"outputs": [None if g is None else _encode(g) for g in result.grads]}


def _graph(tf: Any, case: Case, any_rank: bool) -> Answer:
    fed = feed(tf, case)
    paths, _ = split(case, fed)
    specs = [
        tf.TensorSpec(None if any_rank else [None] * fed[p].shape.rank, fed[p].dtype) for p in paths
    ]
    kept: dict[str, Any] = {}

    def traced(*tensors: Any) -> Any:
        result = evaluate(tf, case, dict(zip(paths, tensors, strict=True)))
        kept["result"] = result
        return result.outputs

    function = tf.function(traced, input_signature=specs, autograph=False)
    outputs = function(*[fed[p] for p in paths])
    result = kept["result"]
    static = [None if t.shape.rank is None else t.shape.as_list() for t in result.outputs]
    return {
        "structure": result.structure,
        "outputs": [_encode(t) for t in outputs],
        "static": static,
    }


def _encode(tensor: Any) -> Answer:
    dtype = tensor.dtype.name
    array = tensor.numpy()
    if dtype == "string":
        array = np.array(array, object)
    array = np.asarray(array)
    if array.size > TOO_LARGE:
        return {"dtype": dtype, "shape": list(array.shape)}
    return encode(array, dtype)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("module", help="tensorflow or tidefall")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--count", type=int, default=1000, help="how many calls")
    parser.add_argument("--out", type=Path, required=True, help="a file of JSON lines, appended to")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work(options.module, options.first, options.first + options.count, options.out)
    else:
        supervise(options.module, options.first, options.count, options.out)
    return 0


def work(module: str, first: int, end: int, out: Path) -> None:
    """Answer the calls of some seeds in this process."""
    warnings.simplefilter("ignore")
    tf = importlib.import_module(module)
    with out.open("a") as file:
        for seed in range(first, end):
            faulthandler.dump_traceback_later(SECONDS, exit=True)
            file.write(json.dumps(answer(tf, seed)) + "\n")
            file.flush()
            faulthandler.cancel_dump_traceback_later()


def supervise(module: str, first: int, count: int, out: Path) -> None:
    """Answer the calls of some seeds in another process, begun again when one kills it."""
    end = first + count
    done = first
    while done < end:
        command = [sys.executable, __file__, module, "--worker", "--out", str(out)]
        command += ["--first", str(done), "--count", str(end - done)]
        ended = subprocess.run(command, stderr=subprocess.PIPE, text=True, errors="replace")
        lines = out.read_text().splitlines() if out.exists() else []
        done = max([json.loads(line)["seed"] + 1 for line in lines] + [done])
        if done >= end:
            return
        kind = "Timeout" if "Timeout (" in ended.stderr else "Crash"
        if "Error: " in ended.stderr and ended.returncode == 1 and kind == "Crash":
            raise RuntimeError(f"{module} stopped at call {done}:\n{ended.stderr[-2000:]}")
        died = {"error": kind, "message": ended.stderr[-300:]}
        with out.open("a") as file:
            line = {"seed": done, "call": text(generate(done)), "eager": died, "graph": died}
            file.write(json.dumps(line) + "\n")
        done += 1


if __name__ == "__main__":
    sys.exit(main())
