"""`python -m tidefall.coverage`: how much of TensorFlow's public API there is."""

from __future__ import annotations

from tidefall.base.command_line import run
from tidefall.tools.coverage.cli import main

if __name__ == "__main__":
    run(main)
