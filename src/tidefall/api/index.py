"""The index of the public surface: which module declares which op and exports which name.

`python -m tidefall.api.index` imports every module that may declare something and writes
`tidefall/_index.py`, from which names are then resolved lazily, and `op/raw.pyi`, the signatures
of the ops. A test fails when one of them is stale.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path

from tidefall.api.raw_stubs import raw_stubs
from tidefall.base.command_line import run
from tidefall.base.exports import export_modules
from tidefall.op.registry import registered_modules
from tidefall.op.table import op_names

PACKAGES = (
    "base", "tensor", "op", "composite", "ops", "graph", "autodiff", "runtime", "control_flow",
    "transforms", "function", "io", "library", "data", "saving", "summary", "distribute", "v1",
    "lite", "compat",
)  # fmt: skip
ROOT = Path(__file__).parents[1]
INDEX = ROOT / "_index.py"
STUBS = ROOT / "op" / "raw.pyi"


# Names stand in one text for each table, which is read much faster than a dict of thousands.
_HEAD = '''"""Written by `python -m tidefall.api.index`; do not edit.

A line has a module, and the public names it exports or the ops it declares.
"""


def _by_name(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.strip().splitlines():
        module, *names = line.split()
        found.update(dict.fromkeys(names, f"tidefall.{module}"))
    return found
'''


def modules() -> list[str]:
    """Every module that may declare ops or export names, in order of the layers."""
    found: list[str] = []
    for package in PACKAGES:
        if not (ROOT / package).is_dir():
            continue
        found.append(f"tidefall.{package}")
        for info in pkgutil.walk_packages([str(ROOT / package)], f"tidefall.{package}."):
            if not info.name.endswith("__main__"):
                found.append(info.name)
    return found


def build() -> dict[Path, str]:
    """The text of each generated file for the modules as they are now."""
    for module in modules():
        importlib.import_module(module)
    exports, known = export_modules(), set(op_names())
    # Ops of our own are called by whoever declares them, never by name.
    ops = {name: module for name, module in registered_modules().items() if name in known}
    tables = "\n\n".join(_table(*table) for table in (("EXPORTS", exports), ("OPS", ops)))
    return {INDEX: f"{_HEAD}\n\n{tables}\n", STUBS: raw_stubs(ops)}


def _table(title: str, modules: dict[str, str]) -> str:
    """The source of one table, from names to modules."""
    names: dict[str, list[str]] = {}
    for name in sorted(modules):
        names.setdefault(modules[name].removeprefix("tidefall."), []).append(name)
    lines = "\n".join(" ".join((module, *names[module])) for module in sorted(names))
    return f'{title}: dict[str, str] = _by_name("""\n{lines}\n""")'


def main() -> int:
    for target, text in build().items():
        if "--check" not in sys.argv:
            target.write_text(text)
        elif not target.exists() or target.read_text() != text:
            print(f"{target} is stale: run python -m tidefall.api.index", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    run(main)
