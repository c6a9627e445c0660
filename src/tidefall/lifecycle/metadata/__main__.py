"""`python -m tidefall.lifecycle.metadata` is `tidefall lineage`."""

from __future__ import annotations

from tidefall.base.command_line import run
from tidefall.lifecycle.metadata.cli import main

if __name__ == "__main__":
    run(main)
