"""`python -m tidefall.lifecycle.ui`: the command `tidefall ui`."""

from __future__ import annotations

from tidefall.base.command_line import run
from tidefall.lifecycle.ui.cli import main

if __name__ == "__main__":
    run(main)
