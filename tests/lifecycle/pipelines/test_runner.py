"""Running: order, cache, resuming, retries, timeouts, conditions, and what the store says then."""

from __future__ import annotations

from pathlib import Path

import pytest

import tidefall as tf
from tests.lifecycle.pipelines import steps
from tidefall import pipelines as tfx


def run(pipeline, **arguments):
    return tfx.orchestration.LocalDagRunner(view="none").run(pipeline, **arguments)


def value(result, node, key):
    return result.outputs[node][key][0].read()


def test_nodes_run_in_the_order_of_what_they_read(tmp_path):
    result = run(steps.squares(str(tmp_path)))
    assert value(result, "Sum", "total") == 25
    assert set(result.states.values()) == {"done"}


def test_a_second_run_comes_from_the_cache_and_a_changed_parameter_does_not(tmp_path):
    log = tmp_path / "log"
    run(steps.squares(str(tmp_path / "root"), str(log)))
    first = log.read_text()
    again = run(steps.squares(str(tmp_path / "root"), str(log)))
    assert set(again.states.values()) == {"cached"}
    assert log.read_text() == first
    assert value(again, "Sum", "total") == 25
    changed = run(steps.squares(str(tmp_path / "root"), str(log), seconds=0.01))
    assert changed.states["Number"] == "cached"
    assert changed.states["left"] == "done"
    # Its inputs have the same content as before, though other executions made them.
    assert changed.states["Sum"] == "cached"


def test_artifacts_that_were_deleted_are_made_again(tmp_path):
    result = run(steps.squares(str(tmp_path)))
    path = Path(result.outputs["left"]["model"][0].uri)
    (path / "number").unlink()
    (path / "half").unlink()
    path.rmdir()
    again = run(steps.squares(str(tmp_path)))
    assert again.states["left"] == "done"
    assert again.states["right"] == "cached"


@pytest.mark.parametrize(
    ("until", "attempts", "ends_well"), [(1, 1, True), (3, 3, True), (3, 2, False)]
)
def test_a_node_is_tried_as_often_as_it_may(tmp_path, until, attempts, ends_well):
    log = tmp_path / "log"
    number = steps.Number(value=1)
    failing = steps.Failing(number=number.outputs["number"], until=until, log=str(log))
    failing.with_options(max_attempts=attempts, retry_delay_seconds=0.0)
    pipeline = tfx.dsl.Pipeline("tries", str(tmp_path / "root"), components=[number, failing])
    if ends_well:
        assert value(run(pipeline), "Failing", "done") == until
        return
    with pytest.raises(ValueError, match="not yet") as raised:
        run(pipeline)
    (told,) = raised.value.__notes__
    assert "component Failing of pipeline tries failed at attempt 2 of 2" in told
    assert "number: [Integer(" in told


@pytest.mark.process
def test_a_node_that_takes_too_long_is_ended(tmp_path):
    log = tmp_path / "log"
    node = steps.Sleeping(seconds=60.0, log=str(log)).with_options(timeout_seconds=0.5)
    pipeline = tfx.dsl.Pipeline("slow", str(tmp_path / "root"), components=[node])
    with pytest.raises(tf.errors.DeadlineExceededError, match=r"ended after its 0\.5 s"):
        run(pipeline)
    assert not log.exists()


@pytest.mark.process
def test_a_node_with_a_timeout_runs_in_a_process_and_gives_its_outputs(tmp_path):
    node = steps.Sleeping(seconds=0.0, log=str(tmp_path / "log")).with_options(timeout_seconds=60)
    pipeline = tfx.dsl.Pipeline("quick", str(tmp_path / "root"), components=[node])
    assert value(run(pipeline), "Sleeping", "done") == 1


@pytest.mark.parametrize(("number", "state"), [(3, "skipped"), (4, "done")])
def test_nodes_of_a_condition_run_only_if_it_holds(tmp_path, number, state):
    first = steps.Number(value=number)
    square = steps.Square(number=first.outputs["number"])
    with tfx.dsl.Cond(square.outputs["big"].future()[0].value == True):  # noqa: E712
        inside = steps.Square(number=square.outputs["square"]).with_id("inside")
    behind = steps.Square(number=inside.outputs["square"]).with_id("behind")
    nodes = [first, square, inside, behind]
    result = run(tfx.dsl.Pipeline("conditions", str(tmp_path), components=nodes))
    # 9 is not greater than 10, and 16 is.
    assert (result.states["inside"], result.states["behind"]) == (state, state)


def test_parameters_come_from_outputs_and_from_the_command_line(tmp_path):
    first = steps.Number(value=tfx.dsl.experimental.RuntimeParameter("start", int, 2))
    second = steps.Number(value=first.outputs["number"].future()[0].value).with_id("second")
    pipeline = tfx.dsl.Pipeline("parameters", str(tmp_path), components=[first, second])
    assert value(run(pipeline), "second", "number") == 2
    assert value(run(pipeline, parameters={"start": "7"}), "second", "number") == 7
    with pytest.raises(tf.errors.InvalidArgumentError, match="'start' takes a int, got 'x'"):
        run(pipeline, parameters={"start": "x"})


def test_a_pipeline_that_runs_already_is_refused(tmp_path):
    import fcntl

    pipeline = steps.squares(str(tmp_path))
    with (tmp_path / ".run.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(tf.errors.FailedPreconditionError, match="squares runs already"):
            run(pipeline)


def test_a_failed_step_leaves_nothing_behind(tmp_path):
    log = tmp_path / "log"
    number = steps.Number(value=1)
    failing = steps.Failing(number=number.outputs["number"], until=9, log=str(log))
    pipeline = tfx.dsl.Pipeline("fails", str(tmp_path / "root"), components=[number, failing])
    with pytest.raises(ValueError, match="not yet"):
        run(pipeline)
    left = [path for path in (tmp_path / "root" / "Failing").rglob("*") if path.is_file()]
    assert left == []
