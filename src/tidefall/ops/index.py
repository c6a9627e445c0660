"""The index of the public surface: which module declares which op and exports which name.

`python -m tidefall.ops.index` imports every module that may declare something and writes
`tidefall/_index.py`, from which names are then resolved lazily. A test fails when it is stale.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path

from tidefall.core.command_line import run
from tidefall.core.exports import export_modules
from tidefall.core.op import registered_modules

PACKAGES = (
    "core", "ops", "autodiff", "graph", "runtime", "function", "io", "data", "saving", "summary",
    "distribute", "compat",
)  # fmt: skip
ROOT = Path(__file__).parents[1]
TARGET = ROOT / "_index.py"


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


def build() -> str:
    """The text of `_index.py` for the modules as they are now."""
    for module in modules():
        importlib.import_module(module)
    exports, ops = export_modules(), registered_modules()
    lines = ['"""Written by `python -m tidefall.ops.index`; do not edit."""', ""]
    for title, table in (("EXPORTS", exports), ("OPS", ops)):
        lines.append(f"{title}: dict[str, str] = {{")
        lines += [f'    "{name}": "{table[name]}",' for name in sorted(table)]
        lines.append("}")
    return "\n".join(lines) + "\n"


def main() -> int:
    text = build()
    if "--check" in sys.argv:
        if TARGET.read_text() != text:
            print(
                "src/tidefall/_index.py is stale: run python -m tidefall.ops.index", file=sys.stderr
            )
            return 1
        return 0
    TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    run(main)
