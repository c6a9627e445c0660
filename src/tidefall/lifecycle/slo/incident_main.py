"""The command `tidefall incident`."""

from __future__ import annotations

from tidefall.base.command_line import run
from tidefall.lifecycle.slo.cli import incident

if __name__ == "__main__":
    run(incident)
