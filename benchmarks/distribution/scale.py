"""`python -m benchmarks.distribution.scale`: what a synchronous step would take on many hosts.

An extrapolation from measured figures, not a measurement: the machine has too few cores for one.

The process group combines in two steps (`collectives/reduction.py`): each of `n` hosts sends a part
of `1 / n` of the gradients to every other host, and gives the combined part of its own back to all.
With `b` bytes of gradients, `w` bytes/s of a host's network, a latency of `l` and `m` seconds of
a core for each message, that takes

    2 * (l + (n - 1) * m + (n - 1) / n * b / w)

Assumed besides: the network has no bottleneck between hosts, hosts are equally fast, nothing of it
overlaps with the backward pass (so that these are upper bounds), and each host keeps its batch, so
that the work grows with the hosts.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import machine, results_of
from tidefall.base.command_line import run

PAGES = ("benchmarks", "distribution")
"""What `make bench` measured: of one process, and of several."""
HOSTS = (1, 2, 8, 64, 256, 1000)
BANDWIDTH = 25e9 / 8
"""Bytes/s of a host's network: 25 Gbit/s, what a rented machine with some cores has."""
LATENCY = 50e-6
"""Seconds of a message between two hosts of a zone."""


@dataclass(frozen=True)
class Model:
    """What trains: its step on one host and its gradients.

    Attributes:
        name: for the table.
        step: seconds of a step on one host.
        size: bytes of gradients.
    """

    name: str
    step: float
    size: float


def models(cases: dict) -> list[Model]:
    """The models of `keras_models.py` with steps as `make bench` measured them last."""

    def step(case: str) -> float:
        return min(mode["median"] for mode in cases[case]["tidefall"].values())

    return [
        Model("Transformer, 2 MB", step("keras_transformer_step"), 2.1e6),
        Model("CNN, 0.7 MB", step("keras_cnn_step"), 0.7e6),
        Model("EfficientNet-B0, 16 MB", step("keras_efficientnet_step"), 16.2e6),
    ]


def exchange(hosts: int, size: float, message: float) -> float:
    """Seconds that the gradients take.

    Args:
        hosts: how many there are.
        size: bytes of the gradients.
        message: seconds of a core for each message.
    """
    if hosts == 1:
        return 0.0
    others = hosts - 1
    return 2 * (LATENCY + others * message + others / hosts * size / BANDWIDTH)


def table(cases: dict) -> str:
    """The table in Markdown: milliseconds of a step, and the share of it that is computing."""
    # An all-reduce of 1 KB between two processes is one message either way.
    measured = cases["workers_reduce_1kb"]["tidefall"]
    message = min(mode["median"] for mode in measured.values()) / 2
    head = ["hosts", *(f"{count:,}" for count in HOSTS)]
    rows = [head, ["---"] * len(head)]
    for model in models(cases):
        row = [model.name]
        for count in HOSTS:
            total = model.step + exchange(count, model.size, message)
            row.append(f"{1e3 * total:.0f} ms, {model.step / total:.0%}")
        rows.append(row)
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.distribution.scale",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", nargs="?", type=Path, help="results of another kind of machine")
    folder = parser.parse_args().folder or results_of(machine())
    cases: dict = {}
    for page in PAGES:
        path = folder / f"{page}.json"
        if not path.exists():
            parser.error(f"{path} is missing: measure this machine with `make bench`")
        cases |= json.loads(path.read_text(encoding="utf-8"))["cases"]
    print(table(cases))
    return 0


if __name__ == "__main__":
    run(main)
