"""pyright on programs that use the public names: what it infers, and what it finds wrong."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from tests.test_docs import DOCUMENTS, REPO, read_blocks

HERE = Path(__file__).parent
PROGRAMS = HERE / "programs"
NAMES_AND_ARGUMENTS = frozenset(
    f"report{what}" for what in ("ArgumentType", "AttributeAccessIssue", "CallIssue")
)

KNOWN = {
    "gaps_document.py": "no_such_thing",  # what it is about
    "input_pipelines_document.py": '"DatasetV2"',  # a function of the implementation
    "serving_document.py": '"_ConvertibleToFloat | None"',  # NumPy's: np.float32([1, 2])
    "serving_rollouts_document.py": '"Path | None"',  # a log that was opened
    "text_classifier.py": '"str | None"',  # where Keras is
}
"""What else pyright says of our documents and examples."""


def findings(folder: Path, programs: dict[str, str], keras: bool) -> dict[str, list[dict]]:
    """What pyright finds in programs: errors by program, lines counted from 1.

    Args:
        folder: where they are written to.
        programs: their texts by name.
        keras: whether to read Keras's sources; if not, Keras and scikit-learn are `Any`.
    """
    for name, text in programs.items():
        (folder / name).write_text(text, encoding="utf-8")
    settings = {"pythonVersion": "3.11"} | ({} if keras else {"stubPath": str(HERE / "untyped")})
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable]
    done = subprocess.run(
        [*command, "--project", str(folder)], capture_output=True, text=True, timeout=300
    )
    assert done.returncode in (0, 1), done.stderr
    report = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] == len(programs)
    found: dict[str, list[dict]] = defaultdict(list)
    for finding in report["generalDiagnostics"]:
        if finding["severity"] == "error":
            finding["line"] = finding["range"]["start"]["line"] + 1
            found[Path(finding["file"]).name].append(finding)
    return found


def announced(text: str) -> dict[int, str]:
    """The errors that a program says it has, by line."""
    marks = (
        (i, re.search(r"  # error: (.*)$", line)) for i, line in enumerate(text.splitlines(), 1)
    )
    return {i: mark[1] for i, mark in marks if mark}


def compare(name: str, text: str, found: list[dict]) -> list[str]:
    """How what was found differs from what the program says."""
    expected = announced(text)
    messages: dict[int, str] = defaultdict(str)
    for finding in found:
        messages[finding["line"]] += finding["message"] + "\n"
    wrong = [f"{name}:{i}: nothing found" for i in expected.keys() - messages.keys()]
    for i, message in messages.items():
        if not any(part in message for part in expected.get(i, "nothing").split(" | ")):
            wrong.append(f"{name}:{i}: {message}")
    return wrong


def test_programs(tmp_path):
    programs = {file.name: file.read_text(encoding="utf-8") for file in PROGRAMS.glob("*.py")}
    found = findings(tmp_path, programs, keras=True)
    wrong = [line for name in programs for line in compare(name, programs[name], found[name])]
    assert not wrong, "\n".join(wrong)


RUNNER = """
import runpy, sys, types, typing

def assert_type(value, kind):
    if kind is not typing.Any:
        plain = typing.get_origin(kind)
        kind = kind if plain in (None, types.UnionType) else plain
        assert isinstance(value, kind), f"{value!r} is no {kind}"
    return value

typing.assert_type = assert_type
runpy.run_path(sys.argv[1])
"""


@pytest.mark.parametrize("name", ["core", "input", "members"])
def test_the_right_programs_run(name):
    """What pyright is told to infer is what there is."""
    command = [sys.executable, "-W", "error", "-c", RUNNER, str(PROGRAMS / f"{name}.py")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def test_documents_and_examples_use_names_and_arguments_that_exist(tmp_path):
    """Each document's Python is one program, its lines where they are in the document."""
    examples = (REPO / "examples").glob("*.py")
    programs = {file.name: file.read_text(encoding="utf-8") for file in examples}
    for document in DOCUMENTS:
        if document.parent.name == "extending":
            continue  # they use the names that they add; `tests/test_guides.py` follows them
        lines: list[str] = []
        for block in read_blocks(document):
            if block.language == "python":
                lines += [""] * (block.line - 1 - len(lines)) + block.text.splitlines()
        if lines:
            programs[f"{document.stem}_document.py"] = "\n".join(lines) + "\n"
    assert len(programs) > 10
    wrong = [
        f"{name}:{finding['line']}: {finding['message']}"
        for name, found in findings(tmp_path, programs, keras=False).items()
        for finding in found
        if finding.get("rule") in NAMES_AND_ARGUMENTS
        if KNOWN.get(name, "nothing") not in finding["message"]
    ]
    assert not wrong, "\n".join(wrong)
