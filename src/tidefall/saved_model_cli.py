"""`python -m tidefall.saved_model_cli`: looks at, runs and compiles saved models."""

from __future__ import annotations

from tidefall.base.command_line import run
from tidefall.tools.saved_model_cli.cli import main

if __name__ == "__main__":
    run(main)
