"""`python -m tidefall.tools.pipeline`: the command `tidefall pipeline`."""

from __future__ import annotations

from tidefall.base.command_line import run
from tidefall.tools.pipeline.cli import main

if __name__ == "__main__":
    run(main)
