"""`python -m tidefall.lifecycle.monitoring`: the command `tidefall monitor`."""

from __future__ import annotations

from tidefall.base.command_line import run
from tidefall.lifecycle.monitoring.cli import main

if __name__ == "__main__":
    run(main)
