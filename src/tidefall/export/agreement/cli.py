"""`tidefall agree MODEL DATA`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base.errors import OpError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns 0 if all runtimes that ran agree, 1 if one does not, 2 for errors.

    Args:
        arguments: its arguments; those of the process for None.
    """
    parser = argparse.ArgumentParser(
        prog="tidefall agree",
        description="Run one model on one set of data in every runtime, and compare.",
    )
    parser.add_argument("model", metavar="MODEL", help="a SavedModel's folder, or a .keras file")
    parser.add_argument(
        "data", metavar="DATA",
        help=".npz with samples for each input, by name or in order; .npy for one input",
    )  # fmt: skip
    parser.add_argument("--signature", metavar="KEY", help="which signature of a SavedModel")
    parser.add_argument("--runtimes", metavar="A,B", help="only these, the reference first")
    parser.add_argument("--samples", type=int, default=8, metavar="N", help="the first N; 8")
    parser.add_argument("--repeats", type=int, default=10, metavar="N", help="timed calls; 10")
    parser.add_argument("--tolerance", type=float, default=1e-5, metavar="X", help="1e-5")
    parser.add_argument("--json", action="store_true", help="print JSON")
    flags = parser.parse_args(arguments)
    try:
        return _run(flags)
    except BrokenPipeError:
        raise  # the reader of our output has gone; whoever runs the program knows what to do
    except (OpError, OSError, ValueError) as error:
        text = error.message if isinstance(error, OpError) else str(error)
        print(f"tidefall agree: {text}", file=sys.stderr)
        return 2


def _run(flags: argparse.Namespace) -> int:
    from tidefall.export.agreement.comparison import compare

    runtimes = None if flags.runtimes is None else flags.runtimes.split(",")
    rows = compare(
        flags.model, _arrays(flags), signature=flags.signature, runtimes=runtimes,
        repeats=flags.repeats,
    )  # fmt: skip
    apart = [r for r in rows if r.difference is not None and not r.difference <= flags.tolerance]
    if flags.json:
        print(json.dumps([vars(r) for r in rows], indent=2))
    else:
        print(f"{'runtime':<14} {'difference':>10} {'median ms':>10}")
        for r in rows:
            if r.difference is None or r.latency is None:
                print(f"{r.runtime:<14} {'-':>10} {'-':>10}  {r.note.splitlines()[0]}")
                continue
            mark = "  differs" if r in apart else ""
            print(f"{r.runtime:<14} {r.difference:>10.1e} {1e3 * r.latency:>10.2f}{mark}")
    return int(bool(apart))


def _arrays(flags: argparse.Namespace) -> list[np.ndarray]:
    from tidefall.export.sources import chosen, sources_of
    from tidefall.lite.interpreter.files import read_arrays

    loaded: Any = read_arrays(flags.data)
    if isinstance(loaded, np.ndarray):
        return [loaded[: flags.samples]]
    sources, _alive = sources_of(flags.model, flags.signature)
    names = chosen(sources, flags.signature).inputs
    keys = names if set(names) == set(loaded.files) else loaded.files
    return [loaded[key][: flags.samples] for key in keys]
