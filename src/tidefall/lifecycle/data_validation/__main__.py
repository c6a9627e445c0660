"""`python -m tidefall.lifecycle.data_validation`: the command `tidefall data`."""

from __future__ import annotations

from tidefall.base.command_line import run
from tidefall.lifecycle.data_validation.cli import main

if __name__ == "__main__":
    run(main)
