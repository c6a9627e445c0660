"""`python -m tidefall.demo`: train, export, serve and query a digit classifier."""

from __future__ import annotations

from tidefall.base.command_line import run
from tidefall.tools.demo import main

if __name__ == "__main__":
    run(main)
