"""`diff`: what differs between two models. They are run only beside a `.tflite` file."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tidefall.io.bundles.bundle_reader import BundleReader
from tidefall.tools.saved_model_cli.cli import add_switch
from tidefall.tools.saved_model_cli.messages import tags_of
from tidefall.tools.saved_model_cli.summary import Summary, summarize

Difference = dict[str, Any]
"""`part` and `name` say what it is about, `change` which kind of change it is, `a` and `b` what
was found; a changed variable also has `count`, and `max_abs_difference` of finite numbers."""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of the command."""
    parser.add_argument("a", help="directory of a SavedModel, or a .tflite file")
    parser.add_argument("b", help="directory of another")
    parser.add_argument("--tag_set", help="comma-separated tags; all graphs if absent")
    add_switch(parser, "json", "print JSON")
    parser.epilog = (
        "Exit status: 0 the same, 1 different, 2 trouble. Sizes alone are no difference."
    )


def execute(flags: argparse.Namespace) -> int:
    """Print the differences; returns 1 if there are any."""
    tags = None if flags.tag_set is None else tags_of(flags.tag_set)
    differences = compare(flags.a, flags.b, tags)
    different = any(found["part"] != "size" for found in differences)
    if flags.json:
        print(json.dumps({"same": not different, "differences": differences}, indent=1))
    elif not different:
        print("The models are the same.")
    else:
        print(f"--- {flags.a}\n+++ {flags.b}")
        for found in differences:
            print(_shown(found))
    return int(different)


def compare(a: str, b: str, tags: str | None = None) -> list[Difference]:
    """The differences between the SavedModels in two directories, or with a `.tflite` file."""
    if any(path.endswith(".tflite") for path in (a, b)):
        from tidefall.tools.saved_model_cli.lite_diff import compare_with_lite

        return list(compare_with_lite(a, b, tags))
    first, second = summarize(a, tags), summarize(b, tags)
    return [
        *_changes("producer", first.producers, second.producers),
        *_changes("tag-set", first.graphs, second.graphs),
        *_changes("signature", first.signatures, second.signatures),
        *_changes("function", first.functions, second.functions),
        *_changes("op", first.ops, second.ops),
        *_changed_nodes(first, second),
        *_variables(first, second),
        *_changes("asset", first.assets, second.assets),
        *_changes("size", first.sizes, second.sizes),
    ]


def _changes(part: str, a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Difference]:
    for name in sorted({*a, *b}):
        if name not in b:
            yield {"part": part, "name": name, "change": "removed", "a": a[name]}
        elif name not in a:
            yield {"part": part, "name": name, "change": "added", "b": b[name]}
        elif a[name] != b[name]:
            yield {"part": part, "name": name, "change": "changed", "a": a[name], "b": b[name]}


def _changed_nodes(a: Summary, b: Summary) -> Iterator[Difference]:
    """Ops of which there are as many as before, with other attributes or constants."""
    for op in sorted(a.nodes.keys() & b.nodes.keys()):
        changed = sum((a.nodes[op] - b.nodes[op]).values())
        if changed and a.ops[op] == b.ops[op]:
            yield {"part": "attributes", "name": op, "change": "changed", "count": changed}


def _variables(a: Summary, b: Summary) -> Iterator[Difference]:
    described = [
        {entry.name: (entry.dtype_enum, entry.shape) for entry in s.variables.values()}
        for s in (a, b)
    ]
    for found in _changes("variable", *described):
        name = found["name"]
        for side, summary in (("a", a), ("b", b)):
            if side in found:
                found[side] = summary.describe(name)
        yield found
    if a.prefix is None or b.prefix is None:
        return
    with BundleReader(a.prefix) as one, BundleReader(b.prefix) as two:
        for name in sorted(described[0].keys() & described[1].keys()):
            if described[0][name] != described[1][name]:
                continue
            before, after = one.entry(name), two.entry(name)
            if before.slices or after.slices or before.crc32c != after.crc32c:
                yield from _value(name, a.describe(name), one, two)


def _value(name: str, kind: str, a: BundleReader, b: BundleReader) -> Iterator[Difference]:
    if a.entry(name).dtype is None:
        same, found = a.stored(name)[0] == b.stored(name)[0], {"count": 1}
    else:
        before, after = a.read(name), b.read(name)
        numbers = before.dtype != object
        differ = before != after
        if numbers and before.dtype.kind not in "biu":
            differ = differ & ~((before != before) & (after != after))
        found: dict[str, Any]
        same, found = not np.any(differ), {"count": int(np.count_nonzero(differ))}
        if numbers and before.dtype.kind != "b" and not same:
            wide = np.complex128 if before.dtype.kind == "c" else np.float64
            gaps = np.abs(np.asarray(before, wide) - np.asarray(after, wide))
            gaps = gaps[np.isfinite(gaps)]
            if gaps.size:
                found["max_abs_difference"] = float(np.max(gaps))
    if not same:
        yield {"part": "variable", "name": name, "change": "value", "a": kind, **found}


_SIGNS = {"added": "+", "removed": "-"}


def _shown(found: Difference) -> str:
    what = f"{found['part']} {found['name']}"
    change = found["change"]
    if change in _SIGNS:
        value = found["b" if change == "added" else "a"]
        return f"{_SIGNS[change]} {what}" + (f": {_text(value)}" if value != "" else "")
    if change == "value":
        text = f"  {what}: {found['a']}, {found['count']} values differ"
        gap = found.get("max_abs_difference")
        return text if gap is None else f"{text} by up to {gap:.6g}"
    if found["part"] == "attributes":
        return f"  {what}: {found['count']} nodes have other attributes or constants"
    if isinstance(found["a"], dict):
        inner = list(_changes("", found["a"], found["b"]))
        return "\n".join(
            [f"  {what}:", *[f"   {_shown(item).replace('  ', ' ', 1)}" for item in inner]]
        )
    return f"  {what}: {_text(found['a'])} -> {_text(found['b'])}"


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_text(item)}" for key, item in value.items())
    if isinstance(value, list):
        return "; ".join(map(_text, value))
    return os.fspath(value) if isinstance(value, os.PathLike) else str(value)
