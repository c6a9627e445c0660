# ruff: noqa: T201 - its output is what the test reads
"""Runs examples/resume_training.py undisturbed, and killed and taken up again.

    python resuming.py EXAMPLE FOLDER

Prints for each kind of loop the two digests of the weights.
"""

from __future__ import annotations

import builtins
import functools
import itertools
import os
import random
import runpy
import signal
import sys
from collections.abc import Iterator
from typing import Any

import tidefall as tf

assert tf.keras  # loaded once, for all the processes that are made from this one


def print_and_die(counter: Iterator[int], last: int | None, *values: object, **kwargs: Any) -> None:
    """Print, and be killed after a number of lines."""
    sys.stdout.write(" ".join(map(str, values)) + "\n")
    sys.stdout.flush()
    if next(counter) == last:
        os.kill(os.getpid(), signal.SIGKILL)


def run(example: str, arguments: list[str], kill_after: int | None) -> str:
    """Run the example in a process of its own, perhaps killed after so many steps.

    Returns:
        The last line that it printed.
    """
    reading, writing = os.pipe()
    process = os.fork()
    if not process:
        os.close(reading)
        os.dup2(writing, 1)
        builtins.print = functools.partial(print_and_die, itertools.count(1), kill_after)
        sys.argv = [example, *arguments]
        try:
            runpy.run_path(example, run_name="__main__")
            sys.stdout.flush()
        except BaseException:  # noqa: BLE001 - a child ends here
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    os.close(writing)
    with open(reading) as output:
        lines = output.read().splitlines()
    _, status = os.waitpid(process, 0)
    assert status == (signal.SIGKILL if kill_after else 0), status
    return lines[-1]


def main(example: str, folder: str) -> None:
    """Both kinds of loop."""
    chance = random.Random(11)
    for kind, steps in (([], range(6, 19)), (["--fit"], range(22, 38))):
        name = os.path.join(folder, "".join(kind))
        undisturbed = run(example, [f"{name}undisturbed", *kind], None)
        for _ in range(2):
            run(example, [f"{name}killed", *kind], chance.choice(steps))
        print(undisturbed, "/", run(example, [f"{name}killed", *kind], None))


if __name__ == "__main__":
    main(*sys.argv[1:])
