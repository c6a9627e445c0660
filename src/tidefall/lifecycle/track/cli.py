"""The command `tidefall runs`: list, show and compare runs, and serve them to MLflow's client."""

from __future__ import annotations

import argparse
import json
import math
import threading
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from tidefall.lifecycle.metadata.cli import DEFAULT_STORE
from tidefall.lifecycle.metadata.tables import exit_status, shown_time, table


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    flags = _parser().parse_args(arguments)
    return exit_status("runs", lambda: flags.run(flags))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tidefall runs", description="Experiments: the runs of a store."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Any, words: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=words, description=words)
        made.add_argument("--store", default=DEFAULT_STORE, help="the store's folder (%(default)s)")
        made.set_defaults(run=run)
        return made

    listed = add("list", _list, "list runs, the newest first")
    listed.add_argument("--experiment", help="of one experiment alone")
    listed.add_argument("--filter", default="", help='such as "metrics.loss < 1"')
    listed.add_argument("--order_by", action="append", default=[], help='"metrics.loss ASC"')
    listed.add_argument("--limit", type=int, default=100, help="(%(default)s)")
    listed.add_argument("--json", action="store_true", help="print JSON")
    shown = add("show", _show, "show one run")
    shown.add_argument("run_id")
    shown.add_argument("--json", action="store_true", help="print JSON")
    compared = add("compare", _compare, "show what is different between runs")
    compared.add_argument("run_ids", nargs="+")
    compared.add_argument("--json", action="store_true", help="print JSON")
    served = add("serve", _serve, "answer MLflow's client (tracking and registry)")
    served.add_argument("--host", default="127.0.0.1", help="(%(default)s)")
    served.add_argument("--port", type=int, default=5000, help="0 for a free one (%(default)s)")
    served.add_argument("--token_file", default="", help="NAME TOKEN lines; others are refused")
    served.add_argument("--database", help="URL of another database than the store's file")
    served.add_argument("--signing_key", help="private key that signs the registry's audit log")
    return parser


def _tracker(flags: argparse.Namespace) -> Any:
    from tidefall.lifecycle.metadata.places import database_url
    from tidefall.lifecycle.track.tracker import Tracker

    return Tracker(flags.store, database_url(flags.store, must_exist=True))


def _list(flags: argparse.Namespace) -> int:
    with _tracker(flags) as tracker:
        runs = tracker.runs(flags.experiment, flags.filter, flags.order_by, flags.limit)
        names = {e.id: e.name for e in tracker.experiments()}
    if flags.json:
        print(json.dumps([_plain(run) for run in runs], indent=1))
        return 0
    rows = [
        (
            run.id, run.name, names.get(run.experiment, ""), run.status, shown_time(run.start),
            ", ".join(f"{m.name}={m.value:.4g}" for m in sorted(run.metrics.values())[:4]),
        )
        for run in runs
    ]  # fmt: skip
    print(table(("run", "name", "experiment", "status", "started (UTC)", "metrics"), rows))
    return 0


def _show(flags: argparse.Namespace) -> int:
    with _tracker(flags) as tracker:
        run = tracker.run(flags.run_id)
    if flags.json:
        print(json.dumps(_plain(run), indent=1))
        return 0
    print(f"{run.id}  {run.name}  {run.status}  {shown_time(run.start)} - {shown_time(run.end)}")
    for heading, rows in (
        ("parameters", sorted(run.params.items())),
        ("metrics", [(m.name, f"{m.value:.6g}", f"step {m.step}") for m in run.metrics.values()]),
        ("tags", sorted(run.tags.items())),
    ):
        if rows:
            print(f"\n{table((heading, *('',) * (len(rows[0]) - 1)), rows)}")
    return 0


def _compare(flags: argparse.Namespace) -> int:
    with _tracker(flags) as tracker:
        runs = [tracker.run(run_id) for run_id in flags.run_ids]
    found: dict[str, list[Any]] = {}
    for kind in ("params", "metrics"):
        for name in sorted({name for run in runs for name in getattr(run, kind)}):
            values = [getattr(run, kind).get(name, "") for run in runs]
            values = [f"{v.value:.6g}" if kind == "metrics" and v else v for v in values]
            if len(set(values)) > 1:
                found[f"{kind}.{name}"] = values
    if flags.json:
        print(json.dumps({"runs": flags.run_ids, "different": found}, indent=1))
        return 0
    headings = ("", *(run.name or run.id[:8] for run in runs))
    print(table(headings, [(name, *values) for name, values in found.items()]))
    return 0


def _serve(flags: argparse.Namespace) -> int:
    from tidefall.lifecycle.track.server import TrackingServer

    with TrackingServer(
        flags.store, flags.host, flags.port, flags.token_file, flags.database, flags.signing_key
    ) as server:
        print(f"Tracking server at {server.url}; end it with Ctrl-C", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return 0
    return 0


def _plain(run: Any) -> dict[str, Any]:
    values = asdict(run)
    values["metrics"] = {
        m.name: {"value": m.value if math.isfinite(m.value) else str(m.value), "step": m.step}
        for m in run.metrics.values()
    }
    return values
