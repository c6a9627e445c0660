"""Counts over namespaces, printed, and written into the README between two markers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tidefall._index import OPS
from tidefall.op.registry import registered_ops
from tidefall.op.table import op_names
from tidefall.tools.coverage.names import Name, op_facts, recorded

START, END = "<!-- coverage: written by python -m tidefall.coverage --write -->", "<!-- end -->"

# Namespaces of a line of the table, in the order of the documentation; "" is `tf` itself. The
# last line has the names of all others.
GROUPS: tuple[tuple[str, ...], ...] = (
    ("",),
    ("math", "bitwise"),
    ("nn",),
    ("linalg",),
    ("signal", "audio"),
    ("image",),
    ("random",),
    ("strings",),
    ("ragged", "sparse", "sets"),
    ("lookup", "queue"),
    ("quantization",),
    ("dtypes", "nest", "types", "errors", "version", "sysconfig"),
    ("debugging", "test", "autograph", "autodiff"),
    ("experimental.numpy",),
    ("experimental",),
    ("io",),
    ("data",),
    ("saved_model", "train", "graph_util"),
    ("summary", "profiler"),
    ("config", "distribute"),
    ("tpu", "experimental.dtensor", "experimental.tensorrt", "mlir", "lite", "feature_column"),
    (),
)

COLUMNS: tuple[tuple[str, Callable[[Name], bool]], ...] = (
    ("present", lambda n: n.present),
    ("same signature", lambda n: n.same_signature),
    ("verified", lambda n: n.verified),
    ("gradient verified", lambda n: n.differentiated),
    ("with an example", lambda n: n.example),
)


@dataclass(frozen=True)
class Row:
    """Counts of one line: of how many names, and how many have what each column says."""

    label: str
    total: int
    counts: tuple[int, ...]


def rows(names: list[Name]) -> list[Row]:
    """One line for each group of namespaces, and the totals last."""
    groups: dict[tuple[str, ...], list[Name]] = {group: [] for group in GROUPS}
    for name in names:
        groups[_group(name.path)].append(name)
    found = [_row(_label(group), members) for group, members in groups.items() if members]
    return [*found, _row("all", names)]


def _group(path: str) -> tuple[str, ...]:
    namespace = path.rpartition(".")[0]
    best: tuple[str, ...] = ()
    length = -1
    for group in GROUPS:
        for member in group:
            inside = namespace == member or (member and f"{namespace}.".startswith(f"{member}."))
            if inside and len(member) > length:
                best, length = group, len(member)
    return best


def _label(group: tuple[str, ...]) -> str:
    return " ".join(f"`tf.{n}`" if n else "`tf`" for n in group) or "others"


def _row(label: str, names: Iterable[Name]) -> Row:
    members = list(names)
    return Row(label, len(members), tuple(sum(map(has, members)) for _, has in COLUMNS))


def op_counts() -> dict[str, tuple[int, int]]:
    """Ops that are declared, and gradients of the ops that TensorFlow differentiates."""
    differentiable = set(op_facts()["differentiable"])
    ours = registered_ops()
    have = {name for name in differentiable & ours.keys() if callable(ours[name].gradient)}
    return {
        "ops": (len(OPS), len(op_names())),
        "gradients of ops": (len(have), len(differentiable)),
    }


def markdown(names: list[Name]) -> str:
    """The whole report as Markdown: the table of names, then the counts of ops."""
    titles = ["", "names", *(title for title, _ in COLUMNS)]
    lines = [f"| {' | '.join(titles)} |", "| --- |" + " ---: |" * (len(titles) - 1)]
    for row in rows(names):
        cells = [row.label, str(row.total), *map(str, row.counts)]
        lines.append(f"| {' | '.join(cells)} |")
    lines.append("")
    for what, (have, total) in op_counts().items():
        lines.append(f"- {what}: {have} of {total}")
    return "\n".join(lines)


def numbers(text: str) -> dict[str, list[int]]:
    """The counts in a report, by the label of their line."""
    found: dict[str, list[int]] = {}
    for line in text.splitlines():
        if line.startswith("| ") and "---" not in line:
            label, *cells = (cell.strip() for cell in line.strip("|").split("|"))
            if all(cell.isdigit() for cell in cells):
                found[label] = list(map(int, cells))
        elif line.startswith("- "):
            what, _, counts = line[2:].partition(": ")
            found[what] = [int(n) for n in counts.split(" of ")]
    return found


def between_markers(text: str) -> str:
    """The part of the README that the command writes."""
    return text[text.index(START) + len(START) : text.index(END)]


def write(path: Path, names: list[Name]) -> None:
    """Put the report of now between the markers of a file."""
    text = path.read_text(encoding="utf-8")
    report = f"\n\n{markdown(names)}\n\n"
    new = text[: text.index(START) + len(START)] + report + text[text.index(END) :]
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(new, encoding="utf-8")
    temporary.replace(path)


def missing(names: list[Name], namespace: str) -> list[Name]:
    """The names of a namespace that are not there, differ, or are not verified."""
    prefix = f"{namespace}." if namespace else ""
    kinds = recorded()
    return [
        name
        for name in names
        if name.path.startswith(prefix)
        and (bool(namespace) or "." not in name.path)
        and not (name.same_signature and (name.verified or kinds[name.path]["kind"] == "value"))
    ]
