"""`python -m tidefall.doctor`: what this installation is made of, and what is wrong with it."""

from __future__ import annotations

from tidefall.base.command_line import run
from tidefall.tools.doctor.cli import main

if __name__ == "__main__":
    run(main)
