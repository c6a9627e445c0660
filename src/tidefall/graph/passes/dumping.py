"""Writing down what the optimizer does: the graph after each step, and a table of op counts."""

from __future__ import annotations

import itertools
import os
import re
from collections import Counter
from pathlib import Path

from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.printer import graph_text

_numbers = itertools.count()


def op_counts(graph: FuncGraph) -> Counter[str]:
    """How many nodes of each op a graph has, without its inputs."""
    inputs = {id(t.op) for t in graph.inputs}
    return Counter(node.type for node in graph.nodes if id(node) not in inputs)


class OpTable:
    """Op counts after each step, as a table.

    >>> from tidefall.graph.passes.dumping import OpTable
    >>> from tidefall.graph.passes.pipeline import optimize
    >>> import tidefall as tf
    >>> @tf.function
    ... def f(x):
    ...     return tf.identity(tf.reshape(x, [-1])) - 0.0 + 2.0 * tf.constant(3.0)
    >>> table = OpTable()
    >>> _ = optimize(f.get_concrete_function(tf.TensorSpec([3])).graph, observe=table)
    >>> table.column("traced")["Reshape"], table.column("remove_dead_code")["Reshape"]
    (1, 0)
    """

    def __init__(self) -> None:
        self.columns: list[tuple[str, Counter[str]]] = []

    def __call__(self, step: str, graph: FuncGraph) -> None:
        self.columns.append((step, op_counts(graph)))

    def column(self, step: str) -> Counter[str]:
        """The counts after a step."""
        return next(counts for name, counts in self.columns if name == step)

    def __str__(self) -> str:
        steps = [name for name, _ in self.columns]
        ops = sorted({op for _, counts in self.columns for op in counts})
        width = max([len(op) for op in ops] + [5])
        rows = [" ".join(["op".ljust(width), *steps])]
        for op in [*ops, "total"]:
            cells = [
                str(counts.total() if op == "total" else counts[op] or ".").rjust(len(name))
                for name, counts in self.columns
            ]
            rows.append(" ".join([op.ljust(width), *cells]))
        return "\n".join(rows)


class Dump:
    """Writes the text of a graph after each step, and the table, into a folder.

    Files are called `NNNN-function.executor.SS-step.txt` and `NNNN-function.executor.ops.txt`,
    NNNN counting the graphs that this process prepared.
    """

    def __init__(self, folder: str, name: str, executor: str):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        safe = re.sub(r"[^\w.-]+", "_", name)[:80]
        self.prefix = f"{next(_numbers):04d}-{safe}.{executor}"
        self.table = OpTable()

    def __call__(self, step: str, graph: FuncGraph) -> None:
        number = len(self.table.columns)
        self.table(step, graph)
        self._write(f"{number:02d}-{step}", graph_text(graph, lines=True))

    def finish(self) -> None:
        """Write the table."""
        self._write("ops", str(self.table))

    def _write(self, what: str, text: str) -> None:
        path = self.folder / f"{self.prefix}.{what}.txt"
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        part.write_text(text + "\n")
        part.replace(path)
