"""`python -m tidefall.lifecycle.release`: the command `tidefall release`."""

from __future__ import annotations

from tidefall.base.command_line import run
from tidefall.lifecycle.release.cli import main

if __name__ == "__main__":
    run(main)
