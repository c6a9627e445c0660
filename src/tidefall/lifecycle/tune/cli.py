"""The command `tidefall tune`: the searches of a store, and what one of them found."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from typing import Any

from tidefall.base import errors
from tidefall.lifecycle.metadata.cli import DEFAULT_STORE
from tidefall.lifecycle.metadata.tables import exit_status, table
from tidefall.lifecycle.tune.progress import params_text, values_text
from tidefall.lifecycle.tune.space import optuna
from tidefall.lifecycle.tune.study import storage_url

STATES = ("COMPLETE", "PRUNED", "FAIL", "RUNNING", "WAITING")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    flags = _parser().parse_args(arguments)
    return exit_status("tune", lambda: flags.run(flags))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tidefall tune", description="Searches for hyperparameters: the studies of a store."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Any, words: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=words, description=words)
        made.add_argument("--store", default=DEFAULT_STORE, help="the store's folder (%(default)s)")
        made.add_argument("--storage", default="", help="URL of another database of studies")
        made.add_argument("--json", action="store_true", help="print JSON")
        made.set_defaults(run=run)
        return made

    add("list", _list, "list the searches")
    shown = add("show", _show, "show the trials of a search, the best first")
    shown.add_argument("name")
    shown.add_argument("--limit", type=int, default=20, help="how many trials (%(default)s)")
    return parser


def _url(flags: argparse.Namespace) -> str:
    url = storage_url(flags.store, flags.storage)
    path = url.removeprefix("sqlite:///")
    if path != url and not os.path.exists(path):
        message = f"there are no searches in {flags.store}; name their store with --store"
        raise errors.NotFoundError(None, None, message)
    return url


def _list(flags: argparse.Namespace) -> int:
    url = _url(flags)
    rows = []
    for name in sorted(optuna().get_all_study_names(url)):
        study = optuna().load_study(study_name=name, storage=url)
        names = study.metric_names or [f"value_{i}" for i in range(len(study.directions))]
        counts = dict.fromkeys(STATES, 0)
        for trial in study.get_trials(deepcopy=False):
            counts[trial.state.name] += 1
        best = _best(study)
        rows.append(
            {
                "name": name,
                "objectives": {
                    key: direction.name.lower()
                    for key, direction in zip(names, study.directions, strict=True)
                },
                "trials": counts,
                "best": None if len(best) != 1 else _plain(best[0]),
            }
        )
    if flags.json:
        print(json.dumps(rows, indent=1))
        return 0
    cells = [
        (
            row["name"],
            ", ".join(f"{way} {key}" for key, way in row["objectives"].items()),
            row["trials"]["COMPLETE"],
            row["trials"]["PRUNED"],
            row["trials"]["FAIL"],
            values_text(row["best"]["values"]) if row["best"] else "",
        )
        for row in rows
    ]
    print(table(("search", "objectives", "complete", "pruned", "failed", "best"), cells))
    return 0


def _show(flags: argparse.Namespace) -> int:
    url = _url(flags)
    try:
        study = optuna().load_study(study_name=flags.name, storage=url)
    except KeyError:
        known = sorted(optuna().get_all_study_names(url))
        message = f"no search {flags.name!r} in {flags.store}; there are {known}"
        raise errors.NotFoundError(None, None, message) from None
    best = {trial.number for trial in _best(study)}
    sign = -1 if study.directions[0].name == "MAXIMIZE" else 1

    def order(trial: Any) -> tuple[Any, ...]:
        values = trial.values if trial.state.name == "COMPLETE" else None
        value = sign * values[0] if values else 0.0
        return trial.number not in best, not values, value, trial.number

    trials = sorted(study.get_trials(deepcopy=False), key=order)[: flags.limit]
    if flags.json:
        print(json.dumps([{**_plain(t), "best": t.number in best} for t in trials], indent=1))
        return 0
    rows = [
        (
            "*" if trial.number in best else "",
            trial.number,
            trial.state.name.lower(),
            values_text(trial.values or ()) if trial.state.name == "COMPLETE" else "",
            "" if trial.duration is None else f"{trial.duration.total_seconds():.1f} s",
            params_text(trial.params),
            trial.user_attrs.get("run_id", ""),
        )
        for trial in trials
    ]
    names = ", ".join(study.metric_names or ["value"])
    print(table(("", "trial", "state", names, "took", "values tried", "run"), rows))
    return 0


def _best(study: Any) -> list[Any]:
    if not study.get_trials(deepcopy=False, states=(optuna().trial.TrialState.COMPLETE,)):
        return []
    return [study.best_trial] if len(study.directions) == 1 else list(study.best_trials)


def _plain(trial: Any) -> dict[str, Any]:
    return {
        "number": trial.number,
        "state": trial.state.name,
        "values": trial.values if trial.state.name == "COMPLETE" else None,
        "params": trial.params,
        "run_id": trial.user_attrs.get("run_id"),
    }
