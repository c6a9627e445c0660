"""What is said about pipelines that cannot be, and the texts for other orchestrators."""

from __future__ import annotations

import ast
import json

import pytest

import tidefall as tf
from tests.lifecycle.pipelines import steps
from tidefall import pipelines as tfx
from tidefall.lifecycle.pipelines.compile import compile_pipeline
from tidefall.lifecycle.pipelines.components.example_inputs import bucket_of, find_span

Invalid = tf.errors.InvalidArgumentError


def two_of_one_name():
    tfx.dsl.Pipeline("p", "r", components=[steps.Number(value=1), steps.Number(value=2)])


def one_is_missing():
    number = steps.Number(value=1)
    tfx.dsl.Pipeline("p", "r", components=[steps.Square(number=number.outputs["number"])])


def a_cycle():
    first, second = steps.Number(value=1).with_id("a"), steps.Number(value=2).with_id("b")
    first.add_upstream_node(second)
    second.add_upstream_node(first)
    tfx.dsl.Pipeline("p", "r", components=[first, second])


def a_wrong_type():
    generated = tfx.components.CsvExampleGen(input_base="data")
    tfx.components.SchemaGen(statistics=generated.outputs["examples"])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (two_of_one_name, "two nodes are called 'Number'; name one of them by .with_id"),
        (one_is_missing, "Square reads Number, which is not among"),
        (a_cycle, "nodes wait for each other"),
        (a_wrong_type, "input 'statistics' takes ExampleStatistics, got CsvExampleGen.outputs"),
        (lambda: steps.Number(valeu=1), "Number_Spec has no 'valeu'; did you mean 'value'"),
        (lambda: steps.Number(), "Number_Spec wants the parameter 'value'"),
        (lambda: steps.Square(number=3), "input 'number' takes the output of a node"),
        (lambda: steps.Number(value=1).with_id("a/b"), "cannot be the name of a node"),
        (lambda: tfx.dsl.Cond(True), "Cond takes a comparison"),
        (lambda: bool(steps.Number(value=1).outputs["number"].future()[0] == 1), "is not known"),
    ],
)
def test_a_pipeline_that_cannot_be_is_refused_with_a_reason(make, message):
    with pytest.raises(Invalid, match=message.replace("(", r"\(")):
        make()


@pytest.mark.parametrize(
    ("record", "buckets", "bucket"),
    [(b"a", 3, int("ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb", 16) % 3),
     (b"", 7, int("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 16) % 7)],
)  # fmt: skip
def test_records_are_split_by_their_sha256(record, buckets, bucket):
    assert bucket_of(record, buckets) == bucket


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("span-{SPAN}/*.csv", (12, None, "span-12/*.csv")),
        ("span-{SPAN}/v{VERSION}/*", (3, 2, "span-3/v2/*")),
        ("day-{YYYY}-{MM}-{DD}/*", (365, None, "day-1971-01-01/*")),
        ("*.csv", (0, None, "*.csv")),
    ],
)
def test_the_newest_span_and_version_are_found(tmp_path, pattern, found):
    for name in ("span-2/a.csv", "span-12/a.csv", "span-3/v1/a", "span-3/v2/a",
                 "day-1970-01-02/a", "day-1971-01-01/a"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert find_span(str(tmp_path), pattern) == found


@pytest.mark.parametrize("pattern", ["{VERSION}/*", "{YYYY}-{MM}/*", "{SPAN}/{SPAN}/*"])
def test_patterns_that_say_no_span_are_refused(tmp_path, pattern):
    with pytest.raises(Invalid, match="SPAN"):
        find_span(str(tmp_path), pattern)


def test_an_argo_workflow_has_each_node_after_those_it_reads(tmp_path):
    pipeline = steps.squares(str(tmp_path))
    pipeline.components[0].with_options(max_attempts=3, timeout_seconds=60)
    workflow = json.loads(compile_pipeline(pipeline, "argo", "/pipelines/squares.py"))
    first, *templates = workflow["spec"]["templates"]
    tasks = {task["name"]: set(task.get("dependencies", ())) for task in first["dag"]["tasks"]}
    assert tasks == {
        "number": set(), "four": set(), "left": {"number"}, "right": {"four"},
        "sum": {"left", "right"},
    }  # fmt: skip
    assert [one["name"] for one in templates] == list(tasks)
    limited = [one for one in templates if "retryStrategy" in one]
    assert limited[0]["retryStrategy"] == {"limit": "2"}
    assert limited[0]["activeDeadlineSeconds"] == 60


@pytest.mark.parametrize("target", ["airflow", "ray"])
def test_modules_for_other_orchestrators_name_every_node(tmp_path, target):
    text = compile_pipeline(steps.squares(str(tmp_path)), target, "/pipelines/squares.py")
    ast.parse(text)
    assert all(f"'{name}'" in text or f'"{name}"' in text for name in ("left", "right", "Sum"))
