"""What the commands of runs and models print: plain tables and times."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from tidefall.base.command_line import exit_status as exit_status


def table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return rows under their headings, in columns as wide as what they hold."""
    lines = [[str(cell) for cell in row] for row in [headings, *rows]]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def shown_time(milliseconds: int | None) -> str:
    """Return a time as people of UTC write it; "" for None."""
    if milliseconds is None:
        return ""
    when = datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.UTC)
    return f"{when:%Y-%m-%d %H:%M:%S}"
