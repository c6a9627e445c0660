"""`tidefall lite check`: what cannot be converted."""

from __future__ import annotations

import argparse
import json

from tidefall.lite.converter.commands.source import add_source, make_converter


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's flags."""
    add_source(parser)
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def execute(flags: argparse.Namespace) -> int:
    """Run the command; returns 0 if all goes, 1 if something does not."""
    converter = make_converter(flags)
    if flags.quantize in ("int8", "int16"):
        converter.representative_dataset = lambda: ()  # nothing is run
    report = converter.check()
    if flags.json:
        shown = {
            "obstacles": [vars(o) for o in report.obstacles],
            "flex": [list(f) for f in report.flex],
            "float_layers": [vars(f) for f in report.float_layers],
            "operators": report.operators,
        }
        print(json.dumps(shown, indent=2))
    else:
        print(report)
        if report.is_clean:
            print("All of it can be converted.")
    return 1 if report.obstacles else 0
