"""`python -m benchmarks.collectives`: best milliseconds of an all-reduce of two processes."""

import argparse
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

from tidefall.base.command_line import run

REPO = Path(__file__).resolve().parents[2]
PEERS = Path(os.environ.get("TIDEFALL_PEERS") or REPO / ".peers")
PYTHONS = {
    "tidefall": Path(sys.executable),
    "jax": PEERS / "jax" / "bin" / "python",
    "torch": PEERS / "torch" / "bin" / "python",
}


def addresses() -> list[str]:
    """Two free ports."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    found = [f"127.0.0.1:{each.getsockname()[1]}" for each in held]
    for each in held:
        each.close()
    return found


def measure(library: str) -> dict[str, float]:
    """Best seconds by number of bytes."""
    where = addresses()
    command = [str(PYTHONS[library]), "-m", "benchmarks.collectives.member", library]
    members = [
        subprocess.Popen(
            [*command, str(rank), *where],
            cwd=REPO,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for rank in range(2)
    ]
    try:
        return json.loads(members[0].communicate(timeout=300)[0].splitlines()[-1])
    finally:
        for member in members:
            member.kill()
            member.communicate()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.collectives", description=__doc__)
    parser.parse_args()
    for library, python in PYTHONS.items():
        if not python.exists():
            print(f"{library}: not installed")
            continue
        row = measure(library)
        print(f"{library:10}", *(f"{int(n):>11} B {1e3 * s:8.2f} ms" for n, s in row.items()))
    return 0


if __name__ == "__main__":
    run(main)
