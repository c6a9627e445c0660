"""Runs commands of the command line in this process."""

import logging

import pytest

from tidefall.tools.saved_model_cli.cli import main


@pytest.fixture
def cli(capsys):
    """Runs a command line; returns its exit status, what it printed, and its errors."""

    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return status, out, err

    yield run
    logging.getLogger("tidefall.saved_model_cli").handlers.clear()
