"""`python -m tidefall.coverage`: the table; `--missing math`: what a namespace lacks; `--write`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tidefall.base.errors import NotFoundError
from tidefall.tools.coverage.names import inspect_names
from tidefall.tools.coverage.report import markdown, missing, write


def main() -> int:
    """Print what is there of TensorFlow's public API."""
    parser = argparse.ArgumentParser(prog="python -m tidefall.coverage", description=main.__doc__)
    parser.add_argument(
        "--missing", metavar="NAMESPACE", help='names that lack something; "" is tf'
    )
    parser.add_argument("--write", action="store_true", help="write the table into ./README.md")
    arguments = parser.parse_args()
    try:
        names = inspect_names()
    except NotFoundError as error:
        print(error.message, file=sys.stderr)
        return 1
    if arguments.missing is not None:
        for name in missing(names, arguments.missing):
            lacks = "is not there"
            if name.present:
                lacks = "not verified" if name.same_signature else "has another signature"
            print(f"tf.{name.path}: {lacks}")
        return 0
    if arguments.write:
        write(Path("README.md"), names)
    print(markdown(names))
    return 0
