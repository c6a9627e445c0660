"""`tidefall lite convert`: make a `.tflite` file."""

from __future__ import annotations

import argparse
import json
import os
from typing import Any

from tidefall.lite.converter.commands.source import add_data, add_source, make_converter, write_file


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's flags."""
    add_source(parser)
    add_data(parser, required=False)
    parser.add_argument("-o", "--output", metavar="FILE", help="the file; MODEL.tflite by default")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def execute(flags: argparse.Namespace) -> int:
    """Run the command; returns the exit status."""
    converter = make_converter(flags)
    content = converter.convert()
    stem = os.path.splitext(flags.model.rstrip("/"))[0]
    output = flags.output or f"{stem}.tflite"
    write_file(output, content)
    report = converter.report
    if flags.json:
        shown: dict[str, Any] = {
            "output": output, "size": report.size, "operators": report.operators,
            "flex": [list(f) for f in report.flex],
            "float_layers": [str(f) for f in report.float_layers],
            "outliers": report.outliers, "kept": report.kept, "differences": report.differences,
        }  # fmt: skip
        print(json.dumps(shown, indent=2))
    else:
        print(report)
        for key, difference in report.differences.items():
            if flags.quantize == "none":
                print(f"Verified: {key} differs from its source by at most {difference:.2g}")
        print(f"Written: {output}")
    return 0
