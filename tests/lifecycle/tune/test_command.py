"""`tidefall tune`, on searches that have ended."""

from __future__ import annotations

import json

import pytest

from tests.lifecycle.tune import objectives
from tidefall import tune
from tidefall.lifecycle.tune.cli import main


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    options = {"trials": 5, "store": folder, "seed": 1, "view": "none"}
    tune.search(objectives.parabola, objectives.SPACE, name="one", **options)
    directions = {"left": "minimize", "right": "minimize"}
    tune.search(
        objectives.two_sided, {"x": (-1.0, 3.0)}, name="two", directions=directions, **options
    )
    return folder


def printed(capsys, *arguments):
    assert main([str(one) for one in arguments]) == 0
    return capsys.readouterr().out


def test_list_tells_objectives_counts_and_the_best(store, capsys):
    one, two = json.loads(printed(capsys, "list", "--store", store, "--json"))
    assert one["objectives"] == {"value": "minimize"}
    assert two["objectives"] == {"left": "minimize", "right": "minimize"}
    assert (one["trials"]["COMPLETE"], two["best"]) == (5, None)
    text = printed(capsys, "list", "--store", store)
    assert f"{one['best']['values'][0]:.6g}" in text and "minimize left, minimize right" in text


def test_show_tells_the_trials_the_best_first(store, capsys):
    trials = json.loads(printed(capsys, "show", "one", "--store", store, "--json"))
    values = [trial["values"][0] for trial in trials]
    assert values == sorted(values)
    assert [trial["best"] for trial in trials] == [True] + [False] * 4
    lines = printed(capsys, "show", "one", "--store", store, "--limit", 2).splitlines()
    assert len(lines) == 3 and lines[1].startswith("*") and trials[0]["run_id"] in lines[1]
    two = json.loads(printed(capsys, "show", "two", "--store", store, "--json"))
    flags = [trial["best"] for trial in two]
    assert flags == sorted(flags, reverse=True) and any(flags)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "three"], "no search 'three'"),
        (["list", "--store", "/nowhere"], "there are no searches in /nowhere"),
    ],
)
def test_what_is_not_there_is_told(store, capsys, arguments, said):
    given = arguments if "--store" in arguments else [*arguments, "--store", str(store)]
    assert main(given) == 1
    assert said in capsys.readouterr().err
