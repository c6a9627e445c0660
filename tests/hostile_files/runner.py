"""Runs attempts in child processes with limits, and tells which of them are finds."""

from __future__ import annotations

import contextlib
import faulthandler
import hashlib
import json
import os
import random
import resource
import select
import shutil
import signal
import tempfile
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.hostile_files.attempt import Find, attempt, install_hook
from tests.hostile_files.spoil import spoil

MEMORY = 3 << 30
SECONDS = 30  # of processor time
PATIENCE = 180  # seconds on the clock: the machine may be busy


@dataclass
class Report:
    """What came of one spoiled copy of a seed."""

    seed: str
    number: int
    changes: list[str]
    find: str
    outcomes: list[str]

    def __str__(self) -> str:
        what = "\n    ".join(self.changes)
        return f"{self.seed} {self.number}\n    {what}\n  {self.find or self.outcomes}"


class Runner:
    """Spoils seeds and tries to use them.

    Args:
        seeds: a folder of seeds, from `seeds.make_all`.
        scratch: a folder to work in.
    """

    def __init__(self, seeds: Path, scratch: Path):
        self._seeds = seeds
        self._scratch = scratch
        _warm_up(seeds)

    def run(self, seed: str, number: int, keep: Path | None = None) -> Report:
        """Spoil a copy of a seed, and use it in a child process.

        Args:
            seed: name of the seed.
            number: decides what is changed.
            keep: where to put the spoiled copy in case of a find.
        """
        rng = random.Random(int.from_bytes(hashlib.sha256(f"{seed} {number}".encode()).digest()))
        with tempfile.TemporaryDirectory(dir=self._scratch) as temporary:
            folder = Path(temporary) / "files"
            shutil.copytree(self._seeds / seed, folder)
            changes = spoil(folder, rng)
            left = Path(temporary) / "temporary"
            left.mkdir()
            answer = _in_child(folder, left)
            if not answer["find"] and any(left.iterdir()):
                answer["find"] = f"left behind: {[p.name for p in left.iterdir()][:5]}"
            if answer["find"] and keep is not None:
                shutil.copytree(folder, keep / f"{seed}-{number}", dirs_exist_ok=True)
        return Report(seed, number, changes, answer["find"], answer["outcomes"])


def _warm_up(seeds: Path) -> None:
    """Import what children need: they are copies of this process."""
    os.environ.setdefault("TIDEFALL_TIER", "host")
    for name in ("files", "checkpoints", "v1_checkpoints"):
        with contextlib.suppress(Exception):
            attempt(seeds / name)


def _in_child(folder: Path, temporary: Path) -> dict[str, Any]:
    receiving, sending = os.pipe()
    errors = temporary.parent / "stderr"
    child = os.fork()
    if child == 0:
        os.close(receiving)
        _child(folder, temporary, sending, errors)
    os.close(sending)
    try:
        answer = _wait(child, receiving)
    finally:
        os.close(receiving)
    if answer is None:
        tail = errors.read_text(errors="replace")[-3000:] if errors.exists() else ""
        return {"find": f"the process died\n{tail}", "outcomes": []}
    return answer


def _child(folder: Path, temporary: Path, sending: int, errors: Path) -> None:
    """Never returns."""
    answer: dict[str, Any] = {"find": "", "outcomes": []}
    try:
        stderr = os.open(errors, os.O_WRONLY | os.O_CREAT)
        os.dup2(stderr, 2)
        os.dup2(stderr, 1)
        faulthandler.enable(file=2)
        tempfile.tempdir = os.environ["TMPDIR"] = str(temporary)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 5))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(signal.SIGXCPU, _too_slow)
        install_hook()
        answer["outcomes"] = attempt(folder)
    except Find as error:
        answer["find"] = str(error)
    except BaseException:  # noqa: BLE001 - whatever it is, it is told
        answer["find"] = traceback.format_exc()[-6000:]
    with open(sending, "wb") as pipe:
        pipe.write(json.dumps(answer).encode())
    os._exit(0)


def _too_slow(*_: Any) -> None:
    raise Find(f"took more than {SECONDS} seconds\n{''.join(traceback.format_stack()[-12:-1])}")


def _wait(child: int, pipe: int) -> dict[str, Any] | None:
    end = time.monotonic() + PATIENCE
    received = bytearray()
    while time.monotonic() < end:
        if not select.select([pipe], [], [], 1.0)[0]:
            continue
        part = os.read(pipe, 1 << 16)
        if not part:
            os.waitpid(child, 0)
            return json.loads(received) if received else None
        received += part
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return {"find": f"no answer after {PATIENCE} seconds", "outcomes": []}
