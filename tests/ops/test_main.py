"""`python -m tidefall.ops`: where an op lives."""

import re

import pytest

from tidefall.ops.__main__ import describe, main, ops_called_by


def test_names_the_file_and_line_of_every_facet(repo_root) -> None:
    text = describe("AddV2")
    assert text.startswith("AddV2(x: T, y: T) -> (z: T)")
    assert re.search(r"host kernel +numpy\.add$", text, re.MULTILINE)
    for title in ("declared", "shape rule", "XLA lowering", "gradient", r"tf\.add = tf\.math\.add"):
        found = re.search(rf"^{title} +(\S+):(\d+)", text, re.MULTILINE)
        assert found, title
        lines = (repo_root / found[1]).read_text().splitlines()
        assert int(found[2]) <= len(lines)


def test_says_what_is_not_there() -> None:
    assert "not implemented" in describe("CudnnRNN")
    assert re.search(r"gradient +not differentiable", describe("Shape"))


def test_public_names_lead_to_their_ops() -> None:
    assert ops_called_by("math.multiply") == ["Mul"]


@pytest.mark.parametrize("arguments, status", [(["AddV2"], 0), (["math.multiply"], 0), ([], 2)])
def test_exit_status(arguments: list[str], status: int, capsys: pytest.CaptureFixture) -> None:
    assert main(arguments) == status
    assert capsys.readouterr().out


def test_unknown_names_get_a_suggestion(capsys: pytest.CaptureFixture) -> None:
    assert main(["Cumzum"]) == 1
    assert "Cumsum" in capsys.readouterr().err
