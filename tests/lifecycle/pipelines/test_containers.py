"""Components that are a command in a container, by a `docker` that runs the command here.

It keeps to docker's rules: flags before the image, and what is mounted must be there. Where a
daemon answers and has the image, docker itself is asked, too.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import tidefall as tf
from tests.lifecycle.pipelines import steps
from tidefall import pipelines as tfx

placeholders = tfx.dsl.placeholders
artifacts = tfx.types.standard_artifacts

DOCKER = """#!{python}
import json, os, subprocess, sys
words = sys.argv[1:]
assert words.pop(0) == "run"
flags, mounts = [], {{}}
while words[0].startswith("--"):
    flag = words.pop(0)
    if flag == "--volume":
        outside, inside, mode = words.pop(0).split(":")
        assert outside == inside and os.path.exists(outside), outside
        mounts[outside] = mode
    else:
        flags.append(flag)
with open({log!r}, "w") as file:
    json.dump({{"flags": flags, "mounts": mounts, "image": words[0]}}, file)
if words[0] == "absent":
    print("no such image", file=sys.stderr)
    sys.exit(125)
os.execvp(words[1], words[1:])
"""


@pytest.fixture
def docker(tmp_path, monkeypatch):
    """A folder with that program alone in front of the path; gives its log."""
    folder = tmp_path / "bin"
    folder.mkdir()
    log = tmp_path / "log.json"
    program = folder / "docker"
    program.write_text(DOCKER.format(python=sys.executable, log=str(log)))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return log


def power(command, image="alpine:3"):
    return tfx.dsl.experimental.create_container_component(
        name="Power",
        image=image,
        command=command,
        inputs={"number": artifacts.Integer},
        outputs={"model": artifacts.Model, "text": artifacts.String},
        parameters={"suffix": str},
    )


COPY = [
    "sh", "-c", 'cp "$0" "$1/copy"; printf "%s%s" "$2" "$3" > "$4"',
    placeholders.input("number")[0].uri,
    placeholders.output("model")[0].uri,
    placeholders.input("number")[0].value,
    placeholders.exec_property("suffix"),
    placeholders.output("text")[0].uri,
]  # fmt: skip


def run(root, component, **options):
    number = steps.Number(value=7)
    node = component(number=number.outputs["number"], suffix="!").with_options(**options)
    pipeline = tfx.dsl.Pipeline("boxes", str(root), components=[number, node], enable_cache=True)
    return tfx.orchestration.LocalDagRunner(view="none").run(pipeline)


@pytest.mark.process
def test_a_command_reads_and_writes_artifacts(tmp_path, docker):
    result = run(tmp_path / "root", power(COPY))
    outputs, (number,) = result.outputs["Power"], result.outputs["Number"]["number"]
    assert Path(outputs["model"][0].uri, "copy").read_text() == "7"
    assert outputs["text"][0].read() == "7!"
    said = json.loads(docker.read_text())
    assert said["image"] == "alpine:3"
    assert said["flags"] == ["--rm", "--init", f"--user={os.getuid()}:{os.getgid()}"]
    modes = sorted(said["mounts"].values())
    assert modes == ["ro", "rw", "rw"]
    assert said["mounts"][os.path.dirname(number.uri)] == "ro"
    assert set(run(tmp_path / "root", power(COPY)).states.values()) == {"cached"}
    changed = run(tmp_path / "root", power(COPY, "alpine:4"))
    assert changed.states == {"Number": "cached", "Power": "done"}


@pytest.mark.process
@pytest.mark.parametrize(
    ("command", "image", "options", "error", "message"),
    [
        (["sh", "-c", "echo spilt >&2; exit 3"], "a", {}, tf.errors.InvalidArgumentError,
         "status 3:\nspilt"),
        (["true"], "absent", {}, tf.errors.FailedPreconditionError, "could not start.*absent"),
        (["true"], "a", {}, tf.errors.NotFoundError, "Power wrote nothing for its output 'text'"),
        (["sleep", "60"], "a", {"timeout_seconds": 0.5}, tf.errors.DeadlineExceededError,
         r"ended after its 0\.5 s"),
    ],
)  # fmt: skip
def test_a_command_that_fails_is_an_error(
    tmp_path, docker, command, image, options, error, message
):
    with pytest.raises(error, match=message):
        run(tmp_path / "root", power(command, image), **options)
    assert docker.exists()
    assert not [path for path in (tmp_path / "root" / "Power").rglob("*") if path.is_file()]


def test_without_docker_and_podman_the_error_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(tf.errors.NotFoundError, match="needs docker or podman"):
        run(tmp_path / "root", power(COPY))


def _has_image() -> bool:
    if shutil.which("docker") is None:
        return False
    asked = ["docker", "image", "inspect", "alpine:3"]
    return subprocess.run(asked, capture_output=True, check=False, timeout=30).returncode == 0


@pytest.mark.process
def test_docker_itself_runs_the_command(tmp_path):
    if not _has_image():
        pytest.skip("no docker daemon with the image alpine:3")
    result = run(tmp_path / "root", power(COPY))
    assert result.outputs["Power"]["text"][0].read() == "7!"
