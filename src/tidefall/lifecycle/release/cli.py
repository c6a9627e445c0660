"""The commands `tidefall release` and `tidefall rollback`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

from tidefall.lifecycle.metadata.cli import DEFAULT_STORE
from tidefall.lifecycle.metadata.tables import exit_status, table

ROLLED_BACK = 3
"""The exit status of a release that went back."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `tidefall release`; returns its exit status."""
    flags = _parser().parse_args(arguments)
    return exit_status("release", lambda: flags.run(flags))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tidefall release",
        description="Bring a model's new version to its users, by a plan written beforehand.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Any, words: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=words, description=words)
        made.add_argument("--json", action="store_true", help="print JSON")
        made.set_defaults(run=run)
        return made

    started = add("run", _run, "run a release, or take one up that was cut short")
    started.add_argument("plan", help="the plan's file")
    started.add_argument("version", type=int, help="the version that is to answer")
    started.add_argument("--stable", type=int, help="the version that answers now")
    _user(started)
    held = add("hold", _hold, "have the present version answer whatever is registered after it")
    held.add_argument("plan")
    held.add_argument("--stable", type=int, help="the version that answers now")
    _user(held)
    checked = add("check", _check, "say whether a plan is right, and what it comes to")
    checked.add_argument("plan")
    tried = add("what-if", _what_if, "what a plan would have done with recorded traffic")
    tried.add_argument("plan")
    tried.add_argument("recording", help="a TFRecord file of PredictionLogs")
    tried.add_argument("version", type=int, help="the candidate")
    tried.add_argument("--stable", type=int, help="the version beside it")
    tried.add_argument("--seed", type=int, default=0, help="of the split (%(default)s)")
    tried.add_argument("--rate", type=float, help="requests a second; as recorded without it")
    made = add("manifests", _manifests, "write files for Kubernetes, KServe or Argo Rollouts")
    made.add_argument("plan")
    made.add_argument("version", type=int)
    made.add_argument("--to", choices=("kubernetes", "kserve", "argo"), required=True)
    made.add_argument("--image", default="tidefall-serving:latest", help="(%(default)s)")
    made.add_argument("--stable", type=int)
    made.add_argument("--output", default="-", help="a file; standard output for - (%(default)s)")
    for name, run, words in (
        ("status", _status, "where a model's releases are"),
        ("pause", _pause, "have a release wait at its step"),
        ("resume", _resume, "have it go on"),
        ("abort", _abort, "end it: the version from before answers everything"),
    ):
        made = add(name, run, words)
        made.add_argument("model")
        made.add_argument("--store", default=DEFAULT_STORE, help="the store's folder (%(default)s)")
        if name == "abort":
            made.add_argument("--reason", default="", help="for the audit log")
        if name != "status":
            _user(made)
    return parser


