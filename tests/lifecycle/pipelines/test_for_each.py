"""`ForEach`: nodes once for each artifact; cached, conditional, killed, by a cluster's tasks."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import tidefall as tf
from tests.lifecycle.pipelines.steps import (
    InputArtifact,
    OutputArtifact,
    OutputDict,
    Parameter,
    artifacts,
    note,
)
from tidefall import pipelines as tfx

REPO = Path(__file__).resolve().parents[3]
component = tfx.dsl.components.component


@component
def Make(model: OutputArtifact[artifacts.Model], number: Parameter[int]):
    Path(model.uri, "number").write_text(str(number))


@component
def Double(
    model: InputArtifact[artifacts.Model],
    twice: OutputArtifact[artifacts.Model],
    log: Parameter[str],
    seconds: Parameter[float] = 0.0,
):
    number = int(Path(model.uri, "number").read_text())
    time.sleep(seconds)
    Path(twice.uri, "number").write_text(str(2 * number))
    twice.set_int_custom_property("number", 2 * number)
    note(log, f"double {number}")


@component
def Add(
    model: InputArtifact[artifacts.Model],
    twice: InputArtifact[artifacts.Model],
    log: Parameter[str],
) -> OutputDict(total=int):
    numbers = [int(Path(one.uri, "number").read_text()) for one in (model, twice)]
    note(log, f"add {numbers}")
    return {"total": sum(numbers)}


class AllModels(tfx.dsl.experimental.ResolverStrategy):
    """Everything that is in the channel."""

    def resolve_artifacts(self, metadata_handler, input_dict):
        return input_dict


def create_pipeline(root, log, numbers=(1, 2, 3), seconds=0.0, at_least=None):
    makers = [Make(number=n).with_id(f"Make{n}") for n in numbers]
    every = tfx.dsl.Resolver(
        strategy_class=AllModels,
        model=tfx.types.channel.union(*[one.outputs["model"] for one in makers]),
    ).with_id("Every")
    nodes = [*makers, every]
    with tfx.dsl.ForEach(every.outputs["model"]) as model:
        double = Double(model=model, log=log, seconds=seconds)
        parts = {"model": model, "twice": double.outputs["twice"], "log": log}
        if at_least is None:
            add = Add(**parts)
        else:
            big = double.outputs["twice"].future()[0].custom_property("number") >= at_least
            with tfx.dsl.Cond(big):
                add = Add(**parts)
    nodes += [double, add]
    return tfx.dsl.Pipeline("each", str(root), components=nodes, enable_cache=True)


def run(pipeline, **arguments):
    return tfx.orchestration.LocalDagRunner(view="none").run(pipeline, **arguments)


def totals(result):
    return [one.read() for one in result.outputs["Add"]["total"]]


def test_nodes_run_once_for_each_artifact_and_then_come_from_the_cache(tmp_path):
    log = tmp_path / "log"
    pipeline = create_pipeline(tmp_path / "root", str(log))
    first = run(pipeline)
    assert totals(first) == [3, 6, 9]
    lines = log.read_text().splitlines()
    assert lines[:3] == [f"double {n}" for n in (1, 2, 3)]
    assert lines[3:] == [f"add [{n}, {2 * n}]" for n in (1, 2, 3)]
    again = run(pipeline)
    assert totals(again) == [3, 6, 9] and again.states["Add"] == again.states["Double"] == "cached"
    more = run(create_pipeline(tmp_path / "root", str(log), (1, 2, 3, 4)))
    assert totals(more) == [3, 6, 9, 12]
    assert log.read_text().splitlines()[6:] == ["double 4", "add [4, 8]"]


def test_a_condition_in_the_loop_is_about_its_artifact(tmp_path):
    log = tmp_path / "log"
    result = run(create_pipeline(tmp_path / "root", str(log), at_least=4))
    assert totals(result) == [6, 9]
    none = run(create_pipeline(tmp_path / "root", str(log), at_least=100))
    assert none.states["Add"] == "skipped" and none.states["Double"] == "cached"


def test_tasks_of_a_cluster_run_whole_loops(tmp_path):
    log = tmp_path / "log"
    pipeline = create_pipeline(tmp_path / "root", str(log))
    runner = tfx.orchestration.LocalDagRunner(view="none")
    said = [runner.run_node(pipeline, node.id, "run 1") for node in pipeline.components]
    assert said == ["done"] * len(said)
    assert runner.run_node(pipeline, "Add", "run 1") == "resumed"
    assert log.read_text().splitlines()[3:] == [f"add [{n}, {2 * n}]" for n in (1, 2, 3)]


def test_lineage_knows_which_artifact_each_was_made_of(tmp_path):
    from tidefall.lifecycle.metadata import MetadataStore, lineage

    result = run(create_pipeline(tmp_path / "root", str(tmp_path / "log")))
    made = result.outputs["Double"]["twice"][1]
    with MetadataStore(str(tmp_path / "root" / "metadata.db")) as store:
        text = lineage(store, made.id, "backward").to_text()
    assert result.outputs["Make2"]["model"][0].uri in text
    assert result.outputs["Make1"]["model"][0].uri not in text


PROGRAM = """
import sys
from tests.lifecycle.pipelines import test_for_each as here
here.run(here.create_pipeline(sys.argv[1], sys.argv[2], seconds=0.3))
"""


@pytest.mark.process
def test_a_killed_loop_goes_on_behind_the_rounds_that_ended(tmp_path):
    log = tmp_path / "log"
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "root"), str(log)]
    process = subprocess.Popen(command, cwd=REPO)
    deadline = time.monotonic() + 60
    while not (log.exists() and "double 1" in log.read_text()):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(0.15)
    process.send_signal(signal.SIGKILL)
    process.wait()
    result = run(create_pipeline(tmp_path / "root", str(log), seconds=0.3))
    assert totals(result) == [3, 6, 9]
    lines = log.read_text().splitlines()
    assert lines.count("double 1") == 1
    assert sorted(set(lines)) == sorted({*(f"double {n}" for n in (1, 2, 3)),
                                         *(f"add [{n}, {2 * n}]" for n in (1, 2, 3))})  # fmt: skip


def _nested(channel):
    with tfx.dsl.ForEach(channel), tfx.dsl.ForEach(channel):
        pass


def _outside(channel):
    with tfx.dsl.ForEach(channel) as model:
        pass
    node = Double(model=model, log="")
    return tfx.dsl.Pipeline("p", "p", components=[channel.producer_component, node])


def _resolver(channel):
    with tfx.dsl.ForEach(channel):
        node = tfx.dsl.Importer("here", artifacts.Model)
    return tfx.dsl.Pipeline("p", "p", components=[channel.producer_component, node])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_nested, "ForEach in ForEach"),
        (_outside, "outside of its ForEach"),
        (_resolver, "only components"),
        (lambda channel: tfx.dsl.ForEach([channel]), "takes a channel"),
    ],
)
def test_loops_that_are_refused(make, words):
    with pytest.raises(tf.errors.InvalidArgumentError, match=words):
        make(Make(number=1).outputs["model"])
    # The block that failed is left.
    assert Make(number=1).loop is None
