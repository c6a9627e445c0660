"""`python -m tidefall.lifecycle.release.rollback`: the command `tidefall rollback`."""

from __future__ import annotations

from tidefall.base.command_line import run
from tidefall.lifecycle.release.cli import rollback

if __name__ == "__main__":
    run(rollback)
