"""Record what TensorFlow makes of the programs of tests/function/autograph.

Run in the oracle's environment, from the root of the repository:

    python tests/oracle/record_autograph.py
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import tensorflow as tf

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "function" / "autograph"


def values(result: Any) -> Any:
    """A result as JSON has it: nested lists, dtypes beside them."""
    flat = [tf.convert_to_tensor(v) for v in tf.nest.flatten(result)]
    return [
        [t.dtype.name, t.numpy().tolist() if t.dtype != tf.string else str(t.numpy())] for t in flat
    ]


def outcome(function: Any, arguments: Any) -> Any:
    """The values of a call, or the class of its error."""
    try:
        return values(tf.function(function)(*[tf.constant(a) for a in arguments]))
    except Exception as error:  # noqa: BLE001 - any class is an answer
        return {"error": type(error).__name__}


def main() -> None:
    """Write recorded.json."""
    sys.path.insert(0, str(FOLDER))
    sys.modules["tidefall"] = tf
    programs = importlib.import_module("programs").PROGRAMS
    wrong = importlib.import_module("wrong_programs").WRONG
    recorded = {
        "programs": {n: [outcome(p.function, a) for a in p.arguments] for n, p in programs.items()},
        "wrong": {n: outcome(w.function, (w.argument,)) for n, w in wrong.items()},
    }
    path = FOLDER / "recorded.json"
    partial = path.with_suffix(".partial")
    lines = ["{"]
    for i, (group, entries) in enumerate(recorded.items()):
        lines.append(f'"{group}": {{')
        rows = [f"{json.dumps(k)}: {json.dumps(v)}" for k, v in entries.items()]
        lines.append(",\n".join(rows))
        lines.append("}" if i else "},")
    partial.write_text("\n".join([*lines, "}"]) + "\n")
    json.loads(partial.read_text())
    partial.replace(path)
    print(f"{path.relative_to(ROOT)}: {len(programs)} programs, {len(wrong)} wrong ones")


if __name__ == "__main__":
    main()
