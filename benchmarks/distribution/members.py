"""How a row's processes are started, and what the first of them answers."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parents[2]
LONGEST = 300
"""Seconds after which a row has failed."""


def addresses(count: int) -> list[str]:
    """Free ports of this machine."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    found = [f"127.0.0.1:{each.getsockname()[1]}" for each in held]
    for each in held:
        each.close()
    return found


def start(module: str, arguments: list[str], cluster: dict[str, list[str]], job: str, index: int):
    """A process of a cluster that runs a module of this package."""
    task = {"cluster": cluster, "task": {"type": job, "index": index}}
    environment = {**os.environ, "TF_CONFIG": json.dumps(task), "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=REPO,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def answer(processes: list[subprocess.Popen[str]], servers: int = 0) -> Any:
    """What the first process prints last, as JSON; the others are ended.

    Args:
        processes: those of a cluster.
        servers: how many of the last ones never end by themselves.
    """
    try:
        output, errors = processes[0].communicate(timeout=LONGEST)
        if processes[0].returncode:
            tail = errors.strip().splitlines()[-1:] or ["it says nothing"]
            raise RuntimeError(f"exit status {processes[0].returncode}: {tail[0]}")
        for each in processes[1 : len(processes) - servers]:
            each.communicate(timeout=LONGEST)
        return json.loads(output.splitlines()[-1])
    finally:
        for each in processes:
            each.kill()
            each.communicate()


def report(value: Any) -> None:
    """Print an answer."""
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def two_workers(module: str, arguments: list[str]) -> Any:
    """The answer of the first of two workers, and the time they were started at."""
    cluster = {"worker": addresses(2)}
    started = time.time()
    workers = [start(module, arguments, cluster, "worker", index) for index in range(2)]
    return answer(workers), started


def alone(module: str, arguments: list[str]) -> Any:
    """The answer of a process that is alone."""
    return answer([start(module, arguments, {"worker": addresses(1)}, "worker", 0)])


def coordinator(module: str, arguments: list[str]) -> Any:
    """The answer of the coordinator of two workers and a parameter server."""
    chief, first, second, server = addresses(4)
    cluster = {"chief": [chief], "worker": [first, second], "ps": [server]}
    tasks = [("chief", 0), ("worker", 0), ("worker", 1), ("ps", 0)]
    processes = [start(module, arguments, cluster, job, index) for job, index in tasks]
    return answer(processes, servers=3)
