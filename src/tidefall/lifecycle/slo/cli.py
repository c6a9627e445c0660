"""The commands `tidefall slo` and `tidefall incident`."""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from collections.abc import Sequence
from typing import Any

from tidefall.lifecycle.metadata.tables import exit_status

STALE = 3
"""The exit status of a check that found files that are not what they should be."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `tidefall slo`; returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="tidefall slo", description="Objectives of models, and what follows from them."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, run, words in (
        ("generate", _generate, "write rules, dashboards and the sheet for the one on call"),
        ("check", _check, f"say which of them are stale; exit status {STALE} where one is"),
        ("metrics", _metrics, "write quality and ages as Prometheus metrics"),
    ):
        made = commands.add_parser(name, help=words, description=words)
        made.add_argument("objectives", help="the objectives' file")
        kind = "a file" if name == "metrics" else "the folder"
        made.add_argument("--output", default="-" if name == "metrics" else "slo", help=kind)
        made.add_argument("--json", action="store_true", help="print JSON")
        made.set_defaults(run=run)
    flags = parser.parse_args(arguments)
    return exit_status("slo", lambda: flags.run(flags))


def _generate(flags: argparse.Namespace) -> int:
    from tidefall.lifecycle.slo.generate import write
    from tidefall.lifecycle.slo.objectives import read_objectives

    written = write(read_objectives(flags.objectives), flags.output)
    if flags.json:
        print(json.dumps({"written": written}))
    else:
        print(f"{flags.output}: {', '.join(written) if written else 'all is as it should be'}")
    return 0


def _check(flags: argparse.Namespace) -> int:
    from tidefall.lifecycle.slo.generate import check
    from tidefall.lifecycle.slo.objectives import read_objectives

    stale = check(read_objectives(flags.objectives), flags.output)
    if flags.json:
        print(json.dumps({"stale": stale}))
    else:
        command = f"tidefall slo generate {flags.objectives} --output {flags.output}"
        for name in stale:
            print(f"{flags.output}/{name} is stale: {command}")
    return STALE if stale else 0


def _metrics(flags: argparse.Namespace) -> int:
    from tidefall.io.file_systems.whole_files import whole_file
    from tidefall.lifecycle.monitoring.store import open_store
    from tidefall.lifecycle.registry.catalog import Catalog
    from tidefall.lifecycle.slo.exposition import metrics_text
    from tidefall.lifecycle.slo.objectives import read_objectives

    objectives = read_objectives(flags.objectives)
    store = open_store(objectives.monitoring, must_exist=True) if objectives.monitoring else None
    with Catalog(objectives.store) as catalog:
        text = metrics_text(objectives, store, catalog)
    if flags.output == "-":
        sys.stdout.write(text)
    else:
        with whole_file(flags.output) as file:
            file.write(text.encode())
    return 0


def incident(arguments: Sequence[str] | None = None) -> int:
    """Run `tidefall incident`; returns its exit status."""
    from tidefall.lifecycle.metadata.cli import DEFAULT_STORE

    parser = argparse.ArgumentParser(
        prog="tidefall incident",
        description="Gather what there is about a model and a span of time into a folder.",
    )
    parser.add_argument("model")
    parser.add_argument("--since", help="how long ago it began, such as 2h; or give --begin")
    parser.add_argument("--begin", help="when, such as 2026-11-25T03:00; UTC unless it says so")
    parser.add_argument("--end", help="until when; now without it")
    parser.add_argument("--output", default="incident", help="the folder, made (%(default)s)")
    parser.add_argument("--store", default=DEFAULT_STORE, help="the registry (%(default)s)")
    parser.add_argument("--server", action="append", default=[], help="a server's address")
    parser.add_argument("--token_file", default="", help="file with the admin token")
    parser.add_argument("--prometheus", default="", help="its address")
    parser.add_argument("--monitoring", default="", help="the monitoring store's folder")
    parser.add_argument("--request_log", default="", help="the servers' request log")
    flags = parser.parse_args(arguments)
    return exit_status("incident", lambda: _incident(flags))


def _incident(flags: argparse.Namespace) -> int:
    from tidefall.base import errors
    from tidefall.lifecycle.pipelines.orchestration.schedule import seconds_of
    from tidefall.lifecycle.release.fleet import read_token
    from tidefall.lifecycle.slo.incident import Sources, collect

    end = _time(flags.end, "--end") if flags.end else datetime.datetime.now(datetime.UTC)
    if (flags.since is None) == (flags.begin is None):
        raise errors.InvalidArgumentError(None, None, "give --since or --begin")
    if flags.since:
        begin = end - datetime.timedelta(seconds=seconds_of(flags.since))
    else:
        begin = _time(flags.begin, "--begin")
    token = read_token(flags.token_file) if flags.server else ""
    sources = Sources(
        flags.store, flags.server, token, flags.prometheus, flags.monitoring, flags.request_log
    )
    folder = collect(flags.model, begin, end, flags.output, sources)
    print(f"{folder}/post_mortem.md")
    return 0


def _time(text: str, flag: str) -> datetime.datetime:
    from tidefall.base import errors

    try:
        found: Any = datetime.datetime.fromisoformat(text)
    except ValueError:
        message = f"{flag} {text!r}: expected a time such as 2026-11-25T03:00"
        raise errors.InvalidArgumentError(None, None, message) from None
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)
