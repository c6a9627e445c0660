"""`tidefall retrain`: decide whether to train again, do it, and make a version once more."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from tidefall.lifecycle.metadata.cli import DEFAULT_STORE
from tidefall.lifecycle.metadata.tables import exit_status

ENDED_BADLY = 3
"""The exit status where the new version was no better, or came back."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="tidefall retrain",
        description="Train a model again where there is reason to, and hand it to a release.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, run, words in (
        ("decide", _decide, "say whether there is reason to, and why"),
        ("run", _run, "train again if there is; take up what was cut short"),
    ):
        made = commands.add_parser(name, help=words, description=words)
        made.add_argument("plan", help="the plan's file")
        made.add_argument("--json", action="store_true", help="print JSON")
        made.set_defaults(run=run)
        if name == "run":
            made.add_argument("--force", metavar="REASON", default="", help="whatever triggers say")
            made.add_argument("--every", metavar="TIME", help="again and again, such as 15m")
            made.add_argument("--times", type=int, help="with --every: so often")
    made = commands.add_parser("reproduce", help="make a version once more from its lineage")
    made.add_argument("model")
    made.add_argument("version", type=int)
    made.add_argument("--store", default=DEFAULT_STORE, help="the store's folder (%(default)s)")
    made.set_defaults(run=_reproduce)
    flags = parser.parse_args(arguments)
    return exit_status("retrain", lambda: flags.run(flags))


def _decide(flags: argparse.Namespace) -> int:
    from tidefall.lifecycle.registry.registry import Registry
    from tidefall.lifecycle.retrain.plan import read_retrain_plan
    from tidefall.lifecycle.retrain.runner import Retraining
    from tidefall.tools.pipeline.cli import load_pipeline

    plan = read_retrain_plan(flags.plan)
    with Registry(plan.store) as registry:
        decision = Retraining(plan, registry, load_pipeline, _tell).decide()
    if flags.json:
        print(json.dumps({"reasons": decision.reasons, "figures": decision.figures}))
    else:
        print("\n".join(decision.reasons) or "no reason to train again")
    return 0


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _run(flags: argparse.Namespace) -> int:
    from tidefall.lifecycle.pipelines.orchestration.schedule import run_on_schedule, seconds_of

    if not flags.every:
        return _run_once(flags)
    failed = run_on_schedule(lambda: _run_once(flags), seconds_of(flags.every), flags.times)
    return int(failed > 0)


def _run_once(flags: argparse.Namespace) -> int:
    from tidefall.lifecycle.registry.registry import Registry
    from tidefall.lifecycle.retrain.plan import read_retrain_plan
    from tidefall.lifecycle.retrain.runner import Retraining
    from tidefall.tools.pipeline.cli import load_pipeline

    plan = read_retrain_plan(flags.plan)
    with Registry(plan.store) as registry:
        ended = Retraining(plan, registry, load_pipeline, _tell).run(flags.force)
    print(json.dumps({"ended": ended}) if flags.json else ended)
    return ENDED_BADLY if ended in ("refused", "rolled back") else 0


def _reproduce(flags: argparse.Namespace) -> int:
    from tidefall.lifecycle.registry.registry import Registry
    from tidefall.lifecycle.retrain.reproduction import reproduce
    from tidefall.tools.pipeline.cli import load_pipeline

    with Registry(flags.store) as registry:
        found = reproduce(registry, flags.model, flags.version, load_pipeline)
    print(json.dumps(found.as_json()))
    return 0 if found.is_same else ENDED_BADLY
