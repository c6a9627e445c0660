"""`tidefall pipeline`: run, show and compile pipelines that files define."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from tidefall.base import errors


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 0, or 1 where something failed."""
    flags = _parser().parse_args(arguments)
    try:
        return flags.run(flags)
    except (errors.OpError, ImportError) as error:
        text = getattr(error, "message", None) or str(error)
        print("\n".join([f"tidefall pipeline: {text}", *getattr(error, "__notes__", ())]),
              file=sys.stderr)  # fmt: skip
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tidefall pipeline",
        description="Pipelines. A file defines one as `pipeline`, or by `create_pipeline()`.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = _command(commands, "run", _run, "run all nodes; a killed run is taken up")
    _run_flags(run)
    scheduled = _command(commands, "schedule", _schedule, "run it now, and again after a time")
    scheduled.add_argument("--every", required=True, metavar="TIME", help="such as 90, 15m, 1h, 1d")
    scheduled.add_argument("--times", type=int, help="how many runs; by default without an end")
    _run_flags(scheduled)
    show = _command(commands, "show", _show, "the nodes, and how the last run went")
    del show
    compiled = _command(commands, "compile", _compile, "for Airflow, Argo, Kubeflow or Ray")
    compiled.add_argument("--to", required=True, choices=("airflow", "argo", "kubeflow", "ray"))
    compiled.add_argument("--image", default="tidefall:latest", help="of containers")
    compiled.add_argument("--schedule", default="", metavar="CRON", help='such as "0 3 * * *"')
    compiled.add_argument("--output", help="a file; by default the terminal")
    node = _command(commands, "run-node", _run_node, "run one node of a run: a cluster's task")
    node.add_argument("node")
    node.add_argument("--run-id", required=True)
    _set_flag(node)
    return parser


def _run_flags(run: argparse.ArgumentParser) -> None:
    run.add_argument("--fresh", action="store_true", help="do not take up a killed run")
    run.add_argument("--no-cache", action="store_true", help="run what ran before, too")
    run.add_argument("--parallel", type=int, metavar="N", help="nodes at once")
    run.add_argument("--from", action="append", dest="first", metavar="NODE",
                     help="run this node and what comes after it")  # fmt: skip
    run.add_argument("--to", action="append", dest="last", metavar="NODE",
                     help="run this node and what comes before it")  # fmt: skip
    run.add_argument(
        "--base", metavar="RUN", help="the run that other nodes' outputs are taken from"
    )
    _set_flag(run)


def _command(commands: Any, name: str, run: Any, words: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=words, description=words)
    parser.set_defaults(run=run)
    parser.add_argument("file", help="a Python file")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _set_flag(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE",
                        help="a runtime parameter")  # fmt: skip


def load_pipeline(path: str) -> Any:
    """Return the pipeline that a file defines.

    Raises:
        NotFoundError: no such file.
        InvalidArgumentError: it defines none.
    """
    from tidefall.compat import tensorflow as alias
    from tidefall.lifecycle.pipelines.dsl.pipeline import Pipeline
    from tidefall.lifecycle.pipelines.failures import invalid, missing

    if not os.path.isfile(path):
        raise missing(f"there is no file {path}")
    alias.enable()
    spec = importlib.util.spec_from_file_location("pipeline_main", path)
    if spec is None or spec.loader is None:
        raise invalid(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules["pipeline_main"] = module
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    spec.loader.exec_module(module)
    found = getattr(module, "pipeline", None)
    if found is None and hasattr(module, "create_pipeline"):
        found = module.create_pipeline()
    if not isinstance(found, Pipeline):
        raise invalid(
            f"{path} defines no pipeline: set `pipeline`, or write `create_pipeline()` that "
            "needs no arguments"
        )
    return found


def _parameters(flags: Any) -> dict[str, str]:
    from tidefall.lifecycle.pipelines.failures import invalid

    for one in flags.set:
        if "=" not in one:
            raise invalid(f"--set takes NAME=VALUE, got {one!r}")
    return dict(one.split("=", 1) for one in flags.set)


def _run(flags: Any) -> int:
    _run_once(load_pipeline(flags.file), flags)
    return 0


def _schedule(flags: Any) -> int:
    from tidefall.lifecycle.pipelines.orchestration.schedule import run_on_schedule, seconds_of

    pipeline, every = load_pipeline(flags.file), seconds_of(flags.every)
    failed = run_on_schedule(lambda: _run_once(pipeline, flags), every, flags.times)
    return int(failed > 0)


def _run_once(pipeline: Any, flags: Any) -> None:
    from tidefall.lifecycle.pipelines.dsl.pipeline import RunOptions
    from tidefall.lifecycle.pipelines.orchestration.local_dag_runner import LocalDagRunner

    if flags.no_cache:
        pipeline.enable_cache = False
    options = None
    if flags.first or flags.last or flags.base:
        options = RunOptions(flags.first, flags.last, flags.base)
    style = "json" if flags.json else "auto"
    runner = LocalDagRunner(flags.parallel, style, not flags.fresh)
    result = runner.run(pipeline, options, _parameters(flags))
    if flags.json:
        told = {"run": result.run_id, "states": result.states, "seconds": result.seconds}
        print(json.dumps(told))
    else:
        print(f"{result.run_id}: {len(result.states)} nodes in {result.seconds:.1f} s")


def _run_node(flags: Any) -> int:
    from tidefall.lifecycle.pipelines.orchestration.local_dag_runner import LocalDagRunner

    runner = LocalDagRunner(view="none")
    pipeline = load_pipeline(flags.file)
    state = runner.run_node(pipeline, flags.node, flags.run_id, _parameters(flags))
    print(json.dumps({"node": flags.node, "state": state}) if flags.json else state)
    return 0


def _show(flags: Any) -> int:
    from tidefall.lifecycle.pipelines.orchestration.records import Records

    pipeline = load_pipeline(flags.file)
    connection = pipeline.metadata_connection_config
    records = Records(getattr(connection, "url", connection), pipeline.id)
    names = {1: "new", 2: "running", 3: "done", 4: "failed", 5: "cached", 6: "canceled"}
    try:
        last = next(reversed(records.runs()), ("", {}))
        found = records.executions(last[0]) if last[0] else {}
    finally:
        records.close()
    rows = [
        {
            "node": node.id,
            "after": [one.id for one in node.upstream_nodes],
            "state": names[found[node.id][0].last_known_state] if node.id in found else "-",
            "error": found[node.id][1].get("error", "") if node.id in found else "",
        }
        for node in pipeline.components
    ]
    if flags.json:
        print(json.dumps({"pipeline": pipeline.id, "run": last[0], "nodes": rows}))
        return 0
    print(f"{pipeline.id}, run {last[0] or '-'} {last[1].get('state', '')}".rstrip())
    width = max((len(row["node"]) for row in rows), default=0)
    for row in rows:
        after = ", ".join(row["after"]) or "-"
        print(f"  {row['node']:<{width}}  {row['state']:<9} after {after}  {row['error']}".rstrip())
    return 0


def _compile(flags: Any) -> int:
    from tidefall.io.file_systems.whole_files import whole_file
    from tidefall.lifecycle.pipelines.compile import compile_pipeline

    text = compile_pipeline(
        load_pipeline(flags.file), flags.to, os.path.abspath(flags.file), flags.image,
        flags.schedule,
    )  # fmt: skip
    if flags.output:
        with whole_file(flags.output) as file:
            file.write(text.encode())
    if flags.json:
        print(json.dumps({"to": flags.to, "output": flags.output, "bytes": len(text)}))
    elif not flags.output:
        print(text, end="")
    return 0
