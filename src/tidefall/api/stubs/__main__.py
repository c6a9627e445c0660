"""`python -m tidefall.api.stubs`: write the stubs again; `--check`: say which are stale."""

from __future__ import annotations

import sys

from tidefall.api.stubs.writer import build, stale, write
from tidefall.base.command_line import run


def main() -> int:
    files = build()
    if "--check" not in sys.argv:
        write(files)
        return 0
    wrong = stale(files)
    if wrong:
        print(f"Stale: {', '.join(wrong)}. Run python -m tidefall.api.stubs", file=sys.stderr)
    return bool(wrong)


if __name__ == "__main__":
    run(main)
