"""Runs calls in child processes with limits of memory and time, and tells which are finds."""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import resource
import signal
import time
import traceback
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

MEMORY = 3 << 30
SECONDS = 20
"""Of a call: what takes longer grows with a number, not with what is given."""


class TooSlow(BaseException):
    """A call took more than its time."""


def _too_slow(*_: object) -> None:
    raise TooSlow


def attempt(name: str, seed: int) -> str:
    """Run one call, eagerly and as a node; returns what came of it, with FIND if it must not."""
    import tidefall as tf
    from tests.hostile_sizes.draw import Draw
    from tidefall.op.registry import find_op
    from tidefall.op.table import op_def

    drawn = Draw(op_def(name), seed).call()
    if drawn is None:
        return "no call"
    inputs, attrs = drawn
    outcome = _told(lambda: find_op(name)(*inputs, **attrs))
    if outcome.startswith("FIND"):
        return outcome
    with tf.Graph().as_default():
        made = _told(lambda: find_op(name)(*inputs, **attrs))
    return f"{made} in a graph" if made.startswith("FIND") else outcome


def _told(call: Callable[[], Any]) -> str:
    """What comes of a call."""
    import tidefall as tf

    accepted = (tf.errors.OpError, ValueError, TypeError, NotImplementedError)
    signal.alarm(SECONDS)
    try:
        call()
    except accepted as error:
        if isinstance(error, (UnicodeError, UnboundLocalError)):
            return f"FIND {_where(error)}"
        return type(error).__name__
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is told
        return f"FIND {_where(error)}"
    finally:
        signal.alarm(0)
    return "fine"


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if "/tidefall/" in f.filename]
    last = own[-1] if own else frames[-1]
    place = f"{last.filename.rpartition('/tidefall/')[2]}:{last.lineno}"
    return f"{type(error).__name__}: {str(error)[:150]} at {place}"


def in_child(calls: Sequence[tuple[str, int]], folder: Path) -> list[tuple[str, int, str]]:
    """Run calls in forks, a new one after each that dies; the outcome of each."""
    outcomes: list[tuple[str, int, str]] = []
    waiting = list(calls)
    folder = folder.resolve()
    while waiting:
        progress = folder / "progress"
        progress.write_text("")
        child = os.fork()
        if child == 0:
            _child(waiting, progress)
        died = _wait(child, progress)
        rows = [json.loads(line) for line in progress.read_text().splitlines()]
        done = [row for row in rows if len(row) == 3]
        outcomes += [(name, seed, outcome) for name, seed, outcome in done]
        waiting = waiting[len(done) :]
        if waiting:
            name, seed = waiting.pop(0)
            outcomes.append((name, seed, f"FIND the process {died or 'ended'}"))
    return outcomes


def _child(calls: Sequence[tuple[str, int]], progress: Path) -> None:
    """Never returns."""
    try:
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        faulthandler.disable()
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(signal.SIGALRM, _too_slow)
        warnings.simplefilter("ignore")
        os.chdir(progress.parent)  # some ops write files under the names that they are given
        with progress.open("a", buffering=1) as out:
            for name, seed in calls:
                out.write(json.dumps([name, seed]) + "\n")
                out.write(json.dumps([name, seed, attempt(name, seed)]) + "\n")
    finally:
        os._exit(0)


def _wait(child: int, progress: Path) -> str:
    """Wait for a child; "" if it ended by itself."""
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return f"died of signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else ""
        if time.time() - progress.stat().st_mtime > 3 * SECONDS:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return f"did not answer within {3 * SECONDS} seconds"
        time.sleep(0.02)


def names() -> list[str]:
    """The ops that have a kernel and can be called with numbers and texts alone."""
    from tests.hostile_sizes.draw import Draw
    from tidefall.op.registry import find_op, registered_names
    from tidefall.op.table import op_def, op_names

    known = set(op_names())
    found: list[str] = []
    for name in registered_names():
        if name not in known or name in LEFT_OUT:
            continue
        op: Any = find_op(name)
        if op.host is not None and Draw(op_def(name), 0).call() is not None:
            found.append(name)
    return found


LEFT_OUT = frozenset(
    {
        "Abort",  # ends the process: that is what it is for
        "PrintV2",
        "Print",
        "WriteFile",
        "ReadFile",
        "MatchingFiles",
    }
)
"""Ops that end the process, or reach outside of it."""
