"""The command `tidefall score`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence

from tidefall.base.errors import NotFoundError
from tidefall.lifecycle.data_validation.progress import Bar


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="tidefall score",
        description="A model's predictions for all rows of files or of a query, each once. A job "
        "that was killed goes on where it was.",
    )
    parser.add_argument("model", help="the folder of a SavedModel")
    parser.add_argument(
        "data", nargs="+", help="CSV, Parquet or TFRecord files; or 'sql:SELECT ...' for DuckDB"
    )
    parser.add_argument("output", help="a folder, or the URL of a database")
    parser.add_argument("--signature", default="serving_default", help="(%(default)s)")
    parser.add_argument("--keep", help="columns to write beside the scores, by commas (all)")
    parser.add_argument("--prefix", default="", help="of the names of the model's outputs")
    parser.add_argument("--format", default="", choices=["", "csv", "parquet", "tfrecord"])
    parser.add_argument("--delimiter", default=",", help="of CSV files")
    parser.add_argument(
        "--output-format", default="parquet", choices=["parquet", "tfrecord", "csv"]
    )
    parser.add_argument("--table", default="predictions", help="in a database (%(default)s)")
    parser.add_argument(
        "--quarantine", help="in a database: a folder for rows that break the schema"
    )
    parser.add_argument(
        "--no-schema", action="store_true", help="let rows break the model's schema"
    )
    parser.add_argument("--batch-size", type=int, default=1024, help="(%(default)s)")
    parser.add_argument("--threads", type=int, default=0, help="(one for each processor)")
    parser.add_argument("--on", default="threads", choices=["threads", "ray"])
    parser.add_argument(
        "--follow", type=float, metavar="SECONDS",
        help="look for new and changed files again after so long, until interrupted",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    flags = parser.parse_args(arguments)
    while True:
        _score(flags)
        if flags.follow is None:
            return 0
        time.sleep(flags.follow)


def _score(flags: argparse.Namespace) -> None:
    from tidefall.lifecycle.scoring.job import score

    bar = Bar() if sys.stderr.isatty() and not flags.quiet else None
    try:
        found = score(
            flags.model, flags.data, flags.output, signature=flags.signature,
            keep=None if flags.keep is None else [name for name in flags.keep.split(",") if name],
            prefix=flags.prefix, data_format=flags.format, delimiter=flags.delimiter,
            output_format=flags.output_format, table=flags.table, quarantine=flags.quarantine,
            check_schema=not flags.no_schema, batch_size=flags.batch_size, threads=flags.threads,
            on=flags.on, progress=bar,
        )  # fmt: skip
    except NotFoundError:
        if flags.follow is None:
            raise
        return  # no file came yet
    finally:
        if bar is not None:
            bar.end()
    if flags.follow is not None and found.kept == found.parts:
        return
    if flags.json:
        print(json.dumps(found._asdict()), flush=True)
        return
    before = f", {found.kept:,} of them done before" if found.kept else ""
    rate = found.rows / max(found.seconds, 1e-9) if not found.kept else 0
    speed = f", {rate:,.0f} rows/s" if rate else ""
    print(f"{found.rows:,} rows in {found.parts:,} parts{before}: {found.seconds:.1f} s{speed}",
          flush=True)  # fmt: skip
    if found.refused:
        print(f"{found.refused:,} rows break the model's schema and stand in the quarantine")
