"""`python -m tidefall.lifecycle.track`: the command `tidefall runs`."""

from __future__ import annotations

from tidefall.base.command_line import run
from tidefall.lifecycle.track.cli import main

if __name__ == "__main__":
    run(main)
