"""`tidefall run script.py [args]`: run a script that imports tensorflow, on Tidefall."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

from tidefall.base.command_line import run
from tidefall.compat.tensorflow import enable

_USAGE = """usage: tidefall run (script.py | -m module) [args]

Run a program written for TensorFlow: what it imports as tensorflow is Tidefall. The program and all
that it imports stay as they are."""


def main() -> int:
    if len(sys.argv) < 2:
        print(_USAGE, file=sys.stderr)
        return 2
    if sys.argv[1] in ("-h", "--help"):
        print(_USAGE)
        return 0
    enable()
    if sys.argv[1] == "-m" and len(sys.argv) > 2:
        sys.argv = sys.argv[2:]
        sys.path.insert(0, "")
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
        return 0
    script = sys.argv[1]
    if not Path(script).is_file():
        print(f"No such script: {script}", file=sys.stderr)
        return 2
    sys.argv = sys.argv[1:]
    sys.path.insert(0, str(Path(script).resolve().parent))
    runpy.run_path(script, run_name="__main__")
    return 0


if __name__ == "__main__":
    run(main)
