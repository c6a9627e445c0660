"""The `tidefall` command."""

import importlib.util
import os
import subprocess
import sys

import pytest

from tidefall.__main__ import COMMANDS, main
from tidefall.base import command_line


def test_every_command_has_a_program():
    for module, what in COMMANDS.values():
        assert importlib.util.find_spec(module) is not None and what


def test_help_lists_the_commands(capsys):
    assert main([]) == main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in COMMANDS)


def test_an_unknown_command_is_told_with_the_closest_one(capsys):
    assert main(["bench-servin"]) == 2
    assert "did you mean bench-serving?" in capsys.readouterr().err


@pytest.mark.process
@pytest.mark.parametrize("name", ["serve", "bench-serving"])
def test_a_command_gets_the_arguments_after_its_name(name):
    command = [sys.executable, "-m", "tidefall", name, "--help"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert "--model_name" in done.stdout


PROGRAMS = {
    "benchmarks": ["--help"],
    "benchmarks.lite": ["--help"],
    "benchmarks.ops": ["--help"],
    "benchmarks.serving": ["--help"],
    "tidefall": ["--version"],
    "tidefall.api.stubs": ["--check"],
    "tidefall.compat.tensorflow": ["-m", "this"],
    "tidefall.coverage": ["--missing", "nn"],
    "tidefall.demo": ["--help"],
    "tidefall.distribute.launch": ["--help"],
    "tidefall.doctor": [],
    "tidefall.lifecycle.data_validation": ["--help"],
    "tidefall.lifecycle.model_analysis": ["--help"],
    "tidefall.lifecycle.metadata": ["--help"],
    "tidefall.lifecycle.registry": ["--help"],
    "tidefall.lifecycle.monitoring": ["--help"],
    "tidefall.lifecycle.release": ["--help"],
    "tidefall.lifecycle.release.rollback": ["--help"],
    "tidefall.export.tfjs": ["--help"],
    "tidefall.lifecycle.scoring": ["--help"],
    "tidefall.lifecycle.slo": ["--help"],
    "tidefall.lifecycle.slo.incident_main": ["--help"],
    "tidefall.lifecycle.track": ["--help"],
    "tidefall.lifecycle.tune": ["--help"],
    "tidefall.lifecycle.ui": ["--help"],
    "tidefall.export.agreement": ["--help"],
    "tidefall.export.onnx": ["--help"],
    "tidefall.lite": ["--help"],
    "tidefall.ops": ["Cumsum"],
    "tidefall.api.index": ["--check"],
    "tidefall.saved_model_cli": ["--help"],
    "tidefall.serving": ["--help"],
    "tidefall.serving.bench": ["--help"],
    "tidefall.tools.pipeline": ["--help"],
    "tidefall.tools.new_op": ["--help"],
    "tidefall.tools.retrain": ["--help"],
}
"""All our programs, and arguments with which they print something."""
INNER = {
    "tidefall.data.engine.worker_main",
    "tidefall.lifecycle.pipelines.orchestration.child",
    "tidefall.lifecycle.tune.worker_main",
    "tidefall.native.sources",
}
"""What other programs start."""


def test_all_programs_are_known(repo_root):
    found = set()
    for root, files in (("src", "tidefall/**/*.py"), (".", "benchmarks/**/__main__.py")):
        for path in (repo_root / root).glob(files):
            if '__name__ == "__main__"' in path.read_text(encoding="utf-8"):
                name = ".".join(path.relative_to(repo_root / root).with_suffix("").parts)
                found.add(name.removesuffix(".__main__"))
    assert found - INNER == set(PROGRAMS) - {"benchmarks.ops"}


@pytest.mark.parametrize("program", [*PROGRAMS, *(f"tidefall {name}" for name in COMMANDS)])
def test_a_program_ends_quietly_when_nobody_reads_on(program, repo_root):
    """As in `python -m tidefall.doctor | head -1`."""
    module, *command = program.split()
    arguments = [*command, "--help"] if command else PROGRAMS[module]
    status, errors = run_unread([module, *arguments], repo_root, buffered=True)
    assert errors == ""
    # argparse itself passes over the error of a help text that is longer than the buffer.
    assert (
        status == command_line.OUTPUT_GONE
        or (status == 0 and "--help" in arguments)
        or program in ("tidefall.api.stubs", "tidefall.api.index")  # they say nothing
    )


def test_nor_does_it_when_each_write_goes_out_at_once(repo_root):
    ended = run_unread(["tidefall", "--version"], repo_root, buffered=False)
    assert ended == (command_line.OUTPUT_GONE, "")


def run_unread(command, folder, buffered):
    """Exit status and errors of a program whose output has no reader."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-m", *command],
            env=os.environ | {"PYTHONUNBUFFERED": "" if buffered else "1"},
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
            cwd=folder,
        )
    finally:
        os.close(writer)
    return done.returncode, done.stderr


@pytest.mark.parametrize("status", [0, 3, None])
def test_a_program_exits_with_its_status(status):
    with pytest.raises(SystemExit) as end:
        command_line.run(lambda: status)
    assert end.value.code == status


def test_a_pipe_that_broke_elsewhere_is_an_error():
    def main():
        raise BrokenPipeError("a socket's")

    with pytest.raises(BrokenPipeError, match="a socket's"):
        command_line.run(main)
