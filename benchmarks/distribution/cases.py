"""The rows about several processes on one library, started in that library's environment."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from functools import cache
from typing import Any

from benchmarks import timing
from benchmarks.distribution import members
from benchmarks.distribution.repeated import MODELS, SIZES

FOLDER = "benchmarks.distribution"
LIBRARIES = ("tidefall", "tensorflow", "jax", "torch")


def cases(library: str, quick: bool) -> dict[str, timing.Case]:
    """A library's rows by name."""
    script = {"jax": "jax_processes", "torch": "torch_ddp"}.get(library, "tensorflow_api")
    first = [library] if script == "tensorflow_api" else []

    @cache
    def workers(part: str) -> tuple[Any, float]:
        options = ["--quick"] if quick else []
        return members.two_workers(f"{FOLDER}.{script}", [*first, part, *options])

    def reduced(name: str) -> Callable[[timing.Clock], dict[str, float]]:
        def measure(clock: timing.Clock) -> dict[str, float]:
            found = dict(workers("reductions")[0][name])
            if library == "tidefall":
                found.update(workers("group")[0][name])
            return found

        return measure

    def step(model: str) -> Callable[[timing.Clock], dict[str, float]]:
        return lambda clock: workers(model)[0][f"workers_{model}_step"]

    def started(clock: timing.Clock) -> dict[str, float]:
        ended, began = workers("start")
        return {"workers": ended - began}

    def alone(part: str, row: str, start: Any) -> Callable[[timing.Clock], dict[str, float]]:
        options = ["--quick"] if quick else []
        return lambda clock: start(f"{FOLDER}.{script}", [*first, part, *options])[row]

    found: dict[str, timing.Case] = {
        f"workers_reduce_{name}": reduced(f"workers_reduce_{name}") for name in SIZES
    }
    if library == "jax":
        return found
    found |= {f"workers_{model}_step": step(model) for model in MODELS}
    found["workers_start"] = started
    if first:
        found["mirrored_ratio"] = alone("mirrored", "mirrored_ratio", members.alone)
        found["coordinator_closure"] = alone("closures", "coordinator_closure", members.coordinator)
    return found


def main() -> None:
    parser = timing.parser()
    parser.add_argument("--library", default="tidefall", choices=LIBRARIES)
    arguments = parser.parse_args()
    library = arguments.library
    installed = {found.name for found in importlib.metadata.distributions()}
    package = library if library in installed else f"{library}-cpu"
    versions = {library: importlib.metadata.version(package)}
    timing.main(versions, cases(library, arguments.quick), arguments)


if __name__ == "__main__":
    main()
