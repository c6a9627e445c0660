"""What a rollout may say, and what it says of one that is wrong."""

import json

import pytest

from tidefall.base import errors
from tidefall.serving.rollout.plan import parse_plan, parse_plans

CANARY = {"stable": 1, "candidate": 2}


def drift_outputs(outputs, **guardrails):
    return {"canary": {**CANARY, "guardrails": {"drift_outputs": outputs, **guardrails}}}


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"split": {"1": 90, "2": 10.0}},
        {"split": {"1": 0, "2": 1}, "sticky_header": "x-user"},
        {"canary": CANARY},
        {"canary": {**CANARY, "steps": [10, 50], "guardrails": {"drift": 0.5}}},
        {"canary": {**CANARY, "steps": [10, 100], "guardrails": {"drift": None}}},
        {"canary": {**CANARY, "guardrails": {"drift_outputs": {"a/b/c": "classes"}}}},
        {"shadow": {"version": 3}},
        {"shadow": {"version": 3, "percent": 0.5}, "split": {"1": 1}},
    ],
)
def test_a_plan_is_what_is_written_of_it(document):
    plan = parse_plan(document)
    assert parse_plan(json.loads(json.dumps(plan.as_json()))) == plan


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "rollout: expected an object, received list"),
        ({"splits": {}}, "rollout: unknown splits; known: split, canary, shadow, sticky_header"),
        ({"split": {"1": -1}}, "rollout.split.1: a weight is not negative"),
        ({"split": {"1": True}}, "rollout.split.1: expected a number"),
        ({"split": {"1": 0}}, "rollout.split: all weights are 0"),
        ({"split": {"one": 1}}, "rollout.split: 'one' is no version number"),
        ({"split": {"9" * 30: 1}}, "is no version number"),
        ({"split": [1]}, "expected weights by version"),
        ({"split": {"1": 1}, "canary": CANARY}, "either split or canary"),
        ({"canary": {"stable": 1}}, "rollout.canary: candidate is missing"),
        ({"canary": {"stable": 1, "candidate": 1}}, "are both version 1"),
        ({"canary": {**CANARY, "candidate": "2"}}, "candidate: expected an integer"),
        ({"canary": {**CANARY, "steps": [50, 10]}}, "expected rising percentages"),
        ({"canary": {**CANARY, "steps": []}}, "expected rising percentages"),
        ({"canary": {**CANARY, "steps": [101]}}, "expected 0 to 100, received 101"),
        ({"canary": {**CANARY, "steps": 5}}, "expected a list of numbers"),
        ({"canary": {**CANARY, "step_requests": 0}}, "expected 1 to inf"),
        ({"canary": {**CANARY, "patience_seconds": 1}}, "must be more than step_seconds"),
        ({"canary": {**CANARY, "guardrails": {"error_rate": 2}}}, "expected 0 to 1, received 2"),
        ({"canary": {**CANARY, "guardrails": {"latency": 2}}}, "guardrails: unknown latency"),
        ({"canary": {**CANARY, "guardrails": {"drift": float("nan")}}}, "expected a number"),
        ({"canary": {**CANARY, "steps": [50, 100]}}, "at 100 percent the stable version answers"),
        (drift_outputs({"y": "values"}), "expected \"signature/output\", received 'y'"),
        (drift_outputs({"serving_default/y": "shape"}), "expected classes or values, received"),
        (drift_outputs({"serving_default/y": 1}), "expected a string, received 1"),
        (drift_outputs(["y"]), "expected an object with strings"),
        (drift_outputs({"serving_default/y": "values"}, drift=None), "and drift is null"),
        ({"shadow": {"version": 3, "percent": 101}}, "rollout.shadow.percent: expected 0 to 100"),
        ({"sticky_header": " "}, "not a header's name"),
    ],
)
def test_a_wrong_plan_is_refused_with_the_field_that_is_wrong(document, message):
    with pytest.raises(errors.InvalidArgumentError) as caught:
        parse_plan(document)
    assert message in caught.value.message


def test_a_config_file_names_models():
    assert parse_plans({"models": {"m": {"split": {"7": 1}}}})["m"].split == {7: 1.0}
    for document, message in [
        ({}, 'one key, "models"'),
        ({"models": []}, "models: expected an object"),
        ({"models": {"m": {"split": {"x": 1}}}}, "models.m: rollout.split: 'x'"),
    ]:
        with pytest.raises(errors.InvalidArgumentError, match=message):
            parse_plans(document)


@pytest.mark.parametrize(
    ("canary", "message"),
    [
        ({"false_rollback": 0}, "false_rollback: expected more than 0 and at most 0.5, received 0"),
        ({"false_rollback": 0.6}, "false_rollback: expected more than 0 and at most 0.5"),
        ({"hold": 1}, "hold: expected true or false, received 1"),
    ],
)
def test_levels_and_holds_are_checked(canary, message):
    with pytest.raises(errors.InvalidArgumentError, match=message):
        parse_plan({"canary": {"stable": 1, "candidate": 2, **canary}})
