"""`tidefall lite show`: what is in a model."""

from __future__ import annotations

import argparse
import json

from tidefall.lite.interpreter.files import read_content
from tidefall.lite.interpreter.summary import summarize, text
from tidefall.lite.schema import read_model


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's flags."""
    parser.add_argument("model", metavar="MODEL", help="a .tflite file")
    parser.add_argument(
        "--all", action="store_true", help="list every operator and tensor of every subgraph"
    )
    parser.add_argument("--json", action="store_true", help="print everything as JSON")


def execute(flags: argparse.Namespace) -> int:
    """Run the command; returns the exit status."""
    name, content = read_content(flags.model, None)
    summary = summarize(read_model(content, name), len(content))
    if flags.json:
        print(json.dumps(summary, indent=2))
    else:
        print(text(summary, tensors=flags.all))
    return 0
