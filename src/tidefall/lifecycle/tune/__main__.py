"""`python -m tidefall.lifecycle.tune`: the command `tidefall tune`."""

from __future__ import annotations

from tidefall.base.command_line import run
from tidefall.lifecycle.tune.cli import main

if __name__ == "__main__":
    run(main)
