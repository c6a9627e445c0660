"""The command `tidefall monitor`: take requests in, report, watch, delete."""

from __future__ import annotations

import argparse
import datetime
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.metadata.tables import exit_status, table
from tidefall.lifecycle.monitoring.reports import Finding, Window, plain
from tidefall.lifecycle.monitoring.store import MonitoringStore, open_store

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    flags = _parser().parse_args(arguments)
    return exit_status("monitor", lambda: flags.run(flags))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tidefall monitor",
        description="What models answered, what became true, and what has changed.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Any, words: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=words, description=words)
        made.add_argument("store", help="the monitoring store's folder")
        made.add_argument("--json", action="store_true", help="print JSON")
        made.set_defaults(run=run)
        return made

    _ingest_flags(add("ingest", _ingest, "take in a server's log, or labels"))
    _report_flags(add("report", _report, "compare a window with a reference"))
    _watch_flags(add("watch", _watch, "judge windows by rules, and open incidents"))
    made = add("delete", _delete, "remove rows for good")
    made.add_argument("model")
    made.add_argument("--id", action="append", dest="ids", help="a row's id; may be repeated")
    made.add_argument("--ids_file", help="a file with an id on each line")
    made.add_argument("--before", help="rows from before this time")
    made = add("incidents", _incidents, "list incidents")
    made.add_argument("model", nargs="?")
    made = add("silence", _silence, "open no incidents for a time")
    made.add_argument("model")
    made.add_argument("--for", dest="span", required=True, help="how long, as in 2h")
    made.add_argument("--feature", default="", help="only of this feature")
    made.add_argument("--reason", default="")
    return parser


def _ingest_flags(made: argparse.ArgumentParser) -> None:
    made.add_argument("--log", help="the folder given to the server as --monitoring_log")
    made.add_argument("--keep", action="store_true", help="leave the log's files where they are")
    made.add_argument("--labels", help="a .csv, .jsonl or .parquet file of labels")
    made.add_argument("--model", help="the model of the labels")
    made.add_argument("--id_column", default="id")
    made.add_argument("--label_column", default="label", help='"" for none')
    made.add_argument("--time_column", help="seconds since the epoch; the file's own for none")
    made.add_argument("--outcome", action="append", default=[], help="a column of other figures")
    made.add_argument("--redact", action="append", help="a column never to write: input.NAME")
    made.add_argument("--retention_days", type=float, help="how long rows are kept")
    made.add_argument("--max_bytes", type=int, help="how much the store may take on the disk")
    made.add_argument("--compact", action="store_true", help="make few files of many")


def _report_flags(made: argparse.ArgumentParser) -> None:
    made.add_argument("model")
    for name in ("reference", "current"):
        made.add_argument(
            f"--{name}", required=name == "reference",
            help="BEGIN,END: times such as 2026-11-01T08:00, 1793520000, 2h (ago); either may be "
            "left out" + ("" if name == "reference" else "; all by default"),
        )  # fmt: skip
        made.add_argument(f"--{name}_version", type=int, help="only this version's rows")
    made.add_argument("--segment", action="append", default=[], help="a column, as input.zone")
    made.add_argument("--column", action="append", help="compare only these")
    made.add_argument("--method", default="psi", help="psi, ks, js or wasserstein (%(default)s)")
    made.add_argument(
        "--alpha", type=float, default=0.01, help="false discovery rate (%(default)s)"
    )
    made.add_argument("--quality", action="store_true", help="measure quality as well")
    made.add_argument("--prediction", help="the output that labels are about")
    made.add_argument("--fail", action="store_true", help="exit with 3 where there are alerts")


def _watch_flags(made: argparse.ArgumentParser) -> None:
    made.add_argument("rules", help="a JSON file of rules")
    made.add_argument("--log", help="take in this server's log first, each time")
    made.add_argument("--once", action="store_true", help="judge the window that ends now, and end")
    made.add_argument("--every", default="5m", help="pause between looks (%(default)s)")
    made.add_argument("--now", help="judge as if it were this time; implies --once")


def _time(text: str) -> float:
    """A time: seconds since the epoch, ISO 8601 (UTC unless it says so), or how long ago."""
    try:
        return float(text)
    except ValueError:
        pass
    if text[-1:] in _UNITS:
        return time.time() - _span(text)
    try:
        when = datetime.datetime.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is no time: write 2026-11-01T08:00, seconds since the epoch, or 2h"
        raise invalid(message) from None
    if when.tzinfo is None:
        when = when.replace(tzinfo=datetime.UTC)
    return when.timestamp()


def _span(text: str) -> float:
    try:
        return float(text[:-1]) * _UNITS[text[-1:]]
    except (KeyError, ValueError):
        raise invalid(f"{text!r} is no span of time: write 90s, 5m, 2h, 1d or 1w") from None


def _window(text: str | None, version: int | None) -> Window:
    begin, comma, end = (text or ",").partition(",")
    if not comma:
        raise invalid(f"{text!r} is no window: write BEGIN,END")
    bounds = [_time(each.strip()) if each.strip() else None for each in (begin, end)]
    return Window(bounds[0], bounds[1], version)


def _open(flags: argparse.Namespace) -> MonitoringStore:
    return open_store(flags.store, must_exist=True)


