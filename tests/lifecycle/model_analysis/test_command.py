"""`tidefall evaluate`: what it prints, what it refuses, and its exit status."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("pyarrow")
pytest.importorskip("pandas")

from tests.lifecycle.model_analysis import models
from tidefall.lifecycle.model_analysis.cli import main


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("command")
    data = models.frame(300)
    data.assign(p=models.predicted(data)).to_csv(folder / "rows.csv", index=False)
    for kind in models.WEIGHTS:
        models.save(folder / kind, kind)
    return folder


def run(folder, capsys, *arguments):
    status = main([str(folder / "rows.csv") if one == "DATA" else one for one in arguments])
    return status, *capsys.readouterr()


LABEL = ("run", "DATA", "--label", "y")


def test_a_table_of_slices_and_what_fails(folder, capsys, tmp_path):
    both = ("--model", str(folder / "poor"), "--baseline", str(folder / "good"))
    rules = ("--require", "auc >= 0.99", "--change", "mean_squared_error <= 0")
    status, out, _ = run(
        folder, capsys, *LABEL, *both, *rules, "--slice", "city", "--output", str(tmp_path / "o")
    )
    assert status == 1
    assert out.count("city:") == 3 and "thresholds: not kept" in out
    assert "below the lower bound 0.99" in out and "expected at most 0" in out
    status, again, _ = run(folder, capsys, "show", str(tmp_path / "o"))
    assert (status, again) == (1, out)


def test_json_has_the_numbers(folder, capsys):
    flags = ("--prediction", "p", "--metric", "MeanLabel", "--require", "mean_prediction <= 1")
    status, out, _ = run(folder, capsys, *LABEL, *flags, "--slice", "city,hour", "--json")
    said = json.loads(out)
    data = models.frame(300)
    assert status == 0 and said["validation_ok"] is True and said["failures"] == []
    assert said["slices"]["Overall"]["mean_label"] == pytest.approx(data.y.mean())
    assert set(said["slices"]) == {
        "Overall",
        *(f"city_X_hour:{city}_X_{hour}" for city, hour in zip(data.city, data.hour, strict=True)),
    }


def test_slices_are_sorted_by_a_metric(folder, capsys):
    flags = ("--prediction", "p", "--metric", "MeanLabel", "--slice", "city")
    status, out, _ = run(folder, capsys, *LABEL, *flags, "--sort", "mean_label", "--limit", "2")
    lines = out.splitlines()
    assert status == 0 and "and 2 more" in lines[-1]
    values = [float(line.split()[-1]) for line in lines[1:3]]
    assert values == sorted(values)


@pytest.mark.parametrize("form", ["text", "json", "run"])
def test_a_configuration_comes_from_a_file(form, folder, capsys, tmp_path):
    path, out = tmp_path / "config", tmp_path / "out"
    path.write_text(
        {
            "text": 'model_specs { label_key: "y" prediction_key: "p" } '
            'metrics_specs { metrics { class_name: "MeanLabel" } }',
            "json": '{"modelSpecs": [{"labelKey": "y", "predictionKey": "p"}], '
            '"metricsSpecs": [{"metrics": [{"className": "MeanLabel"}]}]}',
            "run": "{}",
        }[form]
    )
    if form == "run":
        flags = ("--prediction", "p", "--metric", "MeanLabel")
        assert run(folder, capsys, *LABEL, *flags, "--output", str(out))[0] == 0
        path = out / "eval_config.json"
    status, text, _ = run(folder, capsys, "run", "DATA", "--config", str(path), "--json")
    assert status == 0
    assert list(json.loads(text)["slices"]["Overall"]) == ["mean_label"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "DATA"), "say --label and --metric"),
        ((*LABEL, "--metric", "AUC"), "say --model, or --prediction"),
        ((*LABEL, "--prediction", "p", "--require", "auc > 1"), "expected NAME >= VALUE"),
        ((*LABEL, "--prediction", "p", "--change", "auc >= 0"), "--change needs --baseline"),
        ((*LABEL, "--prediction", "p", "--require", "auk >= 0"), "no metric is called 'auk'"),
        ((*LABEL, "--prediction", "q", "--metric", "AUC"), "no column 'q'"),
        ((*LABEL, "--model", "nowhere", "--metric", "AUC"), "no model at 'nowhere'"),
        ((*LABEL, "--config", __file__), "leave the flags"),
        (("run", "DATA", "--config", __file__), "is no EvalConfig"),
        (("run", "gone.csv", "--label", "y", "--prediction", "p", "--metric", "AUC"), "gone.csv"),
        (("show", "nowhere"), "nowhere"),
        ((*LABEL, "--prediction", "p", "--metric", "AUC", "--sort", "x"), "metrics are"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(arguments, words, folder, capsys):
    status, out, error = run(folder, capsys, *arguments)
    assert (status, out) == (2, "")
    assert words in error and error.startswith("tidefall evaluate: ")


def test_what_is_not_there_is_named(tmp_path, capsys):
    assert main(["show", str(tmp_path / "nowhere")]) == 2
    assert "no evaluation at" in capsys.readouterr().err
    (tmp_path / "rows.csv").write_text("y,p\n1,0.5\n")
    asked = ["run", str(tmp_path / "rows.csv"), "--label", "y", "--prediction", "p"]
    assert main([*asked, "--metric", "Auc"]) == 2
    assert "did you mean AUC" in capsys.readouterr().err
