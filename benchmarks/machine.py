"""The machine that figures were measured on, and where its results are kept.

Each kind of machine (processor, instructions, cores) has a folder in `results`, and all are kept:
what is fast on one may be slow on another. `results.md` lists them.
"""

from __future__ import annotations

import datetime
import json
import platform
import re
from pathlib import Path
from typing import Any

from tidefall.native.library import status
from tidefall.native.processor import processor_name, usable_processors

FOLDER = Path(__file__).resolve().parent / "results"
INDEX = FOLDER.with_suffix(".md")
PAGES = {
    "benchmarks": "libraries beside each other",
    "ops": "single ops",
    "distribution": "several processes",
    "serving": "the model server",
    "lite": "TensorFlow Lite models",
    "tables": "statistics and transforms of tables",
}
COMMONEST = "AVX2"
"""The instructions of the processors that most people have; the README shows a picture of them,
where they were measured."""


def machine() -> dict[str, Any]:
    """What figures are measured on. Instructions are those of the kernels' loops."""
    return {
        "cpu": processor_name(),
        "instructions": status().vectors,
        "cores": usable_processors(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "date": datetime.date.today().isoformat(),
    }


def described(where: dict[str, Any]) -> str:
    """One line about a machine."""
    instructions = f" with {where['instructions']}" if where.get("instructions") else ""
    return (
        f"{where['date']}, {where['cpu']}{instructions}, {where['cores']} cores, "
        f"{where['system']}, Python {where['python']}."
    )


def results_of(where: dict[str, Any]) -> Path:
    """The folder of a kind of machine.

    >>> results_of({"cpu": "AMD EPYC", "instructions": "AVX2", "cores": 2}).name
    'amd-epyc-avx2-2-cores'
    """
    name = f"{where['cpu']} {where['instructions']} {where['cores']} cores"
    return FOLDER / re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def is_shown(where: dict[str, Any]) -> bool:
    """Whether the README's picture is of this machine: of the commonest kind, if there are any."""
    kinds = {path.parent.name for path in FOLDER.glob("*/benchmarks.json")}
    of_commonest = any(f"-{COMMONEST.lower()}-" in kind for kind in kinds)
    return where["instructions"] == COMMONEST or not of_commonest


def write_whole(path: Path, text: str) -> None:
    """Write a file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def write_index() -> None:
    """List the machines and their pages in `results.md`."""
    lines = [
        "# Results by machine\n",
        "What is fast on one kind of processor may not be on another: each has its tables.\n",
        "| machine | " + " | ".join(PAGES.values()) + " |",
        "| --- |" + " --- |" * len(PAGES),
    ]
    for folder in sorted(path for path in FOLDER.iterdir() if path.is_dir()):
        cells = [
            f"[{_date(folder / f'{page}.json')}](results/{folder.name}/{page}.md)"
            if (folder / f"{page}.md").exists()
            else "-"
            for page in PAGES
        ]
        lines.append(f"| {folder.name.replace('-', ' ')} | {' | '.join(cells)} |")
    write_whole(INDEX, "\n".join(lines) + "\n")


def _date(path: Path) -> str:
    """When a file's figures were measured."""
    where = json.loads(path.read_text(encoding="utf-8"))["machine"]
    return where["date"] if isinstance(where, dict) else "table"


if __name__ == "__main__":
    write_index()
