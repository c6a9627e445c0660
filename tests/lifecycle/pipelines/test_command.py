"""`tidefall pipeline`."""

from __future__ import annotations

import json

import pytest

from tidefall.tools.pipeline.cli import main

PIPELINE = """
from tests.lifecycle.pipelines.steps import squares

pipeline = squares({root!r})
"""


@pytest.fixture
def pipeline_file(tmp_path):
    path = tmp_path / "squares_pipeline.py"
    path.write_text(PIPELINE.format(root=str(tmp_path / "root")))
    return str(path)


def test_a_pipeline_runs_and_is_shown(pipeline_file, capsys):
    assert main(["run", pipeline_file, "--json"]) == 0
    *changes, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert {one["node"] for one in changes if one["state"] == "done"} == set(last["states"])
    assert main(["show", pipeline_file, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [row["state"] for row in shown["nodes"]] == ["done"] * 5
    assert main(["show", pipeline_file]) == 0
    assert "Sum" in capsys.readouterr().out


def test_nodes_run_one_by_one_as_tasks_of_a_cluster(pipeline_file, capsys):
    for node in ("Number", "four", "left", "right", "Sum"):
        assert main(["run-node", pipeline_file, node, "--run-id", "r1"]) == 0
    assert capsys.readouterr().out.split() == ["done"] * 5
    assert main(["run-node", pipeline_file, "Sum", "--run-id", "r1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"node": "Sum", "state": "resumed"}


def test_a_pipeline_is_compiled_into_a_file(pipeline_file, tmp_path, capsys):
    output = tmp_path / "workflow.json"
    assert main(["compile", pipeline_file, "--to", "argo", "--output", str(output)]) == 0
    assert json.loads(output.read_text())["kind"] == "Workflow"
    assert main(["compile", pipeline_file, "--to", "ray"]) == 0
    assert "ray.init()" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "message"),
    [(None, "there is no file"), ("x = 1", "defines no pipeline")],
)
def test_files_without_a_pipeline_are_refused(tmp_path, capsys, text, message):
    path = tmp_path / "file.py"
    if text is not None:
        path.write_text(text)
    assert main(["show", str(path)]) == 1
    assert message in capsys.readouterr().err
