"""How every program of this package starts and ends."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable
from typing import NoReturn

from tidefall.base.errors import OpError

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


def exit_status(
    command: str,
    work: Callable[[], int],
    failed: int = 1,
    expected: tuple[type[Exception], ...] = (OpError, OSError),
) -> int:
    """Return a command's exit status; an error is told in one line.

    Args:
        command: its name, as in `tidefall NAME`.
        work: does it; returns the exit status.
        failed: the status where it could not be done.
        expected: errors of what it was given; others are this program's own.
    """
    try:
        return work()
    except BrokenPipeError:
        raise  # Nobody reads the output any more: `run` says so.
    except expected as error:
        message = error.message if isinstance(error, OpError) else str(error)
        sys.stderr.write(f"tidefall {command}: {message}\n")
        return failed


def _output_is_gone() -> bool:
    if not hasattr(select, "poll"):
        return True
    pipe = select.poll()
    pipe.register(sys.stdout, 0)
    return any(event & select.POLLERR for _, event in pipe.poll(0))