def _ingest(flags: argparse.Namespace) -> int:
    from tidefall.lifecycle.monitoring.label_files import add_label_file

    store = open_store(
        flags.store, redact=flags.redact, retention_days=flags.retention_days,
        max_bytes=flags.max_bytes,
    )  # fmt: skip
    found = {"requests": 0, "labels": 0, "compacted": 0}
    if flags.log:
        found["requests"] = store.ingest(flags.log, keep=flags.keep)
    if flags.labels:
        if not flags.model:
            raise invalid("--labels needs --model")
        found["labels"] = add_label_file(
            store, flags.model, Path(flags.labels), id_column=flags.id_column,
            label_column=flags.label_column or None, time_column=flags.time_column,
            outcomes=flags.outcome,
        )  # fmt: skip
    if flags.compact:
        found["compacted"] = store.compact()
    store.maintain()
    if flags.json:
        print(json.dumps(found))
    else:
        rows = f"{found['requests']} rows of requests and {found['labels']} labels"
        print(f"{rows} taken in; the store has {store.size() / 1e6:.1f} MB")
    return 0


def _report(flags: argparse.Namespace) -> int:
    from tidefall.lifecycle.monitoring.drift import drift_report
    from tidefall.lifecycle.monitoring.quality import quality_report

    store = _open(flags)
    reference = _window(flags.reference, flags.reference_version)
    current = _window(flags.current, flags.current_version)
    drift = drift_report(
        store, flags.model, reference, current, segments=flags.segment, columns=flags.column,
        method=flags.method, alpha=flags.alpha,
    )  # fmt: skip
    quality = None
    if flags.quality:
        quality = quality_report(
            store, flags.model, current, reference, prediction=flags.prediction,
            segments=flags.segment, alpha=flags.alpha,
        )  # fmt: skip
    alerts = [*drift.alerts, *(quality.alerts if quality else ())]
    if flags.json:
        print(json.dumps({"drift": plain(drift), "quality": plain(quality)}, indent=1))
    else:
        print(f"{drift.reference_count} rows before, {drift.current_count} now, "
              f"{len(drift.findings)} comparisons, {drift.seconds:.1f} s")  # fmt: skip
        print(_alerts(alerts) if alerts else "nothing has changed")
        for cause in drift.causes[:5]:
            print(f"likely cause ({cause.score:.0%}): {cause.reason}")
        if quality is not None:
            print(_metrics(quality))
    return 3 if flags.fail and alerts else 0


def _alerts(alerts: Sequence[Finding]) -> str:
    rows = [
        (
            f.kind, f.feature, f.segment or "all rows", f.method, f"{f.value:.3g}",
            f"{f.threshold:.3g}", "" if f.q_value is None else f"{f.q_value:.1g}",
        )
        for f in alerts
    ]  # fmt: skip
    return table(("kind", "feature", "segment", "method", "value", "threshold", "q-value"), rows)


def _metrics(report: Any) -> str:
    rows = [
        (
            m.name, m.segment or "all rows", m.method, f"{m.value:.4g}", f"{m.low:.4g}",
            f"{m.high:.4g}", "" if m.reference is None else f"{m.reference:.4g}", m.count,
        )
        for m in report.metrics
    ]  # fmt: skip
    names = ("metric", "segment", "by", "value", "low", "high", "reference", "rows")
    return table(names, rows)


def _watch(flags: argparse.Namespace) -> int:
    from tidefall.lifecycle.monitoring.page import headline
    from tidefall.lifecycle.monitoring.watch import read_rules, watch_once

    store, rules = _open(flags), read_rules(flags.rules)
    pause = _span(flags.every)
    while True:
        if flags.log:
            store.ingest(flags.log)
        now = _time(flags.now) if flags.now else time.time()
        for one in rules:
            for found in watch_once(store, one, now):
                if flags.json:
                    print(json.dumps(plain(found)))
                elif found.incident is not None:
                    word = "new" if found.is_new else "again"
                    incident = found.incident
                    print(f"{word}: {incident.model} version {incident.version}: "
                          f"{headline(incident)}: {incident.page}")  # fmt: skip
                sys.stdout.flush()
        if flags.once or flags.now:
            return 0
        time.sleep(pause)


def _delete(flags: argparse.Namespace) -> int:
    store = _open(flags)
    ids = list(flags.ids or [])
    if flags.ids_file:
        ids += Path(flags.ids_file).read_text(encoding="utf-8").splitlines()
    before = _time(flags.before) if flags.before else None
    count = store.delete(flags.model, ids or None, before)
    print(json.dumps({"deleted": count}) if flags.json else f"{count} rows deleted")
    return 0


def _incidents(flags: argparse.Namespace) -> int:
    from tidefall.lifecycle.monitoring.page import headline

    found = _open(flags).incidents(flags.model)
    if flags.json:
        print(json.dumps([plain(one) for one in found], indent=1))
        return 0
    rows = [(one.id, one.model, one.version, one.count, headline(one), one.page) for one in found]
    print(table(("incident", "model", "version", "windows", "what", "page"), rows))
    return 0


def _silence(flags: argparse.Namespace) -> int:
    now = time.time()
    until = now + _span(flags.span)
    _open(flags).silence(flags.model, until, feature=flags.feature, begin=now, reason=flags.reason)
    print(json.dumps({"until": until}) if flags.json else f"silent for {flags.span}")
    return 0
