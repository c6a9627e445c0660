"""How a command tells what could not be done."""

import pytest

from tidefall.base import errors
from tidefall.base.command_line import exit_status


def failing(error):
    def work():
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (errors.NotFoundError(None, None, "no file x"), "tidefall data: no file x\n"),
        (OSError("the disk is full"), "tidefall data: the disk is full\n"),
    ],
)
def test_an_error_is_one_line_and_a_status(capsys, error, said):
    assert exit_status("data", failing(error), 2) == 2
    assert capsys.readouterr().err == said


def test_what_was_not_expected_is_no_line_for_people(capsys):
    with pytest.raises(ValueError):
        exit_status("data", failing(ValueError("x")))
    assert exit_status("data", failing(ValueError("x")), 2, (ValueError,)) == 2


def test_a_reader_that_has_gone_is_left_to_the_program():
    with pytest.raises(BrokenPipeError):
        exit_status("data", failing(BrokenPipeError()))


def test_a_status_is_passed_on():
    assert exit_status("data", lambda: 1) == 1
