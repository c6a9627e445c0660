"""`python -m tidefall.tools.retrain`: the command `tidefall retrain`."""

from __future__ import annotations

from tidefall.base.command_line import run
from tidefall.tools.retrain.cli import main

if __name__ == "__main__":
    run(main)
