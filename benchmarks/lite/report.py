"""This machine's results: what was measured is merged into them, and written as a page."""

from __future__ import annotations

import json
from typing import Any

from benchmarks.machine import described, machine, results_of, write_index, write_whole

PAGE = "lite"


def keep(latencies: list[dict[str, Any]], conversions: list[dict[str, Any]]) -> None:
    """Put figures into this machine's results; those that were not measured again stay."""
    here = machine()
    path = results_of(here) / f"{PAGE}.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    known["machine"] = here
    _merge(known.setdefault("latencies", []), latencies, ("model", "threads", "engine"))
    _merge(known.setdefault("conversions", []), conversions, ("model", "engine"))
    write_whole(path, json.dumps(known, indent=1) + "\n")
    write_whole(path.with_suffix(".md"), _page(known))
    write_index()


def _merge(known: list[dict[str, Any]], found: list[dict[str, Any]], by: tuple[str, ...]) -> None:
    fresh = {tuple(each[name] for name in by) for each in found}
    known[:] = [each for each in known if tuple(each[name] for name in by) not in fresh] + found
    known.sort(key=lambda each: [str(each[name]) for name in by[:-1]])


def _page(known: dict[str, Any]) -> str:
    lines = [
        "# TensorFlow Lite models", "",
        "The same file, or the same Keras model, in each runtime, in a process of its own, one",
        "sample at a time. Ratios are of medians, to LiteRT with XNNPACK.",
        described(known["machine"]), "", "## Latency",
    ]  # fmt: skip
    heads = ("engine", "threads", "median ms", "p10 ms", "of LiteRT", "load ms", "peak MB")
    for model in dict.fromkeys(each["model"] for each in known["latencies"]):
        lines += ["", f"### {model}", "", _row(heads), _row(["---"] * len(heads))]
        rows = [each for each in known["latencies"] if each["model"] == model]
        lines += [_latency(each, rows) for each in rows]
    if known["conversions"]:
        heads = ("model", "converter", "seconds", "MB more", "peak MB", "MB file")
        lines += ["", "## Conversion", "", _row(heads), _row(["---"] * len(heads))]
        for each in known["conversions"]:
            more = each["peak_mb"] - each["mb_before"]
            lines.append(
                _row(
                    [
                        each["model"], each["engine"], f"{each['seconds']:.2f}", f"{more:.0f}",
                        f"{each['peak_mb']:.0f}", f"{each['mb_file']:.2f}",
                    ]
                )
            )  # fmt: skip
    return "\n".join(lines) + "\n"


def _latency(each: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    if "failed" in each:
        return _row([each["engine"], str(each["threads"]), each["failed"], "-", "-", "-", "-"])
    base = [
        row["median_ms"]
        for row in rows
        if row["engine"] == "ai-edge-litert" and row["threads"] == each["threads"]
    ]
    ratio = f"{each['median_ms'] / base[0]:.2f}" if base else "-"
    return _row(
        [
            each["engine"], str(each["threads"]), f"{each['median_ms']:.3f}",
            f"{each['p10_ms']:.3f}", ratio, f"{each['load_ms']:.1f}", f"{each['peak_mb']:.0f}",
        ]
    )  # fmt: skip


def _row(cells: Any) -> str:
    return "| " + " | ".join(cells) + " |"
