"""Records TensorFlow's public names and the signatures of what they stand for.

Run with genuine TensorFlow; writes api.json.gz in src/tidefall/coverage: for each dotted name its
kind, its parameters with their defaults as text, and for a class those of its public methods.
"""

from __future__ import annotations

import gzip
import inspect
import json
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

import tensorflow as tf

from tidefall.tools import coverage
from tidefall.tools.coverage.signatures import methods, parameters

OUTPUT = Path(coverage.__file__).with_name("api.json.gz")
LEFT_OUT = {
    *("keras", "raw_ops", "initializers", "losses", "metrics", "optimizers"),
    *("compat.v1", "compat.v2"),
}


def walk(module: ModuleType, prefix: str, found: dict[str, Any]) -> None:
    """Add the public names of a namespace and of the namespaces in it."""
    for name in sorted(dir(module)):
        path = prefix + name
        if name.startswith("_") or path in LEFT_OUT:
            continue
        value = getattr(module, name)
        if isinstance(value, ModuleType):
            if "/_api/v2/" in (getattr(value, "__file__", None) or ""):
                walk(value, f"{path}.", found)
        elif inspect.isclass(value):
            found[path] = {"kind": "class", "methods": methods(value)}
        elif callable(value) and not hasattr(value, "as_datatype_enum"):
            found[path] = {"kind": "function", "params": parameters(value)}
        else:
            found[path] = {"kind": "value"}


def main() -> int:
    found: dict[str, Any] = {}
    walk(tf, "", found)
    content = {"tensorflow": tf.__version__, "names": found}
    text = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    if not OUTPUT.exists() or gzip.decompress(OUTPUT.read_bytes()) != text:
        OUTPUT.write_bytes(gzip.compress(text, 9, mtime=0))
    print(f"{len(found)} public names in {OUTPUT.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
