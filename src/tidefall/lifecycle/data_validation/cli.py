"""`tidefall data`: statistics, schemas, anomalies, drift, reports and parity from a terminal."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from tidefall.base.command_line import exit_status
from tidefall.base.errors import OpError
from tidefall.lifecycle.data_validation import commands


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    flags = _parser().parse_args(arguments)
    expected = (OpError, ValueError, ImportError, OSError)
    return exit_status("data", lambda: flags.run(flags), commands.USAGE, expected)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tidefall data",
        description="Statistics of data, the schema they must keep to, and what breaks it.",
        epilog="exit status: 0 fine, 1 the data break the schema, 2 something could not be done",
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")

    stats = _command(subparsers, "stats", commands.stats, "statistics of files, as a table")
    _data_flags(stats)
    stats.add_argument("--output", help="write the statistics to this file (binary)")

    schema = _command(subparsers, "schema", commands.schema, "infer a schema, or make one fit")
    _data_flags(schema)
    schema.add_argument("--update", metavar="SCHEMA", help="make this schema fit the data")
    schema.add_argument("--output", help="write the schema to this file (text)")

    validate = _command(subparsers, "validate", commands.validate, "hold files against a schema")
    _data_flags(validate)
    validate.add_argument("--schema", required=True, help="the schema (text)")
    validate.add_argument("--environment", help="one of the schema's, such as SERVING")
    validate.add_argument("--output", help="write the anomalies to this file (text)")
    validate.add_argument("--quarantine", help="write rows that break the schema to this file")

    drift = _command(subparsers, "drift", commands.drift, "how far two data sets are apart")
    _data_flags(drift)
    drift.add_argument("--previous", required=True, help="files or statistics to compare with")
    drift.add_argument("--schema", help="thresholds; without it all distances are told")

    hints = _command(subparsers, "hints", commands.hints, "what looks wrong beyond a schema")
    _data_flags(hints)
    hints.add_argument("--previous", help="files or statistics of the span before")
    hints.add_argument("--label", help="the feature to predict: who gives it away?")
    hints.add_argument("--time", metavar="FEATURE", help="seconds since 1970: in order? fresh?")
    hints.add_argument("--max-age", type=float, metavar="SECONDS", help="of the newest row")
    hints.add_argument("--key", metavar="FEATURE", help="should be different in each row")

    report = _command(subparsers, "report", commands.report, "one HTML page of it all")
    _data_flags(report)
    report.add_argument("--previous", help="files or statistics to show beside them")
    report.add_argument("--schema", help="the schema (text)")
    report.add_argument("--output", default="report.html", help="the page (%(default)s)")

    parity = _command(
        subparsers, "parity", commands.parity, "a model here and on a server: the same?"
    )
    parity.add_argument("model", help="the SavedModel")
    parity.add_argument("records", nargs="+", help="TFRecord files of Examples")
    parity.add_argument("--server", default="http://localhost:8501", help="REST (%(default)s)")
    parity.add_argument("--name", help="what the server calls the model; by default its folder")
    parity.add_argument("--signature", default="serving_default")
    parity.add_argument(
        "--transform", metavar="FOLDER", help="a TFTransformOutput: compare its features, too"
    )
    parity.add_argument(
        "--features-signature",
        default="transform_features",
        metavar="NAME",
        help="what gives the features on the server (%(default)s)",
    )
    parity.add_argument("--limit", type=int, default=10_000, help="records (%(default)s)")
    parity.add_argument("--tolerance", type=float, default=1e-6)
    return parser


def _command(subparsers: Any, name: str, run: Any, words: str) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(name, help=words, description=words)
    parser.set_defaults(run=run)
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _data_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", nargs="+", help="CSV, Parquet or TFRecord files, or statistics")
    parser.add_argument("--format", default="", choices=("", "csv", "parquet", "tfrecord", "stats"))
    parser.add_argument("--delimiter", default=",", help="of CSV files")
    parser.add_argument("--weight", help="the feature that holds weights")
    parser.add_argument("--slice", action="append", default=[], metavar="FEATURE")
    parser.add_argument("--sample", type=float, metavar="RATE", help="look at a share of the rows")
    parser.add_argument("--threads", type=int, help="by default all cores")
    parser.add_argument(
        "--on", default="threads", choices=("threads", "ray"), help="who reads (%(default)s)"
    )
    parser.add_argument("--memory", type=int, default=256, metavar="MIB", help="(%(default)s)")
    parser.add_argument("--work", metavar="FOLDER", help="keep finished parts, to go on later")
    parser.add_argument("--skip-bad-rows", action="store_true", help="leave torn CSV rows out")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
