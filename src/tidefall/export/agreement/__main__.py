"""`tidefall agree`: one model in every runtime."""

from __future__ import annotations

from tidefall.base.command_line import run
from tidefall.export.agreement.cli import main

if __name__ == "__main__":
    run(main)
