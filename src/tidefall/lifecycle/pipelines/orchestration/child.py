"""An executor in a process of its own, which can be ended: `run_in_child`, and that process."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import subprocess
import sys
import threading
import time
from typing import Any

from tidefall.base import errors
from tidefall.lifecycle.pipelines.failures import invalid
from tidefall.lifecycle.pipelines.types.artifact import artifact_from_json


def _reference(node: Any) -> dict[str, str]:
    executor = node.executor_class
    named = executor if executor is not type(node).EXECUTOR_SPEC else type(node)
    module = sys.modules[named.__module__]
    path = getattr(module, "__file__", "") if named.__module__ == "__main__" else ""
    return {"module": named.__module__, "name": named.__qualname__, "file": path or ""}


def _as_json(group: dict[str, list[Any]]) -> dict[str, Any]:
    return {key: [one.to_json_dict() for one in many] for key, many in group.items()}


def _from_json(group: dict[str, Any]) -> dict[str, list[Any]]:
    return {key: [artifact_from_json(one) for one in many] for key, many in group.items()}


def run_in_child(
    node: Any, inputs: dict[str, list[Any]], outputs: dict[str, list[Any]],
    parameters: dict[str, Any], folder: str, state_dir: str, timeout: float,
) -> None:  # fmt: skip
    """Run a node's executor in another process; the outputs' properties come back.

    Raises:
        DeadlineExceededError: it took too long and was ended.
        InternalError: it failed; the message has its last words.
    """
    job, answer = os.path.join(folder, "job.json"), os.path.join(folder, "answer.json")
    with open(job, "w", encoding="utf-8") as file:
        json.dump(
            {"executor": _reference(node), "inputs": _as_json(inputs),
             "outputs": _as_json(outputs), "parameters": parameters, "answer": answer,
             "state_dir": state_dir, "path": sys.path}, file,
        )  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, *_program(), job],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        _, words = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        raise errors.DeadlineExceededError(
            None, None, f"{node.id} was ended after its {timeout:g} s; give it more by "
            ".with_options(timeout_seconds=...)",
        ) from None  # fmt: skip
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    if process.returncode:
        raise errors.InternalError(
            None, None, f"{node.id} failed in its process, status {process.returncode}:\n"
            + words[-4000:],
        )  # fmt: skip
    with open(answer, encoding="utf-8") as file:
        done = _from_json(json.load(file))
    for key, artifacts in outputs.items():
        for artifact, its_answer in zip(artifacts, done[key], strict=True):
            artifact.properties.update(its_answer.properties)
            artifact.custom_properties.update(its_answer.custom_properties)


def _program() -> list[str]:
    """This file as a program, with `import tensorflow` answered as it is in this process."""
    alias = sys.modules.get("tidefall.compat.tensorflow")
    if alias is not None and alias.enabled():
        return ["-m", "tidefall.compat.tensorflow", __file__]
    return ["-m", "tidefall.lifecycle.pipelines.orchestration.child"]


def _executor(reference: dict[str, str]) -> Any:
    if reference["file"]:
        spec = importlib.util.spec_from_file_location("pipeline_main", reference["file"])
        if spec is None or spec.loader is None:
            raise invalid(f"{reference['file']} is no Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules["pipeline_main"] = module
        spec.loader.exec_module(module)
    else:
        module = importlib.import_module(reference["module"])
    found: Any = module
    for part in reference["name"].split("."):
        found = getattr(found, part)
    return getattr(found, "EXECUTOR_SPEC", found)


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(1)


def main(job_path: str) -> None:
    """Run the job of a file."""
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    with open(job_path, encoding="utf-8") as file:
        job = json.load(file)
    sys.path[:] = job["path"]
    executor = _executor(job["executor"])
    executor = getattr(executor, "executor_class", executor)
    outputs = _from_json(job["outputs"])
    made = executor()
    made.state_dir = job["state_dir"]
    made.Do(_from_json(job["inputs"]), outputs, job["parameters"])
    with open(job["answer"], "w", encoding="utf-8") as file:
        json.dump(_as_json(outputs), file)


if __name__ == "__main__":
    main(sys.argv[1])
