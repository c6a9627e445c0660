"""`python -m tidefall.lifecycle.pipelines`: the command `tidefall pipeline`."""

from __future__ import annotations

from tidefall.base.command_line import run
from tidefall.lifecycle.pipelines.cli import main

if __name__ == "__main__":
    run(main)
