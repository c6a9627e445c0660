"""Convert all models, run them by LiteRT, and print how far apart they are."""

from __future__ import annotations

import argparse
import json
import logging
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.lite.models import APPLICATIONS, MODELS
from tests.lite.round_trips.compare import compared
from tests.lite.round_trips.making import KINDS, make

REPO = Path(__file__).resolve().parents[3]
LITERT = Path(__file__).parent / "litert.py"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.lite.round_trips", description=__doc__)
    parser.add_argument("models", nargs="*", metavar="MODEL", help="of tests/lite/models.py; all")
    parser.add_argument("--kind", nargs="+", choices=KINDS, default=["float", "int8"])
    parser.add_argument("--verbose", action="store_true", help="one line for each model")
    flags = parser.parse_args(arguments)
    names = flags.models or [*MODELS, *APPLICATIONS]
    unknown = sorted(set(names) - set(MODELS) - set(APPLICATIONS))
    if unknown:
        parser.error(f"there is no model {', '.join(unknown)}")
    logging.getLogger("tidefall.lite").setLevel(logging.ERROR)
    wrong = 0
    for kind in flags.kind:
        with tempfile.TemporaryDirectory() as folder:
            found = round_trip(kind, names, Path(folder))
        for name, (apart, error) in found.items():
            if error or flags.verbose:
                print(f"  {kind:<8} {name:<24} {apart:>9.2g}  {error}")
        bad = sum(bool(error) for _, error in found.values())
        worst = max(apart for apart, _ in found.values())
        print(f"{kind}: {len(found) - bad} of {len(found)} models agree, largest {worst:.2g}")
        wrong += bad
    return int(wrong > 0)


def round_trip(kind: str, names: list[str], folder: Path) -> dict[str, tuple[float, str]]:
    """Convert models in one way and run them by LiteRT; differences and errors by name."""
    for name in names:
        make(name, kind, folder)
    python = Path(os.environ.get("TIDEFALL_ORACLE") or REPO / ".oracle") / "bin" / "python"
    kernels = {"int8": "reference", "int16": "reference", "dynamic": "both"}.get(kind, "fast")
    done = subprocess.run(
        [python, LITERT, folder, json.dumps(names), kernels], capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"LiteRT ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return compared(kind, names, folder)


if __name__ == "__main__":
    sys.exit(main())
