"""Process groups for tests: members that are threads, or processes that write what they see."""

import json
import queue
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

from tidefall.distribute.collectives.process_group import ProcessGroup

WORKER = """
import json, sys, time
import numpy as np
from tidefall.base.errors import OpError
from tidefall.distribute.collectives.process_group import ProcessGroup

def say(event, **more):
    print(json.dumps({"event": event, "time": time.time(), **more}), flush=True)

rank, size, addresses = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
# New members are let in every few seconds: who is lost is to be lost while the others reduce.
steps_between = 300_000_000 // max(size, 10_000)
try:
    group = ProcessGroup(addresses, rank, timeout=40)
    say("formed", members=group.members, generation=group.generation)
    step = 0
    while True:
        try:
            step, owner = group.newest(step)
            while True:
                value = np.full(size, group.index + 1.0, np.float32)
                total = group.all_reduce(value, out=value)
                assert (total == group.size * (group.size + 1) / 2).all()
                step += 1
                if step % steps_between == 0:
                    group.reform(40)
                    say("formed", members=group.members, generation=group.generation)
                    step, owner = group.newest(step)
        except OpError as error:
            say("error", kind=type(error).__name__, message=error.message)
            if "no member any more" in error.message:
                group.close()
                break
            group.reform(40)
            say("formed", members=group.members, generation=group.generation)
except BaseException as error:
    say("failed", message=repr(error))
    raise
"""


def addresses(count: int) -> list[str]:
    """Free ports of this host."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    found = [f"127.0.0.1:{each.getsockname()[1]}" for each in held]
    for each in held:
        each.close()
    return found


def run_members(count: int, member: Callable[[ProcessGroup], Any], **options: Any) -> list[Any]:
    """What a function returns, or raises, for each member; the members are threads."""
    where = addresses(count)
    results: list[Any] = [None] * count
    done = threading.Barrier(count)

    def run(rank: int) -> None:
        try:
            with ProcessGroup(where, rank, timeout=30, **options) as group:
                try:
                    results[rank] = member(group)
                finally:
                    done.wait(60)
        except Exception as error:  # noqa: BLE001 - looked at by the test
            results[rank] = error

    threads = [threading.Thread(target=run, args=(rank,), daemon=True) for rank in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
        assert not thread.is_alive()
    return results


class Worker:
    """A process that reduces without end, and what it tells.

    Args:
        where: the addresses of all.
        rank: which of them it is.
        size: elements of the arrays.
    """

    def __init__(self, where: list[str], rank: int, size: int):
        self.rank = rank
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(rank), str(size), *where],
            stdout=subprocess.PIPE,
            text=True,
        )
        self._events: queue.Queue[dict[str, Any]] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._events.put(json.loads(line))

    def wait(self, event: str, seconds: float = 30, **wanted: Any) -> dict[str, Any]:
        """The next event of that kind."""
        end = time.monotonic() + seconds
        while True:
            found = self._events.get(timeout=max(end - time.monotonic(), 0.001))
            assert found["event"] != "failed" or event == "failed", found
            if found["event"] == event and all(found[k] == v for k, v in wanted.items()):
                return found

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextmanager
def workers(count: int, size: int):
    """Processes that reduce together."""
    where = addresses(count)
    found = [Worker(where, rank, size) for rank in range(count)]
    try:
        yield where, found
    finally:
        for each in found:
            each.end()
