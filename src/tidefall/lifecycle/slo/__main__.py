"""The command `tidefall slo`."""

from __future__ import annotations

from tidefall.base.command_line import run
from tidefall.lifecycle.slo.cli import main

if __name__ == "__main__":
    run(main)