def _user(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--signing_key", help="file with the private key that signs the audit log")


def _registry(store: str, flags: argparse.Namespace) -> Any:
    from tidefall.lifecycle.registry.registry import Registry

    return Registry(store, signing_key=getattr(flags, "signing_key", None))


def _run(flags: argparse.Namespace) -> int:
    from tidefall.lifecycle.release.fleet import Fleet, read_token
    from tidefall.lifecycle.release.plan import read_plan
    from tidefall.lifecycle.release.runner import Runner

    plan = read_plan(flags.plan)
    fleet = Fleet(plan.servers, read_token(plan.token_file), plan.ca_file)

    def tell(line: str) -> None:
        print(line, file=sys.stderr if flags.json else sys.stdout, flush=True)

    with _registry(plan.store, flags) as registry:
        runner = Runner(plan, registry, fleet, tell)
        ended = runner.run(flags.version, flags.stable)
        release = runner.history.refresh().latest(plan.model)
    if flags.json and release is not None:
        print(json.dumps(_document(release), indent=1))
    return 0 if ended == "promoted" else ROLLED_BACK


def _hold(flags: argparse.Namespace) -> int:
    from tidefall.base import errors
    from tidefall.lifecycle.release.fleet import Fleet, read_token
    from tidefall.lifecycle.release.history import GoBackError
    from tidefall.lifecycle.release.plan import read_plan
    from tidefall.lifecycle.release.runner import Runner

    plan = read_plan(flags.plan)
    fleet = Fleet(plan.servers, read_token(plan.token_file), plan.ca_file)
    with _registry(plan.store, flags) as registry:
        stable = flags.stable
        if stable is None:
            stable = registry.version(plan.model, plan.promotion.stage).number
        try:
            servers = Runner(plan, registry, fleet).hold(stable)
        except GoBackError as why:
            raise errors.UnavailableError(None, None, str(why)) from None
    print(f"version {stable} of {plan.model!r} answers on {', '.join(servers)}")
    return 0


def _check(flags: argparse.Namespace) -> int:
    from tidefall.lifecycle.release.plan import read_plan

    plan = read_plan(flags.plan)
    steps = [
        {"percent": share, "requests": plan.step_requests(share), "seconds": plan.canary.seconds}
        for share in plan.canary.steps
    ]
    if flags.json:
        print(json.dumps({"plan": plan.as_json(), "steps": steps}, indent=1))
        return 0
    rows = [
        (s["percent"], s["requests"], round(s["requests"] * 100 / s["percent"]), f"{s['seconds']:g}")
        for s in steps
    ]
    print(table(("% of requests", "of the candidate", "of all", "seconds at least"), rows))
    return 0


def _document(release: Any) -> dict[str, Any]:
    return {
        "release": release.id,
        "model": release.model,
        "stable": release.stable,
        "candidate": release.candidate,
        "state": release.state(),
        "events": [
            {
                "time": event.time,
                "who": event.who,
                "action": event.action,
                **{k: v for k, v in event.details.items() if k not in ("plan", "digest")},
            }
            for event in release.events
        ],
    }


def _status(flags: argparse.Namespace) -> int:
    from tidefall.base import errors
    from tidefall.lifecycle.release.history import History

    with _registry(flags.store, flags) as registry:
        history = History(registry.audit_path).refresh()
    release = history.latest(flags.model)
    if release is None:
        message = f"no release of model {flags.model!r} in {flags.store}"
        raise errors.NotFoundError(None, None, message)
    document = _document(release)
    if flags.json:
        print(json.dumps(document, indent=1))
        return 0
    print(f"{release.id}: {release.state()} ({release.stable} to {release.candidate})")
    rows = [
        (
            event["time"][:19].replace("T", " "),
            event["who"],
            event["action"].removeprefix("release."),
            ", ".join(f"{k} {v}" for k, v in event.items() if k not in _TOLD and v != ""),
        )
        for event in document["events"]
    ]
    print(table(("time (UTC)", "who", "what", ""), rows))
    return 0


_TOLD = ("time", "who", "action", "release")


def _pause(flags: argparse.Namespace) -> int:
    from tidefall.lifecycle.release.steering import pause

    with _registry(flags.store, flags) as registry:
        print(f"release {pause(registry, flags.model).id} waits")
    return 0


def _resume(flags: argparse.Namespace) -> int:
    from tidefall.lifecycle.release.steering import resume

    with _registry(flags.store, flags) as registry:
        print(f"release {resume(registry, flags.model).id} goes on")
    return 0


def _abort(flags: argparse.Namespace) -> int:
    from tidefall.lifecycle.release.steering import go_back, under_way

    with _registry(flags.store, flags) as registry:
        release = under_way(registry, flags.model)
        reason = flags.reason or f"aborted by {registry.user}"
        version, servers = go_back(registry, flags.model, reason=reason)
    print(f"release {release.id} ended: version {version} answers on {', '.join(servers)}")
    return 0


def _what_if(flags: argparse.Namespace) -> int:
    from tidefall.lifecycle.release.plan import read_plan
    from tidefall.lifecycle.release.whatif import what_if

    plan = read_plan(flags.plan)
    with _registry(plan.store, flags) as registry:
        stable = flags.stable or registry.version(plan.model, plan.promotion.stage).number
        folders = {
            number: registry.path(registry.version(plan.model, number))
            for number in (stable, flags.version)
        }
    found = what_if(
        plan, flags.recording, folders, stable, flags.version, rate=flags.rate, seed=flags.seed
    )
    if flags.json:
        print(json.dumps(found.as_json(), indent=1))
        return 0
    rows = [(s.percent, s.requests, s.candidate_requests, f"{s.seconds:.0f}") for s in found.steps]
    print(table(("% of requests", "of all", "of the candidate", "seconds"), rows))
    print(f"{found.ended}: {found.reason}")
    return 0


def _manifests(flags: argparse.Namespace) -> int:
    from pathlib import Path

    from tidefall.io.file_systems.whole_files import whole_file
    from tidefall.lifecycle.release.manifests import manifests
    from tidefall.lifecycle.release.plan import read_plan

    text = manifests(
        read_plan(flags.plan), Path(flags.plan), flags.to, flags.version, flags.stable, flags.image
    )
    if flags.output == "-":
        print(text, end="")
    else:
        with whole_file(flags.output) as file:
            file.write(text.encode())
    return 0


def rollback(arguments: Sequence[str] | None = None) -> int:
    """Run `tidefall rollback`; returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="tidefall rollback",
        description="Have the version from before the latest release answer, on all servers, now.",
    )
    parser.add_argument("model")
    parser.add_argument("--to", type=int, help="another version")
    parser.add_argument("--reason", default="", help="for the audit log")
    parser.add_argument("--store", default=DEFAULT_STORE, help="the store's folder (%(default)s)")
    parser.add_argument("--server", action="append", help="other servers than the release's")
    parser.add_argument("--token_file", default="", help="the admin token for --server")
    parser.add_argument("--json", action="store_true", help="print JSON")
    _user(parser)
    flags = parser.parse_args(arguments)
    return exit_status("rollback", lambda: _rollback(flags))


def _rollback(flags: argparse.Namespace) -> int:
    from tidefall.lifecycle.release.fleet import Fleet, read_token
    from tidefall.lifecycle.release.steering import go_back

    fleet = Fleet(flags.server, read_token(flags.token_file)) if flags.server else None
    with _registry(flags.store, flags) as registry:
        version, servers = go_back(
            registry, flags.model, to=flags.to, reason=flags.reason, fleet=fleet
        )
    if flags.json:
        print(json.dumps({"model": flags.model, "version": version, "servers": servers}))
    else:
        print(f"version {version} of {flags.model!r} answers on {', '.join(servers)}")
    return 0
