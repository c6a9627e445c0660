"""What tools take for a table, each in a process of its own: seconds, processor, memory.

`data_validation.py`, `transform.py` and `model_analysis.py` measure with this. What they write is
one page for each machine, with a section for each measurement.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

PAGE = "tables"
_TITLES = ["tool", "seconds", "of these", "CPU s", "", "peak MiB"]


def tell(run: Callable[[], dict[str, float]]) -> None:
    """Run a tool in this process; print what it took as JSON."""
    import resource

    start = time.perf_counter()
    found = run()
    seconds = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_SELF)
    found |= {"seconds": seconds, "cpu": used.ru_utime + used.ru_stime}
    print(json.dumps(found | {"peak_mib": used.ru_maxrss >> 10}))


def has(python: str, module: str) -> bool:
    """Whether a peer is installed for a Python; "" is always there."""
    command = [python, "-c", f"import {module}"]
    return not module or not subprocess.run(command, capture_output=True, check=False).returncode


class Section:
    """One measurement: the tools beside each other.

    Args:
        title: what is measured.
        unit: of the rate.
        amount: how many of them there are.
    """

    def __init__(self, title: str, unit: str, amount: float):
        self._title, self._unit, self._amount = title, unit, amount
        self._found: dict[str, dict[str, Any]] = {}
        print(title)
        print(f"{'tool':<20}{'seconds':>9}{'of these':>10}{'CPU s':>8}{unit:>14}{'peak MiB':>10}")

    def measure_chosen(
        self,
        tools: Mapping[str, tuple[Any, str]],
        flags: argparse.Namespace,
        command: Callable[[str], list[str]],
    ) -> None:
        """Run the tools that are installed and asked for; keep the figures if that is asked for.

        Args:
            tools: by name what runs in the process, and the peer's module; "" for Tidefall itself.
            flags: `tool`, `peers`, `seconds` and `write`.
            command: the arguments of Python that run a tool.
        """
        for name, (_, module) in tools.items():
            python = flags.peers if module else sys.executable
            if (not flags.tool or name in flags.tool) and has(python, module):
                self.measure(name, [python, *command(name)], flags.seconds)
        if flags.write:
            self.write()

    def measure(self, name: str, command: list[str], seconds: float) -> None:
        """Run a tool, and print what it took; what it printed last says so."""
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=seconds
            )
        except subprocess.TimeoutExpired:
            self._found[name] = {"failed": f"not done after {seconds:.0f} s"}
            print(f"{name:<20}not done after {seconds:.0f} s")
            return
        if done.returncode:
            lines = done.stderr.strip().splitlines() or [f"ended with {done.returncode}"]
            self._found[name] = {"failed": lines[-1][:100]}
            print(f"{name:<20}failed: {lines[-1][:100]}")
            return
        found = json.loads(done.stdout.splitlines()[-1])
        self._found[name] = found
        rate = self._amount / found["seconds"]
        print(
            f"{name:<20}{found['seconds']:>9.2f}{found.get('second part', 0):>10.2f}"
            f"{found['cpu']:>8.1f}{rate:>14,.0f}{found['peak_mib']:>10,}",
            flush=True,
        )

    def write(self) -> None:
        """Put it into this machine's results; tools that were not run keep their figures."""
        # jax and tidefall are not there for the peers' Python, which runs this file, too.
        from benchmarks.machine import machine, results_of, write_index, write_whole

        here = machine()
        folder = results_of(here)
        path = folder / f"{PAGE}.json"
        known = json.loads(path.read_text()) if path.exists() else {"sections": {}}
        before = known["sections"].get(self._title, {})
        tools = before.get("tools", {}) | self._found
        known["machine"] = here
        known["sections"][self._title] = {
            "unit": self._unit,
            "amount": self._amount,
            "tools": tools,
        }
        write_whole(path, json.dumps(known, indent=1) + "\n")
        write_whole(path.with_suffix(".md"), _page(known))
        write_index()


def _page(known: dict[str, Any]) -> str:
    from benchmarks.machine import described

    lines = ["# Tables", "", "Each tool in a process of its own, with its imports and reading."]
    lines += [described(known["machine"]), ""]
    for title, section in known["sections"].items():
        titles = [name or section["unit"] for name in _TITLES]
        lines += [f"## {title}", "", _row(titles), _row(["---"] * len(titles))]
        for name, found in section["tools"].items():
            if "failed" in found:
                lines.append(_row([name, found["failed"], *["-"] * (len(titles) - 2)]))
                continue
            part = found.get("second part")
            lines.append(
                _row(
                    [
                        name,
                        f"{found['seconds']:.2f}",
                        "-" if part is None else f"{part:.2f}",
                        f"{found['cpu']:.1f}",
                        f"{section['amount'] / found['seconds']:,.0f}",
                        f"{found['peak_mib']:,}",
                    ]
                )
            )
        lines.append("")
    return "\n".join(lines)


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
