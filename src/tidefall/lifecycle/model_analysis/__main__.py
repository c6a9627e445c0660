"""`python -m tidefall.lifecycle.model_analysis`: the command `tidefall evaluate`."""

from __future__ import annotations

from tidefall.base.command_line import run
from tidefall.lifecycle.model_analysis.cli import main

if __name__ == "__main__":
    run(main)
