"""Plans in files: what is read, and what each mistake is told by."""

from __future__ import annotations

import pytest

from tidefall.base import errors
from tidefall.lifecycle.release.plan import plan_from_json, read_plan

GOOD = """\
model: taxi
servers: [http://127.0.0.1:8501]
store: store
guardrails:
  errors: {margin: 0.002, find: 0.01}
  slices:
    - {metric: accuracy, margin: 0.02, by: input.zone}
  business:
    - {outcome: tip, margin: 0.1}
monitoring: {store: monitoring}
canary:
  steps: [1, 10, 50]
  seconds: 5m
approvals: {needed: 1, by: [bob]}
"""


def write(tmp_path, text):
    path = tmp_path / "taxi.yaml"
    path.write_text(text)
    return path


def test_a_plan_is_read_with_its_folders_beside_it(tmp_path):
    plan = read_plan(write(tmp_path, GOOD))
    assert plan.canary.seconds == 300.0
    assert plan.store == str(tmp_path / "store")
    assert plan.monitoring.store == str(tmp_path / "monitoring")
    assert plan.guardrails.slices[0].by == "input.zone"
    assert plan_from_json(plan.as_json()) == plan


def test_steps_take_the_requests_that_find_what_must_be_found(tmp_path):
    plan = read_plan(write(tmp_path, GOOD))
    assert plan.step_requests(50) > plan.step_requests(10) > 1000
    assert plan.level() == pytest.approx(0.01 / 3 / 5)


def test_the_level_is_divided_among_the_servers_and_their_sum(tmp_path):
    plan = read_plan(write(tmp_path, GOOD))
    whole = plan.server_canary(1, 2, 1).false_rollback
    assert plan.server_canary(1, 2, 4).false_rollback == pytest.approx(whole / 4)
    # Half of what is left of the level after the two guardrails on labels.
    assert 2 * whole == pytest.approx(0.01 * 3 / 5)


# What is replaced in the plan, with what, and what is said of it.
BAD = {
    "unknown key": ("model: taxi", "modle: taxi", "1: modle: unknown; expected model, servers"),
    "missing": ("store: store\n", "", "1: store: is missing"),
    "no servers": ("[http://127.0.0.1:8501]", "[]", "2: servers: expected at least one address"),
    "no address": ("http://127.0.0.1:8501", "localhost", "2: servers: expected addresses such as"),
    "text for a list": ("[http://127.0.0.1:8501]", "here", "2: servers: expected a list, received"),
    "margin": ("margin: 0.002", "margin: 2", "5: guardrails.errors.margin: expected 0 to 1"),
    "text for a number": ("margin: 0.002", "margin: low", "5: guardrails.errors.margin: expected a"),
    "found within the margin": (
        "find: 0.01", "find: 0.001", "5: guardrails.errors.find: expected more than the margin",
    ),
    "metric": ("metric: accuracy", "metric: auc", "7: guardrails.slices[0].metric: expected acc"),
    "column": ("input.zone", "zone", "7: guardrails.slices[0].by: expected input.NAME"),
    "no monitoring": ("monitoring: {store: monitoring}\n", "", "4: guardrails: slices and business"),
    "steps": ("[1, 10, 50]", "[10, 1]", "12: canary.steps: expected rising percentages between"),
    "all": ("[1, 10, 50]", "[100]", "12: canary.steps: expected rising percentages between 0 and"),
    "time": ("seconds: 5m", "seconds: soon", "13: canary.seconds: expected a time such as 90s"),
    "patience": ("seconds: 5m", "seconds: 5m\n  patience: 1m", "14: canary.patience: expected more"),
    "twice": ("seconds: 5m", "seconds: 5m\n  seconds: 6m", "14: canary.seconds: is there twice"),
    "approvals": ("needed: 1", "needed: 2", "14: approvals.needed: expected 0 to 1, received 2"),
    "whole": ("needed: 1", "needed: 1.5", "14: approvals.needed: expected a whole number"),
    "nothing": ("needed: 1", "needed:", "14: approvals.needed: expected a whole number, received n"),
    "no YAML": ("[1, 10, 50]", "[1, 10", "13: expected YAML: "),
    "level": (
        "seconds: 5m", "false_rollback: 0", "13: canary.false_rollback: expected more than 0",
    ),
    "stage": ("model: taxi", "model: taxi\npromotion: {stage: Gold}", "2: promotion.stage: expected"),
    "infinite": ("margin: 0.002", "margin: .inf", "5: guardrails.errors.margin: expected a number"),
    "object": (
        "needed: 1", "needed: !!python/object:os.system 1", "14: approvals.needed: expected a whole",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_mistake_is_told_with_file_line_and_key(tmp_path, name):
    old, new, message = BAD[name]
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(errors.InvalidArgumentError) as caught:
        read_plan(path)
    assert str(caught.value).startswith(f"{path}:{message}")


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "5", "null", "{}", "model: [", "\x00", "a: &a [*a]"])
def test_what_is_no_plan_is_refused(tmp_path, text):
    with pytest.raises(errors.InvalidArgumentError, match=r"taxi\.yaml"):
        read_plan(write(tmp_path, text))


def test_a_file_that_is_not_there_or_is_no_text_is_named(tmp_path):
    with pytest.raises(errors.NotFoundError, match="there is no file"):
        read_plan(tmp_path / "none.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(errors.InvalidArgumentError, match="cannot be read"):
        read_plan(tmp_path / "bytes.yaml")
