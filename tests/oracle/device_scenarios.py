"""What is asked of `tf.device`, `tf.DeviceSpec` and `tf.config`, of TensorFlow and of Tidefall.

A scenario of device_scenarios.txt is a list of lines, each an expression or an assignment; each
scenario starts with nothing computed. Run as a program it prints what came of every line, as JSON:
the text of the value, or the class of the error and its message.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("device_scenarios.txt")


def _read(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith("["):
            lines = found[line.strip("[]")] = []
        elif line:
            lines.append(line)
    return found


SCENARIOS = _read(FILE.read_text())


def run(tf: Any, lines: list[str]) -> list[str]:
    """What comes of each line."""

    def with_device(device: Any, f: Any) -> Any:
        with tf.device(device):
            return f()

    def with_cd(device: Any, f: Any) -> Any:
        with tf.compat.v1.device(device):
            return f()

    def gdev(device: Any, f: Any) -> Any:
        with graph.device(device):
            return f()

    def with_init(f: Any) -> Any:
        with tf.init_scope():
            return f()

    def nodes(function: Any) -> Any:
        wanted = ("ReadVariableOp", "AddV2", "MatMul", "Sqrt", "Exp", "Placeholder")
        found = {(n.type, n.device) for n in function.graph.get_operations() if n.type in wanted}
        return sorted(found)

    graph = tf.Graph()
    names = {"tf": tf, "with_device": with_device, "with_cd": with_cd, "gdev": gdev}
    names |= {"with_init": with_init, "nodes": nodes}
    found = []
    with contextlib.ExitStack() as stack:
        for line in lines:
            if line == "__graph__":  # from here on in a graph
                stack.enter_context(graph.as_default())
                found.append("")
                continue
            try:
                try:
                    found.append(repr(eval(compile(line, "scenario", "eval"), names)))
                except SyntaxError:
                    exec(line, names)
                    found.append("")
            except Exception as error:  # noqa: BLE001 - what is raised is the answer
                found.append(f"{type(error).__name__}: {error}")
    return found


def run_apart(tf: Any, lines: list[str]) -> list[str]:
    """The same in a process of its own, where nothing was computed yet."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        with os.fdopen(writer, "w") as out:
            json.dump(run(tf, lines), out)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as results:
        found = json.load(results)
    os.waitpid(child, 0)
    return found


def main(module: str) -> None:
    tf = importlib.import_module(module)
    found = {name: run_apart(tf, lines) for name, lines in SCENARIOS.items()}
    json.dump(found, sys.stdout, indent=0)


if __name__ == "__main__":
    main(sys.argv[1])
