"""How every program of this package starts and ends."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable
from typing import NoReturn

OUTPUT_GONE = 141
"""Exit status of a program whose output nobody reads any more: that of SIGPIPE in a shell."""


def run(main: Callable[[], int | None]) -> NoReturn:
    """Run a program and exit with its status, without a word if the reader of its output has gone.

    `python -m tidefall.doctor | head -1` closes the pipe after a line. What is left then meets a
    BrokenPipeError in `main`, or in the interpreter when that flushes its buffers at the end.

    Args:
        main: does the work; returns the exit status, None for 0.
    """
    try:
        try:
            status = main()
        except SystemExit as end:  # argparse's, after --help
            status = end.code
        sys.stdout.flush()
    except BrokenPipeError:
        if not _output_is_gone():
            raise  # a socket's
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = OUTPUT_GONE
    sys.exit(status)


def _output_is_gone() -> bool:
    if not hasattr(select, "poll"):
        return True
    pipe = select.poll()
    pipe.register(sys.stdout, 0)
    return any(event & select.POLLERR for _, event in pipe.poll(0))
