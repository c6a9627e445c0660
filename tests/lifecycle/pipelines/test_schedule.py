"""Pipelines again and again: here by a loop, elsewhere by what Airflow, Argo and Kubeflow keep."""

from __future__ import annotations

import ast
import json

import pytest
import yaml

import tidefall as tf
from tests.lifecycle.pipelines import steps
from tidefall import pipelines as tfx
from tidefall.lifecycle.pipelines.compile import compile_pipeline
from tidefall.lifecycle.pipelines.orchestration.schedule import run_on_schedule, seconds_of
from tidefall.tools.pipeline.cli import main


class Clock:
    """A clock that goes on by what runs and sleeps take."""

    def __init__(self, takes):
        self.now, self.begun, self._takes = 1000.0, [], list(takes)

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        assert seconds > 0
        self.now += seconds

    def run(self):
        self.begun.append(self.now - 1000.0)
        took = self._takes[len(self.begun) - 1]
        if took is None:
            raise ValueError("no data")
        self.now += took


@pytest.mark.parametrize(
    ("takes", "begun", "failed"),
    [
        ([1, 1, 1], [0, 60, 120], 0),
        ([1, 130, 1], [0, 60, 240], 0),  # 120 and 180 went by meanwhile
        ([60, 1], [0, 120], 0),  # the next time is not the one that is now
        ([None, 1], [0, 60], 1),
    ],
)
def test_runs_begin_at_multiples_and_none_twice(takes, begun, failed):
    clock = Clock(takes)
    times = len(takes)
    assert run_on_schedule(clock.run, 60, times, clock, clock.sleep) == failed
    assert clock.begun == begun


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("15m", 900), ("1.5h", 5400), ("1d", 86400), ("2s", 2)]
)
def test_times(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "m", "0", "-1", "1w", "daily"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(tf.errors.InvalidArgumentError, match="is no time"):
        seconds_of(text)


def test_the_command_runs_a_pipeline_again_and_takes_it_from_the_cache(tmp_path, capsys):
    path = tmp_path / "file.py"
    path.write_text(
        "from tests.lifecycle.pipelines.steps import squares\n"
        f"pipeline = squares({str(tmp_path / 'root')!r})\n"
    )
    assert main(["schedule", str(path), "--every", "0.01", "--times", "2", "--json"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    runs = [set(one["states"].values()) for one in told if "states" in one]
    assert runs == [{"done"}, {"cached"}]


@pytest.fixture
def squares(tmp_path):
    pipeline = steps.squares(str(tmp_path / "root"))
    by_id = {node.id: node for node in pipeline.components}
    by_id["Sum"].with_options(max_attempts=3, timeout_seconds=90)
    return pipeline


def test_a_schedule_is_in_the_airflow_dag_and_the_argo_workflow(squares):
    dag = compile_pipeline(squares, "airflow", "/p.py", schedule="0 3 * * *")
    (call,) = [
        node.items[0].context_expr
        for node in ast.walk(ast.parse(dag))
        if isinstance(node, ast.With)
    ]
    given = {one.arg: ast.unparse(one.value) for one in call.keywords}
    assert (given["schedule"], given["max_active_runs"]) == ("'0 3 * * *'", "1")
    workflow = json.loads(compile_pipeline(squares, "argo", "/p.py", schedule="@daily"))
    assert workflow["kind"] == "CronWorkflow"
    assert workflow["spec"]["schedules"] == ["@daily"]
    plain = json.loads(compile_pipeline(squares, "argo", "/p.py"))
    assert workflow["spec"]["workflowSpec"] == plain["spec"]


@pytest.mark.parametrize(
    ("target", "schedule", "said"),
    [
        ("airflow", "daily", "as cron's"),
        ("airflow", "* * * *", "as cron's"),
        ("ray", "@daily", "Ray has no schedules"),
        ("kubeflow", "@daily", "recurring runs"),
    ],
)
def test_a_schedule_that_cannot_be_kept_is_refused(squares, target, schedule, said):
    with pytest.raises(tf.errors.InvalidArgumentError, match=said):
        compile_pipeline(squares, target, "/p.py", schedule=schedule)


def test_a_kubeflow_pipeline_runs_each_node_after_those_it_reads(squares):
    spec, platform = yaml.safe_load_all(compile_pipeline(squares, "kubeflow", "/p.py", "image:1"))
    tasks, executors = spec["root"]["dag"]["tasks"], spec["deploymentSpec"]["executors"]
    assert tasks["sum"]["dependentTasks"] == ["left", "right"]
    assert tasks["sum"]["retryPolicy"]["maxRetryCount"] == 2
    for node in squares.components:
        task = tasks[node.id.lower()]
        executor = spec["components"][task["componentRef"]["name"]]["executorLabel"]
        container = executors[executor]["container"]
        assert container["image"] == "image:1"
        assert container["command"][:5] == ["tidefall", "pipeline", "run-node", "/p.py", node.id]
        mounted = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"][executor]
        assert mounted["pvcMount"][0]["mountPath"] == squares.pipeline_root
    assert mounted["activeDeadlineSeconds"] == 90


def test_kubeflows_own_package_reads_the_pipeline(squares, tmp_path):
    components = pytest.importorskip("kfp.components", reason="kfp is not installed")
    text = compile_pipeline(squares, "kubeflow", "/p.py")
    loaded = components.load_component_from_text(text)
    assert {*loaded.pipeline_spec.root.dag.tasks} == {n.id.lower() for n in squares.components}
    assert loaded.platform_spec.platforms["kubernetes"]


def test_the_kubeflow_runner_writes_what_compile_writes(squares, tmp_path):
    experimental = tfx.orchestration.experimental
    config = experimental.KubeflowV2DagRunnerConfig(default_image="image:1", pipeline_file="/p.py")
    runner = experimental.KubeflowV2DagRunner(config, str(tmp_path / "out"), "squares.yaml")
    spec = runner.run(squares)
    written = (tmp_path / "out" / "squares.yaml").read_text()
    assert written == compile_pipeline(squares, "kubeflow", "/p.py", "image:1")
    assert spec == next(yaml.safe_load_all(written))
    unwritten = experimental.KubeflowV2DagRunner(config, str(tmp_path / "none"))
    assert unwritten.run(squares, write_out=False) == spec and not (tmp_path / "none").exists()
    with pytest.raises(tf.errors.InvalidArgumentError, match="parameter_values"):
        runner.run(squares, parameter_values={"a": 1})
    with pytest.raises(tf.errors.InvalidArgumentError, match="default_commands"):
        experimental.KubeflowV2DagRunner(
            experimental.KubeflowV2DagRunnerConfig(default_commands=["sh"])
        )
