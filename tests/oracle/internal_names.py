"""Which public object each name inside TensorFlow is, told by real TensorFlow itself.

    TIDEFALL_ORACLE/bin/python tests/oracle/internal_names.py

Packages import from `tensorflow.python.ops.array_ops` and its like what also has a public name.
The modules are imported and their members compared, by identity, with the public ones. The result,
`src/tidefall/compat/tensorflow/names.json`, maps a module (without `tensorflow.`) to namespaces of
the public API, and these to the names they answer, `inner=public` where the two differ.
`argument_orders.json` beside it has the order of the arguments of generated functions, where it is
not that of the op table.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import pkgutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

TABLE = Path(__file__).parents[2] / "src/tidefall/compat/tensorflow/names.json"
ORDERS = TABLE.with_name("argument_orders.json")
OPS = Path(__file__).parents[2] / "src/tidefall/op/op_table.json"
SKIPPED = ("_test", "benchmark", ".keras.", "tensorrt", ".tools.", ".lite.", "gen_", ".tfrt.")
"""Modules that no program imports for a public object (or, generated ones, by the table of ops)."""
PLAIN = (bool, int, float, str, bytes, tuple, list, dict, type(None))
"""Types whose objects may be one by chance."""


def public_objects(tf: ModuleType) -> dict[int, str]:
    """The path of every public object, by its identity; today's before that of version 1."""
    return _objects(tf.compat.v1, "compat.v1") | _objects(tf, "")


def _objects(root: ModuleType, prefix: str) -> dict[int, str]:
    found: dict[int, str] = {}
    waiting = [(root, prefix)]
    seen = set()
    while waiting:
        module, path = waiting.pop(0)
        for name in sorted(dir(module)):
            below = f"{path}.{name}" if path else name
            if name.startswith("_") or below in ("compat.v2", "compat.v1", "compat.v1.compat"):
                continue
            value = getattr(module, name, None)
            if isinstance(value, ModuleType):
                inside = getattr(value, "__name__", "") or ""
                if inside.startswith("tensorflow._api.") and id(value) not in seen:
                    seen.add(id(value))
                    waiting.append((value, below))
            elif not isinstance(value, PLAIN):
                found.setdefault(id(value), below)
    return found


def modules(tf: ModuleType) -> list[str]:
    """The names of the modules below `tensorflow.python`."""
    folder = str(Path(tf.__file__ or "").parent / "python")
    walked = pkgutil.walk_packages([folder], "tensorflow.python.", onerror=lambda name: None)
    return [found.name for found in walked if not any(part in found.name for part in SKIPPED)]


def public_name(value: Any, public: dict[int, str]) -> str:
    """The public path of an object of some inner module, or ""."""
    if isinstance(value, (ModuleType, *PLAIN)):
        return ""
    if id(value) in public:
        return public[id(value)]
    declared = getattr(value, "__dict__", {})
    for key, prefix in (("_tf_api_names", ""), ("_tf_api_names_v1", "compat.v1.")):
        names = [name for name in declared.get(key, ()) if not name.startswith(("_", "keras."))]
        if names and (callable(value)):
            return prefix + min(names, key=len)
    return ""


def argument_orders(tf: ModuleType) -> dict[str, str]:
    """The names of arguments, in order, of generated functions that the op table has in another."""
    known = json.loads(OPS.read_text(encoding="utf-8"))
    names = {name.lower(): name for name in known}
    found: dict[str, str] = {}
    folder = Path(tf.__file__ or "").parent / "python" / "ops"
    for file in sorted(folder.glob("gen_*_ops.py")):
        module = importlib.import_module(f"tensorflow.python.ops.{file.stem}")
        for name, value in sorted(vars(module).items()):
            op = names.get(name.replace("_", ""))
            if op is None or not inspect.isfunction(value) or name in known:
                continue
            parameters = list(inspect.signature(value).parameters)
            raw = list(inspect.signature(getattr(tf.raw_ops, op)).parameters)
            spec = known[op]
            attrs = spec.get("attrs", {})
            given = {part for _, kind in spec["in"] for part in kind.rstrip("&").split("*")}
            free = [key for key in attrs if key not in given]
            here = [key for key, _ in spec["in"]]
            here += [key for key in free if "default" not in attrs[key]]
            here += [key for key in free if "default" in attrs[key]] + ["name"]
            if parameters != here and set(parameters) == set(raw):
                found[op] = " ".join(parameters)
    return found


def main() -> None:
    """Write the tables."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    tf = importlib.import_module("tensorflow")
    public = public_objects(tf)
    table: dict[str, dict[str, str]] = {}
    for full in modules(tf):
        try:
            module = importlib.import_module(full)
        except Exception as error:  # noqa: BLE001 - some modules need what is not installed
            sys.stderr.write(f"{full}: {error}\n")
            continue
        spaces: dict[str, list[str]] = {}
        for name, value in sorted(vars(module).items()):
            path = "" if name.startswith("__") else public_name(value, public)
            if path and not path.startswith("raw_ops."):
                space, _, last = path.rpartition(".")
                spaces.setdefault(space, []).append(name if name == last else f"{name}={last}")
        for key, prefix in (("_tf_api_constants", ""), ("_tf_api_constants_v1", "compat.v1.")):
            declared = getattr(module, key, ())
            for paths, name in ((paths, name) for paths, name in declared if paths):
                space, _, last = (prefix + paths[0]).rpartition(".")
                spaces.setdefault(space, []).append(name if name == last else f"{name}={last}")
        if spaces:
            short = full.removeprefix("tensorflow.")
            table[short] = {space: " ".join(names) for space, names in sorted(spaces.items())}
    lines = [f"{json.dumps(short)}: {json.dumps(table[short])}" for short in sorted(table)]
    TABLE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    orders = argument_orders(tf)
    ORDERS.write_text(json.dumps(orders, indent=0, sort_keys=True) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(table)} modules, {TABLE.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
