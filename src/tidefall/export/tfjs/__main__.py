"""`python -m tidefall.export.tfjs`: the command `tidefall web`."""

from __future__ import annotations

from tidefall.base.command_line import run
from tidefall.export.tfjs.cli import main

if __name__ == "__main__":
    run(main)
