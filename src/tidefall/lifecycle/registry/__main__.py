"""`python -m tidefall.lifecycle.registry`: the command `tidefall models`."""

from __future__ import annotations

from tidefall.base.command_line import run
from tidefall.lifecycle.registry.cli import main

if __name__ == "__main__":
    run(main)
