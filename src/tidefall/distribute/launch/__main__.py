"""`tidefall launch --workers 2 train.py`: a training job of several processes."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from tidefall.base.command_line import run
from tidefall.base.errors import OpError
from tidefall.distribute.launch.processes import LocalPlace, Place, Task, cluster_of, tasks_of
from tidefall.distribute.launch.supervisor import Limits, Outcome, Supervisor, describe

_EPILOG = """Each process finds its place in the job in the environment variable TF_CONFIG, as
tf.distribute.MultiWorkerMirroredStrategy and ParameterServerStrategy read it. What the processes
print is shown with the task in front of each line."""


def parser() -> argparse.ArgumentParser:
    """What the command takes."""
    made = argparse.ArgumentParser(
        prog="tidefall launch",
        description="Run a script as a training job of several processes.",
        epilog=_EPILOG,
    )
    made.add_argument("--workers", type=int, default=2, metavar="N", help="worker processes")
    made.add_argument("--ps", type=int, default=0, metavar="N", help="parameter servers")
    made.add_argument("--chief", action="store_true", help="one more process, the chief")
    made.add_argument("--evaluator", action="store_true", help="one more process, the evaluator")
    made.add_argument(
        "--restarts",
        type=int,
        default=3,
        metavar="N",
        help="how often a process that fails is started again (default 3)",
    )
    made.add_argument(
        "--frozen",
        type=float,
        default=5.0,
        metavar="SECONDS",
        help="how long a stopped process is waited for before it is ended (default 5)",
    )
    made.add_argument(
        "--on",
        choices=("local", "ray"),
        default="local",
        help="where: on this machine, or on the machines of a Ray cluster",
    )
    made.add_argument(
        "--cpus", type=float, default=1.0, metavar="N", help="with Ray, processors of each process"
    )
    made.add_argument(
        "--gpus", type=float, default=0.0, metavar="N", help="with Ray, GPUs of each worker"
    )
    made.add_argument(
        "--tensorflow",
        action="store_true",
        help="for a script written for TensorFlow: what it imports as tensorflow is Tidefall",
    )
    made.add_argument("--json", action="store_true", help="print the summary as JSON")
    made.add_argument("script", help="a Python file")
    made.add_argument("arguments", nargs=argparse.REMAINDER, help="the script's arguments")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns 0 if all processes did what they had to."""
    takes = parser()
    flags = takes.parse_args(arguments)
    counts = {
        "chief": int(flags.chief),
        "worker": flags.workers,
        "ps": flags.ps,
        "evaluator": int(flags.evaluator),
    }
    if min(counts.values()) < 0 or not (flags.chief or flags.workers):
        takes.error("a job needs a worker or a chief, and no number is negative")
    if flags.on == "local" and not Path(flags.script).is_file():
        takes.error(f"no such script: {flags.script}")
    try:
        place = _place(flags, counts)
    except OpError as error:
        print(f"tidefall launch: {error.message}", file=sys.stderr)
        return 1
    try:
        supervisor = Supervisor(
            _command(flags),
            cluster_of(counts, place),
            Limits(flags.restarts, flags.frozen),
            _printer(sys.stderr if flags.json else sys.stdout),
            place,
        )
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, lambda *_: supervisor.end())
        outcomes = supervisor.run()
    except KeyboardInterrupt:
        return 130
    finally:
        place.close()
    print(_as_json(outcomes) if flags.json else _as_table(outcomes), flush=True)
    return int(any(outcome.status for outcome in outcomes.values()))


def _command(flags: argparse.Namespace) -> list[str]:
    python = ["python" if flags.on == "ray" else sys.executable]
    answered = ["-m", "tidefall.compat.tensorflow"] if flags.tensorflow else []
    return [*python, *answered, flags.script, *flags.arguments]


def _place(flags: argparse.Namespace, counts: dict[str, int]) -> Place:
    if flags.on == "local":
        return LocalPlace()
    from tidefall.distribute.launch.ray_processes import RayPlace

    return RayPlace(tasks_of(counts), flags.cpus, flags.gpus)


def _printer(stream: object) -> Callable[[Task | None, str], None]:
    lock = threading.Lock()

    def show(task: Task | None, line: str) -> None:
        with lock:
            print(f"[{task or 'launch'}] {line}", file=stream, flush=True)  # type: ignore[call-overload]

    return show


def _as_table(outcomes: dict[Task, Outcome]) -> str:
    lines = [f"{'task':<14} {'seconds':>8} {'steps':>8} {'steps/s':>8} {'restarts':>9}  end"]
    for task, o in outcomes.items():
        steps, rate = o.progress.steps or "-", o.progress.rate
        shown = f"{steps:>8} {'-' if rate is None else f'{rate:.1f}':>8}"
        end = describe(o.status or 0)
        lines.append(f"{task!s:<14} {o.seconds:>8.1f} {shown} {o.restarts:>9}  {end}")
    return "\n".join(lines)


def _as_json(outcomes: dict[Task, Outcome]) -> str:
    return json.dumps(
        {
            str(task): {
                "status": o.status,
                "seconds": round(o.seconds, 3),
                "restarts": o.restarts,
                "steps": o.progress.steps,
                "steps_per_second": o.progress.rate,
            }
            for task, o in outcomes.items()
        }
    )


if __name__ == "__main__":
    run(main)
