"""`tidefall lite debug`: a quantized model beside the float one."""

from __future__ import annotations

import argparse
import json
import math
from html import escape

from tidefall.lite.converter.commands.source import add_data, add_source, make_converter, write_file
from tidefall.lite.quantize.compare import LayerError
from tidefall.lite.quantize.debugger import QuantizationDebugger


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's flags."""
    add_source(parser)
    add_data(parser, required=True)
    parser.add_argument(
        "--top", type=int, default=0, metavar="N", help="show the N worst layers only"
    )
    parser.add_argument("--html", metavar="FILE", help="write a page with the table, too")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.set_defaults(quantize="int8")


def execute(flags: argparse.Namespace) -> int:
    """Run the command; returns the exit status."""
    debugger = QuantizationDebugger(converter=make_converter(flags))
    debugger.run()
    layers = sorted(debugger.layers, key=lambda e: e.snr)
    if flags.html:
        write_file(flags.html, page(flags.model, layers).encode())
    shown = layers[: flags.top] if flags.top else layers
    if flags.json:
        print(json.dumps([_row(e) for e in shown], indent=2))
        return 0
    print(table(shown))
    floats = debugger.converter.report.float_layers
    if floats:
        print("\nStays float:")
        for layer in floats:
            print(f"  {layer}")
    return 0


def _row(e: LayerError) -> dict[str, object]:
    return {
        "tensor": e.name, "operator": e.operator, "layer": e.layer,
        "snr_db": None if math.isinf(e.snr) else round(e.snr, 2), "largest_error": e.largest,
        "range_used": round(e.used, 4), "scale": e.scale, "zero_point": e.zero_point,
    }  # fmt: skip


def table(layers: list[LayerError]) -> str:
    """The layers as text, in the order given."""
    head = ("SNR dB", "largest", "range", "operator", "tensor")
    rows = [_cells(e) for e in layers]
    widths = [max(len(r[i]) for r in (head, *rows)) for i in range(4)]
    lines: list[str] = []
    for row in (head, *rows):
        cells = [
            row[0].rjust(widths[0]), row[1].rjust(widths[1]), row[2].rjust(widths[2]),
            row[3].ljust(widths[3]), row[4],
        ]  # fmt: skip
        lines.append("  ".join(cells))
    return "\n".join(lines)


def _cells(e: LayerError) -> tuple[str, ...]:
    snr = "exact" if math.isinf(e.snr) else f"{e.snr:.1f}"
    return snr, f"{e.largest:.3g}", f"{e.used:.0%}", e.operator, e.name


_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { padding: .25rem .6rem; text-align: left; border-bottom: 1px solid #8884 }
td:nth-child(-n+3) { text-align: right; font-variant-numeric: tabular-nums }
tr.bad td:first-child { color: #c22; font-weight: 600 }
:root { color-scheme: light dark }
"""
BAD = 20.0
"""Decibels below which a layer is marked."""


def page(model: str, layers: list[LayerError]) -> str:
    """The layers as a page that needs no other file."""
    rows = "\n".join(
        f'<tr class="{"bad" if e.snr < BAD else ""}">'
        + "".join(f"<td>{escape(c)}</td>" for c in _cells(e))
        + "</tr>"
        for e in layers
    )
    head = "".join(
        f"<th>{h}</th>" for h in ("SNR dB", "largest error", "range used", "operator", "tensor")
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(model)}</title>'
        f"<style>{_STYLE}</style><h1>{escape(model)}</h1>"
        "<p>Each tensor of the quantized model beside the float one, the worst first.</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></html>\n"
    )
