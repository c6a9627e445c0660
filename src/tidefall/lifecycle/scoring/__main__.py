"""`python -m tidefall.lifecycle.scoring`: the command `tidefall score`."""

from __future__ import annotations

from tidefall.base.command_line import run
from tidefall.lifecycle.scoring.cli import main

if __name__ == "__main__":
    run(main)
