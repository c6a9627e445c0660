"""The `tidefall` command."""

import importlib.util
import subprocess
import sys

import pytest

from tidefall.__main__ import COMMANDS, main


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
